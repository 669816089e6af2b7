"""Whatever a request of a simulation may say is answered, or refused for a reason."""

from typing import Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.payments import engine
from ecosystem.payments.calculation import Facts
from ecosystem.payments.simulating import queries, rules
from ecosystem.payments.simulating.model import Simulation, SimulationDraft, SupposedValue
from ecosystem.values.refusal import Refusal
from tests.payments.builders import milestone, pay, rule
from tests.payments.drawing import drawing

HUGE: Final = "9" * 18
SOUND: Final = [
    msgspec.to_builtins(one)
    for one in (
        rule(
            "points", metric="alpha", value_per_point=HUGE, free_points=0,
            bands=[{"upto": None, "multiplier": HUGE}],
        ),
        rule(
            "gain_pain", metric="alpha", target="0", ranges=[
                {"from_percent": "0", "to_percent": "100", "share": "0.5"},
                {"from_percent": "100", "to_percent": None, "share": "1"},
            ],
        ),
        rule("unit_price", metric="alpha", price=HUGE, maximum="0.01"),
        rule("excess_days", milestone="beta", allowed_days=0, per_day=HUGE, maximum=None),
        rule(
            "linear", metric="alpha",
            **{"from": {"value": "0.000000001", "pays": "0"}, "to": {"value": "0", "pays": HUGE}},
        ),
        rule("retention", rate="1", limit=HUGE, releases=[{"on": "9999-12-31", "share": "1"}]),
    )
]  # fmt: skip
INSTANTS: Final = st.sampled_from(
    ["2026-01-01T00:00:00Z", "2199-12-31T23:00:00-14:00", "9999-12-31T23:59:59-14:00"]
)
MILESTONES: Final = st.fixed_dictionaries(
    {"milestone": st.just("beta"), "due_at": INSTANTS, "delivered_at": INSTANTS}
)
REQUESTS: Final = st.fixed_dictionaries(
    {
        "contract_value": st.sampled_from(
            [{"amount": amount, "currency": "CNY"} for amount in ("0", "100.00", HUGE)]
        ),
        "rules": st.lists(st.sampled_from(SOUND) | drawing(PaymentRule), min_size=1, max_size=3),
        "values": st.lists(drawing(SupposedValue), max_size=2),
        "milestones": st.lists(MILESTONES, max_size=2),
        "days": st.lists(st.sampled_from(["0001-01-01", "9999-12-31"]), max_size=2),
        "draws": st.sampled_from([1, 2]),
    }
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(request=REQUESTS)
def test_whatever_is_supposed_is_answered_or_refused(request: dict[str, Any]) -> None:
    asked = msgspec.convert(request, SimulationDraft)

    try:
        found = rules.simulate(queries.given(asked, taxes=()), asked, watched=lambda: None)
    except Refusal:
        return
    assert msgspec.json.decode(msgspec.json.encode(found), type=Simulation) == found


@pytest.mark.parametrize("at", ["2026-99-99T99:99:99Z", "0000-01-01T00:00:00Z"])
def test_a_document_with_an_instant_that_never_was_is_unreadable(at: str) -> None:
    fixed = rule("fixed", milestone="done", amount="1.00")
    made = pay(fixed, facts=Facts(milestones=(milestone("done"),)))

    document = msgspec.json.encode(made).replace(b"2026-01-31T16:00:00Z", at.encode())

    with pytest.raises(engine.CalculationUnreadable) as refused:
        engine.recompute(document)
    assert refused.value.faults[0].pointer == "/facts/milestones/0/due_at"
