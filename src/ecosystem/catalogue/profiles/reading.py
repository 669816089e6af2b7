"""Profiles and calendars as files say them: read, and every line at fault named."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from ecosystem.catalogue.model import FileFlawed, Flaw
from ecosystem.catalogue.profiles.days import weekday
from ecosystem.catalogue.profiles.model import (
    AssessmentTable,
    Calendar,
    ChangeGround,
    Holidays,
    IndicatorKind,
    LateInterest,
    Profile,
    Rules,
    SuspensionGround,
    TaxKind,
    TaxRule,
    TerminationGround,
    Year,
)
from ecosystem.values import yaml_tree
from ecosystem.values.period import is_time_zone
from ecosystem.values.refusal import Fault

Of = TypeVar("Of", bound=msgspec.Struct)
_HOLIDAY_DAYS_MAX: Final = 31
_WEEK_DAYS: Final = 7
_ALL_WEIGHTS: Final = 100


def read_profile(content: bytes) -> Profile:
    """Return the profile that YAML says; refuse with FileFlawed, which names lines."""
    return _read(content, Profile, _profile_faults)


def read_calendar(content: bytes) -> Calendar:
    """Return the calendar that YAML says; refuse with FileFlawed, which names lines."""
    return _read(content, Calendar, _calendar_faults)


def members(content: bytes) -> frozenset[str]:
    """Return the names at the top of a YAML document; none where it is no mapping."""
    value = yaml_tree.read(content).value
    return frozenset(value) if isinstance(value, dict) else frozenset()


def _read(content: bytes, of: type[Of], faults_of: Callable[[Of], Iterable[Fault]]) -> Of:
    tree = yaml_tree.read(content)
    if not tree.faults:
        tree.faults += yaml_tree.misfits(tree.value, of, pointer="", strict=True)
    if tree.faults:
        raise _flawed(tree)
    found = msgspec.convert(tree.value, of)
    tree.faults += faults_of(found)
    if tree.faults:
        raise _flawed(tree)
    return found


def _flawed(tree: yaml_tree.Tree) -> FileFlawed:
    return FileFlawed(tuple(Flaw(tree.place_of(fault).line, fault.detail) for fault in tree.faults))


def _profile_faults(profile: Profile) -> Iterator[Fault]:
    laws = [law.code for law in profile.laws]
    yield from _twice(laws, pointer="/laws")
    if not profile.rules:
        yield Fault("/rules", "rules_missing", "A profile has rules from some day on.")
    for index, rules in enumerate(profile.rules):
        yield from _rules_faults(rules, laws=laws, pointer=f"/rules/{index}")
        if index and rules.starts_on <= profile.rules[index - 1].starts_on:
            detail = "Let each set of rules start after the one before it."
            yield Fault(f"/rules/{index}/starts_on", "rules_out_of_order", detail)


def _rules_faults(rules: Rules, *, laws: list[str], pointer: str) -> Iterator[Fault]:
    for name in rules.__struct_fields__:
        law: str | None = getattr(getattr(rules, name), "law", None)
        if law is not None and law not in laws:
            yield Fault(f"{pointer}/{name}/law", "law_unknown", f"{law} is not among the laws.")
    yield from _reminders_faults(rules, pointer=f"{pointer}/reminders")
    yield from _grounds_faults(rules, laws=laws, pointer=pointer)
    yield from _assessment_faults(rules.assessment, pointer=f"{pointer}/assessment")
    yield from _interest_faults(rules.late_interest, pointer=f"{pointer}/late_interest")
    yield from _tax_faults(rules.taxes, laws=laws, pointer=f"{pointer}/taxes")
    if rules.openers.threshold > rules.openers.named_min:
        detail = "Have at least as many openers named as act together."
        yield Fault(f"{pointer}/openers/threshold", "threshold_too_high", detail)
    formulas = rules.price_formulas.allowed
    if not formulas or len(set(formulas)) < len(formulas):
        detail = "Allow at least one formula, and name each once."
        yield Fault(f"{pointer}/price_formulas/allowed", "formulas_unsound", detail)
    envelopes = rules.envelopes.allowed
    if not envelopes or len(set(envelopes)) < len(envelopes):
        detail = "Allow one or two envelopes or both, and name each once."
        yield Fault(f"{pointer}/envelopes/allowed", "envelopes_unsound", detail)


def _reminders_faults(rules: Rules, *, pointer: str) -> Iterator[Fault]:
    for name in () if rules.reminders is None else ("before", "after"):
        days: tuple[int, ...] = getattr(rules.reminders, name)
        if len(set(days)) < len(days):
            yield Fault(f"{pointer}/{name}", "days_unsound", "Name each day once.")


def _grounds_faults(rules: Rules, *, laws: list[str], pointer: str) -> Iterator[Fault]:
    listed: dict[str, tuple[ChangeGround | SuspensionGround | TerminationGround, ...]] = {
        f"{pointer}/changes/grounds": rules.changes.grounds,
        f"{pointer}/endings/suspension": rules.endings.suspension,
        f"{pointer}/endings/termination": rules.endings.termination,
    }
    for there, grounds in listed.items():
        for index, ground in enumerate(grounds):
            if ground.law not in laws:
                detail = f"{ground.law} is not among the laws."
                yield Fault(f"{there}/{index}/law", "law_unknown", detail)
        yield from _twice([one.code for one in grounds], pointer=there)


def _interest_faults(interest: LateInterest | None, *, pointer: str) -> Iterator[Fault]:
    days = [] if interest is None else [one.starts_on for one in interest.rates]
    if days != sorted(set(days)):
        detail = "Let each rate start after the one before it."
        yield Fault(f"{pointer}/rates", "rates_out_of_order", detail)


def _tax_faults(taxes: tuple[TaxRule, ...], *, laws: list[str], pointer: str) -> Iterator[Fault]:
    yield from _twice([one.code for one in taxes], pointer=pointer)
    if {TaxKind.INCLUDED, TaxKind.ADDED} <= {one.kind for one in taxes}:
        detail = "Let prices include their taxes, or have them added, and not both."
        yield Fault(pointer, "taxes_mixed", detail)
    for index, one in enumerate(taxes):
        if one.law not in laws:
            detail = f"{one.law} is not among the laws."
            yield Fault(f"{pointer}/{index}/law", "law_unknown", detail)
        days = [rate.starts_on for rate in one.rates]
        if days != sorted(set(days)):
            detail = "Let each rate start after the one before it."
            yield Fault(f"{pointer}/{index}/rates", "rates_out_of_order", detail)


def _assessment_faults(table: AssessmentTable, *, pointer: str) -> Iterator[Fault]:
    yield from _twice([one.code for one in table.indicators], pointer=f"{pointer}/indicators")
    yield from _twice([one.code for one in table.grades], pointer=f"{pointer}/grades")
    if sum(Decimal(one.weight) for one in table.indicators) != _ALL_WEIGHTS:
        yield Fault(f"{pointer}/indicators", "weights_unsound", "Let the weights add up to 100.")
    for index, one in enumerate(table.indicators):
        if bool(one.metrics) != (one.kind is IndicatorKind.SATISFACTION):
            detail = "An indicator of satisfaction names its metrics, and no other one does."
            yield Fault(f"{pointer}/indicators/{index}/metrics", "metrics_unsound", detail)
    marks = [Decimal(one.score_min) for one in table.grades]
    if not marks or marks[-1] != 0 or marks != sorted(set(marks), reverse=True):
        detail = "Have the highest grade first, each from a lower score on, the last from 0 on."
        yield Fault(f"{pointer}/grades", "grades_unsound", detail)
    if not all(one.recommends for one in table.grades) or not table.undemonstrated_recommends:
        detail = "Let something be recommended with every grade, and without one."
        yield Fault(f"{pointer}/grades", "recommendations_missing", detail)


def _calendar_faults(calendar: Calendar) -> Iterator[Fault]:
    if not is_time_zone(calendar.time_zone):
        detail = f"{calendar.time_zone} is no time zone of the IANA, such as Asia/Shanghai."
        yield Fault("/time_zone", "time_zone_unknown", detail)
    if len(set(calendar.weekend)) < len(calendar.weekend) or len(calendar.weekend) >= _WEEK_DAYS:
        yield Fault("/weekend", "weekend_unsound", "Name each day once, and leave one to work.")
    yield from _twice([str(one.year) for one in calendar.years], pointer="/years")
    for index, year in enumerate(calendar.years):
        yield from _year_faults(year, calendar, pointer=f"/years/{index}")


def _year_faults(year: Year, calendar: Calendar, *, pointer: str) -> Iterator[Fault]:
    for index, one in enumerate(year.holidays):
        if not _is_sound(one, year=year.year):
            yield Fault(
                f"{pointer}/holidays/{index}",
                "holidays_unsound",
                f"Let holidays begin or end in {year.year}, in order, and last at most "
                f"{_HOLIDAY_DAYS_MAX} days.",
            )
    for index, day in enumerate(year.worked):
        if weekday(day) not in calendar.weekend or day.year != year.year:
            detail = f"{day} is no day of a weekend of {year.year}, so it makes up for nothing."
            yield Fault(f"{pointer}/worked/{index}", "worked_unsound", detail)
        if any(one.first_on <= day <= one.last_on for one in year.holidays):
            detail = f"{day} is among the holidays as well."
            yield Fault(f"{pointer}/worked/{index}", "worked_and_holiday", detail)


def _is_sound(one: Holidays, *, year: int) -> bool:
    lasts = (one.last_on - one.first_on).days + 1
    return 1 <= lasts <= _HOLIDAY_DAYS_MAX and year in {one.first_on.year, one.last_on.year}


def _twice(codes: list[str], *, pointer: str) -> Iterator[Fault]:
    for code, count in Counter(codes).items():
        if count > 1:
            yield Fault(pointer, "code_twice", f"{code} stands here {count} times.")
