"""Contracts and standard forms over HTTP."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from ecosystem.awards import rules as awards
from ecosystem.contracts import access, actions, queries, rules
from ecosystem.contracts.form_shapes import Form
from ecosystem.contracts.forms import TermsUnmet
from ecosystem.contracts.model import (
    Contract,
    ContractDraft,
    ContractSummary,
    FormList,
    Signing,
    State,
)
from ecosystem.contracts.own_key import JwsDiffers, JwsKeyUnregistered, JwsUnfit
from ecosystem.contracts.past import queries as remembered
from ecosystem.contracts.reading import paper
from ecosystem.contracts.reading.outline import Outline, outline
from ecosystem.contracts.warned.schemas import TermsStanding
from ecosystem.history.past import rules as past
from ecosystem.history.past.answers import UNCLEAR, AsOf, ValidAt
from ecosystem.history.past.model import Asked
from ecosystem.identity.login.languages import Language
from ecosystem.runtime import paging
from ecosystem.runtime.web import (
    Call,
    PageCursor,
    PageLimit,
    Standing,
    get,
    post,
)
from ecosystem.values.identifiers import narrowing
from ecosystem.values.page import Page

Spoken = Annotated[Language, Meta(description="Chinese or English.")]
NeedFilter = Annotated[str, narrowing("need")]

InState = Annotated[State | None, QueryParameter(description="Only contracts in this state.")]


@get("/v1/contract-forms", permit=access.FORMS, answers=FormList)
async def list_contract_forms(request: Call) -> Response[bytes]:
    """List the standard-form contracts.

    All forms that ship with this release, each with the digest by which contracts cite it.
    """
    return request.answer(queries.form_list())


@get(
    "/v1/contract-forms/{form_id:str}",
    permit=access.FORMS,
    answers=Form,
    refuses=(rules.FormMissing,),
)
async def read_contract_form(request: Call, form_id: FromPath[str]) -> Response[bytes]:
    """Read a standard-form contract, in its newest version.

    Clauses, variables, milestones, metrics and payment rules, from which the terms of a
    contract grow.
    """
    return request.answer(queries.form(form_id))


@post(
    "/v1/contracts",
    permit=access.DRAFT,
    answers=TermsStanding,
    key=True,
    refuses=(
        rules.AwardNotOwned, rules.AwardContracted, rules.AwardUnfit, rules.FormUnknown,
        rules.FormAltered,
        rules.VerifierUnfit, rules.VerifierNotIndependent, TermsUnmet, awards.AwardMissing,
        awards.StandstillRunning, awards.AwardSuspended, awards.AwardCancelled,
    ),
)  # fmt: skip
async def draft_contract(request: Call, data: JSONBody[ContractDraft]) -> Response[bytes]:
    """Draft a contract of a final award.

    The terms grow from the standard form that the need named: its texts are filled in, its
    dates set from `starts_on`, its amounts computed from the price awarded. All parties see
    the draft; they sign the digest of its terms. The answer warns of every cliff of its payment
    rules: a value at which the least change of a metric changes much of what is paid.
    """
    made = await actions.draft(request.tx, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/contracts/{made.id}")


@get(
    "/v1/contracts/{contract_id:str}",
    permit=access.READ,
    answers=Contract,
    refuses=(rules.ContractMissing, *UNCLEAR),
)
async def read_contract(
    request: Call,
    contract_id: FromPath[str],
    as_of: FromQuery[AsOf | None] = None,
    valid_at: FromQuery[ValidAt | None] = None,
) -> Response[bytes]:
    """Read a contract, as it is or as it was.

    A contract in force is public. A draft is seen by its parties, and by the auditors of the
    authority's jurisdiction, with the scope contracts:read. `as_of` asks what was known at a
    time, or at a position of the log; `valid_at` what was in force at a time. Whoever may read
    it today may read its past, which has no ETag: nothing is written to it.
    """
    if (asked := past.asked(as_of, valid_at, now=request.at)) is not None:
        return request.answer(
            await remembered.past(request.tx, contract_id, seen_by=request.reader, asked=asked)
        )
    row = await queries.view(request.tx, contract_id, seen_by=request.reader)
    return request.answer(row["body"], version=row["version"])


@get(
    "/v1/contracts/{contract_id:str}/page",
    permit=access.READ,
    answers=str,
    produces="text/html",
    refuses=(rules.ContractMissing, *UNCLEAR),
)
async def show_contract(
    request: Call,
    contract_id: FromPath[str],
    language: FromQuery[Spoken] = "zh",
    as_of: FromQuery[AsOf | None] = None,
    valid_at: FromQuery[ValidAt | None] = None,
) -> Response[bytes]:
    """Show a contract as a page, as it is or as it was signed before.

    All that its parties sign, in Chinese or English: clauses, milestones, metrics, payment rules
    in plain words, the digest, and who has signed. Seen by whoever may read the contract; with
    `as_of` and `valid_at` an earlier edition, as the contract itself is read.
    """
    asked = past.asked(as_of, valid_at, now=request.at)
    outlined = await _outlined(request, contract_id, language, asked)
    return request.answer(paper.page(outlined), headers=paper.POLICY)


@get(
    "/v1/contracts/{contract_id:str}/pdf",
    permit=access.READ,
    answers=bytes,
    produces="application/pdf",
    refuses=(rules.ContractMissing, *UNCLEAR),
)
async def print_contract(
    request: Call,
    contract_id: FromPath[str],
    language: FromQuery[Spoken] = "zh",
    as_of: FromQuery[AsOf | None] = None,
    valid_at: FromQuery[ValidAt | None] = None,
) -> Response[bytes]:
    """Print a contract as a PDF, as it is or as it was signed before.

    What the page shows, for paper. The same contract gives the same bytes.
    """
    asked = past.asked(as_of, valid_at, now=request.at)
    outlined = await _outlined(request, contract_id, language, asked)
    content = await asyncio.to_thread(paper.pdf, outlined)
    name = f'attachment; filename="{contract_id}.{language}.pdf"'
    return request.answer(content, headers={"content-disposition": name})


@get("/v1/contracts", permit=access.READ, answers=Page[ContractSummary])
async def list_contracts(
    request: Call,
    need_id: FromQuery[NeedFilter] = "",
    in_state: InState = None,
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List contracts, newest first."""
    filters = {"need_id": need_id, "in_state": in_state}
    return await paging.page(
        request, request.tx, queries.listing(**filters), cursor=cursor, limit=limit,
        need_id=need_id, in_state=in_state,
        **queries.reads_as(request.reader, scope="contracts:read"),
    )  # fmt: skip


