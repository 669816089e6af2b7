"""Financing ends with the last award that it could serve."""

from datetime import datetime

import asyncpg
import msgspec
import pytest

from ecosystem.awards.falling.rules import NothingFell
from ecosystem.awards.model import Remedy
from ecosystem.awards.releasing import rules
from ecosystem.awards.releasing.model import Released, ReleaseFacts
from ecosystem.awards.rules import LotOver
from ecosystem.needs.model import OfferKind
from tests.awarding import (
    EVALUATORS,
    admitted,
    appointed,
    approved,
    award_state,
    challenged,
    decided,
    evaluated,
    proposed,
    scored,
    sifted,
)
from tests.awards import acts
from tests.awards.falls import (
    LATER,
    OVERDUE,
    awarded_next,
    called,
    declined,
    ended,
    lapsed,
    need_state,
    offers_of,
)
from tests.builders import OPENING, World, content, financing, offered, published, told


class Market:
    """A need for which one or two deliver, and two banks lend."""

    def __init__(self, world: World, need_id: str, lot_id: str, offers: dict[str, str]) -> None:
        """Keep what was made."""
        self.world, self.need_id, self.lot_id, self.offers = world, need_id, lot_id, offers
        self.awards: dict[str, str] = {}

    async def award(self, *who: str) -> None:
        """Award to each."""
        for one in who:
            self.awards[one] = await proposed(self.world, self.lot_id, self.offers[one])
            await approved(self.world, self.awards[one])

    async def state(self, who: str, *, at: datetime = LATER) -> str:
        """Return where an award stands."""
        return await award_state(self.world, self.awards[who], at=at)


async def market(world: World, *suppliers: str) -> Market:
    """Have offers evaluated, the suppliers' best first."""
    need = await published(world)
    prices = ("750000.00", "900000.00")
    made = {
        who: await offered(world, need.lot_id, content(price), by=who)
        for who, price in zip(suppliers, prices, strict=False)
    }
    loan = await offered(world, need.lot_id, financing(), by="bank", kind="financing")
    await admitted(world, need.id)
    await appointed(world, need.id)
    for judge in EVALUATORS:
        for who, mark in zip(suppliers, ("90", "60"), strict=False):
            await scored(world, made[who], judge, mark)
    await evaluated(world, need.id)
    return Market(world, need.id, need.lot_id, made | {"bank": loan})


async def test_the_last_that_could_be_financed_declines_and_the_lender_is_released(
    world: World, owner_url: str
) -> None:
    here = await market(world, "enterprise")
    await here.award("enterprise", "bank")

    await declined(world, here.awards["enterprise"])

    assert await here.state("bank") == "cancelled"
    assert await need_state(world, here.need_id) == "unsuccessful"
    assert await offers_of(world, here.need_id) == {
        here.offers["enterprise"]: "excluded", here.offers["bank"]: "not_awarded",
    }  # fmt: skip
    connection = await asyncpg.connect(owner_url)
    kept = await connection.fetchrow(
        "SELECT lapse, cancelled_by, cancelled_reason->>'zh' AS zh, "
        "cancelled_reason->>'en' AS en FROM award WHERE id = $1", here.awards["bank"],
    )  # fmt: skip
    await connection.close()
    assert kept is not None
    assert (kept["lapse"], kept["cancelled_by"]) == ("released", "rule:nothing-to-finance")
    assert kept["zh"]
    assert kept["en"]


async def test_the_log_alone_decides_a_release_again(world: World, owner_url: str) -> None:
    here = await market(world, "enterprise")
    await here.award("enterprise", "bank")
    await declined(world, here.awards["enterprise"])

    body = await told(owner_url, here.awards["bank"], "award.released")

    assert rules.release(
        msgspec.convert(body.facts, ReleaseFacts), by=body.by, at=LATER
    ) == msgspec.convert(body.decision, Released)


async def test_while_the_next_may_be_awarded_the_lender_stays(world: World) -> None:
    here = await market(world, "enterprise", "second_enterprise")
    await here.award("enterprise", "bank")

    await declined(world, here.awards["enterprise"])

    assert await here.state("bank") == "final"
    assert await need_state(world, here.need_id) == "evaluated"
    following = await awarded_next(world, here.lot_id, here.offers["second_enterprise"])
    assert await need_state(world, here.need_id) == "awarded"
    await acts.draw_up(world, following, at=OVERDUE, loan_id=here.awards["bank"])
    await declined(world, following, who="second_enterprise", at=OVERDUE)
    assert await here.state("bank") == "cancelled"
    assert await need_state(world, here.need_id) == "unsuccessful"


async def test_a_lot_that_is_ended_releases_its_lender(world: World) -> None:
    here = await market(world, "enterprise", "second_enterprise")
    await here.award("enterprise", "bank")
    await declined(world, here.awards["enterprise"])

    assert await ended(world, here.lot_id) == "unsuccessful"

    assert await here.state("bank") == "cancelled"


