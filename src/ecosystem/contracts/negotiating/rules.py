"""What may become of a proposal for a draft, and what refuses it."""

from datetime import datetime
from typing import Final

from ecosystem.contracts import forms
from ecosystem.contracts.form_shapes import ContractTerms, Form
from ecosystem.contracts.negotiating.model import (
    Accepted,
    AcceptFacts,
    Ended,
    Proposed,
    ProposeFacts,
    ReplyFacts,
    Side,
    Sides,
    State,
    ValueProposed,
)
from ecosystem.contracts.rules import FormAltered, FormUnknown, ProposalOpen, check_draft
from ecosystem.values import control
from ecosystem.values.actor import Actor, Role
from ecosystem.values.period import shown
from ecosystem.values.refusal import Kind, Refusal

_BUYS: Final = (Role.OFFICER,)
_SUPPLIES: Final = (Role.DELIVERY, Role.SIGNATORY)


class ProposalMissing(Refusal):
    """There is no such proposal, or it is between others."""

    kind = Kind.MISSING
    remedy = "Use an identifier of GET /v1/contracts/{id}/proposals."


class NotNegotiating(Refusal):
    """The caller negotiates for neither side of the contract."""

    kind = Kind.FORBIDDEN
    remedy = "An officer of the authority, or delivery or a signatory of a supplier, must do this."


class DraftReworded(Refusal):
    """The draft says something else than when it was read."""

    kind = Kind.CONFLICT
    remedy = "Read the draft again, and propose what should change about it as it is now."


class NothingChanged(Refusal):
    """The draft says already what is proposed."""

    kind = Kind.UNMET
    remedy = "Propose another value for at least one variable."


class ProposalOver(Refusal):
    """The proposal does not wait for an answer any more."""

    kind = Kind.CONFLICT
    remedy = "Read what became of it, and propose another one if need be."


class SignatureCalled(Refusal):
    """Who won is called upon to sign the draft as it is worded, which nobody signs in between."""

    kind = Kind.CONFLICT
    remedy = "Accept or reject what the winner proposes; reword nothing else before `sign_by`."


class OwnSideProposed(Refusal):
    """The proposal is of the caller's own side."""

    kind = Kind.FORBIDDEN
    remedy = "The other side accepts or rejects it; whose proposal it is withdraws it."


class NotOwnProposal(Refusal):
    """The proposal is another organisation's."""

    kind = Kind.FORBIDDEN
    remedy = "Whose proposal it is withdraws it; the other side rejects it."


def propose(facts: ProposeFacts, *, by: Actor, at: datetime) -> Proposed:
    """Propose values for what the form leaves open; it stands in the place of the other side's.

    Refuses with NotNegotiating, ContractCancelled, ContractInForce, ProposalOpen where the own
    side waits for an answer, SignatureCalled where the authority would, DraftReworded,
    FormUnknown, FormAltered, as `forms.grow` does, and NothingChanged, in that order.
    """
    del at
    side = side_of(facts.sides, by)
    check_draft(facts.state)
    if facts.open is not None and facts.open.side == side:
        raise ProposalOpen(f"{facts.open.id} waits for the other side.")
    if side == "authority" and facts.sign_by is not None:
        raise SignatureCalled(f"The call is until {shown(facts.sign_by)}.")
    if facts.asked.base_digest != facts.terms_digest:
        message = f"The draft has the digest {facts.terms_digest}."
        raise DraftReworded(message, pointer="/base_digest")
    form = _form(facts)
    terms = _grown(facts, form)
    if terms == facts.terms:
        raise NothingChanged("Every variable has that value.", pointer="/values")
    return Proposed(
        state=State.PROPOSED,
        side=side,
        proposed_by=control.hand(by),
        wording=facts.wording + 1,
        answers=None if facts.open is None else facts.open.id,
        values=_values(facts.terms, terms, form),
        terms=terms,
        terms_digest=forms.terms_digest(terms),
    )


def answer(facts: ReplyFacts, *, by: Actor, at: datetime) -> Ended:
    """Let the other side's next proposal stand in the place of this one. Refuses as `reject`."""
    del at
    return _replied(facts, State.ANSWERED, by=by)


def accept(facts: AcceptFacts, *, by: Actor, at: datetime) -> Accepted:
    """Accept the other side's proposal: the draft is worded by it, and signed anew.

    Refuses with NotNegotiating, OwnSideProposed, ProposalOver, ContractCancelled,
    ContractInForce or DraftReworded, in that order.
    """
    del at
    ended = _replied(facts.reply, State.ACCEPTED, by=by)
    check_draft(facts.contract_state)
    if facts.base_digest != facts.contract_digest:
        raise DraftReworded(f"The draft has the digest {facts.contract_digest}.")
    return Accepted(
        state=State.ACCEPTED,
        ended_by=ended.ended_by,
        wording=facts.wording,
        terms_digest=facts.terms_digest,
        fallen=facts.signed,
    )


def reject(facts: ReplyFacts, *, by: Actor, at: datetime) -> Ended:
    """Reject the other side's proposal: the draft stays as it is, with its signatures.

    Refuses with NotNegotiating, OwnSideProposed or ProposalOver, in that order.
    """
    del at
    return _replied(facts, State.REJECTED, by=by)


def withdraw(facts: ReplyFacts, *, by: Actor, at: datetime) -> Ended:
    """Take a proposal back. Refuses with NotOwnProposal or ProposalOver, in that order."""
    del at
    if by.organisation_id != facts.organisation_id:
        raise NotOwnProposal("The caller's organisation has not proposed this.")
    _refuse_over(facts)
    return Ended(state=State.WITHDRAWN, ended_by=control.hand(by), reason=facts.reason)


def side_of(sides: Sides, by: Actor) -> Side:
    """Return for which side the caller negotiates. Refuses with NotNegotiating."""
    if by.organisation_number == sides.authority_number and any(map(by.has, _BUYS)):
        return "authority"
    if by.organisation_id in sides.supplier_ids and any(map(by.has, _SUPPLIES)):
        return "supplier"
    raise NotNegotiating("The caller has no such role on either side of this contract.")


def _replied(facts: ReplyFacts, state: State, *, by: Actor) -> Ended:
    if side_of(facts.sides, by) == facts.side or control.is_own(by, facts.proposed_by):
        raise OwnSideProposed(f"The {facts.side} has proposed this.")
    _refuse_over(facts)
    return Ended(state=state, ended_by=control.hand(by), reason=facts.reason)


def _refuse_over(facts: ReplyFacts) -> None:
    if facts.state is not State.PROPOSED:
        raise ProposalOver(f"The proposal is {facts.state}.")


def _form(facts: ProposeFacts) -> Form:
    used = facts.terms.form
    if facts.form is None:
        raise FormUnknown(f"There is no form {used.id} in version {used.version}.")
    if forms.digest(facts.form) != used.digest:
        raise FormAltered(f"The draft has grown from it with the digest {used.digest}.")
    return facts.form


def _grown(facts: ProposeFacts, form: Form) -> ContractTerms:
    terms = facts.terms
    return forms.grow(
        form,
        values={**terms.variables, **facts.asked.values},
        parties=terms.parties,
        value=terms.value,
        starts_on=terms.period.starts_on,
        consortia=terms.consortia,
    )


def _values(before: ContractTerms, after: ContractTerms, form: Form) -> tuple[ValueProposed, ...]:
    return tuple(
        ValueProposed(
            name=one.name,
            title=one.title,
            before=before.variables[one.name],
            after=after.variables[one.name],
        )
        for one in form.variables
        if before.variables[one.name] != after.variables[one.name]
    )
