"""How a person authorises a client: the request is kept, she logs in, she answers it.

A request waits under a random handle, pushed by the client itself (RFC 9126) or kept from
what her browser brought; the handle is spent only by her answer. Nobody is sent anywhere
that the client has not registered.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final
from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error

from ecosystem.identity.clients.model import Profile
from ecosystem.identity.login import sessions
from ecosystem.identity.login.sessions import Session
from ecosystem.identity.oauth import actions, forms, queries, requests, server, terms, tokens
from ecosystem.identity.oauth.queries import Membership, Pending, Registered
from ecosystem.identity.oauth.requests import HANDLE, RequestRefused, Wanted
from ecosystem.identity.oauth.terms import Answer, Asked
from ecosystem.runtime.database import Tx
from ecosystem.values.actor import Assurance

PATH: Final = "/oauth/authorize"


class Trouble(Enum):
    """Why a person is shown a page, and sent nowhere."""

    MALFORMED = "malformed"
    CLIENT_UNKNOWN = "client_unknown"
    ADDRESS_UNKNOWN = "address_unknown"
    REQUEST_UNKNOWN = "request_unknown"
    FORGED = "forged"
    NOT_A_MEMBER = "not_a_member"
    UNVERIFIED = "unverified"


@dataclass(frozen=True)
class Onward:
    """Where her browser goes next."""

    location: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """What she is asked."""

    client: Registered
    wanted: Wanted
    organisations: tuple[Membership, ...]
    handle: str
    csrf: str


@dataclass(frozen=True, kw_only=True)
class Browser:
    """What her browser brought, and the house's answer to it: who she is, when, and where."""

    session: Session | None
    issuer: str
    now: datetime
    """Real time, whatever a sandbox's clock says."""


async def push(tx: Tx, asked: Asked) -> Answer:
    """Keep the request that a client pushes, and answer its handle.

    Refuses as the token endpoint does, and as `requests.wanted`; never with a redirect.
    The key of a DPoP proof binds the code like `dpop_jkt`. Source: RFC 9126, RFC 9449, 10.1.
    """
    try:
        form = forms.parameters(asked.body)
        if "request_uri" in form:
            raise InvalidRequestError("request_uri is what this answers, not what it takes.")
        client = await server.authenticated(tx, asked, form)
        wanted = _pushed(form, client=client, asked=asked)
    except OAuth2Error as error:
        return terms.refused(error)
    except RequestRefused as refusal:
        body = {"error": refusal.error, "error_description": refusal.description}
        return terms.answered(400, body, ())
    handle = await actions.keep_request(tx, wanted, client_id=client.id, pushed=True, now=asked.now)
    lives = int(actions.PUSHED.total_seconds())
    return terms.answered(201, {"request_uri": HANDLE + handle, "expires_in": lives}, ())


def _pushed(form: dict[str, str], *, client: Registered, asked: Asked) -> Wanted:
    given = {"dpop_jkt": asked.jkt, **form} if asked.jkt else form
    if asked.jkt and given["dpop_jkt"] != asked.jkt:
        raise RequestRefused("invalid_dpop_proof", "The proof is not of the key of dpop_jkt.")
    redirect_uri = form.get("redirect_uri", "")
    if not _is_registered(redirect_uri, client):
        raise RequestRefused("invalid_request", "The client has not registered this redirect_uri.")
    return requests.wanted(
        given, redirect_uri=redirect_uri, held=client.scopes, issuer=asked.issuer
    )


class _Stop(Exception):
    """Nothing can be authorised."""

    def __init__(self, why: Trouble) -> None:
        super().__init__(why.value)
        self.why = why


async def authorise(tx: Tx, query: bytes, *, browser: Browser) -> Onward | Question | Trouble:
    """Return what comes next for a person whom a client sent: log in, answer, or go back.

    Effects: a request that was not pushed is kept; one about which nothing may be asked of
    her is dropped.
    """
    try:
        given = _given(query)
        client = await _client(tx, given)
        if "request_uri" not in given:
            return await _begin(tx, given, client=client, browser=browser)
        handle, found = await _waiting(tx, given, client=client, now=browser.now)
    except _Stop as stop:
        return stop.why
    lacking, session = _lacking(found, browser), browser.session
    if found.wanted.silent:
        await actions.drop_request(tx, handle)
        if not client.of_verified:
            return Trouble.UNVERIFIED
        error = "consent_required" if lacking is None else "login_required"
        return _back(found.wanted, browser, error=error)
    if session is None or lacking is not None:
        return _to_login(client, handle, found, lacking=lacking or {})
    return Question(
        client=client,
        wanted=found.wanted,
        organisations=await queries.organisations(tx, session.person_id, client=client),
        handle=handle,
        csrf=session.csrf,
    )


async def decide(tx: Tx, body: bytes, *, browser: Browser) -> Onward | Trouble:
    """Take a person's answer, and send her back with a code or with access_denied.

    Of several answers to one request, one is taken. Effects: the request's handle is spent;
    an authorisation and a code, where she agrees.
    """
    try:
        given = _given(body)
        session = await _answering(tx, given, browser)
        client = await _client(tx, given)
        handle, found = await _waiting(tx, given, client=client, now=browser.now)
        if given.get("decision") == "refuse":
            await actions.drop_request(tx, handle)
            return _back(found.wanted, browser, error="access_denied")
        if (lacking := _lacking(found, browser)) is not None:
            return _to_login(client, handle, found, lacking=lacking)
        chosen = await _chosen(tx, given, session=session, client=client)
    except _Stop as stop:
        return stop.why
    await actions.drop_request(tx, handle)
    agreed = _agreed(session, found, organisation_id=chosen)
    opened = await actions.open_grant(tx, agreed, now=browser.now)
    code = await actions.add_code(tx, opened.id, wanted=found.wanted, now=browser.now)
    return _back(found.wanted, browser, code=code)


