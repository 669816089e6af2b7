"""When many observations are verified at once, and what refuses it."""

from datetime import datetime
from typing import Final

from ecosystem.outcomes.rules import NotVerifier, OwnReport, PeriodVerified
from ecosystem.outcomes.together.model import MOST, TogetherFacts, VerifiedTogether
from ecosystem.values import control
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal

_TOLD: Final = 10


class PaysByItself(Refusal):
    """An observation of a whole period pays, and is verified by itself."""

    kind = Kind.CONFLICT
    remedy = "Verify it with POST /v1/observations/{id}/verification."


class NothingReported(Refusal):
    """Nothing waits to be verified there, or too much."""

    kind = Kind.CONFLICT
    remedy = (
        "Name days and a source of which observations are reported, ten thousand at most; what is "
        "disputed, or corrects another, is verified by itself."
    )


def verify(facts: TogetherFacts, *, by: Actor, at: datetime) -> VerifiedTogether:
    """Verify all that was chosen, or nothing.

    Refuses with NotVerifier, PaysByItself, NothingReported, OwnReport or PeriodVerified, in that
    order; the last also where two of the chosen are of one window.
    """
    del at
    if facts.role != "verifier":
        raise NotVerifier("The caller's organisation is not the verifier of this contract.")
    if facts.granularity == facts.frequency:
        raise PaysByItself(f"The metric is observed by {facts.frequency}.")
    if not 0 < len(facts.chosen) <= MOST:
        count = len(facts.chosen)
        said = "Nothing is reported." if not count else f"There are more than {MOST}."
        raise NothingReported(said)
    if any(control.is_of_own_house(by, one.reported_by) for one in facts.chosen):
        raise OwnReport("The caller's organisation has reported some of them.")
    if any(control.is_own(by, one.reported_hand) for one in facts.chosen):
        raise OwnReport("The caller has reported some of them, for another organisation.")
    if facts.rivals:
        raise PeriodVerified(f"{', '.join(facts.rivals)} is verified.")
    if doubled := _doubled(facts):
        message = f"{', '.join(doubled[:_TOLD])} are of windows that others are of; name a source."
        raise PeriodVerified(message)
    return VerifiedTogether(verified_by=by.organisation_id, verified=len(facts.chosen))


def _doubled(facts: TogetherFacts) -> list[str]:
    seen = set[tuple[object, ...]]()
    found = list[str]()
    for one in facts.chosen:
        window = (one.starts_on, one.ends_on, one.hour)
        if window in seen:
            found.append(one.id)
        seen.add(window)
    return found
