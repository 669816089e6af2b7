"""Consents to disclosure over HTTP."""

from litestar import Response
from litestar.params import FromPath, FromQuery, JSONBody

from ecosystem.contracts.rules import ContractMissing, NotConcerned
from ecosystem.finance import access
from ecosystem.finance.disclosing import actions, queries, rules
from ecosystem.finance.disclosing.model import Disclosed, Disclosure, DisclosureDraft
from ecosystem.runtime import paging
from ecosystem.runtime.web import Call, PageCursor, PageLimit, Standing, get, post
from ecosystem.values.identifiers import authority_of
from ecosystem.values.page import Page
from ecosystem.values.revision import RevisionStale


@post(
    "/v1/contracts/{contract_id:str}/disclosures",
    permit=access.DISCLOSE,
    answers=Standing,
    refuses=(
        ContractMissing, rules.NotDiscloser, rules.DiscloserLeft, rules.NoLender,
        rules.DisclosureMisdated,
    ),
)  # fmt: skip
async def give_disclosure(
    request: Call, contract_id: FromPath[str], data: JSONBody[DisclosureDraft]
) -> Response[bytes]:
    """Consent to disclosure.

    A supplier lets a lender see its payments, and calculations, milestones or observations of the
    contract, until a time. Without a consent a lender sees none of them. Of those who supply
    together each discloses its own payments; milestones, observations and a calculation that is
    divided among them are shown once each of them consents. Who has left the contract consents
    to what it was paid, and to the calculations in which it has a part.
    """
    made = await actions.give(request.tx, contract_id, data, by=request.by, at=request.at)
    return request.answer(made, version=made.version, location=f"/v1/disclosures/{made.id}")


@get(
    "/v1/contracts/{contract_id:str}/disclosures",
    permit=access.READ_DISCLOSURES,
    answers=Page[Disclosure],
    scoped=True,
    refuses=(ContractMissing, NotConcerned),
)
async def list_disclosures(
    request: Call,
    contract_id: FromPath[str],
    limit: FromQuery[PageLimit] = 20,
    cursor: FromQuery[PageCursor | None] = None,
) -> Response[bytes]:
    """List the consents to disclosure under a contract, newest first.

    Also those that are revoked or past, as far as the caller may know of them.
    """
    await queries.concern_consents(request.tx, contract_id, by=request.by)
    return await paging.page(
        request, request.tx, queries.DISCLOSURES, cursor=cursor, limit=limit,
        unbound={"at": request.at}, authority_id=authority_of(contract_id),
        contract_id=contract_id,
    )  # fmt: skip


@get(
    "/v1/disclosures/{disclosure_id:str}",
    permit=access.READ_DISCLOSURES,
    answers=Disclosure,
    scoped=True,
    refuses=(rules.DisclosureMissing,),
)
async def read_disclosure(request: Call, disclosure_id: FromPath[str]) -> Response[bytes]:
    """Read a consent to disclosure.

    `is_standing` says whether the lender sees by it at this moment.
    """
    body, version, standing = await queries.view(request.tx, disclosure_id, at=request.at)
    return request.answer(body, version=version, mark="standing" if standing else "ended")


@post(
    "/v1/disclosures/{disclosure_id:str}/revocation",
    permit=access.REVOKE,
    answers=Standing,
    changes=True,
    refuses=(
        rules.DisclosureMissing, RevisionStale, rules.NotDiscloser, rules.DisclosureRevoked,
    ),
)  # fmt: skip
async def revoke_disclosure(request: Call, disclosure_id: FromPath[str]) -> Response[bytes]:
    """Revoke a consent to disclosure.

    The lender sees nothing more by it, with its next request.
    """
    now = await actions.revoke(
        request.tx, disclosure_id, by=request.by, at=request.at, expected=request.expected
    )
    return request.answer(now, version=now.version, location=f"/v1/disclosures/{disclosure_id}")


@get(
    "/v1/contracts/{contract_id:str}/disclosed",
    permit=access.READ_DISCLOSED,
    answers=Disclosed,
    scoped=True,
    refuses=(ContractMissing, rules.NotDisclosed),
)
async def read_disclosed(request: Call, contract_id: FromPath[str]) -> Response[bytes]:
    """Read what a supplier discloses.

    A lender reads which milestones are accepted and what is verified, as far as consents that
    stand say so, of all who supply together; payments and calculations it then reads where
    everybody does.
    """
    found = await queries.disclosed(request.tx, contract_id, by=request.by, at=request.at)
    return request.answer(found)


ROUTES = (
    give_disclosure, list_disclosures, read_disclosure, revoke_disclosure, read_disclosed,
)  # fmt: skip
