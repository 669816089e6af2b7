"""Which rules of a profile hold on a day, and what refuses a reader."""

from datetime import date

from ecosystem.catalogue.profiles.model import Rules
from ecosystem.values.refusal import Kind, Refusal


class ProfileMissing(Refusal):
    """There is no such profile."""

    kind = Kind.MISSING
    remedy = "Use an identifier that GET /v1/profiles lists."


def in_force(rules: tuple[Rules, ...], *, on: date) -> Rules:
    """Return the rules for what is published on a day: the last that had started by then.

    Before the first has started, the first. Requires at least one, the earliest first.
    """
    return next((one for one in reversed(rules) if one.starts_on <= on), rules[0])
