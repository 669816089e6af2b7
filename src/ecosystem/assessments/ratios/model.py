"""What a ratio of construction to operation says."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.budgets.model import Year
from ecosystem.catalogue.model import Operation, Phase, Sector
from ecosystem.outcomes.intervals import Exact
from ecosystem.values.identifiers import ContractId, OrganisationId, ProgrammeId
from ecosystem.values.money import Currency, Money
from ecosystem.values.patterns import whole
from ecosystem.values.period import Period
from ecosystem.values.text import Text


class SectorRatio(msgspec.Struct, frozen=True, kw_only=True):
    """What of one sector, or of all, goes into which phase, in one currency."""

    sector: Sector | None
    """Null: of all sectors together."""
    currency: Currency
    construction: Money
    operation: Money
    ratio: Annotated[str, Meta(pattern=whole("[0-9]+:[0-9]+"), max_length=80)] | None
    """Construction to operation in lowest terms, exactly; null where there is neither."""
    operation_share: Exact | None
    """Operation of both, rounded half up to nine places."""
    contracts: int


class OperationRatio(msgspec.Struct, frozen=True, kw_only=True):
    """The ratio of construction to operation of an authority's contracts."""

    organisation_id: OrganisationId
    fiscal_year: Year | None
    period: Period | None
    """The days of the year; null where whole lives are counted."""
    data: Annotated[tuple[SectorRatio, ...], Meta(max_length=2_000)]
    """All sectors together first, then each."""


class RatioContract(msgspec.Struct, frozen=True, kw_only=True):
    """A contract that is part of a ratio."""

    id: ContractId
    title: Text
    programme_id: ProgrammeId
    sector: Sector
    operation: Operation
    phase: Phase
    starts_on: date
    ends_on: date
    """The first day after its life: earlier than agreed where it was ended."""
    value: Money
    share: Money
    """What of its value falls into the days that are asked for."""
