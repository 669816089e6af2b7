"""What searches an organisation may keep, and what refuses it."""

from datetime import datetime
from typing import Final

from ecosystem.needs.searches.model import (
    DropFacts,
    Dropped,
    Filters,
    Matched,
    MatchFacts,
    Saved,
    SaveFacts,
)
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Fault, Kind, Refusal

KEPT_MAX: Final = 100
"""How many searches an organisation keeps at most: each need that is published meets them all."""


class SearchMissing(Refusal):
    """There is no such saved search of the caller's organisation."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/saved-searches lists."


class SearchUnfit(Refusal):
    """The search cannot be kept as it is."""

    kind = Kind.UNMET
    remedy = "Ask for what a need is like when it is published, by at least one filter."


class SearchesTooMany(Refusal):
    """The organisation keeps as many searches as it may."""

    kind = Kind.CONFLICT
    remedy = "Delete one first."


def save(facts: SaveFacts, *, by: Actor, at: datetime) -> Saved:
    """Keep a search. Refuses with SearchUnfit or SearchesTooMany, in that order."""
    del by, at
    filters = facts.asked.filters
    if filters.in_state is not None:
        detail = "Leave it out: a search is compared with needs when they are published."
        fault = Fault("/filters/in_state", "state_sought", detail)
        raise SearchUnfit(detail, faults=(fault,))
    if filters == Filters(currency=filters.currency):
        detail = "Give at least one filter."
        raise SearchUnfit(detail, faults=(Fault("/filters", "nothing_sought", detail),))
    if facts.kept >= KEPT_MAX:
        raise SearchesTooMany(f"There are {facts.kept}.")
    return Saved(name=facts.asked.name, filters=filters)


def drop(facts: DropFacts, *, by: Actor, at: datetime) -> Dropped:
    """End a search."""
    del by, at
    return Dropped(facts.search_id)


def match(facts: MatchFacts, *, by: Actor, at: datetime) -> Matched:
    """Tell who keeps a search of a need that it finds."""
    del by, at
    return Matched(facts.need_id)
