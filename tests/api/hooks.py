"""What schemathesis is told of the world that it searches; it loads this module itself.

`$SEARCHED/world.json` holds what `tests.api.searching` has learned: identifiers by the names
of path parameters, bodies that were accepted by the names of operations, and who is good for
which operation.
"""

import json
import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.parameters import ParameterLocation
from schemathesis.schemas import BaseSchema
from schemathesis.wfc.escalation import escalating_provider

_WORLD: Final[dict[str, dict[str, Any]]] = json.loads(
    Path(os.environ["SEARCHED"], "world.json").read_text(encoding="utf-8")
)

_NUMBERS: Final = count(1)

schemathesis.serializer.alias("application/partial-upload", "application/octet-stream")


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Give every operation what there is in this very world, in place of other examples."""
    del context
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            for parameter in operation["parameters"]:
                known = _WORLD["identifiers"].get(parameter["name"])
                if parameter["in"] == "path" and known:
                    rule = {"pattern": parameter["schema"].pop("pattern")}
                    parameter["schema"] |= {"anyOf": [{"enum": known}, rule], "examples": known[:1]}
            contents = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (one for part in contents for one in part.get("content", {}).values()):
                content.pop("example", None)
            if (body := _WORLD["bodies"].get(operation["operationId"])) is not None:
                operation["requestBody"]["content"]["application/json"]["example"] = body


@schemathesis.hook
def after_load_schema(context: HookContext, schema: BaseSchema) -> None:
    """Have each operation called by who may call it."""
    del context
    _appoint(schema)


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    """Keep it so: a refusal would have the next of them try, down to the last."""
    del context, response
    _appoint(case.operation.schema)


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Send what no schema can say: a key of its own, the last version, and no made-up cursor.

    A key that is sent again with another body is refused for that alone, and what comes after
    would never be reached. A cursor is signed: only the service can make one. Where the search
    means to send something wrong, it is sent as it is.
    """
    del context, kwargs
    if _is_right(case, ParameterLocation.HEADER, "Idempotency-Key"):
        case.headers["Idempotency-Key"] = f"search-{next(_NUMBERS)}"
    if _is_right(case, ParameterLocation.HEADER, "If-Match"):
        case.headers["If-Match"] = "*"
    if _is_right(case, ParameterLocation.QUERY, "cursor"):
        del case.query["cursor"]


def _is_right(case: Case[Any], location: ParameterLocation, name: str) -> bool:
    """Tell whether a case holds a parameter that it does not mean to be wrong."""
    held = case.get_container(location)
    if case.meta is None or not isinstance(held, Mapping) or name not in held:
        return False
    said = case.meta.phase.data
    if said.parameter_location is location and said.parameter in {None, name}:
        return not case.meta.is_negative_at(location)
    mutated = {(one.parameter_location, one.parameter) for one in getattr(said, "mutations", ())}
    return not mutated & {(location, None), (location, name)}


def _appoint(schema: BaseSchema) -> None:
    provider = escalating_provider(schema)
    if provider is not None:
        provider.restore(_WORLD["identities"])
