"""What holds between facilities and the ledger: statements that must select nothing."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import text

from ecosystem.ledger.model import AccountKind
from ecosystem.runtime.database import Statement

_HELD: Final = """(SELECT coalesce(sum(account.credits - account.debits), 0)
  FROM ledger_account AS account
  WHERE account.authority_id = {of}.authority_id AND account.currency = {of}.currency
    AND account.{by} = {of}.id AND account.kind IN ({kinds}))"""


def _held(*kinds: AccountKind, of: str = "facility", by: str = "programme_id") -> str:
    """Return what accounts of these kinds hold, of the book or the drawdown that is named."""
    return _HELD.format(of=of, by=by, kinds=", ".join(f"'{kind}'" for kind in kinds))


def _summed(what: str, table: str, states: str = "true") -> str:
    """Return the sum of what the rows of a facility say."""
    return (
        f"(SELECT coalesce(sum({what}), 0) FROM {table} AS one "  # noqa: S608
        "WHERE one.authority_id = facility.authority_id AND one.facility_id = facility.id "
        f"AND {states})"
    )


def _differing(held: str, said: str, *, where: str = "true") -> Statement:
    """Select facilities whose accounts hold something else than their rows say."""
    return Statement(
        text(
            f"SELECT facility.id, {held} AS held, {said} AS said FROM facility "  # noqa: S608
            f"WHERE {where} AND {held} <> {said}"
        )
    )


_DRAWN: Final = _summed("one.amount", "drawdown", "one.state = 'disbursed'")
_PAID: Final = """(SELECT coalesce(sum((line->>'paid')::numeric), 0)
  FROM repayment CROSS JOIN json_array_elements(repayment.document->'lines') AS line
  WHERE repayment.authority_id = drawdown.authority_id
    AND repayment.facility_id = drawdown.facility_id AND line->>'of' = drawdown.id
    AND line->>'rank' IN ('principal', 'early_principal'))"""
_UNPAID: Final = """(SELECT coalesce(sum((line->>'amount')::numeric), 0)
  FROM repayment_return AS gone CROSS JOIN json_array_elements(gone.document->'lines') AS line
  WHERE gone.authority_id = drawdown.authority_id
    AND gone.facility_id = drawdown.facility_id AND line->>'of' = drawdown.id
    AND line->>'rank' IN ('principal', 'early_principal'))"""
_LENT: Final = _held(AccountKind.OUTSTANDING, of="drawdown", by="owner_ref")
INVARIANTS: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        "What a facility can still lend is its amount less what was drawn.": _differing(
            _held(AccountKind.UNDRAWN),
            f"(facility.amount - {_DRAWN})",
            where="facility.state = 'agreed'",
        ),
        "What is outstanding of a drawdown is its amount less the principal that was repaid.": (
            Statement(
                text(
                    f"SELECT drawdown.id, {_LENT} AS held FROM drawdown "  # noqa: S608
                    f"WHERE {_LENT} <> CASE WHEN state = 'disbursed' THEN amount ELSE 0 END "
                    f"- {_PAID} + {_UNPAID}"
                )
            )
        ),
        "Whatever came in under a facility, or was kept back, is repaid, earned or surplus.": (
            _differing(
                _held(AccountKind.REPAID, AccountKind.EARNED, AccountKind.SURPLUS),
                f"({_summed('one.amount', 'repayment')} + {_summed('one.kept', 'drawdown')} "
                f"- {_summed('one.amount', 'repayment_return')})",
            )
        ),
        "What drawdowns take of a facility is what is counted, and never above it.": Statement(
            text(
                "SELECT facility.id FROM facility LEFT JOIN facility_total AS total "  # noqa: S608
                "ON total.authority_id = facility.authority_id "
                "AND total.facility_id = facility.id WHERE coalesce(total.reserved, 0) <> "
                + _summed("one.amount", "drawdown", "one.state NOT IN ('refused', 'withdrawn')")
                + " OR coalesce(total.reserved, 0) > facility.amount"
            )
        ),
        "What settled an assigned payment was applied once, by its amount.": Statement(
            text(
                "SELECT settled.payment_id, settled.version, count(repayment.id) AS times "
                "FROM payment_settlement AS settled LEFT JOIN repayment "
                "ON repayment.authority_id = settled.authority_id "
                "AND repayment.payment_id = settled.payment_id "
                "AND repayment.payment_version = settled.version "
                "AND repayment.amount = settled.amount WHERE settled.assignment_id IS NOT NULL "
                "GROUP BY settled.authority_id, settled.payment_id, settled.version "
                "HAVING count(repayment.id) <> 1"
            )
        ),
        "What a lender gave back through the bank was undone, by its amount.": Statement(
            text(
                "SELECT back.payment_id, back.version FROM payment_return AS back "
                "JOIN payment_settlement AS settled ON settled.authority_id = back.authority_id "
                "AND settled.payment_id = back.payment_id "
                "AND settled.version = back.settled_version "
                "LEFT JOIN repayment_return AS gone ON gone.authority_id = back.authority_id "
                "AND gone.payment_id = back.payment_id AND gone.version = back.version "
                "WHERE (settled.assignment_id IS NOT NULL) <> (gone.amount IS NOT NULL) "
                "OR gone.amount <> back.amount"
            )
        ),
    }
)
"""What holds of every facility: each statement selects the places where it does not."""
