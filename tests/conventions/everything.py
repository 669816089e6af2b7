"""One of each thing that a path can name, and who may call each operation."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import msgspec

from ecosystem import app
from ecosystem.cli.bank import booked
from ecosystem.identity.outside import actions as outside
from ecosystem.manual import describe
from ecosystem.offers.members.tables import substitution
from ecosystem.runtime.database import Database, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.operation import Operation
from ecosystem.sandbox import routes as sandbox
from ecosystem.sandbox.model import Parties, Party, SeededPerson
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of, compose
from ecosystem.values.permit import Permit
from tests.contracts.partnership import Partnership
from tests.conventions.altering import changed, negotiated, turned
from tests.conventions.asking import asked_of
from tests.conventions.deducting import deducted
from tests.conventions.following import followed
from tests.conventions.lending import lent
from tests.parties import able, bearer

OPERATIONS: Final = describe.operations_of((*app.ROUTES, *sandbox.ROUTES))
"""Every operation of a sandbox."""
OAUTH: Final = "/oauth/"
UNLIMITED: Final = ("/health/", "/metrics")
_NAMED: Final = re.compile(r"\{(\w+)\}")
_PREFIX: Final = {"organisation": "org"}
_OTHER: Final = {
    "form_id": "no-such-form",
    "profile_id": "no-such-profile",
    "code": "no_such_problem",
}
_PROPOSE: Final = inserting(
    substitution, "authority_id", "id", "need_id", "offer_id", "version", "state", "leaving_id",
    "joining_id", "member_ids", "share", "reason", "proposed_by", "proposed_at",
)  # fmt: skip
_QUARTER: Final = {"starts_on": "2025-04-01", "ends_on": "2025-07-01"}
UPLOAD: Final = {
    "name": "register.txt", "media_type": "text/plain", "bytes": 9, "sha256": "0" * 64,
}  # fmt: skip
_SUPPLIER: Final = ("enterprise", "delivery")

Headers = dict[str, str]


class Everything(msgspec.Struct, frozen=True):
    """Identifiers by the names that they have in paths, and who may call."""

    client: httpx.AsyncClient
    parties: Parties
    ids: dict[str, str]
    tokens: dict[str, Headers]

    def path(self, one: Operation) -> str:
        """Return the operation's path with identifiers of things that are there."""
        return _NAMED.sub(lambda found: self.ids[found[1]], one.path)

    async def caller(self, one: Operation) -> Headers:
        """Return the Authorization header of who may call: the reader in chief where many may."""
        if one.permit.is_public():
            return {}
        party, person = self._who(one.permit, one.path)
        key = f"{party.key}/{person.key}"
        if key not in self.tokens:
            self.tokens[key] = await bearer(self.client, party.key, person.key)
        return self.tokens[key]

    def _who(self, permit: Permit, path: str) -> tuple[Party, SeededPerson]:
        if "{offer_id}" in path and not permit.roles:
            enterprise = self.parties.party("enterprise")
            return enterprise, enterprise.person("bidder")
        return next(able(self.parties, permit))


def unknown(one: Operation) -> str:
    """Return the operation's path with well-formed identifiers of nothing."""

    def nothing(found: re.Match[str]) -> str:
        name = found[1]
        if name in _OTHER:
            return _OTHER[name]
        kind = name.removesuffix("_id")
        return compose(
            _PREFIX.get(kind, kind), milliseconds=1_700_000_000_000, authority=1, entropy=7
        )

    return _NAMED.sub(nothing, one.path)


