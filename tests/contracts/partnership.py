"""A final award on the seeded parties, and a contract of it: for tests above the awards."""

import base64
import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import msgspec

from ecosystem.awards.model import AwardTerms
from ecosystem.budgets import actions as budgets
from ecosystem.offers.model import Financing, Liability, MemberDraft
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.sandbox.model import Parties
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import authority_of
from ecosystem.values.money import Money
from tests.conventions import market
from tests.parties import bearer, seeded

Headers = dict[str, str]
PRICE = Money("11800000.00", "CNY")
VALUES = {
    "platform_name": "城市运行一网统管平台",
    "quality_baseline": "60",
    "sharing_baseline": "55",
}
_LIFE = ("published", "closed", "opened", "evaluated", "awarded")
"""Of a need, up to its award."""


@dataclass(frozen=True)
class Partnership:
    """Who takes part, what was awarded, and the contract of it."""

    client: httpx.AsyncClient
    parties: Parties
    need_id: str
    programme_id: str
    award_id: str
    contract_id: str = ""
    headers: dict[tuple[str, str], Headers] = field(default_factory=dict[tuple[str, str], Headers])

    async def as_(self, party: str, person: str) -> Headers:
        """Return the Authorization header of a seeded person, got once."""
        key = (party, person)
        if key not in self.headers:
            self.headers[key] = await bearer(self.client, party, person)
        return self.headers[key]

    def id_of(self, party: str) -> str:
        """Return the identifier of a seeded organisation."""
        return self.parties.party(party).organisation_id

    async def post(
        self, path: str, body: object, *, by: tuple[str, str], **headers: str
    ) -> httpx.Response:
        """Post JSON as a person under a new Idempotency-Key, or the one that is given."""
        sent = {"Idempotency-Key": str(uuid.uuid4()), **(await self.as_(*by))}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(path, json=body, headers=sent)

    async def get(self, path: str, *, by: tuple[str, str]) -> httpx.Response:
        """Get as a person."""
        return await self.client.get(path, headers=await self.as_(*by))

    async def made(
        self, path: str, body: object, *, by: tuple[str, str], **headers: str
    ) -> dict[str, Any]:
        """Post, and return what was made."""
        answer = await self.post(path, body, by=by, **headers)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def draft(self, **changed: object) -> dict[str, object]:
        """Return the body of a contract of the award."""
        return {
            "award_id": self.award_id,
            "verifier_id": self.id_of("verifier"),
            "starts_on": "2025-03-01",
            "values": VALUES,
            **changed,
        }

    async def sign(self, contract_id: str, party: str, *, digest: str) -> httpx.Response:
        """Sign for a party."""
        path = f"/v1/contracts/{contract_id}/signatures"
        return await self.post(path, {"digest": digest}, by=(party, "signatory"))

    async def active(self) -> "Partnership":
        """Return the same partnership with a contract that all its parties have signed."""
        made = await self.made("/v1/contracts", self.draft(), by=("city", "officer"))
        path = f"/v1/contracts/{made['id']}"
        digest = (await self.get(path, by=("city", "officer"))).json()["terms_digest"]
        for party in ("city", "enterprise", "second_enterprise", "verifier"):
            answer = await self.sign(made["id"], party, digest=digest)
            assert answer.status_code == 201, answer.text
        return Partnership(
            self.client, self.parties, self.need_id, self.programme_id, self.award_id, made["id"],
            self.headers,
        )  # fmt: skip

    async def file(
        self, content: bytes, *, by: tuple[str, str], name: str = "验收报告.pdf",
        under: str = "", **changed: str
    ) -> httpx.Response:  # fmt: skip
        """File a document under the contract, or what else takes files."""
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {
            "Content-Type": "application/pdf",
            "Content-Digest": f"sha-256=:{digest}:",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            **{key.replace("_", "-"): value for key, value in changed.items()},
            **(await self.as_(*by)),
        }
        path = under or f"/v1/contracts/{self.contract_id}/documents"
        return await self.client.post(path, content=content, headers=headers)


