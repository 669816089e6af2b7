"""Read challenges: facts for the rules, locked; views, made by PostgreSQL."""

from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
)

from ecosystem.awards import queries as awards
from ecosystem.awards.challenges.model import (
    ChallengeDecision,
    DecideFacts,
    LodgeFacts,
    State,
    WithdrawFacts,
)
from ecosystem.awards.challenges.rules import ChallengeMissing
from ecosystem.awards.challenges.tables import challenge, challenge_decision
from ecosystem.awards.rules import state_at
from ecosystem.awards.tables import award
from ecosystem.catalogue.profiles.days import end_of
from ecosystem.catalogue.profiles.model import Counting, Span
from ecosystem.identity import queries as identity
from ecosystem.needs.model import OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.offers.queries import read
from ecosystem.offers.tables import opening
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner
from ecosystem.values.text import Text as Words

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_AWARD: Final = bindparam("award_id", type_=Text)
_DECISION: Final = Span(days=30, counted=Counting.WORKING, law="platform")
"""How long a reviewer has where a profile does not say; this platform's rule."""


def _word(text: str) -> ColumnElement[str]:
    return literal(text, literal_execute=True)


_MOOT: Final = and_(challenge.c.state == "open", award.c.state == "cancelled")
_STATE: Final = case((_MOOT, _word("moot")), else_=challenge.c.state)
_OVERDUE: Final = and_(
    challenge.c.state == "open",
    award.c.state != "cancelled",
    challenge.c.decide_by < bindparam("at", type_=DateTime(timezone=True)),
)
_WHOLE: Final[tuple[ColumnElement[Any], ...]] = (
    challenge.c.id,
    challenge.c.version,
    challenge.c.need_id,
    challenge.c.award_id,
    challenge.c.offer_id,
    challenge.c.organisation_id,
    _STATE.label("state"),
    challenge.c.grounds,
    challenge.c.lodged_at,
    challenge.c.decide_by,
    _OVERDUE.label("is_overdue"),
    challenge_decision.c.outcome,
    challenge_decision.c.remedy,
    challenge_decision.c.reasons,
    challenge_decision.c.organisation_id.label("decided_by_organisation"),
    challenge_decision.c.decided_by,
    challenge_decision.c.decided_at,
    challenge.c.withdrawn_at,
)
_OF_ITS_AWARD: Final = and_(
    award.c.authority_id == challenge.c.authority_id, award.c.id == challenge.c.award_id
)
_DECIDED: Final = and_(
    challenge_decision.c.authority_id == challenge.c.authority_id,
    challenge_decision.c.challenge_id == challenge.c.id,
)
_rows = (
    select(*_WHOLE)
    .select_from(challenge)
    .join(award, _OF_ITS_AWARD)
    .outerjoin(challenge_decision, _DECIDED)
)
_one = _rows.where(challenge.c.authority_id == _AUTHORITY, challenge.c.id == _ID).subquery("one")
_VIEW: Final = Statement(
    select(
        json_row(_one),
        _one.c.version,
        func.concat(_one.c.state, _one.c.is_overdue).label("mark"),
    )
)
_AWARD_OF: Final = Statement(
    select(challenge.c.award_id).where(
        challenge.c.authority_id == _AUTHORITY, challenge.c.id == _ID
    )
)
_LOCKED: Final = Statement(
    select(challenge)
    .where(challenge.c.authority_id == _AUTHORITY, challenge.c.id == _ID)
    .with_for_update()
)
_OF_AWARD: Final = Statement(
    select(challenge.c.id, challenge.c.organisation_id, challenge.c.state).where(
        challenge.c.authority_id == _AUTHORITY, challenge.c.award_id == _AWARD
    )
)
_RECORD: Final = Statement(
    select(opening.c.record).where(
        opening.c.authority_id == _AUTHORITY,
        opening.c.need_id == bindparam("need_id", type_=Text),
        opening.c.part != "financial",
    )
)
_IS_WITHIN: Final = Statement(
    select(identity.is_overseen(_AUTHORITY, bindparam("jurisdiction", type_=Text)))
)


class _Offered(msgspec.Struct, frozen=True):
    """What the public record of an opening says of one offer, as far as it matters here."""

    offer_id: str
    lot_id: str
    kind: OfferKind
    member_ids: tuple[str, ...]


class _Opening(msgspec.Struct, frozen=True):
    offers: tuple[_Offered, ...]


@cache
def listing(*, of_award: bool, overdue: bool) -> Statement:
    """Return the statement for a page of challenges."""
    rows = _rows.where(challenge.c.award_id == _AWARD) if of_award else _rows
    return page_of(rows.where(_OVERDUE) if overdue else rows)


