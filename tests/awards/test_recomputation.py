"""A published evaluation is computed again offline, and formulas show what they do."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ecosystem.awards.evaluation import rules
from ecosystem.awards.formulas import Formula
from ecosystem.awards.schemas import Evaluation
from ecosystem.cli.main import main
from ecosystem.needs.model import OfferKind
from tests.awards.contests import contest


@pytest.fixture
def published() -> Evaluation:
    bids = {"A": ("70", "40"), "B": ("91", "48")}
    lots = tuple(
        rules.ranked(OfferKind.DELIVERY, contest(bids, formula=formula), of_round=1)
        for formula in (Formula.ABSOLUTE_CEILING, Formula.LOWEST_RATIO)
    )
    return Evaluation(
        need_id="need_018f0000000070008000000000000001",
        round=1,
        unsuccessful=(),
        evaluated_at=datetime(2027, 3, 1, tzinfo=UTC),
        contests=lots,
        digest=rules.digest(one.digest for one in lots),
    )


def test_what_was_published_is_ranked_again_offline_to_the_same_digest(
    published: Evaluation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "evaluation.json"
    file.write_bytes(msgspec.json.encode(published))

    assert main(["evaluations", "recompute", str(file)]) == 0

    said = capsys.readouterr().out
    assert f"digest {published.digest}" in said
    assert said.endswith("identical\n")


def test_a_changed_price_changes_ranking_and_digest_and_each_place_is_named(
    published: Evaluation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "evaluation.json"
    file.write_bytes(msgspec.json.encode(published).replace(b'"price":"70"', b'"price":"99"', 1))

    assert main(["evaluations", "recompute", str(file), "--json"]) == 1

    found = json.loads(capsys.readouterr().out)
    places = {one["pointer"] for one in found["differences"]}
    assert not found["identical"]
    assert {"/digest", "/contests/0/digest", "/contests/0/ranking/ranked/1/points"} <= places
    assert not any(place.startswith("/contests/1") for place in places)


def test_what_is_no_evaluation_is_refused_by_what_would_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "other.json"
    file.write_text("{}", encoding="utf-8")

    assert main(["evaluations", "recompute", str(file)]) == 1
    assert main(["evaluations", "recompute", str(tmp_path / "absent.json")]) == 1

    said = capsys.readouterr().err
    assert "GET /v1/needs/{need_id}/evaluation" in said
    assert "cannot be read" in said


def test_losing_offers_turn_the_order_of_others_under_relative_formulas_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["evaluations", "reversals", "--contests", "200", "--json"]) == 0

    turned = json.loads(capsys.readouterr().out)["reversals"]
    assert turned["absolute_ceiling/1"] == turned["quality_to_price/1"] == 0
    assert turned["spread/1"] > turned["mean/1"] > 0
