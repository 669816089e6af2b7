"""The generated pages of docs/reference, as Markdown."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ecosystem.manual.describe import ProblemType
from ecosystem.manual.reference import grouped, pretty
from ecosystem.manual.shapes import Named, words
from ecosystem.runtime import settings
from ecosystem.runtime.operation import Operation
from ecosystem.runtime.settings import Settings
from ecosystem.values.permit import Permit


def settings_page() -> str:
    """Return the page of all settings: their names, defaults and meanings."""
    said = settings.manual()
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    (_, kinds) = msgspec.json.schema_components([Settings])
    properties = kinds["Settings"]["properties"]
    rows = [
        [
            f"`{name}`",
            f"`{settings.variable(name)}`",
            _shape(properties[name]),
            _default(fields[name].default),
            said.get(name, ""),
        ]
        for name in fields
    ]
    return _page(
        "Settings", _SETTINGS, _table(("Setting", "Variable", "Type", "Default", "Meaning"), rows)
    )


def decisions_page(decisions: Mapping[str, str]) -> str:
    """Return the page that lists all decisions; each text begins with its rule as a title."""
    rows = [
        [name[:4], f"[{text.splitlines()[0].removeprefix('# ')}](../decisions/{name})"]
        for name, text in decisions.items()
    ]
    return _page("Decisions", _DECISIONS, _table(("Number", "What was decided"), rows))


def permissions_page(operations: Iterable[Operation]) -> str:
    """Return the matrix of who may do what, by capability."""
    by_tag: dict[str, list[Operation]] = {}
    for one in sorted(operations, key=lambda one: (one.tag, one.path, one.method)):
        by_tag.setdefault(one.tag, []).append(one)
    parts: list[str] = []
    for tag, listed in by_tag.items():
        parts += [f"## {tag}", _table(_PERMIT, (_permit(one) for one in listed))]
    return _page("Permissions", _PERMISSIONS, *parts)


def operations_page(document: Mapping[str, Any]) -> str:
    """Return the page of all operations of a description."""
    parts: list[str] = []
    for tag, operations in grouped(document).items():
        parts.append(f"## {tag}")
        for method, path, one in operations:
            parts += _operation(method, path, one)
    return _page("Operations", _OPERATIONS, *parts)


def problems_page(types: Iterable[ProblemType]) -> str:
    """Return the page of all types of problems."""
    rows = [
        [
            str(one.status),
            f"`{one.code}`",
            " ".join(part for part in (f"{one.title}.", one.meaning) if part),
            one.remedy,
            f"{one.chinese.title}。{one.chinese.meaning}" if one.chinese else "",
            one.chinese.remedy if one.chinese else "",
        ]
        for one in types
    ]
    return _page("Problems", _PROBLEMS, _table(_PROBLEM, rows))


def _operation(method: str, path: str, one: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {one['summary']}"
    yield f"`{method} {path}` (`{one['operationId']}`)"
    yield one["description"]
    rows = (
        [
            f"`{part['name']}`",
            f"{part['in']}, required" if part["required"] else part["in"],
            _shape(part["schema"]),
            part["description"],
        ]
        for part in one["parameters"]
    )
    yield _table(("Parameter", "In", "Type", "Meaning"), rows)
    for media, content in one.get("requestBody", {}).get("content", {}).items():
        yield f"Sent as `{media}`{_typed(content)}."
        yield from _example(content)
    for status, answer in one["responses"].items():
        for media, content in answer.get("content", {}).items():
            if "example" in content:
                yield f"Answered with {status} as `{media}`{_typed(content)}, for example:"
                yield from _example(content)
    answers = ([f"`{status}`", _joined(part)] for status, part in one["responses"].items())
    yield _table(("Status", "Meaning"), answers)


def _joined(answer: Mapping[str, Any]) -> str:
    lines = [line.removeprefix("- ") for line in answer["description"].splitlines()]
    return "<br>".join(lines)


def _typed(content: Mapping[str, Any]) -> str:
    return f": {_shape(content['schema'])}" if "$ref" in content["schema"] else ""


def _example(content: Mapping[str, Any]) -> Iterator[str]:
    if "example" in content:
        yield f"```json\n{pretty(content['example'])}\n```"


def _shape(schema: Mapping[str, Any]) -> str:
    return "".join(f"`{one.name}`" if isinstance(one, Named) else one for one in words(schema))


def _default(value: object) -> str:
    if value is None:
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


_PERMIT = ("Act", "Operation", "Scope", "Organisation", "Role", "Relation", "State")


def _permit(one: Operation) -> list[str]:
    permit = one.permit
    kinds = [kind.value for kind in permit.kinds]
    return [
        permit.act,
        f"`{one.method} {one.path}`",
        f"`{permit.scope}`" if permit.scope else ("any token" if permit.token else "public"),
        ", ".join((["verified"] if permit.verified else []) + kinds),
        ", ".join([*_who(permit), *(role.value for role in permit.roles)]),
        permit.relation,
        permit.state,
    ]


def _who(permit: Permit) -> list[str]:
    if permit.step_up:
        return ["person by passkey"]
    return ["person"] if permit.person else []


def _page(title: str, about: str, *parts: str) -> str:
    blocks = (part.strip() for part in (f"# {title}", about, *parts))
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [_row(row) for row in rows]
    named = list(heads)
    return "\n".join([_row(named), _row("---" for _ in named), *lines]) if lines else ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


_SETTINGS = """\
A setting stands in the TOML file that `ECOSYSTEM_SETTINGS` or `--settings` names, under its
name, or in the environment, as its variable. The command line wins over the environment, and
the environment over the file. A setting that is unknown or wrong stops the start, and is named.
"""
_DECISIONS = """\
What was chosen where it binds others: one page each, with what was weighed, what follows, and
what enforces it. [How they are written](../decisions/0001-record-decisions.md).
"""
_PERMISSIONS = """\
Who may do what, as the routes declare it. Scope, organisation and role are checked before
anything is read; relation and state by the rules of the room, which refuse by name.
`person` stands where no program may act by itself; `person by passkey` where the person must
have used her passkey within the last `step_up_s_max` seconds (RFC 9470).
"""
_OPERATIONS = """\
Every operation of the API. The types are described in `openapi/openapi.json`, and at `/docs`
of a running service.
"""
_PROBLEM = ("Status", "Code", "Meaning", "What to do", "含义", "如何处理")
_PROBLEMS = """\
Every type of problem that the API answers with. A running service explains each at
`/problems/` and its code, and tells it in Chinese to who sends `Accept-Language: zh`.
"""