async def view(tx: Tx, challenge_id: str, *, at: datetime) -> Record:
    """Return a challenge's JSON, version, and what else its looks depend on.

    Refuses with ChallengeMissing.
    """
    authority = owner(challenge_id, "challenge", otherwise=ChallengeMissing)
    return _found(await tx.row(_VIEW, authority_id=authority, id=challenge_id, at=at))


async def lodge_facts(
    tx: Tx, found: Record, row: Record, grounds: Words, *, by: Actor, at: datetime
) -> LodgeFacts:
    """Return what a challenge of a locked award is checked against."""
    law = await awards.law_of(tx, row)
    rivals = [
        one
        for one in await _offered(tx, found["need_id"])
        if (one.lot_id, one.kind) == (found["lot_id"], found["kind"])
        and by.organisation_id in one.member_ids
    ]
    before = await tx.rows(_OF_AWARD, authority_id=found["authority_id"], award_id=found["id"])
    return LodgeFacts(
        award_id=found["id"],
        need_id=found["need_id"],
        authority_number=found["authority_id"],
        award_state=state_at(found["state"], found["standstill_ends_at"], at=at),
        standing_ends_at=found["challenge_ends_at"],
        offer_id=rivals[0].offer_id if rivals else None,
        has_won=any(one.offer_id == found["offer_id"] for one in rivals),
        has_challenged=by.organisation_id in {one["organisation_id"] for one in before},
        decide_by=end_of(law.rules.decision or _DECISION, after=at, calendar=law.calendar),
        grounds=grounds,
    )


async def locked(
    tx: Tx, challenge_id: str, *, by: Actor, at: datetime
) -> tuple[Record, Record, Record]:
    """Lock a challenge's need, its award, then itself; return its row, the award's, the need's.

    Refuses with ChallengeMissing.
    """
    authority = owner(challenge_id, "challenge", otherwise=ChallengeMissing)
    award_id: str | None = await tx.value(_AWARD_OF, authority_id=authority, id=challenge_id)
    if award_id is None:
        raise _missing()
    found, row = await awards.locked(tx, award_id, by=by, at=at, expected=None)
    return _found(await tx.row(_LOCKED, authority_id=authority, id=challenge_id)), found, row


async def withdraw_facts(tx: Tx, lodged: Record, found: Record) -> WithdrawFacts:
    """Return what the withdrawal of a locked challenge is checked against."""
    return WithdrawFacts(
        challenge_id=lodged["id"],
        award_id=found["id"],
        authority_number=lodged["authority_id"],
        organisation_id=lodged["organisation_id"],
        state=_state(lodged, found),
        others_open=await _others_open(tx, lodged),
    )


async def decide_facts(
    tx: Tx, lodged: Record, found: Record, row: Record, asked: ChallengeDecision, *, by: Actor
) -> DecideFacts:
    """Return what the decision on a locked challenge is checked against."""
    authority = lodged["authority_id"]
    standing = await awards.standing(tx, row)
    contest = (found["lot_id"], OfferKind(found["kind"]))
    others = await awards.standing(tx, row, without=contest, is_over=True)
    return DecideFacts(
        challenge_id=lodged["id"],
        award_id=found["id"],
        need_id=found["need_id"],
        lot_id=found["lot_id"],
        kind=OfferKind(found["kind"]),
        authority_number=authority,
        state=_state(lodged, found),
        decide_by=lodged["decide_by"],
        is_within=await tx.value(_IS_WITHIN, authority_id=authority, jurisdiction=by.jurisdiction),
        parties=tuple(
            sorted({who for one in await _offered(tx, row["id"]) for who in one.member_ids})
        ),
        hands=tuple(
            hand
            for hand in (found["proposed_by"], found["approved_by"], lodged["lodged_by"])
            if hand is not None
        ),
        others_open=await _others_open(tx, lodged),
        need_state=NeedState(row["state_now"]),
        left_open=standing.left_open,
        others_stand=bool(others.awards),
        price=awards.price_of(found),
        asked=asked,
    )


async def _others_open(tx: Tx, lodged: Record) -> bool:
    of_award = await tx.rows(
        _OF_AWARD, authority_id=lodged["authority_id"], award_id=lodged["award_id"]
    )
    return any(one["state"] == "open" and one["id"] != lodged["id"] for one in of_award)


def _state(lodged: Record, found: Record) -> State:
    is_moot = lodged["state"] == "open" and found["state"] == "cancelled"
    return State.MOOT if is_moot else State(lodged["state"])


async def _offered(tx: Tx, need_id: str) -> tuple[_Offered, ...]:
    record: bytes | None = await tx.value(
        _RECORD, authority_id=authority_of(need_id), need_id=need_id
    )
    return () if record is None else read(record, _Opening).offers


def _found(row: Record | None) -> Record:
    if row is None:
        raise _missing()
    return row


def _missing() -> ChallengeMissing:
    return ChallengeMissing("No challenge bears this identifier.")
