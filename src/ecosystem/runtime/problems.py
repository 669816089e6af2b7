"""How every error looks on the wire: RFC 9457 problem details; HTTP numbers live here alone."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from ecosystem.runtime import chinese
from ecosystem.values.languages import TAGS, Language
from ecosystem.values.refusal import Kind, Refusal

STATUS: Final[Mapping[Kind, int]] = {
    Kind.MALFORMED: 400,
    Kind.FORBIDDEN: 403,
    Kind.MISSING: 404,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.STALE: 412,
    Kind.UNMET: 422,
}


TOLD_MAX: Final = 3
"""How many of the places that are wrong stand in `detail` too."""


class ProblemPlace(msgspec.Struct, frozen=True):
    """One place of the request that a rule does not accept: in the body, or in the query."""

    code: str
    """Stable snake_case name of what is wrong there."""
    detail: str
    """What is wrong there, and what would satisfy the rule."""
    pointer: str | UnsetType = UNSET
    """In the body: RFC 6901 JSON pointer into it; empty for the whole of it."""
    parameter: str | UnsetType = UNSET
    """In the query: the name of the parameter."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was not carried out. Source: RFC 9457."""

    type: str
    """Address of a page that explains this type of problem."""
    title: str
    """What is wrong, the same for every problem of this type."""
    status: int
    """The HTTP status code."""
    detail: str
    """What is wrong this time, and what would satisfy the rule."""
    code: str
    """Stable name of the type, for programs."""
    instance: str
    """The request's identifier, as in X-Request-Id; name it when asking for help."""
    errors: tuple[ProblemPlace, ...] = ()
    """Each place of the request that a rule does not accept."""


class Type(msgspec.Struct, frozen=True):
    """A type of problem that the edge itself finds."""

    status: int
    code: str
    title: str
    remedy: str


def _type(status: int, code: str, title: str, remedy: str) -> Type:
    found = Type(status, code, title, remedy)
    EDGE_TYPES[code] = found
    return found


EDGE_TYPES: Final[dict[str, Type]] = {}
MALFORMED: Final = _type(
    400, "malformed", "The request cannot be understood",
    "Compare the request with the operation's schema and example.",
)  # fmt: skip
KEY_MISSING: Final = _type(
    400, "idempotency_key_missing", "This operation needs an Idempotency-Key",
    "Send a new random key of up to 255 characters, and the same one when you retry.",
)  # fmt: skip
CURSOR_INVALID: Final = _type(
    400, "cursor_invalid", "The cursor does not belong to this list",
    "Start again without a cursor, or keep all filters as they were.",
)  # fmt: skip
ORGANISATION_MISSING: Final = _type(
    400, "organisation_missing", "The request does not say for which organisation it is",
    "Name one of the person's organisations in the header Ecosystem-Organisation.",
)  # fmt: skip
UNAUTHENTICATED: Final = _type(
    401, "unauthenticated", "A valid access token is needed",
    "Get a token from /oauth/token and send it as `Authorization: Bearer ...`.",
)  # fmt: skip
STEP_UP: Final = _type(
    401, "insufficient_user_authentication", "The person must prove anew who she is",
    "Send her to /oauth/authorize with the acr_values and the max_age that WWW-Authenticate "
    "names, and repeat the request with the token that follows.",
)  # fmt: skip
NOT_ALLOWED: Final = _type(
    403, "not_allowed", "The caller may not do this",
    "Use a token with the scope, and a caller with the role, that the operation names.",
)  # fmt: skip
NOT_FOUND: Final = _type(
    404, "not_found", "There is nothing here, or nothing that the caller may know of",
    "Check the address and the identifier.",
)  # fmt: skip
METHOD_NOT_ALLOWED: Final = _type(
    405, "method_not_allowed", "The resource does not know this method",
    "Use one of the methods that the Allow header lists.",
)  # fmt: skip
BODY_TOO_SLOW: Final = _type(
    408, "body_too_slow", "The request body did not arrive in time",
    "Send the request again; send large documents over a faster line.",
)  # fmt: skip
BODY_CUT_OFF: Final = _type(
    400, "body_cut_off", "The request body ended before its end",
    "Send it again; an upload goes on from the offset that it tells.",
)  # fmt: skip
KEY_IN_USE: Final = _type(
    409, "idempotency_key_in_use", "A request with this Idempotency-Key is still running",
    "Wait and send the same request again.",
)  # fmt: skip
CHANGED_MEANWHILE: Final = _type(
    409, "changed_meanwhile", "Another request has just changed the same thing",
    "Read the resource again and repeat the request if it is still wanted.",
)  # fmt: skip
TOO_LARGE: Final = _type(
    413, "too_large", "The request body is too large",
    "Send less; the operation's description gives the limit.",
)  # fmt: skip
URI_TOO_LONG: Final = _type(
    414, "uri_too_long", "The address is too long",
    "Shorten the query to 4,096 characters.",
)  # fmt: skip
UNSUPPORTED: Final = _type(
    415, "unsupported_media_type", "The request body has a type that is not accepted",
    "Send the Content-Type that the operation's description names.",
)  # fmt: skip
RANGE_UNSATISFIABLE: Final = _type(
    416, "range_unsatisfiable", "The range begins behind the end of the document",
    "Ask for bytes that Content-Range says there are.",
)  # fmt: skip
KEY_REUSED: Final = _type(
    422, "idempotency_key_reused", "This Idempotency-Key was used for another request",
    "Use a new key for every new request.",
)  # fmt: skip
PRECONDITION_REQUIRED: Final = _type(
    428, "precondition_required", "This operation needs If-Match",
    "Read the resource, and send its ETag in If-Match.",
)  # fmt: skip
TOO_MANY: Final = _type(
    429, "too_many_requests", "The client has used up its quota for now",
    "Wait as long as Retry-After says.",
)  # fmt: skip
INTERNAL: Final = _type(
    500, "internal_error", "Something went wrong on our side",
    "Send the request again; if it fails again, report the request's identifier.",
)  # fmt: skip
UNAVAILABLE: Final = _type(
    503, "unavailable", "The service cannot answer just now",
    "Wait as long as Retry-After says and send the request again.",
)  # fmt: skip


