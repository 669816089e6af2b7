"""States, requests, frozen facts and decisions of organisations, people and clients."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.money import Currency
from ecosystem.values.patterns import whole
from ecosystem.values.text import Line, Prose, Text

BY_REGISTRATION: Final = "registration"
"""Stands where an actor's client stands, when an organisation registers itself."""

_KINDS: Final = OrganisationKind
_SUPPLIERS: Final = frozenset({_KINDS.ENTERPRISE, _KINDS.THINK_TANK, _KINDS.FINANCIAL_INSTITUTION})
_ANY: Final = frozenset(_KINDS)

KINDS_OF_ROLE: Final = {
    Role.OFFICER: frozenset({_KINDS.GOVERNMENT}),
    Role.OPENER: frozenset({_KINDS.GOVERNMENT}),
    Role.EVALUATOR: frozenset({_KINDS.GOVERNMENT, _KINDS.THINK_TANK}),
    Role.APPROVER: frozenset({_KINDS.GOVERNMENT}),
    Role.TREASURER: frozenset({_KINDS.GOVERNMENT}),
    Role.SIGNATORY: _ANY,
    Role.BIDDER: _SUPPLIERS,
    Role.DELIVERY: _SUPPLIERS,
    Role.VERIFIER: frozenset({_KINDS.THINK_TANK}),
    Role.LENDER: frozenset({_KINDS.FINANCIAL_INSTITUTION}),
    Role.REVIEWER: frozenset({_KINDS.GOVERNMENT, _KINDS.AUDITOR}),
    Role.AUDITOR: frozenset({_KINDS.AUDITOR}),
    Role.OPERATOR: frozenset({_KINDS.PLATFORM}),
    Role.ADMINISTRATOR: _ANY,
}
"""Which kinds of organisation have people in each role; a reviewer belongs to an oversight
body, which is a government organisation or an auditor, but never the authority itself."""

ROLES_OF_PEOPLE_ONLY: Final = frozenset({Role.ADMINISTRATOR, Role.OPERATOR})
"""No program holds these."""


class OrganisationState(StrEnum):
    """What an organisation may do: only a verified one publishes, offers, signs or is paid."""

    REGISTERED = "registered"
    VERIFIED = "verified"
    SUSPENDED = "suspended"


class Scale(StrEnum):
    """How large an organisation is. Source: GB/T 36627 and its four classes of enterprise."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


JurisdictionCode = Annotated[
    str,
    Meta(
        pattern=whole("[0-9A-Za-z]{2,12}"),
        description="The code of a jurisdiction.",
        examples=["440300"],
    ),
]


class Identifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """An identifier in a register of organisations (OCDS: `identifier`)."""

    scheme: Annotated[
        str,
        Meta(
            pattern=whole("[A-Z][A-Z0-9-]{1,19}"),
            description="The register, as org-id.guide names it; `LEI` for ISO 17442.",
            examples=["CN-USC"],
        ),
    ]
    id: Annotated[
        str,
        Meta(
            pattern=whole("[0-9A-Za-z]([0-9A-Za-z ./-]{0,62}[0-9A-Za-z./-])?"),
            description="The identifier there. Check digits of CN-USC and LEI are verified, and "
            "these are kept in capitals, without spaces and hyphens.",
            examples=["91110000600037341L"],
        ),
    ]


class BankAccount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where an organisation is paid."""

    holder: Line
    """Name in which the account is held."""
    number: Annotated[
        str,
        Meta(
            pattern=whole("[0-9A-Z]{5,34}"),
            description="The number or IBAN: 5 to 34 digits and capitals, without spaces.",
            examples=["6222020200012345678"],
        ),
    ]
    bank_code: Annotated[
        str,
        Meta(
            pattern=whole("[0-9A-Z]{8,14}"),
            description="The BIC, or the 12 digits of CNAPS.",
            examples=["ICBKCNBJ", "102100099996"],
        ),
    ]
    currency: Currency


