"""Read awards: facts for the rules, locked; views, made by PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Text,
    bindparam,
    case,
    literal,
    select,
)

from ecosystem.awards.admission.model import AFTER_RANKING
from ecosystem.awards.admission.tables import admission
from ecosystem.awards.counting import Made, Standings, standings, taken
from ecosystem.awards.explanations.tables import price_explanation
from ecosystem.awards.falling import kept
from ecosystem.awards.model import (
    ApproveFacts,
    AwardFacts,
    AwardTerms,
    Contest,
    Ending,
    PassedOver,
    ProposalDraft,
    ProposeFacts,
    RejectFacts,
    Remedy,
)
from ecosystem.awards.rules import AwardMissing, check_final
from ecosystem.awards.tables import award, evaluation
from ecosystem.catalogue.profiles.days import end_of
from ecosystem.catalogue.profiles.model import InForce
from ecosystem.catalogue.profiles.queries import profile_kept
from ecosystem.needs import queries as needs
from ecosystem.needs.model import FormCited, OfferKind
from ecosystem.needs.model import State as NeedState
from ecosystem.needs.tables import lot, need
from ecosystem.offers import queries as offers
from ecosystem.offers.model import OpenedContent
from ecosystem.offers.queries import read
from ecosystem.offers.rules import LotMissing, OfferMissing
from ecosystem.runtime.columns import json_row, money
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner
from ecosystem.values.money import Money
from ecosystem.values.text import Text as Words

_AT: Final = bindparam("at", type_=DateTime(timezone=True))
_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_NEED: Final = bindparam("need_id", type_=Text)
_KEY: Final = (award.c.authority_id == _AUTHORITY, award.c.id == _ID)


def _word(text: str) -> ColumnElement[str]:
    return literal(text, literal_execute=True)


_STATE: Final = case(
    (award.c.state != "published", award.c.state),
    (award.c.standstill_ends_at > _AT, _word("standstill")),
    else_=_word("final"),
).label("state")
_SUMMARY: Final[list[ColumnElement[Any]]] = [
    award.c.id,
    award.c.version,
    award.c.need_id,
    award.c.lot_id,
    award.c.offer_id,
    award.c.round,
    award.c.kind,
    _STATE,
    award.c.lead_id,
    money(award.c.price, award.c.currency).label("price"),
    award.c.standstill_ends_at,
    award.c.challenge_ends_at,
]
_one = (
    select(
        *_SUMMARY,
        award.c.terms,
        award.c.reason,
        award.c.passed_over,
        award.c.proposed_by,
        award.c.proposed_at,
        award.c.approved_by,
        award.c.approved_at,
        award.c.cancelled_at,
        award.c.cancelled_by,
        award.c.cancelled_reason,
        award.c.remedy,
        award.c.lapse,
    )
    .where(*_KEY)
    .subquery("one")
)
_VIEW: Final = Statement(select(json_row(_one), _one.c.version, _one.c.state))
_CONTESTS: Final = Statement(
    select(evaluation.c.contests, evaluation.c.round)
    .where(evaluation.c.authority_id == _AUTHORITY, evaluation.c.need_id == _NEED)
    .order_by(evaluation.c.round.desc())
    .limit(1)
)
"""The evaluation of the last round."""


@cache
def listing(*, of_need: bool) -> Statement:
    """Return the statement for a page of awards."""
    rows = select(*_SUMMARY)
    return page_of(rows.where(award.c.need_id == _NEED) if of_need else rows)


_NEED_OF_LOT: Final = Statement(
    select(lot.c.need_id).where(lot.c.authority_id == _AUTHORITY, lot.c.id == _ID)
)
_NEED_OF_AWARD: Final = Statement(select(award.c.need_id).where(*_KEY))
_LOCKED: Final = Statement(select(award).where(*_KEY).with_for_update())
_AWARDS: Final = Statement(
    select(
        award.c.id, award.c.lot_id, award.c.kind, award.c.state, award.c.remedy, award.c.lapse,
        award.c.round,
    ).where(award.c.authority_id == _AUTHORITY, award.c.need_id == _NEED)
)  # fmt: skip
_PASSED_OVER: Final = Statement(
    select(admission.c.offer_id, admission.c.round, admission.c.reasons).where(
        admission.c.authority_id == _AUTHORITY,
        admission.c.need_id == _NEED,
        admission.c.ground.in_([one.value for one in AFTER_RANKING]),
    )
)
_ACCEPTED: Final = Statement(
    select(price_explanation.c.offer_id).where(
        price_explanation.c.state == "accepted",
        price_explanation.c.authority_id == _AUTHORITY,
        price_explanation.c.need_id == _NEED,
        price_explanation.c.round == bindparam("round", type_=Integer),
    )
)
_FINAL: Final = Statement(
    select(award, need.c.programme_id, need.c.contract_form)
    .join(need, (need.c.authority_id == award.c.authority_id) & (need.c.id == award.c.need_id))
    .where(*_KEY)
    .with_for_update(read=True, of=award)
)


async def view(tx: Tx, award_id: str, *, at: datetime) -> Record:
    """Return an award's JSON, version and state. Refuses with AwardMissing."""
    authority = owner(award_id, "award", otherwise=AwardMissing)
    return _found(await tx.row(_VIEW, authority_id=authority, id=award_id, at=at))


