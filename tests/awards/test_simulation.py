"""Imagined offers are ranked as real ones are, and show what a losing one changes."""

from typing import Any

import httpx
import msgspec
import pytest

from ecosystem.awards.evaluation.simulation import SimulationDraft, simulate
from ecosystem.awards.soundness import CriteriaUnsound, ScoresMissing
from tests.parties import bearer


def draft(formula: str = "lowest_ratio/1", **changes: Any) -> dict[str, Any]:
    """Two offers, and a cheap one without quality, which under a relative formula decides."""
    bids = {"a": ("70", "40"), "b": ("91", "48"), "c": ("53", "12")}
    return {
        "currency": "CNY",
        "ceiling": "200",
        "criteria": [
            {"kind": "price", "code": "price", "weight": "40", "formula": formula},
            {"kind": "quality", "code": "quality", "weight": "60", "raw_max": "60"},
        ],
        "offers": [
            {"name": name, "price": price, "quality": [{"code": "quality", "score": quality}]}
            for name, (price, quality) in bids.items()
        ],
    } | changes


def asked(*arguments: str, **changes: Any) -> SimulationDraft:
    return msgspec.convert(draft(*arguments, **changes), SimulationDraft)


def test_a_losing_offer_is_shown_to_choose_between_two_by_a_relative_formula_alone() -> None:
    relative, absolute = simulate(asked()), simulate(asked("absolute_ceiling/1"))

    turned = {one.name: (one.changes_order, one.changes_winner) for one in relative.without}
    assert relative.formula_is_relative
    assert turned["c"] == (True, True)
    assert not absolute.formula_is_relative
    assert not any(one.changes_order for one in absolute.without)
    assert [one.name for one in absolute.ranked] == ["b", "a", "c"]


def test_what_could_not_be_evaluated_is_not_simulated_either() -> None:
    with pytest.raises(CriteriaUnsound):
        simulate(asked(criteria=draft()["criteria"][:1]))
    with pytest.raises(ScoresMissing):
        simulate(asked(offers=[{"name": "a", "price": "70"}]))


async def test_anyone_with_a_token_simulates_and_nothing_is_kept(
    client: httpx.AsyncClient,
) -> None:
    headers = await bearer(client, "city", "officer")

    shown = await client.post("/v1/evaluation-simulations", json=draft(), headers=headers)
    unsound = await client.post(
        "/v1/evaluation-simulations", json=draft() | {"ceiling": "0"} | {"criteria": []},
        headers=headers,
    )  # fmt: skip
    without = await client.post("/v1/evaluation-simulations", json=draft())

    assert shown.status_code in {200, 201}, shown.text
    assert [one["rank"] for one in shown.json()["ranked"]] == [1, 2, 3]
    assert (unsound.status_code, without.status_code) == (400, 401)
