"""What things cost: exact decimals in one currency, never a float."""

from decimal import ROUND_HALF_UP, Decimal
from math import lcm
from typing import Annotated

import msgspec
from iso4217 import Currency as Iso4217
from msgspec import Meta

from ecosystem.values.patterns import whole
from ecosystem.values.refusal import Kind, Refusal

Amount = Annotated[
    str,
    Meta(
        pattern=whole(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,4})?"),
        description="A decimal string, never negative, of at most 18 digits before the point, no "
        "finer than the currency allows.",
        examples=["1234.50"],
    ),
]
Currency = Annotated[
    str, Meta(pattern=whole("[A-Z]{3}"), description="An ISO 4217 code.", examples=["CNY"])
]
Measure = Annotated[
    str,
    Meta(
        pattern=whole(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?"),
        description="A decimal string: a ratio or a measured value.",
        examples=["99.95"],
    ),
]


class Money(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An amount of one currency."""

    amount: Amount
    currency: Currency

    def decimal(self) -> Decimal:
        """Return the amount as an exact number."""
        return Decimal(self.amount)


class CurrencyUnknown(Refusal):
    """The currency is not one of ISO 4217."""

    kind = Kind.UNMET
    remedy = "Give a current ISO 4217 code, such as CNY."


class AmountTooFine(Refusal):
    """The amount is finer than its currency allows."""

    kind = Kind.UNMET
    remedy = "Give no more decimal places than the currency has."


def places(currency: str, *, parameter: str | None = None) -> int:
    """Return how many decimal places `currency` has, or refuse with CurrencyUnknown.

    `parameter` is what names it, where a query does.
    """
    try:
        exponent = Iso4217(currency).exponent
    except ValueError:
        message = f"{currency} is not a currency of ISO 4217."
        raise CurrencyUnknown(message, parameter=parameter) from None
    return 0 if exponent is None else exponent


def check(money: Money, *, pointer: str) -> Decimal:
    """Return the amount of `money`, which stands at `pointer` of the request.

    Refuses with CurrencyUnknown or AmountTooFine, checked in that order.
    """
    try:
        allowed = places(money.currency)
    except CurrencyUnknown as refusal:
        raise CurrencyUnknown(refusal.detail, pointer=f"{pointer}/currency") from None
    amount = money.decimal()
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > allowed:
        message = f"{money.currency} has {allowed} decimal places, {money.amount} has {-exponent}."
        raise AmountTooFine(message, pointer=f"{pointer}/amount")
    return amount


def of(amount: Decimal, currency: str) -> Money:
    """Return `amount` as money, rounded half up to what `currency` allows."""
    step = Decimal(1).scaleb(-places(currency))
    return Money(f"{amount.quantize(step, rounding=ROUND_HALF_UP):f}", currency)


def written(amount: Decimal, currency: str) -> str:
    """Return `amount` as answers write it: with all digits of its currency, `"0.00"` too."""
    return of(amount, currency).amount


def said(amount: Decimal, currency: str) -> str:
    """Return `amount` as sentences name it, with its currency: `"1234.50 CNY"`."""
    return f"{written(amount, currency)} {currency}"


def split(total: Decimal, shares: tuple[Decimal, ...], *, currency: str) -> tuple[Decimal, ...]:
    """Split `total` by `shares` so that the parts add up to it exactly.

    Each part is rounded down to the currency's step; what is left over goes, one
    step each, to the parts with the largest remainders, the earlier first.
    So each is less than one step from its share: right for a total that is split once. A part
    can fall where the total rises, so what is computed again takes `apportion`.
    Requires total >= 0, and shares >= 0 of which one is positive.
    """
    step = Decimal(1).scaleb(-places(currency))
    whole = sum(shares, Decimal(0))
    exact = [total * share / whole for share in shares]
    parts = [(value // step) * step for value in exact]
    left = int((total - sum(parts, Decimal(0))) / step)
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for index in by_remainder[:left]:
        parts[index] += step
    return tuple(parts)


def apportion(total: Decimal, shares: tuple[Decimal, ...], *, currency: str) -> tuple[Decimal, ...]:
    """Split `total` by `shares` so that the parts add up to it, and none falls where it rises.

    Each in its turn gets its share of what is left, rounded half up to the currency's step;
    so the last gets the rest. A part is less than two steps from its share, for up to twenty.
    Right for a total that is computed again as facts come; one that is split once takes `split`.
    Requires total >= 0, no finer than the step, and shares >= 0 of which one is positive.
    """
    ratios = [share.as_integer_ratio() for share in shares]
    common = lcm(*(below for _, below in ratios))
    weights = [above * (common // below) for above, below in ratios]
    left, weight, parts = int(total.scaleb(places(currency))), sum(weights), list[Decimal]()
    for one in weights:
        part = (2 * left * one + weight) // (2 * weight) if weight else 0
        parts.append(Decimal(part).scaleb(-places(currency)))
        left, weight = left - part, weight - one
    return tuple(parts)
