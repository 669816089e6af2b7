"""Between opening and evaluation each offer is admitted, or excluded for everyone to read why."""

import asyncio
from typing import Any

import asyncpg
import msgspec
import pytest

from ecosystem.awards.admission import queries, rules
from ecosystem.awards.admission.model import (
    AdmitFacts,
    Candidate,
)
from ecosystem.awards.evaluation.rules import NotToBeScored
from ecosystem.awards.model import Remedy
from ecosystem.awards.rules import NotAuthority
from ecosystem.needs.amending import actions as amending
from ecosystem.needs.amending.model import AmendmentDraft, NeedChange
from tests.awarding import (
    EVALUATORS,
    admitted,
    appointed,
    approved,
    asked,
    challenged,
    conferred,
    contested,
    decided,
    evaluated,
    excluded,
    explained,
    judged,
    proposed,
    ranked,
    scored,
    sifted,
    state_of,
)
from tests.awards.test_explanations import flagged, letters_of
from tests.builders import AT, REASON, Published, World, content, offered, opened, seen
from tests.replay import replayed

LACKING = [{"criterion": "licence", "meets": False, "text": {"en": "Not yet."}}]


async def recorded(world: World, need_id: str) -> dict[str, tuple[str, str | None]]:
    """Return what anyone reads of each offer: what was decided last, and on which ground."""
    row = await world.database.plain().row(
        queries.ADMISSIONS,
        page_from="~", page_limit=20, authority_id=world.actor("city/officer").organisation_number,
        need_id=need_id,
    )  # fmt: skip
    found: list[dict[str, Any]] = msgspec.json.decode(row["rows"] or b"[]") if row else []
    return {one["offer_id"]: (one["outcome"], one["ground"]) for one in reversed(found)}


async def state(world: World, offer_id: str) -> str:
    found = await seen(world, "city/officer", offer_id)
    assert found is not None
    shown: str = found["state"]
    return shown


async def test_one_call_admits_what_nothing_speaks_against_and_names_the_rest(
    world: World, need: Published
) -> None:
    sound = await offered(world, need.lot_id, content())
    lacking = await offered(world, need.lot_id, content(answers=LACKING), by="second_enterprise")

    found = await admitted(world, need.id)
    again = await sifted(world, need.id)

    assert found.admitted == (sound,)
    (left,) = found.undecided
    assert (left.offer_id, [one.ground for one in left.findings]) == (
        lacking,
        ["requirement_not_met"],
    )
    assert (again.admitted, again.undecided, again.version) == ((), found.undecided, found.version)
    assert [await state(world, one) for one in (sound, lacking)] == ["admitted", "opened"]
    assert await recorded(world, need.id) == {sound: ("admitted", None)}


async def test_what_is_set_right_is_admitted_by_the_next_call(
    world: World, need: Published, owner_url: str
) -> None:
    offer_id = await offered(world, need.lot_id, content(), by="second_enterprise")
    connection = await asyncpg.connect(owner_url)
    stands = "UPDATE organisation SET state = $2 WHERE id = $1"
    bidder = world.organisation("second_enterprise")

    try:
        await connection.execute(stands, bidder, "suspended")
        before = await admitted(world, need.id)
    finally:
        await connection.execute(stands, bidder, "verified")
        await connection.close()
    after = await sifted(world, need.id)

    assert [one.ground for one in before.undecided[0].findings] == ["bidder_suspended"]
    assert (after.admitted, after.undecided) == ((offer_id,), ())


async def test_nothing_is_scored_or_evaluated_while_an_offer_waits(
    world: World, need: Published
) -> None:
    sound = await offered(world, need.lot_id, content())
    lacking = await offered(world, need.lot_id, content(answers=LACKING), by="second_enterprise")
    await opened(world, need.id)
    await appointed(world, need.id)
    with pytest.raises(NotToBeScored):
        await scored(world, sound, EVALUATORS[0])

    await sifted(world, need.id)
    for who in EVALUATORS:
        await scored(world, sound, who)
    with pytest.raises(rules.OffersUndecided):
        await evaluated(world, need.id)
    await excluded(world, lacking, "requirement_not_met")

    assert await evaluated(world, need.id) == "evaluated"
    assert await recorded(world, need.id) == {
        sound: ("admitted", None),
        lacking: ("excluded", "requirement_not_met"),
    }


async def test_where_all_are_excluded_the_need_is_unsuccessful(
    world: World, need: Published
) -> None:
    offer_id = await offered(world, need.lot_id, content(answers=LACKING))
    await admitted(world, need.id)

    assert await excluded(world, offer_id, "requirement_not_met") == "excluded"

    assert await evaluated(world, need.id) == "unsuccessful"


async def test_an_admitted_offer_can_be_excluded_until_the_evaluation_and_for_good(
    world: World, need: Published
) -> None:
    better, worse = await contested(world, need)

    await excluded(world, worse, "collusion")

    with pytest.raises(rules.ExcludedBefore):
        await excluded(world, worse, "collusion")
    assert await evaluated(world, need.id) == "evaluated"
    with pytest.raises(rules.NotToBeDecided):
        await excluded(world, better, "collusion")
    with pytest.raises(rules.NotToBeDecided):
        await sifted(world, need.id)


@pytest.mark.parametrize("ground", ["abnormally_low", "not_openable"])
async def test_what_follows_by_itself_is_no_ground_that_an_officer_chooses(
    world: World, need: Published, ground: str
) -> None:
    better, _ = await contested(world, need)

    with pytest.raises(rules.GroundUnfit):
        await excluded(world, better, ground)
    with pytest.raises(NotAuthority):
        await excluded(world, better, who="enterprise/bidder")


