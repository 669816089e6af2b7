"""What the database keeps of falls and ends, and of two sessions one right outcome."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from ecosystem.awards.rules import AwardCancelled, AwardedBefore, NotEvaluated
from ecosystem.contracts import actions as contracts
from ecosystem.contracts.declining import actions as declining
from ecosystem.contracts.declining import rules
from ecosystem.contracts.model import Signing
from ecosystem.contracts.rules import AwardContracted, ContractCancelled
from ecosystem.needs import queries as needs
from tests.awarding import award_state, awarded, proposed
from tests.awards import acts
from tests.awards.account import Draft
from tests.awards.falls import LATER, OVERDUE, called, declined, ended, lapsed, left_of, need_state
from tests.builders import OPENING, REASON, Published, World, waiting

_FALL = (
    "UPDATE award SET state = 'cancelled', version = version + 1, cancelled_at = $2, "
    "cancelled_by = $3, cancelled_reason = '{}', lapse = $4 WHERE id = $1"
)


@pytest.fixture
async def owner(owner_url: str) -> AsyncGenerator[asyncpg.Connection]:
    connection = await asyncpg.connect(owner_url)
    yield connection
    await connection.close()


async def refuse(owner: asyncpg.Connection, by: str, statement: str, *values: object) -> None:
    """See that a statement is refused by the rule of that name."""
    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(statement, *values)
    assert refused.value.as_dict()["constraint_name"] == by


async def drafted(world: World, need: Published) -> tuple[str, str, Draft]:
    """Award a need, and draft its contract; return the award, the other offer, the draft."""
    award_id, _, worse = await awarded(world, need)
    return award_id, worse, await acts.draw_up(world, award_id, at=LATER)


async def test_no_award_falls_before_it_is_final_or_without_saying_how(
    world: World, need: Published, owner: asyncpg.Connection
) -> None:
    award_id, _, _ = await drafted(world, need)
    rule = "award_takes_its_turn"

    await refuse(owner, rule, _FALL, award_id, OPENING, "person_x", "declined")
    await refuse(owner, rule, _FALL, award_id, LATER, "person_x", None)
    await refuse(owner, rule, _FALL, award_id, OVERDUE, "person_x", "unsigned")


async def test_nothing_lapses_before_its_time_or_by_who_called(
    world: World, need: Published, owner: asyncpg.Connection
) -> None:
    award_id, _, draft = await drafted(world, need)
    made = await called(world, draft.id)
    caller = world.actor("city/officer").person_id
    rule = "award_takes_its_turn"

    await refuse(owner, rule, _FALL, award_id, LATER, "person_x", "unsigned")
    await refuse(owner, rule, _FALL, award_id, OVERDUE, caller, "unsigned")
    await owner.execute(_FALL, award_id, made.sign_by, "person_x", "unsigned")


async def test_no_award_is_declined_by_who_approved_it(
    world: World, need: Published, owner: asyncpg.Connection
) -> None:
    award_id, _, _ = await drafted(world, need)
    approver = world.actor("city/approver").person_id

    await refuse(
        owner, "award_nobody_declines_an_own_award", _FALL, award_id, LATER, approver, "declined"
    )


async def test_nothing_falls_of_which_a_contract_is_in_force(
    world: World, need: Published, owner: asyncpg.Connection
) -> None:
    award_id, _, draft = await drafted(world, need)
    for who in ("city", "enterprise", "verifier"):
        await acts.sign(world, draft.id, who, draft.digest, at=LATER)

    await refuse(owner, "award_takes_its_turn", _FALL, award_id, LATER, "person_x", "declined")


async def test_a_draft_ends_with_its_award_alone(
    world: World, need: Published, owner: asyncpg.Connection
) -> None:
    _, _, draft = await drafted(world, need)

    await refuse(
        owner, "contract_is_altered_by_what_was_signed",
        "UPDATE contract SET state = 'cancelled', version = version + 1, ended_at = now() "
        "WHERE id = $1", draft.id,
    )  # fmt: skip


async def test_no_contract_comes_into_force_of_an_award_that_fell(
    world: World, need: Published, owner: asyncpg.Connection
) -> None:
    award_id, _, draft = await drafted(world, need)
    for who in ("city", "verifier"):
        await acts.sign(world, draft.id, who, draft.digest, at=LATER)
    await owner.execute(_FALL, award_id, LATER, "person_x", "declined")
    await owner.execute(
        "INSERT INTO contract_signature (authority_id, contract_id, organisation_id, person_id, "
        "digest, signed_at, wording) SELECT authority_id, id, $2, $3, terms_digest, now(), 1 "
        "FROM contract WHERE id = $1",
        draft.id, world.organisation("enterprise"), world.actor("enterprise/signatory").person_id,
    )  # fmt: skip

    await refuse(
        owner, "contract_is_altered_by_what_was_signed",
        "UPDATE contract SET state = 'active', version = version + 1, activated_at = now() "
        "WHERE id = $1", draft.id,
    )  # fmt: skip


async def test_no_lot_ends_of_which_nothing_fell_and_nothing_is_awarded_afterwards(
    world: World, need: Published, owner: asyncpg.Connection
) -> None:
    award_id, _, _ = await awarded(world, need)
    end = (
        "INSERT INTO lot_end (authority_id, lot_id, kind, need_id, reason, ended_by, ended_at) "
        "SELECT authority_id, id, 'delivery', need_id, '{}', 'person_x', now() "
        "FROM lot WHERE id = $1"
    )
    await refuse(owner, "a_lot_ends_when_its_award_fell", end, need.lot_id)
    await declined(world, award_id)
    await ended(world, need.lot_id)

    await refuse(
        owner, "nothing_is_awarded_after_its_end",
        "INSERT INTO award SELECT (jsonb_populate_record(award, jsonb_build_object("
        "'id', overlay(id placing 'ffff' from length(id) - 3), 'state', 'proposed', "
        "'version', 1, 'lapse', null, 'cancelled_at', null, 'cancelled_by', null, "
        "'cancelled_reason', null, 'approved_by', null, 'approved_at', null, "
        "'standstill_ends_at', null, 'challenge_ends_at', null))).* FROM award WHERE id = $1",
        award_id,
    )  # fmt: skip


async def test_an_offer_is_admitted_again_only_where_an_award_fell(
    world: World, need: Published, owner: asyncpg.Connection
) -> None:
    _, _, worse = await awarded(world, need)
    await owner.execute("SELECT set_config('app.purpose', 'review', false)")

    await refuse(
        owner, "offer_goes_as_decided",
        "UPDATE offer SET state = 'admitted', version = version + 1 WHERE id = $1", worse,
    )  # fmt: skip


async def test_declined_and_lapsed_at_once_it_falls_once(world: World, need: Published) -> None:
    before = await left_of(world)
    award_id, _, draft = await drafted(world, need)
    await called(world, draft.id)

    ends = await asyncio.gather(
        declined(world, award_id, at=OVERDUE), lapsed(world, award_id), return_exceptions=True
    )

    assert sum(isinstance(end, str) for end in ends) == 1
    assert [type(end) for end in ends].count(AwardCancelled) == 1
    assert await left_of(world) == before


async def test_who_signs_last_while_the_award_lapses_finds_it_lapsed(
    world: World, need: Published
) -> None:
    award_id, _, draft = await drafted(world, need)
    await called(world, draft.id)
    for who in ("city", "verifier"):
        await acts.sign(world, draft.id, who, draft.digest, at=LATER)

    async with world.acting("city/approver") as (tx, by):
        await declining.lapse(tx, award_id, REASON, by=by, at=OVERDUE, expected=None)
        last = await waiting(acts.sign(world, draft.id, "enterprise", draft.digest, at=OVERDUE))

    with pytest.raises(ContractCancelled):
        await last
    assert await need_state(world, need.id) == "evaluated"


async def test_while_the_last_signs_nothing_lapses_or_is_declined(
    world: World, need: Published
) -> None:
    award_id, _, draft = await drafted(world, need)
    await called(world, draft.id)
    for who in ("city", "verifier"):
        await acts.sign(world, draft.id, who, draft.digest, at=LATER)

    async with world.acting("enterprise/signatory") as (tx, by):
        await contracts.sign(tx, draft.id, Signing(draft.digest), by=by, at=OVERDUE)
        lapse = await waiting(lapsed(world, award_id))
        decline = await waiting(declined(world, award_id, at=OVERDUE))

    for late in (lapse, decline):
        with pytest.raises(AwardContracted):
            await late
    assert await need_state(world, need.id) == "contracted"


async def test_signed_by_the_winner_alone_while_it_declines_it_has_signed(
    world: World, need: Published
) -> None:
    award_id, _, draft = await drafted(world, need)

    async with world.acting("enterprise/signatory") as (tx, by):
        await contracts.sign(tx, draft.id, Signing(draft.digest), by=by, at=LATER)
        decline = await waiting(declined(world, award_id))

    with pytest.raises(rules.WinnerSigned):
        await decline
    assert await award_state(world, award_id, at=LATER) == "final"


async def test_drafted_while_it_is_declined_the_draft_is_refused(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)

    async with world.acting("enterprise/signatory") as (tx, by):
        await declining.decline(tx, award_id, REASON, by=by, at=LATER, expected=None)
        draft = await waiting(acts.draw_up(world, award_id, at=LATER))

    with pytest.raises(AwardCancelled):
        await draft


async def test_who_drafts_waits_for_the_need_as_who_declines_does(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)

    async with world.acting("enterprise/signatory") as (tx, by):
        await needs.locked(tx, need.id, seen_by=by, at=LATER)
        draft = await waiting(acts.draw_up(world, award_id, at=LATER))
        await declining.decline(tx, award_id, REASON, by=by, at=LATER, expected=None)

    with pytest.raises(AwardCancelled):
        await draft
    assert await need_state(world, need.id) == "evaluated"


async def test_ended_and_proposed_at_once_one_of_both_is(world: World, need: Published) -> None:
    award_id, _, worse = await awarded(world, need)
    await declined(world, award_id)

    ends = await asyncio.gather(
        ended(world, need.lot_id), proposed(world, need.lot_id, worse), return_exceptions=True
    )

    assert sum(isinstance(end, str) for end in ends) == 1
    (refused,) = [end for end in ends if not isinstance(end, str)]
    assert isinstance(refused, AwardedBefore | NotEvaluated)
