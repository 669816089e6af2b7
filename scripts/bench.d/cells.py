"""What is measured: each kind of request, with what is wanted of it, and the bytes that ask."""

import time
import uuid
from base64 import b64encode
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlencode

import msgspec
import words
from joserfc import jwt
from joserfc.jwk import ECKey
from journey import Staged

OURS: Final = "ours"
BARE: Final = "bare"
PEER: Final = "peer"
NOBODY: Final = "no token"
"""Our server again, asked by a caller that shows no token."""
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_S: Final = 120
_LIMIT: Final = 50
_FIRST: Final = 'If-Match: "v1"\r\n'


class Stock(msgspec.Struct, kw_only=True):
    """What requests are made from, for one database."""

    staged: Staged
    needs: list[str]
    """Published needs."""
    drafts: list[str]
    offers: list[str]
    cursors: list[tuple[str, str]]
    """Of each page its cursor, and the identifier that it begins with."""

    def bearer(self, who: str) -> str:
        """Return the Authorization header's value of a person."""
        return self.staged.bearers[who]


Requests = Callable[[Stock, str, int], list[bytes]]
"""Makes requests of a stock, for a subject, at most so many; writes use the stock up."""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of request."""

    name: str
    title: str
    requests: Requests
    once: bool = False
    """Whether it writes: then each request is sent only once."""
    peer: bool = False
    """Whether the peer serves it."""
    whole: bool = False
    """Whether it needs a contract in force."""
    public: bool = False
    """Whether it is measured without a token too, which shows what authentication costs."""
    of_bare: float | None = None
    """What share of the bare minimum's rate is wanted; None where ours alone is measured."""
    of_peer: float | None = None
    """How many times the peer's rate is wanted."""


def _by_id(stock: Stock, subject: str, count: int) -> list[bytes]:
    who = None if subject == NOBODY else stock.bearer("enterprise/bidder")
    return [_get(f"/v1/needs/{one}", who) for one in stock.needs[:count]]


def _list(stock: Stock, subject: str, count: int) -> list[bytes]:
    who = stock.bearer("enterprise/bidder")
    return [
        _get(f"/v1/needs?limit={_LIMIT}&cursor={sealed if subject == OURS else start}", who)
        for sealed, start in stock.cursors[:count]
    ]


def _search(*sought: str) -> Requests:
    def made(stock: Stock, _: str, __: int) -> list[bytes]:
        who = stock.bearer("enterprise/bidder")
        return [_get(f"/v1/needs?text={quote(word)}", who) for word in sought]

    return made


def _filtered(**filters: str) -> Requests:
    def made(stock: Stock, _: str, __: int) -> list[bytes]:
        return [_get(f"/v1/needs?{urlencode(filters)}", stock.bearer("enterprise/bidder"))]

    return made


def _publish(stock: Stock, _: str, count: int) -> list[bytes]:
    taken, stock.drafts = stock.drafts[:count], stock.drafts[count:]
    who = stock.bearer("city/officer")
    return [_post(f"/v1/needs/{one}/publication", who, headers=_FIRST) for one in taken]


def _submit(stock: Stock, _: str, count: int) -> list[bytes]:
    taken, stock.offers = stock.offers[:count], stock.offers[count:]
    who = stock.bearer("enterprise/bidder")
    body = msgspec.json.encode(stock.staged.content)
    return [_post(f"/v1/offers/{one}/submission", who, body, headers=_FIRST) for one in taken]


def _report(stock: Stock, _: str, count: int) -> list[bytes]:
    who = stock.bearer("enterprise/delivery")
    path = f"/v1/metrics/{stock.staged.metric}/observations"
    return [
        _post(path, who, msgspec.json.encode({**stock.staged.report, "source": uuid.uuid4().hex}))
        for _ in range(count)
    ]


def _history(stock: Stock, _: str, __: int) -> list[bytes]:
    path = f"/v1/milestones/{stock.staged.milestone}/history"
    return [_get(path, stock.bearer("city/officer"))]


def _token_by_key(stock: Stock, _: str, count: int) -> list[bytes]:
    """Make assertions, each of which is good for one token. Source: RFC 7523."""
    program, key = stock.staged.program, ECKey.import_key(stock.staged.program.private_key)
    now = int(time.time())
    claims: dict[str, object] = {"iss": program.id, "sub": program.id, "aud": program.issuer}
    claims |= {"iat": now, "exp": now + _ASSERTION_S}
    forms = [
        {
            "client_assertion_type": _ASSERTION,
            "client_assertion": jwt.encode(
                {"alg": "ES256", "kid": key.kid}, {**claims, "jti": uuid.uuid4().hex}, key
            ),
        }
        for _ in range(count)
    ]
    return [_token(form) for form in forms]


def _token_by_secret(stock: Stock, _: str, __: int) -> list[bytes]:
    reader = stock.staged.reader
    proof = b64encode(f"{reader.id}:{reader.secret}".encode()).decode()
    return [_token({}, headers=f"Authorization: Basic {proof}\r\n")]


CELLS: Final[tuple[Cell, ...]] = (
    Cell(name="by_id", title="need by id", requests=_by_id, peer=True, public=True,
         of_bare=0.7, of_peer=4),
    Cell(name="list", title="list of 50", requests=_list, peer=True, of_bare=0.7, of_peer=6),
    Cell(name="search_zh", title="search, Chinese", requests=_search(*words.CHINESE), peer=True,
         of_bare=0.7),
    Cell(name="search_en", title="search, English", requests=_search(*words.ENGLISH), peer=True,
         of_bare=0.7),
    Cell(name="search_rare", title="search, rare word", requests=_search(words.RARE), peer=True,
         of_bare=0.7),
    Cell(name="search_sector", title="search, sector and place", of_bare=0.7,
         requests=_filtered(sector="public_services", within="440000")),
    Cell(name="search_value", title="search, values that none has", of_bare=0.7,
         requests=_filtered(value_min="900000000000")),
    Cell(name="search_state", title="search, a rare state", of_bare=0.7,
         requests=_filtered(in_state="contracted")),
    Cell(name="publish", title="publish a need", requests=_publish, once=True, peer=True,
         of_bare=0.5, of_peer=3),
    Cell(name="submit", title="submit an offer", requests=_submit, once=True, of_bare=0.5),
    Cell(name="report", title="report observation", requests=_report, once=True, whole=True,
         of_bare=0.5),
    Cell(name="history", title="milestone history", requests=_history, whole=True, of_bare=0.7),
    Cell(name="token_key", title="token, by a key", requests=_token_by_key, once=True),
    Cell(name="token_secret", title="token, by a secret", requests=_token_by_secret),
)  # fmt: skip


def _get(path: str, bearer: str | None) -> bytes:
    who = f"Authorization: {bearer}\r\n" if bearer else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{who}Accept: application/json\r\n\r\n"
    ).encode()


def _post(path: str, bearer: str, body: bytes = b"", *, headers: str = "") -> bytes:
    kind = "Content-Type: application/json\r\n" if body else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {bearer}\r\n"
        f"Idempotency-Key: {uuid.uuid4()}\r\n{headers}{kind}Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _token(form: dict[str, str], *, headers: str = "") -> bytes:
    body = urlencode({"grant_type": "client_credentials", "scope": "needs:read", **form}).encode()
    return (
        f"POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
