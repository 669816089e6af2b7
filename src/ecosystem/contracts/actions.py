"""Draft and sign contracts."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Text, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ecosystem.awards import queries as awards
from ecosystem.budgets import actions as budgets
from ecosystem.contracts import canonical, forms, queries, rules
from ecosystem.contracts.model import ContractDraft, Drafted, DraftFacts, Signing, State
from ecosystem.contracts.rule_limits import cliffs
from ecosystem.contracts.signing import queries as signing
from ecosystem.contracts.tables import contract, contract_party, contract_signature, standard_form
from ecosystem.contracts.warned.schemas import TermsStanding
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE, Audience
from ecosystem.needs import actions as needs
from ecosystem.needs import queries as needs_queries
from ecosystem.runtime.database import Record, Statement, Tx, inserting, updating
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import Standing
from ecosystem.values.actor import Actor

_LATER: Final = frozenset({
    "edition", "activated_at", "suspended_at", "ended_at", "turns", "wording",
    "sign_by", "called_by",
})  # fmt: skip
_DRAFTED: Final = tuple(column.key for column in contract.columns if column.key not in _LATER)
_INSERT: Final = inserting(contract, *_DRAFTED)
_INSERT_PARTY: Final = inserting(contract_party)
_KEEP_FORM: Final = Statement(
    insert(standard_form)
    .values({column.key: bindparam(column.key) for column in standard_form.columns})
    .on_conflict_do_nothing()
)
_FORM_KEPT: Final = Statement(
    select(standard_form.c.digest).where(
        standard_form.c.id == bindparam("id", type_=Text),
        standard_form.c.version == bindparam("version", type_=Text),
    )
)
_SIGN: Final = inserting(contract_signature)
_SIGNED: Final = Statement(updating(contract).values(version=contract.c.version + 1))
_ACTIVATE: Final = Statement(
    updating(contract).values(
        state="active", version=contract.c.version + 1, activated_at=bindparam("since")
    )
)


async def draft(tx: Tx, asked: ContractDraft, *, by: Actor, at: datetime) -> TermsStanding:
    """Keep the draft of a contract that grows from a final award.

    Refuses as `awards.final` does, and as the rule does. Effects: locks the need, then the award,
    as all do by whom it falls; the contract, its parties, the event `contract.drafted`, which
    the parties learn of.
    """
    await awards.locked(tx, asked.award_id, by=by, at=at, expected=None)
    facts = await _kept(tx, await queries.draft_facts(tx, asked, by=by, at=at))
    drafted = rules.draft(facts, by=by, at=at)
    contract_id = mint("contract", authority=facts.authority_number)
    await _insert(tx, contract_id, facts, drafted, at=at)
    audience = Audience(organisations=tuple(one.organisation_id for one in drafted.parties))
    version = await history.record(
        tx, "contract.drafted", contract_id, facts=facts, decision=drafted, by=by, at=at,
        audience=audience, after=await queries.after(tx, contract_id),
    )  # fmt: skip
    return TermsStanding(
        id=contract_id, state=drafted.state, version=version,
        cliffs=cliffs(drafted.terms.payment_rules),
    )  # fmt: skip


async def _kept(tx: Tx, facts: DraftFacts) -> DraftFacts:
    """Keep the form where it is used for the first time; say under which digest it was."""
    form = facts.form
    if form is None:
        return facts
    await tx.run(
        _KEEP_FORM,
        id=form.id, version=form.version, digest=forms.digest(form),
        content=canonical.canonical(form),
    )  # fmt: skip
    kept: str = await tx.value(_FORM_KEPT, id=form.id, version=form.version)
    return msgspec.structs.replace(facts, form_kept=kept)


async def _insert(
    tx: Tx, contract_id: str, facts: DraftFacts, drafted: Drafted, *, at: datetime
) -> None:
    award, terms = facts.award, drafted.terms
    await tx.run(
        _INSERT,
        authority_id=facts.authority_number, id=contract_id, version=1, state=drafted.state,
        need_id=award.need_id, lot_id=award.lot_id, award_id=award.id,
        financing_award_id=facts.asked.financing_award_id, programme_id=award.programme_id,
        price=award.price.amount, currency=award.price.currency,
        starts_on=terms.period.starts_on, ends_on=terms.period.ends_on,
        terms=canonical.canonical(terms), terms_digest=drafted.terms_digest, drafted_at=at,
    )  # fmt: skip
    await tx.many(
        _INSERT_PARTY,
        [
            {
                "authority_id": facts.authority_number,
                "contract_id": contract_id,
                "organisation_id": party.organisation_id,
                "role": party.role,
                "share": party.share,
            }
            for party in drafted.parties
        ],
    )


async def sign(tx: Tx, contract_id: str, asked: Signing, *, by: Actor, at: datetime) -> Standing:
    """Sign a contract for the caller's organisation; with the last signature it is in force.

    Refuses with ContractMissing, as the rules do, and as `budgets.obligate` does. Effects:
    the signature and `contract.signed`; with the last one also the price obligated, the need
    contracted, and `contract.activated`, on which milestones and metrics follow. Locks the need
    first, as all do by whom its awards fall, then the contract.
    """
    need_id = await signing.need_of(tx, contract_id, seen_by=by)
    await needs_queries.locked(tx, need_id, seen_by=by, at=at)
    row = await queries.locked(tx, contract_id, seen_by=by)
    facts = await signing.sign_facts(tx, row, asked, by=by)
    signed = rules.sign(facts, by=by, at=at)
    await tx.run(
        _SIGN,
        authority_id=row["authority_id"], contract_id=contract_id,
        organisation_id=signed.organisation_id, person_id=signed.person_id,
        digest=facts.terms_digest, signed_at=at,
        own_key=msgspec.json.encode(signed.own_key) if signed.own_key else None,
        wording=row["wording"],
    )  # fmt: skip
    await tx.run(_SIGNED, of_authority=row["authority_id"], of=contract_id)
    version = await history.record(
        tx, "contract.signed", contract_id, facts=facts, decision=signed, by=by, at=at,
        audience=Audience(organisations=facts.parties),
        after=await queries.after(tx, contract_id),
    )  # fmt: skip
    if signed.is_complete:
        return await _activate(tx, row, by=by, at=at)
    return Standing(id=contract_id, state=State.DRAFT, version=version)


async def _activate(tx: Tx, row: Record, *, by: Actor, at: datetime) -> Standing:
    contract_id: str = row["id"]
    facts = await signing.activate_facts(tx, row)
    activated = rules.activate(facts, by=by, at=at)
    await tx.run(
        _ACTIVATE, of_authority=row["authority_id"], of=contract_id, since=activated.activated_at
    )
    await needs.contract(tx, row["need_id"])
    await budgets.obligate(
        tx, programme_id=facts.programme_id, award_id=facts.award_id, contract_id=contract_id,
        amount=activated.obligated, by=by, at=at,
    )  # fmt: skip
    version = await history.record(
        tx, "contract.activated", contract_id, facts=facts, decision=activated, by=by, at=at,
        audience=EVERYONE, after=await queries.after(tx, contract_id),
    )  # fmt: skip
    return Standing(id=contract_id, state=activated.state, version=version)