async def gather(awarded: Partnership, database: Database) -> Everything:
    """Return one of each thing, grown from a final award."""
    of_need = await asked_of(awarded) | {"proposal_id": await negotiated(awarded)}
    at = await awarded.active()
    contract, officer = f"/v1/contracts/{at.contract_id}", ("city", "officer")
    award = await _read(at, f"/v1/awards/{at.award_id}", officer)
    metric_id = (await _listed(at, f"{contract}/metrics", officer))[0]["id"]
    report = {
        "period": _QUARTER, "value": "91.5", "source": "monitor", "method": {"en": "All records"},
    }  # fmt: skip
    observation = await at.made(f"/v1/metrics/{metric_id}/observations", report, by=_SUPPLIER)
    milestone_id, document_id = await _accepted(at, contract)
    dispute = await _disputed(at, (await _listed(at, f"{contract}/payments", officer))[0])
    payment = await _read(at, f"/v1/payments/{dispute['rest_id']}", officer)
    ids = (
        _own(at)
        | of_need
        | {
            "search_id": await _kept(at),
            "invitation_id": await _invited(at),
            "identity_id": await _linked(at, database),
            "substitution_id": await _proposed(at, database, award),
            "lot_id": award["lot_id"],
            "offer_id": award["offer_id"],
            "document_id": document_id,
            "milestone_id": milestone_id,
            "metric_id": metric_id,
            "observation_id": observation["id"],
            "payment_id": payment["id"],
            "dispute_id": dispute["id"],
            "calculation_id": payment["calculation_id"],
            "upload_id": (await at.made(f"{contract}/uploads", UPLOAD, by=officer))["id"],
        }
    )
    ids |= {"change_id": await changed(at), "turn_id": await turned(at)}
    ids |= await _many(at, metric_id) | await _banked(at, payment["id"]) | await deducted(at)
    ids |= {"shift_id": await _shifted(at), "assessment_id": await _assessed(at)}
    ids["finding_id"] = await _found(at, milestone_id)
    ids |= await _written(at, database, offer_id=award["offer_id"], lot_id=award["lot_id"])
    ids |= await lent(at) | await followed(at, database)
    return Everything(client=at.client, parties=at.parties, tokens={}, ids=ids)


async def _invited(at: Partnership) -> str:
    """Invite somebody to the city."""
    there = f"/v1/organisations/{_own(at)['organisation_id']}/invitations"
    asked = {"name": {"en": "Newcomer"}, "roles": ["officer"]}
    identifier: str = (await at.made(there, asked, by=("city", "administrator")))["id"]
    return identifier


async def _disputed(at: Partnership, payment: dict[str, Any]) -> dict[str, Any]:
    """Dispute a part of a payment."""
    there, approver = f"/v1/payments/{payment['id']}", ("city", "approver")
    part = {**payment["amount"], "amount": "1.00"}
    asked = {"amount": part, "reason": {"en": "Not delivered"}}
    made = await at.made(f"{there}/dispute", asked, by=approver, If_Match="*")
    return await _read(at, f"/v1/payment-disputes/{made['id']}", approver)


async def _found(at: Partnership, milestone_id: str) -> str:
    """Write a finding about a milestone."""
    asked = {
        "object_id": milestone_id, "title": {"en": "No register"},
        "reply_by": "2198-01-01T00:00:00Z", "text": {"en": "The register of assets is not there."},
    }  # fmt: skip
    identifier: str = (await at.made("/v1/findings", asked, by=("auditor", "auditor")))["id"]
    return identifier


async def _banked(at: Partnership, payment_id: str) -> dict[str, str]:
    """Order a payment of the bank, and take in what it says of another one."""
    treasurer, there = ("city", "treasurer"), f"/v1/payments/{payment_id}"
    for step, by in (
        ("claim", _SUPPLIER), ("approval", ("city", "approver")), ("instruction", treasurer),
    ):  # fmt: skip
        await at.made(f"{there}/{step}", None, by=by, If_Match="*")
    asked = {"currency": "CNY", "execution_date": datetime.now(UTC).date().isoformat()}
    file_id: str = (await at.made("/v1/payment-files", asked, by=treasurer))["id"]
    headers = await bearer(at.client, *treasurer) | {"Content-Type": "application/xml"}
    ordered = await at.client.get(f"/v1/payment-files/{file_id}/content", headers=headers)
    said = booked(ordered.content, "strange", on=datetime.now(UTC).date())
    said = said.replace(payment_id[8:].encode(), b"strange")
    report = (await at.client.post("/v1/bank-reports", headers=headers, content=said)).json()
    item = (await _listed(at, "/v1/bank-items", treasurer))[0]
    return {"bankfile_id": file_id, "bankreport_id": report["id"], "bankitem_id": item["id"]}


