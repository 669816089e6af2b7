"""Hand in shares, and with the last one needed open all offers of a need at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET
from sqlalchemy import bindparam, update

from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.needs import actions as needs_actions
from ecosystem.needs import queries as needs
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.envelope import decode
from ecosystem.offers.opening import queries, rules, unsealing
from ecosystem.offers.opening.model import (
    HandedShares,
    HandInFacts,
    Kept,
    OpenFacts,
    OpeningTerms,
    SealedShares,
    Unsealed,
)
from ecosystem.offers.queries import lot_of
from ecosystem.offers.tables import offer, opening, opening_share
from ecosystem.runtime.database import Record, Tx, inserting
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_PURPOSE: Final = "opening"
_HAND_IN: Final = inserting(opening_share)
_RECORD: Final = inserting(opening)
_OPEN: Final = history.recording(
    update(offer)
    .where(offer.c.authority_id == bindparam("of_authority"), offer.c.id == bindparam("of_offer"))
    .values(
        version=offer.c.version + 1,
        state=bindparam("state"),
        failure=bindparam("failure"),
        content=bindparam("content"),
    )
)


async def give_out(tx: Tx, need_id: str, *, by: Actor, at: datetime) -> SealedShares:
    """Return to an opener what it opens in its own program; changes nothing.

    Refuses with NeedMissing, and as `rules.may_open`.
    """
    need = await queries.need_row(tx, need_id, at=at)
    rules.may_open(queries.opening_terms(need), by=by, at=at)
    await tx.allow("purpose", _PURPOSE)
    return queries.sealed_shares(await queries.kept(tx, need_id), for_officer=by.person_id or "")


async def record_attempt(tx: Tx, need_id: str, *, by: Actor, at: datetime) -> None:
    """Record that someone tried to open before the time: need.opening_attempted.

    The authority and its auditors see it. It stands in a transaction of its own, because the
    refused request's is undone.
    """
    need = await needs.locked(tx, need_id, seen_by=by, at=at)
    terms = queries.opening_terms(need)
    await needs_actions.advance(tx, need_id, to=need["state"])
    attempted = rules.attempt(terms, by=by, at=at)
    await history.record(
        tx, "need.opening_attempted", need_id, facts=terms, decision=attempted, by=by, at=at
    )


async def hand_in(
    tx: Tx, need_id: str, handed: HandedShares, *, by: Actor, at: datetime
) -> Standing:
    """Take an opener's shares; the last opener needed opens the offers by it.

    Refuses with NeedMissing, EnvelopeMalformed, and as the rule does. Effects: locks the need;
    the shares; need.shares_handed_in; and then whatever `_open` does.
    """
    need = await needs.locked(tx, need_id, seen_by=by, at=at)
    terms = queries.opening_terms(need)
    rules.may_open(terms, by=by, at=at)
    await tx.allow("purpose", _PURPOSE)
    waiting = await queries.kept(tx, need_id)
    before = await queries.handed_in(tx, need_id)
    given = {one.offer_id: decode(one.share) for one in handed.shares}
    facts = _facts(terms, handed, waiting=waiting, before=before, by=by)
    handed_in = rules.hand_in(facts, by=by, at=at)
    await tx.run(
        _HAND_IN,
        authority_id=terms.authority_number, need_id=need_id, person_id=handed_in.person_id,
        shares=msgspec.json.encode(given), handed_in_at=at,
    )  # fmt: skip
    # Closed for good: an offer that was in time and is still on its way changes nothing any more.
    await needs_actions.advance(tx, need_id, to=NeedState.CLOSED)
    version = await history.record(
        tx, "need.shares_handed_in", need_id, facts=facts, decision=handed_in, by=by, at=at
    )
    if not handed_in.is_enough:
        return Standing(id=need_id, state=terms.need_state, version=version)
    shares = {**before, handed_in.person_id: given}
    return await _open(tx, need, waiting, shares, by=by, at=at)


async def record_refused(
    tx: Tx, need_id: str, handed: HandedShares, *, by: Actor, at: datetime
) -> None:
    """Record that an opener handed in false shares: need.shares_refused, with the opener's name.

    It stands in a transaction of its own, because the refused request's is undone. Refuses as
    `hand_in` where somebody else has opened meanwhile.
    """
    need = await needs.locked(tx, need_id, seen_by=by, at=at)
    terms = queries.opening_terms(need)
    await tx.allow("purpose", _PURPOSE)
    waiting = await queries.kept(tx, need_id)
    before = await queries.handed_in(tx, need_id)
    facts = _facts(terms, handed, waiting=waiting, before=before, by=by)
    refused = rules.refuse_shares(facts, by=by, at=at)
    await needs_actions.advance(tx, need_id, to=need["state"])
    await history.record(
        tx, "need.shares_refused", need_id, facts=facts, decision=refused, by=by, at=at
    )


def _facts(
    terms: OpeningTerms,
    handed: HandedShares,
    *,
    waiting: tuple[Kept, ...],
    before: Mapping[str, Mapping[str, bytes]],
    by: Actor,
) -> HandInFacts:
    given = {one.offer_id: decode(one.share) for one in handed.shares}
    return HandInFacts(
        terms=terms,
        is_outdated=handed.digest is not UNSET and handed.digest != queries.digest_of(waiting),
        offered=tuple(one.offer_id for one in waiting),
        handed_for=tuple(one.offer_id for one in handed.shares),
        wrong=unsealing.wrong(waiting, shares=given, officer_id=by.person_id or ""),
        before=tuple(before),
        unreadable=handed.unreadable,
        unread_before=tuple(
            one.offer_id
            for shares in before.values()
            for one in waiting
            if one.offer_id not in shares
        ),
    )


async def _open(
    tx: Tx,
    need: Record,
    waiting: tuple[Kept, ...],
    shares: Mapping[str, Mapping[str, bytes]],
    *,
    by: Actor,
    at: datetime,
) -> Standing:
    """Put the shares together, open every offer, and make the record of it public.

    Effects: the record; contents are stored, offers become opened or excluded, the need
    becomes opened; offer.opened for each, and need.opened for everyone.
    """
    unsealed = [await _open_one(tx, one, shares, need=need, by=by, at=at) for one in waiting]
    terms = queries.opening_terms(need)
    facts = OpenFacts(
        terms=terms,
        openers=tuple(shares),
        offers=tuple(unsealed),
        late=await queries.late_offers(tx, terms.need_id),
        refused=await queries.attempts(tx, terms.need_id),
    )
    record = rules.open_all(facts, by=by, at=at)
    await tx.run(
        _RECORD,
        authority_id=terms.authority_number, need_id=terms.need_id, opened_at=at,
        opened_by=list(record.openers), record=msgspec.json.encode(record),
    )  # fmt: skip
    await needs_actions.advance(tx, terms.need_id, to=NeedState.OPENED)
    version = await history.record(
        tx, "need.opened", terms.need_id, facts=facts, decision=record, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=terms.need_id, state=NeedState.OPENED, version=version)


async def _open_one(
    tx: Tx,
    kept: Kept,
    shares: Mapping[str, Mapping[str, bytes]],
    *,
    need: Record,
    by: Actor,
    at: datetime,
) -> Unsealed:
    content, failure = unsealing.unseal(
        kept,
        content_version=need["content_version"],
        shares={
            person: handed[kept.offer_id]
            for person, handed in shares.items()
            if kept.offer_id in handed
        },
        threshold=need["threshold"],
        lot=lot_of(need, kept.lot_id),
    )
    found = Unsealed(
        offer_id=kept.offer_id,
        lot_id=kept.lot_id,
        kind=kept.kind,
        lead_id=kept.lead_id,
        member_ids=kept.member_ids,
        envelope_digest=kept.envelope_digest,
        failure=failure,
        unread_by=tuple(person for person, handed in shares.items() if kept.offer_id not in handed),
    )
    opened = rules.open_one(found)
    await history.record(
        tx, "offer.opened", kept.offer_id, facts=found, decision=opened, by=by, at=at,
        audience=Audience(organisations=kept.member_ids), changing=_OPEN,
        of_authority=authority_of(kept.offer_id), of_offer=kept.offer_id, state=opened.state,
        failure=opened.failure, content=content,
    )  # fmt: skip
    return found
