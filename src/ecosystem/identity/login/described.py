"""The forms and the query of the login pages, for the published description."""

from typing import Any, Final

_TEXT: Final = {"type": "string", "maxLength": 4_096}
_THEN: Final = {**_TEXT, "description": "A path of this service, to go on to."}
_CSRF: Final = {**_TEXT, "description": "As the page has it."}
ENTRY: Final[dict[str, Any]] = dict.fromkeys(("then", "acr", "again", "ui_locales", "lang"), str)
PAGE: Final[dict[str, Any]] = {"lang": str}
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
