"""How things are named: a type prefix and a UUIDv7 that carries its authority's number.

`need_` + 32 hexadecimal digits. The digits are a UUID of version 7 (RFC 9562):
48 bits of milliseconds, version, 12 random bits, variant, 32 bits with the number
of the authority that owns the thing (0 where nobody does; the first bit is 0), 30 random
bits. So any route finds the authority, and with it the shard, without a look-up.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import Meta

from ecosystem.values.patterns import whole
from ecosystem.values.refusal import Refusal

PLATFORM: Final = 0
"""The authority number of things that grow from no authority's needs."""

AUTHORITY_MAX: Final = 2**31 - 1

_SHAPE: Final = re.compile(r"([a-z]+)_([0-9a-f]{12})7[0-9a-f]{3}([89])([0-9a-f]{15})")

PREFIXES: Final[set[str]] = set()
"""How the identifiers of things begin, as far as any has been given its form."""

EXAMPLE_DIGITS: Final = "0190f3c2a1b070008000000000000001"
"""What can stand behind a prefix, where words show how an identifier looks."""


def pattern(prefix: str) -> str:
    """Return the regular expression that every identifier with `prefix` matches."""
    PREFIXES.add(prefix)
    return whole(rf"{prefix}_[0-9a-f]{{12}}7[0-9a-f]{{3}}[89][0-9a-f]{{15}}")


def compose(prefix: str, *, milliseconds: int, authority: int, entropy: int) -> str:
    """Return an identifier made of its parts; `entropy` gives its low 42 bits.

    Requires 0 <= milliseconds < 2**48 and 0 <= authority <= AUTHORITY_MAX.
    """
    high = (milliseconds << 16) | 0x7000 | (entropy >> 30 & 0xFFF)
    low = (0b10 << 62) | (authority << 30) | (entropy & 0x3FFF_FFFF)
    return f"{prefix}_{high:016x}{low:016x}"


def following(first: str, count: int) -> list[str]:
    """Return `first` and the identifiers after it, `count` in all, as `mint_run` has made them.

    Requires an identifier whose run of `count` leaves room in its entropy.
    """
    prefix, _, digits = first.rpartition("_")
    number = int(digits, 16)
    entropy = ((number >> 64 & 0xFFF) << 30) | (number & 0x3FFF_FFFF)
    milliseconds, authority = number >> 80, authority_of(first)
    return [
        compose(prefix, milliseconds=milliseconds, authority=authority, entropy=entropy + step)
        for step in range(count)
    ]


def minted_at(identifier: str) -> datetime:
    """Return when an identifier was made, to a millisecond, as it says (RFC 9562, section 5.7)."""
    milliseconds = int(identifier.rpartition("_")[2][:12], 16)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def is_identifier(text: str, prefix: str) -> bool:
    """Tell whether `text` is an identifier of the type that `prefix` names."""
    found = _SHAPE.fullmatch(text)
    return found is not None and found[1] == prefix


def authority_of(identifier: str) -> int:
    """Return the number of the authority that owns what `identifier` names.

    Requires an identifier; anything else is a ValueError.
    """
    found = _SHAPE.fullmatch(identifier)
    if found is None:
        message = "not an identifier"
        raise ValueError(message)
    return int(found[3] + found[4], 16) >> 30 & 0xFFFF_FFFF


def _meta(prefix: str, of: str) -> Meta:
    return Meta(pattern=pattern(prefix), description=f"Identifier of {of}.")


def narrowing(prefix: str) -> Meta:
    """Return what a query parameter is that narrows a list to one thing, or is left out."""
    return Meta(
        pattern=whole(f"({prefix}_[0-9a-f]{{32}})?"),
        description=f"The identifier of the {prefix}, or left out for all.",
        examples=[f"{prefix}_{EXAMPLE_DIGITS}"],
    )


