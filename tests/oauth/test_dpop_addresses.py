"""For which address a proof of a key is: the same however it is spelt, and no other."""

from datetime import UTC, datetime
from typing import Final

import pytest

from ecosystem.identity.oauth import dpop
from tests.oauth.flow import Flow
from tests.oauth.test_dpop import bound, for_me, proof
from tests.parties import ISSUER

NORMAL: Final = "https://market.example/v1/people/a"


@pytest.mark.parametrize(
    "spelt",
    [
        "HTTPS://Market.Example/v1/people/a", "https://market.example:443/v1/people/a",
        "https://market.example/v1/%70eople/%61", "https://market.example/v1/./people/b/../a",
    ],
)  # fmt: skip
def test_the_same_address_is_the_same_however_it_is_spelt(spelt: str) -> None:
    claims = dpop.check(proof(htu=spelt), wanted(NORMAL))[1]

    assert claims.htu == spelt


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("https://market.example/v1/people%2Fa", NORMAL),
        (NORMAL, "https://market.example/v1/people%2Fa"),
        ("https://market.example/v1/people/%2561", NORMAL),
        ("https://market.example/v1/people/a%3F", f"{NORMAL}%253F"),
        ("https://market.example//v1/people/a", NORMAL),
        ("https://market.example/v1/people/a/", NORMAL),
        ("https://market.example/v1/people/A", NORMAL),
        ("https://market.example:8443/v1/people/a", NORMAL),
        ("http://market.example/v1/people/a", NORMAL),
    ],
)
def test_addresses_that_only_look_alike_are_not_the_same(given: str, asked: str) -> None:
    with pytest.raises(dpop.DpopInvalid, match="htu"):
        dpop.check(proof(htu=given), wanted(asked))


def test_what_is_escaped_of_necessity_is_the_same_in_small_letters() -> None:
    small = "https://market.example/v1/a%2fb%e5%b8%82"

    claims = dpop.check(proof(htu=small), wanted("https://market.example/v1/a%2Fb%E5%B8%82"))[1]

    assert claims.htu == small


def wanted(url: str) -> dpop.Wanted:
    """Return what a proof must be for: a token request just now, at this address."""
    return dpop.Wanted(method="POST", url=url, now=datetime.now(UTC))


@pytest.mark.parametrize(("htu", "status"), [("a%2Fb", 404), ("a%2fb", 404), ("a/b", 401)])
async def test_a_proof_is_for_the_address_as_it_was_sent(flow: Flow, htu: str, status: int) -> None:
    token = await bound(flow)
    proved = for_me(token, htu=f"{ISSUER}/v1/{htu}")

    headers = {"Authorization": f"DPoP {token}", "DPoP": proved}
    answer = await flow.http.get("/v1/a%2Fb", headers=headers)

    assert answer.status_code == status
