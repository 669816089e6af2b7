"""What is wanted is said as the type declares it, where it is missing, strange or of no form."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from ecosystem.values import wanting
from ecosystem.values.identifiers import NeedId
from ecosystem.values.money import Amount, Money
from ecosystem.values.period import Instant
from ecosystem.values.text import Text

Sum = Annotated[
    str,
    Meta(
        pattern="^[0-9.]+$", description="A decimal string, never negative.", examples=["1234.50"]
    ),
]


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Round(msgspec.Struct, tag="round", forbid_unknown_fields=True):
    radius: Annotated[int, Meta(ge=1, le=9)]


class Square(msgspec.Struct, tag="square", forbid_unknown_fields=True):
    side: int


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    title: Text
    price: Money
    colours: Annotated[tuple[Colour, ...], Meta(min_length=1, max_length=3)] = (Colour.RED,)
    on: date | None = None
    shape: Round | Square | None = None
    values: Annotated[dict[Annotated[str, Meta(max_length=3)], int], Meta(max_length=2)] = {}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (NeedId, "an identifier of a need, such as `need_0190f3c2a1b070008000000000000001`"),
        (Sum, "a decimal string, never negative, such as `1234.50`"),
        (
            Amount,
            (
                "a decimal string, never negative, of at most 18 digits before the point, "
                "no finer than the currency allows, such as `1234.50`"
            ),
        ),
        (Colour | None, "one of `green`, `red` or null"),
        (Literal["x"], "`x`"),
        (Instant, "an instant with its offset from UTC, such as `2026-03-01T09:00:00Z`"),
        (date, "a date such as `2026-03-01`"),
        (bool, "true or false"),
        (Annotated[int, Meta(ge=1, le=100)], "a whole number from 1 to 100"),
        (Annotated[str, Meta(min_length=1, max_length=300)], "text of 1 to 300 characters"),
        (Annotated[tuple[int, ...], Meta(max_length=7)], "a list of at most 7 items"),
        (Money, "an object with the fields `amount`, `currency`"),
        (Round | Square, "an object whose `type` is one of `round`, `square`"),
    ],
)
def test_a_type_is_said_in_words(kind: Any, words: str) -> None:
    assert wanting.of(kind) == words


def test_of_many_values_the_first_are_listed_and_the_others_counted() -> None:
    many = StrEnum("many", [f"n{number}" for number in range(10, 60)])  # type: ignore[misc]

    assert wanting.of(many).endswith("`n39` and 20 more")


@pytest.mark.parametrize(
    ("changed", "pointer", "said"),
    [
        ({"on": "soon"}, "/on", "must be a date such as `2026-03-01` or null"),
        ({"colours": ["red", "blue"]}, "/colours/1", "must be one of `green`, `red`"),
        ({"colours": []}, "/colours", "must be a list of 1 to 3 items"),
        ({"shape": {"type": "round", "radius": 0}}, "/shape/radius", "must be a whole number"),
        ({"shape": {"type": "oval"}}, "/shape/type", "must be `round` or `square`"),
        ({"price": {"amount": "1"}}, "/price", "lacks `currency`, which must be an ISO 4217 code"),
        ({"size": 1}, "", "has a field 'size' that is not known here; known: `title`, `price`"),
        ({"title": {}}, "/title", "is refused: give the text in `zh`, in `en`, or in both"),
        ({"values": {"long": 1}}, "/values", "has a name that must be text of at most 3"),
        ({"values": {"a": "b"}}, "/values/...", "must be a whole number"),
    ],
)
def test_a_misfit_is_named_with_its_place(changed: dict[str, Any], pointer: str, said: str) -> None:
    thing = {"title": {"en": "A"}, "price": {"amount": "1", "currency": "CNY"}, **changed}

    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.json.decode(msgspec.json.encode(thing), type=Thing)
    found = wanting.misfit(error.value, Thing)

    assert found.pointer == pointer
    assert found.said.startswith(said)
