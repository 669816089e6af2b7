"""What the framework's exceptions become: problems, with every fault of the body at once."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError as SchemaFault
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException

from ecosystem.runtime import problems
from ecosystem.runtime.edge import recorded
from ecosystem.runtime.web import OPERATION, Call, EdgeFinding, Operation, Replay
from ecosystem.values.patterns import published
from ecosystem.values.refusal import Fault, Refusal

_OAUTH_CODES: Final = {500: "server_error", 503: "temporarily_unavailable"}
_NOT_SAID: Final = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
"""What an error_description may not hold."""
_UNSUPPORTED: Final = 415
_FAULTS_MAX: Final = 50
_TEXT_MAX: Final = 300
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
    root = request.house.settings.public_url
    return _respond(
        request, problems.refused(refusal, root=root, request_id=request.visit.request_id)
    )


def _on_finding(request: Call, finding: EdgeFinding) -> Response[bytes]:
    response = _respond(request, _found(request, finding.type, finding.detail))
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
        response = _respond(
            request, _found(request, type_, f"{request.method} {request.url.path}.")
        )
        if allow := (error.headers or {}).get("allow"):
            response.headers["allow"] = _with_head(allow)
        return response
    if error.status_code == problems.MALFORMED.status:
        faults = _faults(request, error)
        detail = "; ".join(fault.detail for fault in faults[:3]) or str(error.detail)
        return _respond(request, _found(request, problems.MALFORMED, f"{detail}.", faults))
    return _on_failure(request, error)


def _with_head(allow: str) -> str:
    names = {name.strip() for name in allow.split(",")} | {"OPTIONS"}
    return ", ".join(sorted(names | {"HEAD"} if "GET" in names else names))


def _on_deep_body(request: Call, _: RecursionError) -> Response[bytes]:
    return _respond(request, _found(request, problems.MALFORMED, "The body is nested too deep."))


def _on_odd_bytes(request: Call, _: UnicodeDecodeError) -> Response[bytes]:
    return _respond(request, _found(request, problems.MALFORMED, "The body is not UTF-8."))


def _on_failure(request: Call, error: Exception) -> Response[bytes]:
    type_, detail = recorded(error, request_id=request.visit.request_id)
    response = _respond(request, _found(request, type_, detail))
    if type_ is problems.UNAVAILABLE:
        response.headers["retry-after"] = "1"
    return response


def _found(
    request: Call, type_: problems.Type, detail: str, faults: tuple[Fault, ...] = ()
) -> problems.Problem:
    return problems.found(
        type_,
        detail,
        root=request.house.settings.public_url,
        request_id=request.visit.request_id,
        errors=faults,
    )


def _respond(request: Call, problem: problems.Problem) -> Response[bytes]:
    request.visit.problem = problem.code
    if request.scope["path"].startswith("/oauth/"):
        return _as_oauth_error(problem)
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
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


def _faults(request: Call, error: HTTPException) -> tuple[Fault, ...]:
    """Return every fault of the body at once; the framework stops at the first."""
    found: tuple[Fault, ...] = ()
    field: Any = getattr(_handler(request), "parsed_data_field", None)
    if field is not None:
        try:
            document = msgspec.json.decode(request.visit.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ()
        found = tuple(_schema_faults(field.raw, document, discreet=_is_discreet(request)))
    if not found and isinstance(error.__cause__, msgspec.ValidationError):
        return (_first_fault(str(error.__cause__)),)
    if not found and isinstance(error, ValidationException) and isinstance(error.extra, list):
        entries: list[Any] = error.extra
        found = tuple(_parameter_fault(entry) for entry in entries)
    return found


def _handler(request: Call) -> Any:
    scope: Any = request.scope
    return scope.get("route_handler")


def _is_discreet(request: Call) -> bool:
    operation: Operation = _handler(request).opt[OPERATION]
    return operation.discreet


def _first_fault(said: str) -> Fault:
    """Return the fault that the decoder met, of which it names the place."""
    text, _, path = said.partition(" - at `")
    where = problems.pointer(path.rstrip("`"))
    return Fault(where, "invalid", f"{where or 'the body'}: {text}")


def _parameter_fault(entry: dict[str, str]) -> Fault:
    where = entry.get("key", "")
    return Fault("", "invalid_parameter", f"{where}: {entry.get('message', 'invalid')}")


def _schema_faults(type_: Any, document: Any, *, discreet: bool) -> Iterator[Fault]:
    validator: Any = _validator(type_)
    for count, fault in enumerate(validator.iter_errors(document)):
        if count >= _FAULTS_MAX:
            return
        path = "".join(f"/{_escaped(part)}" for part in fault.absolute_path)
        yield Fault(path, _code(fault), f"{path or 'the body'}: {_said(fault, discreet=discreet)}")


def _code(fault: SchemaFault) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(fault.validator)).lower()


def _said(fault: SchemaFault, *, discreet: bool) -> str:
    """Return what is wrong; of a discreet operation, without what was sent."""
    text = published(fault.message)
    if discreet:
        text = text.replace(repr(fault.instance), "what is sent")
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}..."


def _escaped(part: object) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=256)
def _validator(type_: Any) -> Draft202012Validator:
    return Draft202012Validator(msgspec.json.schema(type_))
