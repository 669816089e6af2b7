"""Files to the bank and reports from it, over HTTP."""

import asyncio
import hashlib
from typing import Annotated, Any, Final

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from ecosystem.payments import access
from ecosystem.payments.bank import actions, queries, report, rules
from ecosystem.payments.bank.model import (
    REPORT_BYTES_MAX,
    BankReport,
    FileDraft,
    FileSummary,
    Item,
    Outcome,
    PaymentFile,
    ReportSummary,
    Resolution,
)
from ecosystem.payments.rules import BankReferenceUsed, PaymentMissing, PaymentNotOwned
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale

XML: Final = "application/xml"

Became = Annotated[Outcome | None, QueryParameter(description="Only items of which this became.")]


@post(
    "/v1/payment-files",
    permit=access.ORDER,
    answers=Standing,
    key=True,
    refuses=(
        rules.ExecutionMisdated, rules.DebtorAccountMissing, rules.PaymentNotOrderable,
        rules.NothingToOrder,
    ),
)  # fmt: skip
async def make_payment_file(request: Call, data: JSONBody[FileDraft]) -> Response[bytes]:
    """Make a file of payments for the bank.

    A credit transfer initiation (ISO 20022, pain.001.001.09) of payments that are instructed
    and in no file yet, a thousand at most, the oldest first. A payment is in one file; where
    the bank returns it, it may be instructed again and goes into another.
    """
    made = await actions.make_file(
        request.tx, data, blobs=request.house.blobs, by=request.by, at=request.at
    )
    return request.answer(made, version=made.version, location=f"/v1/payment-files/{made.id}")


@get("/v1/payment-files", permit=access.READ_BANK, answers=Page[FileSummary], scoped=True)
async def list_payment_files(
    request: Call,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the files of payments, newest first."""
    return await paging.page(request, request.tx, queries.FILES, cursor=cursor, limit=limit)


@get(
    "/v1/payment-files/{bankfile_id:str}",
    permit=access.READ_BANK,
    answers=PaymentFile,
    scoped=True,
    refuses=(rules.FileMissing,),
)
async def read_payment_file(request: Call, bankfile_id: FromPath[str]) -> Response[bytes]:
    """Read what a file orders, and what became of each payment."""
    return _marked(request, await queries.file_view(request.tx, bankfile_id))


@get(
    "/v1/payment-files/{bankfile_id:str}/content",
    permit=access.READ_BANK,
    answers=bytes,
    produces=XML,
    scoped=True,
    refuses=(rules.FileMissing,),
)
async def read_payment_file_content(request: Call, bankfile_id: FromPath[str]) -> Response[bytes]:
    """Read the file itself, as the bank takes it: pain.001.001.09 in UTF-8."""
    digest = await queries.file_digest(request.tx, bankfile_id)
    content = await asyncio.to_thread(request.house.blobs.read, digest)
    headers = {"content-disposition": f'attachment; filename="{bankfile_id}.xml"'}
    return Response(content, headers=headers, media_type=XML)


@post(
    "/v1/bank-reports",
    permit=access.REPORT,
    answers=Standing,
    accepts=XML,
    body_bytes_max=REPORT_BYTES_MAX,
    refuses=(
        report.ReportUnreadable, report.ReportForeign, report.ReportUnsound,
        rules.AccountForeign, rules.FileUnknown, rules.MessageUsed,
    ),
)  # fmt: skip
async def take_bank_report(request: Call) -> Response[bytes]:
    """Take in what the bank says.

    The body is its file: a status report (pain.002.001.12), a statement (camt.053.001.08) or a
    notification (camt.054.001.08). What is booked settles the payment that it names; what is
    refused returns it; whatever matches none waits under `/v1/bank-items`. The file has 5,000
    items and 16 MiB at most. It is taken whole or refused whole, and the same file again is
    answered as before and changes nothing.
    """
    taken = await actions.take_report(
        request.tx, request.visit.body, blobs=request.house.blobs, by=request.by, at=request.at
    )
    return request.answer(taken, version=taken.version, location=f"/v1/bank-reports/{taken.id}")


@get("/v1/bank-reports", permit=access.READ_BANK, answers=Page[ReportSummary], scoped=True)
async def list_bank_reports(
    request: Call,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List what the bank has said, newest first."""
    return await paging.page(request, request.tx, queries.REPORTS, cursor=cursor, limit=limit)


@get(
    "/v1/bank-reports/{bankreport_id:str}",
    permit=access.READ_BANK,
    answers=BankReport,
    scoped=True,
    refuses=(rules.ReportMissing,),
)
async def read_bank_report(request: Call, bankreport_id: FromPath[str]) -> Response[bytes]:
    """Read a report of the bank: each item, and what became of it."""
    return _marked(request, await queries.report_view(request.tx, bankreport_id))


@get("/v1/bank-items", permit=access.READ_BANK, answers=Page[Item], scoped=True)
async def list_bank_items(
    request: Call,
    outcome: Became = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List items of all reports, newest first; `outcome=unmatched` is the treasurer's queue."""
    filters: dict[str, Any] = {} if outcome is None else {"outcome": str(outcome)}
    statement = queries.items(with_outcome=outcome is not None)
    return await paging.page(request, request.tx, statement, cursor=cursor, limit=limit, **filters)


@get(
    "/v1/bank-items/{bankitem_id:str}",
    permit=access.READ_BANK,
    answers=Item,
    scoped=True,
    refuses=(rules.ItemMissing,),
)
async def read_bank_item(request: Call, bankitem_id: FromPath[str]) -> Response[bytes]:
    """Read an item: what the bank said of one transaction, and what became of it."""
    row = await queries.item_view(request.tx, bankitem_id)
    return request.answer(row["body"], version=row["version"])


@post(
    "/v1/bank-items/{bankitem_id:str}/resolution",
    permit=access.RESOLVE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.ItemMissing, RevisionStale, PaymentMissing, PaymentNotOwned, rules.ItemResolved,
        BankReferenceUsed, rules.ItemUnfit,
    ),
)  # fmt: skip
async def resolve_bank_item(
    request: Call, bankitem_id: FromPath[str], data: JSONBody[Resolution]
) -> Response[bytes]:
    """Resolve an item that matches no payment.

    With a note on what it is; and with the payment that it settles after all, of the same
    amount, where the bank only named it wrongly. What its reference has settled or given back
    already is done: such an item is resolved with a note alone.
    """
    now = await actions.resolve(
        request.tx, bankitem_id, data, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/bank-items/{bankitem_id}")


def _marked(request: Call, body: bytes) -> Response[bytes]:
    """Answer with an ETag of the content: a file stays, and what becomes of its payments moves."""
    return request.answer(body, version=1, mark=hashlib.sha256(body).hexdigest()[:16])


ROUTES = (
    make_payment_file, list_payment_files, read_payment_file, read_payment_file_content,
    take_bank_report, list_bank_reports, read_bank_report, list_bank_items, read_bank_item,
    resolve_bank_item,
)  # fmt: skip
