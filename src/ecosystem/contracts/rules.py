"""What may become of a contract and of its documents, and what refuses it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal

from ecosystem.contracts import forms, own_key
from ecosystem.contracts.form_shapes import Consortium, Form, MemberShare, Party, PartyRole
from ecosystem.contracts.model import (
    Activated,
    ActivateFacts,
    Awarded,
    ContractParty,
    Drafted,
    DraftFacts,
    Filed,
    FileFacts,
    Organisation,
    Signed,
    SignFacts,
    State,
)
from ecosystem.values import media
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.refusal import Fault, Kind, Refusal

_FINANCING: Final = "financing"


class ContractMissing(Refusal):
    """There is no such contract, or it is a draft of others."""

    kind = Kind.MISSING
    remedy = "Check the identifier; a draft is seen by its parties alone."


class FormMissing(Refusal):
    """There is no such standard-form contract."""

    kind = Kind.MISSING
    remedy = "Use an identifier of GET /v1/contract-forms."


class AwardNotOwned(Refusal):
    """The award belongs to another authority."""

    kind = Kind.FORBIDDEN
    remedy = "Only the authority that awarded may draft the contract."


class AwardUnfit(Refusal):
    """No contract of this kind grows from the award."""

    kind = Kind.UNMET
    remedy = "Name an award of delivery or advice, and to finance it one of others, for that need."


class AwardContracted(Refusal):
    """The award has a contract that is active."""

    kind = Kind.CONFLICT
    remedy = "An award leads to one contract; change that one."


class FormUnknown(Refusal):
    """The standard-form contract that the need names does not ship with this release."""

    kind = Kind.UNMET
    remedy = "Install a release that ships the form in that version."


class FormAltered(Refusal):
    """The standard-form contract says something else than when it was first used."""

    kind = Kind.CONFLICT
    remedy = "Install a release that ships the form as it was, or gives it a version of its own."


class VerifierUnfit(Refusal):
    """The organisation cannot verify."""

    kind = Kind.UNMET
    remedy = "Name a think tank that is verified."


class VerifierNotIndependent(Refusal):
    """The verifier is a party in another place too."""

    kind = Kind.UNMET
    remedy = "Name a think tank that neither supplies, nor finances, nor buys."


class NotConcerned(Refusal):
    """The contract does not concern the caller's organisation."""

    kind = Kind.FORBIDDEN
    remedy = "A party, the authority, or an auditor of the jurisdiction can read this."


class NotParty(Refusal):
    """The caller's organisation is not a party to the contract."""

    kind = Kind.FORBIDDEN
    remedy = "A party to the contract must do this."


class ContractInForce(Refusal):
    """The contract is in force already."""

    kind = Kind.CONFLICT
    remedy = "A contract in force is changed, not signed again."


class ContractCancelled(Refusal):
    """The draft ended with its award."""

    kind = Kind.CONFLICT
    remedy = "Read why the award was cancelled, and what is awarded instead."


class ProposalOpen(Refusal):
    """A proposal for the draft waits for an answer."""

    kind = Kind.CONFLICT
    remedy = "Have it accepted, rejected or withdrawn first."


class DigestDiffers(Refusal):
    """The digest is not that of the terms."""

    kind = Kind.UNMET
    remedy = "Read the contract, compute the SHA-256 of the canonical JSON of `terms`, and sign it."


class SignedBefore(Refusal):
    """The party has signed."""

    kind = Kind.CONFLICT
    remedy = "One signature of each party is enough."


class SignsForAnother(Refusal):
    """The person has signed for another party."""

    kind = Kind.FORBIDDEN
    remedy = "Have another person sign: nobody stands on both sides of a contract."


class DocumentMissing(Refusal):
    """There is no such document, or the caller may not know of it."""

    kind = Kind.MISSING
    remedy = "Use an identifier that POST /v1/contracts/{id}/documents answered."


