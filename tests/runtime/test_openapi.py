"""The published description is valid, complete, and the same wherever it is made."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from litestar import Response
from litestar.params import QueryParameter
from msgspec import Meta
from openapi_spec_validator import OpenAPIV31SpecValidator

from ecosystem import app, values
from ecosystem.manual import describe
from ecosystem.runtime import openapi
from ecosystem.runtime.operation import Operation
from ecosystem.runtime.web import Call, get
from ecosystem.values.page import Page
from ecosystem.values.permit import Permit
from ecosystem.values.refusal import Kind, Refusal
from ecosystem.values.scopes import SCOPES

OPERATIONS = describe.operations_of(app.ROUTES)
DOCUMENT = describe.description(OPERATIONS, examples={})
_PRINTS_ITS_DIGEST = """
import hashlib
from ecosystem.cli import documents
from pathlib import Path
text = documents.pretty(documents.description(Path("/nonexistent")))
print(hashlib.sha256(text.encode()).hexdigest())
"""


class Doubted(Refusal):
    """The thing is doubted."""

    kind = Kind.CONFLICT
    remedy = "Believe in it."


class Thing(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A thing."""

    name: str
    """What it is called."""
    parts: tuple[str, ...] = ()


Maker = Annotated[str, Meta(max_length=9, description="A name of somebody.")]


@get("/v1/things", permit=Permit(act="read things"), answers=Page[Thing])
async def list_things(
    request: Call,
    maker: Annotated[Maker | None, QueryParameter(description="Only things of this maker.")] = None,
) -> Response[bytes]:
    """List things."""
    return request.answer({"data": [], "maker": maker})


(reading_things,) = describe.operations_of([list_things])


def operation(**changed: Any) -> Operation:
    """Return an operation that makes a thing, or what the changes make of it."""
    given: dict[str, Any] = {
        "method": "POST",
        "path": "/v1/needs/{need_id}/things",
        "permit": Permit(act="make a thing", scope="needs:write"),
        "answers": Thing,
        "status": 201,
        "refuses": (Doubted,),
        "key_required": False,
        "changes": False,
        "scoped": False,
        "accepts": "application/json",
        "produces": "application/json",
        "tag": "needs",
        "name": "make_thing",
        "manual": "Make a thing.\n\nOf whatever\nthere is.",
        "queries": {},
        "defaults": {},
        "body": Thing,
    }
    return Operation(**{**given, **changed})


