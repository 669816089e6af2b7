"""What stands about passkeys on the pages of login and account."""

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import Final

from ecosystem.identity.login import pages
from ecosystem.identity.login.languages import Language, Said
from ecosystem.identity.login.passkeys import rules, wording
from ecosystem.identity.login.passkeys.model import Login, Passkey
from ecosystem.runtime.markup import Html, element, joined, link
from ecosystem.values.refusal import Refusal

SCRIPT: Final = "/login/passkeys.js"
SCRIPT_TEXT: Final = (files("ecosystem.identity.login.passkeys") / "passkeys.js").read_bytes()
LOGIN: Final = "/login/passkey"
LOGIN_OPTIONS: Final = "/login/passkey/options"
ADD: Final = "/account/passkeys"
ADD_OPTIONS: Final = "/account/passkeys/options"
RENAME: Final = "/account/passkeys/name"
REMOVE: Final = "/account/passkeys/removal"


def step(*, named: bool, hidden: dict[str, str], language: Language) -> Html:
    """Return the form that logs in by a passkey; `named` tells whether there can be any here."""
    if not named:
        return element("p", wording.NO_NAME.told(language), class_="hint")
    return _asking(
        LOGIN,
        pages.button(wording.LOG_IN.told(language)),
        asks=LOGIN_OPTIONS,
        hidden=hidden,
        language=language,
    )


def section(
    mine: Sequence[Passkey],
    login: Login,
    *,
    named: bool,
    csrf: str,
    language: Language,
    wrong: str = "",
) -> Html:
    """Return a person's passkeys, and what she may do with them just now."""
    lacking = _lacking(login)
    rows = [_row(one, csrf=csrf, may_change=lacking is None, language=language) for one in mine]
    return element(
        "section",
        element("h2", wording.PASSKEYS.told(language), id="passkeys"),
        element("p", wording.WHAT.told(language)),
        pages.notice(wrong, is_wrong=True) if wrong else "",
        element("ul", *rows, class_="rows") if rows else element("p", wording.NONE.told(language)),
        _again(lacking, login, language)
        if lacking is not None
        else _adding(named=named, csrf=csrf, language=language),
    )


def _lacking(login: Login) -> Said | None:
    try:
        rules.check_login(login)
    except Refusal as refusal:
        return wording.REFUSED[type(refusal)]
    return None


def _again(lacking: Said, login: Login, language: Language) -> Html:
    strong = "&acr=phr" if login.passkeys else ""
    to = f"/login?then=%2Faccount&again=1{strong}"
    said = wording.LOG_IN_AGAIN if lacking is wording.LOG_IN_AGAIN else wording.LOG_IN_BY_PASSKEY
    return element("p", link(to, said.told(language)))


def _adding(*, named: bool, csrf: str, language: Language) -> Html:
    if not named:
        return element("p", wording.NO_NAME.told(language), class_="hint")
    return _asking(
        ADD,
        pages.field(
            "label", wording.LABEL.told(language), kind="text", autocomplete="off",
            hint=wording.LABEL_HINT.told(language),
        ),
        pages.button(wording.ADD.told(language)),
        asks=ADD_OPTIONS,
        hidden={"csrf": csrf},
        language=language,
    )  # fmt: skip


def _asking(
    action: str, *content: Html, asks: str, hidden: dict[str, str], language: Language
) -> Html:
    """Return a form that the script shows, in place of the sentence that one is needed."""
    kept = (
        element("input", type="hidden", name=name, value=value)
        for name, value in {**hidden, "credential": ""}.items()
    )
    failed = element(
        "p", wording.FAILED.told(language), role="alert", class_="notice", hidden="", data_failed=""
    )
    return joined(
        element("p", wording.NEEDS_SCRIPT.told(language), class_="hint"),
        element("p", wording.UNSUPPORTED.told(language), class_="hint", hidden=""),
        element(
            "form", *kept, failed, *content, method="post", action=action, hidden="",
            data_asks=asks,
        ),
    )  # fmt: skip


def _row(one: Passkey, *, csrf: str, may_change: bool, language: Language) -> Html:
    separator = "，" if language == "zh" else ", "
    said = element(
        "span", element("b", one.label), element("br"), separator.join(_told(one, language))
    )
    return element("li", said, _changes(one, csrf=csrf, language=language) if may_change else "")


def _told(one: Passkey, language: Language) -> list[str]:
    told = [wording.ADDED.told(language, at=_minute(one.created_at))]
    told += [
        wording.NEVER_USED.told(language)
        if one.used_at is None
        else wording.USED.told(language, at=_minute(one.used_at))
    ]
    told += [wording.BACKED_UP.told(language)] if one.backed_up else []
    if one.suspected_at is not None:
        told.append(wording.SUSPECTED.told(language, at=_minute(one.suspected_at)))
    return told


def _changes(one: Passkey, *, csrf: str, language: Language) -> Html:
    hidden = {"csrf": csrf, "passkey": one.id}
    name = element(
        "input", name="label", type="text", value=one.label, required="",
        maxlength=str(rules.LABEL_CHARACTERS_MAX), autocomplete="off",
        aria_label=wording.NEW_LABEL.told(language, label=one.label),
    )  # fmt: skip
    rename = pages.button(wording.RENAME.told(language), quiet=True)
    removal = pages.button(wording.REMOVE.told(language), quiet=True)
    return element(
        "details",
        element("summary", f"{wording.RENAME.told(language)} / {wording.REMOVE.told(language)}"),
        pages.form(RENAME, element("div", name, class_="field"), rename, hidden=hidden),
        pages.form(REMOVE, removal, hidden=hidden),
    )


def _minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
