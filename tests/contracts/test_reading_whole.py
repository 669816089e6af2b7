"""Nothing that is signed can be changed without another word in what people read."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final, Literal, get_args, get_origin

import msgspec
import pytest

from ecosystem.contracts import form_shapes, payment_rules, rule_parts
from ecosystem.contracts.form_shapes import Consortium, ContractTerms, MemberShare, Observed
from ecosystem.contracts.reading.outline import Outline, outline
from ecosystem.offers.model import Liability
from tests.contracts.test_forms import NAMES, grown
from tests.contracts.test_reading import LANGUAGES, TOLD, contract_of

Path = tuple[str | int, ...]
OTHERS: Final = (
    "2031-07-09", "0.73", "7.25", "3", "2020", "EUR", "f" * 64, "Asia/Tokyo",
    "org_00000000000970008000000000000009", "joint", "several", "government", "enterprise",
)  # fmt: skip


NOBODY: Final = {"organisation_id": "org_00000000000970008000000000000009"}


def _choices() -> set[str]:
    """Return every word that one of the shapes takes instead of another."""
    found = set[str]()

    def seek(kind: Any) -> None:
        if get_origin(kind) is Literal:
            found.update(one for one in get_args(kind) if isinstance(one, str))
        for one in get_args(kind):
            if not isinstance(one, str | int):
                seek(one)

    for module in (form_shapes, payment_rules, rule_parts):
        for shape in vars(module).values():
            if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
                for field in msgspec.structs.fields(shape):
                    seek(field.type)
    return found


CHOICES: Final = _choices()
SAID_ELSEWHERE: Final = {
    "index.payment_rules.*.currency", "termination_right.payment_rules.*.currency",
    ".consortia.*.shares", ".consortia.*.shares.*.organisation_id",
}  # fmt: skip
"""Such a rule names no amount, and no rule is sound whose currency is not the contract's; who
has a share is a party, and its share stands beside its name."""


def _places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield each place of the terms with what stands there; a list is one, and so is each in it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _places(part, (*path, name))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from _places(part, (*path, at))
        if value:
            yield path, value
    elif value is not None:
        yield path, value


def _instead(value: Any) -> Iterator[Any]:
    """Yield what could stand in a value's place."""
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
        case list():
            yield value[:-1]
            yield [*value, {**value[0], **NOBODY}] if isinstance(value[0], dict) else value * 2
        case _:
            if value not in CHOICES:
                yield f"{value}x"
            yield from (one for one in (*OTHERS, *sorted(CHOICES)) if one != value)


def _changed(tree: Any, path: Path, value: Any, terms: ContractTerms) -> ContractTerms | None:
    """Return the terms with something else at one place; None where nothing else can be there."""
    for other in _instead(value):
        whole = deepcopy(tree)
        within = whole
        for step in path[:-1]:
            within = within[step]
        within[path[-1]] = other
        try:
            made = msgspec.convert(whole, ContractTerms)
        except msgspec.ValidationError:
            continue
        if made != terms:
            return made
    return None


def _read(terms: ContractTerms) -> list[Outline]:
    contract = msgspec.structs.replace(contract_of(terms), terms_digest="0" * 64)
    return [outline(contract, language=language) for language in LANGUAGES]


def _every_part(name: str) -> ContractTerms:
    """Return the terms of a form with all that terms may have: every shape of rule, too."""
    terms = grown(name)
    observed = Observed(window="day", aggregation="percentile", percentile="0.95", factor="1")
    suppliers = [one.organisation_id for one in terms.parties if one.role == "supplier"]
    shares = tuple(MemberShare(organisation_id=one, share="50") for one in suppliers)
    together = Consortium(role="supplier", liability=Liability.JOINT, shares=shares)
    return msgspec.structs.replace(
        terms,
        consortia=(together,),
        metrics=tuple(msgspec.structs.replace(one, observed=observed) for one in terms.metrics),
        milestones=tuple(
            msgspec.structs.replace(one, after=(terms.milestones[0].code,))
            for one in terms.milestones
        ),
        payment_rules=(*terms.payment_rules, *(rule for rule, _ in TOLD.values())),
    )


def _kind_of(path: Path, tree: Any) -> tuple[str, ...]:
    """Return what two places have in common that are told by the same words."""
    shape = (
        tree["payment_rules"][path[1]]["shape"] if path[0] == "payment_rules" and path[1:] else ""
    )
    return (shape, *("*" if isinstance(one, int) else one for one in path))


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_changed_in_the_terms_is_read_otherwise(name: str) -> None:
    terms = _every_part(name)
    tree = msgspec.json.decode(msgspec.json.encode(terms))
    before, seen, unread = _read(terms), set[tuple[str, ...]](), set[str]()

    for path, value in _places(tree):
        kind = _kind_of(path, tree)
        if kind in seen or path[-1] == "shape":
            continue
        seen.add(kind)
        made = _changed(tree, path, value, terms)
        assert made is not None, (path, value)
        if _read(made) == before:
            unread.add(".".join(kind))

    assert len(seen) > 150
    assert unread <= SAID_ELSEWHERE
