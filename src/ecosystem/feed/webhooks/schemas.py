"""How webhooks look on the wire."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from ecosystem.feed.webhooks.model import (
    Because,
    DeliveryId,
    EventTypes,
    Outcome,
    Position,
    Problem,
    State,
    Target,
    WebhookId,
)
from ecosystem.values.identifiers import SearchId
from ecosystem.values.text import Line

Version = Annotated[int, Meta(ge=1)]
PublicKey = Annotated[
    str, Meta(description="For signatures `v1a`: `whpk_` and the base64 of an Ed25519 key.")
]
Secret = Annotated[
    str,
    Meta(description="For signatures `v1`: `whsec_` and base64. Shown this once and kept nowhere."),
]


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that has been registered, and its secret."""

    id: WebhookId
    state: State
    version: Version
    after: Position
    """The position in the feed after which it begins."""
    secret: Secret
    public_key: PublicKey


class ReplacedWebhookSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook's new secret."""

    version: Version
    secret: Secret
    public_key: PublicKey
    previous_until: datetime
    """Until when messages are signed with the keys before as well."""


class WebhookView(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook, as its organisation sees it."""

    id: WebhookId
    version: Version
    state: State
    url: Target
    description: Line | None
    event_types: EventTypes | None
    """Only events of these types are sent; null for every type."""
    search_id: SearchId | None
    """Only the events of this saved search are sent."""
    public_key: PublicKey
    previous_public_key: PublicKey | None
    """The one before, which signs as well until `previous_until`."""
    previous_until: datetime | None
    registered_at: datetime
    stopped_because: Because | None
    stopped_at: datetime | None


class ListedWebhook(WebhookView, frozen=True, kw_only=True):
    """A webhook in the list, which alone says how far it is: that changes without a version."""

    after: Position
    """The position in the feed up to which events were looked at and taken up."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of one message."""

    id: DeliveryId
    type: str
    """The type of the event, or `webhook.test`."""
    position: Position | None
    """The event's place in the feed; null for a test."""
    state: Outcome
    attempts: Annotated[int, Meta(ge=0)]
    last_status: int | None
    """What the target answered last; null where it answered nothing."""
    last_problem: Problem | None
    """Why there was no answer the last time."""
    made_at: datetime
    attempted_at: datetime | None
    next_at: datetime | None
    """Not before this it is sent again; null once it is delivered or dead."""
    ended_at: datetime | None


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """A message that will be sent in a moment."""

    delivery_id: DeliveryId


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """Dead messages that will be sent once more."""

    count: Annotated[int, Meta(ge=0)]