def found(
    type_: Type,
    detail: str,
    *,
    root: str,
    request_id: str,
    errors: tuple[ProblemPlace, ...] = (),
    language: Language = "en",
) -> Problem:
    """Return a problem that the edge found; `root` is the public address of the service."""
    told = _Told(language, "runtime", type_.code, type_.title, type_.remedy)
    return Problem(
        type=f"{root}/problems/{type_.code}",
        title=told.title(),
        status=type_.status,
        detail=told.whole(detail, errors),
        code=type_.code,
        instance=request_id,
        errors=told.places(errors),
    )


def refused(refusal: Refusal, *, root: str, request_id: str, language: Language = "en") -> Problem:
    """Return the problem that a rule's refusal becomes."""
    code = refusal.code()
    room = chinese.room_of(type(refusal))
    told = _Told(language, room, code, refusal.title(), refusal.remedy)
    return Problem(
        type=f"{root}/problems/{code}",
        title=told.title(),
        status=STATUS[refusal.kind],
        detail=told.whole(refusal.detail),
        code=code,
        instance=request_id,
        errors=told.places(_places(refusal)),
    )


class _Told:
    """A type of problem, as it is told in one language.

    In Chinese, what is wrong this time stays in English where no sentence is known for it.
    """

    def __init__(self, language: Language, room: str, code: str, title: str, remedy: str) -> None:
        self._said = chinese.texts(room).get(code) if language == "zh" else None
        self._type = (room, code)
        self._title = title
        self._remedy = remedy

    def title(self) -> str:
        return self._said.title if self._said else self._title

    def whole(self, detail: str, places: tuple[ProblemPlace, ...] = ()) -> str:
        """Return what is wrong this time, and what would satisfy the rule."""
        if self._said is None:
            return f"{detail} {self._remedy}"
        told = [self._place(one) for one in places[:TOLD_MAX]] or [self._detail(detail)]
        if None in told:
            return f"{detail} {self._said.remedy}"
        this_time = "；".join(filter(None, told)).rstrip("。")
        return f"{this_time}。{self._said.remedy}"

    def places(self, places: tuple[ProblemPlace, ...]) -> tuple[ProblemPlace, ...]:
        if self._said is None:
            return places
        return tuple(
            msgspec.structs.replace(one, detail=self._place(one) or one.detail) for one in places
        )

    def _place(self, one: ProblemPlace) -> str | None:
        # First by its own code: a sentence of the type might take more than its own words.
        return chinese.told(one.code, one.detail) or self._detail(one.detail)

    def _detail(self, english: str) -> str | None:
        return chinese.detail(*self._type, english)


class _Place(Protocol):
    """What is wrong, or unwise, at one place."""

    @property
    def code(self) -> str: ...
    @property
    def detail(self) -> str: ...


PlaceT = TypeVar("PlaceT", bound=_Place)


def told(places: Iterable[PlaceT], language: Language) -> tuple[PlaceT, ...]:
    """Return the places that an answer of success names, as they are told in a language.

    What no sentence is known for stays in English.
    """
    if language == "en":
        return tuple(places)
    return tuple(_replaced(one, chinese.told(one.code, one.detail)) for one in places)


def _replaced(place: Any, detail: str | None) -> Any:
    return place if detail is None else msgspec.structs.replace(place, detail=detail)


def headers(language: Language) -> dict[str, str]:
    """Return the headers that say in which language a problem is told, and why in that one."""
    return {"content-language": TAGS[language], "vary": "Accept-Language"}


def _places(refusal: Refusal) -> tuple[ProblemPlace, ...]:
    if refusal.parameter is not None:
        return (ProblemPlace(refusal.code(), refusal.detail, parameter=refusal.parameter),)
    return tuple(ProblemPlace(one.code, one.detail, pointer=one.pointer) for one in refusal.faults)
