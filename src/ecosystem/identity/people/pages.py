"""What stands on the page of an invitation."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from ecosystem.identity.login import pages
from ecosystem.identity.login import views as login
from ecosystem.identity.login import wording as said_there
from ecosystem.identity.login.languages import Language, name_of
from ecosystem.identity.login.sessions import Session
from ecosystem.identity.people import wording
from ecosystem.identity.people.queries import Found
from ecosystem.runtime.markup import Html, element, joined, link
from ecosystem.values.refusal import Refusal

INVITATION: Final = "/invitation"


def here(code: str) -> str:
    """Return the address of an invitation's page."""
    return f"{INVITATION}?{urlencode({'code': code})}"


def acceptance(
    one: Found, *, code: str, session: Session, username: str, language: Language
) -> Html:
    """Return the page for who is logged in: one button, or to be somebody else."""
    return joined(
        _says(one, language),
        element("p", wording.AS_HERSELF.told(language, username=username)),
        pages.form(
            INVITATION,
            pages.button(wording.ACCEPT.told(language)),
            hidden={"csrf": session.csrf, "code": code},
        ),
        _leave(code, session=session, language=language),
    )


def newcomer(
    one: Found,
    *,
    code: str,
    mark: str,
    language: Language,
    username: str = "",
    wrong: Mapping[str, str],
) -> Html:
    """Return the page for who is not logged in: to do so, or to make an account."""
    then = f"{login.LOGIN}?{urlencode({'then': here(code)})}"
    return joined(
        _says(one, language),
        element(
            "section",
            element("h2", wording.NEW.told(language)),
            _form(code, mark, language, username=username, wrong=wrong),
        ),
        element(
            "section",
            element("p", wording.HAS_ACCOUNT.told(language)),
            element("p", link(then, wording.LOG_IN.told(language))),
        ),
    )


def refused(why: type[Refusal], *, code: str, session: Session | None, language: Language) -> Html:
    """Return the page that says why an invitation cannot be accepted."""
    return joined(
        element("h1", wording.CANNOT.told(language)),
        pages.notice(wording.REFUSED[why].told(language), is_wrong=True),
        _leave(code, session=session, language=language) if session is not None else "",
        element("p", link(login.ACCOUNT, said_there.TO_ACCOUNT.told(language))),
    )


def stale(*, code: str, language: Language) -> Html:
    """Return the page that says that a form came from no page that is still good."""
    return joined(
        element("h1", wording.TITLE.told(language)),
        pages.notice(wording.STALE.told(language), is_wrong=True),
        element("p", link(here(code), wording.TITLE.told(language))),
    )


def _says(one: Found, language: Language) -> Html:
    names = {
        "organisation": name_of(one.organisation, language),
        "name": name_of(one.name, language),
    }
    roles = (element("li", wording.ROLES[role].told(language)) for role in one.roles)
    at = f"{one.facts.expires_at:%Y-%m-%d %H:%M}"
    return joined(
        element("h1", wording.TITLE.told(language)),
        element("p", wording.INVITES.told(language, **names), class_="lead"),
        element("ul", *roles),
        element("p", wording.LASTS.told(language, at=at), class_="hint"),
    )


def _form(
    code: str, mark: str, language: Language, *, username: str, wrong: Mapping[str, str]
) -> Html:
    return pages.form(
        INVITATION,
        pages.field(
            "username", wording.USERNAME.told(language), kind="text", autocomplete="username",
            value=username, wrong=wrong.get("username", ""),
            hint=wording.USERNAME_HINT.told(language),
        ),
        pages.field(
            "password", wording.PASSWORD.told(language), kind="password",
            autocomplete="new-password", wrong=wrong.get("password", ""),
            hint=said_there.NEW_HINT.told(language),
        ),
        pages.field(
            "again", wording.AGAIN.told(language), kind="password",
            autocomplete="new-password", wrong=wrong.get("again", ""),
        ),
        pages.button(wording.MAKE.told(language)),
        hidden={"csrf": mark, "code": code},
    )  # fmt: skip


def _leave(code: str, *, session: Session, language: Language) -> Html:
    return joined(
        element("p", wording.SOMEBODY_ELSE.told(language), class_="hint"),
        pages.form(
            login.LOGOUT,
            pages.button(wording.LEAVE.told(language), quiet=True),
            hidden={"csrf": session.csrf, "then": here(code)},
        ),
    )
