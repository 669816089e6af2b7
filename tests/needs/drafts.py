"""Needs that are right, and the rules of places, for tests of what needs are checked against."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, Final

import msgspec

from ecosystem.catalogue.profiles.model import InForce
from ecosystem.catalogue.profiles.reading import read_calendar, read_profile
from ecosystem.catalogue.profiles.rules import in_force
from ecosystem.cli.texts import NEED
from ecosystem.needs.model import LotDraft, NeedDraft
from ecosystem.values.actor import Actor, OrganisationKind, Role

AT: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE: Final = tuple(f"person_01890a5d00007000800000000000000{digit}" for digit in "abc")
OFFICER: Final = Actor(
    organisation_id="org_01890a5d00007000800000000000000a",
    organisation_number=7,
    kind=OrganisationKind.GOVERNMENT,
    verified=True,
    jurisdiction="440300",
    client_id="client_01890a5d00007000800000000000000d",
    person_id=PEOPLE[0],
    roles=(Role.OFFICER,),
)
BIDDER: Final = msgspec.structs.replace(
    OFFICER, organisation_number=8, kind=OrganisationKind.ENTERPRISE, roles=(Role.BIDDER,)
)


def need(**changed: Any) -> NeedDraft:
    """Return a need that is sound, from AT on."""
    whole = {
        **NEED,
        "programme_id": "programme_01890a5d00007000800000000000000e",
        "openers": PEOPLE,
        "enquiry_ends_at": AT + timedelta(days=10),
        "submission_ends_at": AT + timedelta(days=20),
        "opening_at": AT + timedelta(days=20),
    }
    return msgspec.structs.replace(msgspec.convert(whole, NeedDraft), **changed)


def lot(**changed: Any) -> LotDraft:
    """Return the lot of that need."""
    return msgspec.structs.replace(need().lots[0], **changed)


def holding(profile: str) -> InForce:
    """Return what a shipped profile says for what is published at AT."""
    folder = files("ecosystem.catalogue") / "files"
    said = read_profile((folder / "profiles" / f"{profile}.yaml").read_bytes())
    calendar = (folder / "calendars" / f"{said.calendar}.yaml").read_bytes()
    return InForce(
        profile_id=profile,
        rules=in_force(said.rules, on=AT.date()),
        calendar=read_calendar(calendar),
    )
