"""What the framework's exceptions become: problems, with every fault of the body at once."""

import re
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException

from ecosystem.runtime import misfits, problems, unreadable
from ecosystem.runtime.edge import recorded
from ecosystem.runtime.operation import OPERATION
from ecosystem.runtime.problems import ProblemPlace
from ecosystem.runtime.web import Call, EdgeFinding, Replay
from ecosystem.values import wanting
from ecosystem.values.languages import Language
from ecosystem.values.refusal import Fault, Refusal

_OAUTH: Final = "/oauth/"
_OAUTH_CODES: Final = {500: "server_error", 503: "temporarily_unavailable"}
_NOT_SAID: Final = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
"""What an error_description may not hold."""
_UNSUPPORTED: Final = 415
_BY_STATUS: Final = {
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    413: problems.TOO_LARGE,
}


def handlers() -> dict[Any, Any]:
    """Return the handlers by which every exception becomes a problem."""
    return {
        Refusal: _on_refusal,
        EdgeFinding: _on_finding,
        Replay: _on_replay,
        HTTPException: _on_http_exception,
        RecursionError: _on_deep_body,
        UnicodeDecodeError: _on_odd_bytes,
        Exception: _on_failure,
    }


def _on_refusal(request: Call, refusal: Refusal) -> Response[bytes]:
    problem = problems.refused(
        refusal,
        root=request.house.settings.public_url,
        request_id=request.visit.request_id,
        language=_language(request),
    )
    return _respond(request, problem)


def _on_finding(request: Call, finding: EdgeFinding) -> Response[bytes]:
    response = _respond(request, _found(request, finding.type, finding.detail, finding.places))
    if finding.type in (problems.UNAVAILABLE, problems.TOO_MANY):
        response.headers["retry-after"] = "1"
    return response


def _on_replay(_: Call, replay: Replay) -> Response[bytes]:
    stored = replay.answer
    headers = dict(stored.headers)
    media_type = headers.pop("content-type", "application/json")
    headers["idempotency-replayed"] = "true"
    return Response(stored.body, status_code=stored.status, headers=headers, media_type=media_type)


def _on_http_exception(request: Call, error: HTTPException) -> Response[bytes]:
    if type_ := _BY_STATUS.get(error.status_code):
        allow = _with_head((error.headers or {}).get("allow", ""))
        response = _respond(request, _found(request, type_, _routed(request, type_, allow)))
        if type_ is problems.METHOD_NOT_ALLOWED:
            response.headers["allow"] = allow
        return response
    if error.status_code == problems.MALFORMED.status:
        if (said := _no_json(request)) is not None:
            return _respond(request, _found(request, problems.MALFORMED, said))
        places = _places(request, error)
        detail = "; ".join(place.detail for place in places[: problems.TOLD_MAX]) or str(
            error.detail
        )
        return _respond(request, _found(request, problems.MALFORMED, f"{detail}.", places))
    return _on_failure(request, error)


def _routed(request: Call, type_: problems.Type, allow: str) -> str:
    """Return what the framework has found, in words: nothing there, or not for this method."""
    path = request.url.path
    if type_ is problems.NOT_FOUND:
        return f"There is no operation {request.method} {path}; GET /openapi.json lists them all."
    if type_ is problems.METHOD_NOT_ALLOWED:
        return f"{path} does not know {request.method}; it knows {allow}."
    return f"{request.method} {path}."


def _no_json(request: Call) -> str | None:
    """Return where a body ceases to be JSON, where it does."""
    if getattr(_handler(request), "parsed_data_field", None) is None:
        return None
    return unreadable.fault(request.visit.body)


def _with_head(allow: str) -> str:
    names = {name.strip() for name in allow.split(",")} | {"OPTIONS"}
    return ", ".join(sorted(names | {"HEAD"} if "GET" in names else names))


def _on_deep_body(request: Call, _: RecursionError) -> Response[bytes]:
    return _respond(request, _found(request, problems.MALFORMED, "The body is nested too deep."))


def _on_odd_bytes(request: Call, _: UnicodeDecodeError) -> Response[bytes]:
    detail = unreadable.fault(request.visit.body) or "The body is not UTF-8."
    return _respond(request, _found(request, problems.MALFORMED, detail))


def _on_failure(request: Call, error: Exception) -> Response[bytes]:
    type_, detail = recorded(error, request_id=request.visit.request_id)
    response = _respond(request, _found(request, type_, detail))
    if type_ is problems.UNAVAILABLE:
        response.headers["retry-after"] = "1"
    return response


def _found(
    request: Call, type_: problems.Type, detail: str, places: tuple[ProblemPlace, ...] = ()
) -> problems.Problem:
    return problems.found(
        type_,
        detail,
        root=request.house.settings.public_url,
        request_id=request.visit.request_id,
        errors=places,
        language=_language(request),
    )


def _language(request: Call) -> Language:
    """Return the language of the answer; what OAuth answers is in ASCII (RFC 6749, section 5.2)."""
    return "en" if request.scope["path"].startswith(_OAUTH) else request.visit.language


def _respond(request: Call, problem: problems.Problem) -> Response[bytes]:
    request.visit.problem = problem.code
    if request.scope["path"].startswith(_OAUTH):
        return _as_oauth_error(problem)
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        headers=problems.headers(_language(request)),
        media_type="application/problem+json",
    )


def _as_oauth_error(problem: problems.Problem) -> Response[bytes]:
    """Return the error in the form of RFC 6749, section 5.2."""
    code = _OAUTH_CODES.get(problem.status, "invalid_request")
    body = {"error": code, "error_description": _NOT_SAID.sub("'", problem.detail)}
    return Response(
        msgspec.json.encode(body),
        status_code=400 if problem.status == _UNSUPPORTED else problem.status,
        headers={"cache-control": "no-store"},
        media_type="application/json",
    )


def _places(request: Call, error: HTTPException) -> tuple[ProblemPlace, ...]:
    """Return every fault of the body at once; the framework stops at the first."""
    field: Any = getattr(_handler(request), "parsed_data_field", None)
    if field is not None:
        quiet = _handler(request).opt[OPERATION].discreet
        found = _faults_of_body(field.raw, request.visit.body, quiet=quiet)
        if not found and isinstance(error.__cause__, msgspec.ValidationError):
            found = (_first_fault(field.raw, error.__cause__, quiet=quiet),)
        if found:
            return tuple(ProblemPlace(one.code, one.detail, pointer=one.pointer) for one in found)
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        entries: list[Any] = error.extra
        return tuple(map(_parameter, entries))
    return ()


def _faults_of_body(type_: Any, body: bytes, *, quiet: bool) -> tuple[Fault, ...]:
    """Return the faults of a body; none of one that cannot be read, as it is no JSON."""
    try:
        return tuple(misfits.faults(type_, msgspec.json.decode(body), quiet=quiet))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()


def _handler(request: Call) -> Any:
    scope: Any = request.scope
    return scope.get("route_handler")


def _first_fault(type_: Any, error: msgspec.ValidationError, *, quiet: bool) -> Fault:
    """Return the fault that the decoder met, of which it names the place."""
    found = wanting.misfit(error, type_, quiet=quiet)
    return Fault(found.pointer, "invalid", f"{found.pointer or 'the body'} {found.said}")


def _parameter(entry: dict[str, str]) -> ProblemPlace:
    """Return what the framework says of a parameter that the desk has let in."""
    name = entry.get("key", "")
    return ProblemPlace("invalid", f"{name}: {entry.get('message', 'invalid')}", parameter=name)
