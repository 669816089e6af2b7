"""Profiles: what is shipped, what is wrong with others, which one holds where and when."""

import re
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import get_args

import httpx
import pytest

from ecosystem.awards.formulas import Formula
from ecosystem.catalogue import actions as catalogue
from ecosystem.catalogue.model import FileFlawed
from ecosystem.catalogue.profiles import actions, queries, reading, rules
from ecosystem.catalogue.profiles.model import Counting, PriceFormula, Profile
from ecosystem.catalogue.tree import TreeFlawed
from ecosystem.runtime.database import Database

_FILES = files("ecosystem.catalogue") / "files"
_EU = (_FILES / "profiles" / "eu-directives.yaml").read_bytes()
_CHINA = "cn-government-procurement"


def shipped(name: str) -> Profile:
    return reading.read_profile((_FILES / "profiles" / f"{name}.yaml").read_bytes())


def test_four_profiles_are_shipped_and_every_article_is_of_a_law_of_its_file() -> None:
    names = sorted(one.name for one in (_FILES / "profiles").iterdir())

    assert names == [f"{_CHINA}.yaml", "eu-directives.yaml", "platform.yaml", "sandbox.yaml"]
    for name in names:
        assert shipped(name.removesuffix(".yaml")).id == name.removesuffix(".yaml")


def test_a_profile_may_allow_exactly_the_formulas_that_exist() -> None:
    assert set(get_args(PriceFormula)) == {one.value for one in Formula}


def test_the_rules_are_those_that_had_started_on_the_day() -> None:
    dated = shipped(_CHINA).rules

    def limit(day: date) -> str | None:
        return rules.in_force(dated, on=day).abnormally_low.below_ceiling

    assert limit(date(2024, 12, 31)) is None
    assert limit(date(2025, 1, 1)) == "0.45"
    assert rules.in_force(dated, on=date(1999, 1, 1)) is dated[0]


@pytest.mark.parametrize(
    ("said", "instead", "line", "detail"),
    [
        ("counted: calendar", "counted: lunar", 30, "must be one of `calendar`,"),
        ("law: remedies", "law: remedy", 55, "remedy is not among the laws."),
        ("threshold: 2", "threshold: 3", 87, "as many openers named as act together"),
        ("threshold: 2", "threshold: 3\n      threshold: 2", 88, "threshold stands here twice"),
        ("    decision:\n", "    verdict:\n", 59, "There is no verdict here"),
        (
            "deemed_acceptance:\n      days: 30",
            "deemed_acceptance:\n      days: a",
            97,
            "a whole number",
        ),
        ("    submission:\n", "    submission: &a\n      x: *a\n", 29, "aliases are not read"),
        ("[absolute_ceiling/1,", "[mean/1,", 66, "name each once"),
        ("allowed: [one, two]", "allowed: [two, two]", 82, "one or two envelopes"),
    ],
)
def test_a_flawed_profile_is_refused_with_its_line(
    said: str, instead: str, line: int, detail: str
) -> None:
    content = _EU.decode().replace(said, instead, 1).encode()
    assert content != _EU

    with pytest.raises(FileFlawed) as caught:
        reading.read_profile(content)

    assert any(one.line == line and detail in one.detail for one in caught.value.flaws), (
        caught.value.flaws
    )


def test_rules_that_are_out_of_order_are_refused() -> None:
    content = (_FILES / "profiles" / f"{_CHINA}.yaml").read_text(encoding="utf-8")

    with pytest.raises(FileFlawed, match="start after the one before"):
        reading.read_profile(content.replace("2018-03-01", "2016-03-01").encode())


@pytest.mark.parametrize(
    ("said", "instead", "detail"),
    [
        ("2026-01-04", "2026-01-05", "2026-01-05 is no day of a weekend"),
        ("2026-02-28", "2026-02-22", "2026-02-22 is among the holidays"),
        ("Asia/Shanghai", "Asia/Nowhere", "no time zone"),
        ("[saturday, sunday]", "[sunday, sunday]", "Name each day once"),
        ("last_on: 2026-10-07", "last_on: 2026-09-07", "in order"),
        ("year: 2026", "year: 2025", "2025 stands here 2 times"),
    ],
)
def test_a_flawed_calendar_is_refused(said: str, instead: str, detail: str) -> None:
    content = (_FILES / "calendars" / "cn.yaml").read_text(encoding="utf-8")
    assert said in content

    with pytest.raises(FileFlawed) as caught:
        reading.read_calendar(content.replace(said, instead, 1).encode())

    assert any(re.search(detail, one.detail) for one in caught.value.flaws), caught.value.flaws


