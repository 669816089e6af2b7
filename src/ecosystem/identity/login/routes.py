"""Login and account, as pages that work without JavaScript."""

import hmac
import re
from typing import Final

from authlib.oauth2.rfc6749 import OAuth2Error
from litestar import Response

from ecosystem.identity import access
from ecosystem.identity.login import (
    actions,
    described,
    entering,
    guard,
    pages,
    queries,
    sessions,
    views,
    wording,
)
from ecosystem.identity.login.entering import Failure, Held
from ecosystem.identity.login.languages import Language
from ecosystem.identity.login.sessions import Session
from ecosystem.identity.login.views import Entry, Mine, Wrong
from ecosystem.identity.oauth import forms
from ecosystem.runtime import problems
from ecosystem.runtime.markup import Html
from ecosystem.runtime.web import Call, EdgeFinding, get, post
from ecosystem.values.actor import Assurance
from ecosystem.values.refusal import Refusal

_HTML: Final = "text/html"
_FORM: Final = "application/x-www-form-urlencoded"
_ANY: Final = re.compile(r"[^\x00]*")
_OWN_PATH: Final = re.compile(
    r"/(?:[A-Za-z0-9._~?&=%:+@,;!$'()*-][A-Za-z0-9./_~?&=%:+@,;!$'()*-]*)?"
)
"""A path of this service: what begins with two slashes, or one and a backslash, is none."""
_PATH_MAX: Final = 2_000
_PAGES: Final = (400, 403, 429)
_LOCALES_MAX: Final = 100
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_NOT_KEPT: Final = {"cache-control": "no-store"}


@get(
    "/login",
    permit=access.LOG_IN,
    answers=str,
    produces=_HTML,
    reads=described.ENTRY,
    leads="On to `then`, where somebody is logged in who needs to prove no more.",
)
async def show_login(request: Call) -> Response[bytes]:
    """Show the login.

    `then` is where it leads: a path of this service, by default the account. `again=1` asks a
    person who is logged in to log in once more, `acr=phr` for a login by passkey. `lang` chooses
    the language, `zh` or `en`, and keeps the choice; `ui_locales` says what a client prefers.
    """
    entry = _entry(_given(request.scope["query_string"]))
    language = pages.language_for(request, asked=entry.ui_locales)
    session = await sessions.current(request)
    if session is None or entry.again:
        return _login(request, entry, language=language)
    if not entry.passkey or session.acr is Assurance.PASSKEY:
        return _onward(request, entry.then)
    content = views.passkey_wanted(entry, session, language=language)
    return pages.page(request, wording.LOGIN.told(language), content, language=language)


@post(
    "/login",
    permit=access.LOG_IN,
    answers=str,
    status=200,
    late=True,
    accepts=_FORM,
    produces=_HTML,
    form=described.LOGIN,
    leads="On to `then`, logged in.",
    pages=_PAGES,
)
async def log_in(request: Call) -> Response[bytes]:
    """Log in.

    What the page of `/login` sends. Name and password are wrong together: which of them is not
    told. After a number of failures there is a pause, for a browser that has logged in before
    apart from all others: 429 with `Retry-After`, and a page that says how long.
    """
    given = _given(request.visit.body)
    entry = _entry(given)
    language = pages.language_for(request, asked=entry.ui_locales)
    username = given.get("username", "")
    if not guard.is_ours(request, given.get("csrf", "")):
        notice = wording.STALE.told(language)
        return _login(request, entry, language=language, status=403, notice=notice)
    told = await entering.log_in(request, username=username, password=given.get("password", ""))
    if isinstance(told, Session):
        return _onward(request, entry.then)
    if isinstance(told, Held):
        content = views.held(entry, seconds=told.seconds, language=language)
        return _held(request, told, content, title=wording.LOGIN.told(language), here=entry.here)
    wrong = wording.WRONG.told(language)
    return _login(
        request, entry, language=language, status=403, username=username[:64], wrong=wrong
    )


