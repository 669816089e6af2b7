"""What a token can be good for: one list of scopes for the whole service."""

from collections.abc import Iterable
from typing import Final, Literal, get_args

Scope = Literal[
    "organisations:read", "organisations:write",
    "needs:read", "needs:draft", "needs:write",
    "offers:read", "offers:draft", "offers:write", "offers:open",
    "awards:read", "awards:write",
    "contracts:read", "contracts:write", "contracts:sign",
    "milestones:read", "milestones:write",
    "outcomes:read", "outcomes:write",
    "budgets:read", "budgets:write",
    "payments:read", "payments:write",
    "history:read",
    "documents:read", "documents:write",
    "findings:read", "findings:write",
    "webhooks:read", "webhooks:write",
]  # fmt: skip

SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


def known(scopes: Iterable[str]) -> tuple[Scope, ...]:
    """Return those of `scopes` that are scopes, in the order of the list."""
    given = frozenset(scopes)
    return tuple(scope for scope in SCOPES if scope in given)


def needs_keys(scope: str) -> bool:
    """Tell whether a client that proves itself by a secret alone may not hold `scope`.

    A secret can be copied from whatever it passes through, so it is good only for what
    reads and drafts.
    """
    return not scope.endswith((":read", ":draft"))
