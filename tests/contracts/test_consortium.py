"""What a consortium has offered becomes terms: who answers for what, and who is paid which part."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.contracts import forms, queries, shares
from ecosystem.contracts.changes import rules as changes
from ecosystem.contracts.changes.model import ApproveFacts, ChangeFacts, ProposeFacts
from ecosystem.contracts.changes.model import State as ChangeState
from ecosystem.contracts.excluding import rules as excluding
from ecosystem.contracts.excluding.model import DisputeFacts, ReplyFacts
from ecosystem.contracts.form_shapes import Consortium, ContractTerms, MemberShare
from ecosystem.offers.model import Liability
from ecosystem.runtime.database import Database
from ecosystem.runtime.postgres import EmbeddedServer
from ecosystem.values.actor import Actor, OrganisationKind, Role
from ecosystem.values.identifiers import compose
from ecosystem.values.money import Money
from tests.contracts.changing import (
    DISPUTE,
    REPLY,
    approve,
    code,
    instead,
    propose,
    proposed,
    read,
    say,
    sign,
)
from tests.contracts.changing import PARTIES as SIGNING
from tests.contracts.partnership import Partnership, awarded
from tests.contracts.test_forms import PARTIES, PLATFORM, START, VALUES, form_of, parties_of
from tests.replay import Rules, replayed

FORM = form_of(PLATFORM)
DECIDED: Rules = {
    "change.approved": (changes.approve, ApproveFacts),
    "contract.changed": (changes.change, ChangeFacts),
}
EXCLUDED: Rules = {
    **DECIDED,
    "change.proposed": (changes.propose, ProposeFacts),
    "change.replied": (excluding.reply, ReplyFacts),
    "change.disputed": (excluding.dispute, DisputeFacts),
}
MEMBER = ("second_enterprise", "delivery")
SUPPLIERS = tuple(one.organisation_id for one in PARTIES if one.role == "supplier")


def _consortium(*parts: str, members: tuple[str, ...] = SUPPLIERS) -> Consortium:
    return Consortium(
        role="supplier",
        liability=Liability.JOINT,
        shares=tuple(
            MemberShare(organisation_id=one, share=part)
            for one, part in zip(members, parts, strict=True)
        ),
    )


def _grown(*consortia: Consortium) -> ContractTerms:
    return forms.grow(
        FORM, values=VALUES[PLATFORM], parties=parties_of(FORM), value=Money("12000000.00", "CNY"),
        starts_on=START, consortia=consortia,
    )  # fmt: skip


def test_shares_and_liability_are_terms_that_are_signed() -> None:
    one = _grown(_consortium("66.6667", "33.3333"))
    other = _grown(msgspec.structs.replace(one.consortia[0], liability=Liability.SEVERAL))

    assert shares.shares_of(one, "supplier") == one.consortia[0].shares
    assert forms.terms_digest(one) != forms.terms_digest(other)


@pytest.mark.parametrize(
    ("consortium", "code"),
    [
        (_consortium("66.67", "33.34"), "shares_do_not_add_up"),
        (_consortium("70", "29.9999"), "shares_do_not_add_up"),
        (_consortium("70", "30", members=(SUPPLIERS[0], SUPPLIERS[0])), "consortium_unfit"),
        (_consortium("70", "30", members=(SUPPLIERS[0], "org_other")), "consortium_unfit"),
    ],
    ids=["above", "below", "one twice", "another"],
)
def test_shares_are_of_the_members_and_add_to_a_hundred(consortium: Consortium, code: str) -> None:
    with pytest.raises(forms.TermsUnmet) as refused:
        _grown(consortium)

    assert [one.code for one in refused.value.faults] == [code]


def test_who_takes_a_place_alone_is_paid_the_whole() -> None:
    terms = msgspec.structs.replace(
        _grown(),
        parties=tuple(one for one in parties_of(FORM) if one.role != "supplier" or one.lead),
    )

    (alone,) = shares.shares_of(terms, "supplier")

    assert (alone.organisation_id, alone.share) == (SUPPLIERS[0], "100")
    assert shares.shares_of(terms, "lender") == ()


_PARTS = st.lists(st.integers(1, 10**4), min_size=2, max_size=20)


@given(amount=st.integers(0, 10**15), parts=_PARTS, currency=st.sampled_from(["CNY", "JPY", "KWD"]))
def test_the_parts_add_to_the_amount_and_none_is_two_units_from_its_share(
    amount: int, parts: list[int], currency: str
) -> None:
    places = {"CNY": 2, "JPY": 0, "KWD": 3}[currency]
    step = Decimal(1).scaleb(-places)
    parts[0] += 10**6 - sum(parts)
    among = tuple(
        MemberShare(
            organisation_id=compose("org", milliseconds=1, authority=1, entropy=at),
            share=f"{Decimal(part) / 10_000:f}",
        )
        for at, part in enumerate(parts)
    )
    whole = Money(f"{amount * step:f}", currency)

    divided = shares.divided(whole, among)

    assert sum(one.amount.decimal() for one in divided) == whole.decimal()
    for one in divided:
        exact = whole.decimal() * Decimal(one.share) / 100
        assert abs(one.amount.decimal() - exact) < 2 * step


@pytest.fixture
def superuser(server: EmbeddedServer, database_name: str) -> str:
    """The address of the module's database for who may write everything."""
    return server.dsn(database_name, role="postgres")


