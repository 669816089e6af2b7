"""Webhooks: requests, frozen facts and decisions."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.values.identifiers import SearchId, pattern
from ecosystem.values.patterns import whole
from ecosystem.values.text import Line

WebhookId = Annotated[str, Meta(pattern=pattern("webhook"), description="Identifier of a webhook.")]
DeliveryId = Annotated[
    str,
    Meta(
        pattern=pattern("delivery"),
        description="Identifier of a delivery: the `webhook-id` of its message.",
    ),
]
Target = Annotated[
    str,
    Meta(
        min_length=8,
        max_length=500,
        pattern=whole("[!-~]*"),
        description="Where messages are sent: an absolute https address in ASCII.",
        examples=["https://hooks.example/ecosystem"],
    ),
]
EventType = Annotated[
    str,
    Meta(
        max_length=100,
        pattern=whole(r"[a-z_]+\.[a-z_]+"),
        description="A type of event, as the feed says it.",
        examples=["need.published"],
    ),
]
EventTypes = Annotated[tuple[EventType, ...], Meta(min_length=1, max_length=50)]
Position = Annotated[int, Meta(ge=0, le=2**53 - 1)]
KeepsHours = Annotated[int, Meta(ge=0, le=168)]

TEST: Final = "webhook.test"
"""The type of a message that is no event: it was asked for, to try the target."""


class State(StrEnum):
    """Whether messages are sent."""

    ACTIVE = "active"
    PAUSED = "paused"
    """Not until its organisation resumes it."""
    STOPPED = "stopped"
    """The same, because of its target."""


class Because(StrEnum):
    """Why a webhook was stopped."""

    GONE = "gone"
    """The target has answered 410: it wants nothing more."""
    FAILING = "failing"
    """A message failed for three days, and the next one after it."""


class Outcome(StrEnum):
    """What has become of a message."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Not taken, and not sent again unless it is replayed."""


Problem = Literal["address_refused", "not_connected", "timed_out", "broke_off", "not_visible"]
"""Why there was no answer: the target is in no public network, does not exist or listen, took
too long, spoke no HTTP; or the organisation may not see the event any more."""


class WebhookDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be sent, and where."""

    url: Target
    description: Line | None = None
    event_types: EventTypes | None = None
    """Only events of these types; null for every type."""
    search_id: SearchId | None = None
    """Only the events of this saved search of the organisation, such as `search.matched`."""
    after: Position | None = None
    """The position in the feed after which to begin: 0 for all that has ever happened. Null for
    what happens from now on."""


class WebhookChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What changes about a webhook; what is left out stays (RFC 7396)."""

    url: Target | UnsetType = UNSET
    description: Line | UnsetType | None = UNSET
    event_types: EventTypes | UnsetType | None = UNSET
    search_id: SearchId | UnsetType | None = UNSET


class NewWebhookSecret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the present secret stays good beside the new one."""

    keeps_hours: KeepsHours = 24


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as its organisation wants it."""

    url: str
    description: str | None
    event_types: tuple[str, ...] | None
    search_id: str | None


class RegisterFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a registration is checked against."""

    asked: WebhookDraft
    registered: int
    """How many webhooks the organisation has already."""
    search_is_kept: bool
    """Whether the organisation keeps the saved search; true where none is named."""
    loopback: bool
    """Whether http on this machine will do: in a sandbox whose operator says so."""
    head: int
    """The last position of the feed."""


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """Messages are sent from now on, of what comes after `cursor`."""

    wanted: Wanted
    cursor: int


class ChangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a change is checked against."""

    was: Wanted
    asked: WebhookChange
    search_is_kept: bool
    loopback: bool


class WebhookChanged(msgspec.Struct, frozen=True, kw_only=True):
    """Messages are sent like this from now on."""

    wanted: Wanted


class StateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of state, a rotation or a test is decided on."""

    state: State


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """The webhook has another state."""

    state: State


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The webhook is deleted."""

    state: State
    """The last that it had."""


class RotateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a new secret is decided on."""

    public_key: str
    """Of the new pair of keys, for signatures `v1a`."""
    previous_until: datetime


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """Messages are signed with new keys, and until then with the ones before as well."""

    public_key: str
    previous_until: datetime


class AttemptFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt went, and what came before it."""

    is_test: bool
    is_replay: bool
    attempts: int
    """How many there have been, this one counted."""
    has_lost: bool
    """Whether the message before it is dead, and none was taken since."""
    status: int | None
    """What the target has answered."""
    problem: Problem | None
    """Why it has answered nothing."""
    draw: float
    """A random number from 0 up to 1, by which targets are not all asked at once."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from an attempt."""

    outcome: Outcome
    wait_s: float = 0
    """Seconds until the next attempt of a message that is pending."""
    stops: Because | None = None


class StopFacts(msgspec.Struct, frozen=True, kw_only=True):
    """How the attempt went that stops a webhook."""

    because: Because
    status: int | None
    problem: Problem | None


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing more is sent until the organisation resumes it."""

    because: Because


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One message that is about to be sent, and who may say how it went."""

    authority_id: int
    webhook_id: str
    delivery_id: str
    lease: int
    """The number under which the webhook is held; another one means that another has it."""
    url: str
    content: bytes
    salts: tuple[bytes, ...]
    """What its valid secrets are made from, the newest first."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What came of sending a message: a status, or why there is none."""

    status: int | None = None
    problem: Problem | None = None
