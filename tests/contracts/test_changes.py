"""A contract in force is altered by a change that all its parties sign, and by nothing else."""

import asyncio
from datetime import datetime
from typing import Any

import asyncpg
import httpx
import pytest

from ecosystem.budgets import rules as budgets
from ecosystem.budgets.model import AdjustmentFacts
from ecosystem.contracts.changes import rules
from ecosystem.contracts.changes.model import ChangeFacts, EndFacts, ProposeFacts, SignFacts
from ecosystem.milestones.replanning import rules as replanning
from ecosystem.milestones.replanning.model import AlterFacts, CancelFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.period import wire
from tests.contracts.changing import (
    OFFICER,
    PARTIES,
    asked,
    code,
    end,
    propose,
    proposed,
    read,
    sign,
    signed,
)
from tests.contracts.partnership import Partnership, awarded
from tests.replay import Rules, replayed

SUPPLIER = ("enterprise", "delivery")
LATER = {"due_dates": [{"code": "catalogue-published", "due_on": "2025-09-01"}]}
RULES: Rules = {
    "change.proposed": (rules.propose, ProposeFacts),
    "change.signed": (rules.sign, SignFacts),
    "change.withdrawn": (rules.withdraw, EndFacts),
    "change.rejected": (rules.reject, EndFacts),
    "contract.changed": (rules.change, ChangeFacts),
    "programme.adjusted": (budgets.adjust, AdjustmentFacts),
    "milestone.replanned": (replanning.alter, AlterFacts),
    "milestone.cancelled": (replanning.cancel, CancelFacts),
}


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def active(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    return await (await awarded(client, database, superuser)).active()


async def _programme(at: Partnership) -> dict[str, Any]:
    found: dict[str, Any] = await read(at, f"/v1/programmes/{at.programme_id}")
    return found


async def _milestones(at: Partnership) -> dict[str, dict[str, Any]]:
    path = f"/v1/contracts/{at.contract_id}/milestones?limit=100"
    return {one["code"]: one for one in (await read(at, path))["data"]}


async def test_a_proposal_says_what_it_comes_to_before_anyone_signs(active: Partnership) -> None:
    change = await proposed(active, LATER, by=SUPPLIER)

    impact = change["impact"]
    assert (change["state"], change["side"], change["edition"]) == ("proposed", "supplier", 2)
    assert impact["differences"] == [
        {"pointer": "/milestones/1/due_on", "before": "2025-07-29", "after": "2025-09-01"}
    ]
    assert impact["milestones"] == [
        {
            "code": "catalogue-published", "act": "changed", "due_on_before": "2025-07-29",
            "due_on_after": "2025-09-01", "moved_days": 34,
        }
    ]  # fmt: skip
    assert (impact["value"]["change"], impact["value"]["per_cent"]) == ("0.00", "0.00")
    assert (await active.client.get(f"/v1/contract-changes/{change['id']}")).status_code == 404


async def test_a_proposal_warns_of_the_cliffs_of_the_rules_as_they_would_be(
    active: Partnership,
) -> None:
    bonus = {
        "code": "bonus", "title": {"en": "Bonus"}, "currency": "CNY", "shape": "threshold",
        "conditions": [{"metric": "data-quality", "target": "99", "direction": "higher"}],
        "pays": "5000.00",
    }  # fmt: skip
    before = await proposed(active, LATER)
    assert (await end(active, before, "withdrawal", by=OFFICER)).status_code == 201

    change = await proposed(active, {"payment_rules": [bonus]})

    [added] = [one for one in change["impact"]["cliffs"] if one["rule"] == "bonus"]
    assert (added["metric"], added["value"], added["jump"]) == ("data-quality", "99", "5000.00")
    others = [one for one in change["impact"]["cliffs"] if one["rule"] != "bonus"]
    assert others == before["impact"]["cliffs"] != []


async def test_with_the_last_signature_the_contract_has_its_new_edition(
    active: Partnership, database: Database
) -> None:
    before = await _programme(active)
    metric = {"code": "data-quality", "target": "97.5"}
    change = await proposed(
        active,
        {
            "value": {"amount": "12000000.00", "currency": "CNY"},
            "removed_milestones": ["quarterly-report-10"],
            "targets": [metric],
            **LATER,
        },
        ground="additional-need",
    )
    contract = await signed(active, change)

    planned, after = await _milestones(active), await _programme(active)
    assert (contract["edition"], contract["price"]["amount"]) == (2, "12000000.00")
    assert contract["terms_digest"] == change["terms_digest"]
    assert len(contract["signatures"]) == len(PARTIES)
    assert planned["catalogue-published"]["due_at"].startswith("2025-09-01T16:00:00")
    assert planned["quarterly-report-10"]["state"] == "cancelled"
    assert float(after["obligated"]["amount"]) - float(before["obligated"]["amount"]) == 200_000
    metrics = await read(active, f"/v1/contracts/{active.contract_id}/metrics?limit=100")
    assert {one["code"]: one["target"] for one in metrics["data"]}["data-quality"] == "97.5"
    told = (await active.client.get(f"/v1/contracts/{active.contract_id}/differences")).json()
    assert {one["pointer"] for one in told["terms"]} >= {"/milestones/1/due_on"}
    assert {one["name"] for one in told["variables"]} >= {"platform_name", "quality_baseline"}
    public = await active.client.get(f"/v1/contract-changes/{change['id']}")
    assert public.json()["state"] == "in_force"
    assert (await replayed(database, RULES))["contract.changed"] == 1


async def test_an_edition_is_read_on_paper_as_it_was_signed(active: Partnership) -> None:
    path = f"/v1/contracts/{active.contract_id}"
    first = await read(active, path)
    second = await signed(active, await proposed(active, LATER))
    printed: dict[str, tuple[str, bytes]] = {}
    signed_at = wire(datetime.fromisoformat(first["activated_at"]))
    for when in ("", f"&as_of={signed_at}"):
        page = await active.get(f"{path}/page?language=en{when}", by=OFFICER)
        pdf = await active.get(f"{path}/pdf?language=en{when}", by=OFFICER)
        assert (page.status_code, pdf.status_code) == (200, 200), page.text
        printed[when] = page.text, pdf.content

    (now, now_pdf), (then, then_pdf) = printed.values()
    assert ("2025-09-01" in now, "2025-09-01" in then) == (True, False)
    assert (second["terms_digest"] in now, first["terms_digest"] in then) == (True, True)
    assert (now.count("<dd>2</dd>"), then.count("<dd>1</dd>")) == (1, 1)
    assert "As known at" in then
    assert "As known at" not in now
    assert now_pdf != then_pdf
    ahead = await active.get(f"{path}/pdf?as_of=2199-01-01T00:00:00Z", by=OFFICER)
    before = await active.get(f"{path}/page?as_of=position:0", by=OFFICER)
    assert (code(ahead), code(before)) == ((422, "moment_ahead"), (404, "nothing_then"))


async def test_what_is_no_sound_contract_is_no_sound_change(active: Partnership) -> None:
    nonsense = {
        "ends_on": "2026-01-01",
        "payment_rules": [
            {
                "shape": "fixed", "code": "extra", "title": {"zh": "补", "en": "Extra"},
                "currency": "CNY", "milestone": "nowhere", "amount": "1.00",
            }
        ],
    }  # fmt: skip
    answer = await propose(active, nonsense)
    held = await propose(active, {"removed_payment_rules": ["retention"]})
    empty = await propose(active, {})
    terms = (await read(active, f"/v1/contracts/{active.contract_id}"))["terms"]
    own = await propose(active, {"metrics": [{**terms["metrics"][0], "verified_by": "lender"}]})

    assert code(answer) == (422, "change_unsound")
    assert {"after_end", "milestone_unknown"} <= {one["code"] for one in answer.json()["errors"]}
    assert held.json()["errors"][0]["code"] == "rule_holds_money"
    assert empty.json()["errors"][0]["code"] == "nothing_changed"
    assert [(one["pointer"], one["code"]) for one in own.json()["errors"]] == [
        ("/terms/metrics/0/verified_by", "role_missing")
    ]


async def test_more_than_the_law_allows_is_refused_with_its_figures(active: Partnership) -> None:
    dear = {"value": {"amount": "17700000.01", "currency": "CNY"}}
    answer = await propose(active, dear, ground="additional-need")
    other = await propose(active, LATER, ground="works")

    assert code(answer) == (422, "value_beyond_limit")
    assert answer.json()["errors"][0]["code"] == "share_each_max"
    assert "5900000.00 CNY" in answer.json()["detail"]
    assert "5900000.01" in answer.json()["detail"]
    assert code(other) == (422, "change_unfounded")


async def test_a_change_that_the_programme_cannot_bear_is_not_signed(active: Partnership) -> None:
    left = float((await _programme(active))["available"]["amount"])
    value = {"amount": f"{11_800_000 + left + 1:.2f}", "currency": "CNY"}
    change = await proposed(active, {"value": value})
    for party in PARTIES[:-1]:
        assert (await sign(active, change, party)).status_code == 201
    answer = await sign(active, change, PARTIES[-1])

    assert code(answer) == (409, "funds_insufficient")
    contract = await read(active, f"/v1/contracts/{active.contract_id}")
    assert (contract["edition"], contract["price"]["amount"]) == (1, "11800000.00")


async def test_what_is_accepted_is_never_altered(active: Partnership, superuser: str) -> None:
    first = (await _milestones(active))["takeover"]
    path = f"/v1/milestones/{first['id']}"
    documents = [
        (await active.file(f"%PDF-1.7 {one}".encode(), by=SUPPLIER)).json()["id"]
        for one in range(2)
    ]
    shown = {
        "documents": documents, "delivered_at": "2025-04-01T00:00:00Z",
        "declaration": {"en": "Done"},
    }  # fmt: skip
    await active.made(f"{path}/submission", shown, by=SUPPLIER, If_Match='"v1"')
    await active.made(f"{path}/acceptance", None, by=OFFICER, If_Match='"v2"')
    answer = await propose(active, {"due_dates": [{"code": "takeover", "due_on": "2025-06-01"}]})

    assert code(answer) == (409, "milestone_settled")
    connection = await asyncpg.connect(superuser)
    with pytest.raises(asyncpg.RestrictViolationError):
        await connection.execute("UPDATE milestone SET due_at = now() WHERE state = 'accepted'")
    await connection.close()


async def test_one_change_is_open_at_a_time_and_is_of_the_terms_in_force(
    active: Partnership,
) -> None:
    stale = await asked(active, {"due_dates": [{"code": "takeover", "due_on": "2025-05-05"}]})
    change = await proposed(active, LATER)
    second = await propose(active, LATER, by=SUPPLIER)
    await signed(active, change)
    late = await active.post(f"/v1/contracts/{active.contract_id}/changes", stale, by=OFFICER)

    assert code(second) == (409, "change_open")
    assert code(late) == (422, "base_differs")


async def test_who_may_not_propose_sign_withdraw_or_reject_is_told_why(
    active: Partnership,
) -> None:
    stranger = await propose(active, LATER, by=("verifier", "signatory"))
    change = await proposed(active, LATER, by=("enterprise", "signatory"))
    own = await sign(active, change, "enterprise")
    withdrawn = await end(active, change, "withdrawal", by=OFFICER)
    rejected = await end(active, change, "rejection", by=("enterprise", "signatory"))

    assert code(stranger) == (403, "not_proposer")
    assert code(own) == (403, "proposed_oneself")
    assert code(withdrawn) == (403, "not_proposing_side")
    assert code(rejected) == (403, "own_proposal")


async def test_a_proposal_that_was_rejected_or_withdrawn_makes_room_for_another(
    active: Partnership, database: Database
) -> None:
    first = await proposed(active, LATER, by=SUPPLIER)
    assert (await end(active, first, "rejection", by=("city", "signatory"))).status_code == 201
    second = await proposed(active, LATER)
    assert (await end(active, second, "withdrawal", by=OFFICER)).status_code == 201

    answer = await sign(active, second, "city")
    assert code(answer) == (409, "change_over")
    ended = await read(active, f"/v1/contract-changes/{first['id']}")
    assert (ended["state"], ended["ended_reason"]["en"]) == ("rejected", "See letter")
    await replayed(database, RULES)


async def test_of_two_proposals_at_once_one_stands(active: Partnership) -> None:
    await active.as_(*SUPPLIER)
    answers = await asyncio.gather(propose(active, LATER), propose(active, LATER, by=SUPPLIER))

    assert sorted(one.status_code for one in answers) == [201, 409]
    assert {one.json().get("code") for one in answers} == {None, "change_open"}


async def test_the_last_signature_or_the_withdrawal_and_never_both(active: Partnership) -> None:
    change = await proposed(active, LATER)
    for party in PARTIES[:-1]:
        await sign(active, change, party)
    now = await read(active, f"/v1/contract-changes/{change['id']}")
    await active.as_(PARTIES[-1], "signatory")
    answers = await asyncio.gather(
        sign(active, now, PARTIES[-1]), end(active, now, "withdrawal", by=OFFICER)
    )

    contract = await read(active, f"/v1/contracts/{active.contract_id}")
    after = await read(active, f"/v1/contract-changes/{change['id']}")
    assert min(one.status_code for one in answers) == 201
    assert sum(one.status_code == 201 for one in answers) == 1
    assert (contract["edition"], after["state"]) in {(2, "in_force"), (1, "withdrawn")}


ALTERED = (
    "UPDATE contract SET price = price + 1",
    "UPDATE contract SET ends_on = ends_on + 1",
    "UPDATE contract SET edition = 2",
    "UPDATE contract SET terms = '{}', terms_digest = encode(sha256('{}'), 'hex')",
    "UPDATE contract_change SET price_after = 1",
    "UPDATE contract_change SET state = 'in_force', version = version + 1, ended_at = now()",
)


@pytest.mark.parametrize("statement", ALTERED)
async def test_nothing_else_alters_a_contract(
    active: Partnership, superuser: str, statement: str
) -> None:
    await proposed(active, LATER)
    connection = await asyncpg.connect(superuser)
    transaction = connection.transaction()
    await transaction.start()

    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await connection.execute(f"{statement} WHERE true")

    await transaction.rollback()
    await connection.close()
