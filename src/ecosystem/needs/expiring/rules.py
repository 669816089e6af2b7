"""Until when files of needs are kept, and what refuses to read them afterwards."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ecosystem.needs.expiring.model import FileExpired, FileExpireFacts
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal

EVERYWHERE: Final = timedelta(days=1)
"""How much later than in UTC a day has ended at every place."""


class AttachmentKept(Refusal):
    """The file must be kept still."""

    kind = Kind.CONFLICT
    remedy = "Wait until the day after the last on which it is kept."


class AttachmentExpired(Refusal):
    """The content of the file was erased when its time was over."""

    kind = Kind.GONE
    remedy = "Read the attachment: its name, size and SHA-256 stay; who has a copy can compare."


def expire(facts: FileExpireFacts, *, by: Actor, at: datetime) -> FileExpired:
    """Let the bytes of a file be erased. Refuses with AttachmentKept."""
    del by
    until = kept_until(facts)
    if until >= last_expiring(at):
        raise AttachmentKept(f"It is kept until {until}.")
    return FileExpired(
        ended_on=_ended_on(facts),
        years=facts.records.years,
        kept_until=until,
        law=facts.records.law,
        article=facts.records.article,
    )


def kept_until(facts: FileExpireFacts) -> date:
    """Return the last day on which a file is kept."""
    return later(_ended_on(facts), years=facts.records.years)


def last_expiring(at: datetime) -> date:
    """Return the day before which the last day of something must lie for it to expire."""
    return (at - EVERYWHERE).date()


def later(day: date, *, years: int) -> date:
    """Return the same day so many years later; of 29 February, the first of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def refuse_expired(expired: FileExpired | None) -> None:
    """Refuse with AttachmentExpired, naming the rule, what has expired."""
    if expired is None:
        return
    rule = expired.law if expired.article is None else f"{expired.law}, {expired.article}"
    raise AttachmentExpired(
        f"It was kept for {expired.years} years from {expired.ended_on}, until "
        f"{expired.kept_until}, as `records` of the profile says ({rule})."
    )


def _ended_on(facts: FileExpireFacts) -> date:
    return facts.ended_at.astimezone(ZoneInfo(facts.time_zone)).date()
