"""Until when a document is kept, and what refuses to read it afterwards."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ecosystem.contracts.expiring.model import Expired, ExpireFacts, KeepFacts, Kept
from ecosystem.needs.expiring.rules import last_expiring, later
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal


class DocumentKept(Refusal):
    """The document must be kept still."""

    kind = Kind.CONFLICT
    remedy = "Wait until the day after `kept_until` of the document."


class DocumentExpired(Refusal):
    """The content of the document was erased when its time was over."""

    kind = Kind.GONE
    remedy = "Read the document: its name, size and SHA-256 stay; whoever has a copy can compare."


def keep(facts: KeepFacts, *, by: Actor, at: datetime) -> Kept:
    """Return until when the documents of a contract that has ended are kept.

    To the end of the same day so many years later; of 29 February, of the first of March.
    """
    del by, at
    ended_on = facts.ended_at.astimezone(ZoneInfo(facts.time_zone)).date()
    return Kept(
        ended_on=ended_on,
        years=facts.records.years,
        kept_until=later(ended_on, years=facts.records.years),
        law=facts.records.law,
        article=facts.records.article,
    )


def expire(facts: ExpireFacts, *, by: Actor, at: datetime) -> Expired:
    """Let the bytes of a document be erased. Refuses with DocumentKept."""
    del by
    if facts.kept.kept_until >= last_expiring(at):
        raise DocumentKept(f"It is kept until {facts.kept.kept_until}.")
    return Expired(kept_until=facts.kept.kept_until, law=facts.kept.law, article=facts.kept.article)


def refuse_expired(kept: Kept | None, *, expired_at: datetime | None) -> None:
    """Refuse with DocumentExpired, naming the rule, what has expired."""
    if expired_at is None or kept is None:
        return
    rule = kept.law if kept.article is None else f"{kept.law}, {kept.article}"
    raise DocumentExpired(
        f"It was kept for {kept.years} years from {kept.ended_on}, until {kept.kept_until}, as "
        f"`records` of the profile says ({rule})."
    )
