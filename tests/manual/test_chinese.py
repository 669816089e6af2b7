"""Every problem says in Chinese what it says in English: what is wrong, and what would help."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ecosystem
from ecosystem import app
from ecosystem.manual import describe
from ecosystem.runtime import chinese
from ecosystem.runtime.problems import EDGE_TYPES

TYPES = describe.problem_types(describe.operations_of(app.ROUTES))
_HAN = re.compile(r"[\u4e00-\u9fff]")
_HALF_WIDTH = re.compile(r"[\u4e00-\u9fff] ?[,;:!?.()]|[,;:!?] ?[\u4e00-\u9fff]")
_KEPT = re.compile(r"`[^`]+`|(?:GET|POST|PATCH|DELETE) [^\s。，；：、]+|docs/[\w/.-]+|[0-9][0-9,]*")
"""What is the same in every language: names of the interface, addresses, numbers."""


def kept(text: str) -> set[str]:
    """Return what a text must have in every language, but for what ends a sentence."""
    return {one.strip("`").rstrip(".,;:)") for one in _KEPT.findall(text)}


@pytest.mark.parametrize("one", TYPES, ids=lambda one: one.code)
def test_every_problem_has_its_chinese_text(one: describe.ProblemType) -> None:
    said = one.chinese

    assert said is not None, f"chinese.toml lacks [{one.code}]"
    assert _HAN.search(said.title)
    assert said.title[-1] not in "。."
    assert _HAN.search(said.remedy)
    assert said.remedy.endswith("。")
    assert bool(one.meaning) is bool(said.meaning)
    assert _HALF_WIDTH.findall(f"{said.title} {said.remedy} {said.meaning}") == []


@pytest.mark.parametrize("one", TYPES, ids=lambda one: one.code)
def test_the_chinese_text_names_what_the_english_names(one: describe.ProblemType) -> None:
    said = one.chinese

    assert said is not None
    assert kept(said.title) == kept(one.title)
    assert kept(said.remedy) == kept(one.remedy)


def test_no_chinese_text_is_of_a_problem_that_is_none() -> None:
    written = {(room, code) for room in _rooms() for code in chinese.texts(room)}

    known = {(one.__module__.split(".")[1], one.code()) for one in describe.refusals()}
    assert written == known | {("runtime", code) for code in EDGE_TYPES}


def _rooms() -> Iterator[str]:
    (house,) = ecosystem.__path__
    return (path.parent.name for path in Path(house).glob(f"*/{chinese.FILE}"))
