"""The page of an invitation, which works without JavaScript."""

import hmac
import re
from collections.abc import Mapping
from typing import Final

from litestar import Response

from ecosystem.identity import access
from ecosystem.identity.login import answers, described, guard, sessions
from ecosystem.identity.login import pages as frame
from ecosystem.identity.login import queries as login
from ecosystem.identity.login import views as login_views
from ecosystem.identity.login import wording as said_there
from ecosystem.identity.login.languages import Language
from ecosystem.identity.login.sessions import Session
from ecosystem.identity.people import joining, pages, wording
from ecosystem.identity.people.joining import Chosen
from ecosystem.identity.people.queries import Found, InvitationUnknown
from ecosystem.identity.people.rules import MemberAlready
from ecosystem.identity.rules import Inactive
from ecosystem.runtime.markup import Html
from ecosystem.runtime.web import Call, get, post
from ecosystem.values.refusal import Kind, Refusal

_HTML: Final = "text/html"
_FORM: Final = "application/x-www-form-urlencoded"
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_TEXT: Final = {"type": "string", "maxLength": 4_096}
_STATUS: Final = {Kind.MISSING: 404, Kind.GONE: 410, Kind.CONFLICT: 409}
_ACCEPTANCE: Final = {
    "type": "object",
    "properties": {
        "csrf": {**_TEXT, "description": "As the page has it."},
        "code": {**_TEXT, "description": "As the link has it."},
        "username": {**_TEXT, "description": "Of who is new: 3 to 64 letters and digits."},
        "password": {**_TEXT, "description": "Of who is new: 12 to 128 characters."},
        "again": {**_TEXT, "description": "The password, once more."},
    },
    "required": ["csrf", "code"],
}
_SHOWN: Final = (400, 404, 410)


@get(
    pages.INVITATION,
    permit=access.JOIN,
    answers=str,
    produces=_HTML,
    reads=described.LINKED,
    pages=_SHOWN,
)
async def show_invitation(request: Call) -> Response[bytes]:
    """Show an invitation.

    Where the link of an invitation leads: which organisation invites, to do what. Who is logged
    in accepts with her account, who is new makes one. `lang` chooses the language, `zh` or `en`.
    """
    code = answers.given(request.scope["query_string"]).get("code", "")
    session = await sessions.current(request)
    try:
        one = await _open(request, code)
    except Refusal as refusal:
        return _refused(request, refusal, code=code, session=session)
    if session is None:
        return _newcomer(request, one, code=code)
    account = await login.account_of(request.house.database.plain(), session.person_id)
    language = frame.language_for(request)
    content = pages.acceptance(
        one, code=code, session=session, username=account.username, language=language
    )
    return frame.page(request, wording.TITLE.told(language), content, language=language)


@post(
    pages.INVITATION,
    permit=access.JOIN,
    answers=str,
    status=200,
    late=True,
    accepts=_FORM,
    produces=_HTML,
    form=_ACCEPTANCE,
    leads="To the account, as a member.",
    pages=(*_SHOWN, 403, 409, 422),
)
async def join(request: Call) -> Response[bytes]:
    """Join an organisation.

    What the page of an invitation sends: who is logged in joins with her account; who is not
    becomes a person with a new account, and is logged in. An invitation works once.
    """
    given = answers.given(request.visit.body)
    code = given.get("code", "")
    session = await sessions.current(request)
    if not _is_ours(request, given.get("csrf", ""), session):
        return _stale(request, code)
    try:
        one = await _open(request, code)
        if session is not None:
            await joining.accept(request, code, session=session)
            return answers.onward(request, login_views.ACCOUNT)
        return await _begin(request, one, given)
    except Refusal as refusal:
        return _refused(request, refusal, code=code, session=session)


async def _begin(request: Call, one: Found, given: Mapping[str, str]) -> Response[bytes]:
    """Make somebody new a member, or say beside each field what is wrong with it."""
    code, language = given["code"], frame.language_for(request)
    chosen = Chosen(username=given.get("username", ""), password=given.get("password", ""))
    if chosen.password != given.get("again", ""):
        wrong = {"again": wording.NOT_THE_SAME.told(language)}
        return _newcomer(request, one, code=code, username=chosen.username, wrong=wrong)
    try:
        await joining.begin(request, one, code, chosen=chosen)
    except Refusal as refusal:
        if type(refusal) in wording.WRONG_NAME:
            wrong = {"username": wording.WRONG_NAME[type(refusal)].told(language)}
        elif type(refusal) in said_there.WEAK:
            wrong = {"password": said_there.WEAK[type(refusal)].told(language)}
        else:
            raise
        return _newcomer(request, one, code=code, username=chosen.username, wrong=wrong)
    return answers.onward(request, login_views.ACCOUNT)


async def _open(request: Call, code: str) -> Found:
    if not _CODE.fullmatch(code):
        raise InvitationUnknown("The link holds no code.")
    return await joining.open_one(request, code)


def _is_ours(request: Call, csrf: str, session: Session | None) -> bool:
    if session is None:
        return guard.is_ours(request, csrf)
    return hmac.compare_digest(csrf.encode(), session.csrf.encode())


def _newcomer(
    request: Call,
    one: Found,
    *,
    code: str,
    username: str = "",
    wrong: Mapping[str, str] | None = None,
) -> Response[bytes]:
    language = frame.language_for(request)
    content = pages.newcomer(
        one,
        code=code,
        mark=guard.mark(request),
        language=language,
        username=username[:64],
        wrong=wrong or {},
    )
    title, status = wording.TITLE.told(language), 422 if wrong else 200
    return frame.page(
        request, title, content, language=language, status=status, here=pages.here(code)
    )


def _refused(
    request: Call, refusal: Refusal, *, code: str, session: Session | None
) -> Response[bytes]:
    why, language = type(refusal), frame.language_for(request)
    if why not in wording.REFUSED:
        raise refusal
    content = pages.refused(
        why,
        code=code,
        session=session if why in {MemberAlready, Inactive} else None,
        language=language,
    )
    title = wording.CANNOT.told(language)
    return _page(request, title, content, language=language, code=code, status=_STATUS[why.kind])


def _stale(request: Call, code: str) -> Response[bytes]:
    language = frame.language_for(request)
    content = pages.stale(code=code, language=language)
    title = wording.TITLE.told(language)
    return _page(request, title, content, language=language, code=code, status=403)


def _page(
    request: Call, title: str, content: Html, *, language: Language, code: str, status: int
) -> Response[bytes]:
    return frame.page(
        request, title, content, language=language, status=status, here=pages.here(code)
    )


ROUTES = (show_invitation, join)
