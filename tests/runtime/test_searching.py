"""Whichever way a word is found, the page is what sorting all that hold it would give."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import asyncpg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import TSVECTOR

from ecosystem.runtime.database import Statement
from ecosystem.runtime.searching import newest_holding

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

_paper = Table("paper", MetaData(), Column("id", Text(collation="C")), Column("words", TSVECTOR))
_words = func.to_tsquery("simple", bindparam("text", type_=Text))
_FOUND = Statement(
    newest_holding(_words, document=_paper.c.words, key=_paper.c.id, where=_paper.c.id != "00777")
)
_SORTED = Statement(
    select(_paper.c.id)
    .where(_paper.c.words.op("@@")(_words), _paper.c.id != "00777")
    .where(_paper.c.id <= bindparam("page_from", type_=Text))
    .order_by(_paper.c.id.desc())
    .limit(bindparam("page_limit", type_=Integer) + 1)
)


@pytest.fixture
async def papers(database_url: str) -> "AsyncIterator[Connection]":
    """Nine thousand papers, the higher the number the newer; each says when words occur in it."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        """
        CREATE TEMPORARY TABLE paper AS SELECT
          to_char(n, 'FM00000') COLLATE "C" AS id,
          to_tsvector('simple', concat_ws(' ', 'always',
            CASE WHEN n % 13 = 0 THEN 'often' END,
            CASE WHEN n % 500 = 0 THEN 'seldom' END,
            CASE WHEN n < 6000 THEN 'formerly' END,
            CASE WHEN n = 8999 OR n < 5500 THEN 'again' END)) AS words
        FROM generate_series(1, 9000) AS n;
        CREATE INDEX ON paper (id);
        CREATE INDEX ON paper USING gin (words);
        ANALYZE paper
        """
    )
    yield connection
    await connection.close()


@pytest.mark.parametrize("text", ["always", "often", "seldom", "formerly", "again", "never"])
@pytest.mark.parametrize("page_from", ["~", "08500", "05999", "00777", "00014"])
async def test_a_page_holds_the_newest_of_all_that_hold_the_words(
    papers: "Connection", text: str, page_from: str
) -> None:
    asked = {"text": text, "page_from": page_from, "page_limit": 20}

    found = await papers.fetch(_FOUND.sql, *_FOUND.arguments(asked))

    whole = await papers.fetch(_SORTED.sql, *_SORTED.arguments(asked))
    assert [row[0] for row in found] == [row[0] for row in whole]
    assert bool(found) == (text != "never" and (text, page_from) != ("seldom", "00014"))
