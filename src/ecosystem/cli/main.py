"""The commands and their arguments.

A command is named by its module and function, and loaded when it is given: `ecosystem health`
runs every few seconds, and loads a hundredth of what serving needs.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from ecosystem.cli.trouble import Trouble
from ecosystem.runtime import settings
from ecosystem.runtime.postgres import PostgresFailed
from ecosystem.runtime.settings import SettingsWrong
from ecosystem.values.period import Period


class _Commands(Protocol):
    """What argparse returns for adding commands to."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002
        """Add a command."""
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    try:
        parsed = parser().parse_args(arguments)
        return _loaded(parsed.run)(parsed)
    except (Trouble, SettingsWrong, PostgresFailed) as trouble:
        print(f"ecosystem: {trouble}", file=sys.stderr)  # noqa: T201 - this is for the terminal
        return 1
    except KeyboardInterrupt:
        said = "ecosystem: Interrupted; what was started is stopped."
        print(said, file=sys.stderr)  # noqa: T201 - this is for the terminal
        return 130


def _loaded(command: str) -> Callable[[argparse.Namespace], int]:
    module, _, name = command.partition(".")
    run: Callable[[argparse.Namespace], int] = getattr(
        import_module(f"ecosystem.cli.{module}"), name
    )
    return run


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="ecosystem",
        description="A marketplace in which cities buy digital operation by its outcomes.",
    )
    top.add_argument("--version", action="version", version=f"ecosystem {version('ecosystem')}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _serving(commands)
    _keeping(commands)
    _describing(commands)
    return top


def _serving(commands: "_Commands") -> None:
    one = commands.add_parser("serve", help="start the service")
    one.add_argument("--host", help=_about("host"))
    one.add_argument("--port", type=int, help=_about("port"))
    one.add_argument("--data-folder", help=_about("data_folder"))
    one.add_argument("--processes", type=int, help=_about("processes"))
    one.add_argument("--sandbox", action="store_true", default=None, help=_about("sandbox"))
    one.add_argument(
        "--role",
        choices=("all", "web", "worker"),
        default="all",
        help="answer requests, do the background work, or both (default)",
    )
    one.add_argument("--settings", type=Path, help="a TOML file with settings")
    one.set_defaults(run="serve.run")
    one = commands.add_parser("demo", help="drive a whole partnership through a fresh service")
    one.add_argument("--exit", action="store_true", help="stop at the end: 0, or 1 where it failed")
    one.add_argument("--port", type=int, help="TCP port of the service; by default a free one")
    one.add_argument("--json", action="store_true", help="print JSON lines, for programs")
    one.set_defaults(run="demo.run")


def _keeping(commands: "_Commands") -> None:
    one = commands.add_parser("migrate", help="bring the database to the newest schema")
    one.add_argument("--settings", type=Path, help="a TOML file with settings")
    one.set_defaults(run="keep.migrate")
    _establishing(commands)
    one = commands.add_parser("health", help="ask a running service whether it is ready")
    one.add_argument("--url", help="its address; by default where `serve` listens")
    one.set_defaults(run="health.run")
    one = commands.add_parser("catalogue", help="look after the catalogue")
    acts = one.add_subparsers(required=True, metavar="ACT")
    load = acts.add_parser("load", help="load jurisdictions, a profile or a calendar")
    load.add_argument(
        "file", type=Path, help="a tree of places, a profile of rules or a calendar, in YAML"
    )
    load.add_argument("--json", action="store_true", help="print for programs")
    load.add_argument("--settings", type=Path, help="a TOML file with settings")
    load.set_defaults(run="keep.load_catalogue")
    _rotating(commands)
    _contracting(commands)
    _filing(commands)
    _booking(commands)
    _paying(commands)
    _evaluating(commands)
    one = commands.add_parser("assessments", help="check how a year was assessed")
    acts = one.add_subparsers(required=True, metavar="ACT")
    again = acts.add_parser("recompute", help="score a published assessment again, offline")
    again.add_argument("file", type=Path, help="its JSON, as the API answers it; - reads stdin")
    again.add_argument("--json", action="store_true", help="print for programs")
    again.set_defaults(run="assessments.again")
    _auditing(commands)


def _auditing(commands: "_Commands") -> None:
    one = commands.add_parser("audit", help="take away what an auditor may read")
    acts = one.add_subparsers(required=True, metavar="ACT")
    export = acts.add_parser("export", help="write all events that a search finds to a file")
    export.add_argument("output", type=Path, help="the file; whole, or not there at all")
    export.add_argument("--format", choices=("ndjson", "csv", "parquet"), default="ndjson")
    export.add_argument("--url", required=True, help="the address of the service")
    export.add_argument(
        "--token-file", type=Path, required=True, help="holds an auditor's access token; - is stdin"
    )
    export.add_argument(
        "--where", action="append", default=[], metavar="NAME=VALUE",
        help="a filter of the search: type=milestone.*, recorded_from=...; may be given again",
    )  # fmt: skip
    export.add_argument("--json", action="store_true", help="print for programs")
    export.set_defaults(run="taking.export")


def _contracting(commands: "_Commands") -> None:
    one = commands.add_parser("contracts", help="look after contracts and standard forms")
    acts = one.add_subparsers(required=True, metavar="ACT")
    check = acts.add_parser("check", help="explain every fault with its line and column")
    check.add_argument("files", type=Path, nargs="*", help="YAML; by default the shipped forms")
    check.add_argument("--json", action="store_true", help="print for programs")
    check.set_defaults(run="contracts.check")
    verify = acts.add_parser("verify", help="check the signatures of a contract, offline")
    verify.add_argument("file", type=Path, help="its JSON, as the API answers it; - reads stdin")
    verify.add_argument("--json", action="store_true", help="print for programs")
    verify.set_defaults(run="signatures.verify")


def _filing(commands: "_Commands") -> None:
    one = commands.add_parser("documents", help="look after the documents of contracts")
    acts = one.add_subparsers(required=True, metavar="ACT")
    expire = acts.add_parser("expire", help="erase what is past its time, for good")
    expire.add_argument("--dry-run", action="store_true", help="only count what would expire")
    expire.add_argument("--json", action="store_true", help="print for programs")
    expire.add_argument("--settings", type=Path, help="a TOML file with settings")
    expire.set_defaults(run="expiring.expire")


def _booking(commands: "_Commands") -> None:
    one = commands.add_parser("ledger", help="look after the ledger")
    acts = one.add_subparsers(required=True, metavar="ACT")
    check = acts.add_parser("check", help="run every invariant; each must find nothing")
    check.add_argument("--json", action="store_true", help="print for programs")
    check.add_argument("--settings", type=Path, help="a TOML file with settings")
    check.set_defaults(run="ledger.check")
    export = acts.add_parser("export", help="write all of it as a journal that others check")
    export.add_argument("--format", choices=("beancount", "hledger"), required=True)
    export.add_argument("--output", type=Path, help="a file; by default the standard output")
    export.add_argument("--settings", type=Path, help="a TOML file with settings")
    export.set_defaults(run="ledger.write")


def _paying(commands: "_Commands") -> None:
    one = commands.add_parser("payments", help="calculate what is due, and check what is paid")
    acts = one.add_subparsers(required=True, metavar="ACT")
    due = acts.add_parser(
        "calculate",
        help="calculate what is proved and stands in no calculation yet, under all contracts",
    )
    due.add_argument(
        "--period", type=month, metavar="MONTH",
        help="a month, such as 2026-01: only where something of it is due; by default all",
    )  # fmt: skip
    due.add_argument(
        "--at-once", type=int, choices=range(1, 33), default=4, metavar="N",
        help="how many transactions at a time, from 1 to 32 (default 4)",
    )  # fmt: skip
    due.add_argument("--json", action="store_true", help="print JSON lines, for programs")
    due.add_argument("--settings", type=Path, help="a TOML file with settings")
    due.set_defaults(run="calculate.run")
    again = acts.add_parser("recompute", help="compute a published calculation again, offline")
    again.add_argument("file", type=Path, help="its JSON, as the API answers it; - reads stdin")
    again.add_argument("--json", action="store_true", help="print for programs")
    again.set_defaults(run="recompute.run")


def month(text: str) -> Period:
    """Return the days of a month that is written as 2026-01."""
    first = date.fromisoformat(f"{text}-01")
    return Period(first, (first + timedelta(days=31)).replace(day=1))


def _evaluating(commands: "_Commands") -> None:
    one = commands.add_parser("evaluations", help="check how offers are ranked")
    acts = one.add_subparsers(required=True, metavar="ACT")
    again = acts.add_parser("recompute", help="rank a published evaluation again, offline")
    again.add_argument("file", type=Path, help="its JSON, as the API answers it; - reads stdin")
    again.add_argument("--json", action="store_true", help="print for programs")
    again.set_defaults(run="evaluations.again")
    count = acts.add_parser(
        "reversals", help="count how often a losing offer decides who wins, by price formula"
    )
    count.add_argument("--contests", type=int, default=10_000, help="how many are drawn")
    count.add_argument("--seed", type=int, default=1, help="another one draws others")
    count.add_argument("--json", action="store_true", help="print for programs")
    count.set_defaults(run="evaluations.count_reversals")


def _rotating(commands: "_Commands") -> None:
    one = commands.add_parser("keys", help="look after the keys that sign")
    acts = one.add_subparsers(required=True, metavar="ACT")
    rotate = acts.add_parser("rotate", help="make the next key, beside a running service")
    rotate.add_argument("ring", choices=("tokens", "receipts"), help="what the key signs")
    rotate.add_argument(
        "--at-once",
        action="store_true",
        help="for a key that was stolen: what the keys of tokens signed so far is refused",
    )
    rotate.add_argument("--data-folder", help=_about("data_folder"))
    rotate.add_argument("--json", action="store_true", help="print for programs")
    rotate.add_argument("--settings", type=Path, help="a TOML file with settings")
    rotate.set_defaults(run="keys.rotate")


def _establishing(commands: "_Commands") -> None:
    one = commands.add_parser(
        "establish", help="establish the platform's organisation, once, and invite its operator"
    )
    one.add_argument("--name-zh", metavar="NAME", help="its name in Chinese")
    one.add_argument("--name-en", metavar="NAME", help="its name in English")
    one.add_argument("--jurisdiction", required=True, metavar="CODE", help="where it is: CN, ...")
    one.add_argument("--operator", required=True, metavar="NAME", help="its first person")
    one.add_argument(
        "--redirect-uri",
        action="append",
        default=[],
        metavar="URL",
        help="add a first client, to which people are sent back here; may be given again",
    )
    one.add_argument("--port", type=int, help=_about("port"))
    one.add_argument("--data-folder", help=_about("data_folder"))
    one.add_argument("--json", action="store_true", help="print for programs")
    one.add_argument("--settings", type=Path, help="a TOML file with settings")
    one.set_defaults(run="establish.run")


def _describing(commands: "_Commands") -> None:
    for name, run, text in (
        ("openapi", "documents.openapi", "write the description of the API to openapi/"),
        ("docs", "documents.docs", "write the generated parts of docs/"),
    ):
        one = commands.add_parser(name, help=text)
        one.add_argument("--check", action="store_true", help="only compare; 1 where it differs")
        one.set_defaults(run=run)


def _about(name: str) -> str:
    return settings.manual()[name].splitlines()[0]
