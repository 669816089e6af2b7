"""What the routes of login and account share: what they were given, and the pages they answer."""

import hmac
import re
from typing import Final

from authlib.oauth2.rfc6749 import OAuth2Error
from litestar import Response

from ecosystem.identity.login import guard, pages, queries, views, wording
from ecosystem.identity.login.entering import Failure, Held
from ecosystem.identity.login.languages import Language
from ecosystem.identity.login.passkeys import ceremony
from ecosystem.identity.login.passkeys import queries as passkeys
from ecosystem.identity.login.passkeys import views as passkey_views
from ecosystem.identity.login.passkeys.model import Login
from ecosystem.identity.login.sessions import Session
from ecosystem.identity.login.views import Entry, Mine, Wrong
from ecosystem.identity.oauth import forms
from ecosystem.runtime import idempotency, problems
from ecosystem.runtime.markup import Html
from ecosystem.runtime.web import Call, EdgeFinding
from ecosystem.values.actor import Assurance
from ecosystem.values.refusal import Refusal

_ANY: Final = re.compile(r"[^\x00]*")
_OWN_PATH: Final = re.compile(
    r"/(?:[A-Za-z0-9._~?&=%:+@,;!$'()*-][A-Za-z0-9./_~?&=%:+@,;!$'()*-]*)?"
)
"""A path of this service: what begins with two slashes, or one and a backslash, is none."""
_PATH_MAX: Final = 2_000
_LOCALES_MAX: Final = 100
_NOT_KEPT: Final = {"cache-control": "no-store"}


def given(text: bytes) -> dict[str, str]:
    """Return the fields of a form or a query, each once; refuses what is none as malformed."""
    try:
        return forms.parameters(text, of=_ANY)
    except OAuth2Error as error:
        raise EdgeFinding(problems.MALFORMED, error.description) from None


def entry(given: dict[str, str]) -> Entry:
    """Return where a login leads, and what is asked of it."""
    return Entry(
        then=own_path(given.get("then", ""), otherwise=views.ACCOUNT),
        passkey=given.get("acr") == Assurance.PASSKEY.value,
        again=given.get("again") == "1",
        ui_locales=given.get("ui_locales", "")[:_LOCALES_MAX],
    )


def own_path(given: str, *, otherwise: str) -> str:
    """Return where a form leads: only ever to a path of this service."""
    return given if len(given) <= _PATH_MAX and _OWN_PATH.fullmatch(given) else otherwise


def is_hers(given: dict[str, str], session: Session) -> bool:
    """Tell whether a form comes from a page that who is logged in was given."""
    return hmac.compare_digest(given.get("csrf", "").encode(), session.csrf.encode())


def onward(request: Call, to: str) -> Response[bytes]:
    """Send the browser on to a path of this service."""
    return request.answer(b"", status=303, location=to, headers=_NOT_KEPT)


def to_login(request: Call) -> Response[bytes]:
    """Send the browser to the login, and from there to the account."""
    return onward(request, Entry().here)


def login_page(
    request: Call,
    entry: Entry,
    *,
    language: Language,
    status: int = 200,
    username: str = "",
    wrong: str = "",
    notice: str = "",
) -> Response[bytes]:
    """Return the login: by passkey and by password, the asked for one first."""
    mark, named = guard.mark(request), _has_a_name(request)
    step = passkey_views.step(named=named, hidden={**entry.hidden, "csrf": mark}, language=language)
    content = views.login(
        entry, mark=mark, language=language, passkey=step, username=username, wrong=wrong,
        notice=notice,
    )  # fmt: skip
    return pages.page(
        request, wording.LOGIN.told(language), content, language=language, status=status,
        here=entry.here, scripts=_scripts(named=named),
    )  # fmt: skip


def passkey_missing_page(
    request: Call, entry: Entry, session: Session, *, language: Language
) -> Response[bytes]:
    """Return the page for who is logged in and has no passkey, where only one will do."""
    content = views.passkey_wanted(entry, session, language=language)
    return pages.page(request, wording.LOGIN.told(language), content, language=language)


def status_of(refusal: Refusal) -> int:
    """Return the status of a page that says a refusal in a person's own words."""
    return problems.STATUS[refusal.kind]


def held_page(
    request: Call, told: Held, content: Html, *, title: str, here: str
) -> Response[bytes]:
    """Return a page that says how long to wait, in its header too."""
    request.visit.answer_headers.append(_retry_after(told))
    language = pages.language_for(request)
    return pages.page(request, title, content, language=language, status=429, here=here)


def _retry_after(told: Held) -> tuple[bytes, bytes]:
    return b"retry-after", str(told.seconds).encode()


def stale_page(request: Call) -> Response[bytes]:
    """Return the page that says that a form came from no page that is still good."""
    language = pages.language_for(request)
    title = wording.ACCOUNT.told(language)
    content = views.stale(language=language)
    return pages.page(request, title, content, language=language, status=403, here=views.ACCOUNT)


async def mine_of(request: Call, session: Session) -> Mine:
    """Return what a person sees of her account."""
    tx = request.reading
    return Mine(
        account=await queries.account_of(tx, session.person_id),
        organisations=await queries.organisations(tx, session.person_id),
        browsers=await queries.browsers(tx, session.person_id),
        session=session,
    )


async def changed(
    request: Call, session: Session, told: Held | Failure | None, *, language: Language
) -> Response[bytes]:
    """Return the account after a change of the password, or with what hindered it."""
    if told is None:
        return await account_page(request, session, notice=wording.CHANGED.told(language))
    if isinstance(told, Held):
        wrong = Wrong(present=views.held_for(told.seconds, language=language))
        request.visit.answer_headers.append(_retry_after(told))
        return await account_page(request, session, status=429, wrong=wrong)
    wrong = Wrong(present=wording.PRESENT_WRONG.told(language))
    return await account_page(request, session, status=403, wrong=wrong)


async def account_page(
    request: Call,
    session: Session,
    *,
    status: int = 200,
    notice: str = "",
    wrong: Wrong | None = None,
    passkey_wrong: str = "",
) -> Response[bytes]:
    """Return the account, with what just happened or went wrong."""
    language, named = pages.language_for(request), _has_a_name(request)
    mine = await mine_of(request, session)
    section = await _passkeys(request, session, named=named, language=language, wrong=passkey_wrong)
    content = views.account(mine, section, language=language, notice=notice, wrong=wrong)
    return pages.page(
        request, wording.ACCOUNT.told(language), content, language=language, status=status,
        here=views.ACCOUNT, scripts=_scripts(named=named),
    )  # fmt: skip


async def _passkeys(
    request: Call, session: Session, *, named: bool, language: Language, wrong: str
) -> Html:
    tx = request.reading
    found = await passkeys.passkeys(tx, session.person_id)
    age = await idempotency.clock(tx) - session.authenticated_at
    login = Login(acr=session.acr, ago_s=int(age.total_seconds()), passkeys=len(found))
    return passkey_views.section(
        found, login, named=named, csrf=session.csrf, language=language, wrong=wrong
    )


def _has_a_name(request: Call) -> bool:
    return ceremony.has_a_name(request.house.settings.public_url)


def _scripts(*, named: bool) -> tuple[str, ...]:
    return (passkey_views.SCRIPT,) if named else ()
