"""Who of those that take one place together is paid which part, to the smallest unit."""

from decimal import Decimal
from typing import Literal

import msgspec

from ecosystem.contracts.form_shapes import Consortium, ContractTerms, MemberShare
from ecosystem.values import money
from ecosystem.values.identifiers import OrganisationId
from ecosystem.values.money import Money


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one member gets of an amount."""

    organisation_id: OrganisationId
    share: str
    """In per cent."""
    amount: Money


def shares_of(terms: ContractTerms, role: Literal["supplier", "lender"]) -> tuple[MemberShare, ...]:
    """Return who takes a place, each with its share: they add to 100, or there is nobody.

    Where several take it and the terms say nothing of their shares, their lead has 100.
    """
    together = consortium_of(terms, role)
    if together is not None:
        return together.shares
    lead = lead_of(terms, role)
    return () if lead is None else (MemberShare(organisation_id=lead, share="100"),)


def consortium_of(terms: ContractTerms, role: Literal["supplier", "lender"]) -> Consortium | None:
    """Return what the terms say of those who take a place together; None where one does alone."""
    return next((one for one in terms.consortia if one.role == role), None)


def lead_of(terms: ContractTerms, role: Literal["supplier", "lender"]) -> OrganisationId | None:
    """Return who leads those in a place, or the only one; None where nobody takes it."""
    there = [party for party in terms.parties if party.role == role]
    leading = [party.organisation_id for party in there if party.lead]
    return next(iter([*leading, *(party.organisation_id for party in there)]), None)


def suppliers(terms: ContractTerms) -> tuple[OrganisationId, ...]:
    """Return who supplies, in the order of the terms, but who leads and speaks for all first."""
    several = [one for one in terms.parties if one.role == "supplier"]
    return tuple(one.organisation_id for one in sorted(several, key=lambda party: not party.lead))


def divided(amount: Money, among: tuple[MemberShare, ...]) -> tuple[Part, ...]:
    """Divide an amount by shares that add to 100, so that the parts add to it exactly.

    As `money.apportion` does, in their order: no part falls where the amount rises. Requires
    `among` to name somebody.
    """
    shares = tuple(Decimal(one.share) for one in among)
    parts = money.apportion(amount.decimal(), shares, currency=amount.currency)
    return tuple(
        Part(
            organisation_id=one.organisation_id,
            share=one.share,
            amount=Money(f"{part:f}", amount.currency),
        )
        for one, part in zip(among, parts, strict=True)
    )
