"""Which taxes hold on a day, and at which rates."""

from collections.abc import Iterable, Iterator
from datetime import date

from ecosystem.catalogue.profiles.model import TaxRule
from ecosystem.payments.calculation import Tax


def in_force(rules: Iterable[TaxRule], *, on: date) -> tuple[Tax, ...]:
    """Return the taxes of a profile whose rates have begun by a day, at the newest of them."""
    return tuple(_begun(rules, on))


def _begun(rules: Iterable[TaxRule], on: date) -> Iterator[Tax]:
    for rule in rules:
        begun = [one for one in rule.rates if one.starts_on <= on]
        if begun:
            yield Tax(code=rule.code, kind=rule.kind, rate=begun[-1].rate)
