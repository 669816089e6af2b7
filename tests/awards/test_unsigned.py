"""Who has won is called upon to sign, and an award lapses that a member of it has not signed."""

from datetime import timedelta

import asyncpg
import msgspec
import pytest

from ecosystem.awards.rules import (
    AwardCancelled,
    NotAuthority,
)
from ecosystem.contracts.declining import rules
from ecosystem.contracts.declining.model import Fell
from ecosystem.contracts.rules import AwardContracted, ContractCancelled, ContractInForce
from tests.awarding import (
    EVALUATORS,
    admitted,
    appointed,
    approved,
    award_state,
    awarded,
    evaluated,
    proposed,
    scored,
)
from tests.awards import acts
from tests.awards.account import Draft
from tests.awards.falls import (
    LATER,
    OVERDUE,
    called,
    declined,
    lapsed,
    left_of,
    need_state,
    offers_of,
)
from tests.builders import (
    Published,
    World,
    content,
    drafted,
    financing,
    offered,
    published,
    submitted,
    told,
)


async def signed(world: World, draft: Draft, *who: str) -> None:
    for one in who:
        await acts.sign(world, draft.id, one, draft.digest, at=LATER)


async def test_who_has_signed_declines_no_more_and_nothing_lapses(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    draft = await acts.draw_up(world, award_id, at=LATER)
    await signed(world, draft, "enterprise")

    with pytest.raises(rules.WinnerSigned):
        await declined(world, award_id)
    with pytest.raises(rules.WinnerSigned):
        await called(world, draft.id)
    with pytest.raises(rules.WinnerSigned):
        await lapsed(world, award_id)
    await signed(world, draft, "city", "verifier")
    with pytest.raises(AwardContracted):
        await declined(world, award_id)
    with pytest.raises(AwardContracted):
        await lapsed(world, award_id)
    with pytest.raises(ContractInForce):
        await called(world, draft.id)


async def test_called_the_winner_has_the_time_of_the_rules_of_the_place(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    draft = await acts.draw_up(world, award_id, at=LATER)

    made = await called(world, draft.id)

    assert made.sign_by is not None
    assert timedelta(days=5) <= made.sign_by - LATER < timedelta(days=15)
    with pytest.raises(rules.CalledBefore):
        await called(world, draft.id)
    with pytest.raises(rules.SigningAwaited):
        await lapsed(world, award_id, at=made.sign_by - timedelta(milliseconds=1))
    assert await lapsed(world, award_id, at=made.sign_by) == "cancelled"


async def test_unsigned_in_its_time_the_award_lapses_by_another_hand(
    world: World, need: Published
) -> None:
    before = await left_of(world)
    award_id, better, worse = await awarded(world, need)
    draft = await acts.draw_up(world, award_id, at=LATER)
    with pytest.raises(rules.WinnerNotCalled):
        await lapsed(world, award_id)
    await called(world, draft.id)
    await signed(world, draft, "city", "verifier")

    with pytest.raises(rules.CallerLapses):
        await lapsed(world, award_id, who="city/officer")
    with pytest.raises(NotAuthority):
        await lapsed(world, award_id, who="oversight/reviewer")
    assert await lapsed(world, award_id) == "cancelled"

    assert await left_of(world) == before
    assert await offers_of(world, need.id) == {better: "excluded", worse: "admitted"}
    with pytest.raises(AwardCancelled):
        await lapsed(world, award_id)


async def test_a_winner_that_was_called_may_sign_or_decline_after_its_time(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    draft = await acts.draw_up(world, award_id, at=LATER)
    await called(world, draft.id)

    await acts.sign(world, draft.id, "enterprise", draft.digest, at=OVERDUE)

    with pytest.raises(rules.WinnerSigned):
        await lapsed(world, award_id)


async def test_the_database_lets_the_authority_reword_nothing_while_the_winner_is_called(
    world: World, need: Published
) -> None:
    award_id, _, _ = await awarded(world, need)
    draft = await acts.draw_up(world, award_id, at=LATER)
    await called(world, draft.id)
    propose = (
        "INSERT INTO contract_proposal (authority_id, id, version, contract_id, wording, state, "
        'side, organisation_id, proposed_by, reason, base_digest, "values", terms, terms_digest, '
        "proposed_at) SELECT authority_id, $2, 1, id, wording + 1, 'proposed', $3, $4, 'person_x', "
        "'{}', terms_digest, '[]', '{}', encode(sha256('{}'), 'hex'), now() "
        "FROM contract WHERE id = $1"
    )
    place = (draft.id, "proposal_" + "0" * 32)

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with world.acting("city/officer") as (tx, by):
            await tx._connection.execute(  # noqa: SLF001 - the database is asked directly
                propose, *place, "authority", by.organisation_id
            )

    assert refused.value.as_dict()["constraint_name"] == "contract_proposal_is_of_the_draft"


async def test_a_lender_declines_and_only_its_own_award_falls(world: World) -> None:
    need = await published(world)
    made = await offered(world, need.lot_id, content("750000.00"))
    loan = await offered(world, need.lot_id, financing(), by="bank", kind="financing")
    await admitted(world, need.id)
    await appointed(world, need.id)
    for judge in EVALUATORS:
        await scored(world, made, judge, "90")
    await evaluated(world, need.id)
    before = await left_of(world)
    awards = [await proposed(world, need.lot_id, one) for one in (made, loan)]
    for one in awards:
        await approved(world, one)
    draft = await acts.draw_up(world, awards[0], at=LATER, loan_id=awards[1])
    other = await acts.draw_up(world, awards[0], at=LATER)

    await declined(world, awards[1], who="bank")

    assert [await award_state(world, one, at=LATER) for one in awards] == ["final", "cancelled"]
    assert await need_state(world, need.id) == "awarded"
    assert await left_of(world) == before - 750_000
    with pytest.raises(ContractCancelled):
        await signed(world, draft, "enterprise")
    await signed(world, other, "city", "enterprise", "verifier")
    assert await need_state(world, need.id) == "contracted"
    with pytest.raises(AwardContracted):
        await declined(world, awards[0])


async def test_an_award_lapses_that_one_member_of_a_consortium_has_not_signed(
    world: World, need: Published, owner_url: str
) -> None:
    made = await drafted(world, need.lot_id, shares={"enterprise": "70", "think_tank": "30"})
    await submitted(world, made, content("750000.00"))
    await admitted(world, need.id)
    await appointed(world, need.id)
    for judge in EVALUATORS:
        await scored(world, made, judge, "90")
    await evaluated(world, need.id)
    award_id = await proposed(world, need.lot_id, made)
    await approved(world, award_id)
    draft = await acts.draw_up(world, award_id, at=LATER)
    await signed(world, draft, "city", "enterprise", "verifier")
    await called(world, draft.id)

    with pytest.raises(rules.NotWinner):
        await declined(world, award_id, who="think_tank")
    with pytest.raises(rules.WinnerSigned):
        await declined(world, award_id)
    assert await lapsed(world, award_id) == "cancelled"

    body = await told(owner_url, award_id, "award.lapsed")
    assert msgspec.convert(body.decision, Fell).unsigned == (world.organisation("think_tank"),)
    assert await need_state(world, need.id) == "unsuccessful"
