"""Draft, publish and cancel needs; ask and answer questions."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ARRAY, String, all_, bindparam, case, delete, update
from sqlalchemy.dialects.postgresql import insert

from ecosystem.catalogue import queries as catalogue
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.needs import queries, rules
from ecosystem.needs.attachments.documents import Document
from ecosystem.needs.model import Drafted, DraftFacts, Lot, NeedDraft
from ecosystem.needs.tables import lot, need, opening_key
from ecosystem.runtime.database import Statement, Tx
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of
from ecosystem.values.text import Text

_LATER: Final = frozenset(
    {"searched", "published_at", "profile_id", "waits_for_answers", "warnings"}
    | {"cancelled_reason", "places", "later_state", "is_contracted"}
)
"""What a draft has not yet."""
_CREATED: Final = tuple(column.key for column in need.columns if column.key not in _LATER)
_INSERT: Final = Statement(
    insert(need).values(
        places=catalogue.places_of(bindparam("jurisdiction", type_=String)),
        **{name: bindparam(name) for name in _CREATED},
    )
)
_DROP_LOTS: Final = Statement(
    delete(lot).where(
        lot.c.authority_id == bindparam("of_authority"),
        lot.c.need_id == bindparam("of_need"),
        lot.c.id != all_(bindparam("staying", type_=ARRAY(String))),
    )
)
_given_lot = insert(lot).values({column.key: bindparam(column.key) for column in lot.columns})
_KEEP_LOT: Final = Statement(
    _given_lot.on_conflict_do_update(
        index_elements=["authority_id", "id"],
        set_={name: getattr(_given_lot.excluded, name) for name in ("ceiling", "currency")},
    )
)
_KEY = (need.c.authority_id == bindparam("of_authority"), need.c.id == bindparam("of_need"))
_PUBLISH: Final = history.recording(
    update(need)
    .where(*_KEY)
    .values(
        state="published",
        version=need.c.version + 1,
        published_at=bindparam("published_at"),
        openers=bindparam("openers"),
        documents=bindparam("documents"),
        threshold=bindparam("threshold"),
        profile_id=bindparam("profile_id"),
        warnings=bindparam("warnings"),
        waits_for_answers=bindparam("waits_for_answers"),
        places=catalogue.places_of(need.c.jurisdiction),
    )
)
_CANCEL: Final = Statement(
    update(need)
    .where(*_KEY)
    .values(
        state="cancelled",
        version=need.c.version + 1,
        cancelled_reason=bindparam("cancelled_reason"),
    )
)
_ADVANCE: Final = Statement(
    update(need).where(*_KEY).values(state=bindparam("new_state"), version=need.c.version + 1)
)
_CONTRACT: Final = Statement(
    update(need)
    .where(*_KEY, need.c.is_contracted.is_(False))
    .values(
        state=case((need.c.state == "opened", need.c.state), else_="contracted"),
        is_contracted=True,
        version=need.c.version + 1,
    )
)
_given_key = insert(opening_key).values(
    {column.key: bindparam(column.key) for column in opening_key.columns}
)
_KEEP_KEY: Final = Statement(
    _given_key.on_conflict_do_update(
        index_elements=["authority_id", "person_id"],
        set_={name: getattr(_given_key.excluded, name) for name in ("public_key", "registered_at")},
    ).returning(opening_key.c.id)
)


async def draft(tx: Tx, asked: NeedDraft, *, by: Actor, at: datetime) -> Standing:
    """Keep a new draft of the caller's authority. Refuses with NeedUnsound."""
    authority = by.organisation_number
    lot_ids = tuple(mint("lot", authority=authority) for _ in asked.lots)
    facts = DraftFacts(asked=asked, lot_ids=lot_ids)
    drafted = rules.draft(facts, by=by, at=at)
    need_id = mint("need", authority=authority)
    await _insert(tx, need_id, asked, drafted)
    version = await history.record(
        tx, "need.drafted", need_id, facts=facts, decision=drafted, by=by, at=at
    )
    return Standing(id=need_id, state=drafted.state, version=version)


async def _insert(tx: Tx, need_id: str, asked: NeedDraft, drafted: Drafted) -> None:
    authority = authority_of(need_id)
    await tx.run(
        _INSERT,
        authority_id=authority, id=need_id, version=1, content_version=1, state=drafted.state,
        openers=b"[]",
        **content_of(asked, drafted),
    )  # fmt: skip
    await keep_lots(tx, need_id, drafted.lots)


