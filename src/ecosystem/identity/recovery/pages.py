"""What stands on the page of a recovery."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from ecosystem.identity.login import pages
from ecosystem.identity.login import wording as said_there
from ecosystem.identity.login.languages import Language, Said, name_of
from ecosystem.identity.recovery import wording
from ecosystem.identity.recovery.entering import Opened
from ecosystem.runtime.markup import Html, element, joined, link

RECOVERY: Final = "/recovery"


def here(code: str) -> str:
    """Return the address of a recovery's page."""
    return f"{RECOVERY}?{urlencode({'code': code})}"


def choice(
    one: Opened, *, code: str, mark: str, language: Language, wrong: Mapping[str, str]
) -> Html:
    """Return the form on which a person chooses her new password."""
    account = one.account
    whose = wording.WHOSE.told(
        language, name=name_of(account.name, language), username=account.username
    )
    return joined(
        element("h1", wording.TITLE.told(language)),
        element("p", whose, class_="lead"),
        element("p", wording.ENDS.told(language)),
        _form(account.username, code, mark, language, wrong),
        element("p", wording.PASSKEYS_ANEW.told(language), class_="hint"),
    )


def refused(said: Said, *, language: Language) -> Html:
    """Return the page that says why a link cannot be used."""
    return joined(
        element("h1", wording.TITLE.told(language)),
        pages.notice(said.told(language), is_wrong=True),
    )


def stale(*, code: str, language: Language) -> Html:
    """Return the page that says that a form came from no page that is still good."""
    return joined(
        element("h1", wording.TITLE.told(language)),
        pages.notice(said_there.STALE.told(language), is_wrong=True),
        element("p", link(here(code), wording.TITLE.told(language))),
    )


def _form(
    username: str, code: str, mark: str, language: Language, wrong: Mapping[str, str]
) -> Html:
    # Password managers look for the name for which they keep a new password.
    name = element("input", type="hidden", name="username", value=username, autocomplete="username")
    return pages.form(
        RECOVERY,
        name,
        pages.field(
            "new", said_there.NEW.told(language), kind="password", autocomplete="new-password",
            wrong=wrong.get("new", ""), hint=said_there.NEW_HINT.told(language),
        ),
        pages.field(
            "again", said_there.NEW_AGAIN.told(language), kind="password",
            autocomplete="new-password", wrong=wrong.get("again", ""),
        ),
        pages.button(wording.USE.told(language)),
        hidden={"csrf": mark, "code": code},
    )  # fmt: skip
