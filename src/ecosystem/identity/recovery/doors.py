"""The page of a recovery, which works without JavaScript."""

import re
from collections.abc import Mapping
from typing import Final

from litestar import Response

from ecosystem.identity import access
from ecosystem.identity.login import answers, described, guard
from ecosystem.identity.login import pages as frame
from ecosystem.identity.login import wording as said_there
from ecosystem.identity.login.views import ACCOUNT
from ecosystem.identity.recovery import entering, pages, wording
from ecosystem.identity.recovery.entering import Opened
from ecosystem.identity.recovery.queries import RecoveryUnknown
from ecosystem.runtime.markup import Html
from ecosystem.runtime.web import Call, get, post
from ecosystem.values.refusal import Refusal

_HTML: Final = "text/html"
_FORM: Final = "application/x-www-form-urlencoded"
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_TEXT: Final = {"type": "string", "maxLength": 4_096}
_CHOSEN: Final = {
    "type": "object",
    "properties": {
        "csrf": {**_TEXT, "description": "As the page has it."},
        "code": {**_TEXT, "description": "As the link has it."},
        "username": {**_TEXT, "description": "Not read; for managers of passwords."},
        "new": {**_TEXT, "description": "The new password: 12 to 128 characters."},
        "again": {**_TEXT, "description": "The new password, once more."},
    },
    "required": ["csrf", "code", "new", "again"],
}
_SHOWN: Final = (400, 404, 409, 410)


@get(
    pages.RECOVERY, permit=access.USE_RECOVERY, answers=str, produces=_HTML, reads=described.LINKED,
    pages=_SHOWN,
)  # fmt: skip
async def show_recovery(request: Call) -> Response[bytes]:
    """Show a recovery.

    Where its link leads: whose account it is, what will end, and a form for a new password.
    `lang` chooses the language, `zh` or `en`.
    """
    code = answers.given(request.scope["query_string"]).get("code", "")
    try:
        one = await _open(request, code)
    except Refusal as refusal:
        return _refused(request, refusal, code=code)
    return _form(request, one, code=code, wrong={})


@post(
    pages.RECOVERY,
    permit=access.USE_RECOVERY,
    answers=str,
    status=200,
    late=True,
    accepts=_FORM,
    produces=_HTML,
    form=_CHOSEN,
    leads="To the account, logged in by the new password.",
    pages=(*_SHOWN, 403, 422),
)
async def use_recovery(request: Call) -> Response[bytes]:
    """Use a recovery.

    What its page sends: the new password takes the place of whatever proved who she is, all her
    logins and tokens end, and she is logged in. It works once.
    """
    given = answers.given(request.visit.body)
    code, new = given.get("code", ""), given.get("new", "")
    language = frame.language_for(request)
    if not guard.is_ours(request, given.get("csrf", "")):
        return _page(request, pages.stale(code=code, language=language), code=code, status=403)
    try:
        one = await _open(request, code)
        if new != given.get("again", ""):
            wrong = {"again": said_there.NOT_THE_SAME.told(language)}
            return _form(request, one, code=code, wrong=wrong)
        one.check(new)
        await entering.recover(request, code, password=new)
    except Refusal as refusal:
        if type(refusal) in said_there.WEAK:
            wrong = {"new": said_there.WEAK[type(refusal)].told(language)}
            return _form(request, await _open(request, code), code=code, wrong=wrong)
        return _refused(request, refusal, code=code)
    return answers.onward(request, ACCOUNT)


async def _open(request: Call, code: str) -> Opened:
    if not _CODE.fullmatch(code):
        raise RecoveryUnknown("The link holds no code.")
    return await entering.open_one(request, code)


def _form(request: Call, one: Opened, *, code: str, wrong: Mapping[str, str]) -> Response[bytes]:
    language = frame.language_for(request)
    content = pages.choice(one, code=code, mark=guard.mark(request), language=language, wrong=wrong)
    return _page(request, content, code=code, status=422 if wrong else 200)


def _refused(request: Call, refusal: Refusal, *, code: str) -> Response[bytes]:
    said = wording.REFUSED.get(type(refusal))
    if said is None:
        raise refusal
    content = pages.refused(said, language=frame.language_for(request))
    return _page(request, content, code=code, status=answers.status_of(refusal))


def _page(request: Call, content: Html, *, code: str, status: int) -> Response[bytes]:
    language = frame.language_for(request)
    title = wording.TITLE.told(language)
    here = pages.here(code)
    return frame.page(request, title, content, language=language, status=status, here=here)


ROUTES = (show_recovery, use_recovery)
