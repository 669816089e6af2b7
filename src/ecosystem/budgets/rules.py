"""What may become of a programme's money, and what refuses it."""

from datetime import datetime

from ecosystem.budgets.model import (
    Adjusted,
    AdjustmentFacts,
    Appropriated,
    AppropriationFacts,
    CommitmentFacts,
    Committed,
    Obligated,
    Opened,
    ProgrammeDraft,
    Released,
)
from ecosystem.ledger import rules as ledger
from ecosystem.values import money
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal


class ProgrammeMissing(Refusal):
    """There is no such budget programme."""

    kind = Kind.MISSING
    remedy = "Check the identifier."


class ProgrammeNotOwned(Refusal):
    """The programme belongs to another authority."""

    kind = Kind.FORBIDDEN
    remedy = "Only a treasurer of the programme's own authority may do this."


class CurrencyDiffers(Refusal):
    """The amount is not in the programme's currency."""

    kind = Kind.UNMET
    remedy = "Give the amount in the currency of the programme, or use another programme."


class AssessmentUncited(Refusal):
    """The programme was there in the year before, and no assessment of that year is cited."""

    kind = Kind.UNMET
    remedy = (
        "Cite a published assessment of the year before as `assessment_id`, or say in "
        "`departs_because` why there is none to cite."
    )


class AssessmentUnfit(Refusal):
    """What is cited is no published assessment of the same programme in the year before."""

    kind = Kind.UNMET
    remedy = (
        "Cite an assessment that GET /v1/assessments lists, of the year before and of a programme "
        "of the same sector, operation and phase; or cite none, and say why in `departs_because`."
    )


class AgainstRecommendation(Refusal):
    """The assessment that is cited recommends to stop."""

    kind = Kind.UNMET
    remedy = "Say in `departs_because` why the programme goes on, or appropriate nothing to it."


def open_programme(facts: ProgrammeDraft, *, by: Actor, at: datetime) -> Opened:
    """Accept a programme. Refuses with CurrencyUnknown."""
    del by, at
    try:
        money.places(facts.currency)
    except money.CurrencyUnknown as refusal:
        raise money.CurrencyUnknown(refusal.detail, pointer="/currency") from None
    return Opened(programme=facts)


def appropriate(facts: AppropriationFacts, *, by: Actor, at: datetime) -> Appropriated:
    """Give money to a programme.

    Refuses with ProgrammeNotOwned, CurrencyUnknown, AmountTooFine, NothingToMove,
    CurrencyDiffers or AssessmentUncited, in that order. Whether the assessment that is cited
    is one of the year before, the room of assessments decides.
    """
    del at
    owned(facts.authority_number, by=by)
    asked = facts.asked
    sound(asked.amount, currency=facts.currency)
    if facts.is_followed and asked.assessment_id is None and asked.departs_because is None:
        message = f"The same programme was there in {facts.fiscal_year - 1}."
        raise AssessmentUncited(message, pointer="/assessment_id")
    return Appropriated(
        amount=asked.amount,
        reason=asked.reason,
        assessment_id=asked.assessment_id,
        departs_because=asked.departs_because,
    )


def owned(authority_number: int, *, by: Actor) -> None:
    """Refuse with ProgrammeNotOwned where the caller is not the authority of a programme."""
    if by.organisation_number != authority_number:
        message = "The caller's organisation is not the authority of this programme."
        raise ProgrammeNotOwned(message)


def commit(facts: CommitmentFacts, *, by: Actor, at: datetime) -> Committed:
    """Promise an amount to an award, whoever acts: the award decides who may.

    Refuses as the amount is unsound, then with FundsInsufficient where less is available.
    """
    del by, at
    sound(facts.amount, currency=facts.currency)
    ledger.covered(facts.amount, held=facts.available, what="The programme")
    return Committed(award_id=facts.award_id, amount=facts.amount)


def release(facts: CommitmentFacts, *, by: Actor, at: datetime) -> Released:
    """Make available again what an award no longer needs.

    Refuses as the amount is unsound, then with FundsInsufficient where less is committed.
    """
    del by, at
    sound(facts.amount, currency=facts.currency)
    ledger.covered(facts.amount, held=facts.committed, what="The award")
    return Released(award_id=facts.award_id, amount=facts.amount)


def obligate(facts: CommitmentFacts, *, by: Actor, at: datetime) -> Obligated:
    """Bind what was promised to an award by its contract.

    Requires a contract in the facts. Refuses as the amount is unsound, then with
    FundsInsufficient where less is committed.
    """
    del by, at
    sound(facts.amount, currency=facts.currency)
    ledger.covered(facts.amount, held=facts.committed, what="The award")
    return Obligated(
        award_id=facts.award_id, contract_id=facts.contract_id or "", amount=facts.amount
    )


def adjust(facts: AdjustmentFacts, *, by: Actor, at: datetime) -> Adjusted:
    """Bind more by a contract than before, or less.

    Requires that both amounts differ. Refuses as the difference is unsound, then with
    FundsInsufficient where less is available, or less is left that is not earned.
    """
    del by, at
    more = facts.after.decimal() - facts.before.decimal()
    difference = money.of(abs(more), facts.after.currency)
    sound(difference, currency=facts.currency)
    if more > 0:
        ledger.covered(difference, held=facts.available, what="The programme")
        return Adjusted(contract_id=facts.contract_id, raised=difference, lowered=None)
    ledger.covered(difference, held=facts.encumbered, what="What the contract has not yet earned")
    return Adjusted(contract_id=facts.contract_id, raised=None, lowered=difference)


def sound(amount: money.Money, *, currency: str) -> None:
    """Refuse an amount that cannot be moved, or is not in the currency of a programme.

    Refuses with CurrencyUnknown, AmountTooFine, NothingToMove or CurrencyDiffers.
    """
    ledger.sound(amount, pointer="/amount")
    if amount.currency != currency:
        message = f"The programme is in {currency}."
        raise CurrencyDiffers(message, pointer="/amount/currency")
