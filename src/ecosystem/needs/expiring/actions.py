"""Let a file of a need expire, and say that its bytes are erased."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, update

from ecosystem.history import actions as history
from ecosystem.needs.expiring import rules
from ecosystem.needs.expiring.model import FileExpireFacts
from ecosystem.needs.expiring.tables import attachment_expiry
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_EXPIRE: Final = inserting(
    attachment_expiry, "authority_id", "attachment_id", "sha256", "ended_on", "years",
    "kept_until", "law", "article", "expired_at",
)  # fmt: skip
_ERASED: Final = Statement(
    update(attachment_expiry)
    .where(
        attachment_expiry.c.sha256 == bindparam("digest"), attachment_expiry.c.erased_at.is_(None)
    )
    .values(erased_at=bindparam("since"))
)


async def expire(tx: Tx, facts: FileExpireFacts, *, by: Actor, at: datetime) -> None:
    """Let a file expire: from now on its content is not read.

    Refuses as the rule does. Effects: its row; `attachment.expired`.
    """
    expired = rules.expire(facts, by=by, at=at)
    await tx.run(
        _EXPIRE,
        authority_id=authority_of(facts.attachment_id), attachment_id=facts.attachment_id,
        sha256=facts.sha256, expired_at=at, **msgspec.structs.asdict(expired),
    )  # fmt: skip
    await history.record(
        tx, "attachment.expired", facts.attachment_id, facts=facts, decision=expired, by=by, at=at
    )


async def erased(tx: Tx, sha256: str, *, at: datetime) -> None:
    """Say that the bytes of what has expired are gone."""
    await tx.run(_ERASED, digest=sha256, since=at)