async def test_a_place_has_its_own_profile_or_that_of_the_nearest_above(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        given = {"440300": "eu-directives", "440305": "sandbox"}
        await actions.give(tx, given)
        await catalogue.load_shipped(tx)

        async def holding(code: str) -> str:
            found = await queries.profile_for(tx, jurisdiction=code, on=date(2026, 5, 4))
            return found.profile_id

        assert await holding("440305") == "sandbox"
        assert await holding("440304") == "eu-directives"
        assert await holding("440100") == _CHINA
        assert await holding("CN") == _CHINA
        assert await holding("XX") == "platform"


async def test_the_profile_comes_with_the_calendar_by_which_its_days_are_counted(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        found = await queries.profile_for(tx, jurisdiction="110000", on=date(2026, 5, 4))

    assert found.calendar.time_zone == "Asia/Shanghai"
    assert (found.rules.standstill.days, found.rules.standstill.counted) == (8, Counting.WORKING)
    assert found.rules.price_formulas.allowed == ("lowest_ratio/1",)


async def test_the_day_is_the_one_that_it_is_in_that_place(database: Database) -> None:
    late = datetime(2024, 12, 31, 16, tzinfo=UTC)

    async with database.transaction() as tx:
        there = await queries.profile_at(tx, jurisdiction="110000", at=late)
        before = await queries.profile_kept(tx, _CHINA, at=late - timedelta(minutes=1))

        assert there.rules.starts_on == date(2025, 1, 1)
        assert before.rules.starts_on == date(2018, 3, 1)
        with pytest.raises(rules.ProfileMissing):
            await queries.profile_kept(tx, "none", at=late)


async def test_a_file_gives_a_place_its_profile_and_none_that_is_unknown(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        tree = b"- {code: XA, name: {en: A}, profile: eu-directives}"
        await catalogue.load_jurisdictions(tx, tree)
        found = await queries.profile_for(tx, jurisdiction="XA", on=date(2026, 5, 4))

        assert found.profile_id == "eu-directives"
        with pytest.raises(TreeFlawed, match="line 1: There is no profile eu-directive"):
            await catalogue.load_jurisdictions(tx, tree.replace(b"directives", b"directive"))


async def test_a_profile_without_its_calendar_is_refused(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(FileFlawed, match="There is no calendar fr"):
            await actions.load(tx, _EU.replace(b"calendar: be", b"calendar: fr"))

        calendar = (_FILES / "calendars" / "be.yaml").read_bytes().replace(b"id: be", b"id: fr")
        assert await actions.load(tx, calendar) == "fr"
        mine = _EU.replace(b"calendar: be", b"calendar: fr").replace(b"id: eu-", b"id: fr-", 1)
        assert await actions.load(tx, mine) == "fr-directives"


async def test_anyone_reads_the_profiles(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/profiles")).json()["data"]
    read = (await client.get("/v1/profiles/eu-directives")).json()
    missing = await client.get("/v1/profiles/none")

    assert {one["id"]: one["is_default"] for one in listed} == {
        "platform": True, "sandbox": False, "eu-directives": False, _CHINA: False,
    } | {one["id"]: False for one in listed if one["id"].startswith("fr-")}  # fmt: skip
    assert read["rules"][0]["submission"]["article"] == "27(1) and (4)"
    assert read["calendar"]["time_zone"] == "Europe/Brussels"
    assert (missing.status_code, missing.json()["code"]) == (404, "profile_missing")


async def test_a_jurisdiction_says_which_profile_holds_there(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/jurisdictions?within=440300")).json()["data"]

    assert {one["code"]: one["profile_id"] for one in listed}["440304"] == "eu-directives"
