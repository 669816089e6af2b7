"""What decides about organisations, people and clients."""

from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
import stdnum.cn.uscc
import stdnum.lei
from iso3166 import countries_by_alpha2
from msgspec import UNSET

from ecosystem.catalogue.rules import JurisdictionUnknown
from ecosystem.identity.model import (
    KINDS_OF_ROLE,
    BeneficialOwner,
    Changed,
    ChangeFacts,
    Deactivated,
    Identifier,
    Interest,
    MemberFacts,
    OrganisationFacts,
    OrganisationState,
    OtherName,
    PlatformFacts,
    Registered,
    Registration,
    RegistrationFacts,
    StateChanged,
)
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.refusal import Fault, Kind, Refusal

_CHECKED: Final = {"CN-USC": (stdnum.cn.uscc.is_valid, 18), "LEI": (stdnum.lei.is_valid, 20)}
"""How an identifier of a register is checked, and how many digits and capitals it has."""
_COMPACT: Final = {"CN-USC": stdnum.cn.uscc.compact, "LEI": stdnum.lei.compact}
"""How an identifier of a register is written there, however it was typed."""
_NONE_OF: Final = {"other_names": (), "beneficial_owners": ()}
"""What is left of what has many, when null takes it away (RFC 7396)."""
_WHOLE_PERCENT: Final = 100
FIRST_OPERATOR: Final = (Role.OPERATOR, Role.ADMINISTRATOR)
"""What the platform's first person does there."""


class PlatformNotRegistered(Refusal):
    """The platform's own organisation is never registered by others."""

    kind = Kind.UNMET
    remedy = "Register as one of the other kinds of organisation."


class PlatformEstablished(Refusal):
    """The platform's own organisation exists already."""

    kind = Kind.CONFLICT
    remedy = "Act as a person of that organisation."


class CheckDigitWrong(Refusal):
    """The identifier's check digit does not fit its other digits."""

    kind = Kind.UNMET
    remedy = "Copy the identifier again from the organisation's certificate."


class IdentifierTaken(Refusal):
    """Another organisation has this identifier, or it is given twice."""

    kind = Kind.CONFLICT
    remedy = "Join the organisation that is registered already, or leave the identifier out."


class PlatformStays(Refusal):
    """The platform's own organisation is always verified."""

    kind = Kind.CONFLICT
    remedy = "Deactivate single people or clients of it instead."


class OrganisationVerified(Refusal):
    """The organisation is verified already."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed."


class OrganisationSuspended(Refusal):
    """The organisation is suspended already."""

    kind = Kind.CONFLICT
    remedy = "Verify it to let it take part again."


class NotYourOrganisation(Refusal):
    """Only an organisation's own administrator manages its people and clients."""

    kind = Kind.FORBIDDEN
    remedy = "Ask an administrator of that organisation."


class RoleNotOfKind(Refusal):
    """This kind of organisation has nobody in that role."""

    kind = Kind.UNMET
    remedy = "Give only roles that the organisation's kind has."


class Inactive(Refusal):
    """The person or client has been deactivated already."""

    kind = Kind.CONFLICT
    remedy = "Nothing more is needed; add a new one if it is wanted again."


class OtherNameTwice(Refusal):
    """A further name is of a language that has one already; `name` has Chinese and English."""

    kind = Kind.UNMET
    remedy = "Give one name for each language, and Chinese and English in `name`."


class OwnersExceedWhole(Refusal):
    """The shares of the beneficial owners add up to more than the whole."""

    kind = Kind.UNMET
    remedy = "Give shares of one interest that add up to 100 per cent at most."


class CountryUnknown(Refusal):
    """A beneficial owner lives in no country of ISO 3166-1."""

    kind = Kind.UNMET
    remedy = "Give the two letters of the country in ISO 3166-1, such as CN."


