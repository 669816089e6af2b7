"""What stands on the pages of login and account."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from ecosystem.identity.login import pages, wording
from ecosystem.identity.login.languages import Language, name_of
from ecosystem.identity.login.passkeys import wording as passkey_wording
from ecosystem.identity.login.queries import Account, Browser
from ecosystem.identity.login.sessions import Session
from ecosystem.runtime.markup import Html, element, joined, link
from ecosystem.values.actor import Assurance
from ecosystem.values.text import Text

LOGIN: Final = "/login"
LOGOUT: Final = "/logout"
ACCOUNT: Final = "/account"
PASSWORD: Final = "/account/password"  # noqa: S105 - an address
SESSIONS: Final = "/account/sessions"
_MINUTE_S: Final = 60


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where a login leads, and what is asked of it."""

    then: str = ACCOUNT
    passkey: bool = False
    """Whether nothing but a passkey will do."""
    again: bool = False
    """Whether she logs in once more, although she is logged in."""
    ui_locales: str = ""

    @property
    def hidden(self) -> dict[str, str]:
        """What the form brings along, and what the address of its page holds."""
        given = {
            "then": self.then,
            "acr": Assurance.PASSKEY.value if self.passkey else "",
            "again": "1" if self.again else "",
            "ui_locales": self.ui_locales,
        }
        return {name: value for name, value in given.items() if value}

    @property
    def here(self) -> str:
        """The address of the page."""
        return f"{LOGIN}?{urlencode(self.hidden)}"


