"""Whom calculations and payments are shown that are not their own: functions of the database.

Functions, since a statement makes all that a policy says ready before it reads a row, be it needed
or not; what is in a function is made ready when it is called.
"""

from typing import Final

# ruff: noqa: S608 - every word of these statements is ours
CALLER: Final = "nullif(current_setting('app.{}', true), '')"
"""What the desk said of the caller, by the name of what is asked."""


def calculation_shown(*, consented: str) -> str:
    """Return the function that shows a calculation to parties, and to lenders as suppliers consent.

    What is divided shows what each is paid, so all of them consent; interest is of one payee. A
    lender who is a party has signed for the loan, and sees what suppliers consent to.
    """
    row = "calculation_is_shown"
    consents = consented.format(table=row, payee="{}", scope="calculations")
    to = f"""EXISTS (
    SELECT FROM contract_party WHERE contract_party.authority_id = {row}.authority_id
      AND contract_party.contract_id = {row}.contract_id AND contract_party.role <> 'lender'
      AND contract_party.organisation_id = {CALLER.format("organisation")})
  OR {consents.format("disclosure.supplier_id")}
    AND (NOT EXISTS (
      SELECT FROM contract_party AS member WHERE member.authority_id = {row}.authority_id
        AND member.contract_id = {row}.contract_id AND member.role = 'supplier'
        AND (division IS NULL OR EXISTS (
          SELECT FROM json_array_elements(division) AS part
          WHERE part->>'organisation_id' = member.organisation_id))
        AND NOT {consents.format("member.organisation_id")})
      OR EXISTS (
        SELECT FROM payment AS late WHERE late.authority_id = {row}.authority_id
          AND late.id = late_payment AND {consents.format("late.payee_id")}))"""
    return _shown(row, to, late_payment="text", division="json")


def payment_shown(*, consented: str) -> str:
    """Return the function that shows a payment to lenders.

    To those to whom its payee consents; and to the one whom it assigned it to before it left the
    contract, who claims what it earned.
    """
    row = "payment_is_shown"
    to = f"""{consented.format(table=row, payee=f"{row}.payee_id", scope="payments")}
  OR EXISTS (
    SELECT FROM assignment JOIN contract_departure AS gone
      ON gone.authority_id = assignment.authority_id
      AND gone.contract_id = assignment.contract_id
      AND gone.organisation_id = assignment.assignor_id
    WHERE assignment.authority_id = {row}.authority_id
      AND assignment.contract_id = {row}.contract_id
      AND assignment.assignor_id = {row}.payee_id AND assignment.state = 'acknowledged'
      AND assignment.assignee_id = {CALLER.format("organisation")})"""
    return _shown(row, to, payee_id="text")


def _shown(name: str, to: str, **given: str) -> str:
    named = ", ".join(f"{column} {kind}" for column, kind in given.items())
    return f"""
CREATE FUNCTION {name}(authority_id integer, contract_id text, {named})
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN ({to});
END $$"""
