"""What can be searched for: words, and what narrows the list."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.catalogue.model import Operation, Sector
from ecosystem.needs.model import OfferKind, State
from ecosystem.values.actor import OrganisationKind
from ecosystem.values.identifiers import NeedId, SearchId
from ecosystem.values.money import Amount, Currency
from ecosystem.values.patterns import whole
from ecosystem.values.text import Text

Sought = Annotated[
    str,
    Meta(
        max_length=200,
        pattern=whole(r"[^\u0000-\u001F\u007F]*"),
        description="Text to find in title and description, in Chinese or English, on one line.",
        examples=["数据标注", "annotation"],
    ),
]
Within = Annotated[
    str,
    Meta(
        pattern=whole("[0-9A-Za-z]{0,12}"),
        description="The code of a jurisdiction, for needs there and below it.",
        examples=["440300"],
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


class SearchDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A search to be kept: needs that are published from now on are compared with it."""

    name: Text
    filters: Filters


class SaveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the keeping of a search is checked against."""

    asked: SearchDraft
    kept: int
    """How many searches the organisation keeps already."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """The search is kept."""

    name: Text
    filters: Filters


class DropFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the end of a search is checked against."""

    search_id: str


class Dropped(msgspec.Struct, frozen=True):
    """The search is kept no more."""

    search_id: str


class MatchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A need that has been published, and a search that it is as."""

    search_id: str
    need_id: str


class Matched(msgspec.Struct, frozen=True):
    """The organisation that keeps the search is told of the need."""

    need_id: NeedId


class SavedSearch(msgspec.Struct, frozen=True, kw_only=True):
    """A search that an organisation keeps."""

    id: SearchId
    version: int
    name: Text
    filters: Filters
    saved_at: datetime
