"""Login and account, as pages that work without JavaScript."""

import re
from typing import Final

from litestar import Response

from ecosystem.identity import access
from ecosystem.identity.login import (
    actions,
    answers,
    described,
    entering,
    guard,
    pages,
    sessions,
    views,
    wording,
)
from ecosystem.identity.login.entering import Held
from ecosystem.identity.login.passkeys import queries as passkeys
from ecosystem.identity.login.sessions import Session
from ecosystem.identity.login.views import Wrong
from ecosystem.runtime.web import Call, get, post
from ecosystem.values.actor import Assurance
from ecosystem.values.refusal import Refusal

_HTML: Final = "text/html"
_FORM: Final = "application/x-www-form-urlencoded"
_PAGES: Final = (400, 403, 429)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


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
    entry = answers.entry(answers.given(request.scope["query_string"]))
    language = pages.language_for(request, asked=entry.ui_locales)
    session = await sessions.current(request)
    if session is None:
        return answers.login_page(request, entry, language=language)
    if entry.passkey and not await passkeys.has(request.tx, session.person_id):
        return answers.passkey_missing_page(request, entry, session, language=language)
    if entry.again or (entry.passkey and session.acr is not Assurance.PASSKEY):
        return answers.login_page(request, entry, language=language)
    return answers.onward(request, entry.then)


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
    given = answers.given(request.visit.body)
    entry = answers.entry(given)
    language = pages.language_for(request, asked=entry.ui_locales)
    username = given.get("username", "")
    if not guard.is_ours(request, given.get("csrf", "")):
        notice = wording.STALE.told(language)
        return answers.login_page(request, entry, language=language, status=403, notice=notice)
    told = await entering.log_in(request, username=username, password=given.get("password", ""))
    if isinstance(told, Session):
        return answers.onward(request, entry.then)
    if isinstance(told, Held):
        content = views.held(entry, seconds=told.seconds, language=language)
        return answers.held_page(
            request, told, content, title=wording.LOGIN.told(language), here=entry.here
        )
    wrong = wording.WRONG.told(language)
    return answers.login_page(
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
    given = answers.given(request.visit.body)
    session = await sessions.current(request)
    if session is not None:
        if not answers.is_hers(given, session):
            return answers.stale_page(request)
        await sessions.end(request, request.tx, session)
    return answers.onward(request, answers.own_path(given.get("then", ""), otherwise=views.LOGOUT))


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
        return answers.to_login(request)
    return await answers.account_page(request, session)


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
    given = answers.given(request.visit.body)
    session = await sessions.current(request)
    if session is None:
        return answers.to_login(request)
    if not answers.is_hers(given, session):
        return answers.stale_page(request)
    mine = await answers.mine_of(request, session)
    new, language = given.get("new", ""), pages.language_for(request)
    if new != given.get("again", ""):
        wrong = Wrong(again=wording.NOT_THE_SAME.told(language))
        return await answers.account_page(request, session, status=422, wrong=wrong)
    try:
        entering.check(new, account=mine.account, organisations=mine.organisations)
    except Refusal as refusal:
        wrong = Wrong(new=wording.WEAK[type(refusal)].told(language))
        return await answers.account_page(request, session, status=422, wrong=wrong)
    told = await entering.change_password(
        request, session, mine.account, present=given.get("present", ""), new=new
    )
    return await answers.changed(request, session, told, language=language)


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
    given = answers.given(request.visit.body)
    session = await sessions.current(request)
    if session is None:
        return answers.to_login(request)
    if not answers.is_hers(given, session):
        return answers.stale_page(request)
    named = given.get("session", "")
    if named == "others":
        await actions.end_sessions(request.tx, session.person_id, keeping=session.digest)
    elif _DIGEST.fullmatch(named):
        await actions.end_session(request.tx, bytes.fromhex(named), of=session.person_id)
    return answers.onward(request, views.ACCOUNT)


@get(pages.STYLE, permit=access.READ, answers=str, produces="text/css")
async def read_style(request: Call) -> Response[bytes]:
    """Read the style of these pages."""
    return request.answer(pages.STYLE_SHEET, headers={"cache-control": "public, max-age=3600"})


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
