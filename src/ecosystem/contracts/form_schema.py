"""The JSON Schemas of standard forms and of payment rules, made from the Structs that read them."""

import json
from typing import Any, Final

import msgspec

from ecosystem.contracts.form_shapes import Form
from ecosystem.contracts.payment_rules import PaymentRule
from ecosystem.values.patterns import published

_PLACEHOLDER: Final = {"type": "string", "pattern": r"^\{[^{}]+\}$"}
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NAMES: Final = frozenset({"code", "metric", "milestone", "shape"})
Schema = dict[str, Any]


def schema() -> bytes:
    """Return the JSON Schema (2020-12) of a form, indented, in UTF-8, ending with a newline.

    In payment rules `currency` may be left out, and every number and amount may be a
    placeholder. What a schema cannot say, `forms.parse` checks.
    """
    (form, rule), parts = _components(Form, PaymentRule)
    _, own = _components(Form)
    for name in parts.keys() - own.keys():
        _loosen(parts[name])
    parts["Form"]["properties"]["payment_rules"]["items"] = rule
    whole: Schema = {"$schema": _DIALECT, **form, "$defs": dict(sorted(parts.items()))}
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


def rules_schema() -> str:
    """Return the JSON Schema (2020-12) of the payment rules of a contract, as `schema` does.

    Whether edges meet, weights add up and names exist, `rule_checks` says.
    """
    (rule,), parts = _components(PaymentRule)
    whole: Schema = {
        "$schema": _DIALECT,
        "title": "Payment rules",
        "type": "array",
        "items": rule,
        "$defs": dict(sorted(parts.items())),
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _components(*types: Any) -> tuple[tuple[Schema, ...], dict[str, Schema]]:
    made = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    return msgspec.json.decode(
        published(msgspec.json.encode(made).decode()),
        type=tuple[tuple[Schema, ...], dict[str, Schema]],
    )


def _loosen(part: Schema) -> None:
    """Let placeholders stand for the numbers of one part of a payment rule."""
    part["required"] = [name for name in part.get("required", ()) if name != "currency"]
    properties: dict[str, Schema] = part.get("properties", {})
    for name, said in properties.items():
        if name in _NAMES:
            continue
        if "anyOf" in said:
            said["anyOf"] = [*said["anyOf"], _PLACEHOLDER]
        elif said.get("type") == "integer" or "pattern" in said:
            default = {"default": said.pop("default")} if "default" in said else {}
            properties[name] = {"anyOf": [said, _PLACEHOLDER], **default}
