"""What the form leaves open is agreed on, one proposal after the other, before anybody signs."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from ecosystem.contracts import forms
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.negotiating import rules
from ecosystem.contracts.negotiating.model import AcceptFacts, ProposeFacts, ReplyFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.changing import OFFICER, PARTIES, WHY, code, read
from tests.contracts.partnership import Partnership, awarded
from tests.replay import Rules, replayed

SUPPLIER, SECOND = ("enterprise", "delivery"), ("second_enterprise", "signatory")
DECIDED: Rules = {
    "proposal.made": (rules.propose, ProposeFacts),
    "proposal.answered": (rules.answer, ReplyFacts),
    "proposal.accepted": (rules.accept, AcceptFacts),
    "proposal.rejected": (rules.reject, ReplyFacts),
    "proposal.withdrawn": (rules.withdraw, ReplyFacts),
    "contract.worded": (rules.accept, AcceptFacts),
}


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    """The address of the module's database for who may write everything."""
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def at(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """A draft of a final award."""
    there = await awarded(client, database, superuser)
    made = await there.made("/v1/contracts", there.draft(), by=OFFICER)
    return Partnership(
        there.client, there.parties, there.need_id, there.programme_id, there.award_id,
        made["id"], there.headers,
    )  # fmt: skip


async def _draft(at: Partnership) -> dict[str, Any]:
    found: dict[str, Any] = await read(at, f"/v1/contracts/{at.contract_id}")
    return found


async def _propose(
    at: Partnership, baseline: str, *, by: tuple[str, str] = OFFICER, base: str = ""
) -> httpx.Response:
    digest = base or (await _draft(at))["terms_digest"]
    body = {"base_digest": digest, "values": {"quality_baseline": baseline}, **WHY}
    return await at.post(f"/v1/contracts/{at.contract_id}/proposals", body, by=by)


async def _reply_to(
    at: Partnership, proposal: httpx.Response, how: str, *, by: tuple[str, str]
) -> httpx.Response:
    path = f"/v1/contract-proposals/{proposal.json()['id']}/{how}"
    return await at.post(path, None if how == "acceptance" else WHY, by=by, If_Match='"v1"')


async def _sign(at: Partnership, party: str, digest: str) -> httpx.Response:
    return await at.sign(at.contract_id, party, digest=digest)


async def test_a_draft_is_negotiated_signed_anew_and_comes_into_force_as_agreed(
    at: Partnership, database: Database
) -> None:
    first = await _draft(at)
    assert (await _sign(at, "city", first["terms_digest"])).status_code == 201

    made = await _propose(at, "61")
    early = await _sign(at, "enterprise", first["terms_digest"])
    twice = await _propose(at, "62")
    own = await _reply_to(at, made, "acceptance", by=OFFICER)
    instead = await _propose(at, "63", by=SUPPLIER)
    late = await at.post(
        f"/v1/contract-proposals/{made.json()['id']}/acceptance", None, by=SECOND, If_Match="*"
    )
    accepted = await _reply_to(at, instead, "acceptance", by=OFFICER)

    assert [code(one) for one in (early, twice, own, late)] == [
        (409, "proposal_open"), (409, "proposal_open"), (403, "own_side_proposed"),
        (409, "proposal_over"),
    ]  # fmt: skip
    assert [one.status_code for one in (made, instead, accepted)] == [201, 201, 201]
    agreed = await _draft(at)
    assert (agreed["wording"], agreed["state"], agreed["signatures"]) == (2, "draft", [])
    assert agreed["terms"]["variables"]["quality_baseline"] == "63"
    terms = msgspec.convert(agreed["terms"], ContractTerms)
    assert agreed["terms_digest"] == forms.terms_digest(terms) != first["terms_digest"]
    differences = await read(at, f"/v1/contracts/{at.contract_id}/differences")
    assert differences["terms"] == []
    assert code(await _sign(at, "city", first["terms_digest"])) == (422, "digest_differs")
    for party in PARTIES:
        assert (await _sign(at, party, agreed["terms_digest"])).status_code == 201
    assert (await _draft(at))["state"] == "active"
    over = await _propose(at, "64")
    assert code(over) == (409, "contract_in_force")
    was = await read(at, f"/v1/contracts/{at.contract_id}?as_of={_instant(first)}")
    assert was["terms"]["variables"]["quality_baseline"] == "60"
    assert await replayed(database, DECIDED) == {
        "proposal.made": 2, "proposal.answered": 1, "proposal.accepted": 1,
        "proposal.rejected": 0, "proposal.withdrawn": 0, "contract.worded": 1,
    }  # fmt: skip


def _instant(contract: dict[str, Any]) -> str:
    return str(contract["drafted_at"])


async def test_whoever_proposes_values_is_warned_of_each_cliff_of_the_rules(
    at: Partnership,
) -> None:
    made = await _propose(at, "61")

    assert "sharing-payment" in {one["rule"] for one in made.json()["cliffs"]}


async def test_what_is_rejected_or_withdrawn_leaves_draft_and_signatures_as_they_were(
    at: Partnership,
) -> None:
    first = await _draft(at)
    await _sign(at, "city", first["terms_digest"])

    one = await _propose(at, "61", by=SUPPLIER)
    rejected = await _reply_to(at, one, "rejection", by=OFFICER)
    other = await _propose(at, "62", by=SECOND)
    others = await _reply_to(at, other, "withdrawal", by=SUPPLIER)
    withdrawn = await _reply_to(at, other, "withdrawal", by=SECOND)

    assert code(others) == (403, "not_own_proposal")
    assert [rejected.json()["state"], withdrawn.json()["state"]] == ["rejected", "withdrawn"]
    now = await _draft(at)
    assert now["terms_digest"] == first["terms_digest"]
    assert len(now["signatures"]) == 1
    listed = await read(at, f"/v1/contracts/{at.contract_id}/proposals", SUPPLIER)
    assert [one["state"] for one in listed["data"]] == ["withdrawn", "rejected"]
    for path in (
        f"/v1/contracts/{at.contract_id}/proposals",
        f"/v1/contract-proposals/{one.json()['id']}",
    ):
        assert (await at.get(path, by=("bank", "lender"))).status_code == 404
    unknown = {"base_digest": now["terms_digest"], "values": {"value": "1"}, **WHY}
    answer = await at.post(f"/v1/contracts/{at.contract_id}/proposals", unknown, by=OFFICER)
    assert code(answer) == (422, "terms_unmet")
    assert answer.json()["errors"][0]["pointer"] == "/values/value"


async def _together(
    superuser: str, at: Partnership, *asked: Coroutine[Any, Any, httpx.Response]
) -> list[httpx.Response]:
    """Let requests stand together before the contract, each in a session of its own."""
    connection = await asyncpg.connect(superuser)
    async with connection.transaction():
        await connection.execute("SELECT FROM contract WHERE id = $1 FOR UPDATE", at.contract_id)
        waiting = [asyncio.create_task(one) for one in asked]
        await asyncio.sleep(0.3)
        assert not any(one.done() for one in waiting)
    answers = await asyncio.gather(*waiting)
    await connection.close()
    return answers


async def test_of_an_acceptance_and_a_new_proposal_at_once_one_stands(
    at: Partnership, superuser: str
) -> None:
    base = (await _draft(at))["terms_digest"]
    made = await _propose(at, "61")

    accepted, instead = await _together(
        superuser,
        at,
        _reply_to(at, made, "acceptance", by=SUPPLIER),
        _propose(at, "63", by=SECOND, base=base),
    )

    now = await _draft(at)
    if accepted.status_code == 201:
        assert code(instead) == (409, "draft_reworded")
        assert (now["wording"], now["terms"]["variables"]["quality_baseline"]) == (2, "61")
    else:
        assert (accepted.status_code, instead.status_code) == (412, 201)
        assert (now["wording"], now["terms_digest"]) == (1, base)


async def test_nothing_comes_into_force_by_a_signature_beside_an_acceptance(
    at: Partnership, superuser: str
) -> None:
    first = (await _draft(at))["terms_digest"]
    for party in PARTIES[:-1]:
        await _sign(at, party, first)
    made = await _propose(at, "61")

    accepted, signed = await _together(
        superuser,
        at,
        _reply_to(at, made, "acceptance", by=SUPPLIER),
        _sign(at, PARTIES[-1], first),
    )

    now = await _draft(at)
    assert accepted.status_code == 201
    assert code(signed) in {(409, "proposal_open"), (422, "digest_differs")}
    assert (now["state"], now["wording"], now["signatures"]) == ("draft", 2, [])


async def test_of_the_last_signature_and_a_proposal_at_once_one_stands(
    at: Partnership, superuser: str
) -> None:
    first = (await _draft(at))["terms_digest"]
    for party in PARTIES[:-1]:
        await _sign(at, party, first)

    signed, made = await _together(
        superuser, at, _sign(at, PARTIES[-1], first), _propose(at, "61", base=first)
    )

    state = (await _draft(at))["state"]
    assert (state, [signed.status_code, made.status_code]) in [
        ("active", [201, 409]),
        ("draft", [409, 201]),
    ]


SIGNATURE = """
INSERT INTO contract_signature
SELECT contract.authority_id, contract.id, party.organisation_id, person.id, terms_digest, now(),
  NULL, wording + $2 FROM contract JOIN contract_party AS party ON party.contract_id = contract.id
  CROSS JOIN (SELECT id FROM person LIMIT 1) AS person WHERE contract.id = $1 LIMIT 1"""
TWICE = """
INSERT INTO contract_proposal SELECT (jsonb_populate_record(p, jsonb_build_object(
  'id', overlay(id placing 'ffff' from length(id) - 3), 'wording', wording + $2::int))).*
FROM contract_proposal AS p WHERE contract_id = $1"""
REWORDED = "UPDATE contract SET wording = 2, version = version + 1 WHERE id = $1"
IN_FORCE = """
UPDATE contract SET state = 'active', activated_at = now(), version = version + 1
WHERE id = $1"""
OF_ONESELF = """
UPDATE contract_proposal SET version = version + 1, state = 'accepted', ended_at = now(),
  ended_by = proposed_by WHERE contract_id = $1"""
OTHERWISE = """
UPDATE contract_proposal SET version = version + 1, "values" = '[]' WHERE contract_id = $1"""
UNLAWFUL: tuple[tuple[str, tuple[int, ...], str], ...] = (
    (SIGNATURE, (0,), "a_draft_is_signed_as_worded"),
    (REWORDED, (), "contract_is_altered_by_what_was_signed"),
    (IN_FORCE, (), "contract_is_altered_by_what_was_signed"),
    (OTHERWISE, (), "contract_proposal_takes_its_turn"),
    (OF_ONESELF, (), "contract_proposal_the_other_side_replies"),
    (TWICE, (5,), "contract_proposal_is_of_the_draft"),
    (TWICE, (0,), "one_proposal_for_a_draft_is_open"),
)


async def test_the_database_keeps_a_draft_as_it_was_agreed(at: Partnership, superuser: str) -> None:
    assert (await _propose(at, "61")).status_code == 201
    connection = await asyncpg.connect(superuser)

    for statement, more, constraint in UNLAWFUL:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await connection.execute(statement, at.contract_id, *more)
        assert refused.value.constraint_name == constraint, statement

    await connection.close()