@get("/logout", permit=access.LOG_IN, answers=str, produces=_HTML, reads=described.PAGE)
async def show_logout(request: Call) -> Response[bytes]:
    """Show whether one is logged out, and log out."""
    language = pages.language_for(request)
    session = await sessions.current(request)
    content = views.logout(session, language=language)
    title = wording.LEFT if session is None else wording.LOGOUT
    return pages.page(request, title.told(language), content, language=language)


@post(
    "/logout",
    permit=access.LOG_IN,
    answers=str,
    status=200,
    accepts=_FORM,
    produces=_HTML,
    form=described.LOGOUT,
    leads="On to `then`, or to the page that says that one is logged out.",
)
async def log_out(request: Call) -> Response[bytes]:
    """Log out.

    Ends the session of this browser. What a person has authorised clients to do lives on.
    """
    given = _given(request.visit.body)
    session = await sessions.current(request)
    if session is not None:
        if not _is_hers(given, session):
            return _stale(request)
        await sessions.end(request, request.tx, session)
    return _onward(request, _path(given.get("then", ""), otherwise=views.LOGOUT))


@get(
    "/account",
    permit=access.OWN_ACCOUNT,
    answers=str,
    produces=_HTML,
    reads=described.PAGE,
    leads="To the login.",
)
async def show_account(request: Call) -> Response[bytes]:
    """Show the own account.

    Who one is, the organisations that one belongs to, and the browsers in which one is logged in.
    """
    session = await sessions.current(request)
    if session is None:
        return _to_login(request)
    return await _account(request, session)


@post(
    "/account/password",
    permit=access.OWN_ACCOUNT,
    answers=str,
    status=200,
    late=True,
    accepts=_FORM,
    produces=_HTML,
    form=described.PASSWORD,
    refuses=(actions.BelongsNowhere,),
    leads="To the login.",
    pages=(*_PAGES, 422),
)
async def change_password(request: Call) -> Response[bytes]:
    """Change the own password.

    Takes the present one, and a new one of 12 to 128 characters that is not easily guessed. The
    logins in all other browsers end, and all that one has authorised clients to do is revoked.
    """
    given = _given(request.visit.body)
    session = await sessions.current(request)
    if session is None:
        return _to_login(request)
    if not _is_hers(given, session):
        return _stale(request)
    mine = await _mine(request, session)
    new, language = given.get("new", ""), pages.language_for(request)
    if new != given.get("again", ""):
        wrong = Wrong(again=wording.NOT_THE_SAME.told(language))
        return await _account(request, session, status=422, wrong=wrong)
    try:
        entering.check(new, account=mine.account, organisations=mine.organisations)
    except Refusal as refusal:
        wrong = Wrong(new=wording.WEAK[type(refusal)].told(language))
        return await _account(request, session, status=422, wrong=wrong)
    told = await entering.change_password(
        request, session, mine.account, present=given.get("present", ""), new=new
    )
    return await _changed(request, session, told, language=language)


@post(
    "/account/sessions",
    permit=access.OWN_ACCOUNT,
    answers=str,
    status=200,
    accepts=_FORM,
    produces=_HTML,
    form=described.SESSIONS,
    leads="To the account.",
)
async def end_sessions(request: Call) -> Response[bytes]:
    """End own sessions.

    One of them, or all others than this browser's.
    """
    given = _given(request.visit.body)
    session = await sessions.current(request)
    if session is None:
        return _to_login(request)
    if not _is_hers(given, session):
        return _stale(request)
    named = given.get("session", "")
    if named == "others":
        await actions.end_sessions(request.tx, session.person_id, keeping=session.digest)
    elif _DIGEST.fullmatch(named):
        await actions.end_session(request.tx, bytes.fromhex(named), of=session.person_id)
    return _onward(request, views.ACCOUNT)


