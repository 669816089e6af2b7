"""Identifiers are new, carry their authority, and sort in the order in which they were made."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from ecosystem.runtime.minting import mint
from ecosystem.values import identifiers


def test_identifiers_of_one_process_sort_in_the_order_of_their_making() -> None:
    made = [mint("event", authority=number % 3) for number in range(20_000)]

    # The authority's number stands between the random bits; without it the order is exact.
    assert [_without_authority(one) for one in made] == sorted(map(_without_authority, made))
    assert len(set(made)) == len(made)


def test_threads_never_make_the_same() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: mint("need", authority=7), range(20_000)))

    assert len(set(made)) == len(made)


def test_a_forked_process_uses_none_of_the_randomness_of_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In one and the same millisecond, so that nothing but the randomness tells them apart.
    monkeypatch.setattr("time.time_ns", lambda: 1_900_000_000_000_000_000)
    mint("need")

    children = [_minted_in_a_fork(200) for _ in range(4)]
    made = [mint("need") for _ in range(200)] + [one for child in children for one in child]

    assert len(made) == 1_000
    assert len(set(made)) == len(made)


def test_an_identifier_carries_its_authority() -> None:
    one = mint("need", authority=identifiers.AUTHORITY_MAX)

    assert identifiers.is_identifier(one, "need")
    assert identifiers.authority_of(one) == identifiers.AUTHORITY_MAX


def _without_authority(identifier: str) -> int:
    digits = int(identifier.split("_")[1], 16)
    high, low = digits >> 64, digits & (2**64 - 1)
    return (high << 30) | (low & (2**30 - 1))


def _minted_in_a_fork(count: int) -> list[str]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, " ".join(mint("need") for _ in range(count)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as made:
        text = made.read()
    os.waitpid(child, 0)
    return text.split()
