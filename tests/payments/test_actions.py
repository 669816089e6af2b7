"""A payment follows from proved facts, and money moves with it, and never twice."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from ecosystem.history.model import Body
from ecosystem.ledger.model import AccountKind
from ecosystem.payments import actions, queries, rules
from ecosystem.payments.calculation import Calculation
from ecosystem.payments.engine import recompute
from ecosystem.payments.model import ComputeFacts, PaymentFacts, SettleFacts
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.refusal import Refusal
from ecosystem.values.revision import RevisionStale
from tests.payments.agreement import (
    AT,
    FEBRUARY,
    Agreement,
    accept,
    agree,
    calculations,
    payments,
    totals,
    verify,
)
from tests.payments.steps import (
    Act,
    act_as,
    approve,
    claim,
    events,
    held,
    instruct,
    instructed,
    paid,
    receive,
    reject,
    settle,
    unsound,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    return await agree(database, tmp_path)


async def test_an_accepted_milestone_makes_a_payment_with_a_calculation_that_recomputes(
    database: Database, agreed: Agreement
) -> None:
    await accept(database, agreed, "opening")

    [made], [why] = await payments(database, agreed), await calculations(database, agreed)
    assert (made["state"], made["amount"], made["payee_id"]) == (
        "computed",
        Decimal("8000.00"),
        agreed.parties.party("enterprise").organisation_id,
    )
    assert made["calculation_id"] == why["id"]
    assert recompute(why["document"]).is_identical()
    assert await held(database, agreed) == {
        AccountKind.ENCUMBERED: Decimal(92000),
        AccountKind.PAYABLE: Decimal(8000),
    }


async def test_a_verified_observation_makes_a_payment_though_its_verifier_sees_none(
    database: Database, agreed: Agreement
) -> None:
    await verify(database, agreed, "matters", "100")

    [made] = await payments(database, agreed)
    assert made["amount"] == 1000
    by = agreed.actor("verifier", "verifier")
    async with database.reading(seen_by(by)) as tx:
        with pytest.raises(rules.PaymentMissing):
            await queries.view(tx, made["id"], seen_by=by)


async def test_a_fact_that_is_worth_nothing_is_calculated_and_pays_nothing(
    database: Database, agreed: Agreement
) -> None:
    await verify(database, agreed, "matters", "0")

    [why] = await calculations(database, agreed)
    assert why["total"] == 0
    assert await payments(database, agreed) == []


async def test_a_later_fact_pays_for_itself_alone(database: Database, agreed: Agreement) -> None:
    await accept(database, agreed, "opening")
    await verify(database, agreed, "matters", "100")
    await verify(database, agreed, "matters", "50", period=FEBRUARY)

    assert [row["amount"] for row in await payments(database, agreed)] == [8000, 1000, 500]
    # The opening of June is calculated again after each of the months before it.
    assert [row["ordinal"] for row in await calculations(database, agreed)] == [1, 2, 1, 3, 1]
    assert (await totals(database, agreed))["earned"] == "9500.00"


async def test_a_correction_upward_pays_the_difference_and_supersedes(
    database: Database, agreed: Agreement
) -> None:
    first = await verify(database, agreed, "matters", "100")
    await claim(database, agreed, (await payments(database, agreed))[0]["id"])
    await verify(database, agreed, "matters", "120", supersedes=first)

    whole, difference = await payments(database, agreed)
    old, new = await calculations(database, agreed)
    assert (whole["state"], difference["amount"]) == ("claimed", 200)
    assert (difference["earned"], difference["owed_before"]) == (1200, 1000)
    assert (new["supersedes"], new["ordinal"], new["total"]) == (old["id"], 1, 1200)
    assert recompute(new["document"]).is_identical()


async def test_a_correction_downward_reverses_what_nobody_has_claimed(
    database: Database, agreed: Agreement
) -> None:
    first = await verify(database, agreed, "matters", "100")
    await verify(database, agreed, "matters", "40", supersedes=first)

    reversed_, made = await payments(database, agreed)
    assert (reversed_["state"], reversed_["amount"]) == ("reversed", 1000)
    assert (made["state"], made["amount"]) == ("computed", 400)
    assert (await held(database, agreed))[AccountKind.PAYABLE] == 400
    assert [event[0] for event in await events(database, reversed_["id"])] == [
        "payment.computed",
        "payment.reversed",
    ]
    assert await unsound(database) == []


async def test_what_was_claimed_too_much_is_set_off_against_what_comes_next(
    database: Database, agreed: Agreement
) -> None:
    first = await verify(database, agreed, "matters", "100")
    await instructed(database, agreed)
    await verify(database, agreed, "matters", "40", supersedes=first)
    await verify(database, agreed, "matters", "80", period=FEBRUARY)

    paid, rest = await payments(database, agreed)
    assert (paid["state"], paid["amount"]) == ("instructed", 1000)
    assert (rest["amount"], rest["earned"], rest["owed_before"]) == (200, 1200, 1000)


async def test_a_deduction_of_the_same_period_joins_its_calculation(
    database: Database, agreed: Agreement
) -> None:
    await verify(database, agreed, "matters", "100")
    await verify(database, agreed, "late-days", "3")

    _, joined = await calculations(database, agreed)
    document = msgspec.json.decode(joined["document"], type=Calculation)
    assert joined["ordinal"] == 1
    assert [line.amount for line in document.lines] == ["1000.00", "-300.00"]
    assert (await totals(database, agreed))["payable"] == "700.00"


async def test_no_more_is_paid_than_the_contract_says(database: Database, tmp_path: Path) -> None:
    agreed = await agree(database, tmp_path, value="9000.00")
    await accept(database, agreed, "opening")
    await verify(database, agreed, "matters", "200")

    assert [row["amount"] for row in await payments(database, agreed)] == [8000, 1000]
    assert await held(database, agreed) == {AccountKind.PAYABLE: Decimal(9000)}


async def test_a_payment_goes_its_way_and_the_money_with_it(
    database: Database, agreed: Agreement
) -> None:
    await accept(database, agreed, "opening")
    [made] = await payments(database, agreed)
    where: list[dict[AccountKind, Decimal]] = []
    stands: list[Standing] = []
    for step in (claim, approve, instruct, settle, receive):
        stands.append(await step(database, agreed, made["id"]))
        now = await held(database, agreed)
        where.append({kind: now[kind] for kind in now if kind is not AccountKind.ENCUMBERED})

    assert [(one.state, one.version) for one in stands] == [
        ("claimed", 2), ("approved", 3), ("instructed", 4), ("settled", 5), ("settled", 6),
    ]  # fmt: skip
    amount = Decimal(8000)
    assert where == [
        {AccountKind.PAYABLE: amount},
        {AccountKind.PAYABLE: amount},
        {AccountKind.IN_TRANSIT: amount},
        {AccountKind.DISBURSED: amount},
        {AccountKind.DISBURSED: amount},
    ]
    assert await totals(database, agreed) == {
        "value": "100000.00", "earned": "8000.00", "payable": "0.00", "in_transit": "0.00",
        "paid": "8000.00", "received": "8000.00", "late_interest": "0.00", "withheld": "0.00",
            "awaited": "0.00", "overpaid": "0.00",
    }  # fmt: skip
    assert [(kind, public) for kind, public, _ in await events(database, made["id"])] == [
        ("payment.computed", False), ("payment.claimed", False), ("payment.approved", False),
        ("payment.instructed", False), ("payment.settled", True), ("payment.received", False),
    ]  # fmt: skip
    assert await unsound(database) == []


async def test_a_rejected_payment_is_encumbered_again_and_comes_with_the_next_fact(
    database: Database, agreed: Agreement
) -> None:
    await accept(database, agreed, "opening")
    [made] = await payments(database, agreed)
    await claim(database, agreed, made["id"])
    await reject(database, agreed, made["id"])

    assert await held(database, agreed) == {AccountKind.ENCUMBERED: Decimal(100000)}
    await accept(database, agreed, "handover")
    assert [(row["state"], row["amount"]) for row in await payments(database, agreed)] == [
        ("rejected", 8000),
        ("computed", 10000),
    ]


async def test_a_step_on_an_old_version_is_stale(database: Database, agreed: Agreement) -> None:
    await accept(database, agreed, "opening")
    [made] = await payments(database, agreed)
    await claim(database, agreed, made["id"])

    with pytest.raises(RevisionStale):
        await claim(database, agreed, made["id"])


async def test_the_same_settlement_again_is_answered_alike_and_moves_nothing(
    database: Database, agreed: Agreement
) -> None:
    await accept(database, agreed, "opening")
    payment_id = await instructed(database, agreed)

    first = await settle(database, agreed, payment_id)
    again = await settle(database, agreed, payment_id)

    assert again == first
    assert (await held(database, agreed))[AccountKind.DISBURSED] == 8000
    assert len(await events(database, payment_id)) == 5


async def test_a_bank_reference_settles_one_payment(database: Database, agreed: Agreement) -> None:
    await accept(database, agreed, "opening")
    used = paid("ICBC-0002")
    await settle(database, agreed, await instructed(database, agreed), used)
    await accept(database, agreed, "handover")
    second = await instructed(database, agreed)

    with pytest.raises(rules.BankReferenceUsed):
        await settle(database, agreed, second, used)


async def test_the_history_alone_decides_every_step_again(
    database: Database, agreed: Agreement
) -> None:
    await accept(database, agreed, "opening")
    payment_id = await instructed(database, agreed)
    await settle(database, agreed, payment_id)
    await receive(database, agreed, payment_id)

    for kind, _, body in await events(database, payment_id):
        said = msgspec.json.decode(body, type=Body)
        assert msgspec.json.encode(_decide(kind, said), order="sorted") == msgspec.json.encode(
            said.decision, order="sorted"
        )
    [why] = await calculations(database, agreed)
    [(kind, _, body)] = await events(database, why["id"])
    decision = msgspec.json.decode(body, type=Body).decision
    assert kind == "calculation.made"
    assert recompute(msgspec.json.encode(decision)).is_identical()


def _decide(kind: str, said: Body) -> msgspec.Struct | None:
    match kind:
        case "payment.computed":
            return rules.compute(msgspec.convert(said.facts, ComputeFacts), by=said.by, at=AT)
        case "payment.settled":
            return rules.settle(msgspec.convert(said.facts, SettleFacts), by=said.by, at=AT)
        case _:
            decide = {
                "payment.claimed": rules.claim,
                "payment.approved": rules.approve,
                "payment.instructed": rules.instruct,
                "payment.received": rules.receive,
            }[kind]
            return decide(msgspec.convert(said.facts, PaymentFacts), by=said.by, at=AT)


async def test_who_has_no_part_in_a_step_is_refused_by_name(
    database: Database, agreed: Agreement
) -> None:
    await accept(database, agreed, "opening")
    [made] = await payments(database, agreed)
    approver = agreed.actor("city", "approver")

    async def refused(act: Act) -> str:
        with pytest.raises(Refusal) as caught:
            await act_as(database, approver, act)
        return caught.value.code()

    assert (
        await refused(lambda tx: actions.claim(tx, made["id"], by=approver, at=AT, expected=1))
        == "not_payee"
    )
    assert (
        await refused(lambda tx: actions.approve(tx, made["id"], by=approver, at=AT, expected=1))
        == "payment_out_of_turn"
    )
