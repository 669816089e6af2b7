"""How a rule says no: a named refusal with its kind, its place and its remedy."""

import re
from enum import StrEnum
from typing import ClassVar

import msgspec


class Kind(StrEnum):
    """What sort of no it is. `runtime.web` alone turns this into an HTTP number."""

    MALFORMED = "malformed"
    """The request cannot be understood."""
    FORBIDDEN = "forbidden"
    """The caller may see the thing and may not do this to it."""
    MISSING = "missing"
    """The thing does not exist, or the caller may not know that it does."""
    CONFLICT = "conflict"
    """The thing is in a state in which this cannot be done."""
    GONE = "gone"
    """The time for this has passed and does not come back."""
    STALE = "stale"
    """The thing has changed since the caller read it."""
    UNMET = "unmet"
    """A rule on the content is not met."""


class Fault(msgspec.Struct, frozen=True):
    """One place of the input that a rule does not accept."""

    pointer: str
    """RFC 6901 JSON pointer into the request body; empty for the whole of it."""
    code: str
    """Stable snake_case name of what is wrong there."""
    detail: str
    """What is wrong there, and what would satisfy the rule."""


class Refusal(Exception):
    """A rule says no.

    Subclasses are named for the fact that refused (`StandstillRunning`), stand
    beside their rule, set `kind` and `remedy`, and have a docstring whose first
    line is the constant title of the problem. Their name is public API.
    """

    kind: ClassVar[Kind]
    remedy: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        pointer: str | None = None,
        parameter: str | None = None,
        faults: tuple[Fault, ...] = (),
    ) -> None:
        """Refuse with `detail`.

        Name the place by `pointer` into the body, or many by `faults`; or by `parameter`, where
        the query has it.
        """
        super().__init__(detail)
        self.detail = detail
        self.parameter = parameter
        self.faults: tuple[Fault, ...] = faults or (
            (Fault(pointer, self.code(), detail),) if pointer is not None else ()
        )

    @classmethod
    def code(cls) -> str:
        """Return the refusal's public name: `StandstillRunning` is `standstill_running`."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """Return the constant sentence that names this type of problem."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0].rstrip(".")