async def _shifted(at: Partnership) -> str:
    """Move a little of what the programme has left to another one of its year."""
    here, treasurer = f"/v1/programmes/{at.programme_id}", ("city", "treasurer")
    found = (await at.client.get(here)).json()
    kept = ("name", "fiscal_year", "sector", "operation", "currency")
    other = {name: found[name] for name in kept} | {"phase": "construction"}
    asked = {
        "kind": "transfer", "to_id": (await at.made("/v1/programmes", other, by=treasurer))["id"],
        "amount": {"amount": "0.01", "currency": "CNY"}, "reason": {"en": "A test"},
    }  # fmt: skip
    shift_id: str = (await at.made(f"{here}/shifts", asked, by=treasurer))["id"]
    await at.made(f"/v1/shifts/{shift_id}/approval", None, by=("city", "approver"), If_Match="*")
    return shift_id


async def _assessed(at: Partnership) -> str:
    """Assess a programme of a year that is over, and publish it."""
    past = {
        "name": {"en": "The past"}, "fiscal_year": 2024, "sector": "urban_governance",
        "operation": "data", "phase": "operation", "currency": "CNY",
    }  # fmt: skip
    programme_id = (await at.made("/v1/programmes", past, by=("city", "treasurer")))["id"]
    asked = {
        "programme_id": programme_id, "fiscal_year": 2024, "reviewer_id": at.id_of("auditor"),
    }  # fmt: skip
    officer, words = ("city", "officer"), {"en": "A test"}
    assessment_id: str = (await at.made("/v1/assessments", asked, by=officer))["id"]
    review = {"has_conflict": False, "recommendation": "fix", "reason": words}
    for step, body, by in (
        ("self-assessment", {"statement": words}, officer),
        ("review", review, ("auditor", "auditor")),
        ("publication", None, ("city", "approver")),
    ):
        await at.made(f"/v1/assessments/{assessment_id}/{step}", body, by=by, If_Match="*")
    return assessment_id


async def _many(at: Partnership, metric_id: str) -> dict[str, str]:
    """Report a batch of a metric, and ask to have a time of it excused."""
    day = {"starts_on": "2025-03-02", "ends_on": "2025-03-03", "value": "91", "source": "log"}
    excused = {
        "starts_at": "2025-04-01T00:00:00Z", "ends_at": "2025-04-02T00:00:00Z",
        "ground": "force_majeure", "reason": {"en": "A flood"},
    }  # fmt: skip
    batch = await at.made(f"/v1/metrics/{metric_id}/batches", [day], by=_SUPPLIER)
    excusal = await at.made(f"/v1/metrics/{metric_id}/excusals", excused, by=_SUPPLIER)
    return {"batch_id": batch["id"], "excusal_id": excusal["id"]}


def _own(at: Partnership) -> dict[str, str]:
    city = at.parties.party("city")
    return {
        "organisation_id": city.organisation_id,
        "person_id": city.person("officer").id,
        "client_id": city.clients[0].id,
        "programme_id": at.programme_id,
        "need_id": at.need_id,
        "award_id": at.award_id,
        "contract_id": at.contract_id,
        "form_id": "city-data-platform-operation",
        "profile_id": "eu-directives",
        "code": "not_found",
    }


async def _challenged(at: Partnership, database: Database, *, offer_id: str) -> str:
    """Write a challenge of the award, as if somebody had lost by it."""
    authority = authority_of(at.award_id)
    challenge_id = mint("challenge", authority=authority)
    loser = at.parties.party("think_tank")
    connection = await database.connect()
    try:
        await connection.execute(
            "UPDATE award SET state = 'suspended', version = version + 1 WHERE id = $1",
            at.award_id,
        )
        await connection.execute(
            "INSERT INTO challenge VALUES ($1, $2, 1, 'open', $3, $4, $5, $6, "
            "'{\"en\": \"Why?\"}', $7, now(), now())",
            authority, challenge_id, at.need_id, at.award_id, offer_id, loser.organisation_id,
            loser.person("bidder").id,
        )  # fmt: skip
    finally:
        await connection.close()
    return challenge_id


async def _proposed(at: Partnership, database: Database, award: dict[str, Any]) -> str:
    """Propose a substitution in the offer that was awarded, as if before its evaluation."""
    parties = [at.id_of(party) for party in ("enterprise", "think_tank", "second_enterprise")]
    made = mint("substitution", authority=1)
    async with database.transaction({"authority": "1"}) as tx:
        await tx.run(
            _PROPOSE,
            authority_id=1, id=made, need_id=at.need_id, offer_id=award["offer_id"], version=1,
            state="proposed", leaving_id=parties[1], joining_id=parties[2], member_ids=parties,
            share="30", reason=b'{"en": "See letter"}', proposed_by=parties[0],
            proposed_at=datetime.now(UTC),
        )  # fmt: skip
    return made


