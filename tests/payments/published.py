"""The worked examples of `../shared/data/payments`, each as rules, facts and what must come out."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.payments.calculation import Calculation, Facts, RuleTotal
from ecosystem.payments.shapes import plain
from tests.payments.builders import milestone, observation, rule
from tests.shared import shared_file

Example = dict[str, Any]
GRADES = ("poor", "fair", "good", "excellent")
_FILE = "data/payments/examples.json"


@dataclass(frozen=True)
class Published:
    """One example, or one case of it."""

    id: str
    rules: tuple[PaymentRule, ...]
    facts: Facts
    shape: str
    """Of the lines that say `expected`."""
    expected: tuple[str, ...]
    value: str = "10000000"

    def said(self, calculation: Calculation) -> tuple[str, ...]:
        """Return what a calculation says where the example says `expected`."""
        if self.shape == "waterfall":
            return tuple(f"{one.claim} {plain(Decimal(one.amount))}" for one in shared(calculation))
        return tuple(one.unrounded for one in calculation.lines if one.shape == self.shape)


def supposed(case: Published) -> dict[str, Any]:
    """Return what is asked of a simulation, so that its last step is the example.

    What an example says was certified before becomes a milestone of the step before.
    """
    rules, milestones = [*case.rules], [*case.facts.milestones]
    asked = [_dated(one.milestone, "2026-01-31") for one in milestones]
    if case.facts.before:
        rules.append(
            rule("fixed", code="earlier", milestone="earlier", amount=case.facts.certified_before)
        )
        asked += [_dated(code, "2026-01-01") for code in ("start", "earlier")]
    return {
        "rules": msgspec.to_builtins(rules),
        "contract_value": {"amount": case.value, "currency": "CNY"},
        "milestones": asked,
        "values": [
            {
                "metric": one.metric,
                "periods": [msgspec.to_builtins(one.period)],
                "value": {"kind": "single", "value": one.value},
            }
            for one in case.facts.observations
        ],
    }


def _dated(code: str, day: str) -> dict[str, str]:
    return {"milestone": code, "due_at": "2026-01-31T16:00:00Z", "delivered_at": f"{day}T00:00:00Z"}


def shared(calculation: Calculation) -> Iterator[Any]:
    """Yield what claims get, without the rest, which is the supplier's."""
    return (one for one in calculation.assigned if one.claim != "supplier")


def examples() -> list[Example]:
    """Return the examples as they are published, or skip the test."""
    found: list[Example] = json.loads(shared_file(_FILE).read_text(encoding="utf-8"))["examples"]
    return found


def cases() -> list[Published]:
    """Return every case of every example, or skip the test."""
    return [case for example in examples() for case in MADE[example["shape"]](example)]


def _of_metric(example: Example, value: str, expected: str, **more: Any) -> Published:
    shape = example["shape"]
    made = rule(shape, metric="metric", **example.get("parameters", {}), **more)
    facts = Facts(observations=(observation(value),))
    return Published(example["id"], (made,), facts, shape, (_exact(expected),))


def _exact(text: str) -> str:
    return plain(Decimal(text))


def _points(example: Example) -> list[Published]:
    count = str(example["facts"]["points"])
    return [_of_metric(example, count, f"-{example['deduction']}")]


def _excess_days(example: Example) -> list[Published]:
    return [_of_metric(example, str(example["facts"]["days"]), f"-{example['deduction']}")]


def _slab(example: Example) -> list[Published]:
    return [
        _of_metric(example, case["value"], case["pays"], share_of="1") for case in example["cases"]
    ]


def _gain_pain(example: Example) -> list[Published]:
    return [_of_metric(example, example["facts"]["cost"], example["pays"])]


def _service_credit(example: Example) -> list[Published]:
    steps = [{"worse_than": "99.9", "rate": example["parameters"]["credit_rate"]}]
    parts = {"direction": "higher", "charge": example["facts"]["charge"], "steps": steps}
    bare = {key: part for key, part in example.items() if key != "parameters"}
    return [_of_metric(bare, "99.8", f"-{example['deduction']}", **parts)]


def _linear(example: Example) -> list[Published]:
    return [_of_metric(example, example["facts"]["value"], example["pays"])]


def _savings(example: Example) -> list[Published]:
    facts = example["facts"]
    assert facts["paid_before"] == "0"
    return [_of_metric(example, facts["savings"], example["pays"], maximum="10000000")]


def _indicator(example: Example) -> list[Published]:
    return [_of_metric(example, example["facts"]["actual"], example["score"], per_point="1")]


def _grade(example: Example) -> list[Published]:
    bands = [
        {"from": edge, "pays": str(GRADES.index(grade))}
        for edge, grade in (("60", "fair"), ("80", "good"), ("90", "excellent"))
    ]
    pays = str(GRADES.index(example["grade"]))
    score = example["facts"]["score"]
    return [_of_metric({"id": example["id"], "shape": "slab"}, score, pays, bands=bands)]


def _waterfall(example: Example) -> list[Published]:
    claims = [{"code": code, "amount": amount} for code, amount in example["parameters"]["claims"]]
    cash = rule("fixed", milestone="cash", amount=example["facts"]["cash"])
    expected = tuple(f"{code} {amount}" for code, amount in example["pays"])
    facts = Facts(milestones=(milestone("cash"),))
    rules = (cash, rule("waterfall", claims=claims))
    return [Published(example["id"], rules, facts, "waterfall", expected)]


def _advance(example: Example) -> list[Published]:
    gross, net = (_recovery(example, base) for base in ("gross", "net"))
    return [
        Published(*gross, "advance", (_exact(f"-{example['recovery']}"),), "5000000"),
        Published(*net, "advance", ("-22500",), "5000000"),
    ]


def _recovery(example: Example, base: str) -> tuple[str, tuple[PaymentRule, ...], Facts]:
    """Return a certificate under an advance that is paid, and a retention of a tenth."""
    given, facts = example["parameters"], example["facts"]
    parts = {key: given[key] for key in ("rate", "starts_after")}
    advance = rule(
        "advance", milestone="start", amount=given["advance"], base=base, first="this", **parts
    )
    releases = [{"milestone": "end", "share": "1"}]
    held = rule("retention", rate="0.1", limit="500000", releases=releases)
    work = rule("fixed", milestone="work", amount=facts["certificate"])
    outstanding = Decimal(given["advance"]) - Decimal(facts["recovered"])
    known = Facts(
        milestones=(milestone("work"),),
        before=(RuleTotal(rule="advance", amount=str(outstanding)),),
        certified_before=facts["certified_before"],
    )
    return example["id"], (advance, held, work), known


MADE: dict[str, Callable[[Example], list[Published]]] = {
    "points": _points,
    "excess_days": _excess_days,
    "slab": _slab,
    "gain_pain": _gain_pain,
    "service_credit": _service_credit,
    "advance": _advance,
    "linear": _linear,
    "savings_share": _savings,
    "waterfall": _waterfall,
    "indicator": _indicator,
    "grade": _grade,
}
