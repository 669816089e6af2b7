"""Read explanations: facts for the rules, locked; views, made by PostgreSQL."""

from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Text, any_, bindparam, or_, select

from ecosystem.awards import queries as awards
from ecosystem.awards.evaluation import queries as evaluations
from ecosystem.awards.explanations.model import (
    AnswerFacts,
    AskFacts,
    DecideFacts,
    PriceAnswer,
    PriceDecision,
    PriceQuestion,
    State,
)
from ecosystem.awards.explanations.rules import ExplanationMissing
from ecosystem.awards.explanations.tables import price_explanation
from ecosystem.catalogue.profiles.days import end_of
from ecosystem.catalogue.profiles.model import Counting, Span
from ecosystem.identity import queries as identity
from ecosystem.needs import queries as needs
from ecosystem.needs.model import State as NeedState
from ecosystem.offers import queries as offers
from ecosystem.offers.model import OpenedContent
from ecosystem.offers.rules import OfferMissing
from ecosystem.offers.tables import offer
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_NEED: Final = bindparam("need_id", type_=Text)
_THIS: Final = (price_explanation.c.authority_id == _AUTHORITY, price_explanation.c.id == _ID)
_ANSWERING: Final = Span(days=5, counted=Counting.WORKING, law="platform")
"""How long a bidder has to answer; this platform's rule."""
_SEEN: Final = or_(
    any_(price_explanation.c.member_ids) == bindparam("organisation", type_=Text),
    price_explanation.c.authority_id == bindparam("own", type_=Integer),
    identity.is_overseen(price_explanation.c.authority_id, bindparam("oversees", type_=Text)),
)
_WHOLE: Final[tuple[ColumnElement[Any], ...]] = (
    price_explanation.c.id,
    price_explanation.c.version,
    price_explanation.c.state,
    price_explanation.c.need_id,
    price_explanation.c.lot_id,
    price_explanation.c.offer_id,
    price_explanation.c.round,
    price_explanation.c.question,
    price_explanation.c.asked_by,
    price_explanation.c.asked_at,
    price_explanation.c.answer_by,
    price_explanation.c.answer,
    price_explanation.c.answered_at,
    price_explanation.c.reasons,
    price_explanation.c.decided_by,
    price_explanation.c.decided_at,
)
_one = select(*_WHOLE).where(*_THIS, _SEEN).subquery("one")
_VIEW: Final = Statement(select(json_row(_one), _one.c.version, _one.c.state))
_LOCKED: Final = Statement(select(price_explanation).where(*_THIS, _SEEN).with_for_update())
_NEED_OF: Final = Statement(select(price_explanation.c.need_id).where(*_THIS, _SEEN))
_NEED_OF_OFFER: Final = Statement(
    select(offer.c.need_id).where(offer.c.authority_id == _AUTHORITY, offer.c.id == _ID)
)
_ASKED: Final = Statement(
    select(price_explanation.c.id).where(
        price_explanation.c.authority_id == _AUTHORITY,
        price_explanation.c.offer_id == bindparam("offer_id", type_=Text),
        price_explanation.c.round == bindparam("round", type_=Integer),
    )
)


@cache
def listing(*, of_need: bool) -> Statement:
    """Return the statement for a page of explanations that the caller may see."""
    rows = select(*_WHOLE).where(_SEEN)
    return page_of(rows.where(price_explanation.c.need_id == _NEED) if of_need else rows)


def sight(by: Actor | None) -> dict[str, Any]:
    """Return the parameters by which a reader's explanations are found."""
    return {name: value for name, value in offers.sight(by).items() if name != "person"}


async def view(tx: Tx, explanation_id: str, *, by: Actor) -> Record:
    """Return an explanation's JSON, version and state. Refuses with ExplanationMissing."""
    authority = owner(explanation_id, "explanation", otherwise=ExplanationMissing)
    return _found(await tx.row(_VIEW, authority_id=authority, id=explanation_id, **sight(by)))


