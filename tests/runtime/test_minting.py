"""Identifiers are new, carry their authority, and sort in the order in which they were made."""

from concurrent.futures import ThreadPoolExecutor

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


def test_an_identifier_carries_its_authority() -> None:
    one = mint("need", authority=identifiers.AUTHORITY_MAX)

    assert identifiers.is_identifier(one, "need")
    assert identifiers.authority_of(one) == identifiers.AUTHORITY_MAX


def _without_authority(identifier: str) -> int:
    digits = int(identifier.split("_")[1], 16)
    high, low = digits >> 64, digits & (2**64 - 1)
    return (high << 30) | (low & (2**30 - 1))
