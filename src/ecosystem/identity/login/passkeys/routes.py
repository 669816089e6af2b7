"""Passkeys, as the pages of login and account use them."""

from typing import Final

from litestar import Response

from ecosystem.identity import access
from ecosystem.identity.login import answers, guard, pages, sessions
from ecosystem.identity.login.actions import BelongsNowhere
from ecosystem.identity.login.passkeys import actions, described, entering, views, wording
from ecosystem.identity.login.passkeys.entering import Failure
from ecosystem.identity.login.sessions import Session
from ecosystem.identity.login.views import ACCOUNT
from ecosystem.identity.login.wording import STALE
from ecosystem.runtime import idempotency
from ecosystem.runtime.web import Call, get, post
from ecosystem.values.refusal import Refusal

_HTML: Final = "text/html"
_FORM: Final = "application/x-www-form-urlencoded"
_NOT_KEPT: Final = {"cache-control": "no-store"}
_SAID: Final = {
    Failure.WRONG: wording.WRONG,
    Failure.EXPIRED: wording.EXPIRED,
    Failure.SUSPECT: wording.SUSPECT,
}


@get(views.LOGIN_OPTIONS, permit=access.LOG_IN, answers=described.Asked)
async def read_login_options(request: Call) -> Response[bytes]:
    """Read what a passkey is to sign that logs in.

    Options for `navigator.credentials.get()`, with a challenge that is good for five minutes and
    once, in this browser alone. They name no passkey: whose it is, the passkey tells.
    """
    asked = described.Asked(await entering.asked_to_log_in(request))
    return request.answer(asked, headers=_NOT_KEPT)


@post(
    views.LOGIN,
    permit=access.LOG_IN,
    answers=str,
    status=200,
    late=True,
    accepts=_FORM,
    produces=_HTML,
    form=described.LOGIN,
    refuses=(BelongsNowhere,),
    leads="On to `then`, logged in by passkey.",
)
async def log_in_by_passkey(request: Call) -> Response[bytes]:
    """Log in by passkey.

    What the page of `/login` sends once a passkey has signed. No name is needed. A passkey whose
    counter went back is refused, and shown as suspect on its person's account.
    """
    given = answers.given(request.visit.body)
    entry = answers.entry(given)
    language = pages.language_for(request, asked=entry.ui_locales)
    if not guard.is_ours(request, given.get("csrf", "")):
        notice = STALE.told(language)
        return answers.login_page(request, entry, language=language, status=403, notice=notice)
    told = await entering.log_in(request, credential=given.get("credential", ""))
    if isinstance(told, Session):
        return answers.onward(request, entry.then)
    notice = _SAID[told].told(language)
    return answers.login_page(request, entry, language=language, status=403, notice=notice)


@get(
    views.ADD_OPTIONS,
    permit=access.OWN_ACCOUNT,
    answers=described.Asked,
    leads="To the login.",
)
async def read_passkey_options(request: Call) -> Response[bytes]:
    """Read how a new passkey is to be made.

    Options for `navigator.credentials.create()`, with a challenge that is good for five minutes
    and once, in this login alone.
    """
    session = await sessions.current(request)
    if session is None:
        return answers.to_login(request)
    asked = described.Asked(await entering.asked_to_add(request, session))
    return request.answer(asked, headers=_NOT_KEPT)


@post(
    views.ADD,
    permit=access.OWN_ACCOUNT,
    answers=str,
    status=200,
    late=True,
    accepts=_FORM,
    produces=_HTML,
    form=described.ADD,
    refuses=(BelongsNowhere,),
    leads="To the account.",
    pages=(400, 403, 409, 422),
)
async def add_passkey(request: Call) -> Response[bytes]:
    """Add a passkey.

    Within 15 minutes after a login; a person who has a passkey already must have logged in by
    passkey. The login stays what it was: only who logs in by the new passkey has proved it.
    """
    given = answers.given(request.visit.body)
    session = await sessions.current(request)
    if session is None:
        return answers.to_login(request)
    if not answers.is_hers(given, session):
        return answers.stale_page(request)
    try:
        told = await entering.add(
            request,
            session,
            credential=given.get("credential", ""),
            label=given.get("label", ""),
        )
    except Refusal as refusal:
        return await _refused(request, session, refusal)
    if told is None:
        return answers.onward(request, ACCOUNT)
    wrong = _SAID[told].told(pages.language_for(request))
    return await answers.account_page(request, session, status=403, passkey_wrong=wrong)


@post(
    views.RENAME,
    permit=access.OWN_ACCOUNT,
    answers=str,
    status=200,
    accepts=_FORM,
    produces=_HTML,
    form=described.RENAME,
    refuses=(BelongsNowhere,),
    leads="To the account.",
    pages=(400, 403, 422),
)
async def rename_passkey(request: Call) -> Response[bytes]:
    """Call a passkey otherwise."""
    return await _change(request, renames=True)


@post(
    views.REMOVE,
    permit=access.OWN_ACCOUNT,
    answers=str,
    status=200,
    accepts=_FORM,
    produces=_HTML,
    form=described.REMOVE,
    refuses=(BelongsNowhere,),
    leads="To the account.",
)
async def remove_passkey(request: Call) -> Response[bytes]:
    """Remove a passkey.

    It logs nobody in any more. Within 15 minutes after a login by passkey, this one or another.
    No login ends by it.
    """
    return await _change(request, renames=False)


@get(views.SCRIPT, permit=access.READ, answers=str, produces="text/javascript")
async def read_passkey_script(request: Call) -> Response[bytes]:
    """Read the script by which pages ask for passkeys."""
    return request.answer(views.SCRIPT_TEXT, headers={"cache-control": "public, max-age=3600"})


async def _change(request: Call, *, renames: bool) -> Response[bytes]:
    given = answers.given(request.visit.body)
    session = await sessions.current(request)
    if session is None:
        return answers.to_login(request)
    if not answers.is_hers(given, session):
        return answers.stale_page(request)
    passkey_id = given.get("passkey", "")
    now = await idempotency.clock(request.tx)
    at = request.house.clock.at(now)
    try:
        if renames:
            label = given.get("label", "")
            await actions.rename(request.tx, session, passkey_id, label=label, now=now, at=at)
        else:
            await actions.remove(request.tx, session, passkey_id, now=now, at=at)
    except Refusal as refusal:
        return await _refused(request, session, refusal)
    return answers.onward(request, ACCOUNT)


async def _refused(request: Call, session: Session, refusal: Refusal) -> Response[bytes]:
    """Say on the account's page why passkeys cannot be changed so; raise what is no page."""
    said = wording.REFUSED.get(type(refusal))
    if said is None:
        raise refusal
    wrong = said.told(pages.language_for(request))
    status = answers.status_of(refusal)
    return await answers.account_page(request, session, status=status, passkey_wrong=wrong)


ROUTES = (
    read_login_options,
    log_in_by_passkey,
    read_passkey_options,
    add_passkey,
    rename_passkey,
    remove_passkey,
    read_passkey_script,
)
