"""What may become of a change, and what refuses it."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec import UNSET

from ecosystem.catalogue.profiles.model import ChangeGround
from ecosystem.contracts import forms, own_key
from ecosystem.contracts.changes import applying, impact
from ecosystem.contracts.changes.model import (
    ApproveFacts,
    ChangeApproved,
    Changed,
    ChangeFacts,
    ChangeSigned,
    Ended,
    EndFacts,
    LimitImpact,
    Proposed,
    ProposeFacts,
    Side,
    SignFacts,
    State,
)
from ecosystem.contracts.excluding import rules as excluding
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.model import ContractParty
from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.rules import DigestDiffers, NotParty, SignedBefore, SignsForAnother
from ecosystem.values import control, money
from ecosystem.values.actor import Actor, Role
from ecosystem.values.refusal import Fault, Kind, Refusal

_BUYS: Final = (Role.OFFICER,)
_SUPPLIES: Final = (Role.DELIVERY, Role.SIGNATORY)


class ChangeMissing(Refusal):
    """There is no such change, or it is a proposal between others."""

    kind = Kind.MISSING
    remedy = "Use an identifier of GET /v1/contracts/{id}/changes."


class NotProposer(Refusal):
    """The caller does not propose changes of this contract."""

    kind = Kind.FORBIDDEN
    remedy = "An officer of the authority, or delivery or a signatory of a supplier, must propose."


class ContractNotActive(Refusal):
    """The contract is not in force, or is suspended."""

    kind = Kind.CONFLICT
    remedy = "Do this while the contract is active."


class ChangeOpen(Refusal):
    """Another change of this contract is proposed."""

    kind = Kind.CONFLICT
    remedy = "Sign, reject or withdraw that one first; one change is open at a time."


class BaseDiffers(Refusal):
    """The change is of other terms than those in force."""

    kind = Kind.UNMET
    remedy = "Read the contract again, and propose a change of the terms that it has now."


class ChangeUnfounded(Refusal):
    """The rules of the place do not let a contract like this be changed on this ground."""

    kind = Kind.UNMET
    remedy = "Use a ground of `changes.grounds` in the profile that the need was published under."


class ChangeUnsound(Refusal):
    """The terms that the change would make are not sound."""

    kind = Kind.UNMET
    remedy = "Correct every place named in `errors`."


class ValueBeyondLimit(Refusal):
    """The change adds more to the value than the rules of the place allow."""

    kind = Kind.UNMET
    remedy = "Add no more than `detail` says is left, use another ground, or buy it anew."


class MilestoneSettled(Refusal):
    """A milestone that is submitted or accepted would be altered, or a removed one come back."""

    kind = Kind.CONFLICT
    remedy = "Change milestones that are planned or rejected; give a new one a code of its own."


class ChangeOver(Refusal):
    """The change is not a proposal any more."""

    kind = Kind.CONFLICT
    remedy = "Read what became of it, and propose another one if need be."


class ProposedOneself(Refusal):
    """Nobody signs a change that she has proposed."""

    kind = Kind.FORBIDDEN
    remedy = "Have another signatory of the organisation sign."


class ApprovalAwaited(Refusal):
    """The change puts another in a member's place, and nobody has approved that."""

    kind = Kind.CONFLICT
    remedy = "Have an approver of the authority decide first: POST .../approval."


class ApprovalNotAwaited(Refusal):
    """The change needs no approval, or has it."""

    kind = Kind.CONFLICT
    remedy = "Have it signed."


class ApprovesOwnChange(Refusal):
    """Nobody approves a change that she has proposed."""

    kind = Kind.FORBIDDEN
    remedy = "Have another person with the role approver decide."


class NotChangesAuthority(Refusal):
    """The contract is another authority's."""

    kind = Kind.FORBIDDEN
    remedy = "An approver of the authority that buys must decide."


class NotProposingSide(Refusal):
    """The proposal is another organisation's."""

    kind = Kind.FORBIDDEN
    remedy = "Whose proposal it is withdraws it; any other party rejects it."


class OwnProposal(Refusal):
    """The proposal is the caller's own."""

    kind = Kind.FORBIDDEN
    remedy = "Withdraw it instead."