async def need_of_lot(tx: Tx, lot_id: str) -> str:
    """Return the need that a lot belongs to. Refuses with LotMissing."""
    authority = owner(lot_id, "lot", otherwise=LotMissing)
    found: str | None = await tx.value(_NEED_OF_LOT, authority_id=authority, id=lot_id)
    if found is None:
        raise LotMissing("No need has such a lot.")
    return found


async def propose_facts(
    tx: Tx, row: Record, lot_id: str, asked: ProposalDraft
) -> tuple[ProposeFacts, OpenedContent]:
    """Return what a proposal for a locked need is checked against, and the offer.

    Refuses with OfferMissing.
    """
    offered = {one.offer_id: one for one in await offers.opened(tx, row["id"])}
    found = offered.get(asked.offer_id)
    if found is None or found.lot_id != lot_id:
        raise OfferMissing("No opened offer for this lot bears this identifier.")
    candidates = await _candidates(tx, row, lot_id=lot_id, kind=found.kind)
    before = tuple(
        Ending(state=one["state"], remedy=one["remedy"] and Remedy(one["remedy"]))
        for one in await made(tx, row["id"])
        if (one["lot_id"], one["kind"]) == (lot_id, found.kind)
    )
    facts = ProposeFacts(
        need_id=row["id"], lot_id=lot_id, offer_id=found.offer_id, kind=found.kind,
        authority_number=row["authority_id"], need_state=NeedState(row["state_now"]),
        round=candidates.round, ranked_first=candidates.first, passed_over=candidates.passed_over,
        is_unexplained=candidates.is_unexplained, before=before, reason=asked.reason,
        is_ended=(lot_id, found.kind) in await kept.ended(tx, row["id"]),
    )  # fmt: skip
    return facts, found


class _Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """Which offer of a contest can be awarded."""

    round: int
    first: str | None
    passed_over: tuple[PassedOver, ...]
    is_unexplained: bool


async def _candidates(tx: Tx, row: Record, *, lot_id: str, kind: OfferKind) -> _Candidates:
    """Return the first of a contest that is not excluded since, and those before it."""
    contests, _ = await evaluated(tx, row["id"])
    contest = [one for one in contests if (one.lot_id, one.kind) == (lot_id, kind)]
    ranked = [each for one in contest for each in one.ranking.ranked]
    of_round = max((one.round for one in contest), default=0)
    place = {"authority_id": row["authority_id"], "need_id": row["id"], "round": of_round}
    passed = await passed_over(tx, row["id"])
    out = {who: reasons for (who, of), reasons in passed.items() if of == of_round}
    accepted = {one["offer_id"] for one in await tx.rows(_ACCEPTED, **place)}
    first = next((one for one in ranked if one.offer_id not in out), None)
    is_low = first is not None and bool(first.abnormally_low)
    return _Candidates(
        round=of_round,
        first=first.offer_id if first else None,
        passed_over=tuple(
            PassedOver(offer_id=one.offer_id, reasons=out[one.offer_id])
            for one in ranked[: ranked.index(first) if first else None]
        ),
        is_unexplained=is_low and first is not None and first.offer_id not in accepted,
    )


async def locked(
    tx: Tx, award_id: str, *, by: Actor, at: datetime, expected: int | None
) -> tuple[Record, Record]:
    """Lock an award's need, then the award; return the award's row and the need's.

    Refuses with AwardMissing, or RevisionStale where `expected` is another version.
    """
    authority = owner(award_id, "award", otherwise=AwardMissing)
    need_id: str | None = await tx.value(_NEED_OF_AWARD, authority_id=authority, id=award_id)
    if need_id is None:
        raise _missing()
    row = await needs.locked(tx, need_id, seen_by=by, at=at)
    found = _found(await tx.row(_LOCKED, authority_id=authority, id=award_id))
    revision.check(expected, actual=found["version"])
    return found, row


async def approve_facts(tx: Tx, found: Record, row: Record, *, at: datetime) -> ApproveFacts:
    """Return what the approval of a locked award is checked against."""
    kind = OfferKind(found["kind"])
    lots, law = await standing(tx, row), await law_of(tx, row)
    left = set(lots.left_open) - ({found["lot_id"]} if kind in lots.counting else set())
    return ApproveFacts(
        award_id=found["id"],
        need_id=row["id"],
        lot_id=found["lot_id"],
        kind=kind,
        authority_number=row["authority_id"],
        need_state=NeedState(row["state_now"]),
        is_proposed=found["state"] == "proposed",
        proposed_by=found["proposed_by"],
        price=price_of(found),
        left_open=tuple(sorted(left)),
        standstill_ends_at=end_of(law.rules.standstill, after=at, calendar=law.calendar),
        challenge_ends_at=end_of(
            law.rules.challenge or law.rules.standstill, after=at, calendar=law.calendar
        ),
    )


