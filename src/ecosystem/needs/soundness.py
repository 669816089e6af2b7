"""What is wrong with a need: by itself, and by the rules of the place that it names."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from ecosystem.catalogue.profiles import days
from ecosystem.catalogue.profiles.model import InForce, Span
from ecosystem.needs.model import CriterionKind, LotDraft, NeedDraft, PublishFacts, Warned
from ecosystem.values import money
from ecosystem.values.money import Money
from ecosystem.values.period import is_within_reach, shown
from ecosystem.values.refusal import Fault, Refusal

_WHOLE: Final = Decimal(100)
_BY_QUALITY: Final = "quality_to_price/1"
_REVERSALS: Final = {"lowest_ratio/1": "0.5", "spread/1": "19.8", "mean/1": "1.1"}
"""Formulas that look at other prices, and how often in a hundred random contests of three a
losing offer turned the order of the others. Source: `ecosystem evaluations reversals`."""


def content_faults(asked: NeedDraft) -> Iterator[Fault]:
    """Yield what is wrong with the content by itself."""
    currency = asked.lots[0].ceiling.currency
    for index, lot in enumerate(asked.lots):
        yield from _lot_faults(lot, pointer=f"/lots/{index}", currency=currency)
    if asked.estimated_value is not None:
        yield from _estimate_faults(asked.estimated_value, asked.lots)
    if len(set(asked.openers)) != len(asked.openers):
        yield Fault("/openers", "opener_twice", "Name each opener once.")
    if asked.threshold > len(asked.openers):
        detail = f"Name at least {asked.threshold} openers, or let fewer open together."
        yield Fault("/threshold", "threshold_too_high", detail)
    for name in ("enquiry_ends_at", "submission_ends_at", "opening_at"):
        if not is_within_reach(getattr(asked, name)):
            yield Fault(f"/{name}", "date_out_of_reach", "Let it be of the years 1900 to 2199.")
    if not asked.enquiry_ends_at < asked.submission_ends_at <= asked.opening_at:
        yield Fault(
            "/submission_ends_at",
            "dates_out_of_order",
            "Let enquiry_ends_at be before submission_ends_at, and opening_at not before that.",
        )


def _lot_faults(lot: LotDraft, *, pointer: str, currency: str) -> Iterator[Fault]:
    try:
        ceiling = money.check(lot.ceiling, pointer=f"{pointer}/ceiling")
    except Refusal as refusal:
        yield from refusal.faults
        return
    if ceiling == 0:
        yield Fault(f"{pointer}/ceiling/amount", "ceiling_is_zero", "Give a ceiling above zero.")
    if lot.ceiling.currency != currency:
        yield Fault(
            f"{pointer}/ceiling/currency", "currencies_differ", f"Use {currency} in every lot."
        )
    if (lot.price_formula == _BY_QUALITY) != (Decimal(lot.point_value or 0) > 0):
        detail = f"Give a point value above zero with {_BY_QUALITY}, and with no other formula."
        yield Fault(f"{pointer}/point_value", "point_value", detail)
    yield from _criteria_faults(lot, pointer=f"{pointer}/criteria")
    yield from _twice((one.metric for one in lot.outcomes), pointer=f"{pointer}/outcomes")


def _estimate_faults(estimate: Money, lots: tuple[LotDraft, ...]) -> Iterator[Fault]:
    try:
        expected = money.check(estimate, pointer="/estimated_value")
    except Refusal as refusal:
        yield from refusal.faults
        return
    currency = lots[0].ceiling.currency
    if estimate.currency != currency:
        yield Fault("/estimated_value/currency", "currencies_differ", f"Use {currency}.")
    elif not 0 < expected <= sum((lot.ceiling.decimal() for lot in lots), Decimal(0)):
        detail = "Expect more than nothing, and no more than the ceilings come to."
        yield Fault("/estimated_value/amount", "estimate_above_ceilings", detail)


def _criteria_faults(lot: LotDraft, *, pointer: str) -> Iterator[Fault]:
    total = sum((Decimal(one.weight) for one in lot.criteria), Decimal(0))
    if total != _WHOLE:
        yield Fault(
            pointer, "weights_do_not_add_up", f"The weights add to {total}; they must add to 100."
        )
    for index, one in enumerate(lot.criteria):
        if (one.kind is CriterionKind.REQUIREMENT) != (Decimal(one.weight) == 0):
            yield Fault(
                f"{pointer}/{index}/weight",
                "weight_of_requirement",
                "A requirement is met or not and weighs 0; everything else weighs more.",
            )
    yield from _twice((one.code for one in lot.criteria), pointer=pointer)
    sought = {one.metric for one in lot.outcomes}
    for index, one in enumerate(lot.criteria):
        if one.kind is CriterionKind.METRIC_COMMITMENT and one.code not in sought:
            yield Fault(
                f"{pointer}/{index}/code",
                "metric_unknown",
                f"{one.code} is no metric of the lot's outcomes; commit to one that is sought.",
            )


def _twice(codes: Iterator[str], *, pointer: str) -> Iterator[Fault]:
    for code, count in Counter(codes).items():
        if count > 1:
            yield Fault(pointer, "code_twice", f"{code} is used {count} times; use it once.")


def unready(facts: PublishFacts, *, at: datetime) -> Iterator[Fault]:
    """Yield what stands in the way of publication, beyond the content itself."""
    asked = facts.asked
    if asked.enquiry_ends_at <= at:
        yield Fault("/enquiry_ends_at", "date_has_passed", "Let enquiry_ends_at be in the future.")
    if not facts.is_jurisdiction_known:
        yield Fault("/jurisdiction", "jurisdiction_unknown", "Use a code of /v1/jurisdictions.")
    yield from catalogue_faults(
        asked, unknown_standards=facts.unknown_standards, is_form_known=facts.is_form_known
    )
    ready = {opener.person_id for opener in facts.openers}
    for index, person in enumerate(asked.openers):
        if person not in ready:
            yield Fault(
                f"/openers/{index}",
                "opener_not_ready",
                "Name a person of this authority with the role opener and an opening key.",
            )
    value = Money(facts.value, asked.lots[0].ceiling.currency)
    yield from budget_faults(facts.programme_available, value=value)
    yield from profile_faults(asked, facts.in_force, at=at)


def catalogue_faults(
    asked: NeedDraft, *, unknown_standards: Iterable[str], is_form_known: bool
) -> Iterator[Fault]:
    """Yield what a need cites that is not there."""
    for code in unknown_standards:
        yield Fault("/standards", "standard_unknown", f"{code} is not in /v1/standards.")
    if not is_form_known:
        form = asked.contract_form
        detail = f"{form.id} {form.version} is not in /v1/contract-forms."
        yield Fault("/contract_form", "form_unknown", detail)


def budget_faults(available: str | None, *, value: Money) -> Iterator[Fault]:
    """Yield why a programme, of which so much is `available`, does not pay for a value."""
    if available is None:
        yield Fault(
            "/programme_id", "programme_unknown",
            "Name a budget programme of this authority, in the currency of the lots.",
        )  # fmt: skip
    elif Decimal(available) < value.decimal():
        left, whole = (
            money.said(Decimal(one), value.currency) for one in (available, value.amount)
        )
        yield Fault(
            "/programme_id", "budget_too_small",
            f"The programme has {left} left; the lots come to {whole}.",
        )  # fmt: skip


def profile_faults(asked: NeedDraft, in_force: InForce, *, at: datetime) -> Iterator[Fault]:
    """Yield what the rules of the place do not allow in a need that is published at a time."""
    rules = in_force.rules
    yield from _too_early("enquiry_ends_at", asked, rules.enquiry, in_force, after=at)
    yield from _too_early("submission_ends_at", asked, rules.submission, in_force, after=at)
    yield from terms_faults(asked, in_force)
    if rules.client_sealing.required and not asked.client_sealing_required:
        detail = f"{in_force.profile_id} has bidders seal in their own programs: let it be true."
        yield Fault("/client_sealing_required", "client_sealing_asked_for", detail)
    if asked.envelopes not in rules.envelopes.allowed:
        allowed = " or ".join(rules.envelopes.allowed)
        detail = f"{in_force.profile_id} has offers come in {allowed}: let it be {allowed}."
        yield Fault("/envelopes", "envelopes_not_allowed", detail)
    if len(asked.openers) < rules.openers.named_min:
        detail = f"Name at least {rules.openers.named_min} openers."
        yield Fault("/openers", "openers_too_few", detail)


def terms_faults(asked: NeedDraft, in_force: InForce) -> Iterator[Fault]:
    """Yield what the rules of the place do not allow, whenever the need is published."""
    yield from _too_early(
        "submission_ends_at", asked, in_force.rules.answering, in_force,
        after=asked.enquiry_ends_at, code="answering_too_short",
    )  # fmt: skip
    yield from _opening_faults(asked, in_force)
    for index, lot in enumerate(asked.lots):
        yield from _price_faults(lot, in_force, pointer=f"/lots/{index}")


def warnings(asked: NeedDraft) -> tuple[Warned, ...]:
    """Return what is allowed and yet unwise."""
    return tuple(
        Warned(
            pointer=f"/lots/{index}/price_formula",
            code="formula_is_relative",
            detail=f"{lot.price_formula} scores a price by the others: an offer that loses turned "
            f"the order of two others in {_REVERSALS[lot.price_formula]} of 100 random contests.",
        )
        for index, lot in enumerate(asked.lots)
        if lot.price_formula in _REVERSALS
    )


def _too_early(
    name: str,
    asked: NeedDraft,
    span: Span | None,
    in_force: InForce,
    *,
    after: datetime,
    code: str = "",
) -> Iterator[Fault]:
    earliest = days.end_of(span, after=after, calendar=in_force.calendar)
    if span is None or getattr(asked, name) >= earliest:
        return
    detail = (
        f"Let {name} be {shown(earliest)} or later: {span.days} days ({span.counted}) from the end "
        f"of enquiries by {in_force.profile_id}, {_source(span)}."
        if code
        else f"Let {name} be {shown(earliest)} or later: {span.days} days ({span.counted}) from "
        f"publication by {in_force.profile_id}, {_source(span)}."
    )
    yield Fault(f"/{name}", code or f"{name.partition('_')[0]}_too_short", detail)


def _opening_faults(asked: NeedDraft, in_force: InForce) -> Iterator[Fault]:
    span, after = in_force.rules.opening, asked.submission_ends_at
    latest = days.end_of(span, after=after, calendar=in_force.calendar)
    if span is None or asked.opening_at <= latest:
        return
    detail = (
        f"Let opening_at be {shown(latest)} or earlier: {span.days} days ({span.counted}) from "
        f"the end of submission by {in_force.profile_id}, {_source(span)}."
    )
    yield Fault("/opening_at", "opening_too_late", detail)


def _source(span: Span) -> str:
    return f"{span.law} {span.article}" if span.article else span.law


def _price_faults(lot: LotDraft, in_force: InForce, *, pointer: str) -> Iterator[Fault]:
    rule = in_force.rules.price_formulas
    weights = [Decimal(one.weight) for one in lot.criteria if one.kind is CriterionKind.PRICE]
    if weights and lot.price_formula not in rule.allowed:
        allowed = " or ".join(rule.allowed)
        detail = f"{in_force.profile_id} does not allow {lot.price_formula}; use {allowed}."
        yield Fault(f"{pointer}/price_formula", "formula_not_allowed", detail)
    if sum(weights, Decimal(0)) < Decimal(rule.weight_min):
        detail = f"Let the price weigh at least {rule.weight_min} per cent."
        yield Fault(f"{pointer}/criteria", "price_weighs_too_little", detail)
