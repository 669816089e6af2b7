"""What a bidder that lost is told; nothing refuses a letter."""

from datetime import datetime

from ecosystem.awards.letters.model import LetterContent, LetterFacts, Winner
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal


class LetterMissing(Refusal):
    """There is no such letter, or it is not the caller's."""

    kind = Kind.MISSING
    remedy = "Check the identifier; only the members of the offer read its letter."


def write(facts: LetterFacts, *, by: Actor, at: datetime) -> LetterContent:
    """Write the letter about one offer."""
    del by, at
    return LetterContent(
        own=facts.own,
        excluded=facts.excluded,
        consensus=facts.consensus,
        winner=Winner(
            offer_id=facts.winner.offer_id,
            lead_id=facts.winner_lead_id,
            points=facts.winner.points,
            quality_points=facts.winner.quality_points,
            price=facts.winner.price,
        ),
        challenge_by=facts.challenge_by,
    )
