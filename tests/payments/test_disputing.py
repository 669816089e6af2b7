"""A dispute holds the disputed part alone, until both sides agree what of it is payable."""

import asyncio
from pathlib import Path

import asyncpg
import msgspec
import pytest

from ecosystem.contracts.model import State as ContractState
from ecosystem.contracts.turning.model import Kind, TurnFacts
from ecosystem.contracts.turning.model import State as TurnState
from ecosystem.contracts.turning.rules import PaymentsOpen
from ecosystem.ledger.model import AccountKind
from ecosystem.payments import rules as payment_rules
from ecosystem.payments.closing import queries as closing
from ecosystem.payments.closing import rules as closing_rules
from ecosystem.payments.closing.model import Closed
from ecosystem.payments.disputing import actions, rules
from ecosystem.payments.disputing.model import DisputeDraft, Proposal
from ecosystem.runtime.database import Database
from ecosystem.runtime.web import Standing, seen_by
from ecosystem.values.actor import Actor
from ecosystem.values.money import Money
from tests.payments.agreement import AT, WORDS, Agreement, accept, agree, payments, verify
from tests.payments.steps import approve, claim, held, instruct, reject, settle, unsound

pytestmark = pytest.mark.anyio
CLAIM = (
    "UPDATE payment SET version = 2, state = 'claimed', claimed_by = 'person_c', "
    "claimed_at = now() WHERE state = 'computed' AND amount = 3000"
)
PROPOSE_MORE = (
    "UPDATE payment_dispute SET version = 2, proposed_payable = 3001, "
    "proposed_by = 'org_a', proposed_hand = 'person_a', proposed_at = now()"
)
AGREE = (
    "UPDATE payment_dispute SET version = version + 1, state = 'resolved', payable = 3000, "
    "released_id = held_id, agreed_by = 'org_city', agreed_hand = proposed_hand, "
    "resolved_at = now() WHERE id = $1"
)
ANSWER = (
    "UPDATE payment_dispute SET version = version + 1, proposed_by = payee_id, "
    "proposed_hand = opened_by WHERE id = $1"
)
HOLD_THE_REST = (
    "INSERT INTO payment_dispute (authority_id, id, version, state, contract_id, payee_id, "
    "disputed_id, held_id, amount, currency, reason, opened_by, opened_for, opened_at) "
    "SELECT authority_id, 'dispute_' || right(id, 32), 1, 'open', contract_id, payee_id, "
    "disputed_id, rest_id, amount, currency, reason, opened_by, opened_for, opened_at "
    "FROM payment_dispute"
)


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    made = await agree(database, tmp_path)
    await accept(database, made, "opening")
    return made


def approver(agreed: Agreement) -> Actor:
    return agreed.actor("city", "approver")


def supplier(agreed: Agreement) -> Actor:
    return agreed.actor("enterprise", "delivery")


