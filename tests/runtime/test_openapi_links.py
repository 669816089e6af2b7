"""An answer says what can be asked next, of the thing that it tells of."""

import re
from typing import Any

import pytest

from ecosystem import app
from ecosystem.manual import describe
from ecosystem.runtime.operation import Operation

OPERATIONS = describe.operations_of(app.ROUTES)
DOCUMENT = describe.description(OPERATIONS, examples={})
BY_NAME = {one.name: one for one in OPERATIONS}


def links(name: str) -> dict[str, Any]:
    """Return the links of an operation's success."""
    one = BY_NAME[name]
    described = DOCUMENT["paths"][one.path][one.method.lower()]
    found: dict[str, Any] = described["responses"][str(one.status)].get("links", {})
    return found


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_a_link_leads_to_an_operation_and_names_its_thing(one: Operation) -> None:
    for target, link in links(one.name).items():
        ((parameter, place),) = link["parameters"].items()

        assert link["operationId"] == target
        assert f"{{{parameter}}}" in BY_NAME[target].path
        assert re.fullmatch(r"\$(response\.body#/[a-z_/0]+|request\.path\.[a-z_]+)", place)


def test_what_was_made_leads_to_all_that_can_be_asked_of_it() -> None:
    asked = {one.name for one in OPERATIONS if one.path.startswith("/v1/needs/{need_id}")}

    assert links("draft_need").keys() == asked
    assert links("draft_need")["read_need"]["parameters"] == {"need_id": "$response.body#/id"}


def test_a_list_leads_to_its_things() -> None:
    assert links("list_offers").keys() == {"read_offer"}
    assert links("list_offers")["read_offer"]["parameters"] == {
        "offer_id": "$response.body#/data/0/id"
    }


def test_a_change_leads_to_what_it_has_changed() -> None:
    assert links("publish_need")["read_need"]["parameters"] == {"need_id": "$request.path.need_id"}


def test_a_thing_leads_to_its_parts() -> None:
    assert links("read_need")["draft_offer"]["parameters"] == {
        "lot_id": "$response.body#/lots/0/id"
    }


def test_a_thing_leads_to_the_others_that_it_names() -> None:
    assert links("read_contract")["read_award"]["parameters"] == {
        "award_id": "$response.body#/award_id"
    }


def test_nothing_leads_to_itself() -> None:
    assert [one.name for one in OPERATIONS if one.name in links(one.name)] == []
