"""What a journey through the API has made so far, and how its steps speak of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from ecosystem.cli.caller import Caller
from ecosystem.cli.opener import OpeningOfficer


@dataclass
class World:
    """What the journey has made so far."""

    caller: Caller
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    ids: dict[str, str] = field(default_factory=dict[str, str])
    openers: dict[str, OpeningOfficer] = field(default_factory=dict[str, OpeningOfficer])
    paid: list[str] = field(default_factory=list[str])
    """The payments, in order."""
    moments: dict[str, str] = field(default_factory=dict[str, str])
    facts: dict[str, str] = field(default_factory=dict[str, str])
    """What the summary at the end tells."""

    @property
    def folder(self) -> Path:
        """Where the service keeps its data: there lie the keys of the sandbox's programs."""
        return self.caller.folder or Path()

    def set_clock(self, to: datetime) -> None:
        """Move the sandbox's clock, and let it stand there."""
        self.caller.post("/v1/sandbox/clock", None, {"now": wire(to), "runs": False})
        self.now = to


@dataclass(frozen=True)
class Step:
    """One step of the journey: what it is called, and what it does and then says."""

    zh: str
    en: str
    run: Callable[[World], list[str]]


def wire(at: datetime) -> str:
    """Return an instant as the API takes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def called(world: World, party: str) -> str:
    """Return what a seeded organisation is called."""
    found: str = world.caller.parties[party]["name"]["en"]
    return found.removesuffix(" (sandbox)")


def day(world: World, *, days: float = 0) -> str:
    """Return the date of the sandbox, or one some days later."""
    return (world.now + timedelta(days=days)).date().isoformat()


def budget_of(world: World) -> list[str]:
    """Return a line that says where the money of the programme is."""
    shown = world.caller.get(f"/v1/programmes/{world.ids['programme']}")
    parts = [
        f"{amount(shown[one])} {one}"
        for one in ("available", "committed", "obligated", "spent")
        if Decimal(shown[one]["amount"]) != 0
    ]
    world.facts.pop("budget", None)
    world.facts["budget"] = ", ".join(parts)
    return [f"Budget: {', '.join(parts)}."]


def amount(value: dict[str, str]) -> str:
    """Return an amount as people write it, without its currency."""
    return f"{Decimal(value['amount']):,}"


def money(value: dict[str, str]) -> str:
    """Return an amount as people write it."""
    return f"{amount(value)} {value['currency']}"


def digest_of(shown: dict[str, Any]) -> str:
    """Return the digest that an answer states."""
    digest: str = shown["digest"]
    return digest