async def dispute(
    database: Database, agreed: Agreement, amount: str, payment_id: str | None = None
) -> Standing:
    """Dispute a part of a payment, of the newest where none is named."""
    newest: str = (await payments(database, agreed))[-1]["id"]
    chosen, by = payment_id or newest, approver(agreed)
    asked = DisputeDraft(amount=Money(amount, "CNY"), reason=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        return await actions.open_dispute(tx, chosen, asked, by=by, at=AT, expected=None)


async def propose(database: Database, by: Actor, dispute_id: str, payable: str) -> Standing:
    asked = Proposal(payable=Money(payable, "CNY"), reason=WORDS)
    async with database.transaction(seen_by(by)) as tx:
        return await actions.propose(tx, dispute_id, asked, by=by, at=AT, expected=None)


async def resolve(database: Database, by: Actor, dispute_id: str) -> Standing:
    async with database.transaction(seen_by(by)) as tx:
        return await actions.resolve(tx, dispute_id, by=by, at=AT, expected=None)


async def standing(database: Database, agreed: Agreement) -> list[tuple[str, int]]:
    return [(one["state"], int(one["amount"])) for one in await payments(database, agreed)]


async def test_the_disputed_part_is_held_and_the_rest_is_paid(
    database: Database, agreed: Agreement
) -> None:
    await claim(database, agreed, (await payments(database, agreed))[0]["id"])
    await dispute(database, agreed, "3000.00")
    _, rest, waiting = await payments(database, agreed)

    for step in (claim, approve, instruct, settle):
        await step(database, agreed, rest["id"])
    for step in (claim, reject):
        with pytest.raises(payment_rules.PaymentDisputed):
            await step(database, agreed, waiting["id"])

    assert await standing(database, agreed) == [
        ("reversed", 8000), ("settled", 5000), ("computed", 3000),
    ]  # fmt: skip
    assert await held(database, agreed) == {
        AccountKind.ENCUMBERED: 92000, AccountKind.PAYABLE: 3000, AccountKind.DISBURSED: 5000,
    }  # fmt: skip
    assert await unsound(database) == []


async def test_what_both_agree_on_is_paid_and_the_rest_is_never_computed_again(
    database: Database, agreed: Agreement
) -> None:
    dispute_id = (await dispute(database, agreed, "8000.00")).id
    await propose(database, supplier(agreed), dispute_id, "7000.00")
    await propose(database, approver(agreed), dispute_id, "2500.00")
    with pytest.raises(rules.OwnResolution):
        await resolve(database, approver(agreed), dispute_id)

    await resolve(database, supplier(agreed), dispute_id)
    await verify(database, agreed, "matters", "100")

    assert await standing(database, agreed) == [
        ("reversed", 8000), ("reversed", 8000), ("computed", 2500), ("computed", 1000),
    ]  # fmt: skip
    assert await unsound(database) == []
    async with database.reading(seen_by(approver(agreed))) as tx:
        account = await closing.account(tx, agreed.contract_id)
    assert (account.calculated.amount, account.is_balanced) == ("3500.00", True)


async def _closing(
    database: Database, agreed: Agreement, kind: Kind, *, agrees: bool = False
) -> Closed:
    by = approver(agreed)
    async with database.transaction(seen_by(by)) as tx:
        turn = TurnFacts(
            turn_id="", kind=kind, ground=None, by_agreement=agrees, state=TurnState.PROPOSED,
            side="authority", approved_by_side="authority", organisation_id="",
            proposed_by="", reply_by=None, has_reply=False, authority_number=1, supplier_id="",
            contract_state=ContractState.ACTIVE, suspended_at=None, ends_on=AT.date(),
        )  # fmt: skip
        facts, _ = await closing.close_facts(tx, agreed.contract_id, turn, at=AT)
    return closing_rules.close(facts, by=by, at=AT)


async def test_what_was_rejected_and_is_earned_is_talked_about_and_paid(
    database: Database, agreed: Agreement
) -> None:
    payment_id = (await payments(database, agreed))[0]["id"]
    await claim(database, agreed, payment_id)
    await reject(database, agreed, payment_id)
    async with database.reading(seen_by(approver(agreed))) as tx:
        account = await closing.account(tx, agreed.contract_id)
    assert (account.unpaid.amount, account.is_balanced) == ("8000.00", True)
    with pytest.raises(PaymentsOpen, match=r"8000\.00 CNY is earned, and was rejected"):
        await _closing(database, agreed, Kind.COMPLETION)
    assert (await _closing(database, agreed, Kind.TERMINATION)).kept.amount == "8000.00"
    given_up = await _closing(database, agreed, Kind.COMPLETION, agrees=True)
    assert given_up.kept.amount == "0.00"

    with pytest.raises(rules.DisputedPartUnfit):
        await dispute(database, agreed, "8000.01")
    dispute_id = (await dispute(database, agreed, "7000.00")).id
    with pytest.raises(rules.DisputedPartUnfit, match=r"1000\.00 CNY is earned and in no payment"):
        await dispute(database, agreed, "1000.01", payment_id)
    await propose(database, supplier(agreed), dispute_id, "6500.00")
    await resolve(database, approver(agreed), dispute_id)
    await verify(database, agreed, "matters", "100")

    assert await standing(database, agreed) == [
        ("rejected", 8000), ("reversed", 7000), ("computed", 6500), ("computed", 2000),
    ]  # fmt: skip
    with pytest.raises(rules.DisputedPartUnfit, match="0 CNY is earned"):
        await dispute(database, agreed, "1.00", payment_id)
    assert await unsound(database) == []


async def test_of_two_who_dispute_what_was_rejected_at_once_one_holds_it(
    database: Database, agreed: Agreement
) -> None:
    payment_id = (await payments(database, agreed))[0]["id"]
    await reject(database, agreed, payment_id)

    both = await asyncio.gather(
        *(dispute(database, agreed, "8000.00", payment_id) for _ in range(2)),
        return_exceptions=True,
    )

    assert [type(one) for one in both if isinstance(one, Exception)] == [rules.DisputedPartUnfit]
    assert await standing(database, agreed) == [("rejected", 8000), ("computed", 8000)]
    assert await unsound(database) == []


async def test_one_person_does_not_settle_a_dispute_for_both_sides(
    database: Database, agreed: Agreement
) -> None:
    opener, payee = approver(agreed), supplier(agreed)
    both = msgspec.structs.replace(payee, person_id=opener.person_id)
    other = msgspec.structs.replace(opener, person_id=payee.person_id)
    dispute_id = (await dispute(database, agreed, "3000.00")).id

    with pytest.raises(rules.OwnOpening):
        await propose(database, both, dispute_id, "3000.00")
    await propose(database, opener, dispute_id, "1000.00")
    with pytest.raises(rules.OwnOpening):
        await resolve(database, both, dispute_id)
    await propose(database, payee, dispute_id, "3000.00")
    with pytest.raises(rules.OwnResolution):
        await resolve(database, other, dispute_id)

    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")
    for change, rule in (
        (AGREE, "payment_dispute_no_hand_agrees_to_an_own_proposal"),
        (ANSWER, "payment_dispute_nobody_opens_and_answers"),
    ):
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await connection.execute(change, dispute_id)
        assert caught.value.constraint_name == rule
    await connection.close()
    assert (await resolve(database, opener, dispute_id)).state == "resolved"


async def test_a_payee_that_forgoes_all_is_paid_nothing(
    database: Database, agreed: Agreement
) -> None:
    dispute_id = (await dispute(database, agreed, "8000.00")).id
    await propose(database, supplier(agreed), dispute_id, "0")

    await resolve(database, approver(agreed), dispute_id)

    assert await held(database, agreed) == {AccountKind.ENCUMBERED: 100000}
    with pytest.raises(rules.DisputeSettled):
        await propose(database, supplier(agreed), dispute_id, "1.00")


async def test_a_correction_of_facts_leaves_what_is_in_dispute_to_the_dispute(
    database: Database, agreed: Agreement
) -> None:
    first = await verify(database, agreed, "matters", "100")
    dispute_id = (await dispute(database, agreed, "400.00")).id
    await verify(database, agreed, "matters", "0", supersedes=first)

    assert await standing(database, agreed) == [
        ("reversed", 8000), ("reversed", 1000), ("reversed", 600), ("computed", 400),
        ("computed", 7600),
    ]  # fmt: skip
    await propose(database, supplier(agreed), dispute_id, "0")
    await resolve(database, approver(agreed), dispute_id)
    assert await unsound(database) == []


@pytest.mark.parametrize("amount", ["0", "8000.01"])
async def test_no_more_than_the_payment_is_disputed_and_no_less_than_something(
    database: Database, agreed: Agreement, amount: str
) -> None:
    with pytest.raises(rules.DisputedPartUnfit):
        await dispute(database, agreed, amount)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        (CLAIM, "payment_is_not_held"),
        (
            "UPDATE payment_dispute SET version = 2, amount = 1",
            "payment_dispute_takes_its_turn",
        ),
        (PROPOSE_MORE, "payment_dispute_proposal_is_a_part"),
        (HOLD_THE_REST, "payment_dispute_holds_a_payment"),
    ],
)
async def test_the_database_holds_what_is_disputed(
    database: Database, agreed: Agreement, change: str, constraint: str
) -> None:
    await dispute(database, agreed, "3000.00")
    connection = await database.connect()
    await connection.execute(f"SET app.authority = '{agreed.authority}'")

    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as caught:
        await connection.execute(change)

    await connection.close()
    assert caught.value.constraint_name == constraint
