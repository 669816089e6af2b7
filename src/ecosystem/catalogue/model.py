"""The words that policy fixes: sectors, operations, phases; places, standards, flaws of files."""

from enum import StrEnum
from typing import Final

import msgspec

from ecosystem.values.text import Text


class Sector(StrEnum):
    """What part of the city a need serves."""

    ECONOMY_INDUSTRY = "economy_industry"
    INDUSTRY_CITY_INTEGRATION = "industry_city_integration"
    URBAN_GOVERNANCE = "urban_governance"
    PUBLIC_SERVICES = "public_services"
    LIVABLE_ENVIRONMENT = "livable_environment"
    RESILIENCE_SAFETY = "resilience_safety"


class Operation(StrEnum):
    """What is operated: the three dimensions of a city's digital operation."""

    DATA = "data"
    FACILITY = "facility"
    SERVICE = "service"


class Phase(StrEnum):
    """Whether something is built, or kept working."""

    CONSTRUCTION = "construction"
    OPERATION = "operation"


class Flaw(msgspec.Struct, frozen=True):
    """What is wrong with a line of a file, as a sentence."""

    line: int
    detail: str


class FileFlawed(Exception):
    """A file cannot be loaded; every flaw is named."""

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        """Hold the flaws in the order of their lines."""
        self.flaws = tuple(sorted(flaws, key=lambda flaw: flaw.line))
        super().__init__(f"line {self.flaws[0].line}: {self.flaws[0].detail}")


class Term(msgspec.Struct, frozen=True):
    """One word of the catalogue."""

    code: str
    name: Text


class Terms(msgspec.Struct, frozen=True):
    """Words of one list."""

    data: tuple[Term, ...]


class Jurisdiction(msgspec.Struct, frozen=True, kw_only=True):
    """A place with an authority of its own."""

    code: str
    parent_code: str | None
    path: str
    """The codes from the root down to this one, between slashes."""
    name: Text


class Place(Jurisdiction, frozen=True, kw_only=True):
    """A jurisdiction in the tree, and what holds there."""

    profile_id: str
    """The profile of rules: its own, that of the nearest place above, or the platform's."""


class Standard(msgspec.Struct, frozen=True, kw_only=True):
    """A standard that needs and contracts cite."""

    code: str
    publisher: str
    name: Text


SECTORS: Final = Terms(
    (
        Term(Sector.ECONOMY_INDUSTRY, Text(zh="经济产业", en="Economy and industry")),
        Term(Sector.INDUSTRY_CITY_INTEGRATION, Text(zh="产城融合", en="Industry-city integration")),
        Term(Sector.URBAN_GOVERNANCE, Text(zh="城市治理", en="Urban governance")),
        Term(Sector.PUBLIC_SERVICES, Text(zh="公共服务", en="Public services")),
        Term(Sector.LIVABLE_ENVIRONMENT, Text(zh="宜居环境", en="Livable environment")),
        Term(Sector.RESILIENCE_SAFETY, Text(zh="韧性安全", en="Resilience and safety")),
    )
)
"""The six sectors in which a city's digital transformation is counted."""
