"""Webhooks over HTTP."""

from typing import Annotated, Any

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from ecosystem.feed.webhooks import access, actions, queries, rules
from ecosystem.feed.webhooks.model import NewWebhookSecret, Outcome, WebhookChange, WebhookDraft
from ecosystem.feed.webhooks.schemas import (
    Delivery,
    ListedWebhook,
    NewWebhook,
    Queued,
    ReplacedWebhookSecret,
    Replayed,
    WebhookView,
)
from ecosystem.runtime import paging
from ecosystem.runtime.web import (
    Call,
    PageCursor,
    PageLimit,
    Standing,
    delete,
    get,
    patch,
    post,
)
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale

InState = Annotated[Outcome | None, QueryParameter(description="Only deliveries in this state.")]


@post(
    "/v1/webhooks",
    permit=access.REGISTER,
    answers=NewWebhook,
    refuses=(rules.TargetUnfit, rules.SearchNotKept, rules.WebhooksTooMany),
)
async def register_webhook(request: Call, data: JSONBody[WebhookDraft]) -> Response[bytes]:
    """Register a webhook.

    Each event that your organisation may see, in the order of the feed, is sent to `url` by POST,
    as Standard Webhooks says: of all types or of `event_types`, of everything or of one saved
    search. A message says what the feed says; read the thing itself for more. It is sent again
    until it is answered with a 2xx, for three days; redirects are not followed, and addresses
    that are not public are never asked. The secret is shown this once; an answer with a secret is
    not kept under an Idempotency-Key: a retry registers another webhook.
    """
    made = await actions.register(
        request.tx, data, key=request.house.keys.webhooks,
        loopback=request.house.settings.webhook_loopback, by=request.by, at=request.at,
    )  # fmt: skip
    request.visit.key = None
    return request.answer(made, version=made.version, location=f"/v1/webhooks/{made.id}")


