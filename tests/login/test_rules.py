"""Names, passwords, and how long one waits after failures: plain values."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosystem.identity.login import names, rules
from ecosystem.identity.login.model import AccountFacts, Counted, Counter, PasswordFacts
from ecosystem.identity.login.rules import (
    AccountExists,
    PasswordCommon,
    PasswordLong,
    PasswordShort,
    UsernameTaken,
    UsernameUnfit,
)
from ecosystem.values.refusal import Refusal
from tests.identity.builders import actor

AT = datetime(2027, 1, 4, 8, 0, tzinfo=UTC)
NAMES = ("li.cai", "Li Cai", "鹏城数字运营有限公司鹏城数字运营", "Pengcheng Digital Operations")


@pytest.mark.parametrize(
    "password",
    [
        "four words are enough",
        "correct-horse-and-more",
        "            ",
        "口令可以是任何一句话，足够长即可",
        "x1" + "\N{PILE OF POO}" * 5 + "abcde",
        "ab" * 3 + "cd" * 3,
        "密" + "码是什么呢我不告诉你" * 12,
        "li.cai was here",
        "938201923847",
        "admin and password",
    ],
)
def test_any_long_password_will_do_whatever_it_is_made_of(password: str) -> None:
    if password.isspace():
        with pytest.raises(PasswordCommon):
            rules.check_password(password, names=NAMES)
    else:
        rules.check_password(password, names=NAMES)


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("", PasswordShort),
        ("elevenchars", PasswordShort),
        ("\N{PILE OF POO}" * 11, PasswordShort),
        ("长" * 129, PasswordLong),
        ("ab cd ef gh " * 11, PasswordLong),
        ("aaaaaaaaaaaa", PasswordCommon),
        ("abcabcabcabc", PasswordCommon),
        ("abcdabcdabcdab", PasswordCommon),
        ("123456789012", PasswordCommon),
        ("210987654321", PasswordCommon),
        ("QwertyuiopAsdf", PasswordCommon),
        ("1qaz2wsx3edc4rfv", PasswordCommon),
        ("Password2027!", PasswordCommon),
        ("!!administrator!!", PasswordCommon),
        ("ｐａｓｓｗｏｒｄ１２３４", PasswordCommon),
        ("correct horse battery staple", PasswordCommon),
        ("woaini1314520", PasswordCommon),
        ("li.cai-20271231", PasswordCommon),
        ("LiCai LiCai LiCai", PasswordCommon),
        ("PengchengDigitalOperations", PasswordCommon),
        ("鹏城数字运营有限公司鹏城数字运营", PasswordCommon),
    ],
)
def test_a_password_that_is_short_long_or_common_is_refused(
    password: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        rules.check_password(password, names=NAMES)


@settings(deadline=None)
@given(st.text(min_size=0, max_size=140))
def test_length_is_counted_in_characters_of_the_normal_form(password: str) -> None:
    characters = len(rules.normal_password(password))

    try:
        rules.check_password(password, names=())
    except PasswordShort:
        assert characters < 12
    except PasswordLong:
        assert characters > 128
    except PasswordCommon:
        assert 12 <= characters <= 128
    else:
        assert 12 <= characters <= 128


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("Li.Cai", "li.cai"),
        ("ＬＩ．ＣＡＩ", "li.cai"),
        (" li.cai ", "li.cai"),
        ("STRASSE", "straße"),
    ],
)
def test_one_name_has_many_ways_to_be_written(name: str, same: str) -> None:
    assert names.folded(name) == names.folded(same)


@given(st.text(max_size=30))
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert names.folded(names.folded(text)) == names.folded(text)


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("li.cai", True),
        ("李采同志", True),
        ("li@city.example", True),
        ("li", False),
        ("x" * 64, True),
        ("x" * 65, False),
        (".li", False),
        ("li cai", False),
        ("<script>", False),
        ("li\x00cai", False),
        ("", False),
    ],
)
def test_a_name_is_of_letters_and_digits_and_a_few_signs(
    name: str,
    fits: bool,  # noqa: FBT001
) -> None:
    assert names.is_name(name) is fits


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"username": "x"}, UsernameUnfit),
        ({"is_taken": True}, UsernameTaken),
        ({"has_account": True}, AccountExists),
    ],
)
def test_an_account_has_a_name_of_its_own(changed: dict[str, Any], refusal: type[Refusal]) -> None:
    facts = AccountFacts(
        account_id="account", person_id="person", username="li.cai", is_taken=False,
        has_account=False,
    )  # fmt: skip

    with pytest.raises(refusal):
        rules.create_account(msgspec.structs.replace(facts, **changed), by=actor(), at=AT)
    assert rules.create_account(facts, by=actor(), at=AT).username == "li.cai"


def test_nobody_changes_another_persons_password() -> None:
    facts = PasswordFacts(account_id="account", person_id="somebody else")

    with pytest.raises(ValueError, match="person"):
        rules.change_password(facts, by=actor(), at=AT)


def _after(failures: int, *, of: Counted = Counted.NAME) -> Counter:
    counter = Counter(failures=0, free_at=AT, last_at=AT)
    for _ in range(failures):
        counter = rules.tried(counter, of=of, at=AT)
    return counter


def test_waits_double_from_the_fifth_failure_up_to_a_quarter_of_an_hour() -> None:
    waits = [rules.wait_s(_after(failures), at=AT) for failures in range(14)]

    assert waits == [0, 0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900]
    assert rules.wait_s(_after(10_000), at=AT) == 900
    assert rules.wait_s(_after(49, of=Counted.ADDRESS), at=AT) == 0
    assert rules.wait_s(_after(50, of=Counted.ADDRESS), at=AT) == 15


def test_a_wait_is_over_when_it_is_over() -> None:
    counter = _after(5)

    assert rules.wait_s(counter, at=AT + timedelta(seconds=14, milliseconds=1)) == 1
    assert rules.wait_s(counter, at=AT + timedelta(seconds=15)) == 0


def test_failures_are_forgotten_after_a_day_without_one() -> None:
    held = _after(12)

    kept = rules.tried(held, of=Counted.NAME, at=AT + timedelta(hours=23, minutes=59))
    forgotten = rules.tried(held, of=Counted.NAME, at=AT + timedelta(hours=24))

    assert (kept.failures, forgotten.failures) == (13, 1)


@given(st.integers(0, 40), st.sampled_from(Counted))
def test_a_success_takes_back_its_own_try_and_nothing_more(failures: int, of: Counted) -> None:
    before = _after(failures, of=of)

    after = rules.succeeded(rules.tried(before, of=of, at=AT), of=of, at=AT)

    assert after.failures == before.failures
    assert (rules.wait_s(after, at=AT) == 0) is (failures < rules.FREE[of])
