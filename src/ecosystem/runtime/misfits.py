"""What in a body is not as the operation's type wants it: every place at once, in words."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from itertools import takewhile
from typing import Annotated, Any, Final, cast

import msgspec
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError as SchemaFault
from msgspec import Meta

from ecosystem.values import wanting
from ecosystem.values.refusal import Fault

_FAULTS_MAX: Final = 50
_TEXT_MAX: Final = 900
_NAME_MAX: Final = 60
_FORMATS: Final = FormatChecker(formats=())
_MISSING: Final = re.compile(r"'(.*)' is a required property", re.DOTALL)


def faults(type_: Any, document: Any, *, quiet: bool = False) -> list[Fault]:
    """Return the faults of what is decoded from JSON, 50 at most; none tells a value.

    Names of fields and of keys are cut at 60 characters. None that the type does not know is
    told where `quiet`: then a place below such a name is told as the object that has the name.
    """
    found: dict[tuple[str, str], Fault] = {}
    for fault, path, said in _every(type_, document, quiet=quiet):
        text = f"{path or 'the body'} {said}"
        text = text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}..."
        found.setdefault((path, text), Fault(path, _code(fault), text))
        if len(found) >= _FAULTS_MAX:
            break
    return list(found.values())


def _every(type_: Any, document: Any, *, quiet: bool) -> Iterator[tuple[SchemaFault, str, str]]:
    """Yield each fault with its place, and what is said of it."""
    root = wanting.schema_of(type_)
    validator: Any = _validator(type_)
    for fault in _leaves(validator.iter_errors(document)):
        parts = list(fault.absolute_path)
        if quiet:
            parts = list(takewhile(lambda one: isinstance(one, int) or one in _names(type_), parts))
        path = "".join(f"/{_escaped(part)}" for part in parts)
        for said in _said(fault, root, quiet=quiet):
            yield fault, path, said


def _leaves(every: Any) -> Iterator[SchemaFault]:
    """Yield each fault; of a choice, those of the one way that was meant, where there is one."""
    for fault in every:
        meant = _meant(fault) if fault.validator == "anyOf" else None
        if meant is None:
            yield fault
        else:
            yield from _leaves(meant)


def _meant(fault: SchemaFault) -> list[SchemaFault] | None:
    """Return the faults of the only way that the value's kind, or its tag, leaves."""
    schema: Any = fault.schema
    tag = schema.get("discriminator", {}).get("propertyName")
    ways: dict[int, list[SchemaFault]] = {}
    for one in fault.context or ():
        ways.setdefault(int(one.relative_schema_path[0]), []).append(one)
    fitting = [faults for faults in ways.values() if not any(_strange(one, tag) for one in faults)]
    return fitting[0] if len(fitting) == 1 else None


def _strange(fault: SchemaFault, tag: str | None) -> bool:
    """Tell whether a value is of another kind than a way asks for, or has another tag."""
    place = list(fault.relative_path)
    return (not place and fault.validator == "type") or (
        place == [tag] and fault.validator == "enum"
    )


def _said(fault: SchemaFault, root: wanting.Schema, *, quiet: bool) -> Iterator[str]:
    schema: Any = fault.schema
    value: Any = fault.instance
    if fault.validator == "required" and (missing := _MISSING.fullmatch(fault.message)):
        yield wanting.lack(missing[1], schema, root)
    elif fault.validator == "additionalProperties":
        known = schema.get("properties", ())
        if quiet:
            yield wanting.stranger(None, schema)
            return
        for name in value:
            if name not in known:
                yield wanting.stranger(name, schema)
    elif "propertyNames" in fault.absolute_schema_path:
        yield f"has a name that must be {wanting.words({'type': 'string', **schema}, root)}"
    else:
        yield f"must be {wanting.words(schema, root)}"


def _code(fault: SchemaFault) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(fault.validator)).lower()


def _escaped(part: object) -> str:
    return str(part)[:_NAME_MAX].replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=256)
def _names(type_: Any) -> frozenset[str]:
    """Return the names of all fields of a type, however deep."""
    waiting, names = [wanting.schema_of(type_)], set[str]()
    while waiting:
        one: Any = waiting.pop()
        if isinstance(one, dict):
            schema = cast("dict[str, Any]", one)
            names.update(schema.get("properties", ()))
            waiting += schema.values()
        elif isinstance(one, list):
            waiting += one
    return frozenset(names)


@lru_cache(maxsize=256)
def _validator(type_: Any) -> Draft202012Validator:
    return Draft202012Validator(wanting.schema_of(type_), format_checker=_FORMATS)


@_FORMATS.checks("date", raises=msgspec.ValidationError)
def _is_date(value: object) -> bool:
    if isinstance(value, str):
        msgspec.convert(value, date)
    return True


@_FORMATS.checks("date-time", raises=msgspec.ValidationError)
def _is_instant(value: object) -> bool:
    if isinstance(value, str):
        msgspec.convert(value, Annotated[datetime, Meta(tz=True)])
    return True
