"""The whole line, shown: from a budget to what the auditor reads."""

from tests.journeys.conftest import Journey


def test_every_step_of_the_partnership_is_taken(journey: Journey) -> None:
    assert len(journey.said) == 15


def test_what_is_paid_is_what_the_rules_say_to_the_cent(journey: Journey) -> None:
    # 5 % of 11,200,000.00 less 3 % retention; then (95.5 - 85) / (98 - 85) of 3 %, less 3 %.
    assert journey.world.facts["paid, bank-2027-0001"] == "543,200.00 CNY"
    assert journey.world.facts["paid, bank-2027-0002"] == "263,243.08 CNY"


def test_the_budget_is_committed_then_obligated_then_spent(journey: Journey) -> None:
    assert "11,200,000.00 committed" in journey.said["Award, approved by another"][1]
    assert "11,200,000.00 obligated" in journey.said["The contract, signed by all"][-1]
    assert "806,443.08 spent" in journey.said["An outcome, verified, is paid"][-1]


def test_the_auditor_computes_every_payment_again(journey: Journey) -> None:
    said = journey.said["The auditor looks back"]

    assert "It computes the 4 payments again, offline: 4 are identical." in said


def test_the_auditor_sees_the_milestone_as_it_was_on_any_day(journey: Journey) -> None:
    call, there = journey.world.caller, f"/v1/milestones/{journey.world.ids['milestone']}"
    events = call.get(f"{there}/history", "auditor/auditor")["data"]
    states = {
        one["type"]: call.get(there, "auditor/auditor", as_of=one["recorded_at"])["state"]
        for one in events
    }

    assert states == {
        "milestone.planned": "planned",
        "milestone.submitted": "submitted",
        "milestone.accepted": "accepted",
    }


def test_the_same_holds_for_positions_of_the_log(journey: Journey) -> None:
    call, there = journey.world.caller, f"/v1/milestones/{journey.world.ids['milestone']}"
    events = call.get(f"{there}/history", "auditor/auditor")["data"]
    seen = [
        call.get(there, "auditor/auditor", as_of=f"position:{one['position']}")["version"]
        for one in sorted(events, key=lambda one: int(one["position"]))
    ]

    assert seen == [1, 2, 3]
