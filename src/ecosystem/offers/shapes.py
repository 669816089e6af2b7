"""What shape an offer's content must have to be an offer for its lot."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from msgspec import UNSET

from ecosystem.needs.model import CriterionKind, Lot, OfferKind
from ecosystem.offers.model import Drawdown, FinancialContent, Financing, OfferContent
from ecosystem.values import money
from ecosystem.values.refusal import Fault, Kind, Refusal

_WHOLE: Final = Decimal(100)


class ContentUnsound(Refusal):
    """The content of the offer breaks a rule."""

    kind = Kind.UNMET
    remedy = "Mend each place that `errors` lists."


def check(content: OfferContent, *, lot: Lot, kind: OfferKind) -> None:
    """Refuse with ContentUnsound, which lists every fault, unless `content` fits the lot."""
    _refuse(*_price_faults(content, lot=lot, kind=kind), *_technical_faults(content, lot=lot))


def check_technical(content: OfferContent, *, lot: Lot) -> None:
    """Refuse with ContentUnsound unless `content` fits the lot, and says nothing of its price."""
    named = {"price": content.price, "financing": content.financing}
    apart = tuple(
        Fault(f"/{name}", "price_apart", "Leave it to the envelope of the financial part.")
        for name, given in named.items()
        if given is not UNSET
    )
    _refuse(*apart, *_technical_faults(content, lot=lot))


def check_financial(content: FinancialContent, *, lot: Lot, kind: OfferKind) -> None:
    """Refuse with ContentUnsound unless a financial part fits the lot."""
    _refuse(*_price_faults(content, lot=lot, kind=kind))


def _refuse(*faults: Fault) -> None:
    if faults:
        raise ContentUnsound(f"{len(faults)} rules on the content are not met.", faults=faults)


def _technical_faults(content: OfferContent, *, lot: Lot) -> Iterator[Fault]:
    metrics = {one.metric for one in lot.outcomes}
    for index, one in enumerate(content.metric_commitments):
        if one.metric not in metrics:
            detail = f"The lot has no metric {one.metric}."
            yield Fault(f"/metric_commitments/{index}/metric", "metric_unknown", detail)
    given = Counter(one.metric for one in content.metric_commitments)
    yield from _repeated(given, pointer="/metric_commitments", code="metric_twice")
    criteria = {one.code: one.kind for one in lot.criteria}
    for index, answer in enumerate(content.answers):
        if answer.criterion not in criteria:
            detail = f"The lot has no criterion {answer.criterion}."
            yield Fault(f"/answers/{index}/criterion", "criterion_unknown", detail)
    answered = Counter(one.criterion for one in content.answers)
    yield from _repeated(answered, pointer="/answers", code="criterion_twice")
    for code, of in criteria.items():
        if of is CriterionKind.REQUIREMENT and code not in answered:
            yield Fault("/answers", "requirement_unanswered", f"Answer the requirement {code}.")


def _repeated(counts: Counter[str], *, pointer: str, code: str) -> Iterator[Fault]:
    for name, count in counts.items():
        if count > 1:
            yield Fault(pointer, code, f"{name} is given {count} times; give it once.")


def _price_faults(
    content: OfferContent | FinancialContent, *, lot: Lot, kind: OfferKind
) -> Iterator[Fault]:
    if kind is OfferKind.FINANCING:
        if content.price is not UNSET:
            yield Fault("/price", "price_of_financing", "Leave the price out; give `financing`.")
        if content.financing is UNSET:
            yield Fault("/financing", "financing_missing", "Give the terms of the financing.")
        else:
            yield from _financing_faults(content.financing, lot=lot)
        return
    if content.financing is not UNSET:
        yield Fault("/financing", "not_financing", "Leave the financing out of this kind of offer.")
    if content.price is UNSET:
        yield Fault("/price", "price_missing", "Give the price.")
        return
    yield from _amount_faults(content.price, lot=lot, pointer="/price")


def _financing_faults(asked: Financing, *, lot: Lot) -> Iterator[Fault]:
    yield from _amount_faults(asked.amount, lot=lot, pointer="/financing/amount")
    yield from _amount_faults(asked.fees, lot=lot, pointer="/financing/fees", may_be_zero=True)
    if asked.fees.decimal() >= asked.amount.decimal():
        detail = "Charge less at the drawdown than the amount."
        yield Fault("/financing/fees/amount", "fees_take_all", detail)
    if asked.grace_months >= asked.tenor_months:
        detail = "Let the grace end before the tenor does."
        yield Fault("/financing/grace_months", "grace_too_long", detail)
    yield from _drawdown_faults(asked.drawdowns)


def _drawdown_faults(drawdowns: tuple[Drawdown, ...]) -> Iterator[Fault]:
    total = sum((Decimal(one.share) for one in drawdowns), Decimal(0))
    if drawdowns and total != _WHOLE:
        detail = f"The shares add to {total}, not to 100."
        yield Fault("/financing/drawdowns", "drawdowns_do_not_add_up", detail)
    for index, one in enumerate(drawdowns):
        if Decimal(one.share) == 0:
            place = f"/financing/drawdowns/{index}/share"
            yield Fault(place, "share_is_zero", "Give a share above zero.")


def _amount_faults(
    asked: money.Money, *, lot: Lot, pointer: str, may_be_zero: bool = False
) -> Iterator[Fault]:
    try:
        amount = money.check(asked, pointer=pointer)
    except Refusal as refusal:
        yield from refusal.faults
        return
    if asked.currency != lot.ceiling.currency:
        detail = f"Use {lot.ceiling.currency}, the currency of the lot."
        yield Fault(f"{pointer}/currency", "other_currency", detail)
    elif amount > lot.ceiling.decimal():
        yield Fault(f"{pointer}/amount", "above_ceiling", "Stay within the ceiling of the lot.")
    if amount == 0 and not may_be_zero:
        yield Fault(f"{pointer}/amount", "amount_is_zero", "Give an amount above zero.")
