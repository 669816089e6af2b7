"""Give consents to disclosure, and take them back."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, update

from ecosystem.finance.disclosing import queries, rules
from ecosystem.finance.disclosing.model import DisclosureDraft
from ecosystem.finance.disclosing.tables import disclosure
from ecosystem.history import actions as history
from ecosystem.history.model import Audience
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import authority_of

_GIVE: Final = inserting(
    disclosure,
    "authority_id", "id", "version", "state", "contract_id", "supplier_id", "lender_id",
    "scopes", "until_at", "given_by", "given_at",
)  # fmt: skip
_REVOKE: Final = Statement(
    update(disclosure)
    .where(
        disclosure.c.authority_id == bindparam("of_authority"),
        disclosure.c.id == bindparam("of"),
    )
    .values(
        state=bindparam("new_state"),
        version=disclosure.c.version + 1,
        revoked_by=bindparam("who"),
        revoked_at=bindparam("when"),
    )
)


async def give(
    tx: Tx, contract_id: str, asked: DisclosureDraft, *, by: Actor, at: datetime
) -> Standing:
    """Let a lender see something of a contract. Refuses with ContractMissing, and as the rule.

    Effects: `disclosure.given`, for the supplier and the lender.
    """
    facts = await queries.give_facts(tx, contract_id, asked, by=by)
    given = rules.give(facts, by=by, at=at)
    authority = authority_of(contract_id)
    disclosure_id = mint("disclosure", authority=authority)
    await tx.run(
        _GIVE,
        authority_id=authority, id=disclosure_id, version=1, state=given.state,
        contract_id=contract_id, supplier_id=given.supplier_id, lender_id=given.lender_id,
        scopes=[str(one) for one in given.scopes], until_at=given.until_at,
        given_by=given.given_by, given_at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "disclosure.given", disclosure_id, facts=facts, decision=given, by=by, at=at,
        audience=Audience(organisations=(given.supplier_id, given.lender_id)),
    )  # fmt: skip
    return Standing(id=disclosure_id, state=given.state, version=version)


async def revoke(
    tx: Tx, disclosure_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Take a consent back. Refuses with DisclosureMissing, RevisionStale, and as the rule.

    Effects: locks the consent; `disclosure.revoked`; the lender sees nothing more by it.
    """
    facts = await queries.locked(tx, disclosure_id, expected=expected)
    revoked = rules.revoke(facts, by=by, at=at)
    await tx.run(
        _REVOKE,
        of_authority=authority_of(disclosure_id), of=disclosure_id, new_state=revoked.state,
        who=revoked.revoked_by, when=at,
    )  # fmt: skip
    version = await history.record(
        tx, "disclosure.revoked", disclosure_id, facts=facts, decision=revoked, by=by, at=at,
        audience=Audience(organisations=(facts.supplier_id, facts.lender_id)),
    )  # fmt: skip
    return Standing(id=disclosure_id, state=revoked.state, version=version)
