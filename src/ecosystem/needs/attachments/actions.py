"""Attach files to needs."""

from datetime import datetime
from typing import Final

import msgspec

from ecosystem.history import actions as history
from ecosystem.needs import queries as needs
from ecosystem.needs.attachments import queries, rules
from ecosystem.needs.attachments.model import Arrived
from ecosystem.needs.attachments.tables import attachment
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.database import Tx, inserting
from ecosystem.runtime.holding import keep
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_FILE: Final = inserting(attachment)


async def file(
    tx: Tx, need_id: str, arrived: Arrived, *, blobs: Blobs, by: Actor, at: datetime
) -> Standing:
    """Keep a file beside a need, where only its authority sees it until the need names it.

    Refuses with NeedMissing, and as the rule does. Effects: locks the need; the bytes in the
    store, whether or not the transaction commits; the attachment; attachment.filed.
    """
    row = await needs.locked(tx, need_id, seen_by=by, at=at)
    facts = await queries.file_facts(tx, row, arrived)
    filed = rules.file(facts, by=by, at=at)
    await keep(tx, blobs, arrived.content)
    authority = authority_of(need_id)
    attachment_id = mint("attachment", authority=authority)
    await tx.run(
        _FILE,
        authority_id=authority, id=attachment_id, need_id=need_id, filed_by=control.hand(by),
        filed_at=at, **msgspec.structs.asdict(filed),
    )  # fmt: skip
    version = await history.record(
        tx, "attachment.filed", attachment_id, facts=facts, decision=filed, by=by, at=at
    )
    return Standing(id=attachment_id, state="filed", version=version)
