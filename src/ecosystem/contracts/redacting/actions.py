"""Redact documents."""

from datetime import datetime
from typing import Final

import msgspec

from ecosystem.contracts import queries as contracts
from ecosystem.contracts.redacting import queries, rules
from ecosystem.contracts.redacting.model import RedactionDraft
from ecosystem.contracts.redacting.tables import redaction
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.runtime.database import Tx, inserting
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_REDACT: Final = inserting(redaction)


async def redact(
    tx: Tx,
    document_id: str,
    asked: RedactionDraft,
    *,
    by: Actor,
    at: datetime,
    expected: int | None,
) -> Standing:
    """Withhold the content of a document. Refuses DocumentMissing, RevisionStale, as the rule.

    Effects: locks the contract; the redaction's row; `document.redacted`. The bytes stay.
    """
    facts = await queries.redact_facts(tx, document_id, asked, by=by, expected=expected)
    redacted = rules.redact(facts, by=by, at=at)
    await tx.run(
        _REDACT,
        authority_id=authority_of(document_id), document_id=document_id,
        contract_id=facts.contract_id, reason=msgspec.json.encode(asked.reason), redacted_at=at,
        **msgspec.structs.asdict(redacted),
    )  # fmt: skip
    parties = await contracts.parties(tx, facts.contract_id)
    version = await history.record(
        tx, "document.redacted", document_id, facts=facts, decision=redacted, by=by, at=at,
        audience=Audience(organisations=parties),
    )  # fmt: skip
    return Standing(id=document_id, state="redacted", version=version)