async def awarded(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """Return a final award to a consortium of two enterprises, the city having committed to it.

    Needs are published over HTTP; the offer and the award are written by `superuser`, whose
    address it is, as they would stand after evaluation.
    """
    made = await market.make(client)
    parties = await seeded(client)
    need = (await client.get(f"/v1/needs/{made.published_id}")).json()
    award_id = await award(superuser, parties, need_id=need["id"], lot_id=need["lots"][0]["id"])
    city = parties.party("city")
    treasurer = Actor(
        organisation_id=city.organisation_id,
        organisation_number=authority_of(award_id),
        kind=OrganisationKind.GOVERNMENT,
        verified=True,
        jurisdiction=city.jurisdiction,
        client_id=mint("client"),
        person_id=city.person("treasurer").id,
    )
    async with database.transaction() as tx:
        await budgets.commit(
            tx, programme_id=made.programme_id, for_id=award_id, amount=PRICE, by=treasurer,
            at=datetime.now(UTC),
        )  # fmt: skip
    return Partnership(client, parties, need["id"], made.programme_id, award_id)


async def award(
    superuser: str, parties: Parties, *, need_id: str, lot_id: str, kind: str = "delivery",
    standstill: timedelta = timedelta(days=-1), financing: Financing | None = None,
    lenders: tuple[tuple[str, str], ...] = (("bank", "100"),),
) -> str:  # fmt: skip
    """Write an offer and its award, whose standstill ends `standstill` from now."""
    authority = authority_of(need_id)
    offer_id, award_id = mint("offer", authority=authority), mint("award", authority=authority)
    shares = lenders if kind == "financing" else (("enterprise", "70"), ("second_enterprise", "30"))
    members = tuple(MemberDraft(parties.party(key).organisation_id, share) for key, share in shares)
    terms = msgspec.structs.replace(_several(members), financing=financing)
    lead_id = terms.lead_id
    approved_at = datetime.now(UTC) - timedelta(days=30)
    connection = await asyncpg.connect(superuser)
    try:
        organisations = [member.organisation_id for member in members]
        await _offer(connection, offer_id, need_id, lot_id, kind=kind, members=organisations)
        await connection.execute(
            "INSERT INTO award (authority_id, id, need_id, lot_id, offer_id, round, version, kind,"
            " state, lead_id, price, currency, terms, reason, passed_over, proposed_by,"
            " proposed_at)"
            " VALUES ($1, $2, $3, $4, $5, 1, 1, $6, 'proposed', $7, $8::text::numeric, $9, $10,"
            " '{}', '[]', $11, $12)",
            authority, award_id, need_id, lot_id, offer_id, kind, lead_id, PRICE.amount,
            PRICE.currency, msgspec.json.encode(terms).decode(), mint("person"), approved_at,
        )  # fmt: skip
        await connection.execute(
            "UPDATE award SET state = 'published', version = 2, approved_by = $2,"
            " approved_at = $3, standstill_ends_at = $4 WHERE id = $1",
            award_id, mint("person"), approved_at, datetime.now(UTC) + standstill,
        )  # fmt: skip
        await _end(connection, offer_id, need_id)
    finally:
        await connection.close()
    return award_id


def _several(members: tuple[MemberDraft, ...]) -> AwardTerms:
    """Return what was offered by members each of whom answers for its own share alone."""
    return AwardTerms(
        lead_id=members[0].organisation_id,
        members=members,
        price=PRICE,
        financing=None,
        metric_commitments=(),
        liability=Liability.SEVERAL,
    )


async def _offer(
    connection: asyncpg.Connection, offer_id: str, need_id: str, lot_id: str, *, kind: str,
    members: list[str],
) -> None:  # fmt: skip
    """Write an offer that was confirmed for the need as it is, and admitted.

    No trigger asks whether the need still takes offers, and who has admitted this one: another
    award may be written already.
    """
    for asks in ("what_is_opened_is_confirmed", "offer_goes_as_decided"):
        await connection.execute(f"ALTER TABLE offer DISABLE TRIGGER {asks}")
    await connection.execute(
        "INSERT INTO offer (authority_id, id, need_id, lot_id, version, kind, state, lead_id,"
        " member_ids, envelope, envelope_digest, received_at, receipt) VALUES ($1, $2, $3, $4, 1,"
        " $5, 'draft', $6, $7, '{}', '', now(), '')",
        authority_of(need_id), offer_id, need_id, lot_id, kind, members[0], members,
    )  # fmt: skip
    for state in ("submitted", "opened", "admitted"):
        await connection.execute(
            "UPDATE offer SET state = $2, confirmed_version = content_version FROM need"
            " WHERE offer.id = $1 AND need.id = need_id",
            offer_id, state,
        )  # fmt: skip
    for asks in ("what_is_opened_is_confirmed", "offer_goes_as_decided"):
        await connection.execute(f"ALTER TABLE offer ENABLE ALWAYS TRIGGER {asks}")


async def _end(connection: asyncpg.Connection, offer_id: str, need_id: str) -> None:
    """Let the offer be awarded, and its need take every turn up to the award."""
    await connection.execute("UPDATE offer SET state = 'awarded' WHERE id = $1", offer_id)
    for before, after in pairwise(_LIFE):
        await connection.execute(
            "UPDATE need SET state = $3 WHERE id = $1 AND state = $2", need_id, before, after
        )
