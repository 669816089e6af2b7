"""What of a calculation, of each of its lines and taxes, is whose; it adds up both ways."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

import msgspec

from ecosystem.catalogue.profiles.model import TaxKind
from ecosystem.contracts.form_shapes import MemberShare
from ecosystem.contracts.shares import divided
from ecosystem.payments.calculation import Calculation, Divided, DividedTax, Stage
from ecosystem.payments.shapes import exact
from ecosystem.values import money
from ecosystem.values.refusal import Kind, Refusal

_NOTHING: Final = Decimal(0)
_WHOLE: Final = Decimal(100)
_Row = tuple[Decimal, ...]
"""One amount for each member."""


class SharesUnsound(Refusal):
    """The shares by which a calculation is divided do not add up."""

    kind = Kind.UNMET
    remedy = "Name each member once, with shares that add to 100."


def shares_in(stated: Calculation) -> tuple[MemberShare, ...]:
    """Return the shares by which a calculation says that it is divided."""
    return tuple(
        MemberShare(organisation_id=one.organisation_id, share=one.share)
        for one in stated.members()
    )


def parted(whole: Calculation, *, among: tuple[MemberShare, ...]) -> Calculation:
    """Return a calculation with what of it is whose; as it is, where `among` names nobody.

    What the lines come to is divided after each of them, and what a member has of a line is the
    difference: so its lines add to its part of the total, and the parts of all members add to
    each line. Taxes that are included are divided after their basis in the same way. Refuses
    with SharesUnsound.
    """
    if not among:
        return whole
    _refuse_unsound(among)
    with exact():
        return msgspec.structs.replace(whole, division=_division(whole, among))


def _division(whole: Calculation, among: tuple[MemberShare, ...]) -> tuple[Divided, ...]:
    lines = [*_parts(whole, among, (Decimal(line.amount) for line in whole.lines))]
    taxes = _taxes(whole, among, lines)
    amounts = [sum(column, _NOTHING) for column in _turned(lines, among)]
    kept = _withheld(whole, taxes, among)
    return tuple(
        Divided(
            organisation_id=one.organisation_id,
            share=one.share,
            lines=tuple(_text(row[at], whole) for row in lines),
            taxes=tuple(
                DividedTax(
                    code=tax.code, basis=_text(basis[at], whole), amount=_text(part[at], whole)
                )
                for tax, (basis, part) in zip(whole.taxes, taxes, strict=True)
            ),
            withheld=_text(kept[at], whole),
            amount=_text(amounts[at], whole),
        )
        for at, one in enumerate(among)
    )


def _refuse_unsound(among: tuple[MemberShare, ...]) -> None:
    total = sum((Decimal(one.share) for one in among), _NOTHING)
    if total != _WHOLE or len({one.organisation_id for one in among}) != len(among):
        raise SharesUnsound(f"{len(among)} shares add to {total}.", pointer="/division")


def _parts(
    whole: Calculation, among: tuple[MemberShare, ...], amounts: Iterable[Decimal]
) -> Iterator[_Row]:
    """Yield the parts of each amount: by how much those of the sum grow with it."""
    before, so_far = (_NOTHING,) * len(among), _NOTHING
    for amount in amounts:
        so_far += amount
        after = _divided(so_far, whole.currency, among)
        yield tuple(new - old for new, old in zip(after, before, strict=True))
        before = after


def _divided(amount: Decimal, currency: str, among: tuple[MemberShare, ...]) -> _Row:
    """Divide an amount of either sign."""
    parts = divided(money.of(abs(amount), currency), among)
    sign = -1 if amount < 0 else 1
    return tuple(sign * part.amount.decimal() for part in parts)


def _taxes(
    whole: Calculation, among: tuple[MemberShare, ...], lines: list[_Row]
) -> list[tuple[_Row, _Row]]:
    """Return the parts of the basis and of the amount of each tax."""
    if not whole.taxes:
        return []
    included = [one for one in whole.taxes if one.kind is TaxKind.INCLUDED]
    basis, *inside = _parts(
        whole, among, (Decimal(whole.taxes[0].basis), *(Decimal(one.amount) for one in included))
    )
    amounts = dict(zip((one.code for one in included), inside, strict=True))
    for line, row in zip(whole.lines, lines, strict=True):
        if line.stage is Stage.TAX:
            amounts[line.rule] = row if Decimal(line.amount) > 0 else tuple(-one for one in row)
    nobody = (_NOTHING,) * len(among)
    return [(basis, amounts.get(one.code, nobody)) for one in whole.taxes]


def _withheld(
    whole: Calculation, taxes: list[tuple[_Row, _Row]], among: tuple[MemberShare, ...]
) -> list[Decimal]:
    kept = [
        part
        for tax, (_, part) in zip(whole.taxes, taxes, strict=True)
        if tax.kind is TaxKind.WITHHELD
    ]
    return [sum(column, _NOTHING) for column in _turned(kept, among)]


def _turned(rows: list[_Row], among: tuple[MemberShare, ...]) -> list[list[Decimal]]:
    """Return for each member its amounts of all rows."""
    return [[row[at] for row in rows] for at in range(len(among))]


def _text(amount: Decimal, whole: Calculation) -> str:
    """Return an amount with the places of the currency; never a negative zero."""
    places = Decimal(1).scaleb(-money.places(whole.currency))
    return f"{amount.quantize(places) + 0:f}"
