"""Parameters of a request to the authorisation server: each once, of characters that may be."""

import re
from typing import Final
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import InvalidRequestError

TEXT: Final = re.compile(r"[\x20-\x7e]*")
"""VSCHAR: what any parameter may hold. Source: RFC 6749, appendix A."""
PLAIN: Final = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
"""VSCHAR without quotes and backslashes, which no parameter of a token request needs."""
_FIELDS_MAX: Final = 25
_VALUE_CHARACTERS_MAX: Final = 8_192


def parameters(text: bytes, *, of: re.Pattern[str] = TEXT) -> dict[str, str]:
    """Return the parameters of a form or a query; none of them twice, and at most 25.

    Refuses with InvalidRequestError. Source: RFC 6749, sections 3.1 and 3.2.
    """
    try:
        pairs = parse_qsl(
            text.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(text),
            max_num_fields=_FIELDS_MAX,
            errors="strict",
        )
    except ValueError:
        raise InvalidRequestError("The body is not a form.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise InvalidRequestError("A parameter is given twice.")
    if not all(of.fullmatch(part) for pair in pairs for part in pair):
        raise InvalidRequestError("A parameter holds characters that none may hold.")
    if any(len(value) > _VALUE_CHARACTERS_MAX for value in form.values()):
        raise InvalidRequestError("A parameter is longer than any needs to be.")
    return form