@pytest.fixture
async def active(client: httpx.AsyncClient, database: Database, superuser: str) -> Partnership:
    """A contract of a consortium of two."""
    return await (await awarded(client, database, superuser)).active()


async def test_a_member_is_substituted_once_that_is_approved_and_signed_by_all(
    active: Partnership, database: Database
) -> None:
    before = await read(active, f"/v1/contracts/{active.contract_id}")
    assert before["terms"]["consortia"][0]["liability"] == "several"
    change = await proposed(active, instead(active, "second_enterprise", "think_tank"))
    assert (change["needs_approval"], change["approved_by"]) == (True, None)
    assert {active.id_of(one) for one in (*SIGNING, "think_tank")} == set(change["signers"])

    early = await sign(active, change, "enterprise")
    approved = await approve(active, change, "approver")
    again = await approve(active, change, "approver")
    for party in (*SIGNING, "think_tank"):
        signed = await sign(active, change, party)
        assert signed.status_code == 201, signed.text

    assert [code(early), code(again)] == [(409, "approval_awaited"), (409, "approval_not_awaited")]
    assert approved.status_code == 201, approved.text
    after = await read(active, f"/v1/contracts/{active.contract_id}")
    differences = await read(active, f"/v1/contracts/{active.contract_id}/differences")
    assert differences["terms"] == []
    assert {(one["organisation_id"], one["share"]) for one in after["parties"]} == {
        (active.id_of("city"), None), (active.id_of("verifier"), None),
        (active.id_of("enterprise"), "70"), (active.id_of("think_tank"), "30"),
    }  # fmt: skip
    async with database.transaction() as tx:
        paid = await queries.shares(tx, active.contract_id)
    assert [(one.organisation_id, one.share) for one in paid] == [
        (active.id_of("enterprise"), "70"), (active.id_of("think_tank"), "30"),
    ]  # fmt: skip
    # Who joins acts from now on; who has left reads, and acts no more.
    asked = {"due_dates": [{"code": "handover", "due_on": "2027-12-01"}]}
    left = await propose(active, asked, by=("second_enterprise", "delivery"))
    assert code(left) == (403, "not_proposer")
    filed = await active.file(b"%PDF-1.7", by=("second_enterprise", "delivery"))
    assert code(filed) == (403, "not_party")
    there = f"/v1/contracts/{active.contract_id}/documents"
    assert (await active.get(there, by=("second_enterprise", "delivery"))).status_code == 200
    assert (await propose(active, asked, by=("think_tank", "delivery"))).status_code == 201
    assert await replayed(database, DECIDED) == {"change.approved": 1, "contract.changed": 1}


async def test_who_leads_speaks_for_all_where_the_contract_would_end(active: Partnership) -> None:
    path, asked = f"/v1/contracts/{active.contract_id}/turns", {
        "kind": "termination", "ground": "breach", "reason": {"en": "Payments are late."},
    }  # fmt: skip

    member = await active.post(path, asked, by=("second_enterprise", "delivery"), If_Match="*")
    lead = await active.post(path, asked, by=("enterprise", "delivery"), If_Match="*")

    assert code(member) == (403, "not_turning")
    assert lead.status_code == 201, lead.text