def propose(facts: ProposeFacts, *, by: Actor, at: datetime) -> Proposed:
    """Propose a change of a contract in force.

    Refuses with NotProposer, ContractNotActive, ChangeOpen, BaseDiffers, ChangeUnfounded, as
    `excluding.reply_by` does, ChangeUnsound with every fault at once, and ValueBeyondLimit, in
    that order.
    """
    side = _side(facts, by)
    if facts.state is not ContractState.ACTIVE:
        raise ContractNotActive(f"The contract is {facts.state}.")
    if facts.open_change_id is not None:
        raise ChangeOpen(f"{facts.open_change_id} is proposed.")
    if facts.asked.base_digest != facts.terms_digest:
        message = f"The terms in force have the digest {facts.terms_digest}."
        raise BaseDiffers(message, pointer="/base_digest")
    ground = _ground(facts)
    instead = facts.asked.changes.substitution
    reply_by = excluding.reply_by(
        facts.limit, UNSET if instead is UNSET else instead.exclusion,
        may=side == "authority" or _leads_them(facts, by), at=at,
    )  # fmt: skip
    excluded_id = None if instead is UNSET or reply_by is None else instead.leaving_id
    terms = _terms(facts)
    limits = tuple(impact.limits(facts, ground, terms))
    if terms.value.decimal() > facts.terms.value.decimal():
        _refuse_beyond(limits)
    return Proposed(
        state=State.PROPOSED,
        side=side,
        edition=facts.edition + 1,
        proposed_by=control.hand(by),
        terms=terms,
        terms_digest=forms.terms_digest(terms),
        signers=tuple(sorted((_parties(facts.terms) | _parties(terms)) - {excluded_id})),
        needs_approval=instead is not UNSET,
        excluded_id=excluded_id,
        reply_by=reply_by,
        impact=impact.between(facts.terms, terms, first=facts.first_value, limits=limits),
    )


def approve(facts: ApproveFacts, *, by: Actor, at: datetime) -> ChangeApproved:
    """Let a change be signed that puts another organisation in a member's place.

    Refuses with NotChangesAuthority, ApprovesOwnChange, ChangeOver, ApprovalNotAwaited or
    MemberUnheard, in that order.
    """
    if by.organisation_number != facts.authority_number:
        raise NotChangesAuthority("The contract is another authority's.")
    if control.is_own(by, facts.proposed_by):
        raise ApprovesOwnChange("The caller has proposed this change.")
    if facts.state is not State.PROPOSED:
        raise ChangeOver(f"The change is {facts.state}.")
    if not facts.needs_approval or facts.approved_by is not None:
        raise ApprovalNotAwaited("The change waits for signatures alone.")
    excluding.refuse_unheard(facts.reply_by, has_reply=facts.has_reply, at=at)
    return ChangeApproved(approved_by=control.hand(by))


def sign(facts: SignFacts, *, by: Actor, at: datetime) -> ChangeSigned:
    """Sign a change for the caller's organisation.

    Refuses with NotParty, ChangeOver, ContractNotActive, BaseDiffers, ApprovalAwaited,
    SignedBefore, SignsForAnother, ProposedOneself or DigestDiffers, in that order, and as
    `own_key.check` does.
    """
    del at
    if by.organisation_id not in facts.signers:
        raise NotParty("The caller's organisation has no place in the new terms.")
    if facts.state is not State.PROPOSED:
        raise ChangeOver(f"The change is {facts.state}.")
    if facts.contract_state is not ContractState.ACTIVE:
        raise ContractNotActive(f"The contract is {facts.contract_state}.")
    if facts.base_digest != facts.contract_digest:
        raise BaseDiffers(f"The terms in force have the digest {facts.contract_digest}.")
    if facts.awaits_approval:
        raise ApprovalAwaited("No approver of the authority has decided yet.")
    signed = {one.organisation_id for one in facts.signatures}
    if by.organisation_id in signed:
        raise SignedBefore("The caller's organisation has signed.")
    if by.person_id in {one.person_id for one in facts.signatures}:
        raise SignsForAnother("The caller has signed for another party.")
    if control.is_own(by, facts.proposed_by):
        raise ProposedOneself("The caller has proposed this change.")
    if facts.digest != facts.terms_digest:
        message = f"The new terms have the digest {facts.terms_digest}."
        raise DigestDiffers(message, pointer="/digest")
    return ChangeSigned(
        organisation_id=by.organisation_id,
        person_id=by.person_id or "",
        is_complete=set(facts.signers) == signed | {by.organisation_id},
        own_key=own_key.checked(facts.presented, digest=facts.terms_digest),
    )


