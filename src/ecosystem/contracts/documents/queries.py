"""Read documents: facts for the rules, and views that row-level security lets through."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Integer, Text, any_, bindparam, select

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.documents.signed import AddressAltered
from ecosystem.contracts.expiring import queries as expiring
from ecosystem.contracts.expiring.model import Kept
from ecosystem.contracts.expiring.queries import IS_EXPIRED, KEPT
from ecosystem.contracts.expiring.rules import refuse_expired
from ecosystem.contracts.expiring.tables import contract_keeping, document_expiry
from ecosystem.contracts.model import Arrived, Evidence, FileFacts
from ecosystem.contracts.redacting.model import Redaction
from ecosystem.contracts.redacting.queries import IS_REDACTED, OF_DOCUMENT, SHOWN
from ecosystem.contracts.redacting.rules import refuse_withheld
from ecosystem.contracts.redacting.tables import redaction
from ecosystem.contracts.rules import DocumentMissing
from ecosystem.contracts.tables import document
from ecosystem.runtime.columns import json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)

_VERSION: Final = document.c.version + IS_REDACTED.cast(Integer) + IS_EXPIRED.cast(Integer)
"""A document changes when it is redacted, and when it expires."""
_DOCUMENT: Final[list[ColumnElement[Any]]] = [
    document.c.id,
    _VERSION.label("version"),
    document.c.contract_id,
    document.c.organisation_id,
    document.c.name,
    document.c.media_type,
    document.c.bytes,
    document.c.sha256,
    document.c.filed_at,
    SHOWN.label("redaction"),
    contract_keeping.c.kept_until,
    document_expiry.c.expired_at,
]
_documents = (
    select(*_DOCUMENT)
    .outerjoin(redaction, OF_DOCUMENT)
    .outerjoin(contract_keeping, expiring.OF_CONTRACT)
    .outerjoin(document_expiry, expiring.OF_DOCUMENT)
)
DOCUMENTS: Final = page_of(
    _documents.where(
        document.c.authority_id == _AUTHORITY,
        document.c.contract_id == bindparam("contract_id", type_=Text),
    )
)
"""A page of the documents of a contract, of those that row-level security lets through."""
_one_document = _documents.where(
    document.c.authority_id == _AUTHORITY, document.c.id == _ID
).subquery("one")
_kept_until = (
    select(KEPT)
    .where(contract_keeping.c.authority_id == _AUTHORITY)
    .where(contract_keeping.c.contract_id == _one_document.c.contract_id)
    .scalar_subquery()
)
_DOCUMENT_VIEW: Final = Statement(
    select(
        json_row(_one_document).label("body"),
        _one_document.c.version,
        _one_document.c.name,
        _one_document.c.media_type,
        _one_document.c.sha256,
        _one_document.c.redaction,
        _one_document.c.kept_until,
        _one_document.c.expired_at,
        _kept_until.label("kept"),
    )
)
_EVIDENCE: Final = Statement(
    select(document.c.id, document.c.sha256)
    .where(document.c.authority_id == _AUTHORITY)
    .where(document.c.contract_id == bindparam("contract_id", type_=Text))
    .where(document.c.id == any_(bindparam("ids", type_=ARRAY(Text))))
)


async def file_facts(tx: Tx, contract_id: str, arrived: Arrived, *, by: Actor) -> FileFacts:
    """Return what the filing of a document is checked against. Refuses with ContractMissing."""
    return FileFacts(
        is_party=await contracts.is_party(tx, contract_id, by=by),
        **msgspec.structs.asdict(arrived),
    )


async def document_view(tx: Tx, document_id: str) -> Record:
    """Return a document's JSON as `body`, and what its bytes need to be served.

    Row-level security lets through what the caller may know of. Refuses with DocumentMissing.
    """
    authority = owner(document_id, "document", otherwise=DocumentMissing)
    row = await tx.row(_DOCUMENT_VIEW, authority_id=authority, id=document_id)
    if row is None:
        raise DocumentMissing("There is no such document in a contract of the caller's.")
    return row


async def served(tx: Tx, document_id: str, *, by: Actor) -> Record:
    """Return what serves a document's bytes to the caller.

    Refuses with DocumentMissing; with DocumentExpired; with DocumentRedacted whom its content is
    withheld from.
    """
    row = await document_view(tx, document_id)
    refuse_expired(_kept(row), expired_at=row["expired_at"])
    refuse_withheld(_redaction(row), by=by)
    return row


async def addressed(tx: Tx, document_id: str) -> Record:
    """Return what serves a document's bytes to whoever has a signed address of it.

    Refuses with AddressAltered where there is none: no address was ever made for it.
    """
    row = await tx.row(_DOCUMENT_VIEW, authority_id=authority_of(document_id), id=document_id)
    if row is None:
        raise AddressAltered("The signature is of another document, time or content.")
    return row


def refuse_unread(row: Record) -> None:
    """Refuse with DocumentExpired or DocumentRedacted whoever has no more than an address."""
    refuse_expired(_kept(row), expired_at=row["expired_at"])
    refuse_withheld(_redaction(row), by=None)


def _kept(row: Record) -> Kept | None:
    shown = row["kept"]
    return None if shown is None else msgspec.json.decode(shown, type=Kept)


def _redaction(row: Record) -> Redaction | None:
    shown = row["redaction"]
    return None if shown is None else msgspec.json.decode(shown, type=Redaction)


async def evidence(tx: Tx, contract_id: str, ids: Iterable[str]) -> tuple[Evidence, ...]:
    """Return those of `ids` that are documents of a contract, in the order given."""
    asked = list(ids)
    rows = await tx.rows(
        _EVIDENCE, authority_id=authority_of(contract_id), contract_id=contract_id, ids=asked
    )
    found = {row["id"]: row["sha256"] for row in rows}
    return tuple(Evidence(id=one, sha256=found[one]) for one in asked if one in found)
