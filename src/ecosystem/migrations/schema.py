"""The schema as the tables describe it: every statement that makes an empty database ours.

Beside tables, keys and checks these are: the functions that statements call, the triggers
that keep what is append-only, row-level security, and what the serving role may do.
"""

from collections.abc import Iterator
from typing import Final

from iso4217 import Currency
from sqlalchemy import MetaData, Table
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from ecosystem.runtime.hands import HANDS_DIFFER, HANDS_STAY, IS_ONE_HAND, parting, staying

SERVING_ROLE: Final = "ecosystem_api"
_USUAL_PLACES: Final = 2
_DIALECT: Final = dialect()  # type: ignore[no-untyped-call]

_SAYS_NO: Final = """
CREATE FUNCTION nothing_is_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$"""

_BIGRAMS: Final = """
CREATE FUNCTION bigrams(content text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(
    string_agg(quote_literal(substr(run, at, 2)) || ':' || place, ' ' ORDER BY place), ''
  )::tsvector
  FROM (
    SELECT run, at, least(16383, row_number() OVER (ORDER BY run_place, at)) AS place
    FROM regexp_split_to_table(lower(content), '[^[:alnum:]]+')
           WITH ORDINALITY AS runs(run, run_place),
         generate_series(1, length(run)) AS at
    WHERE run <> ''
  ) AS pairs
$$"""

_BIGRAMS_SOUGHT: Final = """
CREATE FUNCTION bigrams_sought(content text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(phrase, ' & ')::tsquery, ''::tsquery)
  FROM (
    SELECT CASE WHEN length(run) = 1 THEN quote_literal(run) || ':*' ELSE (
      SELECT string_agg(quote_literal(substr(run, at, 2)), ' <-> ' ORDER BY at)
      FROM generate_series(1, length(run) - 1) AS at
    ) END AS phrase
    FROM regexp_split_to_table(lower(content), '[^[:alnum:]]+') AS runs(run)
    WHERE run <> ''
  ) AS phrases
$$"""
"""Finds what `bigrams` indexed: runs as phrases of character pairs, a single one as a prefix."""


_TAGS: Final = """
CREATE FUNCTION tags(name text, words text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_to_tsvector(ARRAY(SELECT '=' || name || ':' || word FROM unnest(words) AS word))
$$"""
"""Words of a list as lexemes beside those of `bigrams`, of which none begins with a sign."""

_TAG_SOUGHT: Final = """
CREATE FUNCTION tag_sought(name text, word text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT quote_literal('=' || name || ':' || word)::tsquery
$$"""

_WORDS_OF: Final = """
CREATE FUNCTION words_of(list json) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ARRAY(SELECT json_array_elements_text(list))
$$"""


def statements(metadata: MetaData) -> Iterator[str]:
    """Yield the statements in the order in which they run."""
    yield _currency_places()
    yield _ROUNDED
    yield _MONEY_JSON
    yield _BIGRAMS
    yield _BIGRAMS_SOUGHT
    yield _TAGS
    yield _TAG_SOUGHT
    yield _WORDS_OF
    yield _SAYS_NO
    yield IS_ONE_HAND
    yield HANDS_DIFFER
    yield HANDS_STAY
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=_DIALECT))
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            yield str(CreateIndex(index).compile(dialect=_DIALECT))
    for table in metadata.sorted_tables:
        yield from _kept(table)


def _currency_places() -> str:
    """Return the function that checks of amounts ask.

    A check is made ready anew for each statement: one that PostgreSQL would write out in place
    takes that several times as long as it takes to call this.
    """
    return f"""
CREATE FUNCTION currency_places(currency text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN {_PLACES};
END $$"""


_ROUNDED: Final = """
CREATE FUNCTION rounded(amount numeric, currency text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN round(amount, currency_places(currency))::text;
END $$"""
"""For other currencies than the usual; a function that PostgreSQL does not write out in place."""

_MONEY_JSON: Final = f"""
CREATE FUNCTION money_json(amount numeric, currency text) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN amount IS NOT NULL THEN json_build_object(
    'amount', CASE WHEN currency = 'CNY' OR currency = 'USD' OR currency = 'EUR'
                   THEN round(amount, {_USUAL_PLACES})::text ELSE rounded(amount, currency) END,
    'currency', currency
  ) END
$$"""
"""PostgreSQL writes it out in place, where it costs a third of a call: so it is no more than
STABLE, as what it calls is, and keeps the long list of currencies apart."""


def _places() -> str:
    by_places: dict[int, list[str]] = {}
    for currency in Currency:
        by_places.setdefault(currency.exponent or 0, []).append(currency.code)
    cases = " ".join(
        f"WHEN currency IN ({', '.join(repr(code) for code in sorted(codes))}) THEN {places}"
        for places, codes in sorted(by_places.items())
        if places != _USUAL_PLACES
    )
    return f"CASE {cases} ELSE {_USUAL_PLACES} END"


_PLACES: Final = _places()
"""Decimal places of `currency`, as an expression. Source: ISO 4217."""


def _kept(table: Table) -> Iterator[str]:
    if table.info.get("append_only"):
        yield (
            f"CREATE TRIGGER {table.name}_stays BEFORE UPDATE OR DELETE ON {table.name} "
            "FOR EACH ROW EXECUTE FUNCTION nothing_is_rewritten()"
        )
        yield (
            f"CREATE TRIGGER {table.name}_stays_whole BEFORE TRUNCATE ON {table.name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION nothing_is_rewritten()"
        )
        for trigger in (f"{table.name}_stays", f"{table.name}_stays_whole"):
            yield f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {trigger}"
    if hands := table.info.get("hands"):
        yield from staying(table.name, hands)
    yield from parting(table)
    if policy := table.info.get("visible_where"):
        if seeing := table.info.get("seeing"):
            yield seeing
        yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY {table.name}_seen ON {table.name} USING ({policy})"
    privileges = table.info.get("privileges") or _usual_privileges(table)
    yield f"GRANT {privileges} ON {table.name} TO {SERVING_ROLE}"
    yield from table.info.get("sql", ())


def _usual_privileges(table: Table) -> str:
    privileges = "SELECT, INSERT"
    if not table.info.get("append_only"):
        privileges += ", UPDATE"
    if table.info.get("deletes"):
        privileges += ", DELETE"
    return privileges