@get("/v1/webhooks", permit=access.READ, answers=Page[ListedWebhook], scoped=True)
async def list_webhooks(
    request: Call,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the webhooks of your organisation, newest first, each with how far it is."""
    return await paging.page(
        request, request.tx, queries.WEBHOOKS, cursor=cursor, limit=limit,
        organisation_id=request.by.organisation_id,
    )  # fmt: skip


@get(
    "/v1/webhooks/{webhook_id:str}",
    permit=access.READ,
    answers=WebhookView,
    refuses=(rules.WebhookMissing,),
    scoped=True,
)
async def read_webhook(request: Call, webhook_id: FromPath[str]) -> Response[bytes]:
    """Read a webhook of your organisation, with its public keys."""
    body, version = await queries.view(request.tx, webhook_id, by=request.by)
    return request.answer(body, version=version)


@patch(
    "/v1/webhooks/{webhook_id:str}",
    permit=access.CHANGE,
    answers=Standing,
    refuses=(rules.WebhookMissing, RevisionStale, rules.TargetUnfit, rules.SearchNotKept),
)
async def change_webhook(
    request: Call, webhook_id: FromPath[str], data: JSONBody[WebhookChange]
) -> Response[bytes]:
    """Change where messages are sent, or of which events.

    What is left out stays. To another `url` goes at once what waits to be sent again.
    """
    standing = await actions.change(
        request.tx, webhook_id, data, loopback=request.house.settings.webhook_loopback,
        by=request.by, at=request.at, expected=request.expected,
    )  # fmt: skip
    return request.answer(standing, version=standing.version)


@delete(
    "/v1/webhooks/{webhook_id:str}",
    permit=access.END,
    refuses=(rules.WebhookMissing, RevisionStale),
)
async def delete_webhook(request: Call, webhook_id: FromPath[str]) -> None:
    """Delete a webhook with its deliveries. A message that is under way may still arrive."""
    await actions.end(
        request.tx, webhook_id, by=request.by, at=request.at, expected=request.expected
    )


@post(
    "/v1/webhooks/{webhook_id:str}/pause",
    permit=access.END,
    answers=Standing,
    status=200,
    changes=True,
    refuses=(rules.WebhookMissing, RevisionStale, rules.WebhookNotActive),
)
async def pause_webhook(request: Call, webhook_id: FromPath[str]) -> Response[bytes]:
    """Pause a webhook: nothing is sent, and its place in the feed stays."""
    standing = await actions.pause(
        request.tx, webhook_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(standing, version=standing.version)


@post(
    "/v1/webhooks/{webhook_id:str}/resumption",
    permit=access.RESUME,
    answers=Standing,
    status=200,
    changes=True,
    refuses=(rules.WebhookMissing, RevisionStale, rules.WebhookActive),
)
async def resume_webhook(request: Call, webhook_id: FromPath[str]) -> Response[bytes]:
    """Resume a webhook that was paused or has been stopped.

    It goes on where it was: all that has happened meanwhile is sent, in order. Dead messages are
    not; replay them.
    """
    standing = await actions.resume(
        request.tx, webhook_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(standing, version=standing.version)


@post(
    "/v1/webhooks/{webhook_id:str}/secrets",
    permit=access.ROTATE,
    answers=ReplacedWebhookSecret,
    changes=True,
    refuses=(rules.WebhookMissing, RevisionStale),
)
async def replace_webhook_secret(
    request: Call, webhook_id: FromPath[str], data: JSONBody[NewWebhookSecret]
) -> Response[bytes]:
    """Replace a webhook's secret, and with it the key of its signatures `v1a`.

    The new secret is shown this once. For `keeps_hours` messages bear the signatures of the
    present one as well, so that the receiver changes over without a break; with 0 it ends at
    once. The answer is not kept under an Idempotency-Key: a retry makes another secret.
    """
    made = await actions.rotate(
        request.tx, webhook_id, data, key=request.house.keys.webhooks, by=request.by,
        at=request.at, expected=request.expected,
    )  # fmt: skip
    request.visit.key = None
    return request.answer(made, version=made.version)


@post(
    "/v1/webhooks/{webhook_id:str}/test",
    permit=access.RESUME,
    answers=Queued,
    refuses=(rules.WebhookMissing, rules.WebhookNotActive),
)
async def test_webhook(request: Call, webhook_id: FromPath[str]) -> Response[bytes]:
    """Have a message of the type `webhook.test` sent, once, whatever else waits.

    What has become of it stands in the list of deliveries a moment later.
    """
    made = await actions.test(request.tx, webhook_id, by=request.by, at=request.at)
    return request.answer(Queued(delivery_id=made))


@get(
    "/v1/webhooks/{webhook_id:str}/deliveries",
    permit=access.READ,
    answers=Page[Delivery],
    refuses=(rules.WebhookMissing,),
    scoped=True,
)
async def list_webhook_deliveries(
    request: Call,
    webhook_id: FromPath[str],
    in_state: InState = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List what was sent to a webhook, newest first: state, attempts, last answer.

    What was delivered or is dead can be read for thirty days.
    """
    authority_id = await queries.own(request.tx, webhook_id, by=request.by)
    states: dict[str, Any] = {} if in_state is None else {"in_state": in_state.value}
    return await paging.page(
        request, request.tx, queries.deliveries(in_state=in_state is not None), cursor=cursor,
        limit=limit, authority_id=authority_id, webhook_id=webhook_id, **states,
    )  # fmt: skip


@post(
    "/v1/webhooks/{webhook_id:str}/replay",
    permit=access.RESUME,
    answers=Replayed,
    refuses=(rules.WebhookMissing, rules.WebhookNotActive),
)
async def replay_webhook(request: Call, webhook_id: FromPath[str]) -> Response[bytes]:
    """Have all dead messages of a webhook sent once more, in their order, before any other.

    Each bears the `webhook-id` that it had. What is not taken this time is dead again at once.
    """
    count = await actions.replay(request.tx, webhook_id, by=request.by, at=request.at)
    return request.answer(Replayed(count=count))


@post(
    "/v1/webhook-deliveries/{delivery_id:str}/replay",
    permit=access.RESUME,
    answers=Replayed,
    refuses=(rules.DeliveryMissing, rules.DeliveryNotDead, rules.WebhookNotActive),
)
async def replay_webhook_delivery(request: Call, delivery_id: FromPath[str]) -> Response[bytes]:
    """Have one dead message sent once more, under the `webhook-id` that it had."""
    count = await actions.replay_one(request.tx, delivery_id, by=request.by, at=request.at)
    return request.answer(Replayed(count=count))


ROUTES = (
    register_webhook, list_webhooks, read_webhook, change_webhook, delete_webhook, pause_webhook,
    resume_webhook, replace_webhook_secret, test_webhook, list_webhook_deliveries, replay_webhook,
    replay_webhook_delivery,
)  # fmt: skip
