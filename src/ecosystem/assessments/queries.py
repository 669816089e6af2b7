"""Read assessments: facts for the rules, locked; views for people, made by PostgreSQL."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    select,
)

from ecosystem.assessments.model import (
    AssessmentDraft,
    AssessmentState,
    CiteFacts,
    OpenFacts,
    ReviewerSeen,
    Scored,
)
from ecosystem.assessments.rules import AssessmentMissing
from ecosystem.assessments.tables import assessment
from ecosystem.budgets.tables import programme
from ecosystem.catalogue.profiles.model import Recommendation
from ecosystem.contracts.tables import contract, contract_party
from ecosystem.identity.tables import organisation
from ecosystem.runtime.columns import instant, json_row
from ecosystem.runtime.database import Record, Statement, Tx
from ecosystem.runtime.paging import page_of
from ecosystem.values import revision
from ecosystem.values.identifiers import authority_of, owner

_AUTHORITY: Final = bindparam("authority_id", type_=Integer)
_KEY: Final = (
    assessment.c.authority_id == _AUTHORITY, assessment.c.id == bindparam("id", type_=Text),
)  # fmt: skip
_SUMMARY: Final = (
    assessment.c.id,
    assessment.c.version,
    assessment.c.state,
    assessment.c.authority_id.label("authority_number"),
    assessment.c.programme_id,
    assessment.c.contract_id,
    assessment.c.fiscal_year,
    assessment.c.reviewer_id,
    func.cast(assessment.c.points_min, Text).label("points_min"),
    func.cast(assessment.c.points_max, Text).label("points_max"),
    case(
        (
            assessment.c.scored.is_not(None),
            func.coalesce(assessment.c.grade, literal("not_demonstrated", literal_execute=True)),
        )
    ).label("grade"),
    assessment.c.recommendation,
    instant(assessment.c.published_at).label("published_at"),
)
_one = (
    select(
        *_SUMMARY,
        instant(assessment.c.opened_at).label("opened_at"),
        assessment.c.statement,
        assessment.c.assessed_by,
        instant(assessment.c.assessed_at).label("assessed_at"),
        assessment.c.scored,
        assessment.c.digest,
        assessment.c.reviewed_by,
        assessment.c.review_reason,
        instant(assessment.c.reviewed_at).label("reviewed_at"),
        assessment.c.published_by,
        assessment.c.reply,
        instant(assessment.c.replied_at).label("replied_at"),
    )
    .where(*_KEY)
    .subquery("one")
)
_VIEW: Final = Statement(select(json_row(_one).label("body"), _one.c.version))
_FILTERS: Final[Mapping[str, ColumnElement[bool]]] = {
    "programme_id": assessment.c.programme_id == bindparam("programme_id", type_=Text),
    "fiscal_year": assessment.c.fiscal_year == bindparam("fiscal_year", type_=Integer),
}
_LOCKED: Final = Statement(select(assessment).where(*_KEY).with_for_update(key_share=True))
_PROGRAMME: Final = Statement(
    select(programme.c.authority_id, programme.c.id, programme.c.fiscal_year).where(
        programme.c.authority_id == _AUTHORITY, programme.c.id == bindparam("id", type_=Text)
    )
)
_CONTRACT: Final = Statement(
    select(contract.c.authority_id, contract.c.programme_id.label("id"), programme.c.fiscal_year)
    .join(
        programme,
        and_(
            programme.c.authority_id == contract.c.authority_id,
            programme.c.id == contract.c.programme_id,
        ),
    )
    .where(
        contract.c.authority_id == _AUTHORITY,
        contract.c.id == bindparam("id", type_=Text),
        contract.c.activated_at.is_not(None),
    )
)
_ASSESSED: Final = Statement(
    select(
        exists().where(
            assessment.c.authority_id == _AUTHORITY,
            assessment.c.programme_id == bindparam("programme_id", type_=Text),
            assessment.c.contract_id.is_not_distinct_from(bindparam("contract_id", type_=Text)),
            assessment.c.fiscal_year == bindparam("fiscal_year", type_=Integer),
        )
    )
)
_REVIEWER: Final = Statement(
    select(
        organisation.c.id,
        organisation.c.number,
        organisation.c.kind,
        (organisation.c.state == literal("verified", literal_execute=True)).label("is_verified"),
        exists(
            select(contract_party.c.organisation_id)
            .join(
                contract,
                and_(
                    contract.c.authority_id == contract_party.c.authority_id,
                    contract.c.id == contract_party.c.contract_id,
                ),
            )
            .where(
                contract.c.authority_id == _AUTHORITY,
                contract.c.programme_id == bindparam("programme_id", type_=Text),
                contract_party.c.organisation_id == organisation.c.id,
            )
        ).label("is_party"),
    ).where(organisation.c.id == bindparam("reviewer_id", type_=Text))
)
_now, _past = programme.alias("now"), programme.alias("past")
_CITED: Final = Statement(
    select(assessment.c.recommendation)
    .join(
        _past,
        and_(
            _past.c.authority_id == assessment.c.authority_id,
            _past.c.id == assessment.c.programme_id,
        ),
    )
    .join(
        _now,
        and_(*(_now.c[name] == _past.c[name] for name in ("authority_id", "sector", "operation",
                                                          "phase"))),
    )
    .where(
        *_KEY,
        _now.c.id == bindparam("programme_id", type_=Text),
        assessment.c.fiscal_year == _now.c.fiscal_year - 1,
        assessment.c.state == literal("published", literal_execute=True),
    )
)  # fmt: skip


@cache
def _listing(names: frozenset[str]) -> Statement:
    return page_of(select(*_SUMMARY).where(*(_FILTERS[name] for name in sorted(names))))


def listing(filters: Mapping[str, object]) -> Statement:
    """Return the statement for a page of assessments with these filters."""
    return _listing(frozenset(filters))


async def view(tx: Tx, assessment_id: str) -> Record:
    """Return an assessment's JSON, and its version. Refuses with AssessmentMissing."""
    return _found(await tx.row(_VIEW, **_key(assessment_id)))


