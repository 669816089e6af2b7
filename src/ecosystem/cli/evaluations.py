"""Rank again what was published, and count what price formulas do; offline, both."""

import argparse
import json
import random
from collections.abc import Iterator
from typing import Final

import msgspec

from ecosystem.awards import reversals
from ecosystem.awards.evaluation.recomputation import Recomputation, recompute
from ecosystem.awards.formulas import Formula
from ecosystem.cli.again import recomputed, say_differences
from ecosystem.cli.saying import say

_THOUSANDTHS: Final = 1000
_PRICE_LEAST: Final = 500
_PRICE_MOST: Final = 1000


def again(parsed: argparse.Namespace) -> int:
    """Rank the contests in `parsed.file` again; 0 where it says exactly what is computed.

    The file is the answer of GET /v1/needs/{id}/evaluation; `-` is the standard input.
    """
    found = recomputed(parsed.file, recompute)
    if parsed.json:
        say(json.dumps(_plain(found), ensure_ascii=False))
    else:
        _tell(found)
    return 0 if found.is_identical() else 1


def count_reversals(parsed: argparse.Namespace) -> int:
    """Count, for each price formula, in how many random contests a loser decides who wins."""
    contests = list(_contests(parsed.contests, seed=parsed.seed))
    counted = {
        str(formula): sum(reversals.is_turned(one, formula=formula) for one in contests)
        for formula in Formula
    }
    if parsed.json:
        say(json.dumps({"contests": len(contests), "seed": parsed.seed, "reversals": counted}))
        return 0
    say(f"{len(contests)} random contests of three, seed {parsed.seed}")
    for name, turned in counted.items():
        say(f"{name:<20}  {turned:>6}  {100 * turned / len(contests):6.2f} %")
    return 0


def _contests(count: int, *, seed: int) -> Iterator[reversals.Three]:
    """Yield as many contests: prices from half the ceiling to all of it, any quality."""
    dice = random.Random(seed)  # noqa: S311 - a sample that anyone can draw again, no secret
    for _ in range(count):
        yield tuple(
            reversals.Bid(
                price=str(dice.randint(_PRICE_LEAST, _PRICE_MOST)),
                quality=f"{dice.randint(0, _THOUSANDTHS) / 10:.1f}",
            )
            for _ in range(3)
        )


def _plain(found: Recomputation) -> dict[str, object]:
    return {
        "identical": found.is_identical(),
        "digest": found.digest,
        "rankings": msgspec.to_builtins(found.rankings),
        "differences": msgspec.to_builtins(found.differences),
    }


def _tell(found: Recomputation) -> None:
    for ranking in found.rankings:
        say(ranking.lot_id)
        for one in ranking.ranked:
            say(f"{one.rank:>4}. {one.points:>10}  {one.offer_id}")
        for warning in ranking.warnings:
            say(f"      {warning.detail}")
    say(f"digest {found.digest}")
    say_differences(found.differences)
