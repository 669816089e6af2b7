"""What must be so before a part of a loan is drawn: facts alone, looked at again at each step."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ecosystem.contracts.model import State as ContractState
from ecosystem.finance import rules as facilities
from ecosystem.finance.drawing import actions, rules
from ecosystem.finance.drawing.model import (
    Accepted,
    DrawdownDraft,
    Filed,
    Measured,
    Presented,
    Proved,
    RequestFacts,
)
from ecosystem.finance.model import FacilityFacts
from ecosystem.finance.model import State as FacilityState
from ecosystem.runtime.database import Database
from ecosystem.runtime.minting import mint
from ecosystem.values.actor import Actor, OrganisationKind
from ecosystem.values.money import Money
from ecosystem.values.period import Period
from tests.finance.lending import (
    BORROWER,
    INSURED,
    OPENED,
    SERVED,
    SIGNS,
    act_as,
    approved,
    draft,
    drawn,
    lent,
    offered,
    requested,
    unsound,
)
from tests.payments.agreement import AT, FEBRUARY, JANUARY, WORDS, Agreement, agree, verify

MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
POLICY, FOREIGN = mint("document", authority=1), mint("document", authority=1)
PROVED = Proved(
    contract_state=ContractState.ACTIVE,
    milestones=(Accepted(id="milestone", version=3, milestone="opening", share="1"),),
    metrics=(Measured(id="observation", version=2, metric="matters", value="50"),),
    documents=(Filed(id=POLICY, sha256="0" * 64),),
)
SUPPLIER = Actor(
    organisation_id="org_supplier", organisation_number=9, verified=True,
    kind=OrganisationKind.ENTERPRISE, jurisdiction="440300", client_id="client",
    person_id="person", roles=(),
)  # fmt: skip
WHOLE = {"code": "first", "share": "100", "conditions": [OPENED, SERVED, INSURED]}


def met(proved: Proved, *conditions: dict[str, Any], shown: str | None = POLICY) -> list[str]:
    """Return the conditions that a request meets, or the pointers of those that it does not."""
    part = {**WHOLE, "conditions": list(conditions)}
    terms = draft(drawdowns=[part]).terms
    assert terms is not msgspec.UNSET
    presents = () if shown is None else (Presented(condition="insured", document_id=shown),)
    asked = DrawdownDraft(part="first", amount=Money("60000.00", "CNY"), presents=presents)
    facility = FacilityFacts(
        facility_id="facility", state=FacilityState.AGREED, contract_id="contract",
        contract_state=ContractState.ACTIVE, lender_id="org_bank", borrower_id="org_supplier",
        amount=Money("60000.00", "CNY"), offered_by="person_bank",
    )  # fmt: skip
    facts = RequestFacts(
        facility=facility, terms=terms, asked=asked, reserved_of_part="0", proved=proved
    )
    try:
        made = rules.request(facts, by=SUPPLIER, at=AT)
    except rules.ConditionUnmet as refused:
        return [one.pointer for one in refused.faults]
    proofs = rules.proofs(rules.part_of(terms, "first"), made.presented, proved)
    return [f"{one.condition} by {one.by}" for one in proofs]


def measured(value: str) -> Proved:
    one = Measured(id="observation", version=2, metric="matters", value=value)
    return msgspec.structs.replace(PROVED, metrics=(one,))


def test_a_part_is_drawn_when_each_of_its_conditions_is_met_and_says_by_what() -> None:
    assert met(PROVED, OPENED, SERVED, INSURED) == [
        "opened by milestone", "served by observation", f"insured by {POLICY}",
    ]  # fmt: skip
    nothing = msgspec.structs.replace(PROVED, milestones=(), metrics=())
    assert met(nothing, OPENED, SERVED, INSURED, shown=None) == [
        "/conditions/opened", "/conditions/served", "/conditions/insured",
    ]  # fmt: skip


def test_a_milestone_of_which_a_part_is_accepted_meets_no_condition() -> None:
    [whole] = PROVED.milestones
    part = msgspec.structs.replace(whole, share="0.99")

    assert met(msgspec.structs.replace(PROVED, milestones=(part,)), OPENED, INSURED) == [
        "/conditions/opened"
    ]


@pytest.mark.parametrize(
    ("bound", "value", "is_met"),
    [
        ("at_least", "50", True), ("at_least", "49.999999999", False),
        ("at_most", "50", True), ("at_most", "50.000000001", False),
    ],
)  # fmt: skip
def test_the_bound_itself_is_good_enough(bound: str, value: str, *, is_met: bool) -> None:
    bare = {name: part for name, part in SERVED.items() if name != "at_least"}

    found = met(measured(value), {**bare, bound: "50"}, INSURED)

    assert (found[0] == "served by observation") is is_met
    assert is_met or found == ["/conditions/served"]


def test_a_document_is_the_borrowers_own_and_presented_once_for_what_asks_for_one() -> None:
    with pytest.raises(rules.PresentedAmiss) as refused:
        met(PROVED, INSURED, shown=FOREIGN)
    with pytest.raises(rules.PresentedAmiss) as unasked:
        met(PROVED, OPENED)

    assert [one.pointer for one in refused.value.faults] == ["/presents/0/document_id"]
    assert [one.pointer for one in unasked.value.faults] == ["/presents/0/condition"]


@pytest.fixture
async def agreed(database: Database, tmp_path: Path) -> Agreement:
    return await agree(database, tmp_path, with_lender=True)


@pytest.mark.anyio
async def test_the_newest_verified_value_counts_when_it_is_asked_for_and_when_it_is_approved(
    database: Database, agreed: Agreement
) -> None:
    facility_id = await lent(database, agreed, drawdowns=[{**WHOLE, "conditions": [SERVED]}])
    for value, period in (("49", JANUARY), ("60", FEBRUARY)):
        with pytest.raises(rules.ConditionUnmet):
            await requested(database, agreed, facility_id)
        await verify(database, agreed, "matters", value, period=period)
    drawdown_id = await requested(database, agreed, facility_id)

    await verify(database, agreed, "matters", "40", period=MARCH)

    with pytest.raises(rules.ConditionUnmet) as refused:
        await approved(database, agreed, drawdown_id)
    assert [one.pointer for one in refused.value.faults] == ["/conditions/served"]


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["refused", "withdrawn"])
async def test_what_is_not_paid_out_sets_its_amount_free(
    database: Database, agreed: Agreement, how: str
) -> None:
    facility_id = await lent(database, agreed, drawdowns=[])
    drawdown_id = await requested(database, agreed, facility_id, "60000.00", None)
    with pytest.raises(rules.AboveFacility):
        await requested(database, agreed, facility_id, "0.01", None)

    if how == "refused":
        await act_as(
            database, agreed, SIGNS,
            lambda tx, by: actions.refuse(
                tx, drawdown_id, reason=WORDS, by=by, at=AT, expected=None
            ),
        )  # fmt: skip
    else:
        await act_as(
            database, agreed, BORROWER,
            lambda tx, by: actions.withdraw(tx, drawdown_id, by=by, at=AT, expected=None),
        )  # fmt: skip

    assert await drawn(database, agreed, facility_id) == ("0.00", "0")
    assert await requested(database, agreed, facility_id, "60000.00", None) != drawdown_id
    assert await unsound(database) == []


@pytest.mark.anyio
async def test_conditions_that_no_fact_could_meet_are_refused_with_the_offer(
    database: Database, agreed: Agreement
) -> None:
    conditions = [
        {**OPENED, "milestone": "gone"}, {**SERVED, "metric": "gone"},
        {**SERVED, "code": "both", "at_most": "60"}, {**OPENED, "code": "both"},
    ]  # fmt: skip

    with pytest.raises(facilities.TermsUnsound) as refused:
        await offered(database, agreed, drawdowns=[{**WHOLE, "conditions": conditions}])

    at = "/terms/drawdowns/0/conditions"
    assert [(one.pointer, one.code) for one in refused.value.faults] == [
        (f"{at}/0/milestone", "not_in_the_contract"), (f"{at}/1/metric", "not_in_the_contract"),
        (f"{at}/2", "bound_unclear"), (f"{at}/3/code", "code_is_doubled"),
    ]  # fmt: skip
