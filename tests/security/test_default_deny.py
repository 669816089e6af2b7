"""Who may call a route is declared in one table of its room, or the service does not start."""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest
from litestar import Litestar, asgi, get

import ecosystem
from ecosystem import app
from ecosystem.runtime.denying import RouteUndeclared, deny_undeclared
from ecosystem.runtime.settings import Settings
from ecosystem.runtime.web import get as declared
from ecosystem.values.permit import PUBLIC, Permit
from tests.conventions.everything import OPERATIONS

_PACKAGE: Final = Path(ecosystem.__file__).parent


@get("/v1/secrets")
async def list_secrets() -> None:
    """List what nobody was meant to read."""


@asgi("/v1/door", copy_scope=True)
async def _door(scope: Any, receive: Any, send: Any) -> None:
    """Answer whatever comes with nothing."""
    del scope, receive, send


@declared("/v1/fine", permit=PUBLIC, answers=None)
async def read_fine() -> None:
    """Read what anyone may."""


def test_a_route_without_a_permit_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "ROUTES", (*app.ROUTES, list_secrets))

    with pytest.raises(RouteUndeclared) as stopped:
        app.build(Settings())

    assert "GET /v1/secrets" in str(stopped.value)
    assert "list_secrets" in str(stopped.value)


@pytest.mark.parametrize("route", [list_secrets, _door])
def test_no_kind_of_route_passes_the_desk_by(route: Any) -> None:
    with pytest.raises(RouteUndeclared):
        deny_undeclared(Litestar(route_handlers=[read_fine, route], openapi_config=None))


def test_what_is_declared_starts() -> None:
    deny_undeclared(Litestar(route_handlers=[read_fine], openapi_config=None))


def _tables() -> dict[str, Permit]:
    """Return every entry of the rooms' tables, by the place and name that it has."""
    found: dict[str, Permit] = {}
    for file in sorted(_PACKAGE.rglob("access.py")):
        place = ".".join(file.relative_to(_PACKAGE).with_suffix("").parts)
        for name, value in vars(import_module(f"ecosystem.{place}")).items():
            if isinstance(value, Permit):
                found[f"{place}.{name}"] = value
    return found


def test_every_permit_of_a_route_is_an_entry_of_its_rooms_table() -> None:
    tables = _tables()
    for one in OPERATIONS:
        own = [permit for place, permit in tables.items() if place.startswith(f"{one.tag}.")]
        assert any(permit is one.permit for permit in own), one.name


def test_every_entry_of_a_table_is_of_some_route() -> None:
    used = {id(one.permit) for one in OPERATIONS}
    assert [place for place, permit in _tables().items() if id(permit) not in used] == []
