"""What an operation can answer, for the published description: every status, with its problems."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from ecosystem.runtime import problems
from ecosystem.runtime.openapi_schemas import REF, Schemas, has_form
from ecosystem.runtime.operation import Operation
from ecosystem.runtime.problems import STATUS, Type
from ecosystem.values.media import TYPES

_JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
_SUCCESS: Final = {200: "What was asked for.", 201: "It is done.", 204: "It is done."}
_UNLIMITED: Final = ("/health/", "/metrics")
_OAUTH: Final = "/oauth/"

HEADERS: Final[Mapping[str, Any]] = {
    "X-Request-Id": ("string", "The request's identifier; name it when asking for help."),
    "ETag": ("string", "The version; send it in If-Match to change it, If-None-Match to ask anew."),
    "Location": ("string", "Where the thing is."),
    "Link": ("string", 'The next page, as `<...>; rel="next"` (RFC 8288).'),
    "Retry-After": ("integer", "Seconds to wait before the request is sent again."),
    "RateLimit": ("string", "What is left of the quota, and seconds until it is whole."),
    "RateLimit-Policy": ("string", "The quota, and the seconds in which it is counted."),
    "WWW-Authenticate": ("string", "What the access token must be (RFC 6750)."),
    "Upload-Offset": ("integer", "How many bytes have arrived."),
    "Upload-Complete": ("string", "`?1` where all of it has arrived and is kept, else `?0`."),
    "Idempotency-Replayed": ("string", "`true` where the stored answer was sent again."),
}
_TOKEN_ERROR: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "error": {"type": "string"},
        "error_description": {"type": "string"},
    },
    "required": ["error"],
}
"""Source: RFC 6749, section 5.2."""


def headers() -> dict[str, Any]:
    """Return the headers of answers, as components."""
    return {
        name: {"description": text, "schema": {"type": kind}}
        for name, (kind, text) in HEADERS.items()
    }


def shared() -> dict[str, Any]:
    """Return the answers that are the same wherever they are given, as components."""
    return {
        _name(type_): _described(type_.status, {type_.code: type_.title})
        for _, type_ in sorted(problems.EDGE_TYPES.items())
    }


def responses(one: Operation, schemas: Schemas, example: Mapping[str, Any]) -> dict[str, Any]:
    """Return every answer by its status, in their order."""
    found = {one.status: _success(one, schemas, example)}
    if one.method == "GET" and one.produces == "application/json":
        text = "The reader has this version already (If-None-Match)."
        found[HTTPStatus.NOT_MODIFIED] = {"description": text, "headers": _named("X-Request-Id")}
    if one.ranges:
        part = _success(one, schemas, example)
        found[HTTPStatus.PARTIAL_CONTENT] = {**part, "description": "The part that Range names."}
    by_status = _problems(one)
    for status, codes in by_status.items():
        found[status] = _problem(status, codes)
    if one.path.startswith(_OAUTH) and one.method == "POST" and one.produces == _JSON:
        found |= {status: _token_error(by_status.get(status, {})) for status in (400, 401)}
    if one.leads is not None:
        found[HTTPStatus.SEE_OTHER] = {
            "description": one.leads, "headers": _named("X-Request-Id", "Location"),
        }  # fmt: skip
    found |= {status: _page(status, by_status.get(status, {})) for status in one.pages}
    return {str(int(status)): found[status] for status in sorted(found)}


def _success(one: Operation, schemas: Schemas, example: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": _SUCCESS.get(one.status, "It is done."),
        "headers": _named(*_headers(one)),
    }
    if has_form(one.answers):
        content = {"schema": schemas.of(one, "answer")}
        if "answer" in example:
            content["example"] = example["answer"]
        described["content"] = {one.produces: content}
    elif one.answers is not None:
        form = {"type": "string"} if one.answers is str else {}
        types = sorted(TYPES) if one.produces == "*/*" else one.produces.split(", ")
        described["content"] = {one_type: {"schema": form} for one_type in types}
    return described


def _headers(one: Operation) -> list[str]:
    names = ["X-Request-Id"]
    if not one.path.startswith(_UNLIMITED):
        names += ["RateLimit", "RateLimit-Policy"]
    if one.method != "GET":
        names += [] if one.path.startswith(_OAUTH) else ["ETag"]
        names += ["Location"] if one.status == HTTPStatus.CREATED else []
        names += [] if one.permit.is_public() else ["Idempotency-Replayed"]
    elif "cursor" in one.queries:
        names.append("Link")
    elif one.path.endswith("}"):
        names.append("ETag")
    return names


def _named(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problems(one: Operation) -> dict[int, dict[str, str]]:
    """Return the problems by status, each with its title by its code."""
    found: dict[int, dict[str, str]] = {}
    for type_ in _edge_types(one):
        found.setdefault(type_.status, {})[type_.code] = type_.title
    for refusal in one.refuses:
        found.setdefault(STATUS[refusal.kind], {})[refusal.code()] = refusal.title()
    return found


def _name(type_: Type) -> str:
    return "".join(part.capitalize() for part in type_.code.split("_"))


def _problem(status: int, codes: Mapping[str, str]) -> dict[str, Any]:
    (first, *more) = codes
    if not more and first in problems.EDGE_TYPES:
        return {"$ref": f"#/components/responses/{_name(problems.EDGE_TYPES[first])}"}
    return _described(status, codes)


def _described(status: int, codes: Mapping[str, str]) -> dict[str, Any]:
    names = ["X-Request-Id"]
    if status == problems.UNAUTHENTICATED.status:
        names.append("WWW-Authenticate")
    if status in {problems.TOO_MANY.status, problems.UNAVAILABLE.status}:
        names.append("Retry-After")
    return {
        "description": "\n".join(f"- `{code}`: {title}." for code, title in codes.items()),
        "headers": _named(*names),
        "content": {_PROBLEM: {"schema": {"$ref": REF.format(name="Problem")}}},
    }


def _token_error(codes: Mapping[str, str]) -> dict[str, Any]:
    content = {"application/json": {"schema": dict(_TOKEN_ERROR)}}
    text = "The grant is refused as RFC 6749, section 5.2, says."
    if not codes:
        return {"description": text, "headers": _named("X-Request-Id"), "content": content}
    problem = _described(0, codes)
    return {
        **problem,
        "description": f"{text}\n{problem['description']}",
        "content": {**content, **problem["content"]},
    }


def _page(status: int, codes: Mapping[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = {"text/html": {"schema": {"type": "string"}}}
    text = "A page that says what is wrong."
    if not codes:
        return {**_described(status, {}), "description": text, "content": content}
    problem = _described(status, codes)
    return {
        **problem,
        "description": f"{text}\n{problem['description']}",
        "content": {**content, **problem["content"]},
    }


def _edge_types(one: Operation) -> list[Type]:
    found = [problems.INTERNAL, problems.UNAVAILABLE]
    if one.queries or one.method != "GET":
        found.append(problems.MALFORMED)
    if one.ranges:
        found.append(problems.RANGE_UNSATISFIABLE)
    if one.queries or "{" in one.path:
        found.append(problems.URI_TOO_LONG)
    if "cursor" in one.queries:
        found.append(problems.CURSOR_INVALID)
    if not one.path.startswith(_OAUTH):
        found.append(problems.UNAUTHENTICATED)
    if one.permit.step_up:
        found.append(problems.STEP_UP)
    if _asks_more(one):
        found.append(problems.NOT_ALLOWED)
    if "{" in one.path or one.path == "/metrics":
        found.append(problems.NOT_FOUND)
    if not one.path.startswith(_UNLIMITED):
        found.append(problems.TOO_MANY)
    return found if one.method == "GET" else [*found, *_writing_types(one)]


def _asks_more(one: Operation) -> bool:
    permit = one.permit
    asked = (permit.scope, permit.roles, permit.kinds, permit.person, permit.verified)
    return not permit.is_public() and any(asked)


def _writing_types(one: Operation) -> list[Type]:
    found = [
        problems.BODY_TOO_SLOW, problems.CHANGED_MEANWHILE, problems.TOO_LARGE,
        problems.UNSUPPORTED,
    ]  # fmt: skip
    if one.streams:
        found.append(problems.BODY_CUT_OFF)
    if not one.permit.is_public():
        found += [problems.KEY_IN_USE, problems.KEY_REUSED]
    if one.key_required:
        found.append(problems.KEY_MISSING)
    if one.changes:
        found.append(problems.PRECONDITION_REQUIRED)
    return found