def _given(text: bytes) -> dict[str, str]:
    try:
        return forms.parameters(text)
    except OAuth2Error:
        raise _Stop(Trouble.MALFORMED) from None


async def _answering(tx: Tx, given: dict[str, str], browser: Browser) -> Session:
    """Return the login from whose page the answer comes: no other page knows its secret.

    It is held, so that whoever ends it also ends what she agrees to.
    """
    session = browser.session
    csrf = given.get("csrf", "")
    if session is None or not hmac.compare_digest(csrf.encode(), session.csrf.encode()):
        raise _Stop(Trouble.FORGED)
    if not await sessions.hold(tx, session):
        raise _Stop(Trouble.FORGED)
    return session


async def _client(tx: Tx, given: dict[str, str]) -> Registered:
    client = await queries.registered(tx, given.get("client_id", ""))
    if client is None or not client.redirect_uris:
        raise _Stop(Trouble.CLIENT_UNKNOWN)
    return client


async def _chosen(tx: Tx, given: dict[str, str], *, session: Session, client: Registered) -> str:
    chosen = given.get("organisation_id")
    for one in await queries.organisations(tx, session.person_id, client=client):
        if one.id == chosen and given.get("decision") == "allow":
            return one.id
    raise _Stop(Trouble.NOT_A_MEMBER)


def _agreed(session: Session, found: Pending, *, organisation_id: str) -> tokens.Grant:
    return tokens.Grant(
        client_id=found.client_id,
        organisation_id=organisation_id,
        scopes=found.wanted.scopes,
        person_id=session.person_id,
        acr=session.acr,
        authenticated_at=session.authenticated_at,
        jkt=found.wanted.jkt,
    )


async def _begin(tx: Tx, given: dict[str, str], *, client: Registered, browser: Browser) -> Onward:
    """Keep what the browser brought, and have it come again with the handle alone.

    Nobody is sent on unasked to an address that somebody unknown has registered: anybody
    registers an organisation, and a link to this service would lead wherever he likes.
    Source: RFC 9700, section 4.11.2.
    """
    redirect_uri = given.get("redirect_uri", "")
    if not _is_registered(redirect_uri, client):
        raise _Stop(Trouble.ADDRESS_UNKNOWN)
    try:
        wanted = _brought(given, client=client, issuer=browser.issuer)
    except RequestRefused as refusal:
        if not client.of_verified:
            raise _Stop(Trouble.UNVERIFIED) from None
        said = {"error": refusal.error, "error_description": refusal.description}
        state = given.get("state")
        return Onward(requests.location(redirect_uri, **said, state=state, iss=browser.issuer))
    handle = await actions.keep_request(
        tx, wanted, client_id=client.id, pushed=False, now=browser.now
    )
    return Onward(path_of(client, handle))


def _brought(given: dict[str, str], *, client: Registered, issuer: str) -> Wanted:
    if client.profile is Profile.HIGH:
        raise RequestRefused("invalid_request", "This client pushes its requests (RFC 9126).")
    return requests.wanted(
        given, redirect_uri=given["redirect_uri"], held=client.scopes, issuer=issuer
    )


async def _waiting(
    tx: Tx, given: dict[str, str], *, client: Registered, now: datetime
) -> tuple[str, Pending]:
    """Return the handle and the request that waits behind it; another client's never does."""
    handle = given.get("request_uri", "").removeprefix(HANDLE)
    found = await actions.find_request(tx, handle, client_id=client.id, now=now)
    if found is None or not _is_registered(found.wanted.redirect_uri, client):
        raise _Stop(Trouble.REQUEST_UNKNOWN)
    return handle, found


def _is_registered(redirect_uri: str, client: Registered) -> bool:
    return requests.matches(redirect_uri, registered=client.redirect_uris, public=client.is_public)


def _lacking(found: Pending, browser: Browser) -> dict[str, str] | None:
    """Return what the login must be asked for, or None where she has proved enough."""
    wanted, session = found.wanted, browser.session
    strong = {"acr": Assurance.PASSKEY.value} if wanted.acr is Assurance.PASSKEY else {}
    if session is None:
        return strong
    since = session.authenticated_at
    is_new = since >= found.asked_at
    age = (browser.now - since).total_seconds()
    is_stale = wanted.again or (wanted.max_age_s is not None and age > wanted.max_age_s)
    if is_stale and not is_new:
        return {**strong, "again": "1"}
    return strong if strong and session.acr is not Assurance.PASSKEY else None


def _to_login(
    client: Registered, handle: str, found: Pending, *, lacking: dict[str, str]
) -> Onward:
    locales = found.wanted.ui_locales
    speaks = {"ui_locales": locales} if locales else {}
    return Onward(f"/login?{urlencode({'then': path_of(client, handle), **lacking, **speaks})}")


def path_of(client: Registered, handle: str) -> str:
    """Return where a person comes with a request that waits."""
    return f"{PATH}?{urlencode({'client_id': client.id, 'request_uri': HANDLE + handle})}"


def _back(wanted: Wanted, browser: Browser, **said: str) -> Onward:
    """Send her back to the client, which learns who answers (RFC 9207)."""
    to = requests.location(wanted.redirect_uri, **said, state=wanted.state, iss=browser.issuer)
    return Onward(to)
