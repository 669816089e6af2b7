"""Keep searches, and tell who keeps one of every need that it finds."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete

from ecosystem.catalogue import queries as catalogue
from ecosystem.history import actions as history
from ecosystem.history.model import Audience, Occurrence
from ecosystem.needs.searches import queries, rules
from ecosystem.needs.searches.model import DropFacts, MatchFacts, SaveFacts, SearchDraft
from ecosystem.needs.tables import saved_search
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.money import places

_INSERT: Final = inserting(saved_search)
_DELETE: Final = Statement(
    delete(saved_search).where(
        saved_search.c.authority_id == bindparam("of_authority"),
        saved_search.c.id == bindparam("of_search"),
    )
)
_COLUMNS: Final = (
    "text", "sector", "operation", "within", "invited_kind", "invited_offer", "value_min",
    "value_max", "currency", "closing_from", "closing_before",
)  # fmt: skip


async def save(tx: Tx, asked: SearchDraft, *, by: Actor, at: datetime) -> Standing:
    """Keep a search for the caller's organisation.

    Refuses with JurisdictionUnknown or CurrencyUnknown, and as the rule does.
    """
    await catalogue.sought(tx, asked.filters.within, parameter="within")
    places(asked.filters.currency)
    facts = SaveFacts(asked=asked, kept=await queries.kept(tx, by=by))
    saved = rules.save(facts, by=by, at=at)
    search_id = mint("search", authority=by.organisation_number)
    sought = queries.asked(saved.filters)
    await tx.run(
        _INSERT,
        authority_id=by.organisation_number, id=search_id, version=1,
        organisation_id=by.organisation_id, name=msgspec.json.encode(saved.name),
        filters=msgspec.json.encode(saved.filters), saved_at=at,
        **{name: sought.get(name) for name in _COLUMNS},
    )  # fmt: skip
    version = await history.record(
        tx, "search.saved", search_id, facts=facts, decision=saved, by=by, at=at,
        audience=_keeper(by.organisation_id),
    )  # fmt: skip
    return Standing(id=search_id, state="saved", version=version)


async def drop(tx: Tx, search_id: str, *, by: Actor, at: datetime, expected: int | None) -> None:
    """End a search. Refuses with SearchMissing or RevisionStale."""
    await queries.locked(tx, search_id, by=by, expected=expected)
    facts = DropFacts(search_id=search_id)
    dropped = rules.drop(facts, by=by, at=at)
    await tx.run(_DELETE, of_authority=authority_of(search_id), of_search=search_id)
    await history.record(
        tx, "search.dropped", search_id, facts=facts, decision=dropped, by=by, at=at,
        audience=_keeper(by.organisation_id),
    )  # fmt: skip


async def match(tx: Tx, published: Occurrence) -> None:
    """Tell the keeper of every search that finds a need which has just been published.

    Effects: search.matched for each, which its keeper alone can read.
    """
    for row in await queries.matching(tx, published.stream):
        facts = MatchFacts(search_id=row["id"], need_id=published.stream)
        by, at = published.body.by, published.recorded_at
        matched = rules.match(facts, by=by, at=at)
        await history.record(
            tx, "search.matched", facts.search_id, facts=facts, decision=matched, by=by, at=at,
            audience=_keeper(row["organisation_id"]),
        )  # fmt: skip


def _keeper(organisation_id: str) -> Audience:
    return Audience(organisations=(organisation_id,), is_sealed=True)