def described(one: Operation, example: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the description of one operation by itself."""
    examples = {one.name: example} if example else {}
    document = openapi.document([one], version="1", rooms={}, examples=examples)
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    found: dict[str, Any] = document["paths"][one.path][one.method.lower()]
    return found


def test_the_description_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_every_operation_has_a_name_of_its_own() -> None:
    names = Counter(one.name for one in OPERATIONS)

    assert [name for name, count in names.items() if count > 1] == []


def test_every_problem_code_names_one_type() -> None:
    codes = Counter(one.code for one in describe.problem_types(OPERATIONS))

    assert [code for code, count in codes.items() if count > 1] == []


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_says_what_it_does_and_who_may(one: Operation) -> None:
    found = DOCUMENT["paths"][one.path][one.method.lower()]

    assert re.fullmatch(r"[A-Z][^\n]{3,110}[^.\n]", found["summary"])
    assert openapi.allowed(one.permit) in found["description"]
    assert one.permit.scope is None or one.permit.scope in SCOPES
    assert str(one.status) in found["responses"]
    assert {"500", "503"} <= found["responses"].keys()


def test_what_is_sent_has_no_room_for_unknown_fields() -> None:
    types = DOCUMENT["components"]["schemas"]
    bodies = (
        content["schema"]
        for methods in DOCUMENT["paths"].values()
        for one in methods.values()
        for content in one.get("requestBody", {}).get("content", {}).values()
    )

    sent = {name for schema in bodies for name in _named(schema, types)}

    assert sent
    open_ = {
        name
        for name in sent
        if "properties" in types[name] and types[name].get("additionalProperties") is not False
    }
    assert open_ == set()


def _named(schema: dict[str, Any], types: dict[str, Any]) -> set[str]:
    """Return the types that a schema is made of, and those that they are made of."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        text = msgspec.json.encode(waiting.pop()).decode()
        named = set(re.findall(r"#/components/schemas/(\w+)", text)) - found
        found |= named
        waiting += [types[name] for name in named]
    return found


def test_the_description_does_not_depend_on_the_process() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", _PRINTS_ITS_DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1
    assert len(digests.pop().strip()) == hashlib.sha256().digest_size * 2


def test_a_refusal_stands_at_the_status_of_its_kind() -> None:
    answers = described(operation())["responses"]

    assert "`doubted`: The thing is doubted." in answers["409"]["description"]


def test_what_changes_a_resource_needs_if_match_and_may_find_it_changed() -> None:
    found = described(operation(changes=True))

    (header,) = (one for one in found["parameters"] if one["name"] == "If-Match")
    assert header["required"] is True
    assert "428" in found["responses"]


def test_a_required_key_is_required_and_an_optional_one_is_not() -> None:
    for required in (True, False):
        found = described(operation(key_required=required))

        (header,) = (one for one in found["parameters"] if one["name"] == "Idempotency-Key")
        assert header["required"] is required
        told = msgspec.json.encode(found["responses"]["400"]).decode()
        assert ("`idempotency_key_missing`" in told) is required


def test_what_anyone_may_call_takes_no_key_and_no_token() -> None:
    found = described(operation(permit=Permit(act="make a thing")))

    assert {one["name"] for one in found["parameters"]} == {"need_id"}
    assert {} in found["security"]
    assert "403" not in found["responses"]


def test_what_any_token_may_call_is_not_called_public() -> None:
    found = described(operation(permit=Permit(act="make a thing", token=True)))

    assert found["security"] == [{"oauth": []}]


def test_what_any_operation_answers_alike_is_described_once() -> None:
    answers = described(operation())["responses"]

    assert answers["429"] == {"$ref": "#/components/responses/TooManyRequests"}
    shared = DOCUMENT["components"]["responses"]["TooManyRequests"]
    assert "`too_many_requests`" in shared["description"]
    assert "Retry-After" in shared["headers"]


@pytest.mark.parametrize(
    ("place", "fits"),
    [
        ({"pointer": "/title"}, True),
        ({"pointer": ""}, True),
        ({"parameter": "limit"}, True),
        ({"pointer": "", "parameter": "limit"}, False),
        ({}, False),
    ],
)
def test_a_problem_names_a_place_in_the_body_or_in_the_query(
    place: dict[str, str], *, fits: bool
) -> None:
    schema = {"$ref": "#/components/schemas/ProblemPlace", "components": DOCUMENT["components"]}

    told = {"code": "invalid", "detail": "It must be a whole number.", **place}

    assert Draft202012Validator(schema).is_valid(told) is fits


def test_recorded_examples_are_shown() -> None:
    made: dict[str, Any] = {"name": "wheel", "parts": []}

    found = described(operation(), {"body": {"name": "wheel"}, "answer": made})

    assert found["requestBody"]["content"]["application/json"]["example"] == {"name": "wheel"}
    assert found["responses"]["201"]["content"]["application/json"]["example"] == made


def test_recorded_examples_have_the_form_that_is_described() -> None:
    document = describe.description(OPERATIONS, examples=describe.examples())
    wrong: list[str] = []
    contents = [
        (one["operationId"], content)
        for methods in document["paths"].values()
        for one in methods.values()
        for part in (one.get("requestBody", {}), *one["responses"].values())
        for content in part.get("content", {}).values()
        if "example" in content
    ]

    for name, content in contents:
        checker = Draft202012Validator({**content["schema"], "components": document["components"]})
        wrong += [f"{name}: {one.message}" for one in checker.iter_errors(content["example"])]

    assert wrong == []
    assert len(contents) > len(OPERATIONS) / 2


def test_an_identifier_in_the_path_has_the_form_of_its_kind() -> None:
    (need,) = (one for one in described(operation())["parameters"] if one["in"] == "path")

    assert need["schema"]["pattern"].startswith("^need_")


def test_a_query_parameter_tells_its_bounds_and_what_it_is_when_left_out() -> None:
    limit: Any = Annotated[int, Meta(ge=1, le=100, description="How many.")]
    reading = operation(
        method="GET", status=200, body=None, queries={"limit": limit | None}, defaults={"limit": 20}
    )

    (found,) = (one for one in described(reading)["parameters"] if one["in"] == "query")

    assert found["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert found["description"] == "How many."
    assert found["required"] is False


def test_a_query_parameter_says_what_it_asks_for_before_what_its_type_is() -> None:
    (found,) = (one for one in described(reading_things)["parameters"] if one["in"] == "query")

    assert found["description"] == "Only things of this maker."
    assert found["schema"]["description"] == "A name of somebody."


def test_every_query_parameter_says_what_it_asks_for() -> None:
    """One description for parameters of two names is that of their type, or of nothing."""
    named: dict[str, set[str]] = {}
    of_types = {text for kind in _types_of_values() for text in _told(kind)}
    told = list(_queries())

    for _, name, text in told:
        named.setdefault(text, set()).add(name)

    assert len(told) > len(OPERATIONS) / 2
    assert [one for one in told if not one[2]] == []
    assert {text: names for text, names in named.items() if len(names) > 1} == {}
    assert [one for one in told if one[2] in of_types] == []


def _queries() -> Iterator[tuple[str, str, str]]:
    for methods in DOCUMENT["paths"].values():
        for one in methods.values():
            for part in one["parameters"]:
                if part["in"] == "query":
                    yield one["operationId"], part["name"], part["description"]


def _types_of_values() -> Iterator[Any]:
    """Yield every annotated type of the vocabulary, whatever it is used for."""
    for found in iter_modules(values.__path__, "ecosystem.values."):
        yield from vars(import_module(found.name)).values()


def _told(kind: Any) -> Iterator[str]:
    parts = getattr(kind, "__metadata__", ())
    yield from (one.description for one in parts if isinstance(one, Meta) and one.description)


def test_a_field_says_what_its_docstring_says() -> None:
    money = DOCUMENT["components"]["schemas"]["LotDraft"]["properties"]["ceiling"]

    assert money["description"].startswith("The most that will be paid")


def test_a_page_of_things_is_named_for_the_things() -> None:
    reading = operation(method="GET", status=200, body=None, answers=Page[Thing])

    content = described(reading)["responses"]["200"]["content"]["application/json"]

    assert content["schema"] == {"$ref": "#/components/schemas/ThingPage"}


def test_types_that_share_a_name_are_told_apart_by_their_rooms() -> None:
    names = DOCUMENT["components"]["schemas"]

    assert {"NeedsState", "OffersState"} <= set(names)
    assert [name for name in names if not name.isalnum()] == []


def test_the_manual_keeps_its_paragraphs() -> None:
    one = operation(manual="Make a thing.\n\nOf whatever\nthere is.\n\nAnd more.")

    assert openapi.summary(one) == "Make a thing"
    assert openapi.about(one) == "Of whatever there is.\n\nAnd more."
