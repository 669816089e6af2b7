"""What an organisation may say of itself, and how its identifiers are spelt: by plain values."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.identity import rules
from ecosystem.identity.model import (
    BankAccount,
    BeneficialOwner,
    ChangeFacts,
    Identifier,
    Interest,
    OrganisationChange,
    OtherName,
    Profile,
    Scale,
)
from ecosystem.values.refusal import Refusal
from ecosystem.values.text import Text
from tests.identity.builders import AT, ORGANISATION, OTHER, actor, registration


def owner(**changed: Any) -> BeneficialOwner:
    """Return who holds sixty per cent, and lives in China."""
    said: dict[str, Any] = {
        "name": Text(zh="王某"),
        "country": "CN",
        "interest": Interest.SHAREHOLDING,
        "share_percent": "60",
    }
    return BeneficialOwner(**(said | changed))


PRESENT = Profile(
    name=Text(zh="鹏城运营"),
    scale=Scale.SMALL,
    bank_account=BankAccount(
        holder="鹏城运营", number="6222000000000000", bank_code="102100099996", currency="CNY"
    ),
    other_names=(OtherName(language="pt", name="Pengcheng"),),
    beneficial_owners=(owner(),),
)


def change(*, of: str = ORGANISATION, **asked: Any) -> Profile:
    """Return what an organisation says of itself after its administrator has changed it."""
    facts = ChangeFacts(
        organisation_id=of, version=1, present=PRESENT, asked=OrganisationChange(**asked)
    )
    again = msgspec.json.decode(msgspec.json.encode(facts), type=ChangeFacts)
    then = rules.change(facts, by=actor(), at=AT)
    assert rules.change(again, by=actor(), at=AT) == then
    return then.profile


def _names(*languages: str) -> tuple[OtherName, ...]:
    return tuple(OtherName(language=one, name="x") for one in languages)


def test_what_is_left_out_stays_as_it_was() -> None:
    assert change() == PRESENT
    assert change(scale=Scale.LARGE) == msgspec.structs.replace(PRESENT, scale=Scale.LARGE)


@pytest.mark.parametrize(
    ("field", "then"),
    [("scale", None), ("bank_account", None), ("other_names", ()), ("beneficial_owners", ())],
)
def test_null_takes_away_what_may_be_absent(field: str, then: object) -> None:
    asked: dict[str, Any] = {field: None}

    assert getattr(change(**asked), field) == then


@pytest.mark.parametrize(
    ("asked", "refusal", "pointer"),
    [
        ({"other_names": _names("zh")}, rules.OtherNameTwice, "/other_names/0/language"),
        ({"other_names": _names("en")}, rules.OtherNameTwice, "/other_names/0/language"),
        ({"other_names": _names("pt-BR", "fr", "pt-br")}, rules.OtherNameTwice,
         "/other_names/2/language"),
        ({"beneficial_owners": (owner(), owner(country="XX"))}, rules.CountryUnknown,
         "/beneficial_owners/1/country"),
        ({"beneficial_owners": (owner(), owner(share_percent="40.0001"))},
         rules.OwnersExceedWhole, "/beneficial_owners"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_where_it_stands(
    asked: dict[str, Any], refusal: type[Refusal], pointer: str
) -> None:
    with pytest.raises(refusal) as changing:
        change(**asked)
    with pytest.raises(refusal) as registering:
        rules.register(registration(**asked), by=actor(), at=AT)

    assert [fault.pointer for fault in changing.value.faults] == [pointer]
    assert [fault.pointer for fault in registering.value.faults] == [pointer]


def test_nobody_changes_another_organisation() -> None:
    with pytest.raises(rules.NotYourOrganisation):
        change(of=OTHER, scale=Scale.LARGE)


def test_shares_of_different_interests_are_not_added_up() -> None:
    votes = owner(interest=Interest.VOTING_RIGHTS, share_percent="100")
    control = owner(interest=Interest.OTHER_INFLUENCE, share_percent=None)
    owners = (owner(), owner(share_percent="40"), votes, control, control)

    assert change(beneficial_owners=owners).beneficial_owners == owners


@pytest.mark.parametrize(
    ("scheme", "typed", "written"),
    [
        ("CN-USC", "9111 0000-6000 3734-1l", "91110000600037341L"),
        ("LEI", "2138-00ku d8la-jwsq-9d15", "213800KUD8LAJWSQ9D15"),
        ("GB-COH", "sc 12-34", "sc 12-34"),
    ],
)
def test_an_identifier_is_written_as_its_register_does(
    scheme: str, typed: str, written: str
) -> None:
    asked = registration(identifiers=(Identifier(scheme, typed),)).asked

    made = rules.as_registers_write(asked)

    assert made.identifiers == (Identifier(scheme, written),)
    assert rules.as_registers_write(made) == made


@given(
    st.text(alphabet="0123456789abcDEF", min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(" -./")), max_size=6),
)
def test_two_spellings_are_the_same_whatever_stands_between(
    letters: str, between: list[tuple[int, str]]
) -> None:
    spelt = letters
    for place, sign in between:
        spelt = spelt[:place] + sign + spelt[place:]

    assert rules.spelt(spelt) == rules.spelt(letters.lower()) == letters.upper()
