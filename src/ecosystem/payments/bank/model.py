"""What is told to the bank, what it says, and what rules decide on both."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ecosystem.identity.model import BankAccount
from ecosystem.payments.model import PaymentFacts, State
from ecosystem.payments.returning.model import SettledPart, TakenReturn
from ecosystem.values.identifiers import OrganisationId, PaymentId, pattern
from ecosystem.values.money import Currency, Money
from ecosystem.values.text import Text

FileId = Annotated[str, Meta(pattern=pattern("bankfile"), description="Identifier of a file.")]
ReportId = Annotated[
    str, Meta(pattern=pattern("bankreport"), description="Identifier of a bank's report.")
]
ItemId = Annotated[
    str, Meta(pattern=pattern("bankitem"), description="Identifier of an item of a report.")
]
ORDERS_MAX = 1000
"""How many payments one file orders at most; what is more goes into the next."""
ITEMS_MAX = 5000
"""How many items one report holds at most."""
REPORT_BYTES_MAX = 16_777_216
"""How long one report is at most: some three kilobytes for each item."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One credit transfer: what is paid to whom."""

    payment_id: str
    version: int
    """Of the payment, with the instruction that is carried out."""
    end_to_end_id: str
    """The digits of the payment's identifier: ISO 20022 leaves 35 characters."""
    amount: Money
    payee: BankAccount


class LeaveOut(StrEnum):
    """Why an instructed payment is not in a file."""

    NO_ACCOUNT = "no_account"
    """The payee has told no bank account."""
    OTHER_CURRENCY = "other_currency"
    """The payee's account is in another currency."""


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """An instructed payment that is not in the file, and why."""

    payment_id: PaymentId
    payee_id: OrganisationId
    reason: LeaveOut


class FileDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which payments to order, and for when."""

    currency: Currency
    execution_date: date
    """On which day the bank is to pay: not before today."""
    payment_ids: Annotated[tuple[PaymentId, ...], Meta(min_length=1, max_length=ORDERS_MAX)] | (
        UnsetType
    ) = UNSET
    """Which ones; left out for all that are instructed and in no file yet."""


class Payable(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that is instructed and in no file, and the account of its payee."""

    payment_id: str
    version: int
    """Of the payment, with its instruction."""
    payee_id: str
    amount: Money
    """What of it is still to be paid."""
    account: BankAccount | None


class GatherFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is made from."""

    file_id: str
    debtor: BankAccount | None
    """The account of the authority."""
    payable: tuple[Payable, ...]
    """In the currency that is asked for, the oldest first."""
    asked: FileDraft


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What a file orders."""

    message_id: str
    debtor: BankAccount
    execution_date: date
    orders: tuple[Order, ...]
    total: Money
    left_out: tuple[LeftOut, ...]


class Direction(StrEnum):
    """Whether the account lost money or got some."""

    DEBIT = "DBIT"
    CREDIT = "CRDT"


class ReportKind(StrEnum):
    """Which message of ISO 20022 a report is."""

    STATUS = "pain.002"
    STATEMENT = "camt.053"
    NOTIFICATION = "camt.054"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a report says, of one transaction."""

    end_to_end_id: str | None
    bank_reference: str | None
    amount: Money | None
    """What a status report leaves out."""
    direction: Direction | None
    booked_on: date | None
    """None where the bank has not booked it."""
    is_return: bool
    """Whether money comes back, or a booking is taken back."""
    status: str | None
    """The code of a status report, such as `RJCT`; else None."""
    told: str | None
    """The bank's reason, its code and its words."""
    original_message_id: str | None = None
    """The file of ours in which the payment was ordered, where a booking says so."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a bank's file says."""

    kind: ReportKind
    message_id: str
    accounts: tuple[str, ...]
    """Numbers of the accounts that it tells of; none in a status report."""
    original_message_id: str | None
    """The file of ours that a status report answers."""
    group_status: str | None
    """What a status report says of that file as a whole, such as `RJCT`."""
    told: str | None
    """The bank's reason for that."""
    entries: tuple[Entry, ...]


class Outcome(StrEnum):
    """What became of an item."""

    SETTLED = "settled"
    """It settled a payment."""
    RETURNED = "returned"
    """The bank refused the payment, which is approved again."""
    GIVEN_BACK = "given_back"
    """Money of a settlement came back, and so much of the payment can be instructed again."""
    REPEATED = "repeated"
    """It says what is known already."""
    NOTED = "noted"
    """It is on its way: accepted, or not booked yet."""
    UNMATCHED = "unmatched"
    """It fits no payment; a treasurer is to look at it."""
    RESOLVED = "resolved"
    """It fitted none, and a treasurer has said what it is."""