@post(
    "/v1/contracts/{contract_id:str}/signatures",
    permit=access.SIGN,
    answers=Standing,
    key=True,
    refuses=(
        rules.ContractMissing, rules.NotParty, rules.ContractCancelled, rules.ContractInForce,
        rules.SignedBefore, rules.SignsForAnother, rules.ProposalOpen, rules.DigestDiffers,
        JwsUnfit, JwsKeyUnregistered, JwsDiffers, rules.AwardContracted,
    ),
)  # fmt: skip
async def sign_contract(
    request: Call, contract_id: FromPath[str], data: JSONBody[Signing]
) -> Response[bytes]:
    """Sign a contract.

    The signatory sends the SHA-256 of the canonical JSON (RFC 8785) of the `terms` that it
    has read, and with `jws` its organisation's own signature of it. With the last party's
    signature the contract is in force: its price is obligated, its milestones are planned and
    its metrics registered.
    """
    now = await actions.sign(request.tx, contract_id, data, by=request.by, at=request.at)
    return request.answer(now, version=now.version, location=f"/v1/contracts/{contract_id}")


async def _outlined(
    request: Call, contract_id: str, language: Language, asked: Asked | None
) -> Outline:
    if asked is None:
        body = (await queries.view(request.tx, contract_id, seen_by=request.reader))["body"]
    else:
        body = await remembered.past(request.tx, contract_id, seen_by=request.reader, asked=asked)
    return outline(msgspec.json.decode(body, type=Contract), language=language)


ROUTES = (
    list_contract_forms, read_contract_form, draft_contract, read_contract, show_contract,
    print_contract, list_contracts,
    sign_contract,
)  # fmt: skip
