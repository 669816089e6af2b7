"""The house keeps its own rules, and each check finds what it is there to find."""

from pathlib import Path

import pytest

from tests import tidy

PLANTED = [
    pytest.param(
        tidy.functions_are_short,
        "needs/rules.py",
        "def publish() -> None:\n" + "    x = 1\n" * 40,
        id="a long function",
    ),
    pytest.param(tidy.modules_are_short, "needs/rules.py", "X = 1\n" * 401, id="a long module"),
    pytest.param(tidy.lines_are_short, "needs/rules.py", f"X = '{'x' * 96}'\n", id="a long line"),
    pytest.param(tidy.modules_say_what_they_hold, "needs/rules.py", "X = 1\n", id="no docstring"),
    pytest.param(
        tidy.imports_stand_at_the_top,
        "needs/rules.py",
        "def publish() -> None:\n    from ecosystem.offers import rules\n",
        id="an import inside a function",
    ),
    pytest.param(
        tidy.only_the_edge_ends_transactions,
        "needs/actions.py",
        "async def publish(session):\n    await session.commit()\n",
        id="a commit in an action",
    ),
    pytest.param(
        tidy.pure_modules_read_no_clock_and_no_dice,
        "needs/rules.py",
        "at = datetime.now(UTC)\n",
        id="a clock in a rule",
    ),
    pytest.param(
        tidy.pure_modules_read_no_clock_and_no_dice,
        "values/identifiers.py",
        "from uuid import uuid4\nX = uuid4()\n",
        id="an identifier drawn in values",
    ),
    pytest.param(
        tidy.pure_modules_read_no_clock_and_no_dice,
        "offers/sealing.py",
        "key = AESGCM.generate_key(256)\n",
        id="a key drawn in sealing",
    ),
    pytest.param(
        tidy.rooms_write_their_own_tables,
        "awards/actions.py",
        "from ecosystem.needs.tables import need\nX = update(need)\n",
        id="another room's table, by name",
    ),
    pytest.param(
        tidy.rooms_write_their_own_tables,
        "awards/actions.py",
        "from ecosystem.needs import tables\nX = inserting(tables.need)\n",
        id="another room's table, by module",
    ),
    pytest.param(
        tidy.rooms_write_their_own_tables,
        "awards/actions.py",
        "from ecosystem.needs.tables import need\nX = updating(need)\n",
        id="another room's table, by its key",
    ),
    pytest.param(
        tidy.rooms_write_their_own_tables,
        "awards/actions.py",
        "X = 'update budget set state = 1'\n",
        id="another room's table, in text",
    ),
    pytest.param(
        tidy.rooms_write_their_own_tables,
        "needs/queries.py",
        "from ecosystem.needs.tables import need\nX = delete(need)\n",
        id="a write in a query",
    ),
    pytest.param(
        tidy.routes_say_who_may,
        "needs/routes.py",
        "@get('/v1/needs', answers=Need)\nasync def needs() -> None: ...\n",
        id="a route without permit",
    ),
    pytest.param(
        tidy.rooms_have_files_of_known_names,
        "needs/utils.py",
        "X = 1\n",
        id="a file of no known name",
    ),
    pytest.param(
        tidy.sentences_write_instants_as_answers_do,
        "awards/rules.py",
        'x = f"It ends at {facts.ends_at.isoformat()}."\n',
        id="an instant as Python writes it",
    ),
    pytest.param(
        tidy.sentences_write_instants_as_answers_do,
        "awards/rules.py",
        'x = f"It ends at {facts.ends_at}."\n',
        id="an instant as it comes",
    ),
    pytest.param(
        tidy.sentences_write_instants_as_answers_do,
        "awards/rules.py",
        'x = f"It ends at {wire(ends)}."\n',
        id="an instant as it is signed",
    ),
    pytest.param(
        tidy.sentences_write_instants_as_answers_do,
        "awards/rules.py",
        'x = f"It ended {ends:%Y-%m-%d %H:%M}."\n',
        id="an instant in a form of its own",
    ),
]


def _planted(root: Path, place: str, text: str) -> list[tidy.Module]:
    tables = root / "budgets" / "tables.py"
    tables.parent.mkdir()
    tables.write_text('"""Budgets."""\n\nbudget = Table("budget", metadata)\n', encoding="utf-8")
    path = root / place
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return tidy.modules_of(root)


@pytest.mark.parametrize("check", [*tidy.SIZE_CHECKS, *tidy.HOUSE_CHECKS])
def test_the_package_is_tidy(check: tidy.Check) -> None:
    modules = tidy.modules_of(tidy.HOUSE / "src" / "ecosystem")

    assert modules
    assert list(check(modules)) == []


@pytest.mark.parametrize("folder", ["tests", "scripts"])
@pytest.mark.parametrize("check", tidy.SIZE_CHECKS)
def test_tests_and_scripts_are_of_readable_size(check: tidy.Check, folder: str) -> None:
    assert list(check(tidy.modules_of(tidy.HOUSE / folder))) == []


@pytest.mark.parametrize(("check", "place", "text"), PLANTED)
def test_the_check_finds_a_planted_violation(
    check: tidy.Check, place: str, text: str, tmp_path: Path
) -> None:
    found = list(check(_planted(tmp_path, place, text)))

    assert len(found) == 1
    assert found[0].startswith(place)


def test_every_check_has_a_planted_violation() -> None:
    planted = {parameters.values[0] for parameters in PLANTED}

    assert planted == {*tidy.SIZE_CHECKS, *tidy.HOUSE_CHECKS}


def test_a_room_may_write_its_own_table(tmp_path: Path) -> None:
    text = "from ecosystem.needs.tables import need\nX = update(need)\n"

    modules = _planted(tmp_path, "needs/actions.py", text)

    assert list(tidy.rooms_write_their_own_tables(modules)) == []
