"""Any rules that a contract could have: every shape of a payment rule is among them.

A metric is better in one direction, the same in all rules that read it, so that a fact can be
made better without a doubt.
"""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from ecosystem.contracts.payment_rules import PaymentRule
from tests.payments.builders import rule

DAYS = (date(2026, 2, 15), date(2026, 4, 1))
BETTER = {"metric": 1, "other": 1, "happy": 1, "late": -1, "failed": -1, "cost": -1}
"""The metrics, and whether more of it is better or less."""
NEVER = "99999999.00"
"""A maximum that no contract here reaches."""

cents = st.integers(1, 200_000).map(lambda amount: f"{Decimal(amount) / 100:f}")
ratios = st.integers(1, 99).map(lambda share: f"0.{share:02}")
values = st.integers(0, 4_000).map(lambda tenths: f"{Decimal(tenths) / 10:f}")


@st.composite
def rules_of_metrics(draw: st.DrawFn, *, ending: bool = True) -> list[PaymentRule]:
    """Return rules that earn by what is observed; with maxima that are reached, if `ending`."""
    return [*draw(_of_units(ending=ending)), *draw(_of_values(ending=ending))]


@st.composite
def _of_units(draw: st.DrawFn, *, ending: bool) -> list[PaymentRule]:
    most = cents if ending else st.just(NEVER)
    edges = sorted(draw(st.sets(st.integers(1, 300), min_size=2, max_size=2)))
    return [
        rule("unit_price", metric="metric", price=draw(cents), maximum=draw(most)),
        rule(
            "index", rules=["unit-price"], fixed="0.25", most="0.1",
            parts=[{"metric": "other", "weight": "0.75", "base": "150"}],
        ),
        rule(
            "availability", charge=draw(cents),
            areas=[
                {"metric": "failed", "weight": "0.6", "sessions": edges[1]},
                {"metric": "late", "weight": "0.4", "sessions": 90},
            ],
        ),
        rule(
            "threshold", pays=draw(cents), match=draw(st.sampled_from(("all", "any"))),
            conditions=[
                {"metric": "metric", "target": str(edges[0]), "direction": "higher"},
                {"metric": "late", "target": "30", "direction": "lower", "inclusive": False},
            ],
        ),
    ]  # fmt: skip


@st.composite
def _of_values(draw: st.DrawFn, *, ending: bool) -> list[PaymentRule]:
    most = cents if ending else st.just(NEVER)
    edges = sorted(draw(st.sets(st.integers(1, 300), min_size=2, max_size=2)))
    low, high = sorted((Decimal(draw(cents)), Decimal(draw(cents))))
    bands = [
        {"from": str(edges[0]), "pays": f"{low:f}"},
        {"from": str(edges[1]), "pays": f"{high:f}"},
    ]
    return [
        rule("slab", metric="other", bands=bands),
        rule(
            "marginal", metric="metric", maximum=draw(most),
            bands=[{"upto": str(edges[0]), "price": "0.37"}, {"upto": None, "price": "0.11"}],
        ),
        rule(
            "linear", metric="other",
            **{
                "from": {"value": str(edges[0]), "pays": f"{low:f}"},
                "to": {"value": str(edges[1]), "pays": f"{high:f}"},
            },
        ),
        rule(
            "savings_share", metric="metric", base_claim=draw(most), share_until=draw(ratios),
            share_after=draw(ratios), maximum=draw(most),
        ),
        rule(
            "indicator", metric="failed", direction="lower", points="8", target=str(edges[0]),
            per_point="3.33",
        ),
        rule("satisfaction", metric="happy", sample_min=50, bands=bands),
        rule(
            "composite", amount=draw(cents),
            gates=[{"metric": "other", "target": "9", "direction": "higher"}],
            parts=[
                {"metric": "metric", "weight": "0.5", "worst": "20", "best": "300"},
                {"metric": "late", "weight": "0.5", "worst": "90", "best": "0"},
            ],
        ),
    ]  # fmt: skip


@st.composite
def rules_that_deduct(draw: st.DrawFn, *, ending: bool = True) -> list[PaymentRule]:
    """Return rules that deduct something, or share a pain."""
    return [
        rule(
            "excess_days", metric="late", allowed_days=draw(st.integers(0, 300)), per_day="1.01",
            maximum=draw(cents) if ending else None,
        ),
        rule("excess_days", code="late-work", milestone="work", allowed_days=0, per_day="7.00"),
        rule(
            "points", metric="late", free_points=3, value_per_point="0.03",
            bands=[{"upto": 50, "multiplier": "1.3"}, {"upto": None, "multiplier": "2"}],
        ),
        rule(
            "service_credit", metric="other", direction="higher", charge=draw(cents),
            steps=[{"worse_than": "200", "rate": "0.3"}, {"worse_than": "50", "rate": "1"}],
        ),
        rule(
            "gain_pain", metric="cost", target="120.00",
            ranges=[
                {"from_percent": "0", "to_percent": "100", "share": "0.5"},
                {"from_percent": "100", "to_percent": None, "share": "0.7"},
            ],
        ),
    ]  # fmt: skip


@st.composite
def rules_of_the_rest(draw: st.DrawFn) -> list[PaymentRule]:
    """Return rules that pay for milestones, hold back, share out, or give a right."""
    return [
        rule("fixed", milestone="work", amount=draw(cents)),
        rule(
            "retention", rate=draw(ratios), limit=draw(cents),
            releases=[
                {"on": DAYS[0].isoformat(), "share": draw(ratios)},
                {"milestone": "end", "share": draw(ratios)},
                {"on": DAYS[1].isoformat(), "share": "1"},
            ],
        ),
        rule(
            "waterfall",
            claims=[{"code": "bank", "amount": draw(cents)}, {"code": "fund", "amount": "9.99"}],
        ),
        rule(
            "termination_right", metric="other", direction="higher", worse_than="40", times=2,
            of_periods=3,
        ),
    ]  # fmt: skip


@st.composite
def advances(draw: st.DrawFn) -> list[PaymentRule]:
    """Return a rule that pays early, and recovers that."""
    return [
        rule(
            "advance", milestone="start", amount=draw(cents), rate=draw(ratios),
            starts_after=draw(ratios), base=draw(st.sampled_from(("gross", "net"))),
            first=draw(st.sampled_from(("this", "cumulative"))),
        )
    ]  # fmt: skip


@st.composite
def some_of(
    draw: st.DrawFn, *kinds: st.SearchStrategy[list[PaymentRule]]
) -> tuple[PaymentRule, ...]:
    """Return some of the rules of these kinds; an index with what it moves."""
    every = [one for kind in kinds for one in draw(kind)]
    chosen = draw(st.sets(st.sampled_from([one.code for one in every]), min_size=1))
    if "index" in chosen:
        chosen = chosen | {"unit-price"}
    return tuple(one for one in every if one.code in chosen)


def any_rules() -> st.SearchStrategy[tuple[PaymentRule, ...]]:
    """Return rules of every shape."""
    return some_of(rules_of_metrics(), rules_that_deduct(), rules_of_the_rest(), advances())
