"""Which targets are fit, what follows from each attempt, and how messages are signed."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from ecosystem.feed.webhooks import rules, signing
from ecosystem.feed.webhooks.model import (
    AttemptFacts,
    Because,
    Outcome,
    RegisterFacts,
    WebhookDraft,
)
from tests.needs.drafts import BIDDER

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
LAST = len(rules.WAITS_S) + 1


def facts(**changed: Any) -> AttemptFacts:
    usual: dict[str, Any] = {
        "is_test": False, "is_replay": False, "attempts": 1, "has_lost": False, "status": 500,
        "problem": None, "draw": 0.0,
    }  # fmt: skip
    return AttemptFacts(**usual | changed)


def registering(url: str = "https://hooks.example/a", **changed: Any) -> RegisterFacts:
    usual: dict[str, Any] = {
        "registered": 0, "search_is_kept": True, "loopback": False, "head": 40,
    }  # fmt: skip
    after = changed.pop("after", None)
    return RegisterFacts(asked=WebhookDraft(url=url, after=after), **usual | changed)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "https://", "https://user:pass@hooks.example/",
        "https://hooks.example/#top", "https://10.1.2.3/", "https://127.0.0.1/", "https://[::1]/",
        "https://169.254.169.254/latest", "https://localhost/", "https://hooks.example:70000/",
        "https://[fd00::1]/", "http://127.0.0.1:9/", "https://hooks.example\\@10.0.0.1/",
    ],
)  # fmt: skip
def test_a_target_that_is_not_public_https_is_refused(url: str) -> None:
    with pytest.raises(rules.TargetUnfit):
        rules.register(registering(url), by=BIDDER, at=AT)


def test_a_webhook_begins_at_the_end_of_the_feed_unless_it_says_where() -> None:
    assert rules.register(registering(), by=BIDDER, at=AT).cursor == 40
    assert rules.register(registering(after=7), by=BIDDER, at=AT).cursor == 7
    assert rules.register(registering(after=900), by=BIDDER, at=AT).cursor == 40
    here = registering("http://127.0.0.1:9/a", loopback=True)
    assert rules.register(here, by=BIDDER, at=AT).wanted.url == "http://127.0.0.1:9/a"
    with pytest.raises(rules.SearchNotKept):
        rules.register(registering(search_is_kept=False), by=BIDDER, at=AT)
    with pytest.raises(rules.WebhooksTooMany):
        rules.register(registering(registered=rules.WEBHOOKS_MAX), by=BIDDER, at=AT)


def test_waits_grow_from_five_seconds_to_a_day_and_end_after_three() -> None:
    judged = [rules.judge(facts(attempts=number)) for number in range(1, LAST + 1)]
    waits = [one.wait_s for one in judged[:-1]]

    assert (waits[0], waits[-1]) == (5, 86_400)
    assert waits == sorted(waits)
    assert 3 * 86_400 <= sum(waits) <= 4 * 86_400
    assert {one.outcome for one in judged[:-1]} == {Outcome.PENDING}
    assert judged[-1].outcome is Outcome.DEAD
    late = rules.judge(facts(draw=0.999)).wait_s
    assert 5 < late <= 5 * (1 + rules.JITTER)


@pytest.mark.parametrize("status", [200, 204, 299])
def test_a_2xx_delivers(status: int) -> None:
    assert rules.judge(facts(status=status)).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("status", [301, 307, 400, 404, 429, 500, 503, None])
def test_whatever_else_is_sent_again(status: int | None) -> None:
    assert rules.judge(facts(status=status)).outcome is Outcome.PENDING


def test_what_stops_a_webhook_leaves_its_message_pending() -> None:
    gone = rules.judge(facts(status=410))
    failing = rules.judge(facts(has_lost=True))

    assert (gone.outcome, gone.stops) == (Outcome.PENDING, Because.GONE)
    assert (failing.outcome, failing.stops) == (Outcome.PENDING, Because.FAILING)
    for once in ({"is_test": True}, {"is_replay": True}):
        judged = rules.judge(facts(**once, has_lost=True))
        assert (judged.outcome, judged.stops) == (Outcome.DEAD, None)


def test_a_loss_is_remembered_until_a_message_is_taken() -> None:
    lost, taken = facts(attempts=LAST), facts(has_lost=True, status=200)
    tried = facts(has_lost=True, status=200, is_test=True)

    assert rules.loses(lost, rules.judge(lost))
    assert not rules.loses(taken, rules.judge(taken))
    assert rules.loses(tried, rules.judge(tried))


def test_both_signatures_verify_and_another_salt_makes_others() -> None:
    key, webhook_id = b"k" * 32, "webhook_1"
    old = signing.pen(key, webhook_id, salt=b"a" * 32)
    new = signing.pen(key, webhook_id, salt=b"b" * 32)
    content = '{"标题":"路灯"}'.encode()
    said = signing.headers([new, old], message_id="m", sent_at=datetime.now(UTC), content=content)

    for pen in (new, old):
        Webhook(pen.secret).verify(content, dict(said))
    signatures = [one.split(",") for one in said["webhook-signature"].split()]
    assert [version for version, _ in signatures] == ["v1", "v1a", "v1", "v1a"]
    signed = f"m.{said['webhook-timestamp']}.".encode() + content
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(new.public_key[5:]))
    public.verify(base64.b64decode(signatures[1][1]), signed)

    strange = signing.pen(key, "webhook_2", salt=b"a" * 32)
    with pytest.raises(WebhookVerificationError):
        Webhook(strange.secret).verify(content, dict(said))
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(signatures[3][1]), signed)
