"""What is sent and answered is described exactly: whatever a route comes to say of itself."""

from typing import Any

import pytest
from msgspec import inspect

from ecosystem import app
from ecosystem.manual import describe
from ecosystem.runtime.operation import Operation
from ecosystem.sandbox import routes as sandbox
from tests.types_sent import types_within

OPERATIONS = describe.operations_of([*app.ROUTES, *sandbox.ROUTES])
COMPONENTS: dict[str, dict[str, Any]] = describe.description(OPERATIONS, examples={})["components"][
    "schemas"
]
NAMED = pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)


@NAMED
def test_an_instant_that_is_sent_has_an_offset(one: Operation) -> None:
    instants = [found for found in _sent(one) if isinstance(found, inspect.DateTimeType)]

    assert [found for found in instants if not found.tz] == []


@NAMED
def test_every_list_that_is_sent_is_bounded(one: Operation) -> None:
    lists = [
        found for found in _sent(one) if isinstance(found, inspect.ListType | inspect.VarTupleType)
    ]

    assert [found for found in lists if found.max_length is None] == []


@NAMED
def test_every_number_that_is_sent_is_bounded(one: Operation) -> None:
    numbers = [found for found in _sent(one) if isinstance(found, inspect.IntType)]

    assert [found for found in numbers if found.ge is None or found.le is None] == []
    assert not any(isinstance(found, inspect.FloatType | inspect.AnyType) for found in _sent(one))


def test_every_instant_is_described_as_one() -> None:
    described = {
        f"{name}.{field}"
        for name, component in COMPONENTS.items()
        for field, schema in component.get("properties", {}).items()
        if (field.endswith("_at") or field == "now")
        and not any(
            one.keys() & {"format", "pattern"} for one in (schema, *schema.get("anyOf", ()))
        )
    }

    assert described == set()


def _sent(one: Operation) -> list[inspect.Type]:
    return types_within(one.body, *one.queries.values())
