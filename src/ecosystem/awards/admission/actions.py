"""Admit offers, and exclude them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.awards.admission import queries, rules
from ecosystem.awards.admission.model import (
    AdmitFacts,
    Candidate,
    Excluded,
    ExclusionDraft,
    FellFacts,
    PassOverFacts,
    ShutOutFacts,
)
from ecosystem.awards.admission.schemas import AdmissionStanding
from ecosystem.awards.admission.tables import admission
from ecosystem.awards.releasing import actions as releasing
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience, Occurrence
from ecosystem.needs import actions as needs_actions
from ecosystem.needs import queries as needs
from ecosystem.offers import actions as offers
from ecosystem.offers.envelope import Part
from ecosystem.offers.model import OfferStanding
from ecosystem.offers.model import State as OfferState
from ecosystem.offers.opening.model import OpenedOffer, Opening
from ecosystem.runtime.database import Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control, revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.text import Text

_DECIDE: Final = inserting(admission)
_EXCLUDE: Final = Statement(
    update(admission)
    .where(
        admission.c.authority_id == bindparam("of_authority"),
        admission.c.offer_id == bindparam("of_offer"),
        admission.c.round == bindparam("of_round"),
    )
    .values(
        version=admission.c.version + 1,
        **{
            name: bindparam(name)
            for name in ("outcome", "ground", "reasons", "decided_by", "decided_at")
        },
    )
)


async def admit(
    tx: Tx, need_id: str, *, by: Actor, at: datetime, expected: int | None
) -> AdmissionStanding:
    """Admit every opened offer against which nothing speaks; say what remains.

    Refuses with NeedMissing, RevisionStale, and as the rule does. Effects: locks the need; a
    decision and offer.admitted for each; need.offers_admitted, where there is one.
    """
    row = await needs.locked(tx, need_id, seen_by=by, at=at, expected=expected)
    facts = await queries.admit_facts(tx, row)
    sifted = rules.admit(facts, by=by, at=at)
    version: int = row["version"]
    for one in facts.candidates:
        if not one.findings:
            await _admit_one(tx, facts, one, by=by, at=at)
    if sifted.admitted:
        await needs_actions.advance(tx, need_id, to=row["state"])
        version = await history.record(
            tx, "need.offers_admitted", need_id, facts=facts, decision=sifted, by=by, at=at
        )
    return AdmissionStanding(
        id=need_id, state=row["state_now"], version=version, admitted=sifted.admitted,
        undecided=sifted.undecided,
    )  # fmt: skip


async def _admit_one(
    tx: Tx, among: AdmitFacts, facts: Candidate, *, by: Actor, at: datetime
) -> None:
    admitted = rules.admit_one(facts, by=by, at=at)
    place = {name: getattr(facts, name) for name in ("offer_id", "lot_id", "kind", "lead_id")}
    await _keep(
        tx, place, need_id=among.need_id, round=among.round, outcome=admitted.outcome,
        ground=None, reasons=None, by=by, at=at,
    )  # fmt: skip
    await offers.advance(tx, facts.offer_id, to=OfferState.ADMITTED)
    await history.record(
        tx, "offer.admitted", facts.offer_id, facts=facts, decision=admitted, by=by, at=at,
        audience=Audience(organisations=facts.member_ids),
    )  # fmt: skip


async def _keep(
    tx: Tx, place: Mapping[str, str], *, by: Actor, at: datetime, **decided: Any
) -> None:
    authority = authority_of(place["offer_id"])
    await tx.run(
        _DECIDE,
        authority_id=authority, id=mint("admission", authority=authority), version=1,
        decided_by=control.hand(by), decided_at=at, **place, **decided,
    )  # fmt: skip


async def exclude(
    tx: Tx, offer_id: str, asked: ExclusionDraft, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Exclude an opened offer before the evaluation, on a ground that everybody reads.

    Refuses with OfferMissing, RevisionStale, and as the rule does. Effects: locks the need; the
    decision; offer.excluded for everyone.
    """
    need_id = await queries.need_of_offer(tx, offer_id)
    row = await needs.locked(tx, need_id, seen_by=by, at=at)
    facts, standing = await queries.exclude_facts(tx, row, offer_id, asked)
    revision.check(expected, actual=standing.version)
    excluded = rules.exclude(facts, by=by, at=at)
    if standing.state is OfferState.ADMITTED:
        await _turn(tx, offer_id, excluded, of_round=facts.round, by=by, at=at)
    else:
        place = {name: getattr(standing, name) for name in ("lot_id", "kind", "lead_id")}
        await _keep(
            tx, place | {"offer_id": offer_id}, need_id=need_id, round=facts.round, by=by, at=at,
            outcome=excluded.outcome, ground=excluded.ground,
            reasons=msgspec.json.encode(excluded.reasons),
        )  # fmt: skip
    await offers.advance(tx, offer_id, to=OfferState.EXCLUDED)
    version = await history.record(
        tx, "offer.excluded", offer_id, facts=facts, decision=excluded, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=offer_id, state=OfferState.EXCLUDED, version=version)