@dataclass(frozen=True, kw_only=True)
class Mine:
    """What a person sees of her account."""

    account: Account
    organisations: list[Text]
    browsers: list[Browser]
    session: Session


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What is wrong with the form that changes a password, field by field."""

    present: str = ""
    new: str = ""
    again: str = ""


def login(
    entry: Entry, *, mark: str, language: Language, passkey: Html, username: str = "",
    wrong: str = "", notice: str = "",
) -> Html:  # fmt: skip
    """Return the forms by which one logs in; `passkey` first where nothing else will do."""
    notes = [notice] if notice else []
    notes += [wording.AGAIN.told(language)] if entry.again and not notice else []
    notes += [wording.PASSKEY_ASKED.told(language)] if entry.passkey else []
    password = _by_password(entry, mark=mark, language=language, username=username, wrong=wrong)
    first = element("p", passkey_wording.FIRST_PASSWORD.told(language), class_="hint")
    return joined(
        element("h1", wording.LOGIN.told(language)),
        *(pages.notice(text, is_wrong=text == notice) for text in notes),
        *((passkey, first, password) if entry.passkey else (password, passkey)),
        element("p", wording.NO_ACCOUNT.told(language), class_="hint"),
    )


def _by_password(entry: Entry, *, mark: str, language: Language, username: str, wrong: str) -> Html:
    return pages.form(
        LOGIN,
        pages.field(
            "username", wording.USERNAME.told(language), kind="text",
            autocomplete="username", value=username,
        ),
        pages.field(
            "password", wording.PASSWORD.told(language), kind="password",
            autocomplete="current-password", wrong=wrong,
        ),
        pages.button(wording.LOGIN.told(language)),
        hidden={**entry.hidden, "csrf": mark},
    )  # fmt: skip


def passkey_wanted(entry: Entry, session: Session, *, language: Language) -> Html:
    """Return the page for who is logged in by her password, where only a passkey will do."""
    return joined(
        element("h1", wording.LOGIN.told(language)),
        pages.notice(wording.PASSKEY_MISSING.told(language)),
        element("p", link(f"{ACCOUNT}#passkeys", wording.TO_ACCOUNT.told(language))),
        _leave(session, then=entry.then, language=language),
    )


def held(entry: Entry, *, seconds: int, language: Language) -> Html:
    """Return the page that says how long nobody can log in from here."""
    return joined(
        element("h1", wording.LOGIN.told(language)),
        pages.notice(held_for(seconds, language=language), is_wrong=True),
        element("p", link(entry.here, wording.LOGIN.told(language))),
    )


def held_for(seconds: int, *, language: Language) -> str:
    """Return the sentence that says how long to wait."""
    unit = wording.SECONDS if seconds <= 2 * _MINUTE_S else wording.MINUTES
    count = seconds if unit is wording.SECONDS else -(-seconds // _MINUTE_S)
    return wording.HELD.told(language, wait=unit.told(language, count=str(count)))


def logout(session: Session | None, *, language: Language) -> Html:
    """Return the page that logs out, or that says that it is done."""
    if session is not None:
        return joined(
            element("h1", wording.LOGOUT.told(language)),
            element("p", wording.LOGOUT_ASKED.told(language), class_="lead"),
            _leave(session, then="", language=language),
        )
    return joined(
        element("h1", wording.LEFT.told(language)),
        element("p", wording.LEFT_MORE.told(language), class_="lead"),
        element("p", link(LOGIN, wording.LOGIN.told(language))),
    )


def stale(*, language: Language) -> Html:
    """Return the page that says that a form came from no page that is still good."""
    return joined(
        element("h1", wording.ACCOUNT.told(language)),
        pages.notice(wording.STALE.told(language), is_wrong=True),
        element("p", link(ACCOUNT, wording.TO_ACCOUNT.told(language))),
    )


def account(
    mine: Mine, passkeys: Html, *, language: Language, notice: str = "", wrong: Wrong | None = None
) -> Html:
    """Return who one is, where one belongs, and how one logs in."""
    return joined(
        element("h1", wording.ACCOUNT.told(language)),
        pages.notice(notice) if notice else "",
        element("p", name_of(mine.account.name, language), class_="lead"),
        element("p", wording.LOGGED_IN_AS.told(language, username=mine.account.username)),
        _organisations(mine, language),
        _browsers(mine, language),
        passkeys,
        _password(mine, language, wrong or Wrong()),
        _leave(mine.session, then="", language=language),
    )


def _leave(session: Session, *, then: str, language: Language) -> Html:
    hidden = {"csrf": session.csrf} | ({"then": then} if then else {})
    return pages.form(
        LOGOUT, pages.button(wording.LOGOUT.told(language), quiet=True), hidden=hidden
    )


def _organisations(mine: Mine, language: Language) -> Html:
    names = [element("li", name_of(one, language)) for one in mine.organisations]
    none = element("p", wording.NO_ORGANISATION.told(language))
    return element(
        "section",
        element("h2", wording.ORGANISATIONS.told(language)),
        element("ul", *names) if names else none,
    )


def _browsers(mine: Mine, language: Language) -> Html:
    rows = (_browser(one, mine.session, language) for one in mine.browsers)
    others = pages.form(
        SESSIONS,
        pages.button(wording.END_OTHERS.told(language), quiet=True, name="session", value="others"),
        hidden={"csrf": mine.session.csrf},
    )
    return element(
        "section",
        element("h2", wording.BROWSERS.told(language)),
        element("ul", *rows, class_="rows"),
        others if len(mine.browsers) > 1 else "",
    )


def _browser(one: Browser, session: Session, language: Language) -> Html:
    is_this = one.digest == session.digest
    by = wording.BY_PASSKEY if one.acr is Assurance.PASSKEY else wording.BY_PASSWORD
    told = [by.told(language), wording.SINCE.told(language, at=_minute(one.authenticated_at))]
    told += [wording.THIS_ONE.told(language)] if is_this else []
    end = pages.form(
        SESSIONS,
        pages.button(
            wording.END_ONE.told(language), quiet=True, name="session", value=one.digest.hex()
        ),
        hidden={"csrf": session.csrf},
    )
    separator = "，" if language == "zh" else ", "
    said = element("span", element("b", one.browser), element("br"), separator.join(told))
    return element("li", said, "" if is_this else end)


def _password(mine: Mine, language: Language, wrong: Wrong) -> Html:
    # Password managers look for the name for which they keep a new password.
    name = element(
        "input", type="hidden", name="username", value=mine.account.username,
        autocomplete="username",
    )  # fmt: skip
    return element(
        "section",
        element("h2", wording.CHANGE_PASSWORD.told(language), id="password"),
        pages.form(
            PASSWORD,
            name,
            pages.field(
                "present", wording.PRESENT.told(language), kind="password",
                autocomplete="current-password", wrong=wrong.present,
            ),
            pages.field(
                "new", wording.NEW.told(language), kind="password",
                autocomplete="new-password", wrong=wrong.new, hint=wording.NEW_HINT.told(language),
            ),
            pages.field(
                "again", wording.NEW_AGAIN.told(language), kind="password",
                autocomplete="new-password", wrong=wrong.again,
            ),
            element("p", wording.CHANGING_ENDS.told(language), class_="hint"),
            pages.button(wording.CHANGE_PASSWORD.told(language)),
            hidden={"csrf": mine.session.csrf},
        ),
    )  # fmt: skip


def _minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
