"""The forms of passkeys, and what browsers are told to ask an authenticator, as published."""

from typing import Any, Final

import msgspec

_TEXT: Final = {"type": "string", "maxLength": 4_096}
_CSRF: Final = {**_TEXT, "description": "As the page has it."}
_CREDENTIAL: Final = {
    "type": "string",
    "maxLength": 8_192,
    "description": "What the browser's `PublicKeyCredential` is as JSON (`toJSON()`).",
}
_PASSKEY: Final = {**_TEXT, "description": "Which one, as the page has it."}
_LABEL: Final = {**_TEXT, "description": "1 to 60 characters that can be seen."}


class Asked(msgspec.Struct, frozen=True):
    """What a browser is to ask an authenticator."""

    publicKey: dict[str, Any]  # noqa: N815 - as browsers name it
    """Options of Web Authentication, section 5.4 or 5.5, in JSON; good for five minutes."""


LOGIN: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "csrf": _CSRF,
        "credential": _CREDENTIAL,
        "then": {**_TEXT, "description": "A path of this service, to go on to."},
        "acr": {"const": "phr"},
        "again": {"const": "1"},
        "ui_locales": _TEXT,
    },
    "required": ["csrf", "credential"],
}
ADD: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"csrf": _CSRF, "credential": _CREDENTIAL, "label": _LABEL},
    "required": ["csrf", "credential", "label"],
}
RENAME: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"csrf": _CSRF, "passkey": _PASSKEY, "label": _LABEL},
    "required": ["csrf", "passkey", "label"],
}
REMOVE: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"csrf": _CSRF, "passkey": _PASSKEY},
    "required": ["csrf", "passkey"],
}