def as_registers_write(asked: Registration) -> Registration:
    """Return a registration with each identifier as its register writes it.

    Of CN-USC and LEI that is in capitals, without spaces and hyphens; any other stays as it is.
    """
    written = tuple(
        Identifier(one.scheme, _COMPACT[one.scheme](one.id)) if one.scheme in _COMPACT else one
        for one in asked.identifiers
    )
    return msgspec.structs.replace(asked, identifiers=written)


def register(facts: RegistrationFacts, *, by: Actor, at: datetime) -> Registered:
    """Let an organisation take part, not yet verified.

    Requires identifiers as `as_registers_write` returns them. Refuses with
    PlatformNotRegistered, JurisdictionUnknown, CheckDigitWrong, IdentifierTaken,
    OtherNameTwice, CountryUnknown, OwnersExceedWhole, in that order. Sources: GB 32100-2015,
    ISO 17442-1, ISO 3166-1.
    """
    del by, at
    asked = facts.asked
    if asked.kind is OrganisationKind.PLATFORM:
        message = "An organisation of kind platform cannot be registered."
        raise PlatformNotRegistered(message, pointer="/kind")
    _check_jurisdiction(asked.jurisdiction, known=facts.jurisdiction_known)
    _check_digits(asked.identifiers)
    _check_untaken(asked.identifiers, taken=facts.taken)
    _check_names(asked.other_names)
    _check_owners(asked.beneficial_owners)
    return Registered(
        organisation_id=facts.organisation_id,
        organisation_number=facts.organisation_number,
        state=OrganisationState.REGISTERED,
        roles=(Role.ADMINISTRATOR,),
    )


def establish(facts: PlatformFacts, *, by: Actor, at: datetime) -> Registered:
    """Let the operator's own organisation be, verified from the start.

    Refuses with PlatformEstablished, JurisdictionUnknown.
    """
    del by, at
    if facts.exists:
        message = "An organisation of kind platform exists."
        raise PlatformEstablished(message)
    _check_jurisdiction(facts.jurisdiction, known=facts.jurisdiction_known)
    return Registered(
        organisation_id=facts.organisation_id,
        organisation_number=0,
        state=OrganisationState.VERIFIED,
        roles=FIRST_OPERATOR,
    )


def change(facts: ChangeFacts, *, by: Actor, at: datetime) -> Changed:
    """Let an organisation say otherwise of itself; null takes away whatever may be absent.

    Refuses with NotYourOrganisation, OtherNameTwice, CountryUnknown, OwnersExceedWhole, in
    that order.
    """
    del at
    check_own(facts.organisation_id, by=by)
    given = {
        name: _NONE_OF.get(name) if value is None else value
        for name, value in msgspec.structs.asdict(facts.asked).items()
        if value is not UNSET
    }
    then = msgspec.structs.replace(facts.present, **given)
    _check_names(then.other_names)
    _check_owners(then.beneficial_owners)
    return Changed(then)


def spelt(identifier: str) -> str:
    """Return what is the same however an identifier is spelt: its letters and digits, in capitals.

    The table's unique index has the same (identity/tables.py).
    """
    return "".join(one for one in identifier if one.isalnum()).upper()


def _check_names(names: tuple[OtherName, ...]) -> None:
    taken = {"zh", "en"}
    for index, one in enumerate(names):
        if one.language.lower() in taken:
            message = f"There is a name in {one.language} already."
            raise OtherNameTwice(message, pointer=f"/other_names/{index}/language")
        taken.add(one.language.lower())


def _check_owners(owners: tuple[BeneficialOwner, ...]) -> None:
    faults = tuple(
        Fault(f"/beneficial_owners/{index}/country", "country_unknown", f"No country is {one}.")
        for index, one in enumerate(owner.country for owner in owners)
        if one not in countries_by_alpha2
    )
    if faults:
        raise CountryUnknown(faults[0].detail, faults=faults)
    for interest in Interest:
        shares = [Decimal(one.share_percent or 0) for one in owners if one.interest is interest]
        if sum(shares) > _WHOLE_PERCENT:
            message = f"{interest.value} adds up to {sum(shares)} per cent."
            raise OwnersExceedWhole(message, pointer="/beneficial_owners")


