"""What the database asks of late interest, and of payments of it."""

from typing import Final

IS_OF_INTEREST: Final = "NEW.kind = 'interest'"
IS_EARNED: Final = """EXISTS (
    SELECT FROM calculation AS made
    WHERE made.authority_id = NEW.authority_id AND made.id = NEW.calculation_id
      AND made.total = NEW.earned AND NEW.owed_before = (
        SELECT coalesce(sum(other.amount), 0) FROM payment AS other
        JOIN calculation AS its ON its.authority_id = other.authority_id
          AND its.id = other.calculation_id
        WHERE other.authority_id = NEW.authority_id
          AND its.late_payment_id = made.late_payment_id
          AND other.state NOT IN ('rejected', 'reversed')))"""
"""What a late payment has earned is payable once."""
STANDING: Final = """SELECT settled.authority_id, settled.payment_id, settled.version,
    settled.settled_on, settled.amount - coalesce((SELECT sum(back.amount)
      FROM payment_return AS back WHERE back.authority_id = settled.authority_id
        AND back.payment_id = settled.payment_id AND back.settled_version = settled.version
    ), 0) AS amount FROM payment_settlement AS settled"""
"""What of each settlement did not come back."""
_SAID: Final = """SELECT said.id, said.amount, said.due_on, said.settled_on
      FROM json_to_recordset(NEW.document->'facts'->'late')
        AS said(id text, amount numeric, due_on date, settled_on date)"""
_SETTLED_LATE: Final = f"""SELECT late.id, sum(part.amount), late.due_on, part.settled_on
      FROM ({STANDING}) AS part WHERE part.authority_id = late.authority_id
        AND part.payment_id = late.id AND part.amount > 0 AND part.settled_on > late.due_on
      GROUP BY part.settled_on"""  # noqa: S608 - every word of it is ours
IS_LATE: Final = f"""EXISTS (
    SELECT FROM payment AS late
    WHERE late.authority_id = NEW.authority_id AND late.id = NEW.late_payment_id
      AND late.contract_id = NEW.contract_id AND late.kind = 'outcome' AND late.state = 'settled'
      AND EXISTS ({_SETTLED_LATE})
      AND NOT EXISTS (({_SAID}) EXCEPT ALL ({_SETTLED_LATE}))
      AND NOT EXISTS (({_SETTLED_LATE}) EXCEPT ALL ({_SAID})))"""
"""Interest is of a payment as it was settled: of each part by its own day."""