class DocumentUnsound(Refusal):
    """The document or the header fields it came with are not as they must be."""

    kind = Kind.UNMET
    remedy = "Send the bytes with their Content-Type, Content-Digest and Content-Disposition."


def draft(facts: DraftFacts, *, by: Actor, at: datetime) -> Drafted:
    """Grow the terms of a contract from a final award and its standard form.

    Refuses with AwardNotOwned, AwardContracted, AwardUnfit, FormUnknown, FormAltered,
    VerifierUnfit and VerifierNotIndependent, in that order, and as `forms.grow` does.
    """
    del at
    if by.organisation_number != facts.authority_number:
        raise AwardNotOwned("The caller's organisation is not the authority of this award.")
    if facts.is_contracted:
        raise AwardContracted(f"The award {facts.award.id} has an active contract.")
    _refuse_unfit(facts)
    form, verifier = _form(facts), _verifier(facts)
    places = _places(facts, verifier)
    terms = forms.grow(
        form,
        values=facts.asked.values,
        parties=tuple(party for party, _ in places),
        value=facts.award.price,
        starts_on=facts.asked.starts_on,
        consortia=tuple(_consortia(facts)),
    )
    return Drafted(
        state=State.DRAFT,
        parties=tuple(
            ContractParty(organisation_id=party.organisation_id, role=party.role, share=share)
            for party, share in places
        ),
        terms=terms,
        terms_digest=forms.terms_digest(terms),
    )


def sign(facts: SignFacts, *, by: Actor, at: datetime) -> Signed:
    """Sign the terms for the caller's organisation.

    Refuses with NotParty, ContractCancelled, ContractInForce, SignedBefore, SignsForAnother,
    ProposalOpen or DigestDiffers, in that order, and as `own_key.check` does where it signs with
    its own key.
    """
    del at
    if by.organisation_id not in facts.parties:
        raise NotParty("The caller's organisation has no place in this contract.")
    check_draft(facts.state)
    signed = {one.organisation_id for one in facts.signatures}
    if by.organisation_id in signed:
        raise SignedBefore("The caller's organisation has signed.")
    if by.person_id in {one.person_id for one in facts.signatures}:
        raise SignsForAnother("The caller has signed for another party.")
    if facts.open_proposal_id is not None:
        raise ProposalOpen(f"{facts.open_proposal_id} waits for an answer.")
    if facts.digest != facts.terms_digest:
        message = f"The terms have the digest {facts.terms_digest}."
        raise DigestDiffers(message, pointer="/digest")
    return Signed(
        organisation_id=by.organisation_id,
        person_id=by.person_id or "",
        is_complete=set(facts.parties) == signed | {by.organisation_id},
        own_key=own_key.checked(facts.presented, digest=facts.terms_digest),
    )


def activate(facts: ActivateFacts, *, by: Actor, at: datetime) -> Activated:
    """Bring a contract into force that every party has signed. Refuses with AwardContracted."""
    del by
    if facts.is_contracted:
        raise AwardContracted(f"The award {facts.award_id} has an active contract.")
    return Activated(state=State.ACTIVE, activated_at=at, obligated=facts.price)


def file(facts: FileFacts, *, by: Actor, at: datetime) -> Filed:
    """Keep a document of a contract.

    Refuses with NotParty, or with DocumentUnsound and every fault at once: `name_missing`,
    `name_differs`, `digest_missing`, `digest_differs`, `content_differs`.
    """
    del by, at
    if not facts.is_party:
        raise NotParty("The caller's organisation has no place in this contract.")
    faults = tuple(
        Fault("", code, detail)
        for holds, code, detail in (
            (facts.name is not None, "name_missing", media.NAMELESS),
            (
                facts.name is None or media.is_named(facts.name, facts.media_type),
                "name_differs",
                f"The name ends as no file of {facts.media_type} does.",
            ),
            (
                facts.declared_sha256 is not None,
                "digest_missing",
                "Content-Digest gives no sha-256.",
            ),
            (
                facts.declared_sha256 in {None, facts.sha256},
                "digest_differs",
                f"The SHA-256 of what arrived is {facts.sha256}.",
            ),
            (
                facts.is_of_type,
                "content_differs",
                media.misfit(facts.media_type, bytes_sent=facts.bytes),
            ),
        )
        if not holds
    )
    if facts.name is None or faults:
        raise DocumentUnsound(faults[0].detail, faults=faults)
    return Filed(
        name=facts.name, media_type=facts.media_type, bytes=facts.bytes, sha256=facts.sha256
    )


