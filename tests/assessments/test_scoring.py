"""A score is exact, within its bounds, and computed again from its trace by whoever has it."""

from fractions import Fraction
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ecosystem.catalogue
from ecosystem.assessments.model import Evidence, Part, Scored, SetAside, Unmeasured
from ecosystem.assessments.scoring import grade_of, score, worth
from ecosystem.catalogue.profiles import reading
from ecosystem.runtime.minting import mint
from ecosystem.values.period import Period
from ecosystem.values.text import Text
from tests.budgets.builders import AT

FILES = Path(ecosystem.catalogue.__file__).parent / "files" / "profiles"
TABLE = reading.read_profile((FILES / "platform.yaml").read_bytes()).rules[0].assessment
PROGRAMME = mint("programme", authority=7)
CODES = [one.code for one in TABLE.indicators]
YEAR = Period(AT.date().replace(month=1, day=1), AT.date().replace(year=2027, month=1, day=1))


def part(indicator: str, actual: str | None, target: str = "100", *, higher: bool = True) -> Part:
    return Part(
        indicator=indicator, source="metric", source_id="metric_one", period=None, actual=actual,
        target=target, direction="higher" if higher else "lower",
        unmeasured=Unmeasured.NOT_VERIFIED if actual is None else None,
    )  # fmt: skip


def evidence(*parts: Part, aside: tuple[str, ...] = ()) -> Evidence:
    why = Text(en="The sample was drawn by the supplier")
    return Evidence(
        engine="assessment/1", profile_id="platform", table=TABLE, programme_id=PROGRAMME,
        contract_id=None, fiscal_year=2026, period=YEAR, taken_at=AT, parts=parts,
        set_aside=tuple(SetAside(indicator=one, reason=why) for one in aside),
    )  # fmt: skip


def whole(value: str) -> Evidence:
    return evidence(*(part(code, value) for code in CODES))


numbers = st.decimals("-1000", "1000", places=3).map(lambda one: f"{one:f}")
parts = st.builds(part, st.sampled_from(CODES), st.none() | numbers, numbers, higher=st.booleans())


@pytest.mark.parametrize(
    ("measured", "counts"),
    [
        (part("output", "90", "90"), Fraction(1)),
        (part("output", "120", "90"), Fraction(1)),
        (part("output", "60", "90"), Fraction(2, 3)),
        (part("output", "-5", "90"), Fraction(0)),
        (part("output", "3", "2", higher=False), Fraction(2, 3)),
        (part("output", "1", "2", higher=False), Fraction(1)),
        (part("output", "1", "0", higher=False), Fraction(0)),
        (part("output", "0", "0"), Fraction(1)),
        (part("output", None), None),
    ],
)
def test_a_part_counts_what_it_reached_of_its_target(
    measured: Part, counts: Fraction | None
) -> None:
    assert worth(measured) == counts


def test_a_grade_is_of_the_unrounded_score() -> None:
    assert grade_of(Fraction("89.9999999999"), TABLE) == "good"
    assert grade_of(Fraction(90), TABLE) == "excellent"
    assert score(whole("89.999")).score.grade == "good"
    assert score(whole("90")).score.grade == "excellent"


def test_what_was_not_measured_is_not_demonstrated_and_never_counts_as_nothing() -> None:
    found = score(evidence(part("budget-execution", "100"), part("output", "100"))).score

    assert (found.points_min, found.points_max, found.grade) == ("60", "100", None)
    states = {one.code: one.state for one in found.indicators}
    assert states["benefit"] == states["satisfaction"] == "not_demonstrated"


def test_a_grade_that_nothing_unmeasured_could_change_is_given() -> None:
    found = score(evidence(*(part(code, "0") for code in CODES[:2]), part("benefit", None))).score

    assert (found.points_min, found.points_max, found.grade) == ("0", "40", "poor")


def test_an_indicator_that_is_set_aside_demonstrates_nothing() -> None:
    parts_ = [part(code, "95") for code in CODES]
    found = score(evidence(*parts_, aside=("output",))).score

    assert found.indicators[1].state == "not_demonstrated"
    assert (found.points_min, found.points_max) == ("47.5", "97.5")
    assert found.grade is None


@given(st.lists(parts, max_size=12), st.sets(st.sampled_from(CODES)))
def test_scores_lie_in_bounds_and_indicators_add_up_exactly(
    given_: list[Part], aside: set[str]
) -> None:
    found = score(evidence(*given_, aside=tuple(sorted(aside)))).score

    least, most = Fraction(found.exact_min), Fraction(found.exact_max)
    assert 0 <= least <= most <= 100
    assert least == sum(Fraction(one.exact_min) for one in found.indicators)
    assert most == sum(Fraction(one.exact_max) for one in found.indicators)
    assert all(
        0 <= Fraction(one.exact_min) <= Fraction(one.exact_max) <= Fraction(one.weight)
        for one in found.indicators
    )
    same = grade_of(least, TABLE) == grade_of(most, TABLE)
    assert found.grade == (grade_of(least, TABLE) if same else None)


@given(st.lists(parts, max_size=8), st.randoms())
def test_a_score_recomputes_from_its_trace_whatever_the_order_of_its_parts(
    given_: list[Part], dice: Random
) -> None:
    scored = score(evidence(*given_))

    read = msgspec.json.decode(msgspec.json.encode(scored), type=Scored)
    assert score(read.evidence) == scored
    shuffled = list(given_)
    dice.shuffle(shuffled)
    assert score(evidence(*shuffled)).score == scored.score


@given(st.lists(parts, min_size=1, max_size=8), numbers)
def test_measuring_what_was_unmeasured_stays_within_what_was_said(
    given_: list[Part], value: str
) -> None:
    before = score(evidence(*given_)).score
    measured = [
        msgspec.structs.replace(one, actual=value) if one.actual is None else one for one in given_
    ]

    after = score(evidence(*measured)).score

    assert Fraction(before.exact_min) <= Fraction(after.exact_min)
    assert Fraction(after.exact_max) <= Fraction(before.exact_max)
