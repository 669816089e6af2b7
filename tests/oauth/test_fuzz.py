"""Whatever is sent to where people and clients come in: never a failure, never led astray."""

from typing import Any, Final
from urllib.parse import parse_qsl, quote_from_bytes, urlencode, urlsplit

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecosystem.runtime.database import Database
from tests.login.visitor import PASSWORD, Page, with_account
from tests.oauth.flow import BACK, Flow, Program

PAGES: Final = ("/oauth/authorize", "/login")
FORMS: Final = ("/oauth/par", "/oauth/token", "/oauth/consent", "/login")
PROVED: Final = ("/oauth/par", "/oauth/token")
NAMES: Final = (
    "redirect_uri", "client_id", "state", "scope", "request_uri", "code", "code_verifier",
    "code_challenge", "code_challenge_method", "response_type", "response_mode", "grant_type",
    "refresh_token", "acr_values", "max_age", "prompt", "ui_locales", "resource", "dpop_jkt",
    "client_assertion", "client_assertion_type", "client_secret", "request", "csrf", "decision",
    "organisation_id", "then", "acr", "again", "username", "password",
)  # fmt: skip
EVIL: Final = (
    b'"', b"\\", b"\x00", b"\r\nSet-Cookie: a=b", b"\r\n\r\n<p>", b"\xed\xa0\x80", b"\xff\xfe",
    "\u4e2d\U0001f600\u202e".encode(), b"%0d%0aLocation:%20x", b"javascript:alert(1)",
    b"//evil.example", b"/\\evil.example", b"https://evil.example/oauth/authorize",
    b"/oauth/authorize/../../x", b"<script>", b"' OR 1=1 --", b"${7*7}", b"null", b"-1",
    b"9" * 400, b"a" * 3_000, b"urn:ietf:params:oauth:request_uri:",
    b"urn:ietf:params:oauth:request_uri:" + b"A" * 43, BACK.encode(), f"{BACK}/../x".encode(),
    f"{BACK}@evil.example".encode(), f"{BACK}#".encode(), b"code", b"S256", b"none", b"login",
)  # fmt: skip
KNOWN: Final = frozenset({
    "content-type", "content-length", "cache-control", "location", "set-cookie", "x-request-id",
    "x-content-type-options", "referrer-policy", "ratelimit", "ratelimit-policy", "retry-after",
    "www-authenticate", "content-security-policy", "x-frame-options", "vary", "content-language",
    "pragma", "allow",
})  # fmt: skip
"""The headers that an answer may have: one more would be somebody else's."""
OURS: Final = ("/oauth/authorize?", "/login?", f"{BACK}?")

_VALUE: Final = st.one_of(
    st.sampled_from(EVIL),
    st.binary(max_size=40),
    st.text(max_size=30).map(str.encode),
    st.tuples(st.sampled_from(EVIL), st.sampled_from(EVIL)).map(b"".join),
)
_CHANGES: Final = st.lists(st.tuples(st.sampled_from(NAMES), _VALUE), min_size=1, max_size=5)
_OFTEN: Final = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
_clients: dict[int, Program] = {}


async def _client(flow: Flow) -> Program:
    """Return one client for all examples of a test."""
    if id(flow) not in _clients:
        _clients[id(flow)] = await flow.program("secret")
    return _clients[id(flow)]


def _sent(base: dict[str, str], changes: list[tuple[str, bytes]], *, twice: bool) -> bytes:
    """Return a query or a form: what is right, but for some values; `twice` keeps both."""
    names = {name for name, _ in changes}
    kept = [(name, value) for name, value in base.items() if twice or name not in names]
    parts = [urlencode(kept)] if kept else []
    parts += [f"{name}={quote_from_bytes(value)}" for name, value in changes]
    return "&".join(parts).encode()


def _sound(answer: httpx.Response, *, state: str | None) -> None:
    """Hold what every answer owes, whatever was asked."""
    assert answer.status_code < 500, answer.text
    assert set(answer.headers) <= KNOWN, answer.headers
    assert not any("\r" in value or "\n" in value for value in answer.headers.values())
    to = answer.headers.get("location")
    if to is None:
        assert answer.status_code not in {301, 302, 303, 307, 308}
        return
    assert to.startswith(OURS), to
    said = parse_qsl(urlsplit(to).query, keep_blank_values=True)
    if to.startswith(BACK) and state is not None:
        assert [value for name, value in said if name == "state"] in ([state], [])


def _state(sent: bytes) -> str | None:
    """Return the state as it was sent, or None where it was not sent once, in ASCII."""
    pairs = parse_qsl(sent.decode(), keep_blank_values=True, encoding="latin-1")
    states = [value for name, value in pairs if name == "state"]
    return states[0] if len(states) == 1 and states[0].isascii() else None


@_OFTEN
@given(path=st.sampled_from(PAGES), changes=_CHANGES, twice=st.booleans())
async def test_no_query_breaks_a_page_or_leads_elsewhere(
    flow: Flow, path: str, changes: list[tuple[str, bytes]], *, twice: bool
) -> None:
    query = _sent(flow.wanted(await _client(flow)), changes, twice=twice)
    url = httpx.URL("http://127.0.0.1:8080").copy_with(raw_path=path.encode() + b"?" + query)

    answer = await flow.http.get(url)

    _sound(answer, state=_state(query))
    if answer.headers.get("content-type", "").startswith("text/html"):
        _leads_nowhere_else(answer.text)


@_OFTEN
@given(path=st.sampled_from(FORMS), changes=_CHANGES, twice=st.booleans())
async def test_no_form_breaks_anything_or_leads_elsewhere(
    flow: Flow, path: str, changes: list[tuple[str, bytes]], *, twice: bool
) -> None:
    client = await _client(flow)
    base = flow.wanted(client) | {"grant_type": "authorization_code", "code": "x" * 43}
    form = _sent(base, changes, twice=twice)

    headers = {"content-type": "application/x-www-form-urlencoded"}
    proof: dict[str, Any] = {"auth": (client.id, client.secret or "")} if path in PROVED else {}

    answer = await flow.http.post(path, content=form, headers=headers, **proof)

    _sound(answer, state=_state(form))


@_OFTEN
@given(path=st.sampled_from([*FORMS, *PAGES]), raw=st.binary(max_size=300))
async def test_no_bytes_break_it(flow: Flow, path: str, raw: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = await flow.http.post(path, content=raw, headers=headers)

    _sound(answer, state=None)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(then=st.sampled_from([one for one in EVIL if len(one) < 200]))
async def test_a_login_leads_to_no_place_but_ours(
    flow: Flow, database: Database, then: bytes
) -> None:
    visitor = await with_account(flow.http, database)

    shown = await visitor.get(f"/login?then={quote_from_bytes(then)}")
    if not shown.is_success:
        assert shown.status_code == 400, shown.text
        return
    answer = await visitor.submit("/login", username=visitor.username, password=PASSWORD)

    assert answer.status_code == 303, answer.text
    assert _is_a_path(answer.headers["location"])


def _leads_nowhere_else(page: str) -> None:
    shown = Page(page)
    for action, hidden in shown.forms:
        assert _is_a_path(action), action
        assert _is_a_path(hidden.get("then", "/")), hidden
    assert all(_is_a_path(link) for link in shown.links), shown.links


def _is_a_path(to: str) -> bool:
    parts: Any = urlsplit(to)
    return to.startswith(("/", "?", "#")) and not to.startswith(("//", "/\\")) and not parts.netloc
