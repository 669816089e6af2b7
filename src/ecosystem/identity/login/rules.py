"""What decides about accounts, passwords, and how fast may be guessed."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from ecosystem.identity.login import common
from ecosystem.identity.login.model import (
    AccountCreated,
    AccountFacts,
    Counted,
    Counter,
    PasswordChanged,
    PasswordFacts,
)
from ecosystem.identity.login.names import folded, is_name
from ecosystem.values.actor import Actor
from ecosystem.values.refusal import Kind, Refusal

PASSWORD_CHARACTERS_MIN: Final = 12
PASSWORD_CHARACTERS_MAX: Final = 128
FORGOTTEN_AFTER: Final = timedelta(hours=24)
"""How long after the last failure a counter is forgotten."""
FREE: Final[Mapping[Counted, int]] = {Counted.BROWSER: 5, Counted.NAME: 5, Counted.ADDRESS: 50}
"""After how many failures the first wait comes."""
WAIT_S_MIN: Final = 15
WAIT_S_MAX: Final = 900
_DOUBLINGS_MAX: Final = 10
_UNIT_CHARACTERS_MAX: Final = 4
_NO_LETTERS: Final = re.compile(r"[\W\d_]+")


class UsernameUnfit(Refusal):
    """This cannot be a name to log in by."""

    kind = Kind.UNMET
    remedy = "Choose 3 to 64 letters and digits, with . _ @ + - between them."


class UsernameTaken(Refusal):
    """Somebody logs in by this name already."""

    kind = Kind.CONFLICT
    remedy = "Choose another name."


class AccountExists(Refusal):
    """The person has an account already."""

    kind = Kind.CONFLICT
    remedy = "Log in by the name that she has."


class PasswordShort(Refusal):
    """The password is too short."""

    kind = Kind.UNMET
    remedy = "Choose 12 characters or more, such as four or five words."


class PasswordLong(Refusal):
    """The password is too long."""

    kind = Kind.UNMET
    remedy = "Choose at most 128 characters."


class PasswordCommon(Refusal):
    """The password is one of those that are guessed first."""

    kind = Kind.UNMET
    remedy = (
        "Choose another: not one that many people have, one character or a few again and again, "
        "a row of the keyboard, nor your own or your organisation's name."
    )


def check_username(username: str) -> None:
    """Refuse with UsernameUnfit where nobody can log in by this name."""
    if not is_name(username):
        raise UsernameUnfit("The name is too short, too long, or has other characters.")


def check_password(password: str, *, names: Iterable[str]) -> None:
    """Refuse a password that is easily guessed; `names` are those of the person and her house.

    Refuses with PasswordShort, PasswordLong, PasswordCommon. Nothing is asked of what it is
    composed of. Source: NIST SP 800-63B-4, section 3.1.1.2.
    """
    characters = len(normal_password(password))
    if characters < PASSWORD_CHARACTERS_MIN:
        raise PasswordShort(f"The password has {characters} characters.")
    if characters > PASSWORD_CHARACTERS_MAX:
        raise PasswordLong(f"The password has {characters} characters.")
    if _is_common(folded(password), names):
        raise PasswordCommon("The password is easily guessed.")


def normal_password(password: str) -> str:
    """Return a password as it is digested: one form for each way to write it (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def create_account(facts: AccountFacts, *, by: Actor, at: datetime) -> AccountCreated:
    """Give a person a name to log in by. Refuses with UsernameUnfit, UsernameTaken, AccountExists.

    Any who may let a person in may give her an account; that is decided where she joins.
    """
    del by, at
    check_username(facts.username)
    if facts.has_account:
        raise AccountExists("She has a name and a password.")
    if facts.is_taken:
        raise UsernameTaken("The name is in use.")
    return AccountCreated(person_id=facts.person_id, username=facts.username)


def change_password(facts: PasswordFacts, *, by: Actor, at: datetime) -> PasswordChanged:
    """Change a person's password: she alone does, who has just given the present one."""
    del at
    if by.person_id != facts.person_id:
        raise ValueError(by.person_id)
    return PasswordChanged(facts.person_id)


def wait_s(counter: Counter, *, at: datetime) -> int:
    """Return how many whole seconds from `at` on no login is tried; 0 where one may be."""
    return max(0, -(-(counter.free_at - at) // timedelta(seconds=1)))


def tried(counter: Counter, *, of: Counted, at: datetime) -> Counter:
    """Count one more try, as if it had failed; the waits double, from 15 s to 15 minutes."""
    failures = 1 + (0 if counter.last_at + FORGOTTEN_AFTER <= at else counter.failures)
    over = failures - FREE[of]
    seconds = 0 if over < 0 else min(WAIT_S_MAX, WAIT_S_MIN << min(over, _DOUBLINGS_MAX))
    return Counter(failures=failures, free_at=at + timedelta(seconds=seconds), last_at=at)


def succeeded(counter: Counter, *, of: Counted, at: datetime) -> Counter:
    """Take back a try that did not fail; what others tried in vain stays counted."""
    failures = max(0, counter.failures - 1)
    free_at = at if failures < FREE[of] else counter.free_at
    return Counter(failures=failures, free_at=free_at, last_at=counter.last_at)


def _is_common(password: str, names: Iterable[str]) -> bool:
    is_repeated = any(
        password == (password[:unit] * len(password))[: len(password)]
        for unit in range(1, _UNIT_CHARACTERS_MAX + 1)
    )
    is_row = any(password in row for row in common.ROWS)
    return is_repeated or is_row or password in common.PASSWORDS or _is_said_only(password, names)


def _is_said_only(password: str, names: Iterable[str]) -> bool:
    """Tell whether a password is one name or common word, however often and with whatever signs."""
    letters = _letters(password)
    words = common.WORDS | {_letters(folded(name)) for name in names}
    return any(letters == word * (len(letters) // len(word)) for word in words if word and letters)


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", text)