@pytest.mark.parametrize(
    ("leaving", "joining", "fault"),
    [
        ("enterprise", "think_tank", "lead_unnamed"),
        ("verifier", "think_tank", "member_unknown"),
        ("second_enterprise", "verifier", "organisation_doubled"),
        ("second_enterprise", "auditor", "kind_unfit"),
    ],
)
async def test_a_substitution_is_refused_with_what_would_satisfy(
    active: Partnership, leaving: str, joining: str, fault: str
) -> None:
    refused = await propose(active, instead(active, leaving, joining))

    assert code(refused) == (422, "change_unsound")
    assert fault in {one["code"] for one in refused.json()["errors"]}


async def _told(database: Database, stream: str, organisation_id: str) -> set[str]:
    """Return of which types of events of a thing an organisation is told."""
    connection = await database.connect()
    told = await connection.fetch(
        "SELECT type FROM event WHERE stream = $1 AND $2 = ANY (visible_to)",
        stream, organisation_id,
    )  # fmt: skip
    await connection.close()
    return {one["type"] for one in told}


async def test_a_member_that_refuses_to_leave_is_excluded_once_it_was_heard(
    active: Partnership, database: Database
) -> None:
    asked = instead(active, "second_enterprise", "think_tank", exclusion="breach")
    change = await proposed(active, asked)
    assert change["exclusion"]["member_id"] == active.id_of("second_enterprise")
    assert active.id_of("second_enterprise") not in change["signers"]

    unheard = await approve(active, change, "approver")
    other = await say(active, change, "reply", REPLY, by=("enterprise", "delivery"))
    hasty = await say(active, change, "dispute", DISPUTE, by=MEMBER)
    replied = await say(active, change, "reply", REPLY, by=MEMBER)
    twice = await say(active, change, "reply", REPLY, by=MEMBER)
    approved = await approve(active, change, "approver")
    asking = await sign(active, change, "second_enterprise")
    for party in ("city", "enterprise", "verifier", "think_tank"):
        signed = await sign(active, change, party)
        assert signed.status_code == 201, signed.text
    disputed = await say(active, change, "dispute", DISPUTE, by=MEMBER)

    assert [code(one) for one in (unheard, other, hasty, twice, asking)] == [
        (409, "member_unheard"), (403, "not_excluded_member"), (409, "exclusion_undecided"),
        (409, "exclusion_decided"), (403, "not_party"),
    ]  # fmt: skip
    assert [one.status_code for one in (replied, approved, disputed)] == [201, 201, 201]
    now = await read(active, f"/v1/contract-changes/{change['id']}", by=MEMBER)
    exclusion = now["exclusion"]
    assert (now["state"], exclusion["ground"], exclusion["reply"], exclusion["dispute"]) == (
        "in_force", "breach", REPLY["reply"], DISPUTE,
    )  # fmt: skip
    async with database.transaction() as tx:
        paid = await queries.shares(tx, active.contract_id)
    assert [(one.organisation_id, one.share) for one in paid] == [
        (active.id_of("enterprise"), "70"), (active.id_of("think_tank"), "30"),
    ]  # fmt: skip
    counted = await replayed(database, EXCLUDED)
    assert (counted["change.replied"], counted["change.disputed"]) == (1, 1)
    told = await _told(database, change["id"], active.id_of("second_enterprise"))
    assert told >= {"change.proposed", "change.replied", "change.approved", "change.disputed"}


@pytest.mark.parametrize(
    ("by", "ground", "problem"),
    [
        (("enterprise", "delivery"), "breach", (403, "not_excluding")),
        (("city", "officer"), "dislike", (422, "exclusion_unfounded")),
    ],
)
async def test_only_the_authority_excludes_and_on_a_ground_of_the_place(
    active: Partnership, by: tuple[str, str], ground: str, problem: tuple[int, str]
) -> None:
    asked = instead(active, "second_enterprise", "think_tank", exclusion=ground)

    assert code(await propose(active, asked, by=by)) == problem


