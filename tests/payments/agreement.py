"""A contract in force in a seeded city, and its parties at work, as tests of payments need it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from ecosystem.awards.tables import award
from ecosystem.budgets import actions as budgets
from ecosystem.budgets.model import AppropriationDraft, ProgrammeDraft
from ecosystem.contracts import queries as contracts
from ecosystem.contracts.canonical import canonical, digest
from ecosystem.contracts.form_shapes import ContractTerms
from ecosystem.contracts.tables import contract, contract_party, contract_signature
from ecosystem.history import actions as history
from ecosystem.history.model import EVERYONE
from ecosystem.identity.tables import organisation
from ecosystem.milestones import actions as milestones
from ecosystem.milestones.judging import actions as judging
from ecosystem.milestones.model import Submission
from ecosystem.milestones.tables import milestone
from ecosystem.needs import actions as needs
from ecosystem.needs.model import NeedDraft
from ecosystem.needs.tables import lot, need
from ecosystem.outcomes import actions as outcomes
from ecosystem.outcomes.model import Report
from ecosystem.outcomes.tables import metric
from ecosystem.payments import queries
from ecosystem.payments.tables import calculation, payment
from ecosystem.runtime.clock import Clock
from ecosystem.runtime.database import Database, Record, Statement, Tx, inserting
from ecosystem.runtime.minting import mint
from ecosystem.runtime.web import seen_by
from ecosystem.sandbox.model import Parties
from ecosystem.sandbox.seed import seed
from ecosystem.values.actor import Actor
from ecosystem.values.money import Money
from ecosystem.values.period import Period
from ecosystem.values.text import Text
from tests.payments.admitting import admitted
from tests.payments.together import Together

AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
FEBRUARY = Period(date(2026, 2, 1), date(2026, 3, 1))
VALUE = "100000.00"
WORDS = Text(zh="试", en="test")
_PLACES = (("city", "buyer"), ("enterprise", "supplier"), ("verifier", "verifier"))
RULES: list[dict[str, Any]] = [
    {"code": "opening-fee", "shape": "fixed", "milestone": "opening", "amount": "8000.00"},
    {"code": "handover-fee", "shape": "fixed", "milestone": "handover", "amount": "2000.00"},
    {
        "code": "matters", "shape": "unit_price", "metric": "matters", "price": "10.00",
        "maximum": VALUE,
    },
    {
        "code": "late-answers", "shape": "excess_days", "metric": "late-days",
        "allowed_days": 0, "per_day": "100.00",
    },
]  # fmt: skip


@dataclass(frozen=True)
class Agreement:
    """A contract in force, with everyone who has to do with it."""

    contract_id: str
    programme_id: str
    parties: Parties
    numbers: dict[str, int]

    def actor(self, party: str, person: str) -> Actor:
        """Return a seeded person, both by their short names."""
        found = self.parties.party(party)
        return Actor(
            organisation_id=found.organisation_id,
            organisation_number=self.numbers[found.organisation_id],
            kind=found.kind,
            verified=True,
            jurisdiction=found.jurisdiction,
            client_id=found.clients[0].id,
            person_id=found.person(person).id,
            roles=found.person(person).roles,
        )

    @property
    def authority(self) -> int:
        """The number of the city."""
        return self.numbers[self.parties.party("city").organisation_id]


async def agree(
    database: Database, folder: Path, *, with_lender: bool = False, value: str = VALUE,
    observed: dict[str, Any] | None = None, together: Together | None = None, endings: Any = (),
    more: tuple[dict[str, Any], ...] = (), rules: list[dict[str, Any]] | None = None,
) -> Agreement:  # fmt: skip
    """Bring a contract between seeded parties into force, with money behind it.

    `observed` says how `matters` are, where not monthly; `rules` replace RULES, `more` add to
    them; `endings` are its terminations.
    """
    parties = await seed(database, Clock(), folder)
    rows = await database.plain().rows(Statement(select(organisation.c.id, organisation.c.number)))
    made = Agreement(
        contract_id="", programme_id="", parties=parties,
        numbers={row["id"]: row["number"] for row in rows},
    )  # fmt: skip
    others = () if together is None else together.shares[1:]
    places = (
        *_PLACES,
        *((party, "supplier") for party, _ in others),
        *([("bank", "lender")] if with_lender else []),
    )
    agreed = [*(RULES if rules is None else rules), *more]
    terms = _terms(parties, places, value, observed, together, rules=agreed, endings=endings)
    async with database.transaction(seen_by(made.actor("city", "treasurer"))) as tx:
        programme_id = await _programme(tx, made, value)
        need_id, lot_id = await _need(tx, made, programme_id)
    async with database.transaction(seen_by(made.actor("enterprise", "bidder"))) as tx:
        award_id = await _award(tx, made, need_id, lot_id, terms.value)
        contract_id = await _contract(
            tx, made, terms, places, need_id=need_id, lot_id=lot_id, award_id=award_id,
            programme_id=programme_id,
        )  # fmt: skip
    return Agreement(contract_id, programme_id, parties, made.numbers)


async def accept(database: Database, agreed: Agreement, code: str) -> None:
    """Submit and accept a milestone."""
    row = await database.plain().row(
        Statement(
            select(milestone.c.id).where(
                milestone.c.contract_id == agreed.contract_id, milestone.c.code == code
            )
        )
    )
    assert row is not None
    supplier, officer = agreed.actor("enterprise", "delivery"), agreed.actor("city", "officer")
    said = Submission(delivered_at=AT, declaration=WORDS)
    async with database.transaction(seen_by(supplier)) as tx:
        await milestones.submit(tx, row["id"], said, by=supplier, at=AT, expected=None)
    async with database.transaction(seen_by(officer)) as tx:
        await judging.accept(tx, row["id"], by=officer, at=AT, expected=None)


async def verify(
    database: Database, agreed: Agreement, code: str, value: str, *, period: Period = JANUARY,
    supersedes: str | None = None, at: datetime = AT, **sample: Any,
) -> str:  # fmt: skip
    """Report and verify an observation, of a survey with its sample; return its identifier."""
    row = await database.plain().row(
        Statement(
            select(metric.c.id).where(
                metric.c.contract_id == agreed.contract_id, metric.c.code == code
            )
        )
    )
    assert row is not None
    supplier = agreed.actor("enterprise", "delivery")
    verifier = agreed.actor("verifier", "verifier")
    said = Report(
        period=period, value=value, source="register", method=WORDS, supersedes=supersedes,
        **sample,
    )  # fmt: skip
    async with database.transaction(seen_by(supplier)) as tx:
        made = await outcomes.report(tx, row["id"], said, by=supplier, at=at)
    async with database.transaction(seen_by(verifier)) as tx:
        await outcomes.verify(tx, made.id, reason=WORDS, by=verifier, at=at, expected=1)
    return made.id


async def payments(database: Database, agreed: Agreement) -> list[Record]:
    """Return the payments of the contract, the oldest first, as its authority sees them."""
    return await _rows(database, agreed, payment)


async def calculations(database: Database, agreed: Agreement) -> list[Record]:
    """Return the calculations of the contract, the oldest first, as its authority sees them."""
    return await _rows(database, agreed, calculation)


async def totals(database: Database, agreed: Agreement) -> dict[str, str]:
    """Return the totals of the contract, as its authority sees them, without their currency."""
    async with database.reading(seen_by(agreed.actor("city", "treasurer"))) as tx:
        found = msgspec.json.decode(await queries.totals(tx, agreed.contract_id))
    return {name: one["amount"] for name, one in found.items() if isinstance(one, dict)}


async def _rows(database: Database, agreed: Agreement, table: Any) -> list[Record]:
    chosen = select(table).where(table.c.contract_id == agreed.contract_id).order_by(table.c.id)
    async with database.reading(seen_by(agreed.actor("city", "treasurer"))) as tx:
        return await tx.rows(Statement(chosen))


async def _programme(tx: Tx, made: Agreement, value: str) -> str:
    by = made.actor("city", "treasurer")
    asked = msgspec.convert(
        {
            "name": {"en": "Operation"}, "fiscal_year": 2026, "sector": "public_services",
            "operation": "service", "phase": "operation", "currency": "CNY",
        },
        ProgrammeDraft,
    )  # fmt: skip
    opened = await budgets.open_programme(tx, asked, by=by, at=AT)
    given = AppropriationDraft(amount=Money(value, "CNY"), reason=WORDS)
    await budgets.appropriate(tx, opened.id, given, by=by, at=AT, expected=None)
    return opened.id


_PROPOSED = (
    "id", "offer_id", "round", "version", "kind", "state", "price", "currency", "terms", "reason",
    "passed_over", "proposed_by", "proposed_at",
)  # fmt: skip
_PUBLISHED = Statement(
    update(need)
    .where(need.c.id == bindparam("of"))
    .values(state="published", published_at=bindparam("published_at"), profile_id="sandbox")
)
_APPROVED = Statement(
    update(award)
    .where(award.c.id == bindparam("of"))
    .values(
        state="published",
        version=2,
        approved_by=bindparam("approved_by"),
        approved_at=bindparam("approved_at"),
        standstill_ends_at=bindparam("standstill_ends_at"),
    )
)

_ACTIVATED = Statement(
    update(contract)
    .where(contract.c.authority_id == bindparam("of_authority"), contract.c.id == bindparam("of"))
    .values(state="active", activated_at=AT)
)


async def _award(tx: Tx, made: Agreement, need_id: str, lot_id: str, price: Money) -> str:
    authority, lead = made.authority, made.parties.party("enterprise").organisation_id
    offer_id, award_id = (mint(one, authority=authority) for one in ("offer", "award"))
    place = {"authority_id": authority, "need_id": need_id, "lot_id": lot_id, "lead_id": lead}
    await admitted(tx, place, offer_id, at=AT)
    await tx.run(
        inserting(award, *place, *_PROPOSED),
        **place, id=award_id, offer_id=offer_id, round=1, version=1, kind="delivery",
        state="proposed", price=price.decimal(), currency=price.currency, terms=b"{}",
        reason=b"{}", passed_over=b"[]", proposed_by="person_proposer", proposed_at=AT,
    )  # fmt: skip
    await tx.run(
        _APPROVED,
        of=award_id, approved_by="person_approver", approved_at=AT - timedelta(days=11),
        standstill_ends_at=AT - timedelta(days=1),
    )  # fmt: skip
    return award_id


async def _contract(
    tx: Tx,
    made: Agreement,
    terms: ContractTerms,
    places: tuple[tuple[str, str], ...],
    *,
    award_id: str,
    programme_id: str,
    **of: str,
) -> str:
    by, authority, price = made.actor("city", "officer"), made.authority, terms.value
    contract_id = mint("contract", authority=authority)
    await tx.run(
        inserting(contract),
        authority_id=authority, id=contract_id, version=1, state="draft", award_id=award_id,
        financing_award_id=None, programme_id=programme_id, price=price.decimal(),
        currency=price.currency, starts_on=terms.period.starts_on, ends_on=terms.period.ends_on,
        terms=canonical(terms), terms_digest=digest(terms), drafted_at=AT, activated_at=None,
        edition=1, wording=1, suspended_at=None, ended_at=None, turns=0,
        sign_by=None, called_by=None, **of,
    )  # fmt: skip
    await _sign(tx, made, terms, places, contract_id=contract_id)
    await budgets.commit(tx, programme_id=programme_id, for_id=award_id, amount=price, by=by, at=AT)
    await budgets.obligate(
        tx, programme_id=programme_id, award_id=award_id, contract_id=contract_id, amount=price,
        by=by, at=AT,
    )  # fmt: skip
    await history.record(
        tx, "contract.activated", contract_id, facts=price, decision=price, by=by, at=AT,
        audience=EVERYONE, after=await contracts.after(tx, contract_id),
    )  # fmt: skip
    return contract_id


async def _sign(
    tx: Tx,
    made: Agreement,
    terms: ContractTerms,
    places: tuple[tuple[str, str], ...],
    *,
    contract_id: str,
) -> None:
    """Have every party join the draft and sign it, which brings it into force."""
    of = {"authority_id": made.authority, "contract_id": contract_id}
    parties = [(made.parties.party(party), role) for party, role in places]
    parts = {
        one.organisation_id: Decimal(one.share) for place in terms.consortia for one in place.shares
    }
    for party, role in parties:
        share = parts.get(party.organisation_id, 100) if role in {"supplier", "lender"} else None
        await tx.run(
            inserting(contract_party), **of, organisation_id=party.organisation_id, role=role,
            share=share,
        )  # fmt: skip
    for party, _ in parties:
        await tx.run(
            inserting(contract_signature), **of, organisation_id=party.organisation_id,
            person_id=party.people[0].id, digest=digest(terms), signed_at=AT, own_key=None,
            wording=1,
        )  # fmt: skip
    await tx.run(_ACTIVATED, of_authority=made.authority, of=contract_id)


async def _need(tx: Tx, made: Agreement, programme_id: str) -> tuple[str, str]:
    words = {"en": "test"}
    city = made.parties.party("city")
    asked = {
        "title": words, "description": words, "sector": "public_services", "operation": "service",
        "phase": "operation", "jurisdiction": "440300", "programme_id": programme_id,
        "invited_kinds": ["enterprise"], "invited_offers": ["delivery"],
        "contract_form": {"id": "citizen-service-operation", "version": "1.0"},
        "openers": [city.person(name).id for name in ("opener", "second_opener")],
        "enquiry_ends_at": "2026-01-02T00:00:00Z", "submission_ends_at": "2026-01-03T00:00:00Z",
        "opening_at": "2026-01-04T00:00:00Z",
        "lots": [
            {
                "title": words, "ceiling": {"amount": VALUE, "currency": "CNY"},
                "criteria": [{"code": "price", "kind": "price", "name": words, "weight": "100"}],
                "outcomes": [
                    {
                        "metric": "matters", "name": words, "unit": "matters", "direction": "up",
                        "baseline": "0", "target": "100", "data_source": words,
                    }
                ],
            }
        ],
    }  # fmt: skip
    drafted = await needs.draft(
        tx, msgspec.convert(asked, NeedDraft), by=made.actor("city", "officer"), at=AT
    )
    await tx.run(_PUBLISHED, of=drafted.id, published_at=AT)
    lot_id: str = await tx.value(Statement(select(lot.c.id).where(lot.c.need_id == drafted.id)))
    return drafted.id, lot_id


def _named(parties: Parties, places: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    return [
        {
            "role": role, "organisation_id": parties.party(party).organisation_id,
            "kind": parties.party(party).kind, "name": {"en": "test"},
            "lead": party == "enterprise" or role == "lender",
        }
        for party, role in places
    ]  # fmt: skip


def _terms(
    parties: Parties, places: tuple[tuple[str, str], ...], value: str,
    observed: dict[str, Any] | None, together: Together | None, *, rules: list[dict[str, Any]],
    endings: Any,
) -> ContractTerms:  # fmt: skip
    words, nothing = {"en": "test"}, list[str]()
    common = {"title": words, "currency": "CNY"}
    asked: dict[str, Any] = {
        "form": {"id": "citizen-service-operation", "version": "1.0", "digest": "0" * 64},
        "title": words, "operation": "service", "phases": ["operation"], "variables": {},
        "period": {"starts_on": "2026-01-01", "ends_on": "2028-01-01"}, "clauses": nothing,
        "value": {"amount": value, "currency": "CNY"},
        "parties": _named(parties, places),
        "consortia": [] if together is None else [together.term(parties)],
        "milestones": [
            {
                "code": code, "kind": "delivery", "title": words, "due_on": "2026-02-01",
                "acceptance_days": 10, "evidence": nothing,
            }
            for code in ("opening", "handover")
        ],
        "metrics": [
            {
                "code": code, "title": words, "definition": words, "unit": words,
                "direction": "higher", "target": "1", "period": "month", "source": words,
                "method": words, "verification": words,
                "observed": observed if code == "matters" else None,
            }
            for code in ("matters", "late-days")
        ],
        "payment_rules": [{**common, **rule} for rule in rules],
        "standards": nothing, "data_terms": nothing, "changes": nothing, "termination": endings,
    }  # fmt: skip
    return msgspec.convert(asked, ContractTerms)
