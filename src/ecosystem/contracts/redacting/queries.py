"""Read what a redaction is checked against."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Text, bindparam, case, null, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.expiring import queries as expiring
from ecosystem.contracts.expiring.tables import document_expiry
from ecosystem.contracts.redacting.model import RedactFacts, RedactionDraft, Replacement
from ecosystem.contracts.redacting.tables import redaction
from ecosystem.contracts.rules import DocumentMissing
from ecosystem.contracts.tables import document
from ecosystem.runtime.columns import instant, json_of
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values import revision
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner

OF_DOCUMENT: Final = (redaction.c.authority_id == document.c.authority_id) & (
    redaction.c.document_id == document.c.id
)
"""Which redaction is that of a document, for an outer join."""
IS_REDACTED: Final[ColumnElement[bool]] = redaction.c.document_id.is_not(None)
SHOWN: Final[ColumnElement[Any]] = case(
    (
        IS_REDACTED,
        json_of(
            ground=redaction.c.ground,
            reason=redaction.c.reason,
            replacement_id=redaction.c.replacement_id,
            redacted_by=redaction.c.redacted_by,
            redacted_at=instant(redaction.c.redacted_at),
        ),
    ),
    else_=null(),
)
"""A redaction as it is shown; null where there is none."""
_DOCUMENT: Final = Statement(
    select(
        document.c.id,
        document.c.version,
        document.c.contract_id,
        document.c.organisation_id,
        IS_REDACTED.label("is_redacted"),
        expiring.IS_EXPIRED.label("is_expired"),
    )
    .outerjoin(redaction, OF_DOCUMENT)
    .outerjoin(document_expiry, expiring.OF_DOCUMENT)
    .where(
        document.c.authority_id == bindparam("authority_id", type_=Integer),
        document.c.id == bindparam("id", type_=Text),
    )
)


async def redact_facts(
    tx: Tx, document_id: str, asked: RedactionDraft, *, by: Actor, expected: int | None
) -> RedactFacts:
    """Lock a document's contract; return what a redaction of the document is checked against.

    Refuses with DocumentMissing, or RevisionStale where `expected` is another version.
    """
    authority = owner(document_id, "document", otherwise=DocumentMissing)
    contract_id = _found(await _row(tx, authority, document_id))["contract_id"]
    await contracts.locked(tx, contract_id, seen_by=by)
    row = _found(await _row(tx, authority, document_id))
    revision.check(expected, actual=row["version"] + row["is_redacted"] + row["is_expired"])
    named = asked.replacement_id
    other = None if named is None else await _row(tx, authority, named)
    return RedactFacts(
        document_id=document_id,
        contract_id=contract_id,
        filed_by=row["organisation_id"],
        is_redacted=row["is_redacted"],
        asked=asked,
        replacement=None if other is None else _replacement(other),
    )


async def _row(tx: Tx, authority: int, document_id: str) -> Record | None:
    return await tx.row(_DOCUMENT, authority_id=authority, id=document_id)


def _replacement(row: Record) -> Replacement:
    return Replacement(
        contract_id=row["contract_id"],
        organisation_id=row["organisation_id"],
        is_redacted=row["is_redacted"],
    )


def _found(row: Record | None) -> Record:
    if row is None:
        raise DocumentMissing("There is no such document in a contract of the caller's.")
    return row
