"""Fill the real tables with many needs, drafts and offers: copies of real ones, made in SQL.

Runs as the superuser. The full-text column is what the real function makes of each text; it
is computed once for each of a few thousand texts, and looked up for their copies.
"""
# ruff: noqa: S608 - every name and number in these statements is ours.

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import asyncpg
import words
from sqlalchemy import Table

from ecosystem.needs.tables import lot, need
from ecosystem.offers.tables import offer, offer_member

_TEXTS: Final = 2_400
_AUTHORITIES: Final = 300
_DAY_MS: Final = 86_400_000
_DRAFTS_MS: Final = 1_262_304_000_000
"""The year 2010: drafts, and needs that are offered for, are old, so that no list begins there."""
_OFFERED_MS: Final = _DRAFTS_MS + 365 * _DAY_MS
_YEARS_MS: Final = 3 * 365 * _DAY_MS
_NONE: Final[Mapping[str, str]] = MappingProxyType({})

_IDENTIFIER: Final = """
CREATE FUNCTION bench_id(prefix text, ms bigint, authority bigint, n bigint)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT prefix || '_' || lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')
    || to_hex((-9223372036854775807 - 1) | (authority << 30) | (n % 1073741824))
$$"""
_TABLE: Final = """
CREATE UNLOGGED TABLE bench_text (number integer PRIMARY KEY, title json, description json,
  said text, digest text, searched tsvector)"""
_TEXT: Final = """
INSERT INTO bench_text (number, title, description, said) VALUES ($1,
  json_build_object('zh', $2::text, 'en', $3::text),
  json_build_object('zh', $4::text, 'en', $5::text),
  concat_ws(' ', $2::text, $3::text, $4::text, $5::text))"""
_COMPUTE: Final = """
UPDATE bench_text SET searched = bigrams(said), digest = md5(said);
CREATE INDEX ON bench_text (digest);
ANALYZE bench_text"""
_LOOK_UP: Final = """
CREATE OR REPLACE FUNCTION bigrams(content text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE found tsvector;
BEGIN
  SELECT b.searched INTO STRICT found FROM bench_text AS b WHERE b.digest = md5(content) LIMIT 1;
  RETURN found;
END $$"""
_EVENTS: Final = """
INSERT INTO event (authority_id, id, stream, version, type, valid_at, recorded_at,
  organisation_id, is_public, visible_to, is_sealed, body, salt, body_digest, hash)
SELECT t.authority_id, 'event' || substr(t.id, position('_' in t.id)), t.id, 1, $1, now(), now(),
  'bench', true, '{}', false, '{"by":{},"facts":{},"decision":{}}', '', '', sha256(t.id::bytea)
FROM "%s" AS t WHERE t.id > $2 AND t.id < $3"""


