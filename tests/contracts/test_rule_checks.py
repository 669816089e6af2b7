"""Which payment rules are refused when they are saved, and where; and of which cliffs one warns."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from ecosystem.contracts.form_schema import rules_schema
from ecosystem.contracts.payment_rules import PaymentRule, metrics_of
from ecosystem.contracts.rule_checks import check_rule
from ecosystem.contracts.rule_limits import between, cliffs
from tests.payments.builders import rule

METRICS = ("metric", "other")


def band(start: str, pays: str, **more: Any) -> dict[str, Any]:
    return {"from": start, "pays": pays, **more}


def slab(*bands: dict[str, Any]) -> PaymentRule:
    return rule("slab", metric="metric", bands=list(bands))


def right(**more: Any) -> PaymentRule:
    given = {"metric": "metric", "direction": "higher", "worse_than": "9", "times": 2}
    return rule("termination_right", **{**given, "of_periods": 3, **more})


def indicator(**more: Any) -> PaymentRule:
    given = {"metric": "metric", "direction": "higher", "points": "8", "target": "9"}
    return rule("indicator", **{**given, "per_point": "1.00", **more})


def index(**more: Any) -> PaymentRule:
    part = {"metric": "metric", "weight": "0.5", "base": "1"}
    return rule("index", **{"rules": ["fee"], "fixed": "0.5", "parts": [part], "most": "1", **more})


def retained(release: dict[str, str]) -> PaymentRule:
    return rule("retention", rate="0.1", limit="1", releases=[release])


def portions(*bands: tuple[str | None, str]) -> PaymentRule:
    written = [{"upto": upto, "price": price} for upto, price in bands]
    return rule("marginal", metric="metric", maximum="9", bands=written)


def points(*bands: tuple[int | None, str]) -> PaymentRule:
    written = [{"upto": upto, "multiplier": multiplier} for upto, multiplier in bands]
    return rule("points", metric="metric", free_points=3, value_per_point="1", bands=written)


def credit(*steps: tuple[str, str]) -> PaymentRule:
    written = [{"worse_than": edge, "rate": rate} for edge, rate in steps]
    return rule("service_credit", metric="metric", direction="higher", charge="1", steps=written)


def shared(*ranges: tuple[str, str | None]) -> PaymentRule:
    written = [{"from_percent": low, "to_percent": high, "share": "0.5"} for low, high in ranges]
    return rule("gain_pain", metric="metric", target="1", ranges=written)


def advance(**more: Any) -> PaymentRule:
    given = {"milestone": "end", "amount": "1", "rate": "0.5", "starts_after": "0"}
    return rule("advance", **{**given, "base": "gross", "first": "this", **more})


POINT = {"value": "1", "pays": "1"}
AREA = {"metric": "metric", "weight": "1", "sessions": 1}
PART = {"metric": "metric", "weight": "1", "worst": "0", "best": "1"}
FAULTY: dict[str, tuple[PaymentRule, str, str]] = {
    "a gap": (slab(band("1", "1", to="2"), band("3", "2")), "/bands/0/to", "gap"),
    "no edge": (
        slab(band("1", "1", to="2"), band("2", "2", from_inclusive=False)), "/bands/0/to", "gap",
    ),
    "an overlap": (slab(band("1", "1", to="3"), band("2", "2")), "/bands/0/to", "overlap"),
    "one edge twice": (
        slab(band("1", "1", to="2", to_inclusive=True), band("2", "2")), "/bands/0/to", "overlap",
    ),
    "an unknown metric": (
        rule("unit_price", metric="gone", price="1", maximum="2"), "/metric", "metric_unknown",
    ),
    "a price without end": (
        rule("unit_price", metric="metric", price="0.01"), "/maximum", "unbounded",
    ),
    "bands without end": (
        rule("marginal", metric="metric", bands=[{"upto": None, "price": "1"}]),
        "/maximum", "unbounded",
    ),
    "a share without end": (
        rule(
            "savings_share", metric="metric", base_claim="1", share_until="1", share_after="0.1"
        ),
        "/maximum", "unbounded",
    ),
    "bands that fall": (slab(band("2", "1"), band("1", "2")), "/bands/1/from", "order"),
    "a band that ends before it begins": (slab(band("2", "1", to="1")), "/bands/0/to", "order"),
    "a band that takes": (slab(band("1", "-1")), "/bands/0/pays", "negative"),
    "no band": (slab(), "/bands", "empty"),
    "no band of a survey": (
        rule("satisfaction", metric="metric", sample_min=9, bands=[]), "/bands", "empty",
    ),
    "an edge of a survey that no band holds": (
        rule(
            "satisfaction", metric="metric", sample_min=9,
            bands=[band("1", "1", to="2"), band("2", "2", from_inclusive=False)],
        ),
        "/bands/0/to", "gap",
    ),
    "portions that end": (portions(("9", "1")), "/bands/0/upto", "gap"),
    "portions without end before the last": (
        portions((None, "1"), (None, "0")), "/bands/0/upto", "overlap",
    ),
    "portions that fall": (
        portions(("9", "1"), ("8", "1"), (None, "0")), "/bands/1/upto", "order",
    ),
    "no portion": (portions(), "/bands", "empty"),
    "points that end": (points((9, "1")), "/bands/0/upto", "gap"),
    "points below the free ones": (points((2, "1"), (None, "1")), "/bands/0/upto", "order"),
    "points that pay": (points((None, "-1")), "/bands/0/multiplier", "negative"),
    "a line of one point": (
        rule("linear", metric="metric", **{"from": POINT, "to": POINT}), "/to/value", "flat",
    ),
    "no condition": (rule("threshold", conditions=[], pays="1"), "/conditions", "empty"),
    "areas that weigh too little": (
        rule("availability", charge="1", areas=[{**AREA, "weight": "0.9"}]), "/areas", "weights",
    ),
    "parts that weigh too much": (
        rule("composite", amount="1", parts=[PART, {**PART, "weight": "0.1"}]),
        "/parts", "weights",
    ),
    "a part whose best is its worst": (
        rule("composite", amount="1", parts=[{**PART, "best": "0"}]), "/parts/0/best", "flat",
    ),
    "no step": (credit(), "/steps", "empty"),
    "a step that is milder": (credit(("95", "0.1"), ("99", "0.2")), "/steps/1/worse_than", "order"),
    "a worse step that costs less": (
        credit(("99", "0.2"), ("95", "0.1")), "/steps/1/rate", "order",
    ),
    "days of nothing": (rule("excess_days", allowed_days=1, per_day="1"), "", "choice"),
    "days of both": (
        rule("excess_days", metric="metric", milestone="end", allowed_days=1, per_day="1"),
        "", "choice",
    ),
    "no first share": (
        rule("savings_share", metric="metric", base_claim="1", share_until="0", share_after="0"),
        "/share_until", "flat",
    ),
    "no range": (shared(), "/ranges", "empty"),
    "ranges that begin late": (
        shared(("50", "100"), ("100", None)), "/ranges/0/from_percent", "gap",
    ),
    "a range of nothing": (shared(("0", "100"), ("100", "100")), "/ranges/1/to_percent", "order"),
    "a gap between ranges": (
        shared(("0", "100"), ("110", None)), "/ranges/1/from_percent", "gap",
    ),
    "ranges that share a part": (
        shared(("0", "100"), ("90", None)), "/ranges/1/from_percent", "overlap",
    ),
    "one share of gain and pain": (shared(("0", None)), "/ranges", "overlap"),
    "an advance that is never recovered": (advance(rate="0"), "/rate", "flat"),
    "an advance for no milestone": (
        advance(milestone="gone"), "/milestone", "milestone_unknown",
    ),
    "what is never released": (
        rule("retention", rate="0.1", limit="1", releases=[]), "/releases", "gap",
    ),
    "what is not all released": (
        rule(
            "retention", rate="0.1", limit="1", releases=[{"milestone": "end", "share": "0.9"}]
        ),
        "/releases", "gap",
    ),
    "a release by no milestone": (
        rule("retention", rate="0.1", limit="1", releases=[{"milestone": "gone", "share": "1"}]),
        "/releases/0/milestone", "milestone_unknown",
    ),
    "a condition on no metric": (
        rule(
            "threshold", pays="1",
            conditions=[{"metric": name, "target": "1", "direction": "higher"}
                        for name in ("metric", "gone")],
        ),
        "/conditions/1/metric", "metric_unknown",
    ),
    "an index that moves nothing": (index(rules=[]), "/rules", "empty"),
    "weights": (index(fixed="0.4"), "/parts", "weights"),
    "a base of nothing": (
        index(parts=[{"metric": "metric", "weight": "0.5", "base": "0"}]), "/parts/0/base", "flat",
    ),
    "no target": (indicator(target="0"), "/target", "flat"),
    "no points": (indicator(points="-1"), "/points", "flat"),
    "too fine": (indicator(per_point="0.001"), "/per_point", "amount_too_fine"),
    "more often than there are periods": (right(times=4), "/times", "order"),
    "nobody in line": (rule("waterfall", claims=[]), "/claims", "empty"),
    "twice in line": (
        rule("waterfall", claims=[{"code": "fee", "amount": "1"}] * 2), "/claims/1/code", "order",
    ),
    "neither milestone nor day": (retained({"share": "1"}), "/releases/0", "choice"),
    "both": (
        retained({"share": "1", "milestone": "end", "on": "2026-01-01"}), "/releases/0", "choice",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTY)
def test_an_unsound_rule_is_refused_where_it_is_unsound(case: str) -> None:
    one, pointer, code = FAULTY[case]

    faults = check_rule(one, metrics=METRICS, milestones=("end",), currency="CNY")

    assert [(fault.pointer, fault.code) for fault in faults] == [(pointer, code)]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (band("0", "1", to="50"), band("60", "2"), "what lies from 50 to 60: end it there"),
        (band("0", "1", to="50"), band("50", "2", from_inclusive=False), "50 itself: make one"),
        (band("0", "1", to="60"), band("50", "2"), "both hold 50: end it there, exclusive"),
    ],
)  # fmt: skip
def test_bands_that_do_not_meet_are_told_how_they_would(
    first: dict[str, Any], second: dict[str, Any], said: str
) -> None:
    [fault] = check_rule(slab(first, second), metrics=METRICS, milestones=(), currency="CNY")

    assert said in fault.detail


def test_every_fault_that_a_rule_can_have_is_shown() -> None:
    said = set(re.findall(r"`([a-z_]+)`", check_rule.__doc__ or ""))

    shown = {code for _, _, code in FAULTY.values()}
    assert shown == said - {"rule", "currency", "currency_mixed", "currency_unknown"}


def test_a_currency_that_there_is_not_is_refused() -> None:
    one = msgspec.structs.replace(right(), currency="XQX")

    [fault] = check_rule(one, metrics=METRICS, milestones=(), currency="XQX")

    assert (fault.pointer, fault.code) == ("/currency", "currency_unknown")


def test_rules_that_lean_on_each_other_are_refused_where_they_do_not_fit() -> None:
    fee = rule("unit_price", code="fee", metric="metric", price="1", maximum="9")
    claims = [{"code": "bank", "amount": "1"}]
    among = [
        fee, index(code="first"), index(code="second"),
        index(code="third", rules=["gone", "first"]),
        rule("waterfall", code="one", claims=claims), rule("waterfall", code="two", claims=claims),
    ]  # fmt: skip

    assert [(fault.pointer, fault.code) for fault in between(among)] == [
        ("/2/rules/0", "rule_doubled"), ("/3/rules/0", "rule_unknown"),
        ("/3/rules/1", "rule_unfit"), ("/5/shape", "rule_doubled"),
    ]  # fmt: skip


def test_a_rule_in_another_currency_is_refused() -> None:
    [fault] = check_rule(right(), metrics=METRICS, milestones=(), currency="EUR")

    assert (fault.pointer, fault.code) == ("/currency", "currency_mixed")


@pytest.mark.parametrize(
    "one",
    [
        right(), indicator(), index(), retained({"share": "1", "on": "2026-01-01"}),
        rule("unit_price", metric="metric", price="0"),
        rule("waterfall", claims=[{"code": "fee", "amount": "1"}]),
    ],
    ids=["right", "indicator", "index", "retention", "unit price", "waterfall"],
)  # fmt: skip
def test_a_sound_rule_has_no_fault_and_fits_the_published_schema(one: PaymentRule) -> None:
    written = json.loads(msgspec.json.encode([one]))

    assert check_rule(one, metrics=METRICS, milestones=("end",), currency="CNY") == ()
    jsonschema.validate(written, json.loads(rules_schema()))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{**written[0], "surprise": 1}], json.loads(rules_schema()))
    assert set(metrics_of(one)) <= set(METRICS)


def test_the_published_schema_of_rules_is_the_one_of_the_code() -> None:
    published = Path(__file__).parents[2] / "docs" / "formats" / "payment-rules.schema.json"

    assert published.read_text(encoding="utf-8") == rules_schema()


def test_a_cliff_is_named_with_the_value_where_it_lies() -> None:
    gate = {"metric": "other", "target": "5", "direction": "lower"}
    found = cliffs(
        [
            slab(band("60", "5"), band("80", "100", to="95")),
            rule("threshold", conditions=[{**gate, "direction": "higher"}], pays="70"),
            rule(
                "service_credit", metric="metric", direction="higher", charge="200", cap="0.5",
                steps=[{"worse_than": "99", "rate": "0.01"}, {"worse_than": "95", "rate": "1"}],
            ),
            rule(
                "composite", amount="10", gates=[gate],
                parts=[{"metric": "metric", "weight": "1", "worst": "0", "best": "1"}],
            ),
            rule("linear", metric="metric", **LINE),
        ]
    )  # fmt: skip

    assert [(one.pointer, one.metric, one.value, one.jump, one.share) for one in found] == [
        ("/0/bands/1/from", "metric", "80", "95.00", "0.9500"),
        ("/0/bands/1/to", "metric", "95", "100.00", "1.0000"),
        ("/1/conditions/0/target", "other", "5", "70.00", "1.0000"),
        ("/2/steps/1/worse_than", "metric", "95", "98.00", "0.9800"),
        ("/3/gates/0/target", "other", "5", "10.00", "1.0000"),
    ]


LINE = {"from": {"value": "0", "pays": "0"}, "to": {"value": "9", "pays": "9"}}
