"""In which order money that comes in pays what is owed: a pure function, by its version.

What an application says is enough to compute it again: cash, claims, order, lines, digest.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ecosystem.contracts.canonical import canonical
from ecosystem.values.money import Amount, Money
from ecosystem.values.refusal import Kind, Refusal

VERSION: Final = "1"
"""By which money is applied now."""
FEE: Final = "fee"
INTEREST: Final = "interest"
PRINCIPAL: Final = "principal"
EARLY_PRINCIPAL: Final = "early_principal"
ORDER: Final = (FEE, INTEREST, PRINCIPAL, EARLY_PRINCIPAL)
"""Source: Civil Code of China, article 561: costs, then interest, then the principal debt."""
_LINES_MAX: Final = 100_000
_LAST: Final = date.max

Rank = Annotated[str, Meta(pattern="^[a-z_]{1,40}$", description="What a claim is for.")]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is owed."""

    rank: Rank
    of: Annotated[str, Meta(max_length=100)]
    """What it arises from: the identifier of a drawdown."""
    due_on: date | None
    """None where it is not due yet and may be paid all the same."""
    amount: Amount


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What a claim got, and of what."""

    rank: Rank
    of: str
    due_on: date | None
    asked: Amount
    cash_before: Amount
    paid: Amount
    cash_after: Amount


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """How money was applied, with all that it was applied to."""

    version: str
    cash: Money
    order: Annotated[tuple[Rank, ...], Meta(max_length=20)]
    claims: Annotated[tuple[Claim, ...], Meta(max_length=_LINES_MAX)]
    lines: Annotated[tuple[Line, ...], Meta(max_length=_LINES_MAX)]
    """One for each claim, in the order in which they were served."""
    surplus: Amount
    """What was left when every claim was paid; it is the borrower's."""
    digest: str
    """SHA-256 of the canonical JSON of all this with an empty digest."""

    def paid(self, rank: str) -> Decimal:
        """Return what all claims of a rank got."""
        return sum((Decimal(one.paid) for one in self.lines if one.rank == rank), Decimal(0))


class WaterfallUnknown(Refusal):
    """No waterfall of this version is known."""

    kind = Kind.UNMET
    remedy = "Compute it with a release of this software that knows the version."


class RankUnknown(Refusal):
    """A claim is of a rank that the order does not name."""

    kind = Kind.UNMET
    remedy = "Name every rank in the order."


def apply(
    cash: Money, claims: Iterable[Claim], *, order: tuple[str, ...] = ORDER, version: str = VERSION
) -> Application:
    """Pay claims from `cash`: by rank, then by the day on which they are due, then by name.

    Requires cash and claims of one currency. Refuses with WaterfallUnknown, RankUnknown.
    """
    serve = _VERSIONS.get(version)
    if serve is None:
        raise WaterfallUnknown(f"No version is called {version}.")
    known = tuple(claims)
    if strange := next((one for one in known if one.rank not in order), None):
        raise RankUnknown(f"The order does not name {strange.rank}.")
    lines, left = serve(cash.decimal(), known, order)
    made = Application(
        version=version, cash=cash, order=order, claims=known, lines=lines, surplus=f"{left:f}",
        digest="",
    )  # fmt: skip
    return msgspec.structs.replace(made, digest=hashlib.sha256(canonical(made)).hexdigest())


def recompute(application: Application) -> Application:
    """Apply the same money again, by the version that it was applied by. Refuses as `apply`."""
    return apply(
        application.cash,
        application.claims,
        order=application.order,
        version=application.version,
    )


Served = tuple[tuple[Line, ...], Decimal]


def _first(cash: Decimal, claims: tuple[Claim, ...], order: tuple[str, ...]) -> Served:
    lines, left = list[Line](), cash
    for one in sorted(claims, key=lambda one: (order.index(one.rank), one.due_on or _LAST, one.of)):
        paid = min(left, Decimal(one.amount))
        lines.append(
            Line(
                rank=one.rank, of=one.of, due_on=one.due_on, asked=one.amount,
                cash_before=f"{left:f}", paid=f"{paid:f}", cash_after=f"{left - paid:f}",
            )
        )  # fmt: skip
        left -= paid
    return tuple(lines), left


_VERSIONS: Final[dict[str, Callable[[Decimal, tuple[Claim, ...], tuple[str, ...]], Served]]] = {
    VERSION: _first
}