def verify(facts: OrganisationFacts, *, by: Actor, at: datetime) -> StateChanged:
    """Let an organisation publish, offer, sign and be paid; refuse with OrganisationVerified."""
    del by, at
    if facts.state is OrganisationState.VERIFIED:
        message = "The organisation is verified."
        raise OrganisationVerified(message)
    return StateChanged(OrganisationState.VERIFIED)


def suspend(facts: OrganisationFacts, *, by: Actor, at: datetime) -> StateChanged:
    """Stop an organisation from taking part; refuse with PlatformStays, OrganisationSuspended."""
    del by, at
    if facts.kind is OrganisationKind.PLATFORM:
        message = "The organisation is the platform's own."
        raise PlatformStays(message)
    if facts.state is OrganisationState.SUSPENDED:
        message = "The organisation is suspended."
        raise OrganisationSuspended(message)
    return StateChanged(OrganisationState.SUSPENDED)


def deactivate(facts: MemberFacts, *, by: Actor, at: datetime) -> Deactivated:
    """Have a client act no more; refuse with Inactive."""
    del by, at
    if not facts.is_active:
        message = f"{facts.id} is not active."
        raise Inactive(message)
    return Deactivated(facts.id)


def check_own(organisation_id: str, *, by: Actor) -> None:
    """Refuse with NotYourOrganisation who is of another organisation."""
    if by.organisation_id != organisation_id:
        message = f"The caller belongs to {by.organisation_id}."
        raise NotYourOrganisation(message)


def check_roles(roles: tuple[Role, ...], *, kind: OrganisationKind) -> None:
    """Refuse with RoleNotOfKind what an organisation of this kind has nobody for."""
    faults = tuple(
        Fault(f"/roles/{index}", "role_not_of_kind", f"No {kind.value} has a {role.value}.")
        for index, role in enumerate(roles)
        if kind not in KINDS_OF_ROLE[role]
    )
    if faults:
        raise RoleNotOfKind(faults[0].detail, faults=faults)


def once(roles: tuple[Role, ...]) -> tuple[Role, ...]:
    """Return each role once, in the order in which they are listed."""
    return tuple(role for role in Role if role in roles)


def _check_jurisdiction(code: str, *, known: bool) -> None:
    if not known:
        message = f"There is no jurisdiction {code[:20]}."
        raise JurisdictionUnknown(message, pointer="/jurisdiction")


def _check_digits(identifiers: tuple[Identifier, ...]) -> None:
    faults = tuple(
        Fault(
            f"/identifiers/{index}/id",
            "check_digit_wrong",
            f"The check digits of {one.id} are not those of a {one.scheme}.",
        )
        for index, one in enumerate(identifiers)
        if not _is_genuine(one)
    )
    if faults:
        raise CheckDigitWrong(faults[0].detail, faults=faults)


def _is_genuine(identifier: Identifier) -> bool:
    if identifier.scheme not in _CHECKED:
        return True
    is_valid, length = _CHECKED[identifier.scheme]
    text = identifier.id
    # The checks themselves forgive small letters, and one of them any length.
    return len(text) == length and text == text.upper() and bool(is_valid(text))


def _names(identifier: Identifier) -> tuple[str, str]:
    return identifier.scheme, spelt(identifier.id)


def _check_untaken(identifiers: tuple[Identifier, ...], *, taken: tuple[Identifier, ...]) -> None:
    faults = tuple(
        Fault(f"/identifiers/{index}", "identifier_taken", f"{one.scheme} {one.id} is taken.")
        for index, one in enumerate(identifiers)
        if _names(one) in [_names(other) for other in (*taken, *identifiers[:index])]
    )
    if faults:
        raise IdentifierTaken(faults[0].detail, faults=faults)
