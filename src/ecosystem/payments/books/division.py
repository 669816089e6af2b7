"""What holds between calculations that are divided, and what each payee has earned and is owed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import text

from ecosystem.runtime.database import Statement

# ruff: noqa: S608 - every word of these statements is ours
_PARTS: Final = "json_array_elements(calculation.document->'division') AS part"
_TAX: Final = "json_array_elements(part->'taxes') AS tax"
_ADDED_OTHERWISE: Final = f"""
SELECT calculation.id, calculation.contract_id FROM calculation
WHERE calculation.document->'division' IS NOT NULL AND (
  (calculation.total, (calculation.document->>'withheld')::numeric) <> (
    SELECT coalesce(sum((part->>'amount')::numeric), 0),
      coalesce(sum((part->>'withheld')::numeric), 0) FROM {_PARTS})
  OR EXISTS (
    SELECT FROM json_array_elements(calculation.document->'lines')
      WITH ORDINALITY AS line(said, place)
    WHERE (said->>'amount')::numeric IS DISTINCT FROM (
      SELECT sum((part->'lines'->>(place - 1)::integer)::numeric) FROM {_PARTS}))
  OR EXISTS (
    SELECT FROM json_array_elements(calculation.document->'taxes') AS said
    WHERE ((said->>'basis')::numeric, (said->>'amount')::numeric) <> (
      SELECT coalesce(sum((tax->>'basis')::numeric), 0),
        coalesce(sum((tax->>'amount')::numeric), 0)
      FROM {_PARTS} CROSS JOIN {_TAX} WHERE tax->>'code' = said->>'code'))
  OR EXISTS (
    SELECT FROM {_PARTS} WHERE (part->>'amount')::numeric <> coalesce((
      SELECT sum(one::numeric) FROM json_array_elements_text(part->'lines') AS one), 0)))"""
_EARNED: Final = """
  SELECT calculation.authority_id, contract_id, part->>'organisation_id' AS payee_id,
    sum((part->>'amount')::numeric) AS earned
  FROM calculation CROSS JOIN json_array_elements(document->'division') AS part
  WHERE kind = 'outcome' AND NOT EXISTS (
    SELECT FROM calculation AS later
    WHERE later.authority_id = calculation.authority_id AND later.supersedes = calculation.id)
  GROUP BY 1, 2, 3"""
_FORGONE: Final = """
  SELECT authority_id, contract_id, payee_id, sum(amount - payable) AS forgone
  FROM payment_dispute WHERE payable IS NOT NULL GROUP BY 1, 2, 3"""
_OWED: Final = """
  SELECT authority_id, contract_id, payee_id, sum(amount - taken_back) AS owed
  FROM payment WHERE kind = 'outcome' AND state <> 'rejected'
  GROUP BY 1, 2, 3"""
_MISCOUNTED: Final = f"""
SELECT contract_id, payee_id, total.earned, total.owed, said.earned AS divided,
  gone.forgone, due.owed AS paid
FROM payee_total AS total
FULL JOIN ({_EARNED}) AS said USING (authority_id, contract_id, payee_id)
FULL JOIN ({_OWED}) AS due USING (authority_id, contract_id, payee_id)
LEFT JOIN ({_FORGONE}) AS gone USING (authority_id, contract_id, payee_id)
WHERE total.earned IS DISTINCT FROM said.earned - coalesce(gone.forgone, 0)
  OR coalesce(total.owed, 0) <> coalesce(due.owed, 0)"""

DIVIDED: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        "What a calculation divides adds up to its total, line by line and tax by tax.": Statement(
            text(_ADDED_OTHERWISE)
        ),
        "Each payee has earned its parts less what it has forgone, and is owed its payments.": (
            Statement(text(_MISCOUNTED))
        ),
    }
)
"""For `ledger.queries.check`, in a transaction with PURPOSE of `books.queries`."""
