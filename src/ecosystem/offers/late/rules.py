"""What is put on record of a submission that came late."""

from datetime import datetime

from ecosystem.offers.late.model import Late
from ecosystem.offers.model import OfferFacts
from ecosystem.offers.rules import SubmissionOver
from ecosystem.values.actor import Actor


def late(facts: OfferFacts, *, by: Actor, at: datetime) -> Late:
    """Say how late a submission was; requires that it was refused with SubmissionOver."""
    del by
    if at < facts.submission_ends_at:
        raise ValueError("the submission is not late")
    return Late(
        refused_with=SubmissionOver.code(),
        received_at=at,
        submission_ended_at=facts.submission_ends_at,
    )
