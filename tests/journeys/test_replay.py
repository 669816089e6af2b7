"""The log alone reproduces every decision: who decided what, on which facts, by which rule."""

import ast
import asyncio
import hashlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import asyncpg
import msgspec
import pytest

import ecosystem
from ecosystem.awards import rules as awards
from ecosystem.awards.challenges import rules as challenges
from ecosystem.history import model
from ecosystem.history.past.model import REMEMBERED
from ecosystem.identity import rules as identity
from ecosystem.identity.people import rules as people
from ecosystem.outcomes import rules as outcomes
from ecosystem.payments import engine
from ecosystem.payments import rules as payments
from ecosystem.values.actor import Actor
from tests.journeys.conftest import Journey

ROOT = Path(ecosystem.__file__).parent
Rule = Callable[..., Any]
ELSEWHERE: dict[str, Rule] = {
    "organisation.verified": identity.verify,
    "organisation.suspended": identity.suspend,
    "client.deactivated": identity.deactivate,
    "person.roles_changed": people.change_roles,
    "person.left": people.leave,
    "person.deactivated": people.deactivate,
    "person.reactivated": people.reactivate,
    "need.awarded": awards.approve,
    "need.cancelled": challenges.decide,
    "need.reopened": challenges.decide,
    "award.cancelled": challenges.decide,
    "observation.superseded": outcomes.report,
    "payment.computed": payments.compute,
}
"""Rules whose decision another function records than the one that asked for it.

So the code does not say beside the event which rule it was, and this does; the log decides them
again as all others: here where the journey has them, `observation.superseded` in
`tests/outcomes/test_actions.py`, and those of identity in `tests/identity/test_history.py`.
"""
CALCULATED = "calculation.made"
"""Decided by the engine, whose document holds its own facts and rules."""


def _recorded() -> set[str]:
    """Return the types of event that any action records by name."""
    return {
        kind
        for file, module in _modules()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("record")
        for kind in _kinds(node, within=module)
    }


def _modules() -> Iterator[tuple[Path, ModuleType]]:
    for file in ROOT.rglob("*actions.py"):
        name = ".".join(("ecosystem", *file.relative_to(ROOT).with_suffix("").parts))
        yield file, import_module(name)


def _rules() -> dict[str, list[Rule]]:
    """Return the rules that decide each type of event, as the actions call them."""
    found: dict[str, list[Rule]] = {kind: [rule] for kind, rule in ELSEWHERE.items()}
    for file, module in _modules():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
                for kind, name in _decided(function, within=module):
                    rule = getattr(module.rules, name)
                    found.setdefault(kind, []).append(rule)
    return found


def _decided(
    function: ast.AsyncFunctionDef | ast.FunctionDef, *, within: ModuleType
) -> Iterator[tuple[str, str]]:
    decided = {
        target.id: node.value.func.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and isinstance(node.value.func.value, ast.Name)
        and node.value.func.value.id == "rules"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("record"):
            names = [
                one.value.id
                for one in node.keywords
                if one.arg == "decision" and isinstance(one.value, ast.Name)
            ]
            if names and names[0] in decided:
                for kind in _kinds(node, within=within):
                    yield kind, decided[names[0]]


def _kinds(call: ast.Call, *, within: ModuleType) -> Iterator[str]:
    """Yield the types of event that are recorded: the one that is named, or those of a table."""
    for one in call.args:
        if isinstance(one, ast.Constant):
            yield str(one.value)
        elif isinstance(one, ast.Subscript) and isinstance(one.value, ast.Name):
            table = getattr(within, one.value.id, None)
            yield from table.values() if isinstance(table, dict) else ()


@pytest.fixture(scope="module")
def events(journey: Journey) -> list[asyncpg.Record]:
    async def read() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(journey.owner_url)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(
                "SELECT * FROM event ORDER BY authority_id, stream, version"
            )
            return rows
        finally:
            await connection.close()

    return asyncio.run(read())


def test_whatever_an_action_records_a_rule_decides() -> None:
    assert _recorded() - set(_rules()) == {CALCULATED}


def test_every_type_of_event_is_decided_by_a_rule(events: list[asyncpg.Record]) -> None:
    assert {row["type"] for row in events} - set(_rules()) == {CALCULATED}


def test_each_rule_decides_again_what_the_log_says(events: list[asyncpg.Record]) -> None:
    rules = _rules()

    for row in events:
        if row["type"] == CALCULATED:
            continue
        body = msgspec.json.decode(row["body"])
        again = [_decide(rule, body, at=row["recorded_at"]) for rule in rules[row["type"]]]
        assert body["decision"] in again, row["type"]


def test_each_calculation_recomputes_to_the_last_cent(events: list[asyncpg.Record]) -> None:
    made = [row for row in events if row["type"] == CALCULATED]

    assert made
    for row in made:
        document = msgspec.json.decode(row["body"])["decision"]
        assert engine.recompute(model.canonical(document)).is_identical()


def _decide(rule: Rule, body: dict[str, Any], *, at: Any) -> Any:
    hints = get_type_hints(rule)
    (facts_name,) = [name for name in hints if name not in {"by", "at", "return"}]
    try:
        facts = msgspec.convert(body["facts"], hints[facts_name])
    except msgspec.ValidationError:
        return None  # Another rule decides events of this type, too.
    known = {"by": msgspec.convert(body["by"], Actor), "at": at}
    decision = rule(facts, **{name: known[name] for name in known if name in hints})
    return msgspec.json.decode(model.canonical(decision))


def test_each_digest_and_each_chain_of_hashes_recomputes(events: list[asyncpg.Record]) -> None:
    previous: dict[str, bytes] = {}
    for row in events:
        body = row["body"].encode() if isinstance(row["body"], str) else row["body"]
        assert model.body_digest(body, salt=row["salt"]) == row["body_digest"]
        first, second = model.header_parts(
            authority=row["authority_id"],
            digest=row["body_digest"],
            event_id=row["id"],
            stream=row["stream"],
            kind=row["type"],
            valid_at=row["valid_at"],
            recorded_at=row["recorded_at"],
        )
        assert row["previous_hash"] == previous.get(row["stream"])
        header = model.header(
            first, second, previous_hash=row["previous_hash"], version=row["version"]
        )
        assert hashlib.sha256(header).digest() == row["hash"]
        previous[row["stream"]] = row["hash"]


def test_the_canonical_bytes_are_those_of_the_standard(events: list[asyncpg.Record]) -> None:
    rfc8785 = pytest.importorskip("rfc8785")
    for row in events:
        text = row["body"] if isinstance(row["body"], str) else row["body"].decode()

        assert rfc8785.dumps(msgspec.json.decode(text)) == text.encode()


def test_every_event_of_what_is_remembered_says_how_the_thing_then_was(
    events: list[asyncpg.Record],
) -> None:
    found = [row for row in events if row["stream"].partition("_")[0] in REMEMBERED]

    assert {row["stream"].partition("_")[0] for row in found} == REMEMBERED
    for row in found:
        after = msgspec.json.decode(row["body"])["after"]
        assert after is not None, row["type"]
        assert (after["id"], after["version"]) == (row["stream"], row["version"]), row["type"]
