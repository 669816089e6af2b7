"""The manual over HTTP."""

from typing import Final

import msgspec
from litestar import Response
from litestar.params import FromPath

from ecosystem.manual import access, describe, pages, reference
from ecosystem.manual.describe import ProblemType, ProblemUnknown
from ecosystem.runtime.web import Call, get

_HTML: Final = "text/html"
_KEPT: Final = "manual"


class Manual(msgspec.Struct, frozen=True):
    """Everything that is served here, made once."""

    description: bytes
    reference: bytes
    problems: dict[str, ProblemType]


@get("/openapi.json", permit=access.READ, answers=bytes)
async def read_description(request: Call) -> Response[bytes]:
    """Read the description of the API.

    This description, in OpenAPI 3.1, as the running service has it.
    """
    return request.answer(
        _manual(request).description, headers={"cache-control": "public, max-age=60"}
    )


@get("/docs", permit=access.READ, answers=str, produces=_HTML)
async def read_reference(request: Call) -> Response[bytes]:
    """Read the reference.

    The same description as one page for people. It needs neither the internet nor JavaScript.
    """
    return request.answer(_manual(request).reference, headers=pages.HEADERS)


@get("/problems", permit=access.READ, answers=str, produces=_HTML)
async def list_problems(request: Call) -> Response[bytes]:
    """List the types of problems, as a page."""
    types = _manual(request).problems.values()
    return request.answer(pages.problem_index(types), headers=pages.HEADERS)


@get(
    "/problems/{code:str}",
    permit=access.READ,
    answers=str,
    produces=_HTML,
    refuses=(ProblemUnknown,),
)
async def explain_problem(request: Call, code: FromPath[str]) -> Response[bytes]:
    """Explain a type of problem.

    The page that `type` of a problem leads to: what is wrong, and what would satisfy the rule.
    """
    type_ = _manual(request).problems.get(code)
    if type_ is None:
        raise ProblemUnknown("This service answers with no problem of that code.")
    return request.answer(pages.problem(type_), headers=pages.HEADERS)


@get("/", permit=access.READ, answers=str, produces=_HTML)
async def read_home(request: Call) -> Response[bytes]:
    """Read the first page: what this is, and where to look."""
    sandbox = request.house.settings.sandbox
    return request.answer(pages.home(sandbox=sandbox), headers=pages.HEADERS)


def _manual(request: Call) -> Manual:
    kept: Manual | None = request.app.state.get(_KEPT)
    if kept is None:
        kept = _made(request)
        request.app.state[_KEPT] = kept
    return kept


def _made(request: Call) -> Manual:
    """Describe the operations of the application that this request came to."""
    handlers = (one for route in request.app.routes for one in getattr(route, "route_handlers", ()))
    operations = describe.operations_of(handlers)
    document = describe.description(operations, examples=describe.examples())
    return Manual(
        description=msgspec.json.encode(document),
        reference=reference.reference(document),
        problems={type_.code: type_ for type_ in describe.problem_types(operations)},
    )


ROUTES = (read_description, read_reference, list_problems, explain_problem, read_home)
