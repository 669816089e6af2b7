"""Check standard-form contracts before they are shipped or proposed."""

import argparse
import sys
from decimal import Decimal
from pathlib import Path

import msgspec

from ecosystem.cli.trouble import Trouble
from ecosystem.contracts import forms, shelf
from ecosystem.contracts.form_checks import sample_rules
from ecosystem.contracts.rule_limits import Cliff, cliffs
from ecosystem.values.refusal import Fault

_BYTES_MAX = 1_048_576


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in one file."""

    file: str
    digest: str | None
    """Of the form; None where it has faults."""
    faults: tuple[Fault, ...] = ()
    cliffs: tuple[Cliff, ...] = ()
    """Of its payment rules, at the defaults of the form; pointers start at these."""


def check(parsed: argparse.Namespace) -> int:
    """Check every file, or the shipped forms; 1 where one has a fault."""
    files = {str(file): _content(file) for file in parsed.files} or shelf.documents()
    found = [_checked(name, text) for name, text in files.items()]
    if parsed.json:
        sys.stdout.write(f"{msgspec.json.encode({'forms': found}).decode()}\n")
    else:
        for one in found:
            sys.stdout.writelines(f"{fault.detail}\n" for fault in one.faults)
            sys.stdout.writelines(f"{one.file}: {_warning(cliff)}\n" for cliff in one.cliffs)
            sys.stdout.write(f"{one.file}: {_verdict(one)}\n")
    return 1 if any(one.faults for one in found) else 0


def _checked(name: str, text: bytes) -> Checked:
    try:
        form = forms.parse(text, name=name)
        return Checked(file=name, digest=forms.digest(form), cliffs=cliffs(sample_rules(form)))
    except forms.FormFaulty as faulty:
        return Checked(file=name, digest=None, faults=faulty.faults)


def _warning(cliff: Cliff) -> str:
    return (
        f"warning: {cliff.rule} has a cliff where {cliff.metric} is {cliff.value}: {cliff.jump}, "
        f"{(Decimal(cliff.share) * 100).normalize():f} % of the most it moves in a period."
    )


def _verdict(one: Checked) -> str:
    if one.digest is not None:
        return f"sound, SHA-256 {one.digest}"
    return f"{len(one.faults)} fault{'s' if len(one.faults) > 1 else ''}."


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            # What is longer is refused by its size, which must not have to fit into memory.
            return opened.read(_BYTES_MAX)
    except OSError as error:
        raise Trouble(f"{file} cannot be read: {error.strerror}. Check the path.") from None