class OtherName(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An organisation's name in a further language."""

    language: Annotated[
        str,
        Meta(
            pattern=whole("[a-z]{2,3}(-[0-9A-Za-z]{2,8}){0,3}"),
            description="The tag of the language (BCP 47), none of `zh` and `en`, each once.",
            examples=["pt"],
        ),
    ]
    name: Line


class Interest(StrEnum):
    """How a person owns or controls an organisation. Source: BODS 0.4, `interestType`."""

    SHAREHOLDING = "shareholding"
    VOTING_RIGHTS = "voting_rights"
    APPOINTMENT_OF_BOARD = "appointment_of_board"
    OTHER_INFLUENCE = "other_influence_or_control"


class BeneficialOwner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A person who in the end owns or controls an organisation."""

    name: Text
    country: Annotated[
        str,
        Meta(
            pattern=whole("[A-Z]{2}"),
            description="The country where she lives (ISO 3166-1, two letters; XK too).",
            examples=["CN"],
        ),
    ]
    interest: Interest
    share_percent: (
        Annotated[
            str,
            Meta(
                pattern=whole(r"(100(\.0{1,4})?|[1-9]?[0-9](\.[0-9]{1,4})?)"),
                description="Per cent of the whole, 0 to 100, with at most four decimals.",
                examples=["25.5"],
            ),
        ]
        | None
    ) = None
    """Null where the interest is no share."""
    since_on: date | None = None


OtherNames = Annotated[tuple[OtherName, ...], Meta(max_length=20)]
BeneficialOwners = Annotated[tuple[BeneficialOwner, ...], Meta(max_length=50)]


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An organisation that wants to take part, and the person who will administer it."""

    kind: OrganisationKind
    """Any but `platform`."""
    name: Text
    jurisdiction: JurisdictionCode
    administrator: Text
    """Name of the organisation's first person, who joins by the link of the answer."""
    identifiers: Annotated[tuple[Identifier, ...], Meta(max_length=10)] = ()
    scale: Scale | None = None
    bank_account: BankAccount | None = None
    other_names: OtherNames = ()
    """Its name in languages besides Chinese and English."""
    beneficial_owners: BeneficialOwners = ()
    """Who in the end owns or controls it; never shown to the public."""


class OrganisationChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What changes about an organisation; what is left out stays (RFC 7396)."""

    name: Text | UnsetType = UNSET
    scale: Scale | UnsetType | None = UNSET
    bank_account: BankAccount | UnsetType | None = UNSET
    other_names: OtherNames | UnsetType | None = UNSET
    """All of them from now on; null or an empty list removes all."""
    beneficial_owners: BeneficialOwners | UnsetType | None = UNSET
    """All of them from now on; null or an empty list removes all."""


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an organisation is suspended."""

    reason: Prose


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was seen before an organisation was verified."""

    title: Line
    """What it is, such as `Business licence`."""
    reference: Line
    """Where it is found again: a number in a register, a file, an address."""
    seen_on: date
    sha256: (
        Annotated[
            str,
            Meta(
                pattern=whole("[0-9a-f]{64}"),
                description="The SHA-256 of the document, in lower-case hexadecimal.",
                examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
            ),
        ]
        | None
    ) = None


class Verification(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why an organisation is verified, and on what evidence."""

    reason: Prose
    evidence: Annotated[tuple[Evidence, ...], Meta(min_length=1, max_length=20)]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Why an organisation is in its state: what the operator said last."""

    state: OrganisationState
    reason: str
    evidence: tuple[Evidence, ...]
    at: datetime


class RegistrationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when an organisation registers."""

    asked: Registration
    organisation_id: str
    organisation_number: int
    jurisdiction_known: bool
    taken: tuple[Identifier, ...]
    """Those of its identifiers that another organisation has."""


class PlatformFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when the operator's own organisation is established."""

    name: Text
    jurisdiction: str
    operator: Text
    organisation_id: str
    exists: bool
    jurisdiction_known: bool


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation takes part, and its first person is invited."""

    organisation_id: str
    organisation_number: int
    """The number by which it owns things, should it be an authority."""
    state: OrganisationState
    roles: tuple[Role, ...]
    """What its first person will do there."""


class OrganisationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when an organisation's state changes."""

    organisation_id: str
    kind: OrganisationKind
    state: OrganisationState
    version: int
    reason: str
    evidence: tuple[Evidence, ...] = ()


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What an organisation says of itself, and may say otherwise."""

    name: Text
    scale: Scale | None
    bank_account: BankAccount | None
    other_names: tuple[OtherName, ...]
    beneficial_owners: tuple[BeneficialOwner, ...]


class ChangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when an organisation changes what it says of itself."""

    organisation_id: str
    version: int
    present: Profile
    asked: OrganisationChange


class Changed(msgspec.Struct, frozen=True):
    """What an organisation says of itself from now on."""

    profile: Profile


class StateChanged(msgspec.Struct, frozen=True):
    """An organisation is in a new state."""

    state: OrganisationState


class MemberFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when a client is deactivated."""

    id: str
    organisation_id: str
    is_active: bool
    version: int


class Deactivated(msgspec.Struct, frozen=True):
    """A client acts no more."""

    id: str
