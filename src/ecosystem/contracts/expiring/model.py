"""How long documents are kept: what that follows from, and what becomes of a document then."""

from datetime import date, datetime

import msgspec

from ecosystem.catalogue.profiles.model import Records
from ecosystem.catalogue.profiles.words import Code
from ecosystem.values.identifiers import ContractId, DocumentId
from ecosystem.values.text import Line


class KeepFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the time is computed from."""

    ended_at: datetime
    time_zone: str
    records: Records


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Until when the documents of a contract are kept, and by which rule."""

    ended_on: date
    years: int
    kept_until: date
    """The last day."""
    law: Code
    article: Line | None


class ExpireFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the expiry of a document is decided on."""

    document_id: DocumentId
    contract_id: ContractId
    sha256: str
    kept: Kept


class Expired(msgspec.Struct, frozen=True, kw_only=True):
    """The document's bytes are to be erased; the rest of it stays."""

    kept_until: date
    law: Code
    article: Line | None


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found and did."""

    documents: int
    """How many of contracts were past their time."""
    attachments: int = 0
    """How many files of needs were."""
    bytes: int
    """What all of these came to."""
    erased: int
    """How many contents were erased, those of runs that had been broken off among them."""
    shared: int
    """How many contents stay, since other rows name them."""
