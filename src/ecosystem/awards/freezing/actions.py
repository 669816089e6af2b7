"""Freeze the scores of quality."""

from datetime import datetime

import msgspec

from ecosystem.awards.freezing import queries, rules
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.needs import actions as needs_actions
from ecosystem.needs import queries as needs
from ecosystem.offers import actions as offers
from ecosystem.runtime.database import Tx
from ecosystem.runtime.minting import entropy
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor


async def freeze(
    tx: Tx, need_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Freeze a need's scores of quality, so that its prices can be opened.

    Refuses with NeedMissing, RevisionStale, and as the rule does. Effects: locks the need; the
    freezing, after which the database refuses whatever changes a score; need.scores_frozen,
    which names digests and no score.
    """
    row = await needs.locked(tx, need_id, seen_by=by, at=at, expected=expected)
    salt = entropy(32).hex()
    facts = await queries.freeze_facts(tx, row, salt=salt)
    frozen = rules.freeze(facts, by=by, at=at)
    await offers.freeze(
        tx, need_id, salt=salt, offers=msgspec.json.encode(frozen.offers), digest=frozen.digest,
        by=by, at=at,
    )  # fmt: skip
    await needs_actions.advance(tx, need_id, to=row["state"])
    version = await history.record(
        tx, "need.scores_frozen", need_id, facts=facts, decision=frozen, by=by, at=at,
        audience=EVERYONE,
    )  # fmt: skip
    return Standing(id=need_id, state=frozen.state, version=version)
