"""`ecosystem assessments recompute` believes nothing that an assessment says of its score."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ecosystem.assessments.model import Assessment, AssessmentState
from ecosystem.assessments.scoring import score
from ecosystem.cli.main import main
from ecosystem.runtime.minting import mint
from tests.assessments.test_scoring import PROGRAMME, whole
from tests.budgets.builders import AT

SCORED = score(whole("80"))
STATED = Assessment(
    id=mint("assessment", authority=7), version=2, state=AssessmentState.SELF_ASSESSED,
    authority_number=7, programme_id=PROGRAMME, contract_id=None, fiscal_year=2026,
    reviewer_id=mint("org", authority=7),
    points_min=SCORED.score.points_min, points_max=SCORED.score.points_max,
    grade=SCORED.score.grade, recommendation=None, published_at=None, opened_at=AT,
    statement=None, assessed_by=None, assessed_at=None, scored=SCORED,
    digest=hashlib.sha256(msgspec.json.encode(SCORED)).hexdigest(), reviewed_by=None,
    review_reason=None, reviewed_at=None, published_by=None, reply=None, replied_at=None,
)  # fmt: skip


def _again(folder: Path, stated: Assessment) -> int:
    file = folder / "assessment.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(stated)))
    return main(["assessments", "recompute", str(file)])


def test_what_is_computed_again_is_identical_however_it_is_printed(tmp_path: Path) -> None:
    assert _again(tmp_path, STATED) == 0


@pytest.mark.parametrize(
    "forged",
    [
        {"points_max": "99"},
        {"points_min": "1"},
        {"grade": "not_demonstrated"},
        {"digest": "0" * 64},
        {"scored": score(whole("90"))},
    ],
    ids=["most", "least", "grade", "digest", "scored"],
)
def test_a_single_word_that_is_not_computed_is_found_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], forged: dict[str, Any]
) -> None:
    assert _again(tmp_path, msgspec.structs.replace(STATED, **forged)) == 1
    assert capsys.readouterr().out.endswith("it states another score\n")
