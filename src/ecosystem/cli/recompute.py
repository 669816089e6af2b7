"""Recompute a payment's calculation from itself, without database or network."""

import argparse
import json

import msgspec
from msgspec import UNSET

from ecosystem.cli.again import recomputed, say_differences
from ecosystem.cli.saying import say
from ecosystem.payments.calculation import Recomputation
from ecosystem.payments.engine import recompute


def run(parsed: argparse.Namespace) -> int:
    """Recompute the calculation in `parsed.file`; 0 where it says exactly what is computed.

    The file is the answer of GET /v1/payments/{id}/calculation; `-` is the standard input. With
    `?proofs=true` aggregates are computed again too, from the observations that come with it.
    """
    found = recomputed(parsed.file, recompute)
    if parsed.json:
        say(json.dumps(_plain(found), ensure_ascii=False))
    else:
        _tell(found)
    return 0 if found.is_identical() else 1


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
        say(f"{line.amount:>18}  {line.stage} {line.rule} ({line.shape})")
    say(f"{calculation.total:>18}  {calculation.currency}, digest {calculation.digest}")
    if found.is_proved:
        say("aggregates computed again from their observations")
    elif any(one.aggregate is not UNSET for one in calculation.facts.observations):
        say("aggregates taken as stated: ask for the calculation with ?proofs=true")
    say_differences(found.differences)
