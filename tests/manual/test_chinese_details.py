"""What is wrong this time is told in Chinese too, by the sentences that stand in the source."""

import re
from pathlib import Path

import pytest

import ecosystem
from ecosystem.manual import describe
from ecosystem.runtime import chinese
from tests.manual.sentences import blanks, sentences

REFUSALS = {one.code(): one for one in describe.refusals()}
(_HOUSE,) = ecosystem.__path__
SENTENCES = sentences(Path(_HOUSE), codes={one.__name__: code for code, one in REFUSALS.items()})


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


def test_a_sentence_that_nobody_knows_stays_as_it_is() -> None:
    assert chinese.detail("needs", "need_missing", "It fell behind the shelf.") is None
    assert chinese.detail("needs", "no_such_code", "No such need is published.") is None


def test_most_refusals_say_what_is_wrong_where_they_are_made() -> None:
    assert len(SENTENCES) > len(REFUSALS) * 0.9
