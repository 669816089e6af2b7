"""The forms and the query of the login pages, for the published description."""

from typing import Annotated, Any, Final

from msgspec import Meta

_TEXT: Final = {"type": "string", "maxLength": 4_096}
_THEN: Final = {**_TEXT, "description": "A path of this service, to go on to."}
_CSRF: Final = {**_TEXT, "description": "As the page has it."}
_LANG: Final = "The language of the page: `zh` or `en`."
_ENTRY: Final = {
    "then": "A path of this service, to go on to; by default the account.",
    "acr": "`phr` where the person must log in by her passkey.",
    "again": "`1` where she must log in once more.",
    "ui_locales": "Languages between spaces, the preferred one first.",
    "lang": _LANG,
}
ENTRY: Final[dict[str, Any]] = {
    name: Annotated[str, Meta(description=text)] for name, text in _ENTRY.items()
}
PAGE: Final[dict[str, Any]] = {"lang": ENTRY["lang"]}
LINKED: Final[dict[str, Any]] = {
    "code": Annotated[str, Meta(description="The code that the link holds.")],
    **PAGE,
}
LOGIN: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "csrf": _CSRF,
        "username": _TEXT,
        "password": _TEXT,
        "then": _THEN,
        "acr": {"const": "phr"},
        "again": {"const": "1"},
        "ui_locales": _TEXT,
    },
    "required": ["csrf", "username", "password"],
}
LOGOUT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"csrf": _CSRF, "then": _THEN},
    "required": ["csrf"],
}
PASSWORD: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "csrf": _CSRF,
        "username": {**_TEXT, "description": "Not read; for managers of passwords."},
        "present": _TEXT,
        "new": {**_TEXT, "description": "12 to 128 characters."},
        "again": {**_TEXT, "description": "The new one, once more."},
    },
    "required": ["csrf", "present", "new", "again"],
}
SESSIONS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "csrf": _CSRF,
        "session": {**_TEXT, "description": "Which one ends, as the page has it, or `others`."},
    },
    "required": ["csrf", "session"],
}
