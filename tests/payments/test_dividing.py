"""What is due to a consortium is divided by its shares, to the last cent, and so is it paid."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.catalogue.profiles.model import TaxKind
from ecosystem.cli.bank import booked
from ecosystem.contracts import shares
from ecosystem.contracts.form_shapes import Consortium, MemberShare
from ecosystem.offers.model import Liability
from ecosystem.payments import engine
from ecosystem.payments.calculation import Calculation, Facts, Tax
from ecosystem.payments.dividing.model import Account, DueFacts
from ecosystem.payments.dividing.parting import SharesUnsound
from ecosystem.payments.dividing.rules import dues
from ecosystem.payments.model import StepFacts, StepMade
from ecosystem.payments.rules import compute
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.runtime.settings import Settings
from ecosystem.values import money
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.identifiers import compose
from ecosystem.values.money import Money
from tests.parties import bearer
from tests.payments.agreement import AT, Agreement, accept, agree, payments, verify
from tests.payments.builders import milestone, observation, rule
from tests.payments.steps import unsound
from tests.payments.together import Together

ANYONE = Actor(
    organisation_id="org", organisation_number=7, kind=OrganisationKind.GOVERNMENT, verified=True,
    jurisdiction="CN", client_id="client",
)  # fmt: skip
THREE = Together((("enterprise", "33.34"), ("second_enterprise", "33.33"), ("think_tank", "33.33")))
RULES = (
    rule("fixed", milestone="opening", amount="1000.01"),
    rule("unit_price", metric="metric", price="0.07", maximum="500.00"),
    rule("excess_days", metric="late", allowed_days=0, per_day="33.33"),
    rule(
        "advance", milestone="opening", amount="200.00", rate="0.5", starts_after="0",
        base="gross", first="this",
    ),
    rule(
        "retention", rate="0.05", limit="100.00",
        releases=[{"milestone": "handover", "share": "1"}],
    ),
)  # fmt: skip
_WEIGHTS = tuple(map(Decimal, (45, 45, 10)))
TAXES = (
    Tax(code="vat", kind=TaxKind.INCLUDED, rate="0.06"),
    Tax(code="city", kind=TaxKind.ADDED, rate="0.011"),
    Tax(code="kept", kind=TaxKind.WITHHELD, rate="0.02"),
)


def _members(*parts: int) -> tuple[MemberShare, ...]:
    """Return members with shares in ten thousandths of a per cent; the first has what is left."""
    rest = 10**6 - sum(parts)
    return tuple(
        MemberShare(
            organisation_id=compose("org", milliseconds=1, authority=1, entropy=at),
            share=f"{Decimal(part) / 10_000:f}",
        )
        for at, part in enumerate((rest, *parts))
    )


def _made(count: str, late: str, among: tuple[MemberShare, ...]) -> Calculation:
    facts = Facts(
        milestones=(milestone("opening"),),
        observations=(observation(count), observation(late, metric="late")),
    )
    return engine.calculate(
        RULES, facts, currency="CNY", contract_value=Decimal("1600.00"), paid_before=Decimal(0),
        taxes=TAXES, shares=among,
    )  # fmt: skip


@given(
    count=st.integers(0, 10_000),
    late=st.integers(0, 50),
    parts=st.lists(st.integers(1, 10_000), min_size=1, max_size=19),
)
def test_every_line_every_tax_and_the_total_are_divided_with_nothing_left_over(
    count: int, late: int, parts: list[int]
) -> None:
    among = _members(*parts)

    made = _made(str(count), str(late), among)

    members, whole = made.members(), shares.divided(made.payable(), among)
    assert [one.amount for one in members] == [one.amount.amount for one in whole]
    for at, line in enumerate(made.lines):
        assert sum(Decimal(one.lines[at]) for one in members) == Decimal(line.amount)
    for at, tax in enumerate(made.taxes):
        assert sum(Decimal(one.taxes[at].amount) for one in members) == Decimal(tax.amount)
        assert sum(Decimal(one.taxes[at].basis) for one in members) == Decimal(tax.basis)
    assert sum(Decimal(one.withheld) for one in members) == Decimal(made.withheld)
    assert all(sum(map(Decimal, one.lines)) == Decimal(one.amount) for one in members)
    assert engine.recompute(msgspec.json.encode(made)).is_identical()


def test_who_supplies_alone_has_no_division_in_its_calculation() -> None:
    assert b"division" not in msgspec.json.encode(_made("100", "1", ()))


def test_a_division_that_was_altered_is_named_offline_and_unsound_shares_are_refused() -> None:
    made = _made("100", "1", _members(300_000))
    first, second = made.members()
    more = msgspec.structs.replace(first, amount="1.00")
    altered = msgspec.structs.replace(made, division=(more, second))
    beyond = msgspec.structs.replace(second, share="30.0001")
    unsound_shares = msgspec.structs.replace(made, division=(first, beyond))

    found = engine.recompute(msgspec.json.encode(altered)).differences

    assert [one.pointer for one in found] == ["/division/0/amount"]
    with pytest.raises(SharesUnsound):
        engine.recompute(msgspec.json.encode(unsound_shares))


@pytest.mark.parametrize(
    ("liability", "paid"), [(Liability.JOINT, "60.00"), (Liability.SEVERAL, "100.00")]
)
def test_the_others_answer_for_a_member_under_joint_liability_alone(
    liability: Liability, paid: str
) -> None:
    among = _members(500_000)
    owing, other = (one.organisation_id for one in among)
    made = engine.calculate(
        (rule("fixed", milestone="opening", amount="200.00"),),
        Facts(milestones=(milestone("opening"),)),
        currency="CNY", contract_value=Decimal(1000), paid_before=Decimal(0), shares=among,
    )  # fmt: skip
    facts = DueFacts(
        contract_id="contract",
        steps=StepFacts(
            rules=(), currency="CNY", contract_value="1000.00", steps=(), milestones=(),
            observations=(), shares=among,
        ),
        made=(StepMade(ordinal=1, supersedes=None, calculation=made),),
        ids=("calculation",),
        lead_id=owing,
        together=Consortium(role="supplier", liability=liability, shares=among),
        accounts={owing: Account(owed=Decimal(140), forgone=Decimal(0), unsent=())},
    )  # fmt: skip

    computed = {one.payee_id: compute(one, by=ANYONE, at=AT).amount for one in dues(facts)}

    assert computed == {owing: None, other: Money(paid, "CNY")}


def test_nobody_answers_for_less_where_more_stays_unpaid() -> None:
    among = _members(450_000, 450_000, 50_000)
    owing, *others = (one.organisation_id for one in among)
    made = engine.calculate(
        (rule("fixed", milestone="opening", amount="2.00"),),
        Facts(milestones=(milestone("opening"),)),
        currency="CNY", contract_value=Decimal(1000), paid_before=Decimal(0), shares=among,
    )  # fmt: skip

    def answered(over: str) -> list[Decimal]:
        owed = Decimal(made.members()[0].amount) + Decimal(over)
        facts = DueFacts(
            contract_id="contract",
            steps=StepFacts(
                rules=(), currency="CNY", contract_value="1000.00", steps=(), milestones=(),
                observations=(), shares=among,
            ),
            made=(StepMade(ordinal=1, supersedes=None, calculation=made),),
            ids=("calculation",),
            lead_id=owing,
            together=Consortium(role="supplier", liability=Liability.JOINT, shares=among),
            accounts={owing: Account(owed=owed, forgone=Decimal(0), unsent=())},
        )  # fmt: skip
        found = {one.payee_id: one.answers_for for one in dues(facts)}
        return [Decimal(found[one] or "0") for one in others]

    parts = [answered(f"0.{over:02}") for over in range(1, 60)]

    assert [sum(one) for one in parts] == [Decimal(over) / 100 for over in range(1, 60)]
    assert all(
        less <= more
        for one, other in pairwise(parts)
        for less, more in zip(one, other, strict=True)
    )


@pytest.fixture
async def agreed(client: httpx.AsyncClient, database: Database, chosen: Settings) -> Agreement:
    assert (await client.get("/v1/sandbox/parties")).status_code == 200
    made = await agree(database, Path(chosen.data_folder or "."), together=THREE)
    await accept(database, made, "opening")
    return made


async def _post(
    client: httpx.AsyncClient, path: str, who: tuple[str, str], body: object = None
) -> dict[str, str]:
    headers = {**await bearer(client, *who), "Idempotency-Key": str(uuid.uuid4()), "If-Match": "*"}
    answer = await client.post(path, headers=headers, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json()
    return found


@pytest.mark.anyio
async def test_a_consortium_of_three_is_paid_in_three_payments_by_one_file(
    client: httpx.AsyncClient, database: Database, agreed: Agreement
) -> None:
    treasurer, names = ("city", "treasurer"), [name for name, _ in THREE.shares]
    by_payee = {one["payee_id"]: one for one in await payments(database, agreed)}
    made = [by_payee[agreed.parties.party(name).organisation_id] for name in names]
    for name, one in zip(names, made, strict=True):
        path = f"/v1/payments/{one['id']}"
        seen = await client.get(
            f"/v1/contracts/{agreed.contract_id}/payments",
            headers=await bearer(client, name, "delivery"),
        )
        assert [each["id"] for each in seen.json()["data"]] == [one["id"]]
        await _post(client, f"{path}/claim", (name, "delivery"))
        await _post(client, f"{path}/approval", ("city", "approver"))
        await _post(client, f"{path}/instruction", treasurer)
    today = datetime.now(UTC).date()
    asked = {"currency": "CNY", "execution_date": today.isoformat()}

    file = await _post(client, "/v1/payment-files", treasurer, asked)
    headers = await bearer(client, *treasurer) | {"Content-Type": "application/xml"}
    content = await client.get(f"/v1/payment-files/{file['id']}/content", headers=headers)
    said = booked(content.content, "three", on=today)
    report = await client.post("/v1/bank-reports", headers=headers, content=said)

    assert report.status_code == 201, report.text
    assert [one["amount"] for one in made] == [
        Decimal("2667.20"), Decimal("2666.40"), Decimal("2666.40"),
    ]  # fmt: skip
    for name, one in zip(names, made, strict=True):
        settled = await _post(client, f"/v1/payments/{one['id']}/receipt", (name, "delivery"))
        assert settled["state"] == "settled"
    assert await unsound(database) == []


@pytest.mark.anyio
async def test_a_correction_pays_each_member_its_part_of_the_difference(
    database: Database, agreed: Agreement
) -> None:
    first = await verify(database, agreed, "matters", "5")
    await verify(database, agreed, "matters", "6", supersedes=first)

    made = await payments(database, agreed)

    assert [one["amount"] for one in made[-3:]].count(Decimal("3.33")) >= 2
    assert sum(one["amount"] for one in made[-3:]) == Decimal("10.00")
    assert sum(one["amount"] for one in made) == Decimal("8060.00")
    assert await unsound(database) == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("payee", "constraint"),
    [
        ("verifier", "payment_is_a_members"),
        ("think_tank", "no_member_is_owed_more_than_it_earned"),
    ],
)
async def test_the_database_refuses_who_is_no_member_and_what_is_beyond_its_part(
    database: Database, agreed: Agreement, payee: str, constraint: str
) -> None:
    row = dict((await payments(database, agreed))[-1])
    names = (
        "authority_id", "id", "version", "state", "contract_id", "payee_id", "amount", "currency",
        "calculation_id", "earned", "owed_before", "computed_at",
    )  # fmt: skip
    row |= {
        "id": mint("payment", authority=agreed.authority), "version": 1, "amount": Decimal("0.01"),
        "payee_id": agreed.parties.party(payee).organisation_id, "earned": Decimal("0.01"),
        "owed_before": Decimal(0), "computed_at": datetime.now(UTC),
    }  # fmt: skip
    city = await database.connect()
    await city.execute(f"SET app.authority = '{agreed.authority}'")
    places = ", ".join(f"${place}" for place in range(1, len(names) + 1))

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await city.execute(
            f"INSERT INTO payment ({', '.join(names)}) VALUES ({places})",  # noqa: S608
            *(row[name] for name in names),
        )

    await city.close()
    assert refused.value.constraint_name == constraint


@given(
    less=st.integers(0, 10**9),
    more=st.integers(0, 10**4),
    parts=st.lists(st.integers(1, 10_000), min_size=1, max_size=19),
    currency=st.sampled_from(("CNY", "JPY", "KWD")),
)
def test_a_larger_amount_leaves_nobody_less(
    less: int, more: int, parts: list[int], currency: str
) -> None:
    among, step = _members(*parts), Decimal(1).scaleb(-money.places(currency))

    before, after = (
        [one.amount.decimal() for one in shares.divided(money.of(amount * step, currency), among)]
        for amount in (less, less + more)
    )

    assert sum(before) == less * step
    assert sum(after) == (less + more) * step
    assert all(one <= other for one, other in zip(before, after, strict=True))
    for part, member in zip(before, among, strict=True):
        assert abs(part - less * step * Decimal(member.share) / 100) < 2 * step


@given(
    count=st.integers(0, 10_000),
    late=st.integers(0, 50),
    parts=st.lists(st.integers(1, 10_000), min_size=1, max_size=19),
)
def test_a_part_of_a_line_never_goes_the_other_way(count: int, late: int, parts: list[int]) -> None:
    made = _made(str(count), str(late), _members(*parts))

    for at, line in enumerate(made.lines):
        assert all(Decimal(one.lines[at]) * Decimal(line.amount) >= 0 for one in made.members())


def test_the_third_member_loses_no_cent_by_a_correction_upwards() -> None:
    among = _members(450_000, 100_000)
    largest = [money.split(Decimal(said), _WEIGHTS, currency="CNY") for said in ("0.05", "0.06")]

    parts = [
        [one.amount.amount for one in shares.divided(Money(said, "CNY"), among)]
        for said in ("0.05", "0.06")
    ]

    assert [one[2] for one in largest] == [Decimal("0.01"), Decimal("0.00")]
    assert parts == [["0.02", "0.02", "0.01"], ["0.03", "0.02", "0.01"]]
