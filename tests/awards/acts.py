"""Acts on a need of two lots, its awards and challenges, each at a time that is given."""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from ecosystem.awards import actions as awards
from ecosystem.awards.challenges import actions as challenges
from ecosystem.awards.challenges.model import ChallengeDecision, Outcome
from ecosystem.awards.evaluation import actions as evaluation
from ecosystem.awards.explanations import actions as explanations
from ecosystem.awards.explanations.model import PriceQuestion
from ecosystem.awards.model import Remedy
from ecosystem.budgets import actions as budgets
from ecosystem.budgets.model import AppropriationDraft
from ecosystem.contracts import actions as contracts
from ecosystem.contracts import queries as contracts_queries
from ecosystem.contracts.model import ContractDraft, Signing
from ecosystem.needs import actions as needs
from ecosystem.offers import actions as offers
from tests.awards.account import PRICES, Draft
from tests.builders import (
    AT,
    REASON,
    Published,
    World,
    cny,
    content,
    lot_draft,
    offered,
    published,
)

STARTS_ON = date(2027, 3, 1)


async def need_of_two_lots(world: World) -> Published:
    """Publish it."""
    lots = [lot_draft(), lot_draft(title={"en": "Maintenance"})]
    return await published(world, lots=lots)


async def offers_for(
    world: World, lot_id: str, prices: Mapping[str, str] = PRICES
) -> dict[str, str]:
    """Submit one offer of each bidder."""
    return {
        who: await offered(world, lot_id, content(price), by=who) for who, price in prices.items()
    }


async def evaluate(world: World, need_id: str, *, at: datetime) -> str:
    """Compute the evaluation, without conferring first."""
    async with world.acting("city/officer") as (tx, by):
        return (await evaluation.evaluate(tx, need_id, by=by, at=at, expected=None)).state


async def approve(world: World, award_id: str, *, at: datetime) -> str:
    """Approve an award."""
    async with world.acting("city/approver") as (tx, by):
        return (await awards.approve(tx, award_id, by=by, at=at, expected=None)).state


async def decide(
    world: World, challenge_id: str, outcome: Outcome, remedy: Remedy | None, *, at: datetime
) -> str:
    """Decide a challenge, whether or not the remedy goes with the outcome."""
    asked = ChallengeDecision(outcome=outcome, remedy=remedy or msgspec.UNSET, reasons=REASON)
    async with world.acting("oversight/reviewer") as (tx, by):
        return (await challenges.decide(tx, challenge_id, asked, by=by, at=at)).state


async def withdraw_challenge(world: World, challenge_id: str, who: str, *, at: datetime) -> str:
    """Take a challenge back."""
    async with world.acting(f"{who}/bidder") as (tx, by):
        return (await challenges.withdraw(tx, challenge_id, by=by, at=at, expected=None)).state


async def cancel(world: World, need_id: str, *, at: datetime) -> str:
    """Give a need up."""
    async with world.acting("city/officer") as (tx, by):
        made = await needs.cancel(tx, need_id, reason=REASON, by=by, at=at, expected=None)
    return made.state


async def publish(world: World, need_id: str, *, at: datetime) -> str:
    """Publish a need, which may be public already."""
    async with world.acting("city/officer") as (tx, by):
        return (await needs.publish(tx, need_id, by=by, at=at, expected=None)).state


async def withdraw_offer(world: World, offer_id: str, who: str, *, at: datetime) -> str:
    """Take an offer back."""
    async with world.acting(f"{who}/bidder") as (tx, by):
        return (await offers.withdraw(tx, offer_id, by=by, at=at, expected=None)).state


async def ask(world: World, offer_id: str, *, at: datetime) -> str:
    """Ask how a price is possible."""
    async with world.acting("city/officer") as (tx, by):
        question = PriceQuestion(REASON)
        return (await explanations.ask(tx, offer_id, question, by=by, at=at)).id


async def draw_up(
    world: World, award_id: str, *, at: datetime, loan_id: str | None = None
) -> Draft:
    """Draft the contract of an award, and of one that finances it."""
    asked = ContractDraft(
        award_id=award_id, financing_award_id=loan_id,
        verifier_id=world.organisation("verifier"), starts_on=STARTS_ON,
        values={
            "platform_name": "City platform", "quality_baseline": "60", "sharing_baseline": "55",
        },
    )  # fmt: skip
    async with world.acting("city/officer") as (tx, by):
        made = await contracts.draft(tx, asked, by=by, at=at)
        row = await contracts_queries.locked(tx, made.id, seen_by=by)
    return Draft(made.id, row["terms_digest"])


async def sign(world: World, contract_id: str, who: str, digest: str, *, at: datetime) -> str:
    """Sign a contract for a party."""
    async with world.acting(f"{who}/signatory") as (tx, by):
        return (await contracts.sign(tx, contract_id, Signing(digest), by=by, at=at)).state


async def endow(world: World) -> None:
    """Give the city money for as many awards as a long search makes."""
    async with world.acting("city/treasurer") as (tx, by):
        money = AppropriationDraft(amount=cny("900000000000.00"), reason=REASON)
        await budgets.appropriate(tx, world.programme_id, money, by=by, at=AT, expected=None)