def change(facts: ChangeFacts, *, by: Actor, at: datetime) -> Changed:
    """Bring a change into force that every party has signed.

    A new end of the term holds as it is written; what a suspension has added stays otherwise.
    """
    del by, at
    before, after = facts.terms_before.period.ends_on, facts.terms.period.ends_on
    return Changed(
        edition=facts.edition,
        terms_digest=forms.terms_digest(facts.terms),
        value_before=facts.terms_before.value,
        value=facts.terms.value,
        ends_on=facts.ends_on_before if after == before else after,
        left=tuple(sorted(_parties(facts.terms_before) - _parties(facts.terms))),
        joined=tuple(_joined(facts)),
    )


def withdraw(facts: EndFacts, *, by: Actor, at: datetime) -> Ended:
    """Take a proposal back. Refuses with NotProposingSide or ChangeOver, in that order."""
    del at
    if by.organisation_id != facts.organisation_id:
        raise NotProposingSide("The caller's organisation has not proposed this.")
    _refuse_over(facts)
    return Ended(state=State.WITHDRAWN, ended_by=control.hand(by), reason=facts.reason)


def reject(facts: EndFacts, *, by: Actor, at: datetime) -> Ended:
    """Refuse a proposal of another party.

    Refuses with NotParty, OwnProposal or ChangeOver, in that order.
    """
    del at
    if by.organisation_id not in facts.signers:
        raise NotParty("The caller's organisation has no place in the new terms.")
    if by.organisation_id == facts.organisation_id:
        raise OwnProposal("The caller's organisation has proposed this.")
    _refuse_over(facts)
    return Ended(state=State.REJECTED, ended_by=control.hand(by), reason=facts.reason)


def _terms(facts: ProposeFacts) -> ContractTerms:
    """Return the new terms. Refuses with ChangeUnsound, and every fault at once."""
    asked = facts.asked.changes
    unsound = tuple(
        applying.faults(facts.terms, asked, form=facts.form, joining=facts.joining, left=facts.left)
    )
    if unsound:
        raise ChangeUnsound(unsound[0].detail, faults=unsound)
    return applying.applied(facts.terms, asked, joining=facts.joining)


def _leads_them(facts: ProposeFacts, by: Actor) -> bool:
    """Tell whether another who supplies would have the lead of the suppliers leave."""
    instead, lead_id = facts.asked.changes.substitution, facts.supplier_ids[0]
    is_lead = instead is not UNSET and instead.leaving_id == lead_id
    return is_lead and by.organisation_id != lead_id


def _parties(terms: ContractTerms) -> set[str]:
    return {one.organisation_id for one in terms.parties}


def _joined(facts: ChangeFacts) -> Iterator[ContractParty]:
    shares = {
        one.organisation_id: one.share for place in facts.terms.consortia for one in place.shares
    }
    for one in facts.terms.parties:
        if one.organisation_id not in _parties(facts.terms_before):
            yield ContractParty(
                organisation_id=one.organisation_id,
                role=one.role,
                share=shares.get(one.organisation_id),
            )


def _side(facts: ProposeFacts, by: Actor) -> Side:
    if by.organisation_number == facts.authority_number and any(map(by.has, _BUYS)):
        return "authority"
    if by.organisation_id in facts.supplier_ids and any(map(by.has, _SUPPLIES)):
        return "supplier"
    raise NotProposer("The caller has no such role on either side of this contract.")


def _ground(facts: ProposeFacts) -> ChangeGround:
    named = {one.code: one for one in facts.limit.grounds}
    ground = named.get(facts.asked.ground)
    if ground is None:
        raise ChangeUnfounded(f"The grounds are {', '.join(named)}.", pointer="/ground")
    phases = facts.terms.phases
    if ground.phases and not set(ground.phases) & set(phases):
        detail = f"It is for contracts of {' or '.join(ground.phases)}, this one of {phases[0]}."
        raise ChangeUnfounded(detail, pointer="/ground")
    return ground


def _refuse_beyond(limits: tuple[LimitImpact, ...]) -> None:
    faults = tuple(
        Fault(
            "/changes/value",
            one.rule,
            f"{one.law} {one.article or ''} allows {one.share_max} of the value first signed, "
            f"{one.allowed.amount} {one.allowed.currency}; with this change "
            f"{money.said(Decimal(one.added), one.allowed.currency)} is added.",
        )
        for one in limits
        if Decimal(one.added) > one.allowed.decimal()
    )
    if faults:
        raise ValueBeyondLimit(faults[0].detail, faults=faults)


def _refuse_over(facts: EndFacts) -> None:
    if facts.state is not State.PROPOSED:
        raise ChangeOver(f"The change is {facts.state}.")
