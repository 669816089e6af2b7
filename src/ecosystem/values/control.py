"""Dual control: what one hand begins, another one finishes, and nobody lends a hand twice.

Three forms of it are used: one proposes and another approves; two open together; a third,
independent of those who gain by it, verifies. A rule refuses by name whoever comes a second
time. Beneath it the tables refuse him too (`runtime/hands.py`), since two sessions at once
will try.
"""

from ecosystem.values.actor import Actor


def hand(by: Actor) -> str:
    """Return whose hand acts: the person's, or a program's own."""
    return by.person_id or by.client_id


def is_own(by: Actor, first: str | None) -> bool:
    """Tell whether `by` would approve what its own hand, `first`, has begun.

    The hand of a program is its keepers' too: whoever has its keys could have done what it did.
    """
    return first is not None and (first == hand(by) or first in by.keeps)


def is_of_own_house(by: Actor, first: str | None) -> bool:
    """Tell whether `by` would judge what its own organisation, `first`, has said."""
    return first is not None and first == by.organisation_id
