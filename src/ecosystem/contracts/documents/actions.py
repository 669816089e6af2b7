"""File the documents of a contract."""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from ecosystem.contracts import queries as contracts
from ecosystem.contracts import rules
from ecosystem.contracts.documents import queries
from ecosystem.contracts.model import Arrived
from ecosystem.contracts.tables import document
from ecosystem.history import actions as history
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.database import Tx, inserting
from ecosystem.runtime.holding import take
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_FILE: Final = inserting(document)


async def file(
    tx: Tx, contract_id: str, arrived: Arrived, *, draft: Path, blobs: Blobs, by: Actor,
    at: datetime,
) -> Standing:  # fmt: skip
    """Keep a document under a contract, whose bytes are in the file `draft`.

    Refuses with ContractMissing, and as the rule does. Effects: the bytes in the store, whether
    or not the transaction commits; the document's row; `document.filed`.
    """
    facts = await queries.file_facts(tx, contract_id, arrived, by=by)
    filed = rules.file(facts, by=by, at=at)
    await take(tx, blobs, draft, sha256=filed.sha256)
    authority = authority_of(contract_id)
    document_id = mint("document", authority=authority)
    await tx.run(
        _FILE,
        authority_id=authority, id=document_id, version=1, contract_id=contract_id,
        organisation_id=by.organisation_id, filed_at=at, **msgspec.structs.asdict(filed),
    )  # fmt: skip
    version = await history.record(
        tx, "document.filed", document_id, facts=facts, decision=filed, by=by, at=at,
        audience=await contracts.audience(tx, contract_id),
    )  # fmt: skip
    return Standing(id=document_id, state="filed", version=version)
