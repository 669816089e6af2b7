"""The published description of the API, made from what the routes declare of themselves.

OpenAPI 3.1. What is described is what the desk checks: the same types, permits and
refusals. Examples are recorded by a journey through the running service.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ecosystem.runtime import openapi_answers, openapi_inputs
from ecosystem.runtime.openapi_links import Links
from ecosystem.runtime.openapi_schemas import Schemas
from ecosystem.runtime.operation import Operation
from ecosystem.values.permit import Permit

Examples = Mapping[str, Mapping[str, Any]]
"""By operation name: `body`, what was sent, and `answer`, what came back; both may be absent."""


def document(
    operations: Iterable[Operation],
    *,
    version: str,
    rooms: Mapping[str, str],
    examples: Examples | None = None,
) -> dict[str, Any]:
    """Return the description of `operations`; `rooms` says of each tag what the room is for.

    Its order, and that of everything in it, depends on the operations alone.
    """
    listed = sorted(operations, key=lambda one: (one.path, one.method))
    schemas, links = Schemas(listed), Links(listed)
    paths: dict[str, Any] = {}
    for one in listed:
        described = _operation(one, schemas, (examples or {}).get(one.name, {}))
        if led := links.of(one):
            described["responses"][str(one.status)]["links"] = led
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
        "tags": [
            {"name": tag, "description": rooms.get(tag, tag)}
            for tag in sorted({one.tag for one in listed})
        ],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "headers": openapi_answers.headers(),
            "responses": openapi_answers.shared(),
            "securitySchemes": _schemes(listed),
        },
    }


def _operation(one: Operation, schemas: Schemas, example: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": summary(one),
        "description": f"{about(one)}\n\n{allowed(one.permit)}".strip(),
        "parameters": openapi_inputs.parameters(one, schemas),
        "responses": openapi_answers.responses(one, schemas, example),
        "security": _security(one),
    }
    if (body := openapi_inputs.body(one, schemas, example)) is not None:
        described["requestBody"] = body
    return described


def summary(one: Operation) -> str:
    """Return what the operation does, in one line."""
    return one.manual.partition("\n")[0].rstrip(".")


def about(one: Operation) -> str:
    """Return what the manual says beyond the summary, a line between paragraphs; maybe nothing."""
    more = one.manual.partition("\n")[2].strip()
    return "\n\n".join(" ".join(part.split()) for part in more.split("\n\n"))


def allowed(permit: Permit) -> str:
    """Return who may do this, in one paragraph."""
    if permit.is_public():
        parts = ["Anyone may call this, without a token."]
    elif permit.scope is None:
        parts = ["Any access token will do."]
    else:
        parts = [f"Scope `{permit.scope}`."]
    if permit.person:
        parts.append("Only a person, not a program by itself.")
    if permit.step_up:
        parts.append(_STEP_UP)
    if permit.kinds:
        parts.append(f"Organisation: {_either(permit.kinds)}.")
    if permit.verified:
        parts.append("The organisation must be verified.")
    if permit.roles:
        parts.append(f"Role: {_either(permit.roles)}.")
    if permit.relation != "any":
        parts.append(f"Relation to the thing: {permit.relation}.")
    if permit.state != "any":
        parts.append(f"State of the thing: {permit.state}.")
    return " ".join(parts)


def _either(names: Iterable[str]) -> str:
    return " or ".join(f"`{name!s}`" for name in names)


def _security(one: Operation) -> list[dict[str, list[str]]]:
    if one.path == "/oauth/token":
        return [{"client": []}, {}]
    if one.permit.is_public():
        return [{}, {"oauth": []}]
    return [{"oauth": [one.permit.scope] if one.permit.scope else []}]


def _schemes(listed: Iterable[Operation]) -> dict[str, Any]:
    acts: dict[str, set[str]] = {}
    for one in listed:
        if one.permit.scope is not None:
            acts.setdefault(one.permit.scope, set()).add(one.permit.act)
    scopes = {scope: "; ".join(sorted(acts[scope])) for scope in sorted(acts)}
    return {
        "oauth": {
            "type": "oauth2",
            "description": "An access token of this service: a JWT as RFC 9068 describes it.",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": scopes}},
        },
        "client": {
            "type": "http",
            "scheme": "basic",
            "description": "Identifier and secret of a client; others sign an assertion.",
        },
    }


_STEP_UP = (
    "She must have used her passkey at most `step_up_s_max` seconds ago, 900 unless the operator "
    "has chosen otherwise: else 401, whose WWW-Authenticate says what is asked (RFC 9470)."
)
_ABOUT = """\
Governments publish needs for the digital operation of their cities; enterprises, think tanks
and financial institutions offer, alone or as consortia; awards become contracts with
milestones; verified outcomes become payments; auditors read the history of everything.

Every answer carries `X-Request-Id`. Errors are problems of RFC 9457, and each `type` leads to
a page that explains it; `Accept-Language: zh` has them told in Chinese. Lists are paged by
cursor. A POST may carry an `Idempotency-Key`, and must where it offers, awards, signs or moves
money. What changes a resource needs its ETag in `If-Match`. Fields that are not described here
are refused.

Bodies are JSON of at most 256 KiB, unless the operator has chosen another limit, and no deeper
than their schema; an address has at most 4,096 characters, a page at most 100 items. Amounts
and measures are decimal strings, times are UTC (RFC 3339), identifiers are made by the server.
"""
