"""Hand in shares, and with the last one needed open all offers of a need at once.

Where technical and financial part come apart, this opens the technical one; `financial` beside
it opens the other, by the same steps.
"""

from asyncio import to_thread
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
    Opening,
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


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """An opener's shares, taken; and all that opens the offers where they are enough."""

    need: Record
    terms: OpeningTerms
    waiting: tuple[Kept, ...]
    shares: Mapping[str, Mapping[str, bytes]]
    """Of every opener so far, by offer."""
    is_enough: bool
    version: int


async def give_out(
    tx: Tx, need_id: str, *, by: Actor, at: datetime, of_prices: bool = False
) -> SealedShares:
    """Return to an opener what it opens in its own program; changes nothing.

    Refuses with NeedMissing, and as `rules.may_open`.
    """
    need = await queries.need_row(tx, need_id, at=at)
    terms = await terms_of(tx, need, of_prices=of_prices)
    rules.may_open(terms, by=by, at=at)
    await tx.allow("purpose", _PURPOSE)
    waiting = await queries.kept(tx, terms)
    received = await to_thread(unsealing.received, waiting)
    return queries.sealed_shares(waiting, received, for_officer=by.person_id or "")


async def record_attempt(
    tx: Tx, need_id: str, *, by: Actor, at: datetime, of_prices: bool = False
) -> None:
    """Record that someone tried to open before the time: need.opening_attempted.

    The authority and its auditors see it. It stands in a transaction of its own, because the
    refused request's is undone.
    """
    need = await needs.locked(tx, need_id, seen_by=by, at=at)
    terms = await terms_of(tx, need, of_prices=of_prices)
    await needs_actions.advance(tx, need_id, to=need["state"])
    attempted = rules.attempt(terms, by=by, at=at)
    await history.record(
        tx, "need.opening_attempted", need_id, facts=terms, decision=attempted, by=by, at=at
    )


async def hand_in(
    tx: Tx, need_id: str, handed: HandedShares, *, by: Actor, at: datetime
) -> Standing:
    """Take an opener's shares; the last opener needed opens the offers by it.

    Refuses as `take`. Effects: as `take`, and then whatever `_open` does.
    """
    # Closed for good: an offer that was in time and is still on its way changes nothing any more.
    taken = await take(tx, need_id, handed, by=by, at=at, then=NeedState.CLOSED)
    if not taken.is_enough:
        return Standing(id=need_id, state=taken.terms.need_state, version=taken.version)
    return await _open(tx, taken, by=by, at=at)


async def take(
    tx: Tx, need_id: str, handed: HandedShares, *, by: Actor, at: datetime, then: NeedState,
    of_prices: bool = False,
) -> Taken:  # fmt: skip
    """Take an opener's shares, and leave the need in the state `then`.

    Refuses with NeedMissing, EnvelopeMalformed, and as the rule does. Effects: locks the need;
    the shares; need.shares_handed_in.
    """
    need = await needs.locked(tx, need_id, seen_by=by, at=at)
    terms = await terms_of(tx, need, of_prices=of_prices)
    rules.may_open(terms, by=by, at=at)
    await tx.allow("purpose", _PURPOSE)
    waiting = await queries.kept(tx, terms)
    before = await queries.handed_in(tx, terms)
    given = {one.offer_id: decode(one.share) for one in handed.shares}
    facts = await to_thread(_facts, terms, handed, waiting=waiting, before=before, by=by)
    handed_in = rules.hand_in(facts, by=by, at=at)
    await tx.run(
        _HAND_IN,
        authority_id=terms.authority_number, need_id=need_id, person_id=handed_in.person_id,
        shares=msgspec.json.encode(given), handed_in_at=at, part=terms.part,
    )  # fmt: skip
    await needs_actions.advance(tx, need_id, to=then)
    version = await history.record(
        tx, "need.shares_handed_in", need_id, facts=facts, decision=handed_in, by=by, at=at
    )
    return Taken(
        need=need,
        terms=terms,
        waiting=waiting,
        shares={**before, handed_in.person_id: given},
        is_enough=handed_in.is_enough,
        version=version,
    )