async def ask_facts(
    tx: Tx, offer_id: str, asked: PriceQuestion, *, by: Actor, at: datetime
) -> tuple[AskFacts, OpenedContent]:
    """Lock an offer's need; return what a question about its price is checked against.

    Refuses with OfferMissing.
    """
    authority = owner(offer_id, "offer", otherwise=OfferMissing)
    need_id: str | None = await tx.value(_NEED_OF_OFFER, authority_id=authority, id=offer_id)
    if need_id is None:
        raise OfferMissing("No offer that the caller may know of bears this identifier.")
    row = await needs.locked(tx, need_id, seen_by=by, at=at)
    opened = [one for one in await offers.opened(tx, need_id) if one.offer_id == offer_id]
    if not opened:
        raise OfferMissing("No opened offer bears this identifier.")
    (found,) = opened
    law = await awards.law_of(tx, row)
    contests, _ = await awards.evaluated(tx, need_id)
    place = (found.lot_id, found.kind)
    contest = [one for one in contests if (one.lot_id, one.kind) == place]
    ranked = [each for one in contest for each in one.ranking.ranked if each.offer_id == offer_id]
    of_round = max((one.round for one in contest), default=0)
    before = await tx.value(_ASKED, authority_id=authority, offer_id=offer_id, round=of_round)
    return AskFacts(
        need_id=need_id,
        lot_id=found.lot_id,
        kind=found.kind,
        offer_id=offer_id,
        round=of_round,
        authority_number=authority,
        need_state=NeedState(row["state_now"]),
        flags=ranked[0].abnormally_low if ranked else (),
        is_asked=before is not None,
        is_awarded=any(
            (one["lot_id"], one["kind"]) == place and one["state"] != "cancelled"
            for one in await awards.made(tx, row["id"])
        ),
        answer_by=end_of(_ANSWERING, after=at, calendar=law.calendar),
        asked=asked,
    ), found


async def need_of(tx: Tx, explanation_id: str, *, by: Actor) -> str:
    """Return the need that an explanation belongs to. Refuses with ExplanationMissing."""
    authority = owner(explanation_id, "explanation", otherwise=ExplanationMissing)
    row = _found(await tx.row(_NEED_OF, authority_id=authority, id=explanation_id, **sight(by)))
    need_id: str = row["need_id"]
    return need_id


async def locked(tx: Tx, explanation_id: str, *, by: Actor) -> Record:
    """Lock an explanation that the caller may see. Refuses with ExplanationMissing."""
    authority = owner(explanation_id, "explanation", otherwise=ExplanationMissing)
    return _found(await tx.row(_LOCKED, authority_id=authority, id=explanation_id, **sight(by)))


def answer_facts(row: Record, asked: PriceAnswer) -> AnswerFacts:
    """Return what an answer to a locked question is checked against."""
    return AnswerFacts(
        explanation_id=row["id"],
        state=State(row["state"]),
        member_ids=tuple(row["member_ids"]),
        asked=asked,
    )


async def decide_facts(tx: Tx, row: Record, need: Record, asked: PriceDecision) -> DecideFacts:
    """Return what a decision on a locked explanation of a locked need is checked against."""
    before = await evaluations.rounds(tx, need)
    is_current = any(
        one.round == row["round"]
        and (one.lot_id, one.kind) in before.settled
        and any(each.offer_id == row["offer_id"] for each in one.ranking.ranked)
        for one in before.contests
    )
    return DecideFacts(
        explanation_id=row["id"],
        authority_number=row["authority_id"],
        need_state=NeedState(need["state_now"]),
        state=State(row["state"]),
        is_outdated=not is_current,
        answer_by=row["answer_by"],
        asked=asked,
    )


def _found(row: Record | None) -> Record:
    if row is None:
        raise ExplanationMissing("No explanation that the caller may know of bears this name.")
    return row