async def _kept(at: Partnership) -> str:
    """Keep a search of the city."""
    asked = {"name": {"en": "Parking"}, "filters": {"text": "parking"}}
    identifier: str = (await at.made("/v1/saved-searches", asked, by=("city", "officer")))["id"]
    return identifier


async def _linked(at: Partnership, database: Database) -> str:
    """Link an outside identity of a person of the city, as if she had proved it."""
    headers = await at.as_("city", "officer")
    me = (await at.client.get("/v1/me", headers=headers)).json()
    by = Actor(
        organisation_id=me["organisation_id"],
        organisation_number=1,
        kind=me["kind"],
        verified=True,
        jurisdiction=me["jurisdiction"],
        client_id=me["client_id"],
        person_id=me["person_id"],
    )
    async with database.transaction() as tx:
        made = await outside.link(
            tx, me["person_id"], issuer="https://id.example", subject="officer", by=by,
            at=datetime.now(UTC),
        )  # fmt: skip
    return made.id


async def _accepted(at: Partnership, contract: str) -> tuple[str, str]:
    """Have a milestone accepted, so that something is due; return it and its evidence."""
    listed = await _listed(at, f"{contract}/milestones?limit=100", ("city", "officer"))
    first = next(one for one in listed if one["code"] == "takeover")
    path = f"/v1/milestones/{first['id']}"
    documents = [
        (await at.file(content, by=_SUPPLIER)).json()["id"]
        for content in (b"%PDF-1.7\none\n", b"%PDF-1.7\nother\n")
    ]
    shown = {
        "documents": documents,
        "delivered_at": "2025-04-30T15:59:00Z",
        "declaration": {"en": "Done"},
    }
    submitted = await at.post(f"{path}/submission", shown, by=_SUPPLIER, If_Match='"v1"')
    accepted = await at.post(
        f"{path}/acceptance", None, by=("city", "officer"), If_Match=submitted.headers["etag"]
    )
    assert accepted.status_code == 201, accepted.text
    return first["id"], documents[0]


async def _read(at: Partnership, path: str, by: tuple[str, str]) -> dict[str, Any]:
    answer = await at.get(path, by=by)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def _listed(at: Partnership, path: str, by: tuple[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await _read(at, path, by))["data"]
    return found


_LETTER: Final = (
    b'{"own":null,"excluded":null,"consensus":[],"winner":{"offer_id":'
    b'"offer_01900000000070008000000000000001","lead_id":"org_01900000000070008000000000000001",'
    b'"points":"80.0000","quality_points":"50.0000","price":"1.00"},'
    b'"challenge_by":"2027-01-01T00:00:00Z"}'
)


async def _written(
    at: Partnership, database: Database, *, offer_id: str, lot_id: str
) -> dict[str, str]:
    """Write a letter about an offer, a question about its price, and a challenge of its award."""
    authority = authority_of(at.award_id)
    ids = {f"{one}_id": mint(one, authority=authority) for one in ("letter", "explanation")}
    members = [at.parties.party("enterprise").organisation_id]
    connection = await database.connect()
    try:
        await connection.execute(f"SET app.authority = '{authority}'")
        await connection.execute(
            "INSERT INTO letter VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())",
            authority, ids["letter_id"], at.award_id, at.need_id, lot_id, offer_id, members,
            _LETTER,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO price_explanation (authority_id, id, version, state, need_id, lot_id, "
            "offer_id, round, member_ids, question, asked_by, asked_at, answer_by) VALUES "
            "($1, $2, 1, 'asked', $3, $4, $5, 1, $6, $7, $8, now(), now())",
            authority, ids["explanation_id"], at.need_id, lot_id, offer_id, members,
            b'{"en":"How?"}', at.parties.party("city").person("officer").id,
        )  # fmt: skip
    finally:
        await connection.close()
    ids["challenge_id"] = await _challenged(at, database, offer_id=offer_id)
    return ids
