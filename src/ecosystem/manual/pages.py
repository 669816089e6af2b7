"""The pages: what this is, where to look, and what each problem means."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from ecosystem.manual.describe import ProblemType
from ecosystem.runtime.chinese import Said
from ecosystem.runtime.markup import (
    Html,
    Part,
    code,
    element,
    joined,
    line,
    link,
    prose,
    styled_by,
    table,
)
from ecosystem.runtime.problems import EDGE_TYPES
from ecosystem.values.languages import TAGS

_ZH: Final = TAGS["zh"]
_STYLE: Final = (files("ecosystem.manual") / "style.css").read_text(encoding="utf-8")

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": styled_by(_STYLE),
    "cache-control": "public, max-age=60",
}
"""What every page is sent with: it may load nothing, and only its own style applies."""


def page(title: str, *content: Part, contents: Html | None = None) -> bytes:
    """Return a whole page; `contents` stands beside it where there is room."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title if title == "Ecosystem" else f"{title} - Ecosystem"),
        element("style", Html(_STYLE)),
    )
    frame = element(
        "div",
        _header(),
        contents or "",
        element("main", *content, id="content"),
        class_="frame two" if contents else "frame",
    )
    skip = link("#content", "Skip to the content").replace("<a ", '<a class="skip" ', 1)
    whole = element("html", head, element("body", Html(skip), frame), lang="en")
    return f"<!doctype html>\n{whole}\n".encode()


def home(*, sandbox: bool) -> bytes:
    """Return the first page: what this is, and where to look."""
    notice = element(
        "p",
        "This is a sandbox: its parties are invented, its clock can be moved, and no money moves.",
        class_="notice",
    )
    return page(
        "Ecosystem",
        element("h1", "Cities buy digital operation by its outcomes"),
        element("p", _WHAT, class_="lead"),
        element("p", _WHAT_ZH, class_="lead", lang=_ZH),
        notice if sandbox else "",
        element("div", *(_card(*card) for card in _CARDS), class_="cards"),
    )


def problem_index(types: Iterable[ProblemType]) -> bytes:
    """Return the page that lists every type of problem."""
    rows = (
        [
            str(one.status),
            link(f"/problems/{one.code}", code(one.code)),
            f"{one.title}.",
            element("span", f"{one.chinese.title}。", lang=_ZH) if one.chinese else "",
        ]
        for one in types
    )
    return page(
        "Problems",
        element("h1", "Problems"),
        element("p", line(_PROBLEMS), class_="lead"),
        table(("Status", "Code", "Meaning", "含义"), rows),
    )


def problem(type_: ProblemType) -> bytes:
    """Return the page that a problem's `type` leads to."""
    status = f"{type_.status} {HTTPStatus(type_.status).phrase}"
    anywhere = "Any operation can answer with it."
    nowhere = "No operation does; programs that compute, seal or open say so."
    where: Html = element("p", anywhere if type_.code in EDGE_TYPES else nowhere)
    if type_.operations:
        names = (element("li", link(f"/docs#{name}", code(name))) for name in type_.operations)
        where = element("ul", *names)
    return page(
        type_.title,
        element("h1", type_.title),
        element("p", code(type_.code), f", HTTP status {status}", class_="quiet"),
        prose(type_.meaning),
        element("h2", "What to do"),
        prose(type_.remedy),
        _in_chinese(type_.chinese) if type_.chinese else "",
        element("h2", "Which operations answer with it"),
        where,
        element("p", link("/problems", "All problems")),
    )


def _in_chinese(said: Said) -> Html:
    return element(
        "section",
        element("h2", said.title),
        prose(said.meaning),
        element("h2", "如何处理"),
        prose(said.remedy),
        lang=_ZH,
    )


def _header() -> Html:
    name = element("a", "Ecosystem", href="/", class_="name")
    places = (
        link("/docs", "Reference"),
        link("/problems", "Problems"),
        link("/openapi.json", "OpenAPI"),
    )
    return element("header", element("nav", name, *places, aria_label="Pages"))


def _card(title: str, text: str, links: tuple[tuple[str, str], ...]) -> Html:
    items = (element("li", link(to, name)) for to, name in links)
    return element("section", element("h2", title), prose(text), element("ul", joined(*items)))


_WHAT: Final = (
    "Governments publish needs, enterprises, think tanks and financial institutions offer, "
    "awards become contracts, verified outcomes become payments, and auditors read the history "
    "of everything."
)
_WHAT_ZH: Final = (
    "政府发布需求，企业、智库与金融机构响应，中选者签订合同，"
    "经核验的成果转化为支付，审计可查阅全部历史。"
)
_PROBLEMS: Final = (
    "An error is answered as `application/problem+json` (RFC 9457). Its `code` is stable and "
    "for programs, its `type` leads to the page of that code, its `detail` says what is wrong "
    "this time and what would satisfy the rule. `Accept-Language: zh` has it "
    "told in Chinese."
)
_CARDS: Final = (
    (
        "Build on it",
        "Every operation with its fields, its scopes and everything that it can answer.",
        (("/docs", "Reference"), ("/openapi.json", "OpenAPI description")),
    ),
    (
        "Get a token",
        "Programs prove who they are with a signed assertion, or read with a secret.",
        (
            ("/docs#get_token", "How to get a token"),
            ("/.well-known/oauth-authorization-server", "Authorisation server"),
        ),
    ),
    (
        "See what is public",
        "Needs, the parties and what has happened, without a token.",
        (
            ("/v1/needs", "Needs"),
            ("/v1/organisations", "Organisations"),
            ("/v1/events", "Events, in the order in which they were recorded"),
        ),
    ),
    (
        "When something is refused",
        "Each refusal names the rule, and what would satisfy it.",
        (("/problems", "All problems"), ("/health/ready", "Whether the service is ready")),
    ),
)
