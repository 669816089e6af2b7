"""What would break a client is found, and what would not is left alone."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ecosystem.cli.compatibility import breaks

RELEASED: dict[str, Any] = {
    "paths": {
        "/needs": {
            "post": {
                "parameters": [
                    {
                        "in": "query",
                        "name": "limit",
                        "required": False,
                        "schema": {"type": "integer", "minimum": 1, "maximum": 100},
                    }
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Draft"}}
                    },
                },
                "responses": {
                    "201": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Need"}}
                        }
                    },
                    "409": {},
                },
                "security": [{"oauth": ["needs:draft"]}],
            }
        }
    },
    "components": {
        "schemas": {
            "Draft": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "minLength": 1, "maxLength": 300},
                    "lots": {"type": "array", "items": {"$ref": "#/components/schemas/Lot"}},
                    "kind": {"enum": ["a", "b"]},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
                "required": ["title"],
                "additionalProperties": False,
            },
            "Lot": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Lot"}},
                },
                "required": ["code"],
                "additionalProperties": False,
            },
            "Need": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "state": {"enum": ["draft", "published"]},
                    "ends_at": {"type": "string", "format": "date-time"},
                },
                "required": ["id", "state", "ends_at"],
            },
        }
    },
}
Change = Callable[[dict[str, Any]], Any]


def _operation(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/needs"]["post"]
    return found


def _type(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def _field(document: dict[str, Any], name: str, field: str) -> dict[str, Any]:
    found: dict[str, Any] = _type(document, name)["properties"][field]
    return found


def _limit(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _operation(document)["parameters"][0]
    return found


_NEW_HEADER = {"in": "header", "name": "If-Match", "required": True, "schema": {"type": "string"}}
BREAKING: list[tuple[str, Change, str]] = [
    ("a path is gone", lambda d: d["paths"].clear(), "POST /needs is gone."),
    ("a method is gone", lambda d: d["paths"]["/needs"].clear(), "POST /needs is gone."),
    (
        "a parameter is gone",
        lambda d: _operation(d)["parameters"].clear(),
        "the query parameter limit is gone",
    ),
    (
        "a parameter is new and required",
        lambda d: _operation(d)["parameters"].append(_NEW_HEADER),
        "the header parameter If-Match is now required",
    ),
    (
        "a parameter is required now",
        lambda d: _limit(d).update(required=True),
        "the query parameter limit is now required",
    ),
    ("a bound is lower", lambda d: _limit(d)["schema"].update(maximum=50), "maximum 50"),
    ("a bound is higher", lambda d: _limit(d)["schema"].update(minimum=5), "minimum 5"),
    ("a bound is new", lambda d: _field(d, "Lot", "code").update(maxLength=9), "maxLength 9"),
    ("a pattern is new", lambda d: _field(d, "Lot", "code").update(pattern="^x"), "pattern ^x"),
    (
        "a field that was sent is gone",
        lambda d: _type(d, "Draft")["properties"].pop("kind"),
        "the body.kind is gone",
    ),
    (
        "a field must be sent now",
        lambda d: _type(d, "Draft")["required"].append("kind"),
        "the body.kind is now required",
    ),
    (
        "a value is no longer taken",
        lambda d: _field(d, "Draft", "kind")["enum"].remove("b"),
        "the body.kind is never 'b' now",
    ),
    (
        "null is no longer taken",
        lambda d: _field(d, "Draft", "note")["anyOf"].pop(),
        "the body.note is no longer taken as null",
    ),
    ("a status is gone", lambda d: _operation(d)["responses"].pop("409"), "answers 409 no longer"),
    (
        "a media type is gone",
        lambda d: _operation(d)["responses"]["201"]["content"].clear(),
        "the 201 comes as application/json no longer",
    ),
    (
        "a field that was answered is gone",
        lambda d: _type(d, "Need")["properties"].pop("ends_at"),
        "the 201.ends_at is gone",
    ),
    (
        "a field may be absent now",
        lambda d: _type(d, "Need")["required"].remove("ends_at"),
        "the 201.ends_at may now be absent",
    ),
    (
        "a field has another type",
        lambda d: _field(d, "Need", "ends_at").update(type="integer"),
        "the 201.ends_at was string and is integer",
    ),
    (
        "a value is never answered now",
        lambda d: _field(d, "Need", "state")["enum"].remove("published"),
        "the 201.state is never 'published' now",
    ),
    (
        "null may be answered now",
        lambda d: _type(d, "Need")["properties"].update(
            ends_at={"anyOf": [{"type": "string"}, {"type": "null"}]}
        ),
        "the 201.ends_at may now come as null",
    ),
    (
        "another scope is needed",
        lambda d: _operation(d).update(security=[{"oauth": ["needs:write"]}]),
        "oauth needs:draft no longer suffices",
    ),
    (
        "one scope more is needed",
        lambda d: _operation(d)["security"][0]["oauth"].append("needs:write"),
        "oauth needs:draft no longer suffices",
    ),
    (
        "other media are sent",
        lambda d: _operation(d)["requestBody"].update(content={"text/plain": {"schema": {}}}),
        "takes application/json no longer",
    ),
]
HARMLESS: list[tuple[str, Change]] = [
    ("nothing", lambda _: None),
    ("a path is new", lambda d: d["paths"].update({"/lots": d["paths"]["/needs"]})),
    ("a bound is wider", lambda d: _limit(d)["schema"].update(maximum=500)),
    ("a bound is gone", lambda d: _limit(d)["schema"].pop("minimum")),
    (
        "a field may be sent",
        lambda d: _type(d, "Draft")["properties"].update(more={"type": "string"}),
    ),
    ("a field need not be sent", lambda d: _type(d, "Draft")["required"].clear()),
    ("a value is taken too", lambda d: _field(d, "Draft", "kind")["enum"].append("c")),
    (
        "a field is answered too",
        lambda d: _type(d, "Need")["properties"].update(more={"type": "string"}),
    ),
    ("a status is new", lambda d: _operation(d)["responses"].update({"410": {}})),
    ("no token is needed too", lambda d: _operation(d)["security"].append({})),
    ("no token is needed at all", lambda d: _operation(d).update(security=[{}])),
    ("any token will do", lambda d: _operation(d).update(security=[{"oauth": []}])),
    ("more is described", lambda d: _type(d, "Need").update(description="A need.")),
]


@pytest.mark.parametrize(
    ("change", "told"), [(one[1], one[2]) for one in BREAKING], ids=[one[0] for one in BREAKING]
)
def test_a_change_that_breaks_clients_is_told_once(change: Change, told: str) -> None:
    now = copy.deepcopy(RELEASED)
    change(now)

    found = breaks(RELEASED, now)

    assert len(found) == 1
    assert told in found[0]


@pytest.mark.parametrize("change", [one[1] for one in HARMLESS], ids=[one[0] for one in HARMLESS])
def test_a_change_that_breaks_nobody_is_not_told(change: Change) -> None:
    now = copy.deepcopy(RELEASED)
    change(now)

    assert breaks(RELEASED, now) == []


def test_a_token_that_was_not_needed_is_told() -> None:
    released = copy.deepcopy(RELEASED)
    _operation(released)["security"] = [{}, {"oauth": []}]

    assert breaks(released, RELEASED) == [
        "POST /needs: no token no longer suffices.",
        "POST /needs: oauth no longer suffices.",
    ]


def test_a_body_that_was_not_needed_is_told() -> None:
    released = copy.deepcopy(RELEASED)
    _operation(released)["requestBody"]["required"] = False

    assert breaks(released, RELEASED) == ["POST /needs: a body is now required."]


def test_an_object_that_took_other_fields_and_no_longer_does_is_told() -> None:
    released = copy.deepcopy(RELEASED)
    del _type(released, "Draft")["additionalProperties"]

    assert breaks(released, RELEASED) == ["POST /needs: the body takes no other fields now."]