async def test_an_excluded_bidder_has_its_letter_challenges_and_is_decided_on_again(
    world: World, need: Published
) -> None:
    better, worse = await contested(world, need)
    await excluded(world, worse, "false_declaration")
    await evaluated(world, need.id)
    award_id = await proposed(world, need.lot_id, better)
    await approved(world, award_id)

    (letter,) = await letters_of(world, "second_enterprise/bidder", award_id)
    assert letter["content"]["excluded"]["ground"] == "false_declaration"
    assert await state(world, worse) == "excluded"
    await decided(world, await challenged(world, award_id), Remedy.EVALUATION)

    assert await state_of(world, need.id) == "opened"
    assert set((await sifted(world, need.id)).admitted) == {better, worse}


async def test_what_is_not_confirmed_or_not_explained_is_excluded_on_the_same_record(
    world: World, need: Published
) -> None:
    left = await offered(world, need.lot_id, content(), by="think_tank", kind="advisory")
    changes = msgspec.convert({"title": {"en": "Amended"}}, NeedChange)
    async with world.acting("city/officer") as (tx, by):
        amendment = AmendmentDraft(reason=REASON, changes=changes)
        await amending.amend(tx, need.id, amendment, by=by, at=AT, expected=None)
    low, usual = await flagged(world, need)
    explanation_id = await asked(world, low)
    await explained(world, explanation_id)
    await judged(world, explanation_id, "rejected")

    assert await recorded(world, need.id) == {
        left: ("excluded", "unconfirmed_after_amendment"),
        low: ("excluded", "abnormally_low"),
        usual: ("admitted", None),
    }
    assert [await state(world, one) for one in (left, low)] == ["excluded", "excluded"]


async def test_of_an_exclusion_and_an_evaluation_at_once_the_second_meets_the_first(
    world: World, need: Published
) -> None:
    _, worse = await contested(world, need)
    await conferred(world, need.id)

    ends = await asyncio.gather(
        excluded(world, worse), evaluated(world, need.id), return_exceptions=True
    )

    outcome = await recorded(world, need.id)
    if outcome[worse] == ("admitted", None):
        assert isinstance(ends[0], rules.NotToBeDecided)
    else:
        assert ends[0] == "excluded"
    assert ends[1] == "evaluated"


async def test_the_database_keeps_what_was_decided(world: World, need: Published) -> None:
    better, worse = await contested(world, need)
    await excluded(world, worse)
    await evaluated(world, need.id)
    await proposed(world, need.lot_id, better)
    number = world.actor("city/officer").organisation_number

    async def refused(sql: str, *values: Any) -> str | None:
        connection = await world.database.connect()
        try:
            await connection.execute(f"SET app.authority = '{number}'")
            with pytest.raises(asyncpg.IntegrityConstraintViolationError) as no:
                await connection.execute(sql, *values)
        finally:
            await connection.close()
        name: str | None = no.value.as_dict().get("constraint_name")
        return name

    award = (
        "INSERT INTO award SELECT (jsonb_populate_record(award, jsonb_build_object("
        "'id', overlay(id placing 'ffff' from length(id) - 3), 'offer_id', $1::text))).* FROM award"
        " WHERE offer_id = $2"
    )
    exclude = (
        "UPDATE admission SET outcome = 'excluded', ground = $2, reasons = '{}', "
        "version = version + 1 WHERE offer_id = $1"
    )
    again = (
        "INSERT INTO admission SELECT (jsonb_populate_record(admission, jsonb_build_object("
        "'id', overlay(id placing 'ffff' from length(id) - 3), 'round', 2))).* FROM admission"
        " WHERE offer_id = $1"
    )
    assert await refused(award, worse, better) == "what_is_awarded_was_admitted"
    assert await refused(exclude, better, "collusion") == "admission_takes_its_turn"
    assert await refused(exclude, better, "abnormally_low") == "admission_takes_its_turn"
    assert await refused(exclude, worse, "collusion") == "admission_takes_its_turn"
    assert await refused(again, better) == "admission_is_of_an_opened_offer"
    moved = "UPDATE offer SET state = $2 WHERE id = $1"
    for offer_id, state in ((better, "excluded"), (worse, "admitted"), (worse, "awarded")):
        assert await refused(moved, offer_id, state) == "offer_goes_as_decided"


async def test_the_database_evaluates_nothing_while_an_offer_waits(
    world: World, need: Published
) -> None:
    await offered(world, need.lot_id, content())
    await opened(world, need.id)
    number = world.actor("city/officer").organisation_number

    connection = await world.database.connect()
    try:
        await connection.execute(f"SET app.authority = '{number}'")
        with pytest.raises(asyncpg.RestrictViolationError) as no:
            await connection.execute(
                "INSERT INTO evaluation VALUES ($1, $2, 1, '[]', $3, '[]', 'x', now())",
                number, need.id, "a" * 64,
            )  # fmt: skip
    finally:
        await connection.close()
    assert no.value.constraint_name == "nothing_waits_at_the_evaluation"


async def test_the_log_decides_again_what_was_decided(world: World, need: Published) -> None:
    await ranked(world, need)

    found = await replayed(
        world.database,
        {
            "need.offers_admitted": (rules.admit, AdmitFacts),
            "offer.admitted": (rules.admit_one, Candidate),
        },
    )

    assert min(found.values()) >= 1