class Filling:
    """Fills one database, as the superuser."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Fill what `connection` reaches."""
        self._connection = connection
        self._texts = 0

    async def texts(self, count: int) -> None:
        """Make the texts from which `count` needs are copied."""
        self._texts = min(count, _TEXTS)
        await self._connection.execute(_IDENTIFIER)
        await self._connection.execute(_TABLE)
        await self._connection.executemany(
            _TEXT,
            [
                (number, *title, *description)
                for number, (title, description) in enumerate(words.texts(self._texts))
            ],
        )
        await self._connection.execute(_COMPUTE)

    async def needs(self, *, template: str, count: int, now_ms: int) -> None:
        """Add published needs of the last three years, by many authorities, with an event each."""
        real = await self._connection.fetchval("SELECT pg_get_functiondef('bigrams'::regproc)")
        authority = f"(1 + n % {_AUTHORITIES})"
        ms = f"({now_ms} - ({count} - n) * {_YEARS_MS // count} - 60000)"
        created = f"to_timestamp({ms} / 1000.0)"
        ends = f"{created} + make_interval(days => 30 + (n % 300)::integer)"
        rare = count // words.RARE_COUNT or 1
        text = f"CASE WHEN n % {rare} = 0 THEN 0 ELSE 1 + n % {self._texts - 1} END"
        await self._connection.execute(_LOOK_UP)
        await self._copy(
            need,
            {
                "authority_id": authority,
                "id": f"bench_id('need', {ms}, {authority}, n)",
                "title": "b.title",
                "description": "b.description",
                "sector": "(ARRAY['urban_governance','public_services','livable_environment'])"
                "[1 + n % 3]",
                "operation": "(ARRAY['data','facility','service'])[1 + n % 3]",
                "published_at": created,
                "enquiry_ends_at": f"{ends} - interval '10 days'",
                "submission_ends_at": ends,
                "opening_at": f"{ends} + interval '1 hour'",
            },
            template=template,
            count=count,
            join=f"JOIN bench_text AS b ON b.number = {text}",
        )
        await self._connection.execute(real)
        oldest_ms = now_ms - _YEARS_MS - 120_000
        await self._events(need, "need.published", since_ms=oldest_ms, until_ms=now_ms - 30_000)

    async def drafts(self, *, template: str, count: int) -> list[str]:
        """Add drafts that can be published, with an event each; return their identifiers."""
        return await self._more_needs(_DRAFTS_MS, template=template, count=count)

    async def offers(self, *, template: str, count: int) -> list[str]:
        """Add drafted offers, each for a lot of a need of its own; return their identifiers."""
        of = await self._connection.fetchrow("SELECT * FROM offer WHERE id = $1", template)
        if of is None:
            raise LookupError(template)
        since_ms = _OFFERED_MS + 100 * _DAY_MS
        ids = {
            "need": f"bench_id('need', {_OFFERED_MS} + n, t.authority_id, n)",
            "lot": f"bench_id('lot', {_OFFERED_MS} + n, t.authority_id, n)",
            "offer": f"bench_id('offer', {since_ms} + n, t.authority_id, n)",
        }
        lots = f"replace(t.lots::text, '{of['lot_id']}', {ids['lot']})::json"
        await self._more_needs(
            _OFFERED_MS, template=of["need_id"], count=count, overrides={"lots": lots}
        )
        for table, key, overrides in (
            (lot, of["lot_id"], {"id": ids["lot"], "need_id": ids["need"]}),
            (offer, template, {"id": ids["offer"], "need_id": ids["need"], "lot_id": ids["lot"]}),
        ):
            await self._copy(table, overrides, template=key, count=count)
        await self._copy(
            offer_member, {"offer_id": ids["offer"]}, template=template, count=count, key="offer_id"
        )
        await self._events(offer, "offer.drafted", since_ms=since_ms, until_ms=since_ms + count)
        return await self._ids(offer, since_ms=since_ms, until_ms=since_ms + count)

    async def some_needs(self, count: int) -> list[str]:
        """Return identifiers of published needs, from all years."""
        rows = await self._connection.fetch(
            "SELECT id FROM need WHERE state = 'published' ORDER BY md5(id) LIMIT $1", count
        )
        return [row["id"] for row in rows]

    async def settle(self) -> None:
        """Have the planner know what is there, and nothing left to write."""
        await self._connection.execute("VACUUM (ANALYZE)")
        await self._connection.execute("CHECKPOINT")

    async def _more_needs(
        self, since_ms: int, *, template: str, count: int, overrides: Mapping[str, str] = _NONE
    ) -> list[str]:
        """Copy a need with its own text; the full-text column is copied along."""
        real = await self._connection.fetchval("SELECT pg_get_functiondef('bigrams'::regproc)")
        await self._connection.execute(
            "CREATE OR REPLACE FUNCTION bigrams(content text) RETURNS tsvector LANGUAGE sql"
            " IMMUTABLE STRICT PARALLEL SAFE AS"
            f" $$ SELECT searched FROM need WHERE id = '{template}' $$"
        )
        identifier = f"bench_id('need', {since_ms} + n, t.authority_id, n)"
        await self._copy(need, {"id": identifier, **overrides}, template=template, count=count)
        await self._connection.execute(real)
        await self._events(need, "need.drafted", since_ms=since_ms, until_ms=since_ms + count)
        return await self._ids(need, since_ms=since_ms, until_ms=since_ms + count)

    async def _copy(
        self, table: Table, overrides: Mapping[str, str], *, template: str, count: int,
        key: str = "id", join: str = "",
    ) -> None:  # fmt: skip
        names = [column.key for column in table.columns if column.computed is None]
        values = ", ".join(overrides.get(name, f"t.{name}") for name in names)
        await self._connection.execute(
            f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values}"
            f" FROM {table.name} AS t CROSS JOIN generate_series(1::bigint, {count}) AS n {join}"
            f" WHERE t.{key} = $1",
            template,
        )

    async def _events(self, table: Table, kind: str, *, since_ms: int, until_ms: int) -> None:
        since, until = _bounds(table, since_ms, until_ms)
        await self._connection.execute(_EVENTS % table.name, kind, since, until)

    async def _ids(self, table: Table, *, since_ms: int, until_ms: int) -> list[str]:
        since, until = _bounds(table, since_ms, until_ms)
        rows: Any = await self._connection.fetch(
            f"SELECT id FROM {table.name} WHERE id > $1 AND id < $2 ORDER BY id",
            since,
            until,
        )
        return [row["id"] for row in rows]


def _bounds(table: Table, since_ms: int, until_ms: int) -> tuple[str, str]:
    return f"{table.name}_{since_ms:012x}", f"{table.name}_{until_ms + 1:012x}"
