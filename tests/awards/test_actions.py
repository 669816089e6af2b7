"""Awards on a real database: ranked first, approved by another, final in time."""

import asyncio
import dataclasses
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from ecosystem.awards import actions, queries, rules
from ecosystem.awards.evaluation import rules as evaluation_rules
from ecosystem.awards.model import (
    Approved,
    ApproveFacts,
    Evaluated,
    EvaluateFacts,
    Proposed,
    ProposeFacts,
    Scored,
    ScoreFacts,
)
from ecosystem.budgets import queries as budgets
from ecosystem.offers import queries as offers
from ecosystem.sandbox.model import Parties
from ecosystem.values.actor import Role
from tests.awarding import (
    EVALUATORS,
    admitted,
    appointed,
    approved,
    award_state,
    evaluated,
    proposed,
    ranked,
    rejected,
    scored,
    state_of,
)
from tests.builders import (
    OPENING,
    Published,
    World,
    content,
    financing,
    lot_draft,
    offered,
    published,
    told,
    waiting,
)

LATER = OPENING + timedelta(days=10)


async def test_an_award_commits_the_budget_ends_the_contest_and_waits(
    world: World, need: Published
) -> None:
    better, worse = await ranked(world, need)
    async with world.database.transaction() as tx:
        before = await budgets.available(
            tx, world.programme_id, authority=world.actor("city/officer").organisation_number,
            currency="CNY",
        )  # fmt: skip

    award_id = await proposed(world, need.lot_id, better)
    state = await approved(world, award_id)

    assert state == "standstill"
    assert await state_of(world, need.id) == "awarded"
    async with world.acting("city/officer") as (tx, by):
        left = await budgets.available(
            tx, world.programme_id, authority=by.organisation_number, currency="CNY"
        )
        ends = {one.offer_id: one.state.value for one in await offers.opened(tx, need.id)}
    assert before is not None
    assert left == before - 750_000
    assert ends == {better: "awarded", worse: "not_awarded"}


async def test_an_award_is_final_when_the_standstill_has_passed_and_not_before(
    world: World, need: Published
) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)
    async with world.database.transaction() as tx:
        with pytest.raises(rules.StandstillRunning):
            await queries.final(tx, award_id, at=LATER)
    await approved(world, award_id)

    async with world.database.transaction() as tx:
        with pytest.raises(rules.StandstillRunning):
            await queries.final(tx, award_id, at=LATER - timedelta(microseconds=1))
        found = await queries.final(tx, award_id, at=LATER)
        state = (await queries.view(tx, award_id, at=LATER))[2]

    assert state == "final"
    assert (found.offer_id, found.price.amount) == (better, "750000.00")
    assert [one.share for one in found.members] == ["100"]
    assert found.programme_id == world.programme_id
    assert found.contract_form.id == "city-data-platform-operation"
    assert [one.value for one in found.metric_commitments] == ["98"]


async def test_only_the_offer_that_is_ranked_first_is_awarded_and_once(
    world: World, need: Published
) -> None:
    better, worse = await ranked(world, need)

    with pytest.raises(rules.NotRankedFirst):
        await proposed(world, need.lot_id, worse)
    await proposed(world, need.lot_id, better)
    with pytest.raises(rules.AwardedBefore):
        await proposed(world, need.lot_id, better)


async def test_who_proposed_never_approves_neither_by_rule_nor_in_the_database(
    world: World, need: Published
) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)

    with pytest.raises(rules.ProposerApproves):
        await approved(world, award_id, who="city/officer")

    connection = await world.database.connect()
    try:
        number = world.actor("city/officer").organisation_number
        await connection.execute(f"SET app.authority = '{number}'")
        with pytest.raises(asyncpg.CheckViolationError, match="nobody_approves_alone"):
            await connection.execute(
                "UPDATE award SET state = 'published', version = version + 1, "
                "approved_by = proposed_by, approved_at = proposed_at, "
                "standstill_ends_at = proposed_at + interval '10 days' WHERE id = $1", award_id,
            )  # fmt: skip
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(
                "INSERT INTO award SELECT (jsonb_populate_record(award, jsonb_build_object("
                "'id', overlay(id placing 'ffff' from length(id) - 3)))).* FROM award "
                "WHERE id = $1", award_id,
            )  # fmt: skip
    finally:
        await connection.close()