def test_who_says_nothing_is_excluded_when_the_time_to_reply_is_over() -> None:
    until = datetime(2026, 1, 11, tzinfo=UTC)
    by = Actor(
        organisation_id="org_city", organisation_number=1, kind=OrganisationKind.GOVERNMENT,
        verified=True, jurisdiction="CN", client_id="client_a", person_id="person_b",
        roles=(Role.APPROVER,),
    )  # fmt: skip
    facts = ApproveFacts(
        state=ChangeState.PROPOSED, authority_number=1, proposed_by="person_a",
        needs_approval=True, approved_by=None, reply_by=until,
    )  # fmt: skip

    with pytest.raises(excluding.MemberUnheard):
        changes.approve(facts, by=by, at=until - timedelta(seconds=1))

    assert changes.approve(facts, by=by, at=until).approved_by == "person_b"


STRANGER = """
INSERT INTO contract_party SELECT authority_id, contract_id, $1, 'supplier', 1
FROM contract_party WHERE organisation_id = $2
  AND contract_id = (SELECT id FROM contract ORDER BY id DESC LIMIT 1)"""
DEPARTURE = """
INSERT INTO contract_departure SELECT authority_id, contract_id, organisation_id, id, edition
FROM contract_change WHERE $1 <> '' AND $2 <> ''"""
UNAPPROVED = """
INSERT INTO contract_change_signature
SELECT authority_id, id, $2, (SELECT id FROM person LIMIT 1), terms_digest, now()
FROM contract_change WHERE $1 <> ''"""
UNHEARD = """
UPDATE contract_change SET version = version + 1, approved_at = now(),
  approved_by = (SELECT id FROM person WHERE id <> proposed_by LIMIT 1)
WHERE state = 'proposed' AND excluded_id IS NOT NULL AND approved_at IS NULL AND reply IS NULL
  AND $1 <> '' AND $2 <> ''"""
MEMBER_OUT = """
INSERT INTO contract_change SELECT (jsonb_populate_record(one, jsonb_build_object(
  'side', 'supplier', 'id', replace(one.id, '0', '1')))).*
FROM contract_change AS one WHERE $1 <> '' AND $2 <> '' ORDER BY one.id DESC LIMIT 1"""
NOBODY_LEADS = """
INSERT INTO contract_change SELECT (jsonb_populate_record(one, jsonb_build_object(
  'terms', replace(one.terms::text, '"lead":true', '"lead":false')::json,
  'id', replace(one.id, '0', '1')))).*
FROM contract_change AS one WHERE $1 <> '' AND $2 <> '' ORDER BY one.id DESC LIMIT 1"""
LEFT_OUT = """
INSERT INTO contract_change SELECT (jsonb_populate_record(one, jsonb_build_object(
  'signers', array_remove(one.signers, $2), 'id', replace(one.id, '0', '1')))).*
FROM contract_change AS one WHERE $1 <> ''"""
UNASKED = "UPDATE contract_change SET needs_approval = false WHERE $1 <> '' AND $2 <> ''"


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        (STRANGER, "a_party_joins_by_draft_or_change"),
        (DEPARTURE, "a_party_leaves_by_a_change"),
        (UNAPPROVED, "a_change_is_signed_by_its_signers"),
        (UNASKED, "contract_change_takes_its_turn"),
        (UNHEARD, "contract_change_nobody_is_excluded_unheard"),
        (LEFT_OUT, "a_change_is_signed_by_all"),
        (MEMBER_OUT, "members_exclude_their_lead"),
        (NOBODY_LEADS, "a_consortium_has_one_lead"),
    ],
)
async def test_the_database_lets_nobody_join_or_leave_otherwise(
    active: Partnership, superuser: str, statement: str, constraint: str
) -> None:
    how = {"exclusion": "insolvency"} if statement in {UNHEARD, MEMBER_OUT} else {}
    await proposed(active, instead(active, "second_enterprise", "think_tank", **how))
    connection = await asyncpg.connect(superuser)

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await connection.execute(statement, active.id_of("think_tank"), active.id_of("enterprise"))

    await connection.close()
    assert refused.value.constraint_name == constraint
