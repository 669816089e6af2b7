"""How recoveries look on the wire."""

from datetime import datetime

import msgspec

from ecosystem.identity.schemas import Version
from ecosystem.values.identifiers import RecoveryId


class RecoveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A recovery that has been offered, with what it is used by."""

    id: RecoveryId
    link: str
    """Hand it to the person herself, and to nobody else: shown this once and kept nowhere."""
    expires_at: datetime
    version: Version
