"""A key is published before it signs, and checks until the last that it signed has ended."""

import os
import stat
import time
from pathlib import Path

import pytest
from joserfc import jws

from ecosystem.runtime.keyring import PUBLISHED_S, KeyRing, NextKeyWaits

NOW = 1_800_000_000.0
LASTING_S = 600
SKEW_S = 15


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    """Tokens' keys, the first of them made."""
    made = KeyRing(tmp_path / "keys", "tokens", lasting_s=LASTING_S)
    made.signing(NOW)
    return made


def _kids(ring: KeyRing, now: float) -> list[str]:
    return [one["kid"] for one in ring.public(now)]


def test_the_next_key_is_published_at_once_and_signs_later(ring: KeyRing) -> None:
    first = ring.signing(NOW).kid

    made = ring.rotate(NOW)

    assert _kids(ring, NOW) == [first, made.kid]
    assert ring.signing(NOW + PUBLISHED_S - 1).kid == first
    assert ring.signing(NOW + PUBLISHED_S).kid == made.kid


def test_the_old_key_checks_until_what_it_signed_last_has_ended(ring: KeyRing) -> None:
    old = ring.current(NOW)
    new = ring.rotate(NOW)
    last = new.signs_from + LASTING_S + SKEW_S

    assert ring.ends_at(old) == last
    assert set(ring.checking(last - 1)) == {old.kid, new.kid}
    assert set(ring.checking(last)) == {new.kid}
    assert old.file.exists()

    ring.rotate(last)

    assert not old.file.exists()


def test_one_key_waits_at_a_time(ring: KeyRing) -> None:
    waiting = ring.rotate(NOW)

    with pytest.raises(NextKeyWaits, match=waiting.kid):
        ring.rotate(NOW + 1)
    assert len(ring.checking(NOW)) == 2


def test_at_once_no_other_key_is_left(ring: KeyRing) -> None:
    ring.rotate(NOW)

    made = ring.rotate(NOW, at_once=True)
    again = ring.rotate(NOW, at_once=True)

    assert made.kid != again.kid
    assert ring.signing(NOW).kid == again.kid
    assert set(ring.checking(NOW)) == {again.kid}
    assert [one.name for one in ring.folder.iterdir()] == [again.file.name]


def test_who_holds_the_ring_elsewhere_sees_what_was_added_and_removed(ring: KeyRing) -> None:
    other = KeyRing(ring.folder, ring.name, lasting_s=LASTING_S)
    other.signing(NOW)

    made = ring.rotate(NOW)
    assert made.kid in other.checking(NOW)

    removed = ring.rotate(NOW, at_once=True)
    assert set(other.checking(NOW)) == {removed.kid}


def test_the_state_says_nothing_until_no_change_can_hide_behind_the_same_date(
    ring: KeyRing,
) -> None:
    assert ring.state == 0
    long_ago = time.time_ns() - 10_000_000_000
    os.utime(ring.folder, ns=(long_ago, long_ago))

    assert ring.state == long_ago
    ring.rotate(NOW)
    assert ring.state == 0


def test_what_is_signed_is_checked_by_the_next_start(ring: KeyRing) -> None:
    key = ring.rotate(NOW, at_once=True)
    signed = jws.serialize_compact({"alg": "ES256", "kid": key.kid}, b"said", key.key)

    found = KeyRing(ring.folder, ring.name, lasting_s=None).checking(NOW)[key.kid]

    assert jws.deserialize_compact(signed, found).payload == b"said"


def test_keys_of_receipts_are_published_for_ever(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path, "receipts", lasting_s=None)
    first = ring.current(NOW)

    second = ring.rotate(NOW)
    third = ring.rotate(NOW + 10 * PUBLISHED_S)

    assert _kids(ring, NOW * 2) == [first.kid, second.kid, third.kid]
    assert ring.ends_at(first) is None


def test_only_the_public_half_is_published_and_the_file_is_the_owners(ring: KeyRing) -> None:
    made = ring.rotate(NOW)

    assert all("d" not in one for one in ring.public(NOW))
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600


def test_files_of_other_names_are_no_keys(ring: KeyRing) -> None:
    for name in ("tokens.old.pem", "tokens-copy.pem", ".tokens.pem.17", "receipts.pem"):
        (ring.folder / name).write_bytes(b"no key")

    assert len(ring.checking(time.time())) == 1
