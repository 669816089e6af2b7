"""Facts about a locked contract that is signed."""

from typing import Final

from sqlalchemy import Integer, Text, bindparam, select

from ecosystem.contracts import own_key
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.model import ActivateFacts, SignedBy, SignFacts, Signing, State
from ecosystem.contracts.negotiating.tables import contract_proposal
from ecosystem.contracts.own_key import Presented, RegisteredKey
from ecosystem.contracts.rules import ContractMissing
from ecosystem.contracts.tables import contract, contract_signature
from ecosystem.identity.clients import queries as clients
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.values.actor import Actor
from ecosystem.values.identifiers import owner
from ecosystem.values.money import Money

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_ID: Final = bindparam("id", type_=Text)
_NEED: Final = Statement(
    select(contract.c.need_id).where(
        contract.c.authority_id == _AUTHORITY, contract.c.id == _ID, contracts.SEEN
    )
)
_SIGNED: Final = Statement(
    select(contract_signature.c.organisation_id, contract_signature.c.person_id)
    .where(contract_signature.c.authority_id == _AUTHORITY, contract_signature.c.contract_id == _ID)
    .where(contract_signature.c.wording == bindparam("wording", type_=Integer))
    .order_by(contract_signature.c.organisation_id)
)
_OPEN: Final = Statement(
    select(contract_proposal.c.id)
    .where(contract_proposal.c.authority_id == _AUTHORITY, contract_proposal.c.contract_id == _ID)
    .where(contract_proposal.c.state == "proposed")
)


async def need_of(tx: Tx, contract_id: str, *, seen_by: Actor) -> str:
    """Return the need of a contract that the caller may see. Refuses with ContractMissing."""
    authority = owner(contract_id, "contract", otherwise=ContractMissing)
    reader = contracts.reads_as(seen_by)
    need_id: str | None = await tx.value(_NEED, authority_id=authority, id=contract_id, **reader)
    if need_id is None:
        raise ContractMissing("No such contract is in force, or a draft of the caller's.")
    return need_id


async def sign_facts(tx: Tx, row: Record, asked: Signing, *, by: Actor) -> SignFacts:
    """Return what a signature under a locked contract is checked against."""
    return SignFacts(
        state=State(row["state"]),
        terms_digest=row["terms_digest"],
        digest=asked.digest,
        parties=await contracts.parties(tx, row["id"]),
        signatures=await signatures(tx, row),
        presented=await presented(tx, asked.jws, contract_id=row["id"], edition=1, by=by),
        open_proposal_id=await tx.value(_OPEN, authority_id=row["authority_id"], id=row["id"]),
    )


async def signatures(tx: Tx, row: Record) -> tuple[SignedBy, ...]:
    """Return who has signed a locked contract as its draft is worded now."""
    rows = await tx.rows(
        _SIGNED, authority_id=row["authority_id"], id=row["id"], wording=row["wording"]
    )
    return tuple(
        SignedBy(organisation_id=one["organisation_id"], person_id=one["person_id"]) for one in rows
    )


async def presented(
    tx: Tx, jws: str | None, *, contract_id: str, edition: int, by: Actor
) -> Presented | None:
    """Return a signature by an own key of the caller's organisation, with the keys it names."""
    if jws is None:
        return None
    return Presented(
        jws=jws,
        contract_id=contract_id,
        edition=edition,
        keys=tuple(
            RegisteredKey(client_id=client_id, key=key)
            for client_id, key in await clients.keys_named(tx, own_key.kid_of(jws), by=by)
        ),
    )


async def activate_facts(tx: Tx, row: Record) -> ActivateFacts:
    """Return what comes into force with a locked contract."""
    return ActivateFacts(
        award_id=row["award_id"],
        programme_id=row["programme_id"],
        price=Money(f"{row['price']:f}", row["currency"]),
        is_contracted=await contracts.is_contracted(tx, row["award_id"]),
    )
