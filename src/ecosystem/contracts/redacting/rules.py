"""What refuses a redaction, and what a redaction refuses."""

from datetime import datetime

from ecosystem.contracts.redacting.model import Redacted, RedactFacts, Redaction
from ecosystem.values import control
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.refusal import Kind, Refusal


class NotFiler(Refusal):
    """Another organisation has filed the document."""

    kind = Kind.FORBIDDEN
    remedy = "Ask the organisation that filed it, which the document names, to redact it."


class RedactedBefore(Refusal):
    """The document was redacted before."""

    kind = Kind.CONFLICT
    remedy = "Read the document: it says why it was redacted, and what replaces it."


class ReplacementUnfit(Refusal):
    """What is named cannot replace the document."""

    kind = Kind.UNMET
    remedy = "File the redacted text under the same contract first, and name what that answered."


class DocumentRedacted(Refusal):
    """The content of the document is withheld."""

    kind = Kind.GONE
    remedy = "Read `redaction` of the document; its replacement, where there is one, is read."


def redact(facts: RedactFacts, *, by: Actor, at: datetime) -> Redacted:
    """Withhold the content of a document.

    Refuses with NotFiler, RedactedBefore or ReplacementUnfit, in that order.
    """
    del at
    if facts.filed_by != by.organisation_id:
        raise NotFiler(f"It was filed by {facts.filed_by}.")
    if facts.is_redacted:
        raise RedactedBefore("A document is redacted once.")
    if facts.asked.replacement_id is not None:
        _refuse_unfit(facts)
    return Redacted(
        ground=facts.asked.ground,
        replacement_id=facts.asked.replacement_id,
        redacted_by=control.hand(by),
    )


def refuse_withheld(redaction: Redaction | None, *, by: Actor | None) -> None:
    """Refuse with DocumentRedacted whoever is no auditor; row-level security chose which."""
    if redaction is None or (by is not None and by.kind is OrganisationKind.AUDITOR):
        return
    instead = redaction.replacement_id or "nothing"
    raise DocumentRedacted(f"It was redacted for {redaction.ground}; {instead} replaces it.")


def _refuse_unfit(facts: RedactFacts) -> None:
    found = facts.replacement
    if facts.asked.replacement_id == facts.document_id:
        flaw = "A document does not replace itself."
    elif found is None or found.contract_id != facts.contract_id:
        flaw = "No document of this contract is called so."
    elif found.organisation_id != facts.filed_by:
        flaw = "Another organisation has filed it."
    elif found.is_redacted:
        flaw = "It is redacted itself."
    else:
        return
    raise ReplacementUnfit(flaw, pointer="/replacement_id")
