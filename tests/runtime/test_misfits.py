"""What is said of a body that does not fit: bounded, and no more of it than it is for."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from jsonschema import Draft202012Validator
from msgspec import Meta

from ecosystem.runtime import misfits
from ecosystem.values import wanting


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    code: str


class Body(msgspec.Struct, forbid_unknown_fields=True):
    one: Inner | None = None
    values: dict[str, Annotated[int, Meta(ge=0)]] = {}


LONG = "n" * 3_000


def test_one_object_with_many_strange_fields_has_fifty_faults() -> None:
    seen, checked = (
        Counting({f"strange_{index}": index for index in range(10_000)}) for _ in range(2)
    )
    list(Draft202012Validator(wanting.schema_of(Body)).iter_errors(checked))

    found = misfits.faults(Body, seen)

    assert len(found) == 50
    assert seen.yielded <= checked.yielded + 51


class Counting(dict[str, int]):
    """Counts how many names whoever goes through them has been told."""

    yielded = 0

    def __iter__(self) -> Iterator[str]:
        """Yield each name."""
        for name in super().__iter__():
            self.yielded += 1
            yield name


def test_a_long_name_is_cut_in_place_and_words() -> None:
    found = misfits.faults(Body, {"values": {LONG: -1}, LONG: 1})

    assert {one.pointer for one in found} == {"", f"/values/{'n' * 60}"}
    assert all(len(one.detail) < 300 for one in found)


def test_of_what_is_kept_quiet_no_name_comes_back_that_was_sent() -> None:
    sent = {"values": {"secret_price_9": -1}, "secret_field": 1, "one": {"secret_inner": 2}}

    found = misfits.faults(Body, sent, quiet=True)

    assert {one.pointer for one in found} == {"", "/one", "/values"}
    assert not any("secret" in one.pointer + one.detail for one in found)
    assert any("known: `one`, `values`" in one.detail for one in found)
