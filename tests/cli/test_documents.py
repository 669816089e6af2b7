"""What is generated from the code is committed, the same each time, and checked."""

import json
from pathlib import Path

import pytest

from ecosystem import app
from ecosystem.cli import documents, main, picture
from ecosystem.manual import describe
from ecosystem.runtime import settings
from tests.tidy import HOUSE, order_of_rooms

OPERATIONS = describe.operations_of(app.ROUTES)


def _lines(pages: dict[str, str], name: str) -> list[str]:
    return pages[f"docs/reference/{name}.md"].splitlines()


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return documents.documents(HOUSE)


def test_generated_documents_are_the_same_each_time(pages: dict[str, str]) -> None:
    assert documents.documents(HOUSE) == pages


def test_every_generated_document_says_that_it_is(pages: dict[str, str]) -> None:
    others = {name for name in pages if not name.endswith(".md")}
    assert others == {
        "contracts/form.schema.json", "docs/formats/payment-rules.schema.json",
        "src/ecosystem/history/types.py",
    }  # fmt: skip
    assert pages["src/ecosystem/history/types.py"].startswith('"""Written by `ecosystem docs`')
    assert pages.keys() - others == {
        f"docs/reference/{name}.md"
        for name in (
            "decisions",
            "events",
            "operations",
            "permissions",
            "problems",
            "rooms",
            "settings",
        )
    }
    for text in (pages[name] for name in pages.keys() - others):
        assert text.startswith("<!-- Written by `ecosystem docs`")
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


def test_every_setting_stands_in_the_settings(pages: dict[str, str]) -> None:
    rows = _lines(pages, "settings")

    for name in settings.manual():
        assert [row for row in rows if row.startswith(f"| `{name}` | `{settings.variable(name)}`")]


def test_every_operation_stands_in_the_permissions_and_the_operations(
    pages: dict[str, str],
) -> None:
    permissions, operations = _lines(pages, "permissions"), _lines(pages, "operations")

    for one in OPERATIONS:
        assert [row for row in permissions if f"`{one.method} {one.path}`" in row]
        assert f"`{one.method} {one.path}` (`{one.name}`)" in operations


def test_every_problem_that_a_route_names_stands_in_the_problems(pages: dict[str, str]) -> None:
    rows = _lines(pages, "problems")

    for one in OPERATIONS:
        for refusal in one.refuses:
            assert [row for row in rows if f"| `{refusal.code()}` |" in row]


def test_a_table_keeps_its_columns_whatever_stands_in_it(pages: dict[str, str]) -> None:
    for text in pages.values():
        heads = 0
        for line in text.splitlines():
            columns = line.replace("\\|", "").count("|") if line.startswith("| ") else 0
            assert columns in {0, heads} or not heads
            heads = columns


def test_the_picture_has_the_rooms_in_their_order(pages: dict[str, str]) -> None:
    rows = [line for line in _lines(pages, "rooms") if line.startswith("| `")]
    drawn = [row.split("`")[1] for row in rows]

    assert drawn == [room for room in order_of_rooms() if room in drawn]
    assert {"cli", "needs", "history", "runtime", "values"} <= set(drawn)


def test_the_picture_counts_the_operations_of_a_room() -> None:
    needs = sum(one.tag == "needs" for one in OPERATIONS)

    text = picture.rooms_page(HOUSE / "pyproject.toml", OPERATIONS)

    assert f'needs["needs<br>{needs} operations"]' in text


def test_a_document_that_differs_is_named_and_fails_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"docs/a.md": "A\n", "docs/b.md": "B\n"}
    assert documents.keep(files, root=tmp_path, check=False) == 0
    (tmp_path / "docs" / "b.md").write_text("B\r\n", encoding="utf-8", newline="")
    capsys.readouterr()

    code = documents.keep(files, root=tmp_path, check=True)

    assert code == 1
    assert capsys.readouterr().out.startswith("docs/b.md is not what the code says")


def test_what_was_written_passes_the_check(tmp_path: Path) -> None:
    files = {"openapi/openapi.json": documents.pretty({"b": "水", "a": [1]})}

    documents.keep(files, root=tmp_path, check=False)

    assert documents.keep(files, root=tmp_path, check=True) == 0
    text = (tmp_path / "openapi" / "openapi.json").read_text(encoding="utf-8")
    assert text == '{\n  "a": [\n    1\n  ],\n  "b": "水"\n}\n'


def test_recorded_examples_stand_in_the_description(tmp_path: Path) -> None:
    recorded = {"draft_need": {"answer": {"id": "need_1", "state": "draft", "version": 1}}}
    (tmp_path / "openapi").mkdir()
    (tmp_path / "openapi" / "examples.json").write_text(json.dumps(recorded), encoding="utf-8")

    found = documents.description(tmp_path)

    answer = found["paths"]["/v1/needs"]["post"]["responses"]["201"]
    assert answer["content"]["application/json"]["example"]["state"] == "draft"


def test_a_released_description_holds_the_present_one(tmp_path: Path) -> None:
    document = documents.description(tmp_path)
    released = json.loads(json.dumps(document))
    released["paths"]["/v1/gone"] = {"get": {"responses": {}}}
    (tmp_path / "openapi").mkdir()
    assert documents.would_break(document, root=tmp_path) == []

    (tmp_path / "openapi" / "released.json").write_text(json.dumps(released), encoding="utf-8")

    assert documents.would_break(document, root=tmp_path) == ["GET /v1/gone is gone."]


@pytest.mark.parametrize("command", ["openapi", "docs"])
def test_what_is_committed_is_what_the_code_says(command: str) -> None:
    assert main.main([command, "--check"]) == 0
