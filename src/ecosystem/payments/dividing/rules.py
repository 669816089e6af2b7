"""What each of those who supply under a contract is due after new calculations."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import UNSET

from ecosystem.offers.model import Liability
from ecosystem.payments.calculation import Divided
from ecosystem.payments.dividing.model import Account, DueFacts
from ecosystem.payments.model import ComputeFacts
from ecosystem.values import money

_NOTHING: Final = Decimal(0)
_NEW: Final = Account(owed=_NOTHING, forgone=_NOTHING, unsent=())


class _Stand(msgspec.Struct, frozen=True, kw_only=True):
    """A calculation that nothing supersedes."""

    calculation_id: str
    is_new: bool
    total: Decimal
    withheld: Decimal
    division: tuple[Divided, ...]


def dues(facts: DueFacts) -> tuple[ComputeFacts, ...]:
    """Return what the payments of each payee are computed from, the lead's last.

    Under joint liability, what members are owed beyond what they have earned, and what no payment
    that can be reversed covers, stays unpaid to the others meanwhile. Under several liability that
    is so only where the contract has no more left.
    """
    stands = _stands(facts)
    earned = _earned(stands, facts)
    accounts = {payee: facts.accounts.get(payee, _NEW) for payee in earned}
    due = {payee: amount - accounts[payee].owed for payee, amount in earned.items()}
    over = sum((_over(due[payee], accounts[payee]) for payee in due), _NOTHING)
    answers_for = _answers(due, _unpaid(facts, stands, earned, over), facts.steps.currency)
    return tuple(
        ComputeFacts(
            contract_id=facts.contract_id,
            payee_id=payee,
            calculation_id=_reason(stands, payee, lead_id=facts.lead_id),
            currency=facts.steps.currency,
            earned=f"{earned[payee]:f}",
            owed=f"{accounts[payee].owed:f}",
            unsent=accounts[payee].unsent,
            answers_for=f"{answers_for[payee]:f}" if answers_for.get(payee) else UNSET,
        )
        for payee in sorted(earned, key=lambda one: (due[one] >= 0, one == facts.lead_id, one))
    )


def _stands(facts: DueFacts) -> list[_Stand]:
    """Return the calculations that stand now, the new ones first, then the newest first."""
    new = [
        _Stand(
            calculation_id=calculation_id,
            is_new=True,
            total=Decimal(one.calculation.total),
            withheld=Decimal(one.calculation.withheld),
            division=one.calculation.members(),
        )
        for calculation_id, one in zip(facts.ids, facts.made, strict=True)
    ]
    again = {one.ordinal for one in facts.made}
    old = [
        _Stand(
            calculation_id=one.calculation_id,
            is_new=False,
            total=Decimal(one.total),
            withheld=Decimal(one.withheld),
            division=one.division,
        )
        for one in reversed(facts.steps.steps)
        if one.ordinal not in again
    ]
    return [*new, *old]


def _earned(stands: Iterable[_Stand], facts: DueFacts) -> dict[str, Decimal]:
    """Return what each payee has earned, less what it has forgone."""
    earned = dict[str, Decimal]()
    for one in stands:
        for payee, amount in _whose(one, lead_id=facts.lead_id).items():
            earned[payee] = earned.get(payee, _NOTHING) + amount
    return {
        payee: amount - facts.accounts.get(payee, _NEW).forgone for payee, amount in earned.items()
    }


def _whose(one: _Stand, *, lead_id: str) -> dict[str, Decimal]:
    if not one.division:
        return {lead_id: one.total}
    return {part.organisation_id: Decimal(part.amount) for part in one.division}


def _reason(stands: Iterable[_Stand], payee: str, *, lead_id: str) -> str:
    """Return the calculation that changed what a payee has earned, or the newest of its own."""
    return next(one.calculation_id for one in stands if payee in _whose(one, lead_id=lead_id))


def _over(due: Decimal, account: Account) -> Decimal:
    """Return what a payee is owed too much even when what can be is reversed."""
    unsent = sum((one.amount.decimal() for one in account.unsent), _NOTHING)
    return max(-due - unsent, _NOTHING)


def _unpaid(
    facts: DueFacts, stands: Iterable[_Stand], earned: dict[str, Decimal], over: Decimal
) -> Decimal:
    """Return what of the members' dues stays unpaid because others are owed too much."""
    if facts.together is not None and facts.together.liability is Liability.JOINT:
        return over
    most = Decimal(facts.steps.contract_value) - sum((one.withheld for one in stands), _NOTHING)
    return max(sum(earned.values(), over) - most, _NOTHING)


def _answers(due: dict[str, Decimal], unpaid: Decimal, currency: str) -> dict[str, Decimal]:
    """Divide what stays unpaid among those who are due something, by what they are due.

    Nobody answers for less where more stays unpaid.
    """
    open_dues = {payee: due[payee] for payee in sorted(due) if due[payee] > 0}
    most = sum(open_dues.values(), _NOTHING)
    if not open_dues or not unpaid:
        return {}
    parts = money.apportion(min(unpaid, most), tuple(open_dues.values()), currency=currency)
    return dict(zip(open_dues, parts, strict=True))
