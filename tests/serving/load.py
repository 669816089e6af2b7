"""Clients that want something again and again, under keys, until it is acknowledged."""

import asyncio
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from tests.conventions import market
from tests.conventions.market import Headers, Market

PATIENCE_S = 60


@dataclass
class Wish:
    """One request, sent under one key until it is answered with success."""

    path: str
    headers: Headers
    body: dict[str, Any] | list[dict[str, Any]] | None = None
    answer: httpx.Response | None = None

    def was_lost(self) -> bool:
        """Tell whether it had taken effect before, and nobody had answered so."""
        return self.answer is not None and "idempotency-replayed" in self.answer.headers

    @property
    def verb(self) -> str:
        """What is wished for: the last word of the path."""
        return self.path.rpartition("/")[2]


Want = Callable[[httpx.Client], Iterator[Wish]]


@dataclass
class Clients:
    """Clients at work, each in a thread of its own, and all that they have wished for."""

    address: str
    statuses: Counter[int] = field(default_factory=Counter)
    """How often each status was answered; 0 counts connections that broke."""
    impatient: list[httpx.Response] = field(default_factory=list)
    """Answers of 503 that did not say when to try again."""
    _wishes: list[Wish] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def are_over(self) -> bool:
        """Whether the clients are to stop."""
        return self._over.is_set()

    def begin(self, *clients: Want) -> None:
        """Let these clients begin, each with what it wants."""
        self._over.clear()
        self._threads = [threading.Thread(target=self._work, args=(one,)) for one in clients]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the clients stop, where they are."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wishes(self, verb: str | None = None) -> list[Wish]:
        """Return all wishes, or those of one verb."""
        return [wish for wish in self._wishes if verb in {None, wish.verb}]

    def acknowledged(self) -> list[Wish]:
        """Return the wishes that were answered with success."""
        return [wish for wish in self._wishes if wish.answer is not None]

    def add(self, wish: Wish) -> None:
        """Have one more wish."""
        self._wishes.append(wish)

    def finish(self) -> None:
        """Send what was never acknowledged again, under its key, until it is."""
        self._over.clear()
        with httpx.Client(base_url=self.address, timeout=30) as client:
            for wish in self._wishes:
                self._fulfil(client, wish, within_s=PATIENCE_S)
                assert wish.answer is not None, wish

    def answers_stand(self) -> None:
        """Send everything once more: each must be answered as it was, from what is kept."""
        with httpx.Client(base_url=self.address, timeout=30) as client:
            for wish in self._wishes:
                again = client.post(wish.path, json=wish.body, headers=wish.headers)
                assert wish.answer is not None
                assert again.headers["idempotency-replayed"] == "true"
                assert again.content == wish.answer.content

    def _work(self, want: Want) -> None:
        with httpx.Client(base_url=self.address, timeout=30) as client:
            for wish in want(client):
                self._wishes.append(wish)
                self._fulfil(client, wish, within_s=PATIENCE_S)
                if wish.answer is None:
                    return

    def _fulfil(self, client: httpx.Client, wish: Wish, *, within_s: float) -> None:
        until = time.monotonic() + within_s
        while wish.answer is None and not self._over.is_set() and time.monotonic() < until:
            try:
                answer = client.post(wish.path, json=wish.body, headers=wish.headers)
            except httpx.HTTPError:
                self.statuses[0] += 1
                time.sleep(0.02)
                continue
            self.statuses[answer.status_code] += 1
            if answer.is_success:
                wish.answer = answer
                return
            if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                self.impatient += [] if "retry-after" in answer.headers else [answer]
                time.sleep(0.02)
            else:
                assert answer.status_code == HTTPStatus.CONFLICT, answer.text


@dataclass
class Load(Clients):
    """Clients of a market: they draft, publish, ask and appropriate."""

    there: Market = field(kw_only=True)

    def start(self) -> None:
        """Let the clients begin."""
        self.begin(self.drafts, self.drafts, self._publish, self.questions, self._appropriate)

    def drafts(self, _: httpx.Client | None = None) -> Iterator[Wish]:
        """Wish for drafts of needs."""
        while not self.are_over:
            yield Wish("/v1/needs", keyed(self.there.officer), self.there.draft)

    def _publish(self, _: httpx.Client) -> Iterator[Wish]:
        while not self.are_over:
            drafted = Wish("/v1/needs", keyed(self.there.officer), self.there.draft)
            yield drafted
            if drafted.answer is not None:
                path = f"/v1/needs/{drafted.answer.json()['id']}/publication"
                tag = drafted.answer.headers["etag"]
                yield Wish(path, {**keyed(self.there.officer), "If-Match": tag})

    def questions(self, _: httpx.Client | None = None) -> Iterator[Wish]:
        """Wish for answers to questions."""
        path = f"/v1/needs/{self.there.published_id}/questions"
        while not self.are_over:
            yield Wish(path, keyed(self.there.bidder), {"text": {"en": "When?"}})

    def _appropriate(self, client: httpx.Client) -> Iterator[Wish]:
        path = f"/v1/programmes/{self.there.programme_id}"
        tag = self._tag(client, path)
        body = {"amount": {"amount": "7.00", "currency": "CNY"}, "reason": {"en": "More."}}
        while not self.are_over:
            wish = Wish(
                f"{path}/appropriations", {**keyed(self.there.treasurer), "If-Match": tag}, body
            )
            yield wish
            if wish.answer is not None:
                tag = wish.answer.headers["etag"]

    def _tag(self, client: httpx.Client, path: str) -> str:
        """Return the ETag of a thing, as soon as the service says it."""
        while not self.are_over:
            with suppress(httpx.HTTPError):
                found = client.get(path)
                if found.is_success:
                    return found.headers["etag"]
            time.sleep(0.02)
        return ""


def made(address: str) -> Market:
    """Make a market in the service at `address`."""

    async def make() -> Market:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            return await market.make(client)

    return asyncio.run(make())


def keyed(who: Headers) -> Headers:
    """Return headers under a new key."""
    return {**who, "Idempotency-Key": str(uuid.uuid4())}
