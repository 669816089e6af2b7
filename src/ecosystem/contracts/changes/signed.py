"""Who has signed the terms of a contract in the edition that is now in force, as SQL."""

from typing import Final

from sqlalchemy import func, literal_column, select, union_all

from ecosystem.contracts.changes.tables import contract_change, contract_change_signature
from ecosystem.contracts.tables import contract, contract_signature
from ecosystem.runtime.columns import json_of

_of_first = (
    select(
        contract_signature.c.organisation_id,
        contract_signature.c.signed_at,
        contract_signature.c.own_key,
    )
    .where(contract_signature.c.authority_id == contract.c.authority_id)
    .where(contract_signature.c.contract_id == contract.c.id)
    .where(contract_signature.c.wording == contract.c.wording)
    .where(contract.c.edition == literal_column("1"))
)
_of_later = (
    select(
        contract_change_signature.c.organisation_id,
        contract_change_signature.c.signed_at,
        contract_change_signature.c.own_key,
    )
    .join(
        contract_change,
        (contract_change.c.authority_id == contract_change_signature.c.authority_id)
        & (contract_change.c.id == contract_change_signature.c.change_id),
    )
    .where(contract_change.c.authority_id == contract.c.authority_id)
    .where(contract_change.c.contract_id == contract.c.id)
    .where(contract_change.c.edition == contract.c.edition)
    .where(contract_change.c.state == literal_column("'in_force'"))
)
_signed = union_all(_of_first.correlate(contract), _of_later.correlate(contract)).subquery("signed")
SIGNATURES: Final = (
    select(
        func.json_agg(
            json_of(
                organisation_id=_signed.c.organisation_id,
                signed_at=_signed.c.signed_at,
                own_key=_signed.c.own_key,
            )
        )
    )
    .select_from(_signed)
    .scalar_subquery()
)
"""The signatures of a contract of the select around it, as JSON; null where there are none."""
