"""The peer: the same need routes as FastAPI, Pydantic and SQLAlchemy's ORM are usually written.

The same tables and the same answers. It knows no callers, no limits and no idempotency keys.
"""

import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict
from serving import POOL
from sqlalchemy import JSON, DateTime, String, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, load_only, mapped_column

from ecosystem.runtime.minting import entropy, mint
from ecosystem.values.identifiers import authority_of


class Base(DeclarativeBase):
    """The tables as objects."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it so
        dict[str, Any]: JSON,
        list[Any]: JSON,
        datetime: DateTime(timezone=True),
    }


class Need(Base):
    """A need."""

    __tablename__ = "need"

    authority_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[str]
    title: Mapped[dict[str, Any]]
    description: Mapped[dict[str, Any]]
    sector: Mapped[str]
    operation: Mapped[str]
    phase: Mapped[str]
    jurisdiction: Mapped[str]
    value: Mapped[Decimal]
    currency: Mapped[str]
    programme_id: Mapped[str]
    lots: Mapped[list[Any]]
    invited_kinds: Mapped[list[Any]]
    invited_offers: Mapped[list[Any]]
    standards: Mapped[list[Any]]
    data_resources: Mapped[list[Any]]
    contract_form: Mapped[dict[str, Any]]
    openers_asked: Mapped[list[Any]]
    openers: Mapped[list[Any]]
    threshold: Mapped[int]
    enquiry_ends_at: Mapped[datetime]
    submission_ends_at: Mapped[datetime]
    opening_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    profile_id: Mapped[str | None]
    cancelled_reason: Mapped[dict[str, Any] | None]


class Event(Base):
    """What happened."""

    __tablename__ = "event"

    authority_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str]
    version: Mapped[int]
    type: Mapped[str]
    valid_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    organisation_id: Mapped[str]
    is_public: Mapped[bool]
    visible_to: Mapped[list[str]] = mapped_column(ARRAY(String))
    is_sealed: Mapped[bool]
    body: Mapped[dict[str, Any]]
    salt: Mapped[bytes]
    body_digest: Mapped[bytes]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]


class Shape(BaseModel):
    """What is read from objects."""

    model_config = ConfigDict(from_attributes=True)


class Words(Shape):
    """A text."""

    zh: str | None = None
    en: str | None = None


class Amount(Shape):
    """An amount of money."""

    amount: str
    currency: str


class Criterion(Shape):
    """A criterion of a lot."""

    code: str
    kind: str
    name: Words
    weight: str


class Outcome(Shape):
    """An outcome of a lot."""

    metric: str
    name: Words
    unit: str
    direction: str
    baseline: str
    target: str
    data_source: Words


class Lot(Shape):
    """A lot."""

    id: str
    title: Words
    ceiling: Amount
    criteria: list[Criterion]
    outcomes: list[Outcome]


class Resource(Shape):
    """Data that is offered."""

    title: Words
    classification: str
    licence: str
    terms: Words


class Form(Shape):
    """A standard form."""

    id: str
    version: str


class Opener(Shape):
    """Somebody who opens offers."""

    person_id: str
    public_key: str


class NeedSummary(Shape):
    """A need in a list."""

    id: str
    version: int
    state: str
    title: Words
    sector: str
    operation: str
    phase: str
    jurisdiction: str
    authority_id: int
    value: Decimal
    currency: str
    published_at: datetime | None
    enquiry_ends_at: datetime
    submission_ends_at: datetime


class NeedWhole(NeedSummary):
    """A need, whole."""

    description: Words
    lots: list[Lot]
    invited_kinds: list[str]
    invited_offers: list[str]
    standards: list[str]
    data_resources: list[Resource]
    contract_form: Form
    programme_id: str
    opening_at: datetime
    openers: list[Opener]
    threshold: int
    cancelled_reason: Words | None


class NeedPage(Shape):
    """A page of needs."""

    data: list[NeedSummary]
    has_more: bool


class Standing(Shape):
    """What a need is after the request."""

    id: str
    state: str
    version: int


_engine = create_async_engine(
    "postgresql+asyncpg://" + os.environ["DATABASE_URL"].partition("://")[2],
    pool_size=POOL,
    max_overflow=0,
)
_sessions = async_sessionmaker(_engine, expire_on_commit=False)
_SUMMARY = load_only(*(getattr(Need, name) for name in NeedSummary.model_fields))
_SOUGHT = text("searched @@ bigrams_sought(:sought)")


async def _session() -> AsyncGenerator[AsyncSession]:
    async with _sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(_session)]


def create() -> FastAPI:
    """Return the application."""

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncGenerator[None]:
        yield
        await _engine.dispose()

    application = FastAPI(lifespan=living)
    application.get("/v1/needs/{need_id}")(read_need)
    application.get("/v1/needs")(list_needs)
    application.post("/v1/needs/{need_id}/publication", status_code=201)(publish_need)
    return application


async def read_need(need_id: str, session: Session) -> NeedWhole:
    """Answer a need."""
    need = await session.get(Need, (authority_of(need_id), need_id))
    if need is None or need.state == "draft":
        raise HTTPException(404)
    return NeedWhole.model_validate(need)


async def list_needs(
    session: Session,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: str | None = None,
    text: Annotated[str, Query(max_length=200)] = "",
) -> NeedPage:
    """Answer a page of needs, newest first."""
    asked = select(Need).options(_SUMMARY).where(Need.state != "draft")
    if cursor is not None:
        asked = asked.where(Need.id <= cursor)
    if text:
        asked = asked.where(_SOUGHT.bindparams(bindparam("sought", text)))
    found = (await session.scalars(asked.order_by(Need.id.desc()).limit(limit + 1))).all()
    shown = [NeedSummary.model_validate(one) for one in found[:limit]]
    return NeedPage(data=shown, has_more=len(found) > limit)


async def publish_need(need_id: str, session: Session) -> Standing:
    """Publish a draft, and write an event."""
    authority, now = authority_of(need_id), datetime.now(UTC)
    need = await session.get(Need, (authority, need_id), with_for_update=True)
    if need is None:
        raise HTTPException(404)
    if need.state != "draft":
        raise HTTPException(409)
    need.state, need.published_at, need.version = "published", now, need.version + 1
    need.profile_id = "sandbox"
    digest = hashlib.sha256(need_id.encode()).digest()
    session.add(
        Event(
            authority_id=authority, id=mint("event", authority=authority), stream=need_id,
            version=need.version, type="need.published", valid_at=now, recorded_at=now,
            organisation_id="peer", is_public=True, visible_to=[], is_sealed=False,
            body={"decision": {"state": "published"}}, salt=entropy(32), body_digest=digest,
            previous_hash=digest, hash=digest,
        )
    )  # fmt: skip
    await session.commit()
    return Standing.model_validate(need)
