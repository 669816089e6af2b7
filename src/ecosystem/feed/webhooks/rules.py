"""What webhooks an organisation may have, and what follows from each attempt."""

import re
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

from msgspec import UNSET

from ecosystem.feed.webhooks.model import (
    AttemptFacts,
    Because,
    ChangeFacts,
    Ended,
    Judged,
    Outcome,
    Registered,
    RegisterFacts,
    Rotated,
    RotateFacts,
    State,
    StateFacts,
    StopFacts,
    Stopped,
    Turned,
    Wanted,
    WebhookChanged,
)
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal

WEBHOOKS_MAX: Final = 20
"""How many webhooks an organisation has at most: each event meets them all."""
WAITS_S: Final = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds between one attempt and the next: ten attempts in a little over three days.
Source: Standard Webhooks 1.0.0, "Deliverability and reliability"."""
JITTER: Final = 0.2
"""By how much of itself a wait is lengthened at most."""
KEPT: Final = timedelta(days=30)
"""How long it can be read what has become of a message."""
_OK: Final = range(200, 300)
_GONE: Final = 410
_PORT_MAX: Final = 65_535
_HOST: Final = r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_REST: Final = r"(?::(?P<port>[1-9][0-9]{0,4}))?(?:[/?][^#\s]*)?"
_SECURE: Final = re.compile(rf"https://{_HOST}{_REST}")
_LOOPBACK: Final = re.compile(rf"http://(?P<host>127\.0\.0\.1|\[::1\]){_REST}")


class WebhookMissing(Refusal):
    """There is no such webhook of the caller's organisation."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/webhooks lists."