@get(pages.STYLE, permit=access.READ, answers=str, produces="text/css")
async def read_style(request: Call) -> Response[bytes]:
    """Read the style of these pages."""
    return request.answer(pages.STYLE_SHEET, headers={"cache-control": "public, max-age=3600"})


def _given(text: bytes) -> dict[str, str]:
    try:
        return forms.parameters(text, of=_ANY)
    except OAuth2Error as error:
        raise EdgeFinding(problems.MALFORMED, error.description) from None


def _entry(given: dict[str, str]) -> Entry:
    return Entry(
        then=_path(given.get("then", ""), otherwise=views.ACCOUNT),
        passkey=given.get("acr") == Assurance.PASSKEY.value,
        again=given.get("again") == "1",
        ui_locales=given.get("ui_locales", "")[:_LOCALES_MAX],
    )


def _path(given: str, *, otherwise: str) -> str:
    """Return where a form leads: only ever to a path of this service."""
    return given if len(given) <= _PATH_MAX and _OWN_PATH.fullmatch(given) else otherwise


def _is_hers(given: dict[str, str], session: Session) -> bool:
    return hmac.compare_digest(given.get("csrf", "").encode(), session.csrf.encode())


def _onward(request: Call, to: str) -> Response[bytes]:
    return request.answer(b"", status=303, location=to, headers=_NOT_KEPT)


def _to_login(request: Call) -> Response[bytes]:
    return _onward(request, Entry().here)


def _login(
    request: Call,
    entry: Entry,
    *,
    language: Language,
    status: int = 200,
    username: str = "",
    wrong: str = "",
    notice: str = "",
) -> Response[bytes]:
    content = views.login(
        entry, mark=guard.mark(request), language=language, username=username, wrong=wrong,
        notice=notice,
    )  # fmt: skip
    title = wording.LOGIN.told(language)
    return pages.page(request, title, content, language=language, status=status, here=entry.here)


def _held(request: Call, told: Held, content: Html, *, title: str, here: str) -> Response[bytes]:
    request.visit.answer_headers.append(_retry_after(told))
    language = pages.language_for(request)
    return pages.page(request, title, content, language=language, status=429, here=here)


def _retry_after(told: Held) -> tuple[bytes, bytes]:
    return b"retry-after", str(told.seconds).encode()


def _stale(request: Call) -> Response[bytes]:
    language = pages.language_for(request)
    title = wording.ACCOUNT.told(language)
    content = views.stale(language=language)
    return pages.page(request, title, content, language=language, status=403, here=views.ACCOUNT)


async def _mine(request: Call, session: Session) -> Mine:
    tx = request.house.database.plain()
    return Mine(
        account=await queries.account_of(tx, session.person_id),
        organisations=await queries.organisations(tx, session.person_id),
        browsers=await queries.browsers(tx, session.person_id),
        session=session,
    )


async def _changed(
    request: Call, session: Session, told: Held | Failure | None, *, language: Language
) -> Response[bytes]:
    if told is None:
        return await _account(request, session, notice=wording.CHANGED.told(language))
    if isinstance(told, Held):
        wrong = Wrong(present=views.held_for(told.seconds, language=language))
        request.visit.answer_headers.append(_retry_after(told))
        return await _account(request, session, status=429, wrong=wrong)
    wrong = Wrong(present=wording.PRESENT_WRONG.told(language))
    return await _account(request, session, status=403, wrong=wrong)


async def _account(
    request: Call,
    session: Session,
    *,
    status: int = 200,
    notice: str = "",
    wrong: Wrong | None = None,
) -> Response[bytes]:
    language = pages.language_for(request)
    mine = await _mine(request, session)
    content = views.account(mine, language=language, notice=notice, wrong=wrong)
    title = wording.ACCOUNT.told(language)
    return pages.page(request, title, content, language=language, status=status, here=views.ACCOUNT)


ROUTES = (
    show_login,
    log_in,
    show_logout,
    log_out,
    show_account,
    change_password,
    end_sessions,
    read_style,
)
