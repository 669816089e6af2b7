"""The frame of all pages on which people log in, answer clients, and see their account."""

from collections.abc import Iterable
from importlib.resources import files
from typing import Final
from urllib.parse import parse_qsl, urlencode

from litestar import Response

from ecosystem.identity.login import cookies, wording
from ecosystem.identity.login.languages import TAGS, Language, language_of
from ecosystem.runtime.markup import Html, Part, element, joined, link
from ecosystem.runtime.web import Call

STYLE: Final = "/login/style.css"
STYLE_SHEET: Final = (files("ecosystem.identity.login") / "style.css").read_bytes()
_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
_YEAR_S: Final = 31_536_000
_OTHER: Final[dict[Language, Language]] = {"zh": "en", "en": "zh"}


def language_for(call: Call, *, asked: str | None = None) -> Language:
    """Return the language for a page: as the person chose, the client asked, or the browser says.

    A choice in this address (`lang`) is kept in a cookie. `asked` is what a client said in
    `ui_locales`.
    """
    chosen = _queries(call).get("lang")
    if chosen in TAGS:
        cookies.keep(call, cookies.LANGUAGE, chosen, seconds=_YEAR_S)
    else:
        chosen = cookies.read(call, cookies.LANGUAGE)
    return language_of(chosen, asked, call.header(b"accept-language"))


def page(
    call: Call,
    title: str,
    *content: Part,
    language: Language,
    status: int = 200,
    leads: str = "",
    here: str | None = None,
    scripts: Iterable[str] = (),
) -> Response[bytes]:
    """Return a whole page that nobody keeps or frames.

    A form on it may lead to this service, and on from there to `leads`. `here` is where the
    page is found, unless it is the address that was read. `scripts` are addresses of scripts
    of this service, for the few pages that need one.
    """
    loaded = [element("script", src=one, defer="") for one in scripts]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{title} - {wording.NAME.told(language)}"),
        element("link", rel="stylesheet", href=STYLE),
        *loaded,
    )
    skip = element("a", wording.SKIP.told(language), href="#content", class_="skip")
    main = element("main", *content, id="content")
    body = element("body", skip, _header(here or _here(call), language), main)
    whole = element("html", head, body, lang=TAGS[language])
    script_src = "; script-src 'self'; connect-src 'self'" if loaded else ""
    policy = f"{_POLICY}; form-action 'self'{f' {leads}' if leads else ''}{script_src}"
    headers = {"content-security-policy": policy, "cache-control": "no-store"}
    return call.answer(f"<!doctype html>\n{whole}\n".encode(), status=status, headers=headers)


def form(action: str, *content: Part, hidden: dict[str, str]) -> Html:
    """Return a form that brings `hidden` along."""
    kept = (element("input", type="hidden", name=n, value=v) for n, v in hidden.items())
    return element("form", *kept, *content, method="post", action=action)


def field(
    name: str, label: str, *, kind: str, autocomplete: str, wrong: str = "", hint: str = "",
    value: str = "",
) -> Html:  # fmt: skip
    """Return a field under its label; what is wrong with it stands beside it, and is announced."""
    told = {"hint": hint, "wrong": wrong}
    notes = {part: text for part, text in told.items() if text}
    more = {"value": value} if value else {}
    if wrong:
        more |= {"aria_invalid": "true", "autofocus": ""}
    if notes:
        more["aria_describedby"] = " ".join(f"{name}-{part}" for part in notes)
    entry = element(
        "input", id=name, name=name, type=kind, autocomplete=autocomplete, required="",
        autocapitalize="none", spellcheck="false", **more,
    )  # fmt: skip
    return element(
        "div",
        element("label", label, for_=name),
        *(element("p", text, id=f"{name}-{part}", class_=part) for part, text in notes.items()),
        entry,
        class_="field",
    )


def notice(text: str, *, is_wrong: bool = False) -> Html:
    """Return what must be read first; what went wrong is announced at once."""
    return element("p", text, role="alert" if is_wrong else "status", class_="notice")


def button(says: str, *, quiet: bool = False, **more: str) -> Html:
    """Return the button that sends a form."""
    kind = {"class_": "quiet"} if quiet else {}
    return element("button", says, type="submit", **kind, **more)


def _header(here: str, language: Language) -> Html:
    other = _OTHER[language]
    to = element(
        "a",
        wording.OTHER_LANGUAGE.told(language),
        href=f"{here}{'&' if '?' in here else '?'}lang={other}",
        lang=TAGS[other],
        hreflang=TAGS[other],
    )
    return element("header", joined(link("/", wording.NAME.told(language)), to))


def _here(call: Call) -> str:
    """Return the address that was read, without the choice of a language."""
    kept = {name: value for name, value in _queries(call).items() if name != "lang"}
    path: str = call.scope["path"]
    return f"{path}?{urlencode(kept)}" if kept else path


def _queries(call: Call) -> dict[str, str]:
    query: bytes = call.scope["query_string"]
    return dict(parse_qsl(query.decode("latin-1"), errors="replace"))
