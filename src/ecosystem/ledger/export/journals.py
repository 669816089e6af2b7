"""Write accounts and transfers as a journal in plain text, with what each account must hold.

The checker of another program adds the transfers up by itself, and compares. Money stands in the
account that a transfer credits, so its amount is added there, and taken where it is debited.
Sources: Beancount Language Syntax; hledger manual, "Journal format".
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from ecosystem.ledger.export.model import Account, Entry, Format
from ecosystem.ledger.model import SOURCES, AccountKind
from ecosystem.values import money

_ROOTS: Final = {**dict.fromkeys(SOURCES, "Equity"), AccountKind.DISBURSED: "Expenses"}
_BEGINNING: Final = date(1970, 1, 1)
_DAY: Final = timedelta(days=1)


class Journal:
    """The lines of a journal: accounts, then transfers as they come, then what is held."""

    def __init__(self, accounts: Iterable[Account], *, form: Format) -> None:
        """Require every account that an entry names."""
        self._known = {(one.authority, one.id): one for one in accounts}
        self._names = {key: name(one) for key, one in self._known.items()}
        self._form: Format = form
        self._last = _BEGINNING

    def opened(self) -> Iterator[str]:
        """Yield what declares the accounts."""
        say = _opened if self._form == "beancount" else _declared
        return say(self._known, self._names)

    def moved(self, entries: Iterable[Entry]) -> Iterator[str]:
        """Yield some transfers, which follow those before."""
        write = _beancount if self._form == "beancount" else _hledger
        for one in entries:
            self._last = max(self._last, one.on)
            credited, debited = (one.authority, one.credit_id), (one.authority, one.debit_id)
            yield from write(one, self._names[credited], self._names[debited])

    def held(self) -> Iterator[str]:
        """Yield what each account must hold after all transfers."""
        for key, one in self._known.items():
            yield from _holds(one, self._names[key], on=self._last + _DAY, form=self._form)


def name(account: Account) -> str:
    """Return what an account is called in both journals."""
    parts = [_part(account.owner_ref)]
    if account.owner_ref != account.programme_id:
        parts = [_part(account.programme_id), *parts]
    root = _ROOTS.get(account.kind, "Assets")
    kind = account.kind.replace("_", "-").capitalize()
    return ":".join([root, f"A{account.authority}", kind, *parts])


def _part(identifier: str) -> str:
    return identifier.replace("_", "-").capitalize()


Key = tuple[int, str]


def _opened(known: Mapping[Key, Account], names: Mapping[Key, str]) -> Iterator[str]:
    yield 'option "title" "Ledger of all authorities"'
    opened = dict[str, list[str]]()
    for key, one in known.items():
        opened.setdefault(names[key], []).append(one.currency)
    for account, currencies in opened.items():
        yield f"{_BEGINNING} open {account} {','.join(sorted(currencies))}"


def _declared(known: Mapping[Key, Account], names: Mapping[Key, str]) -> Iterator[str]:
    for currency in sorted({one.currency for one in known.values()}):
        yield f"commodity 1000.{'0' * money.places(currency)} {currency}"
    for account in dict.fromkeys(names.values()):
        yield f"account {account}"


def _beancount(entry: Entry, credited: str, debited: str) -> Iterator[str]:
    yield f"{entry.on} * {_quoted(entry.act)}"
    yield f"  transfer: {_quoted(entry.id)}"
    yield f"  reference: {_quoted(entry.reference)}"
    if entry.reverses_id is not None:
        yield f"  reverses: {_quoted(entry.reverses_id)}"
    amount = _amount(entry)
    yield f"  {credited}  {amount} {entry.currency}"
    yield f"  {debited}  -{amount} {entry.currency}"


def _hledger(entry: Entry, credited: str, debited: str) -> Iterator[str]:
    told = f"transfer:{entry.id}, reference:{_tagged(entry.reference)}"
    if entry.reverses_id is not None:
        told += f", reverses:{entry.reverses_id}"
    yield f"{entry.on} * {_tagged(entry.act)}  ; {told}"
    amount = _amount(entry)
    yield f"    {credited}  {amount} {entry.currency}"
    yield f"    {debited}  -{amount} {entry.currency}"


def _holds(one: Account, account: str, *, on: date, form: Format) -> Iterator[str]:
    held = f"{money.of(one.held, one.currency).amount} {one.currency}"
    if form == "beancount":
        yield f"{on} balance {account} {held}"
    else:
        yield f"{on} * what is held"
        yield f"    {account}  0 {one.currency} = {held}"


def _amount(entry: Entry) -> str:
    return money.of(entry.amount, entry.currency).amount


def _quoted(text: str) -> str:
    return '"' + _tagged(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tagged(text: str) -> str:
    """Return a text as it may stand in a line and in a tag."""
    return " ".join(text.replace(",", " ").replace(";", " ").split())
