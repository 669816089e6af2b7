"""What the decisions list is what the code does."""

import re
from typing import Final

from ecosystem import app
from ecosystem.manual import describe
from tests.tidy import HOUSE

PAGE: Final = HOUSE / "docs/decisions/0012-if-match-to-change-what-the-path-names.md"
_PATH: Final = re.compile(r"`(/v1/[\w/{}-]+)`")
ACTS: Final = {
    one.path: one.changes
    for one in describe.operations_of(app.ROUTES)
    if one.method != "GET" and "{" in one.path
}
"""Every request that changes or adds to something named in its path, and whether by If-Match."""


def _excepted() -> list[str]:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return [path for row in rows for path in _PATH.findall(row)]


def test_an_act_asks_for_if_match_or_its_reason_is_written_down() -> None:
    assert {path for path, changes in ACTS.items() if not changes} == set(_excepted())


def test_the_reason_of_an_act_is_written_down_once() -> None:
    assert sorted(set(_excepted())) == sorted(_excepted())


def test_most_acts_that_judge_ask_for_it() -> None:
    assert ACTS["/v1/needs/{need_id}/publication"]
    assert ACTS["/v1/awards/{award_id}/approval"]
    assert ACTS["/v1/payments/{payment_id}/approval"]
