"""Ten thousand contests for each price formula: what the manual says of them is what is counted."""

import json
import re
from typing import Final

import pytest

from ecosystem.awards.formulas import Formula
from ecosystem.cli.main import main
from tests.tidy import HOUSE

CONTESTS: Final = 10_000
_ROW: Final = re.compile(r"^\| (`[^|]*?) \| ([\d,]+) \|", re.MULTILINE)


def told() -> dict[str, int]:
    """Return what the manual of auditors says of each formula."""
    page = (HOUSE / "docs/auditor/README.md").read_text(encoding="utf-8")
    rows = [(re.findall(r"`(.+?/1)`", names), count) for names, count in _ROW.findall(page)]
    return {name: int(count.replace(",", "")) for names, count in rows for name in names}


def test_no_losing_offer_ever_turns_the_others_under_a_default_formula(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["evaluations", "reversals", "--contests", str(CONTESTS), "--json"]) == 0

    counted = json.loads(capsys.readouterr().out)

    assert counted["contests"] == CONTESTS
    assert {name for name, turned in counted["reversals"].items() if not turned} == {
        str(formula) for formula in Formula if not formula.is_relative
    }
    assert counted["reversals"] == told()
