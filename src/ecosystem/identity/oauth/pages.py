"""The frame of the pages of the authorisation server."""

from litestar import Response

from ecosystem.identity.oauth.wording import Language
from ecosystem.runtime.markup import Html, element
from ecosystem.runtime.web import Call

_TAG = {"zh": "zh-Hans", "en": "en"}


def page(
    call: Call,
    title: str,
    content: Html,
    *,
    language: Language,
    status: int = 200,
    leads: str | None = None,
) -> Response[bytes]:
    """Return a whole page that nobody keeps or frames; a form on it may lead to `leads`."""
    head = element("head", element("meta", charset="utf-8"), element("title", title))
    whole = element("html", head, element("body", element("main", content)), lang=_TAG[language])
    form = f"'self' {leads}" if leads else "'none'"
    policy = f"default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action {form}"
    headers = {"content-security-policy": policy, "cache-control": "no-store"}
    return call.answer(f"<!doctype html>\n{whole}\n".encode(), status=status, headers=headers)