def reject_facts(found: Record, reason: Words) -> RejectFacts:
    """Return what the rejection of a locked award is checked against."""
    return RejectFacts(
        award_id=found["id"],
        authority_number=found["authority_id"],
        is_proposed=found["state"] == "proposed",
        proposed_by=found["proposed_by"],
        reason=reason,
    )


async def standing(
    tx: Tx,
    row: Record,
    *,
    without: tuple[str, OfferKind] | None = None,
    is_over: bool = False,
) -> Standings:
    """Return how far the lots of a locked need are awarded, and would be `without` a contest.

    With `is_over` the lot of that contest would not be awarded any more.
    """
    contests, _ = await evaluated(tx, row["id"])
    passed = await passed_over(tx, row["id"])
    ended = await kept.ended(tx, row["id"]) | frozenset({without} if without else ())
    ranked = {(one.lot_id, one.kind): one for one in contests if one.ranking.ranked}
    made_so_far = await counted(tx, row)
    if without:
        made_so_far = tuple(taken(one, without, is_over=is_over) for one in made_so_far)
    return standings(
        ranked.keys(),
        made_so_far,
        open_to={key for key, one in ranked.items() if not is_spent(one, passed)} - ended,
    )


async def counted(tx: Tx, row: Record) -> tuple[Made, ...]:
    """Return the awards of a need as they count."""
    return tuple(
        Made(
            id=one["id"], lot_id=one["lot_id"], kind=OfferKind(one["kind"]), state=one["state"],
            is_over=one["remedy"] == Remedy.CANCELLATION,
        )
        for one in await made(tx, row["id"])
    )  # fmt: skip


async def law_of(tx: Tx, row: Record) -> InForce:
    """Return the rules that a need was published under, with all days of their calendar."""
    return await profile_kept(tx, row["profile_id"], at=row["published_at"])


async def made(tx: Tx, need_id: str) -> Sequence[Record]:
    """Return the awards of a need, whatever has become of them."""
    return await tx.rows(_AWARDS, authority_id=authority_of(need_id), need_id=need_id)


async def final(tx: Tx, award_id: str, *, at: datetime) -> AwardFacts:
    """Return a final award, held so that nobody changes it before this transaction ends.

    Refuses with AwardMissing, AwardCancelled, AwardSuspended or StandstillRunning.
    """
    authority = owner(award_id, "award", otherwise=AwardMissing)
    row = _found(await tx.row(_FINAL, authority_id=authority, id=award_id))
    check_final(row["state"], row["standstill_ends_at"], at=at)
    terms = read(row["terms"], AwardTerms)
    return AwardFacts(
        id=award_id,
        authority_number=authority,
        need_id=row["need_id"],
        lot_id=row["lot_id"],
        offer_id=row["offer_id"],
        kind=OfferKind(row["kind"]),
        lead_id=terms.lead_id,
        members=terms.members,
        price=terms.price,
        financing=terms.financing,
        metric_commitments=terms.metric_commitments,
        liability=terms.liability,
        programme_id=row["programme_id"],
        contract_form=read(row["contract_form"], FormCited),
    )


async def evaluated(tx: Tx, need_id: str) -> tuple[tuple[Contest, ...], int]:
    """Return the contests of a need's last evaluation, and its round: 0 where there is none."""
    row = await tx.row(_CONTESTS, authority_id=authority_of(need_id), need_id=need_id)
    if row is None:
        return (), 0
    return read(row["contests"], tuple[Contest, ...]), row["round"]


async def contest(tx: Tx, found: Record) -> Contest:
    """Return the contest that a locked award has come from."""
    contests, _ = await evaluated(tx, found["need_id"])
    place = (found["lot_id"], found["kind"])
    return next(one for one in contests if (one.lot_id, one.kind) == place)


async def passed_over(tx: Tx, need_id: str) -> dict[tuple[str, int], Words]:
    """Return why ranked offers of a need are passed over, by offer and round."""
    rows = await tx.rows(_PASSED_OVER, authority_id=authority_of(need_id), need_id=need_id)
    return {(one["offer_id"], one["round"]): read(one["reasons"], Words) for one in rows}


def is_spent(contest: Contest, passed: Collection[tuple[str, int]]) -> bool:
    """Tell whether offers were ranked in a contest, and every one is passed over."""
    ranked = contest.ranking.ranked
    return bool(ranked) and all((one.offer_id, contest.round) in passed for one in ranked)


def price_of(row: Record) -> Money:
    """Return the price of an award's row."""
    return read(row["terms"], AwardTerms).price


def _found(row: Record | None) -> Record:
    if row is None:
        raise _missing()
    return row


def _missing() -> AwardMissing:
    return AwardMissing("No award bears this identifier.")