def check_draft(state: State) -> None:
    """Refuse with ContractCancelled or ContractInForce what is done to drafts alone."""
    if state is State.CANCELLED:
        raise ContractCancelled("The award of the contract fell before all had signed.")
    if state is not State.DRAFT:
        raise ContractInForce(f"The contract is {state}.")


def _refuse_unfit(facts: DraftFacts) -> None:
    if facts.award.kind == _FINANCING:
        raise AwardUnfit("The award is one of financing.", pointer="/award_id")
    loan = facts.financing
    if loan is not None and (loan.kind != _FINANCING or loan.need_id != facts.award.need_id):
        message = "The award is not one of financing for the same need."
        raise AwardUnfit(message, pointer="/financing_award_id")
    suppliers = {member.organisation.id for member in facts.award.members}
    if loan is not None and suppliers & {member.organisation.id for member in loan.members}:
        message = "An organisation would supply and finance, and has one place in a contract."
        raise AwardUnfit(message, pointer="/financing_award_id")


def _form(facts: DraftFacts) -> Form:
    if facts.form is None:
        cited = facts.award.form
        raise FormUnknown(f"There is no form {cited.id} in version {cited.version}.")
    if facts.form_kept not in {None, forms.digest(facts.form)}:
        raise FormAltered(f"It was first used with the digest {facts.form_kept}.")
    return facts.form


def _verifier(facts: DraftFacts) -> Organisation:
    verifier = facts.verifier
    if verifier is None or verifier.kind is not OrganisationKind.THINK_TANK:
        raise VerifierUnfit("There is no think tank of that name.", pointer="/verifier_id")
    if not verifier.is_verified:
        raise VerifierUnfit("The think tank is not verified.", pointer="/verifier_id")
    awards = [facts.award] if facts.financing is None else [facts.award, facts.financing]
    others = {member.organisation.id for award in awards for member in award.members}
    if verifier.id in others | {facts.buyer.id}:
        message = "The think tank has another place in this contract."
        raise VerifierNotIndependent(message, pointer="/verifier_id")
    return verifier


def _places(facts: DraftFacts, verifier: Organisation) -> list[tuple[Party, str | None]]:
    """Return every party in its place, and its share where it has one."""
    places: list[tuple[Party, str | None]] = [(_party(facts.buyer, "buyer"), None)]
    places += _members(facts.award, "supplier")
    places.append((_party(verifier, "verifier"), None))
    if facts.financing is not None:
        places += _members(facts.financing, "lender")
    return places


def _consortia(facts: DraftFacts) -> Iterator[Consortium]:
    """Yield for what those answer who were awarded a place together, and their shares of it."""
    roles: tuple[tuple[Literal["supplier", "lender"], Awarded | None], ...] = (
        ("supplier", facts.award),
        ("lender", facts.financing),
    )
    for role, award in roles:
        if award is not None and len(award.members) > 1:
            shares = tuple(
                MemberShare(organisation_id=one.organisation.id, share=one.share)
                for one in award.members
            )
            yield Consortium(role=role, liability=award.liability, shares=shares)


def _members(award: Awarded, role: PartyRole) -> list[tuple[Party, str | None]]:
    return [
        (_party(member.organisation, role, lead=member.is_lead), member.share)
        for member in award.members
    ]


def _party(organisation: Organisation, role: PartyRole, *, lead: bool = False) -> Party:
    return Party(
        role=role,
        organisation_id=organisation.id,
        kind=organisation.kind,
        name=organisation.name,
        lead=lead,
    )