class DeliveryMissing(Refusal):
    """There is no such delivery of the webhook, or it is no longer kept."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/webhooks/{webhook_id}/deliveries lists."


class TargetUnfit(Refusal):
    """Messages cannot be sent to that address."""

    kind = Kind.UNMET
    remedy = "Give an https address in a public network, without user, password and fragment."


class SearchNotKept(Refusal):
    """The webhook names a saved search that the organisation does not keep."""

    kind = Kind.UNMET
    remedy = "Use an identifier that GET /v1/saved-searches lists."


class WebhooksTooMany(Refusal):
    """The organisation has as many webhooks as it may."""

    kind = Kind.CONFLICT
    remedy = "Delete one first."


class WebhookNotActive(Refusal):
    """The webhook sends nothing now."""

    kind = Kind.CONFLICT
    remedy = "Resume it first."


class WebhookActive(Refusal):
    """The webhook is active already."""

    kind = Kind.CONFLICT
    remedy = "There is nothing to do."


class DeliveryNotDead(Refusal):
    """Only a dead message is replayed."""

    kind = Kind.CONFLICT
    remedy = "Wait: it is pending, or has been delivered."


def register(facts: RegisterFacts, *, by: Actor, at: datetime) -> Registered:
    """Register a webhook. Refuses with TargetUnfit, SearchNotKept, then WebhooksTooMany."""
    del by, at
    asked = facts.asked
    _check_target(asked.url, loopback=facts.loopback)
    _check_search(is_kept=facts.search_is_kept)
    if facts.registered >= WEBHOOKS_MAX:
        raise WebhooksTooMany(f"There are {facts.registered}.")
    wanted = Wanted(
        url=asked.url,
        description=asked.description,
        event_types=asked.event_types,
        search_id=asked.search_id,
    )
    begins = facts.head if asked.after is None else min(asked.after, facts.head)
    return Registered(wanted=wanted, cursor=begins)


def change(facts: ChangeFacts, *, by: Actor, at: datetime) -> WebhookChanged:
    """Change a webhook. Refuses with TargetUnfit or SearchNotKept, in that order."""
    del by, at
    was, asked = facts.was, facts.asked
    wanted = Wanted(
        url=was.url if asked.url is UNSET else asked.url,
        description=was.description if asked.description is UNSET else asked.description,
        event_types=was.event_types if asked.event_types is UNSET else asked.event_types,
        search_id=was.search_id if asked.search_id is UNSET else asked.search_id,
    )
    _check_target(wanted.url, loopback=facts.loopback)
    _check_search(is_kept=facts.search_is_kept)
    return WebhookChanged(wanted=wanted)


def pause(facts: StateFacts, *, by: Actor, at: datetime) -> Turned:
    """Pause a webhook. Refuses with WebhookNotActive."""
    del by, at
    check_active(facts.state)
    return Turned(state=State.PAUSED)


def resume(facts: StateFacts, *, by: Actor, at: datetime) -> Turned:
    """Resume a webhook from where it was. Refuses with WebhookActive."""
    del by, at
    if facts.state is State.ACTIVE:
        raise WebhookActive("It was neither paused nor stopped.")
    return Turned(state=State.ACTIVE)


def end(facts: StateFacts, *, by: Actor, at: datetime) -> Ended:
    """Delete a webhook, whatever its state."""
    del by, at
    return Ended(state=facts.state)


def rotate(facts: RotateFacts, *, by: Actor, at: datetime) -> Rotated:
    """Give a webhook new keys; those that it had stay good beside them for a while."""
    del by, at
    return Rotated(public_key=facts.public_key, previous_until=facts.previous_until)


def stop(facts: StopFacts, *, by: Actor, at: datetime) -> Stopped:
    """Stop a webhook whose target does not take what it is sent."""
    del by, at
    return Stopped(because=facts.because)


def check_active(state: State) -> None:
    """Refuse with WebhookNotActive unless messages are sent."""
    if state is not State.ACTIVE:
        raise WebhookNotActive(f"It is {state.value}.")


def judge(facts: AttemptFacts) -> Judged:
    """Decide what follows from an attempt.

    A test and a replay are one attempt each. Any other message is tried as long as there are
    waits left, then it is dead; and where the one before it is dead as well, with none taken
    since, the webhook stops at once and the message stays pending. 410 stops it, too.
    """
    if facts.status in _OK:
        return Judged(outcome=Outcome.DELIVERED)
    stops = Because.GONE if facts.status == _GONE else None
    if facts.is_test or facts.is_replay:
        return Judged(outcome=Outcome.DEAD, stops=stops)
    if stops is None and facts.has_lost:
        stops = Because.FAILING
    if facts.attempts > len(WAITS_S) and stops is None:
        return Judged(outcome=Outcome.DEAD)
    wait_s = WAITS_S[min(facts.attempts, len(WAITS_S)) - 1] * (1 + JITTER * facts.draw)
    return Judged(outcome=Outcome.PENDING, wait_s=wait_s, stops=stops)


def loses(facts: AttemptFacts, judged: Judged) -> bool:
    """Tell whether, after an attempt, the last message is dead and none was taken since."""
    if judged.outcome is Outcome.DELIVERED:
        return facts.has_lost and facts.is_test
    if facts.is_test or facts.is_replay:
        return facts.has_lost
    return facts.has_lost or judged.outcome is Outcome.DEAD


def _check_target(url: str, *, loopback: bool) -> None:
    found = _SECURE.fullmatch(url) or (_LOOPBACK.fullmatch(url) if loopback else None)
    if found is None or int(found["port"] or 0) > _PORT_MAX:
        raise TargetUnfit("It is no https address of a host.", pointer="/url")
    if url.startswith("https:") and not _may_be_public(found["host"].strip("[]")):
        raise TargetUnfit("It is in no public network.", pointer="/url")


def _may_be_public(host: str) -> bool:
    """Tell whether a host is a name, or an address that is public: names are looked up later."""
    try:
        return ip_address(host).is_global
    except ValueError:
        return host.lower() != "localhost"


def _check_search(*, is_kept: bool) -> None:
    if not is_kept:
        raise SearchNotKept("It keeps no such search.", pointer="/search_id")