class Unfit(StrEnum):
    """Why an item fits no payment."""

    INCOMING = "incoming"
    """Money came in that no payment returned."""
    MONEY_BACK = "money_back"
    """Money came back that no settlement fits, or while the bank is told to pay the rest."""
    FACILITY_CLOSED = "facility_closed"
    """A lender's facility is closed, and what came back had paid what was owed under it."""
    NO_PAYMENT_NAMED = "no_payment_named"
    PAYMENT_UNKNOWN = "payment_unknown"
    CURRENCY_DIFFERS = "currency_differs"
    AMOUNT_DIFFERS = "amount_differs"
    SETTLED_OTHERWISE = "settled_otherwise"
    """The payment is settled by another transaction."""
    NOT_INSTRUCTED = "not_instructed"
    NOT_ORDERED = "not_ordered"
    """The file that the bank answers did not order the payment, or its order came back."""
    NO_REFERENCE = "no_reference"
    """The bank gives no reference of its own, or one with characters outside ISO 20022."""
    REFERENCE_USED = "reference_used"
    """The bank's reference settles another payment, or gave back another payment or amount."""
    MISDATED = "misdated"
    """The bank paid before it was told to, or in the future."""


class MatchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one item is matched with."""

    entry: Entry
    payment: PaymentFacts | None
    """The payment of this authority that it names."""
    settles: str | None
    """The payment that the bank's reference settles already, or has settled."""
    returned: TakenReturn | None = None
    """What the bank's reference gave back already."""
    answers: str | None = None
    """The file that the bank answers: with a status report, or where a booking names it."""
    ordered_in: str | None = None
    """The file with the order of the payment's instruction, while it is instructed."""
    settlements: tuple[SettledPart, ...] = ()
    """What the bank has paid of it, where the item may be about that; the oldest first."""


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an item."""

    outcome: Outcome
    reason: Unfit | None = None
    payment_id: str | None = None
    file_id: str | None = None
    """The file whose order it answers; None where it names another, or the payment is in none."""
    settled_version: int | None = None
    """The settlement of which money came back, by the version of the payment."""


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a report as a whole is checked against."""

    kind: ReportKind
    message_id: str
    accounts: tuple[str, ...]
    account: str | None
    """The number of the authority's own account."""
    original_message_id: str | None
    file_id: str | None
    """The file of the authority that is called as the report says."""
    items: int


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A report is taken in."""

    kind: ReportKind
    message_id: str
    items: int
    file_id: str | None = None
    """The file that a status report answers."""


class ReturnFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the return of a payment by the bank is checked against."""

    payment: PaymentFacts
    report_id: str
    told: str | None


class SentBack(msgspec.Struct, frozen=True, kw_only=True):
    """The bank did not pay: the payment is approved, and may be instructed again."""

    state: State
    report_id: str
    told: str | None


class Resolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a treasurer has found out about an item."""

    note: Text
    payment_id: PaymentId | UnsetType = UNSET
    """The payment that the item settles, or of which it gives back money, after all."""


class ResolveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a resolution is checked against."""

    outcome: Outcome
    entry: Entry
    payment: PaymentFacts | None
    ordered_in: str | None = None
    """The file with the order of that payment."""
    settles: str | None = None
    """The payment that the bank's reference settles already, or has settled."""
    returned: TakenReturn | None = None
    """What the bank's reference gave back already."""
    settlements: tuple[SettledPart, ...] = ()
    """What the bank has paid of that payment."""
    asked: Resolution


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """An item is resolved."""

    outcome: Outcome
    resolved_by: str
    payment_id: str | None
    file_id: str | None = None
    settled_version: int | None = None
    """The settlement of which money came back, where the item is of a return."""
    note: Text


class FileSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a list."""

    id: FileId
    execution_date: date
    total: Money
    orders: int
    digest: str
    """SHA-256 of the file."""
    made_at: datetime
    made_by: str


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of a file, as it is now."""

    payment_id: PaymentId
    end_to_end_id: str
    payee_id: OrganisationId
    amount: Money
    state: State
    returned_at: datetime | None
    """Since when the order came back, or money that it had paid, or a part of that."""
    told: str | None
    """Why the bank did not pay, or gave money back, where it did."""


class PaymentFile(FileSummary, frozen=True, kw_only=True):
    """A file, and what became of its payments."""

    version: int
    payments: tuple[OrderView, ...]
    left_out: tuple[LeftOut, ...]
    """What was instructed when it was made, and is not in it."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What a bank said of one transaction, and what became of it."""

    id: ItemId
    version: int
    report_id: ReportId
    ordinal: int
    """Counts the items of the report from 1."""
    outcome: Outcome
    reason: Unfit | None
    payment_id: PaymentId | None
    file_id: FileId | None
    """The file whose order it answers; null where the payment is in none, or it names another."""
    end_to_end_id: str | None
    bank_reference: str | None
    amount: Money | None
    direction: Direction | None
    booked_on: date | None
    status: str | None
    told: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    note: Text | None


class ReportSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A report in a list."""

    id: ReportId
    kind: ReportKind
    message_id: str
    file_id: FileId | None
    """The file that a status report answers; null for what the bank has booked."""
    digest: str
    """SHA-256 of the file."""
    received_at: datetime
    received_by: str
    items: int
    settled: int
    returned: int
    unmatched: int
    """How many items wait for a treasurer."""


class BankReport(ReportSummary, frozen=True, kw_only=True):
    """A report with its items."""

    version: int
    entries: tuple[Item, ...]
