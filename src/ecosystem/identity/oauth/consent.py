"""The page on which a person answers a client, and the page that says why she cannot."""

import re
from typing import Final

from ecosystem.identity.login.languages import Language, name_of
from ecosystem.identity.login.pages import button, form
from ecosystem.identity.oauth import wording
from ecosystem.identity.oauth.authorising import Question, Trouble, path_of
from ecosystem.identity.oauth.queries import Membership
from ecosystem.identity.oauth.requests import HANDLE
from ecosystem.runtime.markup import Html, element, joined
from ecosystem.values.text import Text

_ORIGIN: Final = re.compile(r"https?://[0-9A-Za-z.:\[\]-]+|[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def question(asked: Question, *, person: Text, language: Language) -> tuple[str, Html]:
    """Return the title and the content of the page that asks a person, whose name it tells."""
    title = wording.TITLE.told(language)
    says = wording.ASKS.told(
        language,
        client=asked.client.name,
        organisation=name_of(asked.client.organisation_name, language),
    )
    scopes = (element("li", wording.scope(one, language)) for one in asked.wanted.scopes)
    return title, joined(
        element("h1", title),
        element("p", says, class_="lead"),
        element("ul", *scopes),
        element("p", wording.LASTS.told(language)),
        _form(asked, language),
        element("p", wording.GOES.told(language), " ", element("code", asked.wanted.redirect_uri)),
        _another(asked, person, language),
    )


def trouble(why: Trouble, *, language: Language) -> tuple[str, Html]:
    """Return the title and the content of the page that says why nothing can be authorised."""
    title = wording.TROUBLE_TITLE.told(language)
    return title, joined(
        element("h1", title),
        element("p", wording.TROUBLES[why].told(language), class_="lead"),
    )


def origin(redirect_uri: str) -> str:
    """Return where a form may lead beyond this service, as Content-Security-Policy names it.

    A browser holds the redirect after a form to `form-action` too.
    """
    found = _ORIGIN.match(redirect_uri)
    if found is None:
        return "'none'"
    # The policy has no way to name an address of IPv6.
    return "http:" if "[" in found[0] else found[0]


def _form(asked: Question, language: Language) -> Html:
    return form(
        "/oauth/consent",
        _choice(asked.organisations, language),
        element(
            "p",
            _button("allow", wording.ALLOW.told(language)) if asked.organisations else "",
            _button("refuse", wording.REFUSE.told(language)),
        ),
        hidden={
            "csrf": asked.csrf,
            "client_id": asked.client.id,
            "request_uri": HANDLE + asked.handle,
        },
    )


def _another(asked: Question, person: Text, language: Language) -> Html:
    """Return who is asked, and the way for another person to be asked instead."""
    says = wording.AS_WHOM.told(language, person=name_of(person, language))
    hidden = {"csrf": asked.csrf, "then": path_of(asked.client, asked.handle)}
    leave = form("/logout", button(wording.ANOTHER.told(language), quiet=True), hidden=hidden)
    return element("section", element("p", says), leave)


def _choice(organisations: tuple[Membership, ...], language: Language) -> Html:
    if not organisations:
        return element("p", wording.NONE.told(language))
    only = len(organisations) == 1
    options = (_option(one, name_of(one.name, language), checked=only) for one in organisations)
    return element("fieldset", element("legend", wording.FOR.told(language)), *options)


def _option(one: Membership, name: str, *, checked: bool) -> Html:
    more = {"checked": ""} if checked else {}
    radio = element(
        "input", type="radio", name="organisation_id", value=one.id, required="", **more
    )
    return element("p", element("label", radio, " ", name))


def _button(decision: str, says: str) -> Html:
    # Whoever refuses need not choose an organisation first.
    more = {"formnovalidate": ""} if decision == "refuse" else {}
    return button(says, quiet=decision == "refuse", name="decision", value=decision, **more)
