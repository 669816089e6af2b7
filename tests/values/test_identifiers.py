"""An identifier carries the number of its authority, which fits into the database's integers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosystem.values import identifiers
from ecosystem.values.identifiers import AUTHORITY_MAX

AUTHORITIES = st.integers(min_value=0, max_value=AUTHORITY_MAX)


@given(
    milliseconds=st.integers(min_value=0, max_value=2**48 - 1),
    authority=AUTHORITIES,
    entropy=st.integers(min_value=0, max_value=2**42 - 1),
)
def test_the_authority_is_read_from_the_identifier(
    milliseconds: int, authority: int, entropy: int
) -> None:
    made = identifiers.compose(
        "need", milliseconds=milliseconds, authority=authority, entropy=entropy
    )

    assert identifiers.is_identifier(made, "need")
    assert not identifiers.is_identifier(made, "offer")
    assert identifiers.authority_of(made) == authority


@pytest.mark.parametrize(
    "text",
    [
        "need_0189000000007000a00000000000000f",
        "need_0189000000007000b00000000000000f",
        "need_0189000000007000c00000000000000f",
        "need_0189000000004000800000000000000f",
        "need_0189000000007000800000000000000F",
        "need_0189000000007000800000000000000f\n",
        "need_0189000000007000800000000000000",
        "0189000000007000800000000000000f",
        "",
    ],
)
def test_what_no_server_has_made_is_no_identifier(text: str) -> None:
    assert not identifiers.is_identifier(text, "need")
    with pytest.raises(ValueError, match="not an identifier"):
        identifiers.authority_of(text)
