"""The page on which a person answers a client, and the page that says why she cannot."""

import re
from typing import Final

from ecosystem.identity.oauth import wording
from ecosystem.identity.oauth.authorising import Question, Trouble
from ecosystem.identity.oauth.queries import Membership
from ecosystem.identity.oauth.requests import HANDLE
from ecosystem.identity.oauth.wording import Language, name_of
from ecosystem.runtime.markup import Html, element, joined

_ORIGIN: Final = re.compile(r"https?://[0-9A-Za-z.:\[\]-]+|[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def question(asked: Question, *, language: Language) -> tuple[str, Html]:
    """Return the title and the content of the page that asks a person."""
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
    return element(
        "form",
        _hidden("csrf", asked.csrf),
        _hidden("client_id", asked.client.id),
        _hidden("request_uri", HANDLE + asked.handle),
        _choice(asked.organisations, language),
        element(
            "p",
            _button("allow", wording.ALLOW.told(language)) if asked.organisations else "",
            _button("refuse", wording.REFUSE.told(language)),
        ),
        method="post",
        action="/oauth/consent",
    )


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


def _hidden(name: str, value: str) -> Html:
    return element("input", type="hidden", name=name, value=value)


def _button(decision: str, says: str) -> Html:
    # Whoever refuses need not choose an organisation first.
    more = {"formnovalidate": ""} if decision == "refuse" else {}
    return element("button", says, type="submit", name="decision", value=decision, **more)
