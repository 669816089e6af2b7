"""What a request is made of, for the published description: parameters, headers, body."""

import re
from collections.abc import Mapping
from typing import Any, Final

from ecosystem.runtime.openapi_schemas import Schemas, has_form
from ecosystem.runtime.operation import Operation
from ecosystem.values.identifiers import pattern
from ecosystem.values.media import TYPES
from ecosystem.values.patterns import published
from ecosystem.values.rows import CSV, JSON, NDJSON

_PREFIXES: Final = {"organisation": "org"}
_RULES: Final = {"form_id": "^[a-z][a-z0-9-]{1,63}$"}
_NAME: Final = "^[A-Za-z0-9._-]+$"
_KEY: Final = r"^[\x21\x23-\x7e]{1,255}$"
_ETAG: Final = r'^(\*|"v[1-9][0-9]{0,8}(\.[a-z0-9_]+)*")$'
_OF_FILES: Final = (
    (
        "Content-Digest",
        "SHA-256 of the body, in base64 between colons (RFC 9530).",
        "^sha-256=:[A-Za-z0-9+/]{43}=:$",
    ),
    (
        "Content-Disposition",
        "The name of the file, percent-encoded (RFC 6266, RFC 8187).",
        r"^attachment; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+$",
    ),
)
PARTS: Final = "application/partial-upload"
_OF_PARTS: Final = (
    ("Upload-Offset", "Where the part begins: where the upload ends.", "^[0-9]{1,15}$"),
    ("Upload-Complete", "`?1` where the part is the last, else `?0`.", r"^\?[01]$"),
)
_BINARY: Final[Mapping[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_FORM: Final = "application/x-www-form-urlencoded"
_GRANT: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "scope": {"type": "string", "description": "Scopes between spaces; by default all."},
        "client_assertion_type": {
            "const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        },
        "client_assertion": {"type": "string", "description": "A signed JWT (RFC 7523)."},
    },
    "required": ["grant_type"],
}
"""The form of RFC 6749, section 4.4.2, and RFC 7523, section 2.2."""


def parameters(one: Operation, schemas: Schemas) -> list[dict[str, Any]]:
    """Return what stands in the path, in the query and in the headers, in this order."""
    return [*_path(one), *_query(one, schemas), *_headers(one)]


def body(one: Operation, schemas: Schemas, example: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the body is, or None where there is none."""
    if one.rows is not None:
        return {"required": True, "content": _rows(one, schemas, example)}
    if has_form(one.body):
        content: dict[str, Any] = {"schema": schemas.of(one, "body")}
    elif one.accepts == _FORM:
        content = {"schema": dict(one.form or _GRANT)}
    elif one.accepts == "*/*":
        return {"required": True, "content": {kind: dict(_BINARY) for kind in sorted(TYPES)}}
    elif one.accepts == PARTS:
        return {"required": True, "content": {PARTS: dict(_BINARY)}}
    else:
        return None
    if "body" in example:
        content["example"] = example["body"]
    return {"required": True, "content": {one.accepts: content}}


def _rows(one: Operation, schemas: Schemas, example: Mapping[str, Any]) -> dict[str, Any]:
    """Return the three forms of rows; only the first can be described row by row."""
    array = {"type": "array", "minItems": 1, "items": schemas.of(one, "rows")}
    said = {
        NDJSON: "One row a line, as an item of the JSON array is.",
        CSV: "UTF-8 (RFC 4180); the first line names the columns as the fields are named, and an "
        "empty cell is a field left out.",
    }
    content: dict[str, Any] = {JSON: {"schema": array}}
    for media_type, text in said.items():
        content[media_type] = {"schema": {"type": "string", "minLength": 1, "description": text}}
    if "body" in example:
        content[JSON]["example"] = example["body"]
    return content


def _path(one: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _about(name),
            "schema": {"type": "string", "pattern": _rule(name)},
        }
        for name in re.findall(r"\{(\w+)\}", one.path)
    ]


def _about(name: str) -> str:
    kind = name.removesuffix("_id")
    return f"Identifier of the {kind}." if kind != name else f"The {name} of the thing."


def _rule(name: str) -> str:
    if name in _RULES or not name.endswith("_id"):
        return _RULES.get(name, _NAME)
    kind = name.removesuffix("_id")
    return published(pattern(_PREFIXES.get(kind, kind)))


def _query(one: Operation, schemas: Schemas) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in one.queries:
        described = _plain(schemas.of(one, f"?{name}"))
        default = one.defaults.get(name)
        if default is not None and default != "":
            described["default"] = default
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name not in one.defaults,
                "description": one.told.get(name) or described.pop("description", ""),
                "schema": described,
            }
        )
    return found


def _plain(described: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without null: a query parameter is left out, never null."""
    options = [one for one in described.get("anyOf", ()) if one.get("type") != "null"]
    return dict(options[0]) if len(options) == 1 else dict(described)


def _headers(one: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if one.method == "POST" and not one.permit.is_public() and not one.late:
        text = "A new random key for each new request; the same one when it is sent again."
        kind: dict[str, Any] = {"type": "string", "pattern": _KEY}
        found.append(_header("Idempotency-Key", text, kind, required=one.key_required))
    if one.changes:
        text = "The ETag of the version that is changed; `*` changes whatever there is."
        kind = {"type": "string", "pattern": _ETAG, "examples": ['"v1"']}
        found.append(_header("If-Match", text, kind, required=True))
    if one.accepts == "*/*":
        found += _headers_of(_OF_FILES)
    if one.accepts == PARTS:
        found += _headers_of(_OF_PARTS)
    return found


def _headers_of(fields: tuple[tuple[str, str, str], ...]) -> list[dict[str, Any]]:
    return [
        _header(name, text, {"type": "string", "pattern": rule}, required=True)
        for name, text, rule in fields
    ]


def _header(name: str, text: str, kind: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": text, "schema": kind}