async def locked(tx: Tx, assessment_id: str, *, expected: int | None) -> Record:
    """Lock an assessment for change. Refuses with AssessmentMissing or RevisionStale."""
    row = _found(await tx.row(_LOCKED, **_key(assessment_id)))
    revision.check(expected, actual=row["version"])
    return row


async def open_facts(tx: Tx, asked: AssessmentDraft) -> OpenFacts:
    """Return what an assessment is opened on."""
    row = await _subject(tx, asked)
    programme_id = "" if row is None else row["id"]
    authority = None if row is None else row["authority_id"]
    assessed = await tx.value(
        _ASSESSED, authority_id=authority or 0, programme_id=programme_id,
        contract_id=asked.contract_id, fiscal_year=asked.fiscal_year,
    )  # fmt: skip
    return OpenFacts(
        asked=asked,
        authority_number=authority,
        programme_id=programme_id,
        began_in=0 if row is None else row["fiscal_year"],
        is_assessed=assessed,
        reviewer=await reviewer(
            tx, asked.reviewer_id, programme_id=programme_id, authority=authority or 0
        ),
    )


async def reviewer(
    tx: Tx, reviewer_id: str, *, programme_id: str, authority: int
) -> ReviewerSeen | None:
    """Return an organisation as a reviewer of a programme; None where there is none."""
    row = await tx.row(
        _REVIEWER, reviewer_id=reviewer_id, programme_id=programme_id, authority_id=authority
    )
    return None if row is None else msgspec.convert(dict(row), ReviewerSeen)


async def cite_facts(tx: Tx, assessment_id: str, *, programme_id: str, departs: bool) -> CiteFacts:
    """Return what the citation of an assessment for a programme is checked against."""
    authority = authority_of(programme_id)
    found: str | None = await tx.value(
        _CITED, authority_id=authority, id=assessment_id, programme_id=programme_id
    )
    return CiteFacts(
        is_fit=found is not None,
        recommendation=None if found is None else Recommendation(found),
        departs=departs,
    )


def state_of(row: Record) -> AssessmentState:
    """Return how far the assessment of a row has come."""
    return AssessmentState(row["state"])


def scored_of(row: Record) -> Scored:
    """Return the evidence and the score of a row that has them."""
    return msgspec.json.decode(row["scored"], type=Scored)


async def _subject(tx: Tx, asked: AssessmentDraft) -> Record | None:
    """Return the authority and the programme of what is to be assessed, where one is named.

    With the fiscal year of the programme.
    """
    named = asked.programme_id or asked.contract_id
    if named is None or (asked.programme_id and asked.contract_id):
        return None
    statement = _PROGRAMME if asked.programme_id else _CONTRACT
    return await tx.row(statement, authority_id=authority_of(named), id=named)


def _key(assessment_id: str) -> dict[str, Any]:
    authority = owner(assessment_id, "assessment", otherwise=AssessmentMissing)
    return {"authority_id": authority, "id": assessment_id}


def _found(row: Record | None) -> Record:
    if row is None:
        raise AssessmentMissing("There is no such assessment for the caller to read.")
    return row
