"""Standard-form contracts: read one, name its version by a digest, grow the terms of a contract."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

from ecosystem.contracts import canonical, growth
from ecosystem.contracts.form_checks import faults_of, shape_faults
from ecosystem.contracts.form_shapes import Consortium, ContractTerms, Form, Party
from ecosystem.values.money import Money
from ecosystem.values.refusal import Fault, Kind, Refusal
from ecosystem.values.yaml_tree import Tree, read

_MAPPING: Final = "A form is a mapping: begin with `id: ...`."


class FormFaulty(Refusal):
    """The standard-form contract has faults."""

    kind = Kind.UNMET
    remedy = "Correct every place named in `errors`; each begins with line and column."


class TermsUnmet(Refusal):
    """The contract does not give what its standard form asks for."""

    kind = Kind.UNMET
    remedy = "Give every value and party that the form asks for, within its bounds."


def parse(text: bytes, *, name: str) -> Form:
    """Return the form that the YAML document `text` holds; `name` is what faults call it.

    Refuses with FormFaulty, whose faults have the pointer into the form, and in their
    detail `name:line:column: ` and what is wrong there. All faults of shape are listed
    together; once there is none, all faults of what the parts say to each other.
    """
    tree = read(text)
    if not isinstance(tree.value, dict):
        if not tree.faults:
            said = "The document is empty." if tree.value is None else _MAPPING
            tree.add("", "type", said)
        raise _faulty(tree, name)
    known = {fault.pointer for fault in tree.faults}
    found = shape_faults(tree.value)
    tree.faults += [fault for fault in found if fault.pointer not in known]
    if tree.faults:
        raise _faulty(tree, name)
    try:
        form = msgspec.convert(tree.value, Form)
    except msgspec.ValidationError as error:
        tree.add("", "type", f"{error}.")
        raise _faulty(tree, name) from None
    tree.faults += faults_of(form, tree.value)
    if tree.faults:
        raise _faulty(tree, name)
    return form


def _faulty(tree: Tree, name: str) -> FormFaulty:
    placed = sorted(
        ((tree.place_of(fault), fault) for fault in tree.faults),
        key=lambda pair: (pair[0].line, pair[0].column),
    )
    faults = tuple(
        Fault(fault.pointer, fault.code, f"{name}:{at.line}:{at.column}: {fault.detail}")
        for at, fault in placed
    )
    return FormFaulty(f"{name} has {len(faults)} faults.", faults=faults)


def digest(form: Form) -> str:
    """Return the SHA-256 of the canonical JSON of `form`: the same for any layout of its YAML."""
    return canonical.digest(form)


def grow(
    form: Form,
    *,
    values: Mapping[str, str | int | Decimal | date],
    parties: tuple[Party, ...],
    value: Money,
    starts_on: date,
    consortia: tuple[Consortium, ...] = (),
) -> ContractTerms:
    """Return the terms of one contract: texts filled in, dates set, amounts computed.

    `values` are by the name of the form's variables; a variable with a default may be left
    out. The order of `parties` does not matter. `{value * x}` is rounded half up.
    Refuses with CurrencyUnknown and AmountTooFine at `/value`, then with TermsUnmet, whose
    pointers are `/values/NAME`, `/parties/N`, `/consortia/N`, `/starts_on` or lie in the form.
    """
    faults, terms = growth.grown(
        form,
        reference=digest(form),
        values=values,
        parties=parties,
        value=value,
        starts_on=starts_on,
        consortia=consortia,
    )
    if terms is None:
        raise TermsUnmet("The form asks for something else.", faults=tuple(faults))
    return terms


def terms_digest(terms: ContractTerms) -> str:
    """Return the SHA-256 of the canonical JSON of `terms`: what every party signs."""
    return canonical.digest(terms)
