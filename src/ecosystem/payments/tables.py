"""Calculations and payments, what a contract owes in all, and what no code path may break."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from ecosystem.contracts.tables import CALCULATING
from ecosystem.finance.disclosing.tables import CONSENTED
from ecosystem.payments.guard import CALLER, calculation_shown, payment_shown
from ecosystem.payments.late.guard import IS_EARNED, IS_LATE, IS_OF_INTEREST
from ecosystem.payments.model import PaymentKind, State
from ecosystem.runtime.columns import identifier, one_of, reference
from ecosystem.runtime.database import metadata
from ecosystem.runtime.hands import another, refusing
from ecosystem.runtime.turns import stepping

AUTHORITY: Final = f"authority_id = {CALLER.format('authority')}::integer"
OVERSEEN: Final = f"""EXISTS (
    SELECT FROM organisation JOIN jurisdiction ON jurisdiction.code = organisation.jurisdiction
    WHERE organisation.number = authority_id
      AND jurisdiction.path LIKE '%/' || {CALLER.format("oversees")} || '/%')"""
_ACKNOWLEDGED: Final = """FROM assignment
    WHERE assignment.authority_id = NEW.authority_id
      AND assignment.contract_id = NEW.contract_id AND assignment.assignor_id = NEW.payee_id
      AND assignment.state = 'acknowledged'"""
_HOLDS_THE_CLAIM: Final = f"""
    NEW.assignment_id IS NOT DISTINCT FROM (SELECT max(assignment.id) {_ACKNOWLEDGED})
    AND NEW.paid_to_id = coalesce(
      (SELECT max(assignment.assignee_id) {_ACKNOWLEDGED}), NEW.payee_id)"""
"""Once an assignment is acknowledged the bank is told to pay nobody else."""
VISIBLE: Final = (
    f"payee_id = {CALLER.format('organisation')} OR {AUTHORITY} OR {OVERSEEN} OR {CALCULATING}"
)
"""Who sees what concerns a payee, in a table with its `payee_id`: both sides, and auditors."""


def _whole(what: str) -> CheckConstraint:
    return CheckConstraint(
        f"({what}_by IS NULL) = ({what}_at IS NULL)", name=f"{what}_by_whom_and_when"
    )


def _after(what: str, before: str) -> CheckConstraint:
    return CheckConstraint(
        f"{what}_at IS NULL OR {before}_at IS NOT NULL", name=f"{what}_only_when_{before}"
    )


calculation: Final = Table(
    "calculation",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "calculation"),
    reference("contract_id"),
    Column("ordinal", Integer, nullable=False),
    reference("supersedes", nullable=True),
    Column("kind", Text(collation="C"), nullable=False, server_default=PaymentKind.OUTCOME.value),
    reference("late_payment_id", nullable=True),
    Column("document", JSON, nullable=False),
    Column("proofs", JSON),
    Column("digest", LargeBinary, nullable=False),
    Column("total", Numeric, nullable=False),
    Column("currency", Text(collation="C"), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "contract_id", "id", name="calculation_is_of_its_contract"),
    UniqueConstraint(
        "authority_id", "contract_id", "ordinal", "id", name="calculation_is_of_its_step"
    ),
    UniqueConstraint(
        "authority_id", "contract_id", "kind", "id", name="calculation_is_of_its_kind"
    ),
    UniqueConstraint("authority_id", "supersedes", name="calculation_is_superseded_once"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "ordinal", "supersedes"],
        [
            "calculation.authority_id",
            "calculation.contract_id",
            "calculation.ordinal",
            "calculation.id",
        ],
        name="calculation_supersedes_one_of_its_step",
    ),
    one_of("kind", PaymentKind),
    CheckConstraint(
        "(kind = 'interest') = (late_payment_id IS NOT NULL)", name="interest_is_of_a_payment"
    ),
    CheckConstraint("ordinal > 0", name="ordinal_is_positive"),
    CheckConstraint("supersedes <> id", name="supersedes_another"),
    CheckConstraint("total >= 0", name="total_is_not_negative"),
    CheckConstraint(
        "(document->>'total')::numeric = total AND document->>'currency' = currency",
        name="total_is_of_the_document",
    ),
    CheckConstraint(
        "document->>'digest' = encode(digest, 'hex') AND digest = sha256(convert_to(replace("
        "document::text, '\"digest\":\"' || encode(digest, 'hex') || '\"', '\"digest\":\"\"'"
        "), 'UTF8'))",
        name="digest_is_of_the_document",
    ),
    Index(
        "calculation_begins_a_step_once",
        "authority_id",
        "contract_id",
        "ordinal",
        unique=True,
        postgresql_where=text("supersedes IS NULL AND kind = 'outcome'"),
    ),
    Index(
        "calculation_begins_interest_once",
        "authority_id",
        "late_payment_id",
        unique=True,
        postgresql_where=text("supersedes IS NULL AND kind = 'interest'"),
    ),
    info={
        "append_only": True,
        "seeing": calculation_shown(consented=CONSENTED),
        "visible_where": f"{AUTHORITY} OR {CALCULATING} OR {OVERSEEN} OR calculation_is_shown("
        "authority_id, contract_id, late_payment_id, document->'division')",
    },
)

_APPROVAL: Final = "approved_at,approved_by"
_INSTRUCTION: Final = "instructed_at,instructed_by,paid_to_id,assignment_id"
_SETTLEMENT: Final = "settled_at,settled_by,settled_on,bank_reference"
_RECEIPT: Final = "received_at,received_by"
_REVERSAL: Final = "reversed_at,reversed_by,taken_back"
_TURNS: Final = stepping(
    "payment",
    {
        "computed claimed": "claimed_at,claimed_by,due_on",
        "claimed approved": _APPROVAL,
        "computed rejected": "rejected_at,rejected_by,rejected_reason",
        "claimed rejected": "rejected_at,rejected_by,rejected_reason",
        "approved instructed": _INSTRUCTION,
        "instructed returned": f"{_APPROVAL},{_INSTRUCTION},returned_at",
        "returned approved": f"{_APPROVAL},returned_at",
        "settled returned": f"{_APPROVAL},{_INSTRUCTION},{_SETTLEMENT},{_RECEIPT},paid,returned_at",
        "approved returned": f"{_APPROVAL},paid,returned_at",
        "returned returned": "paid,returned_at",
        "instructed settled": f"{_SETTLEMENT},paid",
        "computed reversed": _REVERSAL,
        "claimed reversed": _REVERSAL,
        "approved reversed": _REVERSAL,
        "returned reversed": _REVERSAL,
        "reversed returned": "reversed_at,reversed_by,paid,returned_at",
        "settled settled": _RECEIPT,
    },
    never="""(OLD.due_on IS NOT NULL AND NEW.due_on IS DISTINCT FROM OLD.due_on)
      OR (NEW.state = 'settled' AND OLD.state = 'settled' AND OLD.received_at IS NOT NULL)""",
)
_BEGIN: Final = """
CREATE FUNCTION payment_begins_computed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'computed' OR NEW.version <> 1 THEN
    RAISE EXCEPTION 'payment % begins as %', NEW.id, NEW.state
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'payment_begins_computed';
  END IF;
  RETURN NEW;
