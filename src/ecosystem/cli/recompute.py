"""Recompute a payment's calculation from itself, without database or network."""

import argparse
import json
import sys
from pathlib import Path

import msgspec
from msgspec import UNSET

from ecosystem.cli.trouble import Trouble
from ecosystem.payments.calculation import Recomputation
from ecosystem.payments.engine import recompute
from ecosystem.values.refusal import Refusal


def run(parsed: argparse.Namespace) -> int:
    """Recompute the calculation in `parsed.file`; 0 where it says exactly what is computed.

    The file is the answer of GET /v1/payments/{id}/calculation; `-` is the standard input. With
    `?proofs=true` aggregates are computed again too, from the observations that come with it.
    """
    try:
        found = recompute(_document(parsed.file))
    except Refusal as refusal:
        raise Trouble(f"{refusal.detail.rstrip('.')}. {refusal.remedy}") from None
    if parsed.json:
        _say(json.dumps(_plain(found), ensure_ascii=False))
    else:
        _tell(found)
    return 0 if found.is_identical() else 1


def _document(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise Trouble(f"{file} cannot be read: {error.strerror}.") from None


def _plain(found: Recomputation) -> dict[str, object]:
    return {
        "identical": found.is_identical(),
        "proved": found.is_proved,
        "total": msgspec.to_builtins(found.calculation.payable()),
        "digest": found.calculation.digest,
        "differences": msgspec.to_builtins(found.differences),
    }


def _tell(found: Recomputation) -> None:
    calculation = found.calculation
    for line in calculation.lines:
        _say(f"{line.amount:>18}  {line.stage} {line.rule} ({line.shape})")
    _say(f"{calculation.total:>18}  {calculation.currency}, digest {calculation.digest}")
    if found.is_proved:
        _say("aggregates computed again from their observations")
    elif any(one.aggregate is not UNSET for one in calculation.facts.observations):
        _say("aggregates taken as stated: ask for the calculation with ?proofs=true")
    for one in found.differences:
        _say(f"differs at {one.pointer}: stated {one.stated}, computed {one.computed}")
    _say(verdict(len(found.differences)))


def verdict(differences: int) -> str:
    """Return the line that says how many places differ from what is computed."""
    if not differences:
        return "identical"
    return "1 difference" if differences == 1 else f"{differences} differences"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