async def test_an_award_that_lapses_releases_the_lender_by_nobodys_hand(world: World) -> None:
    here = await market(world, "enterprise")
    await here.award("enterprise", "bank")
    draft = await acts.draw_up(
        world, here.awards["enterprise"], at=LATER, loan_id=here.awards["bank"]
    )
    await called(world, draft.id)

    assert await lapsed(world, here.awards["enterprise"]) == "cancelled"

    assert await here.state("bank") == "cancelled"
    assert await need_state(world, here.need_id) == "unsuccessful"


async def test_what_waits_for_approval_or_for_an_award_ends_too(world: World) -> None:
    here = await market(world, "enterprise")
    await here.award("enterprise")
    waits = await proposed(world, here.lot_id, here.offers["bank"])

    await declined(world, here.awards["enterprise"])

    assert await award_state(world, waits, at=LATER) == "cancelled"
    assert await need_state(world, here.need_id) == "unsuccessful"
    assert (await offers_of(world, here.need_id))[here.offers["bank"]] == "not_awarded"


async def test_a_reviewer_who_takes_the_last_award_away_releases_the_lender(world: World) -> None:
    here = await market(world, "enterprise", "second_enterprise")
    await here.award("enterprise", "bank")
    challenge = await challenged(world, here.awards["enterprise"])

    await decided(world, challenge, Remedy.CANCELLATION)

    assert await here.state("bank", at=OPENING) == "cancelled"
    assert await need_state(world, here.need_id) == "cancelled"


async def test_evaluated_again_the_need_waits_for_what_can_be_financed(world: World) -> None:
    here = await market(world, "enterprise", "second_enterprise")
    await here.award("enterprise", "bank")
    challenge = await challenged(world, here.awards["enterprise"])
    await decided(world, challenge, Remedy.EVALUATION)
    await admitted_again(here)

    assert await here.state("bank") == "final"
    assert await need_state(world, here.need_id) == "evaluated"


async def admitted_again(here: Market) -> None:
    """Admit, score and evaluate the suppliers' offers in a further round."""
    await sifted(here.world, here.need_id)
    for judge in EVALUATORS:
        for who, mark in (("enterprise", "90"), ("second_enterprise", "60")):
            await scored(here.world, here.offers[who], judge, mark)
    await evaluated(here.world, here.need_id)


async def test_the_database_releases_no_lender_while_something_could_be_financed(
    world: World, owner_url: str
) -> None:
    here = await market(world, "enterprise", "second_enterprise")
    await here.award("enterprise", "bank")
    release = (
        "UPDATE award SET state = 'cancelled', version = version + 1, cancelled_at = now(), "
        "cancelled_by = 'rule:nothing-to-finance', cancelled_reason = '{}', lapse = 'released' "
        "WHERE id = $1"
    )
    connection = await asyncpg.connect(owner_url)

    for which in ("bank", "enterprise"):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await connection.execute(release, here.awards[which])
        assert refused.value.as_dict()["constraint_name"] == "award_takes_its_turn"
    await declined(world, here.awards["enterprise"])
    with pytest.raises(asyncpg.PostgresError) as refused:
        await connection.execute(release, here.awards["bank"])
    assert refused.value.as_dict()["constraint_name"] == "award_takes_its_turn"
    await connection.close()


async def test_of_what_fell_alone_a_contest_ends_or_of_financing_beside_it(
    world: World, owner_url: str
) -> None:
    here = await market(world, "enterprise", "second_enterprise")
    await here.award("bank")
    await declined(world, here.awards["bank"], who="bank")
    end = (
        "INSERT INTO lot_end (authority_id, lot_id, kind, need_id, reason, ended_by, ended_at) "
        "SELECT authority_id, id, 'delivery', need_id, '{}', 'person_x', now() "
        "FROM lot WHERE id = $1"
    )
    connection = await asyncpg.connect(owner_url)

    with pytest.raises(NothingFell):
        await ended(world, here.lot_id)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await connection.execute(end, here.lot_id)

    await connection.close()
    assert refused.value.as_dict()["constraint_name"] == "a_lot_ends_when_its_award_fell"
    assert await need_state(world, here.need_id) == "evaluated"


async def test_financing_ends_where_what_it_would_have_served_fell(world: World) -> None:
    here = await market(world, "enterprise", "second_enterprise")
    await here.award("enterprise")
    with pytest.raises(NothingFell):
        await ended(world, here.lot_id, kind=OfferKind.FINANCING)
    await declined(world, here.awards["enterprise"])

    assert await ended(world, here.lot_id, kind=OfferKind.FINANCING) == "evaluated"

    assert (await offers_of(world, here.need_id))[here.offers["bank"]] == "not_awarded"
    with pytest.raises(LotOver):
        await proposed(world, here.lot_id, here.offers["bank"])


async def test_a_lender_alone_declines_as_ever(world: World) -> None:
    here = await market(world)
    await here.award("bank")
    assert await need_state(world, here.need_id) == "awarded"

    await declined(world, here.awards["bank"], who="bank")

    assert await need_state(world, here.need_id) == "unsuccessful"
