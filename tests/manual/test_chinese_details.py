"""What is wrong this time is told in Chinese too, by the sentences that stand in the source."""

import re
from pathlib import Path

import pytest

import ecosystem
from ecosystem.manual import describe
from ecosystem.runtime import chinese
from tests.manual.sentences import blanks, faults, sentences, written

REFUSALS = {one.code(): one for one in describe.refusals()}
(_HOUSE,) = ecosystem.__path__
SENTENCES = sentences(Path(_HOUSE), codes={one.__name__: code for code, one in REFUSALS.items()})
COMPOSED = {
    "It {0}.", "Line {0}: {1}", "The need is {0}. {1}", "{0} {1}", "{0} {1}.", "{0}...",
    "{0}:{1}:{2}: {3}",
}  # fmt: skip
"""Sentences put together of others, which are told by their parts; but one that is cut short, and
one that the command line alone says of a place in a file."""


def details(code: str) -> dict[str, str]:
    return chinese.texts(chinese.room_of(REFUSALS[code]))[code].details


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_sentence_of_a_refusal_has_its_chinese_one(code: str) -> None:
    assert details(code).keys() == SENTENCES.get(code, set())


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_chinese_sentence_has_the_blanks_of_the_english(code: str) -> None:
    for english, sentence in details(code).items():
        assert blanks(sentence) == blanks(english)
        assert re.search(r"[\u4e00-\u9fff]", sentence) or not re.search("[a-z]{2}", english)


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_sentence_is_known_again_with_its_values(code: str) -> None:
    room = chinese.room_of(REFUSALS[code])
    for english, sentence in details(code).items():
        values = {blank: f"w{number}q" for number, blank in enumerate(sorted(blanks(english)))}

        told = chinese.detail(room, code, _filled(english, values))

        assert told == _filled(sentence, values)


def _filled(text: str, values: dict[str, str]) -> str:
    return chinese.BLANK.sub(lambda blank: values[blank[0]], text)


def test_every_fault_of_a_place_has_its_chinese_sentence() -> None:
    known = chinese.faults()

    assert faults(Path(_HOUSE)) - known.keys() - COMPOSED == set()
    assert known.keys() - written(Path(_HOUSE)) == set()
    assert known.keys() & COMPOSED == COMPOSED - faults(Path(_HOUSE)) == set()


@pytest.mark.parametrize("english", sorted(chinese.faults()))
def test_a_fault_is_known_again_with_its_values(english: str) -> None:
    sentence = chinese.faults()[english]
    values = {blank: f"w{number}q" for number, blank in enumerate(sorted(blanks(english)))}

    assert blanks(sentence) == blanks(english)
    assert chinese.fault(_filled(english, values)) == _filled(sentence, values)
    assert re.search(r"[\u4e00-\u9fff]", sentence)
    assert sentence.endswith("。")
    assert re.findall(r"[\u4e00-\u9fff] ?[,;:!?.()]|[,;:!?] ?[\u4e00-\u9fff]", sentence) == []


def test_a_fault_of_a_line_is_told_with_its_line() -> None:
    assert chinese.fault("Line 3: Give the price.") == "第 3 行：请给出价格。"
    assert chinese.fault("Line 3: It fell.") is None


def test_a_composed_fault_is_told_by_its_parts() -> None:
    draft = REFUSALS["not_draft"]
    row = "Line 3: row 4 of the batch says 12. Leave one of the two rows out."

    assert chinese.told("not_draft", f"The need is published. {draft.remedy}") == (
        "该需求的状态为 published。已发布的需求可以修订或取消，不能再次发布。"
    )
    assert chinese.told("observation_differs", row) == (
        "第 3 行：该批次第 4 条的值为 12。请去掉两条中的一条。"
    )
    form = "/value must be an RFC 3339 instant in UTC"
    assert chinese.told("invalid", form) == "/value 必须是 UTC 的 RFC 3339 时刻"
    assert chinese.told("invalid", "It must be an RFC 3339 instant in UTC.") == (
        "此处必须是 UTC 的 RFC 3339 时刻。"
    )
    assert chinese.told("invalid", "It fell.") is None


def test_a_sentence_that_nobody_knows_stays_as_it_is() -> None:
    assert chinese.detail("needs", "need_missing", "It fell behind the shelf.") is None
    assert chinese.detail("needs", "no_such_code", "No such need is published.") is None


def test_most_refusals_say_what_is_wrong_where_they_are_made() -> None:
    assert len(SENTENCES) > len(REFUSALS) * 0.9
