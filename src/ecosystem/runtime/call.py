"""One request as a route sees it: the transaction, who acts, when, and how to answer."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, cast

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import ClientException

from ecosystem.runtime import idempotency, problems
from ecosystem.runtime.answer import Answer
from ecosystem.runtime.blobs import Blobs
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Tx
from ecosystem.runtime.issuer import Issuer
from ecosystem.runtime.keys import Keys
from ecosystem.runtime.operation import OPERATION, Operation
from ecosystem.runtime.published import KeyAddresses
from ecosystem.runtime.settings import Settings, networks
from ecosystem.runtime.visit import KEY, Visit, address_of
from ecosystem.values.actor import Actor
from ecosystem.values.period import in_utc
from ecosystem.values.rows import NUMBERS

NO_VERSION: Final = -1
"""What If-Match names when it holds anything but an ETag of this service."""
_ETAG: Final = re.compile(r'"v([1-9][0-9]{0,8})(?:\.[a-z0-9_]+)*"')


_OFFSET: Final = re.compile(rb'[0-9][+-][0-9]{2}:[0-9]{2}"')
"""How an instant ends that is not said in UTC."""


class Call(Request[Any, Any, State]):
    """One request, as a route sees it: the transaction, who acts, and when."""

    @property
    def visit(self) -> Visit:
        """Return what the house knows of this request."""
        return cast("dict[str, Visit]", self.scope)[KEY]

    @property
    def tx(self) -> Tx:
        """Return the transaction, or for plain reads the way to read."""
        tx = self.visit.tx
        if tx is None:
            message = "the desk opened no transaction"
            raise RuntimeError(message)
        return tx

    @property
    def reading(self) -> Tx:
        """Return the transaction that is open, or else the way to read without one."""
        return self.visit.tx or self.house.database.plain()

    @property
    def by(self) -> Actor:
        """Return who acts; the desk has made sure that somebody does."""
        actor = self.visit.actor
        if actor is None:
            message = "the route's permit lets anyone call"
            raise RuntimeError(message)
        return actor

    @property
    def reader(self) -> Actor | None:
        """Return who reads, where anyone may."""
        return self.visit.actor

    @property
    def at(self) -> datetime:
        """Return when the act takes place."""
        at = self.visit.at
        return self.house.clock.now() if at is None else at

    @property
    def real_now(self) -> datetime:
        """Return the database's own time at that moment, which nobody moves."""
        now = self.visit.real_now
        if now is None:
            message = "the desk has read no clock"
            raise RuntimeError(message)
        return now

    @property
    def house(self) -> "House":
        """Return what the process serves with."""
        house: House = self.app.state.house
        return house

    def header(self, name: bytes) -> str | None:
        """Return the value of a header, named in lower case; of one sent twice, the last."""
        value = self.visit.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def address(self) -> str:
        """Return the network address that the request comes from."""
        return address_of(self.scope, self.visit, proxies=self.house.settings.proxies)

    async def json(self) -> Any:
        """Return the body as what the route takes, of exactly that form: "1" is no number."""
        operation: Operation = self.route_handler.opt[OPERATION]
        body = await self.body()
        try:
            try:
                found = msgspec.json.decode(body, type=operation.body)
            except msgspec.ValidationError as error:
                if "got `float`" not in str(error):
                    raise
                # To JSON 3.0 is the integer 3, to the decoder it is none.
                found = msgspec.convert(NUMBERS.decode(body), type=operation.body)
        except msgspec.DecodeError as error:
            raise ClientException(str(error)) from error
        return in_utc(found) if _OFFSET.search(body) else found

    @property
    def expected(self) -> int | None:
        """Return the version that If-Match names, or None where it names none."""
        value = self.header(b"if-match")
        if value is None or value == "*":
            return None
        found = _ETAG.fullmatch(value)
        return int(found[1]) if found else NO_VERSION

    def answer(
        self,
        body: object,
        *,
        version: int | None = None,
        mark: str | None = None,
        location: str | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[bytes]:
        """Return the answer: `body` as it is where it is bytes, else as JSON.

        `version` and `mark` make the ETag; a reader who has it already gets 304.
        """
        more = dict(headers or {})
        operation: Operation = self.route_handler.opt[OPERATION]
        if location is not None:
            more["location"] = location
        if version is not None:
            more["etag"] = etag(version, mark)
            if operation.method == "GET" and _known(self.header(b"if-none-match"), more["etag"]):
                return Answer(b"", status_code=304, headers=more, media_type=operation.produces)
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return Answer(
            content,
            status_code=status or operation.status,
            headers=more,
            media_type=operation.produces,
        )


class House:
    """What one process serves with."""

    def __init__(
        self, *, settings: Settings, database: Database, clock: Clock, keys: Keys, blobs: Blobs
    ) -> None:
        """Hold what every request needs."""
        self.settings = settings
        self.database = database
        self.clock = clock
        self.keys = keys
        self.blobs = blobs
        self.keeps = timedelta(hours=settings.idempotency_hours)
        self.key_addresses = KeyAddresses(networks(settings.client_keys_networks))
        self.issuer = None if settings.oidc_issuer is None else Issuer(settings.oidc_issuer)


class EdgeFinding(Exception):
    """The desk found a problem before the route ran."""

    def __init__(
        self, type_: problems.Type, detail: str, *, places: tuple[problems.ProblemPlace, ...] = ()
    ) -> None:
        """Answer with this type of problem, and the places where it is."""
        super().__init__(detail)
        self.type = type_
        self.detail = detail
        self.places = places


class Replay(Exception):
    """The same request was answered before; the stored answer stands."""

    def __init__(self, answer: idempotency.Answer) -> None:
        """Answer as before."""
        super().__init__()
        self.answer = answer


def etag(version: int, mark: str | None = None) -> str:
    """Return the strong ETag of a version; `mark` adds what the clock alone changes."""
    return f'"v{version}.{mark}"' if mark else f'"v{version}"'


def _known(if_none_match: str | None, tag: str) -> bool:
    if if_none_match is None:
        return False
    candidates = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return tag in candidates or "*" in candidates