END $$"""
_COUNT: Final = """
CREATE FUNCTION payment_is_counted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  more numeric := CASE WHEN NEW.state = 'rejected' THEN 0 ELSE NEW.amount - NEW.taken_back END;
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state <> 'rejected' THEN
    more := more - OLD.amount + OLD.taken_back;
  END IF;
  IF more = 0 OR NEW.kind = 'interest' THEN
    RETURN NULL;
  END IF;
  INSERT INTO public.payment_total (authority_id, contract_id, currency, value, owed)
  SELECT authority_id, id, currency, price, 0 FROM public.contract
  WHERE authority_id = NEW.authority_id AND id = NEW.contract_id
  ON CONFLICT DO NOTHING;
  UPDATE public.payment_total AS total SET owed = owed + more, value = contract.price
  FROM public.contract
  WHERE contract.authority_id = NEW.authority_id AND contract.id = NEW.contract_id
    AND total.authority_id = NEW.authority_id AND total.contract_id = NEW.contract_id
    AND total.currency = NEW.currency;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'payment % is not in the currency of its contract', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_is_in_the_contracts_currency';
  END IF;
  RETURN NULL;
END $$"""

payment: Final = Table(
    "payment",
    metadata,
    Column("authority_id", Integer, nullable=False),
    identifier("id", "payment"),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("kind", Text(collation="C"), nullable=False, server_default=PaymentKind.OUTCOME.value),
    reference("contract_id"),
    Column("payee_id", Text(collation="C"), ForeignKey("organisation.id"), nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("paid", Numeric, nullable=False, server_default="0"),
    Column("taken_back", Numeric, nullable=False, server_default="0"),
    Column("currency", Text(collation="C"), nullable=False),
    reference("calculation_id"),
    Column("earned", Numeric, nullable=False),
    Column("owed_before", Numeric, nullable=False),
    Column("computed_at", DateTime(timezone=True), nullable=False),
    Column("claimed_at", DateTime(timezone=True)),
    reference("claimed_by", nullable=True),
    Column("due_on", Date),
    Column("approved_at", DateTime(timezone=True)),
    reference("approved_by", nullable=True),
    Column("rejected_at", DateTime(timezone=True)),
    reference("rejected_by", nullable=True),
    Column("rejected_reason", JSON),
    Column("instructed_at", DateTime(timezone=True)),
    reference("instructed_by", nullable=True),
    Column("paid_to_id", Text(collation="C"), ForeignKey("organisation.id")),
    reference("assignment_id", nullable=True),
    Column("settled_at", DateTime(timezone=True)),
    reference("settled_by", nullable=True),
    Column("settled_on", Date),
    Column("bank_reference", Text(collation="C")),
    Column("received_at", DateTime(timezone=True)),
    reference("received_by", nullable=True),
    Column("returned_at", DateTime(timezone=True)),
    Column("reversed_at", DateTime(timezone=True)),
    reference("reversed_by", nullable=True),
    PrimaryKeyConstraint("authority_id", "id"),
    UniqueConstraint("authority_id", "bank_reference", name="bank_reference_settles_once"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    ForeignKeyConstraint(
        ["authority_id", "contract_id", "kind", "calculation_id"],
        [
            "calculation.authority_id",
            "calculation.contract_id",
            "calculation.kind",
            "calculation.id",
        ],
        name="payment_is_calculated",
    ),
    ForeignKeyConstraint(
        ["authority_id", "assignment_id"], ["assignment.authority_id", "assignment.id"]
    ),
    CheckConstraint(
        "(paid_to_id IS NULL) = (instructed_at IS NULL) "
        "AND (assignment_id IS NOT NULL OR paid_to_id IS NULL OR paid_to_id = payee_id)",
        name="another_is_paid_where_it_is_assigned",
    ),
    one_of("state", State),
    # The upper bound also keeps out NaN and infinity, which are greater than any number.
    CheckConstraint("amount > 0 AND amount < 1e20", name="amount_is_positive"),
    CheckConstraint(
        "amount = round(amount, currency_places(currency))", name="amount_is_no_finer_than_coins"
    ),
    CheckConstraint("amount = earned - owed_before", name="amount_is_the_difference"),
    CheckConstraint(
        "paid >= 0 AND taken_back >= 0 AND paid + taken_back <= amount AND CASE "
        "WHEN state IN ('computed', 'claimed', 'rejected') THEN paid = 0 AND taken_back = 0 "
        "ELSE (state IN ('settled', 'reversed')) = (paid + taken_back = amount) END",
        name="what_is_settled_is_paid",
    ),
    *(
        _whole(one)
        for one in (
            "claimed",
            "approved",
            "rejected",
            "instructed",
            "settled",
            "received",
            "reversed",
        )
    ),
    _after("approved", "claimed"),
    _after("instructed", "approved"),
    _after("settled", "instructed"),
    _after("received", "settled"),
    CheckConstraint(
        "state IN ('rejected', 'reversed') OR state = CASE WHEN settled_at IS NOT NULL "
        "THEN 'settled' WHEN instructed_at IS NOT NULL THEN 'instructed' WHEN returned_at "
        "IS NOT NULL THEN 'returned' WHEN approved_at IS NOT NULL THEN 'approved' WHEN "
        "claimed_at IS NOT NULL THEN 'claimed' ELSE 'computed' END",
        name="state_is_the_last_step",
    ),
    another("approved_by", "claimed_by", name="nobody_approves_an_own_claim"),
    another("instructed_by", "approved_by", name="nobody_instructs_an_own_approval"),
    CheckConstraint(
        "(state = 'rejected') = (rejected_at IS NOT NULL AND rejected_reason IS NOT NULL)",
        name="rejection_has_a_reason",
    ),
    CheckConstraint("(state = 'reversed') = (reversed_at IS NOT NULL)", name="reversal_is_dated"),
    CheckConstraint(
        "(settled_at IS NULL) = (bank_reference IS NULL) AND "
        "(settled_at IS NULL) = (settled_on IS NULL)",
        name="settlement_is_the_banks",
    ),
    Index("payment_of_contract", "authority_id", "contract_id", "id"),
    Index("payment_returned", "authority_id", "id", postgresql_where=text("state = 'returned'")),
    info={
        "seeing": payment_shown(consented=CONSENTED),
        "visible_where": f"payee_id = {CALLER.format('organisation')} OR {AUTHORITY} "
        f"OR paid_to_id = {CALLER.format('organisation')} OR {CALCULATING} OR {OVERSEEN} "
        "OR payment_is_shown(authority_id, contract_id, payee_id)",
        "sql": (
            _BEGIN,
            (
                "CREATE TRIGGER payment_begins BEFORE INSERT ON payment "
                "FOR EACH ROW EXECUTE FUNCTION payment_begins_computed()"
            ),
            "ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_begins",
            *_TURNS,
            *refusing(
                "interest_is_what_was_earned", on="payment", unless=IS_EARNED, when=IS_OF_INTEREST
            ),
            *refusing(
                "interest_is_of_a_settlement", on="calculation", unless=IS_LATE, when=IS_OF_INTEREST
            ),
            *refusing(
                "payment_goes_to_who_holds_the_claim",
                on="payment",
                unless=_HOLDS_THE_CLAIM,
                changes=True,
                when="NEW.state = 'instructed'",
            ),
            _COUNT,
            "REVOKE EXECUTE ON FUNCTION payment_is_counted FROM PUBLIC",
            (
                "CREATE TRIGGER payment_counts AFTER INSERT OR UPDATE ON payment "
                "FOR EACH ROW EXECUTE FUNCTION payment_is_counted()"
            ),
            "ALTER TABLE payment ENABLE ALWAYS TRIGGER payment_counts",
        ),
    },
)
payment_total: Final = Table(
    "payment_total",
    metadata,
    Column("authority_id", Integer, nullable=False),
    reference("contract_id"),
    Column("currency", Text(collation="C"), nullable=False),
    Column("value", Numeric, nullable=False),
    Column("owed", Numeric, nullable=False),
    PrimaryKeyConstraint("authority_id", "contract_id"),
    ForeignKeyConstraint(["authority_id", "contract_id"], ["contract.authority_id", "contract.id"]),
    CheckConstraint("owed >= 0 AND owed <= value", name="no_more_is_owed_than_the_contract_says"),
    # Only the trigger counts.
    info={"privileges": "SELECT"},
)
