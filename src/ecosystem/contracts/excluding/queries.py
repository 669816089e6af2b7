"""Facts of a locked change about the member that it excludes."""

from typing import Final

from ecosystem.contracts.changes.model import State
from ecosystem.contracts.excluding.model import DisputeFacts, ExclusionDispute, ReplyFacts
from ecosystem.runtime.database import Record
from ecosystem.values.text import Text

_DECIDED: Final = frozenset({State.PROPOSED, State.IN_FORCE})


def reply_facts(change: Record, said: Text) -> ReplyFacts:
    """Return what a reply to a locked change is checked against."""
    return ReplyFacts(
        member_id=change["excluded_id"],
        is_open=change["state"] == State.PROPOSED and change["approved_by"] is None,
        has_reply=change["reply"] is not None,
        reply=said,
    )


def dispute_facts(change: Record, asked: ExclusionDispute) -> DisputeFacts:
    """Return what a dispute of a locked change is checked against."""
    return DisputeFacts(
        member_id=change["excluded_id"],
        is_decided=change["state"] in _DECIDED and change["approved_by"] is not None,
        is_disputed=change["dispute"] is not None,
        dispute=asked,
    )