OrganisationId = Annotated[str, _meta("org", "an organisation")]
PersonId = Annotated[str, _meta("person", "a person")]
InvitationId = Annotated[str, _meta("invitation", "an invitation")]
RecoveryId = Annotated[str, _meta("recovery", "a recovery of an account")]
IdentityId = Annotated[str, _meta("identity", "an outside identity of a person")]
ClientId = Annotated[str, _meta("client", "a client, a program of an organisation")]
EventId = Annotated[str, _meta("event", "an event of the history")]
NeedId = Annotated[str, _meta("need", "a need")]
LotId = Annotated[str, _meta("lot", "a lot of a need")]
AmendmentId = Annotated[str, _meta("amendment", "an amendment of a need")]
AttachmentId = Annotated[str, _meta("attachment", "a file of a need")]
SearchId = Annotated[str, _meta("search", "a saved search for needs")]
QuestionId = Annotated[str, _meta("question", "a question on a need")]
OfferId = Annotated[str, _meta("offer", "an offer")]
SubstitutionId = Annotated[str, _meta("substitution", "a substitution of a member")]
LateSubmissionId = Annotated[str, _meta("late", "a submission that came late")]
AdmissionId = Annotated[str, _meta("admission", "a decision about an opened offer")]
AwardId = Annotated[str, _meta("award", "an award")]
ChallengeId = Annotated[str, _meta("challenge", "a challenge of an award")]
ExplanationId = Annotated[str, _meta("explanation", "an explanation of a price")]
LetterId = Annotated[str, _meta("letter", "a letter to a bidder")]
ContractId = Annotated[str, _meta("contract", "a contract")]
ProposalId = Annotated[str, _meta("proposal", "a proposal for the draft of a contract")]
ChangeId = Annotated[str, _meta("change", "a change of a contract")]
TurnId = Annotated[str, _meta("turn", "a turn of a contract")]
RightId = Annotated[str, _meta("right", "a right to end a contract")]
DocumentId = Annotated[str, _meta("document", "a document")]
UploadId = Annotated[str, _meta("upload", "an upload that takes several requests")]
MilestoneId = Annotated[str, _meta("milestone", "a milestone")]
SubmissionId = Annotated[str, _meta("submission", "a submission of a milestone")]
MetricId = Annotated[str, _meta("metric", "a metric of a contract")]
ObservationId = Annotated[str, _meta("observation", "an observation of a metric")]
BatchId = Annotated[str, _meta("batch", "a batch of observations")]
ExcusalId = Annotated[str, _meta("excusal", "a time that a side asks to have excused")]
VerificationId = Annotated[str, _meta("verification", "a verification of many observations")]
PaymentId = Annotated[str, _meta("payment", "a payment")]
ShortfallId = Annotated[str, _meta("shortfall", "what a contract waits for")]
FacilityId = Annotated[str, _meta("facility", "a facility")]
DrawdownId = Annotated[str, _meta("drawdown", "a drawdown of a facility")]
ScheduleId = Annotated[str, _meta("schedule", "a schedule of repayment")]
RepaymentId = Annotated[str, _meta("repayment", "money that came in under a facility")]
AssignmentId = Annotated[str, _meta("assignment", "an assignment of claims")]
DisclosureId = Annotated[str, _meta("disclosure", "a consent to disclosure")]
ReminderId = Annotated[str, _meta("reminder", "a reminder of a milestone")]
FindingId = Annotated[str, _meta("finding", "a finding of an auditor")]
ProgrammeId = Annotated[str, _meta("programme", "a budget programme")]
AppropriationId = Annotated[str, _meta("appropriation", "an appropriation")]
ShiftId = Annotated[str, _meta("shift", "a shift of what a programme has left")]
AssessmentId = Annotated[str, _meta("assessment", "an assessment of a year")]


def owner(identifier: str, prefix: str, *, otherwise: type[Refusal]) -> int:
    """Return the number of the authority that owns what a caller named.

    Refuses with `otherwise` where the text is no identifier with this prefix.
    """
    if not is_identifier(identifier, prefix):
        message = f"There is no such {prefix}."
        raise otherwise(message)
    return authority_of(identifier)
