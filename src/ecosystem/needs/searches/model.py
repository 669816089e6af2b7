"""What can be searched for: words, and what narrows the list."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.catalogue.model import Operation, Sector
from ecosystem.needs.model import OfferKind, State
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.money import Amount, Currency
from ecosystem.values.patterns import whole

Sought = Annotated[
    str,
    Meta(
        max_length=200,
        pattern=whole(r"[^\u0000-\u001F\u007F]*"),
        description="Text to find in title and description, in Chinese or English.",
    ),
]
Within = Annotated[
    str,
    Meta(
        pattern=whole("[0-9A-Za-z]{0,12}"),
        description="Code of a jurisdiction: needs there and below it.",
    ),
]


class Filters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a need must be like; what is left out is not asked for."""

    text: Sought = ""
    sector: Sector | None = None
    operation: Operation | None = None
    within: Within = ""
    invited_kind: OrganisationKind | None = None
    invited_offer: OfferKind | None = None
    value_min: Amount | None = None
    value_max: Amount | None = None
    currency: Currency = "CNY"
    """The currency of `value_min` and `value_max`."""
    closing_from: date | None = None
    """The first day, in UTC, on which submission may end."""
    closing_before: date | None = None
    """The day, in UTC, before which submission must end."""
    in_state: State | None = None