async def record_refused(
    tx: Tx, need_id: str, handed: HandedShares, *, by: Actor, at: datetime, of_prices: bool = False
) -> None:
    """Record that an opener handed in false shares: need.shares_refused, with the opener's name.

    It stands in a transaction of its own, because the refused request's is undone. Refuses as
    `hand_in` where somebody else has opened meanwhile.
    """
    need = await needs.locked(tx, need_id, seen_by=by, at=at)
    terms = await terms_of(tx, need, of_prices=of_prices)
    await tx.allow("purpose", _PURPOSE)
    waiting = await queries.kept(tx, terms)
    before = await queries.handed_in(tx, terms)
    facts = await to_thread(_facts, terms, handed, waiting=waiting, before=before, by=by)
    refused = rules.refuse_shares(facts, by=by, at=at)
    await needs_actions.advance(tx, need_id, to=need["state"])
    await history.record(
        tx, "need.shares_refused", need_id, facts=facts, decision=refused, by=by, at=at
    )


async def terms_of(tx: Tx, need: Record, *, of_prices: bool) -> OpeningTerms:
    """Return what is known of a need to who wants to open its offers, or only their prices."""
    if of_prices:
        return await queries.financial_terms(tx, need)
    return queries.opening_terms(need)


def _facts(
    terms: OpeningTerms,
    handed: HandedShares,
    *,
    waiting: tuple[Kept, ...],
    before: Mapping[str, Mapping[str, bytes]],
    by: Actor,
) -> HandInFacts:
    """Compute what shares are checked against: for many offers in a thread, as others wait."""
    given = {one.offer_id: decode(one.share) for one in handed.shares}
    received = unsealing.received(waiting)
    digest = queries.digest_of(waiting, received)
    return HandInFacts(
        terms=terms,
        is_outdated=handed.digest is not UNSET and handed.digest != digest,
        offered=tuple(received),
        handed_for=tuple(one.offer_id for one in handed.shares),
        wrong=unsealing.wrong(received, shares=given, officer_id=by.person_id or ""),
        before=tuple(before),
        unreadable=handed.unreadable,
        unread_before=tuple(
            offer_id
            for shares in before.values()
            for offer_id in received
            if offer_id not in shares
        ),
    )


async def _open(tx: Tx, taken: Taken, *, by: Actor, at: datetime) -> Standing:
    """Put the shares together, open every offer, and make the record of it public.

    Effects: the record; contents are stored, offers become opened or excluded, the need
    becomes opened; offer.opened for each, and need.opened for everyone.
    """
    unsealed_ones = [await _open_one(tx, one, taken, by=by, at=at) for one in taken.waiting]
    terms = taken.terms
    facts = OpenFacts(
        terms=terms,
        openers=tuple(taken.shares),
        offers=tuple(unsealed_ones),
        late=await queries.late_offers(tx, terms.need_id),
        refused=await queries.attempts(tx, terms),
    )
    record = rules.open_all(facts, by=by, at=at)
    await keep_record(tx, record, terms=terms)
    await needs_actions.advance(tx, terms.need_id, to=NeedState.OPENED)
    version = await history.record(
        tx, "need.opened", terms.need_id, facts=facts, decision=record, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=terms.need_id, state=NeedState.OPENED, version=version)


async def keep_record(tx: Tx, record: Opening, *, terms: OpeningTerms) -> None:
    """Keep the record of an opening, which nobody rewrites."""
    await tx.run(
        _RECORD,
        authority_id=terms.authority_number, need_id=terms.need_id, opened_at=record.opened_at,
        opened_by=list(record.openers), record=msgspec.json.encode(record), part=record.part,
    )  # fmt: skip


async def _open_one(tx: Tx, kept: Kept, taken: Taken, *, by: Actor, at: datetime) -> Unsealed:
    content, found = unsealed(kept, taken)
    opened = rules.open_one(found)
    await history.record(
        tx, "offer.opened", kept.offer_id, facts=found, decision=opened, by=by, at=at,
        audience=Audience(organisations=kept.member_ids), changing=_OPEN,
        of_authority=authority_of(kept.offer_id), of_offer=kept.offer_id, state=opened.state,
        failure=opened.failure, content=content,
    )  # fmt: skip
    return found


def unsealed(kept: Kept, taken: Taken) -> tuple[bytes | None, Unsealed]:
    """Return the JSON that an envelope holds, or None; and what came of it."""
    need, shares = taken.need, taken.shares
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
        financial_digest=kept.financial_digest,
        part=kept.part,
    )
    return content, found
