"""The lead of a consortium is excluded after it was heard, and another member leads then."""

import asyncio
from typing import Any

import httpx
import pytest

from ecosystem.contracts.changes import rules as changes
from ecosystem.contracts.changes.model import ProposeFacts
from ecosystem.contracts.excluding import rules as excluding
from ecosystem.contracts.excluding.model import DisputeFacts, ReplyFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from tests.contracts.changing import (
    DISPUTE,
    PARTIES,
    REPLY,
    approve,
    code,
    end,
    instead,
    propose,
    proposed,
    read,
    say,
    sign,
)
from tests.contracts.partnership import Partnership, awarded
from tests.replay import Rules, replayed

EXCLUDED: Rules = {
    "change.proposed": (changes.propose, ProposeFacts),
    "change.replied": (excluding.reply, ReplyFacts),
    "change.disputed": (excluding.dispute, DisputeFacts),
}
LEAD = ("enterprise", "delivery")
MEMBER = ("second_enterprise", "delivery")


@pytest.fixture
async def active(
    client: httpx.AsyncClient, database: Database, server: EmbeddedServer, database_name: str
) -> Partnership:
    """A contract of a consortium of two."""
    superuser = server.dsn(database_name, role="postgres")
    return await (await awarded(client, database, superuser)).active()


def _without_lead(at: Partnership) -> dict[str, Any]:
    return instead(
        at, "enterprise", "think_tank", exclusion="breach",
        new_lead_id=at.id_of("second_enterprise"),
    )  # fmt: skip


async def _is_led_by_another(active: Partnership) -> None:
    """See who leads now, what each is paid, and who speaks for the supplier."""
    after = await read(active, f"/v1/contracts/{active.contract_id}")
    leading = [one["organisation_id"] for one in after["terms"]["parties"] if one["lead"]]
    assert leading == [active.id_of("second_enterprise")]
    differences = await read(active, f"/v1/contracts/{active.contract_id}/differences")
    assert differences["terms"] == []
    shares = {(one["organisation_id"], one["share"]) for one in after["parties"] if one["share"]}
    assert shares == {
        (active.id_of("second_enterprise"), "30"), (active.id_of("think_tank"), "70"),
    }  # fmt: skip
    # Who leads now speaks for the supplier.
    path, ending = f"/v1/contracts/{active.contract_id}/turns", {
        "kind": "termination", "ground": "breach", "reason": {"en": "Payments are late."},
    }  # fmt: skip
    gone = await active.post(path, ending, by=LEAD, If_Match="*")
    joined = await active.post(path, ending, by=("think_tank", "delivery"), If_Match="*")
    speaks = await active.post(path, ending, by=MEMBER, If_Match="*")
    assert [code(one) for one in (gone, joined)] == [(403, "not_turning")] * 2
    assert speaks.status_code == 201, speaks.text


@pytest.mark.parametrize("by", [("second_enterprise", "delivery"), ("city", "officer")])
async def test_the_lead_is_excluded_by_the_others_or_the_authority_and_another_leads(
    active: Partnership, database: Database, by: tuple[str, str]
) -> None:
    change = await proposed(active, _without_lead(active), by=by)
    assert change["exclusion"]["member_id"] == active.id_of("enterprise")
    assert active.id_of("enterprise") not in change["signers"]

    unheard = await approve(active, change, "approver")
    replied = await say(active, change, "reply", REPLY, by=LEAD)
    approved = await approve(active, change, "approver")
    asking = await sign(active, change, "enterprise")
    for party in ("city", "verifier", "think_tank"):
        assert (await sign(active, change, party)).status_code == 201
    waits = await read(active, f"/v1/contract-changes/{change['id']}")
    last = await sign(active, change, "second_enterprise")
    disputed = await say(active, change, "dispute", DISPUTE, by=LEAD)

    assert [code(one) for one in (unheard, asking)] == [
        (409, "member_unheard"), (403, "not_party"),
    ]  # fmt: skip
    assert [one.status_code for one in (replied, approved, last, disputed)] == [201] * 4
    assert waits["state"] == "proposed"
    await _is_led_by_another(active)
    counted = await replayed(database, EXCLUDED)
    assert min(counted["change.replied"], counted["change.disputed"]) > 0


@pytest.mark.parametrize(
    ("leaving", "new_lead", "fault"),
    [
        ("enterprise", "think_tank", "lead_unfit"),
        ("enterprise", "enterprise", "lead_unfit"),
        ("enterprise", "city", "lead_unfit"),
        ("second_enterprise", "enterprise", "lead_stays"),
    ],
)
async def test_a_member_that_stays_takes_up_the_lead_and_only_where_the_lead_leaves(
    active: Partnership, leaving: str, new_lead: str, fault: str
) -> None:
    asked = instead(
        active, leaving, "think_tank", exclusion="breach", new_lead_id=active.id_of(new_lead)
    )

    refused = await propose(active, asked)

    assert code(refused) == (422, "change_unsound")
    assert fault in {one["code"] for one in refused.json()["errors"]}


async def test_the_lead_that_agrees_leaves_with_its_signature(active: Partnership) -> None:
    asked = instead(
        active, "enterprise", "think_tank", new_lead_id=active.id_of("second_enterprise")
    )
    change = await proposed(active, asked, by=("enterprise", "delivery"))
    assert (await approve(active, change, "approver")).status_code == 201

    for party in (*PARTIES, "think_tank"):
        signed = await sign(active, change, party)
        assert signed.status_code == 201, signed.text

    after = await read(active, f"/v1/contracts/{active.contract_id}")
    assert active.id_of("enterprise") not in {
        one["organisation_id"] for one in after["terms"]["parties"]
    }


async def test_the_lead_does_not_exclude_itself(active: Partnership) -> None:
    asked = _without_lead(active)

    refused = await propose(active, asked, by=("enterprise", "delivery"))

    assert code(refused) == (403, "not_excluding")


async def test_the_lead_is_heard_or_the_time_is_over_whoever_is_first(
    active: Partnership,
) -> None:
    asked = _without_lead(active)
    change = await proposed(active, asked, by=MEMBER)

    answers = await asyncio.gather(
        say(active, change, "reply", REPLY, by=("enterprise", "delivery")),
        say(active, change, "reply", REPLY, by=("enterprise", "signatory")),
        approve(active, change, "approver"),
        end(active, change, "rejection", by=("verifier", "signatory")),
    )

    now = await read(active, f"/v1/contract-changes/{change['id']}")
    said = [one for one in answers[:2] if one.status_code == 201]
    assert len(said) == (now["exclusion"]["reply"] is not None)
    if answers[2].status_code == 201:
        assert now["exclusion"]["replied_at"] <= now["approved_at"]
    assert now["state"] == ("rejected" if answers[3].status_code == 201 else "proposed")