def content_of(
    asked: NeedDraft, drafted: Drafted, *, documents: tuple[Document, ...] = ()
) -> dict[str, Any]:
    """Return the columns that hold what is asked for, and what follows from it."""
    encode = msgspec.json.encode
    estimate = asked.estimated_value
    return {
        **{name: encode(getattr(asked, name)) for name in queries.DOCUMENTS},
        **{name: getattr(asked, name) for name in queries.SCALARS},
        "lots": encode(drafted.lots),
        "documents": encode(documents),
        "openers_asked": encode(asked.openers),
        "value": drafted.value,
        "currency": drafted.currency,
        "estimated_value": None if estimate is None else estimate.amount,
    }


async def keep_lots(tx: Tx, need_id: str, lots: tuple[Lot, ...]) -> None:
    """Keep exactly these lots of a need, whose others nobody has offered for."""
    authority = authority_of(need_id)
    await tx.run(
        _DROP_LOTS, of_authority=authority, of_need=need_id, staying=[one.id for one in lots]
    )
    await tx.many(
        _KEEP_LOT,
        [
            {
                "authority_id": authority,
                "id": one.id,
                "need_id": need_id,
                "ceiling": one.ceiling.amount,
                "currency": one.ceiling.currency,
            }
            for one in lots
        ],
    )


async def publish(
    tx: Tx, need_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Make a draft public. Refuses with NeedMissing, RevisionStale, and as the rule does.

    To publish what is published changes nothing, and is answered as the first time.
    """
    facts, version = await queries.publish_facts(tx, need_id, by=by, at=at, expected=expected)
    if rules.is_published_already(facts, by=by):
        return Standing(id=need_id, state=facts.state, version=version)
    published = rules.publish(facts, by=by, at=at)
    version = await history.record(
        tx, "need.published", need_id, facts=facts, decision=published, by=by, at=at,
        audience=EVERYONE, changing=_PUBLISH, of_authority=facts.authority_number, of_need=need_id,
        published_at=published.published_at, openers=msgspec.json.encode(published.openers),
        documents=msgspec.json.encode(published.documents),
        threshold=published.threshold, profile_id=published.profile_id,
        warnings=msgspec.json.encode(published.warnings),
        waits_for_answers=published.waits_for_answers,
    )  # fmt: skip
    return Standing(id=need_id, state=published.state, version=version)


async def cancel(
    tx: Tx, need_id: str, *, reason: Text, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Withdraw a need.

    Refuses with NeedMissing, RevisionStale, as the rule does, and with AwardStands where the
    room of awards, which follows, says so.
    """
    row = await queries.locked(tx, need_id, seen_by=by, at=at, expected=expected)
    facts = queries.cancel_facts(row, reason)
    cancelled = rules.cancel(facts, by=by, at=at)
    audience = Audience(is_public=row["published_at"] is not None)
    # Recorded first: the room of awards refuses by name what the database would refuse without.
    version = await history.record(
        tx, "need.cancelled", need_id, facts=facts, decision=cancelled, by=by, at=at,
        audience=audience,
    )  # fmt: skip
    await tx.run(
        _CANCEL,
        of_authority=row["authority_id"],
        of_need=need_id,
        cancelled_reason=msgspec.json.encode(cancelled.reason),
    )
    return Standing(id=need_id, state=cancelled.state, version=version)


async def advance(tx: Tx, need_id: str, *, to: str) -> None:
    """Set the state of a need that the caller has locked; rooms above record why."""
    await tx.run(_ADVANCE, of_authority=authority_of(need_id), of_need=need_id, new_state=to)


async def contract(tx: Tx, need_id: str) -> None:
    """Keep that a lot of a need is contracted; the room of contracts, above, records it.

    The need is `contracted` from then on, at once or when another lot has been evaluated again.
    """
    await tx.run(_CONTRACT, of_authority=authority_of(need_id), of_need=need_id)


async def end(tx: Tx, need_id: str, *, reason: Text) -> None:
    """Cancel a need that the caller has locked, for a reason; rooms above record it."""
    await tx.run(
        _CANCEL,
        of_authority=authority_of(need_id), of_need=need_id,
        cancelled_reason=msgspec.json.encode(reason),
    )  # fmt: skip


async def register_key(
    tx: Tx, *, public_key: str, is_held: bool, by: Actor, at: datetime
) -> Standing:
    """Register the caller's opening key, in place of an earlier one.

    Needs that are published keep the key that they were published with. Refuses as the rule.
    """
    facts = await queries.key_facts(tx, public_key, is_held=is_held, by=by)
    registered = rules.register_key(facts, by=by, at=at)
    key_id = await tx.value(
        _KEEP_KEY,
        authority_id=by.organisation_number, person_id=registered.person_id,
        id=mint("key", authority=by.organisation_number), public_key=registered.public_key,
        registered_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "opening_key.registered", key_id, facts=facts, decision=registered, by=by, at=at
    )
    return Standing(id=key_id, state="registered", version=version)
