"""What of a sum is tax: included in it, added to it, or withheld from it."""

from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal

from ecosystem.catalogue.profiles.model import TaxKind
from ecosystem.payments.calculation import Stage, Tax, TaxLine
from ecosystem.payments.pipeline import Run
from ecosystem.payments.shapes import Worth, plain
from ecosystem.values.text import Text

_NOTHING = Decimal(0)


def room(most: Decimal, taxes: Iterable[Tax], *, step: Decimal) -> Decimal:
    """Return how much may be paid before tax, so that with what is added it is at most `most`."""
    added = sum((Decimal(one.rate) for one in taxes if one.kind is TaxKind.ADDED), _NOTHING)
    return (most / (1 + added)).quantize(step, rounding=ROUND_DOWN)


def taxed(run: Run, taxes: Iterable[Tax], *, most: Decimal) -> tuple[TaxLine, ...]:
    """Split the sum of `run` into what each tax is, and what is taxed; return a line for each.

    Taxes of a kind have one basis, and with it they add up to the sum exactly: included ones to
    the sum as it is, added ones to the sum as it becomes, no more than `most`. What is withheld
    is of the same basis. Call inside `exact()`. Effects: what is added or withheld is a line of
    the stage `tax`.
    """
    known = sorted(taxes, key=lambda one: one.code)
    included = {one.code: one for one in known if one.kind is TaxKind.INCLUDED}
    whole = run.sum
    rates = 1 + sum((Decimal(one.rate) for one in included.values()), _NOTHING)
    amounts = {
        code: run.rounded(whole * Decimal(one.rate) / rates) for code, one in included.items()
    }
    basis = whole - sum(amounts.values(), _NOTHING)
    for one in known:
        if one.kind is TaxKind.ADDED:
            amounts[one.code] = _add(run, one, basis, sign=1, most=most - run.sum)
    for one in known:
        if one.kind is TaxKind.WITHHELD:
            amounts[one.code] = _add(run, one, basis, sign=-1, most=run.sum)
    return tuple(
        TaxLine(
            code=one.code,
            kind=one.kind,
            rate=one.rate,
            basis=f"{run.rounded(basis):f}",
            amount=f"{amounts[one.code]:f}",
        )
        for one in known
    )


def _add(run: Run, one: Tax, basis: Decimal, *, sign: int, most: Decimal) -> Decimal:
    """Add the line of a tax, and return its amount, which is never negative."""
    amount = min(run.rounded(basis * Decimal(one.rate)), max(most, _NOTHING))
    if amount:
        words = Text(
            zh=f"{one.code}：{plain(basis)} × {one.rate}",
            en=f"{one.code}: {plain(basis)} x {one.rate}",
        )
        run.add(Stage.TAX, (one.code, f"tax_{one.kind}"), (), Worth(sign * amount, words))
    return amount
