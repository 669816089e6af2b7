"""Score a published assessment again from its evidence, without database or network."""

import argparse
import hashlib
import json
from typing import Final

import msgspec

from ecosystem.assessments.model import Assessment, Scored
from ecosystem.assessments.scoring import score
from ecosystem.cli.again import content
from ecosystem.cli.saying import say
from ecosystem.cli.trouble import Trouble

_NO_GRADE: Final = "not_demonstrated"
"""Stands where a grade stands, where too little was measured for one."""


def again(parsed: argparse.Namespace) -> int:
    """Score the assessment in `parsed.file` again; 0 where it says exactly what is computed.

    The file is the answer of GET /v1/assessments/{id}; `-` is the standard input.
    """
    stated = _assessment(content(parsed.file))
    computed = score(_scored(stated).evidence)
    is_identical = _says(stated, computed)
    if parsed.json:
        found = {"identical": is_identical, "score": msgspec.to_builtins(computed.score)}
        say(json.dumps(found, ensure_ascii=False))
        return 0 if is_identical else 1
    for one in computed.score.indicators:
        say(f"{one.points_min:>14} to {one.points_max:>14} of {one.weight}  {one.code}")
    total = computed.score
    say(f"{total.points_min:>14} to {total.points_max:>14}  {total.grade or 'not demonstrated'}")
    say("identical" if is_identical else "it states another score")
    return 0 if is_identical else 1


def _says(stated: Assessment, computed: Scored) -> bool:
    """Tell whether an assessment says what is computed, wherever it says it, and its digest."""
    total = computed.score
    return (
        stated.scored == computed
        and (stated.points_min, stated.points_max) == (total.points_min, total.points_max)
        and stated.grade == (total.grade or _NO_GRADE)
        and stated.digest == hashlib.sha256(msgspec.json.encode(computed)).hexdigest()
    )


def _assessment(content: bytes) -> Assessment:
    try:
        return msgspec.json.decode(content, type=Assessment)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Trouble(f"This is no assessment as the API answers it: {error}.") from None


def _scored(stated: Assessment) -> Scored:
    if stated.scored is None:
        raise Trouble("This assessment is not scored yet.")
    return stated.scored
