"""The published description of the API, made from what the routes declare of themselves.

OpenAPI 3.1. What is described is what the desk checks: the same types, permits and
refusals. Examples are recorded by a journey through the running service.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from ecosystem.runtime import problems
from ecosystem.runtime.problems import STATUS, Problem, Type
from ecosystem.runtime.operation import Operation
from ecosystem.values.identifiers import pattern
from ecosystem.values.permit import Permit

_REF: Final = "#/components/schemas/{name}"
_PROBLEM: Final = "application/problem+json"
_PREFIXES: Final = {"organisation": "org"}
_MORE: Final[Mapping[str, dict[str, Any]]] = {"Text": {"minProperties": 1}}
"""What the types check beyond what their schema can say."""
_READING: Final = (problems.TOO_MANY, problems.INTERNAL, problems.UNAVAILABLE)


def document(
    operations: Iterable[Operation],
    *,
    version: str,
    scopes: Mapping[str, str],
    examples: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the description of `operations`; `examples` are by operation name."""
    listed = sorted(operations, key=lambda one: (one.path, one.method))
    types = [part for one in listed for part in (one.answers, one.body) if _is_described(part)]
    _, schemas = msgspec.json.schema_components([Problem, *types], ref_template=_REF)
    for name, more in _MORE.items():
        schemas.get(name, {}).update(more)
    paths: dict[str, Any] = {}
    for one in listed:
        described = _operation(one, examples.get(one.name, {}))
        paths.setdefault(one.path, {})[one.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ecosystem",
            "version": version,
            "summary": "A marketplace in which cities buy digital operation by its outcomes.",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({one.tag for one in listed})],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "oauth": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": dict(scopes)}
                    },
                },
                "client": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _operation(one: Operation, example: Mapping[str, Any]) -> dict[str, Any]:
    summary, _, manual = one.manual.partition("\n")
    described: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": summary.rstrip("."),
        "description": f"{' '.join(manual.split()) or summary}\n\n{allowed(one.permit)}",
        "parameters": [*_path(one), *_query(one), *_headers(one)],
        "responses": _responses(one, example),
        "security": _security(one),
    }
    if one.body is not None and _has_form(one):
        content = {"schema": schema(one.body)}
        if "body" in example:
            content["example"] = example["body"]
        described["requestBody"] = {"required": True, "content": {one.accepts: content}}
    elif one.accepts == "*/*":
        described["requestBody"] = {
            "required": True,
            "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in _FILES},
        }
    return described


def allowed(permit: Permit) -> str:
    """Return who may do this, in one paragraph."""
    if permit.scope is None:
        return "Anyone may call this; a token shows more to those whom it concerns."
    parts = [f"Scope `{permit.scope}`."]
    if permit.person:
        parts.append("Only a person, not a program by itself.")
    if permit.kinds:
        parts.append(f"Organisation: {', '.join(permit.kinds)}.")
    if permit.roles:
        parts.append(f"Role: {', '.join(permit.roles)}.")
    parts.append(f"Relation: {permit.relation}. State: {permit.state}.")
    return " ".join(parts)


def schema(type_: Any) -> dict[str, Any]:
    """Return the schema of one type, with references to the components."""
    (found,), _ = msgspec.json.schema_components([type_], ref_template=_REF)
    return found


def _is_described(type_: Any) -> bool:
    return type_ not in {None, bytes, str}


def _has_form(one: Operation) -> bool:
    return _is_described(one.body)


def _path(one: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in re.findall(r"\{(\w+)\}", one.path):
        kind = name.removesuffix("_id")
        rule = pattern(_PREFIXES.get(kind, kind)) if name.endswith("_id") else "^[A-Za-z0-9._-]+$"
        if name == "form_id":
            rule = "^[a-z][a-z0-9-]{1,63}$"
        found.append(
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": rule},
            }
        )
    return found


def _query(one: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, type_ in one.queries.items():
        described = _plain(schema(type_))
        default = one.defaults.get(name)
        if default not in {None, ""}:
            described["default"] = default
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name not in one.defaults,
                "description": described.pop("description", name),
                "schema": described,
            }
        )
    return found