async def test_of_two_approvers_at_once_one_approves_and_the_budget_is_committed_once(
    world: World, need: Published, owner_url: str
) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)
    city = world.parties.party("city")
    second = msgspec.structs.replace(city.person("second_officer"), roles=(Role.APPROVER,))
    people = tuple(second if one.id == second.id else one for one in city.people)
    another = msgspec.structs.replace(city, people=people)
    parties = tuple(another if one.key == "city" else one for one in world.parties.data)
    elsewhere = dataclasses.replace(world, parties=Parties(data=parties))

    async with world.acting("city/approver") as (tx, by):
        now = await actions.approve(tx, award_id, by=by, at=OPENING, expected=None)
        other = await waiting(approved(elsewhere, award_id, who="city/second_officer"))

    assert now.state == "standstill"
    with pytest.raises(rules.AlreadyApproved):
        await other
    connection = await asyncpg.connect(owner_url)
    committed = await connection.fetchval(
        "SELECT count(*) FROM transfer WHERE reference = $1", award_id
    )
    await connection.close()
    assert committed == 1


async def test_an_approval_and_a_rejection_at_once_leave_one(world: World, need: Published) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)

    ends = await asyncio.gather(
        approved(world, award_id), rejected(world, award_id), return_exceptions=True
    )

    (won,) = [end for end in ends if isinstance(end, str)]
    assert [type(end) for end in ends].count(rules.AlreadyApproved) == 1
    assert await award_state(world, award_id) == won


async def test_a_need_is_awarded_when_its_last_lot_is(world: World) -> None:
    need = await published(world, lots=[lot_draft(), lot_draft()])
    first, second = [await offered(world, lot.id, content()) for lot in need.lots]
    loan = await offered(world, need.lot_id, financing(), by="bank", kind="financing")
    await admitted(world, need.id)
    await appointed(world, need.id)
    for who in EVALUATORS:
        await scored(world, first, who)
        await scored(world, second, who)
    await evaluated(world, need.id)

    states: list[str] = []
    for lot, offer_id in ((0, first), (0, loan), (1, second)):
        await approved(world, await proposed(world, need.lots[lot].id, offer_id))
        states.append(await state_of(world, need.id))

    assert states == ["evaluated", "evaluated", "awarded"]


async def test_the_log_alone_decides_again(world: World, need: Published, owner_url: str) -> None:
    better, _ = await ranked(world, need)
    award_id = await proposed(world, need.lot_id, better)
    await approved(world, award_id)
    connection = await asyncpg.connect(owner_url)
    stream = await connection.fetchval("SELECT stream FROM event WHERE type = 'score.given'")
    await connection.close()

    body = await told(owner_url, stream, "score.given")
    assert evaluation_rules.score(
        msgspec.convert(body.facts, ScoreFacts), by=body.by, at=OPENING
    ) == msgspec.convert(body.decision, Scored)
    body = await told(owner_url, need.id, "need.evaluated")
    assert evaluation_rules.evaluate(
        msgspec.convert(body.facts, EvaluateFacts), by=body.by, at=OPENING
    ) == msgspec.convert(body.decision, Evaluated)
    body = await told(owner_url, award_id, "award.proposed")
    assert rules.propose(
        msgspec.convert(body.facts, ProposeFacts), by=body.by, at=OPENING
    ) == msgspec.convert(body.decision, Proposed)
    body = await told(owner_url, award_id, "award.approved")
    assert rules.approve(
        msgspec.convert(body.facts, ApproveFacts), by=body.by, at=OPENING
    ) == msgspec.convert(body.decision, Approved)
