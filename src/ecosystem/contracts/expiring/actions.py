"""Say how long documents are kept, and erase those whose time is over."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.expiring import attached, queries, rules
from ecosystem.contracts.expiring.model import Expiry
from ecosystem.contracts.expiring.queries import Holds
from ecosystem.contracts.expiring.tables import contract_keeping, document_expiry
from ecosystem.history import actions as history
from ecosystem.history.model import Audience, Occurrence
from ecosystem.needs.expiring import actions as files
from ecosystem.needs.expiring.rules import kept_until, last_expiring
from ecosystem.runtime import due, idempotency
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Statement, Tx, inserting
from ecosystem.runtime.holding import PURPOSE, hold

RULE: Final = "rule:records"
"""Stands where a client stands: nobody acted."""
_KEEP: Final = inserting(contract_keeping)
_EXPIRE: Final = inserting(
    document_expiry, "authority_id", "document_id", "contract_id", "sha256", "expired_at"
)
_ERASED: Final = Statement(
    update(document_expiry)
    .where(document_expiry.c.sha256 == bindparam("digest"), document_expiry.c.erased_at.is_(None))
    .values(erased_at=bindparam("since"))
)


@dataclass(frozen=True)
class Expiring:
    """Where documents expire, by which clock, and who is told how far it is."""

    database: Database
    blobs: Blobs
    clock: Clock
    holders: Sequence[Holds]
    """Each tells whether rows of another room name the same bytes."""
    told: Callable[[str], None] = lambda _: None


class Finds(Protocol):
    """Finds the next of what may have expired, by their identifiers."""

    def __call__(self, at: Expiring, *, after: str) -> Awaitable[list[Record]]:
        """Return them."""
        ...


class Acts(Protocol):
    """Lets one of them expire, if its time is over; `dry`, it only says whether it is."""

    def __call__(self, at: Expiring, one: Record, *, dry: bool) -> Awaitable[bool]:
        """Return whether it has expired, or would."""
        ...


async def keep(tx: Tx, occurrence: Occurrence) -> None:
    """Say until when the documents of a contract that has ended are kept.

    Follows `contract.terminated` and `contract.completed`. Effects: a row, where the law of the
    contract says how long.
    """
    facts = await queries.keep_facts(tx, occurrence)
    if facts is None:
        return
    kept = rules.keep(facts, by=occurrence.body.by, at=occurrence.recorded_at)
    await tx.run(
        _KEEP,
        authority_id=occurrence.authority_id, contract_id=occurrence.stream,
        **msgspec.structs.asdict(kept),
    )  # fmt: skip


async def expire(at: Expiring, *, dry: bool = False) -> Expiry:
    """Let every document expire whose time is over, and erase the bytes that nobody names more.

    Documents of contracts, and files of needs. Each in its own transaction: who is killed goes
    on where it was, and two at once do each once. With `dry` nothing is done but counting.
    Effects: `document.expired` or `attachment.expired` for each; bytes gone.
    """
    documents = await _sizes(at, _past, _expire, dry=dry)
    attachments = await _sizes(at, _over, _expire_file, dry=dry)
    erased, shared = (0, 0) if dry else await _erase_all(at)
    return Expiry(
        documents=len(documents), attachments=len(attachments),
        bytes=sum(documents) + sum(attachments),
        erased=erased, shared=shared,
    )  # fmt: skip


async def _sizes(at: Expiring, find: Finds, act: Acts, *, dry: bool) -> list[int]:
    """Let what is found expire, page by page; return the bytes of each that has, or would."""
    sizes = list[int]()
    after = ""
    while found := await find(at, after=after):
        for one in found:
            at.told(one["id"])
            if await act(at, one, dry=dry):
                sizes.append(one["bytes"])
        after = found[-1]["id"]
    return sizes


async def _past(at: Expiring, *, after: str) -> list[Record]:
    async with at.database.transaction({"purpose": PURPOSE}) as tx:
        now = at.clock.at(await idempotency.clock(tx))
        return await queries.past(tx, before=last_expiring(now), after=after)


async def _expire(at: Expiring, one: Record, *, dry: bool) -> bool:
    if dry:
        return True
    async with at.database.transaction(_local(one)) as tx:
        now = at.clock.at(await idempotency.clock(tx))
        await hold(tx, one["sha256"])
        facts = await queries.still_past(tx, one, before=last_expiring(now))
        if facts is None:
            return False
        by = due.authority(one, rule=RULE)
        expired = rules.expire(facts, by=by, at=now)
        await tx.run(
            _EXPIRE,
            authority_id=one["authority_id"], document_id=one["id"],
            contract_id=facts.contract_id, sha256=facts.sha256, expired_at=now,
        )  # fmt: skip
        parties = await contracts.parties(tx, facts.contract_id)
        await history.record(
            tx, "document.expired", one["id"], facts=facts, decision=expired, by=by, at=now,
            audience=Audience(organisations=parties),
        )  # fmt: skip
    return True


async def _over(at: Expiring, *, after: str) -> list[Record]:
    async with at.database.transaction({"purpose": PURPOSE}) as tx:
        return await attached.over(tx, after=after)


async def _expire_file(at: Expiring, one: Record, *, dry: bool) -> bool:
    async with at.database.transaction(_local(one)) as tx:
        now = at.clock.at(await idempotency.clock(tx))
        await hold(tx, one["sha256"])
        facts = await attached.still_over(tx, one)
        if facts is None or kept_until(facts) >= last_expiring(now):
            return False
        if not dry:
            await files.expire(tx, facts, by=due.authority(one, rule=RULE), at=now)
    return True


def _local(one: Record) -> dict[str, str]:
    return {
        "authority": str(one["authority_id"]), "organisation": one["organisation_id"],
        "purpose": PURPOSE,
    }  # fmt: skip


async def _erase_all(at: Expiring) -> tuple[int, int]:
    """Erase what has expired, by this run or one before; return how many, and how many stay."""
    erased = shared = 0
    after = ""
    while found := await _left(at, after=after):
        for sha256 in found:
            at.told(sha256)
            is_gone = await _erase(at, sha256)
            erased, shared = erased + (is_gone is True), shared + (is_gone is False)
        after = found[-1]
    return erased, shared


async def _left(at: Expiring, *, after: str) -> list[str]:
    async with at.database.transaction({"purpose": PURPOSE}) as tx:
        return await queries.left(tx, after=after)


async def _erase(at: Expiring, sha256: str) -> bool | None:
    """Erase bytes and return True; False where a row names them, None where another was first.

    They are gone before the row says so: who is killed between the two erases once more.
    """
    async with at.database.transaction({"purpose": PURPOSE}) as tx:
        await hold(tx, sha256)
        if not await queries.is_left(tx, sha256):
            return None
        holders = (queries.is_living, *at.holders)
        if any([await holds(tx, sha256) for holds in holders]):
            return False
        await asyncio.to_thread(at.blobs.store.remove, sha256)
        now = at.clock.at(await idempotency.clock(tx))
        await tx.run(_ERASED, digest=sha256, since=now)
        await files.erased(tx, sha256, at=now)
    return True
