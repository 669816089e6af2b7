"""How the demonstration speaks: to people in colours, to programs in JSON lines."""

import json
import sys
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ecosystem.cli.partnership import STEPS
from ecosystem.cli.world import Step, World

_AMOUNT: Final = r"-?\d[\d,]*\.\d\d\b( CNY)?"
_INDENT: Final = 6
_WIDTH_MAX: Final = 100


class Teller:
    """Tells of one journey as it goes."""

    def __init__(self, *, as_json: bool) -> None:
        """Speak to standard output."""
        self._as_json = as_json
        self._out = Console(highlight=False)
        self._width = min(self._out.width, _WIDTH_MAX)

    def begins(self) -> None:
        """Tell that it begins, since the start takes some seconds."""
        if not self._as_json:
            said = "Starting a sandbox with a database of its own: nothing in it is real."
            self._out.print(said, style="dim")

    def step(self, number: int, step: Step, world: World, lines: list[str], seconds: float) -> None:
        """Tell of a step that is done: at which date of the sandbox, and what happened."""
        if self._as_json:
            self._line(
                step=number, zh=step.zh, en=step.en, date=_date(world), says=lines,
                seconds=round(seconds, 3),
            )  # fmt: skip
            return
        head = self._head("[green]✓[/]", number, step)
        room = self._width - cell_len(head.plain) - len(_date(world))
        self._out.print(head.append(" " * max(room, 1)).append(_date(world), "dim"))
        for line in lines:
            self._indented(line)

    def fails(self, number: int, step: Step, reason: str) -> None:
        """Tell of the step that failed, and why."""
        if self._as_json:
            self._line(step=number, zh=step.zh, en=step.en, failed=reason)
            return
        self._out.print(self._head("[red]✗[/]", number, step))
        self._indented(reason)

    def summary(self, world: World, address: str, seconds: float) -> None:
        """Tell what came of it."""
        if self._as_json:
            self._line(
                summary=world.facts, requests=world.caller.count, look=_looks(world, address),
                ids=world.ids,
            )  # fmt: skip
            return
        self._rule("What came of it")
        table = Table.grid(padding=(0, 2))
        for name, value in world.facts.items():
            told = Text(value)
            told.highlight_regex(_AMOUNT, "cyan")
            table.add_row(f"  {name}", told)
        table.add_row("  took", f"{world.caller.count} requests over HTTP, {seconds:.1f} s")
        self._out.print(table, width=self._width)

    def leaves(self, world: World, address: str) -> None:
        """Tell that the service stays, and where to look."""
        if self._as_json:
            self._line(serving=address)
            return
        self._rule("Where to look")
        self._out.print(f"  manual      [bold]{address}/docs[/]")
        for name, path in _paths(world).items():
            link = Text(path, f"link {address}{path}")
            self._out.print(Text(f"  {name:<11} ").append_text(link), soft_wrap=True)
        self._out.print("\nAs anybody, in another terminal, with bash, in this folder:")
        path = _paths(world)["contract"]
        for command in (f"E={address}; . docs/try.sh", f"get auditor/auditor {path}"):
            self._out.print(f"  {command}", style="bold", markup=False, soft_wrap=True)
        self._out.print(f"\nThe service stays at [bold]{address}[/]. Ctrl-C stops it.")

    def ends(self, *, stayed: bool) -> None:
        """Tell that the service is stopped: `stayed` where it had stayed until then."""
        if not self._as_json:
            said = "The service is stopped, and its data removed."
            hint = "" if stayed else " Without --exit it stays."
            self._out.print(f"\n{said}{hint}", style="dim", width=self._width)

    def _indented(self, line: str) -> None:
        told = Text(line)
        told.highlight_regex(_AMOUNT, "cyan")
        for part in told.wrap(self._out, self._width - _INDENT):
            part.rstrip()
            self._out.print(Text(" " * _INDENT).append_text(part), soft_wrap=True)

    def _head(self, mark: str, number: int, step: Step) -> Text:
        numbered = f"{number:>2}/{len(STEPS)} {step.zh}"
        return Text.from_markup(f"{mark} [bold]{numbered}[/]  {step.en}")

    def _rule(self, title: str) -> None:
        self._out.print()
        self._out.rule(f"[bold]{title}", align="left")

    def _line(self, **members: Any) -> None:
        sys.stdout.write(json.dumps(members, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _date(world: World) -> str:
    return world.now.date().isoformat()


def _looks(world: World, address: str) -> dict[str, str]:
    paths = {"manual": "/docs", **_paths(world)}
    return {name: f"{address}{path}" for name, path in paths.items()}


def _paths(world: World) -> dict[str, str]:
    need = f"/v1/needs/{world.ids['need']}"
    return {
        "need": need,
        "opening": f"{need}/opening",
        "evaluation": f"{need}/evaluation",
        "contract": f"/v1/contracts/{world.ids['contract']}",
        "feed": "/v1/events",
    }