async def pass_over(
    tx: Tx,
    row: Record,
    offer_id: str,
    *,
    explanation_id: str,
    reasons: Text,
    of_round: int,
    by: Actor,
    at: datetime,
) -> None:
    """Exclude a ranked offer whose explanation of its low price was rejected.

    The caller has locked the need, whose `row` it is. Effects: the decision and offer.excluded,
    unless an award has ended the contest; where it was the last that could be awarded,
    need.contest_exhausted, lenders are released of which nothing is left to finance, and with
    the last lot the need is awarded or unsuccessful.
    """
    standing = await queries.standing_of(tx, row["id"], offer_id)
    if standing.state is not OfferState.ADMITTED:
        return
    facts = PassOverFacts(offer_id=offer_id, explanation_id=explanation_id, reasons=reasons)
    excluded = rules.pass_over(facts, by=by, at=at)
    await _turn(tx, offer_id, excluded, of_round=of_round, by=by, at=at)
    await offers.advance(tx, offer_id, to=OfferState.EXCLUDED)
    await history.record(
        tx, "offer.excluded", offer_id, facts=facts, decision=excluded, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    await _exhaust(tx, row, standing, by=by, at=at)


async def fall(
    tx: Tx, offer_id: str, facts: FellFacts, *, of_round: int, by: Actor, at: datetime
) -> None:
    """Pass over the offer of an award that has fallen; the room above decides that it has.

    Effects: the decision, and offer.excluded for everyone.
    """
    excluded = rules.fell(facts, by=by, at=at)
    await _turn(tx, offer_id, excluded, of_round=of_round, by=by, at=at)
    await offers.advance(tx, offer_id, to=OfferState.EXCLUDED)
    await history.record(
        tx, "offer.excluded", offer_id, facts=facts, decision=excluded, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip


async def _exhaust(tx: Tx, row: Record, one: OfferStanding, *, by: Actor, at: datetime) -> None:
    facts = await queries.exhaust_facts(tx, row, one)
    if not facts.is_spent:
        return
    exhausted = rules.exhaust(facts, by=by, at=at)
    await releasing.release(tx, row, by=by, at=at)
    if exhausted.need_state is not facts.need_state:
        await needs_actions.advance(tx, facts.need_id, to=exhausted.need_state)
    await history.record(
        tx, "need.contest_exhausted", facts.need_id, facts=facts, decision=exhausted, by=by,
        at=at, audience=EVERYONE,
    )  # fmt: skip


async def _turn(
    tx: Tx, offer_id: str, excluded: Excluded, *, of_round: int, by: Actor, at: datetime
) -> None:
    await tx.run(
        _EXCLUDE,
        of_authority=authority_of(offer_id), of_offer=offer_id, of_round=of_round,
        outcome=excluded.outcome, ground=excluded.ground,
        reasons=msgspec.json.encode(excluded.reasons), decided_by=control.hand(by), decided_at=at,
    )  # fmt: skip


async def shut_out(tx: Tx, opened: Occurrence) -> None:
    """Put on the record of decisions what could not be opened.

    What had been admitted, and whose price could not be opened, is turned. Effects: for each
    such offer the decision, and offer.excluded for everyone.
    """
    record: Opening = opened.body.decision
    for one in record.offers:
        if one.failure is not None:
            await _shut_out(tx, one, record, by=opened.body.by)


async def _shut_out(tx: Tx, one: OpenedOffer, record: Opening, *, by: Actor) -> None:
    if one.failure is None:
        raise ValueError("the offer was opened")
    facts = ShutOutFacts(offer_id=one.offer_id, failure=one.failure)
    at = record.opened_at
    excluded = rules.shut_out(facts, by=by, at=at)
    if record.part is Part.FINANCIAL:
        await _turn(tx, one.offer_id, excluded, of_round=1, by=by, at=at)
    else:
        place = {name: getattr(one, name) for name in ("offer_id", "lot_id", "kind", "lead_id")}
        await _keep(
            tx, place, need_id=record.need_id, round=1, outcome=excluded.outcome, by=by, at=at,
            ground=excluded.ground, reasons=msgspec.json.encode(excluded.reasons),
        )  # fmt: skip
    await offers.advance(tx, one.offer_id, to=OfferState.EXCLUDED)
    await history.record(
        tx, "offer.excluded", one.offer_id, facts=facts, decision=excluded, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
