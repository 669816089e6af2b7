"""Plain values for tests of organisations, people and clients."""

from datetime import UTC, datetime
from typing import Any

from ecosystem.identity.model import (
    Identifier,
    OrganisationFacts,
    OrganisationState,
    Registration,
    RegistrationFacts,
)
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.text import Text

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ORGANISATION = "org_01890a5d00007000800000000000000a"
OTHER = "org_01890a5d00007000800000000000000b"
PERSON = "person_01890a5d00007000800000000000000c"
CLIENT = "client_01890a5d00007000800000000000000d"


def actor(**changed: Any) -> Actor:
    """Return an administrator of a government organisation."""
    given: dict[str, Any] = {
        "organisation_id": ORGANISATION,
        "organisation_number": 7,
        "kind": OrganisationKind.GOVERNMENT,
        "verified": True,
        "jurisdiction": "440300",
        "client_id": CLIENT,
        "person_id": PERSON,
        "roles": (Role.ADMINISTRATOR,),
        "scopes": ("organisations:write",),
    }
    return Actor(**(given | changed))


def registration(**changed: Any) -> RegistrationFacts:
    """Return what is known of an enterprise with two good identifiers that nobody has."""
    asked: dict[str, Any] = {
        "kind": OrganisationKind.ENTERPRISE,
        "name": Text(zh="鹏城运营", en="Pengcheng Operations"),
        "jurisdiction": "440300",
        "administrator": Text(zh="李", en="Li"),
        "identifiers": (
            Identifier("CN-USC", "91110000600037341L"),
            Identifier("LEI", "213800KUD8LAJWSQ9D15"),
        ),
    }
    known: dict[str, Any] = {
        "organisation_id": ORGANISATION,
        "organisation_number": 7,
        "jurisdiction_known": True,
        "taken": (),
    }
    of_facts = {name: value for name, value in changed.items() if name in known}
    of_asked = {name: value for name, value in changed.items() if name not in known}
    return RegistrationFacts(asked=Registration(**(asked | of_asked)), **(known | of_facts))


def organisation(
    state: OrganisationState, *, kind: OrganisationKind = OrganisationKind.ENTERPRISE
) -> OrganisationFacts:
    """Return an organisation in a state."""
    return OrganisationFacts(
        organisation_id=ORGANISATION, kind=kind, state=state, version=1, reason="Papers seen."
    )