def _plain(described: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without null: a query parameter is left out, never null."""
    options = [one for one in described.get("anyOf", ()) if one.get("type") != "null"]
    return dict(options[0]) if len(options) == 1 else dict(described)


def _headers(one: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if one.method == "POST" and one.permit.scope is not None:
        found.append(
            _header(
                "Idempotency-Key",
                "A new random key for each new request; the same one when it is sent again.",
                r"^[\x21\x23-\x7e]{1,255}$",
                required=one.key_required,
            )
        )
    if one.changes:
        found.append(
            _header("If-Match", "The ETag of the version that is changed.", None, required=True)
        )
    return found


def _header(name: str, text: str, rule: str | None, *, required: bool) -> dict[str, Any]:
    kind: dict[str, Any] = {"type": "string"} | ({"pattern": rule} if rule else {})
    return {"name": name, "in": "header", "required": required, "description": text, "schema": kind}


def _responses(one: Operation, example: Mapping[str, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": _SUCCESS.get(one.status, "It is done.")}
    if one.answers is bytes:
        success["content"] = {one.produces: {"schema": {}}}
    elif one.answers is str:
        success["content"] = {one.produces: {"schema": {"type": "string"}}}
    elif one.answers is not None:
        content = {"schema": schema(one.answers)}
        if "answer" in example:
            content["example"] = example["answer"]
        success["content"] = {one.produces: content}
    found = {str(one.status): success}
    if one.method == "GET":
        found["304"] = {"description": "The reader has this version already (If-None-Match)."}
    by_status: dict[int, list[tuple[str, str]]] = {}
    for type_ in _edge_types(one):
        by_status.setdefault(type_.status, []).append((type_.code, type_.title))
    for refusal in one.refuses:
        by_status.setdefault(STATUS[refusal.kind], []).append((refusal.code(), refusal.title()))
    for status, codes in sorted(by_status.items()):
        found[str(status)] = _problem(one, codes)
    return found


def _problem(one: Operation, codes: list[tuple[str, str]]) -> dict[str, Any]:
    text = "\n".join(f"- `{code}`: {title}" for code, title in codes)
    if one.path.startswith("/oauth/"):
        return {"description": text, "content": {"application/json": {"schema": {}}, _PROBLEM: {"schema": {}}}}
    return {
        "description": text,
        "content": {_PROBLEM: {"schema": {"$ref": _REF.format(name="Problem")}}},
    }


def _edge_types(one: Operation) -> list[Type]:
    found = [problems.MALFORMED, problems.UNAUTHENTICATED, problems.NOT_FOUND, *_READING]
    if one.permit.scope is not None:
        found.append(problems.NOT_ALLOWED)
    if "cursor" in one.queries:
        found.append(problems.CURSOR_INVALID)
    if one.method != "GET":
        found += [
            problems.KEY_IN_USE, problems.CHANGED_MEANWHILE, problems.TOO_LARGE,
            problems.UNSUPPORTED, problems.KEY_REUSED,
        ]  # fmt: skip
    if one.key_required:
        found.append(problems.KEY_MISSING)
    if one.changes:
        found.append(problems.PRECONDITION_REQUIRED)
    return found


def _security(one: Operation) -> list[dict[str, list[str]]]:
    if one.path.startswith("/oauth/token"):
        return [{"client": []}, {}]
    if one.permit.scope is None:
        return [{}, {"oauth": []}]
    return [{"oauth": [one.permit.scope]}]


_FILES: Final = (
    "application/pdf", "text/plain", "text/csv", "application/json", "image/png", "image/jpeg",
)  # fmt: skip
_SUCCESS: Final = {200: "What was asked for.", 201: "It is done.", 204: "It is done."}
_ABOUT: Final = """\
Governments publish needs for the digital operation of their cities; enterprises, think tanks
and financial institutions offer, alone or as consortia; awards become contracts with
milestones; verified outcomes become payments; auditors read the history of everything.

Every answer carries `X-Request-Id`. Errors are RFC 9457 problems. Lists are paged by cursor.
A POST may carry an `Idempotency-Key`, and must where it offers, awards, signs or moves money.
What changes a resource needs its ETag in `If-Match`. Bodies are JSON of at most 256 KiB
and no deeper than their schema; an address is at most 4,096 characters; a page has at most
100 items.
"""
