"""What another service publishes: fetched with care, and remembered for a while."""

from collections.abc import Iterator

import pytest

from ecosystem.runtime import fetching
from ecosystem.runtime.fetching import BYTES_MAX, Unfetched, fetch
from ecosystem.runtime.issuer import Issuer
from ecosystem.runtime.remembered import Away
from tests.oauth.issuing import Issuing, issuing

METADATA = "/.well-known/openid-configuration"


@pytest.fixture
def issuer() -> Iterator[Issuing]:
    with issuing() as made:
        yield made


async def test_keys_are_asked_for_once_in_five_minutes(issuer: Issuing) -> None:
    keys = Issuer(issuer.name)

    for now in (0, 1, 299):
        assert await keys.key("ec", now=now) is not None
    assert issuer.asked == [METADATA, "/keys"]
    assert await keys.key("ec", now=301) is not None

    assert len(issuer.asked) == 4


async def test_an_unknown_key_is_asked_for_at_most_once_a_minute(issuer: Issuing) -> None:
    keys = Issuer(issuer.name)

    for now in (0, 1, 59, 61, 62, 120):
        assert await keys.key("new", now=now) is None
    assert len(issuer.asked) == 4
    issuer.ec = issuer.ec.generate_key("P-256", {"kid": "new"})
    issuer.publish(issuer.ec)

    assert await keys.key("new", now=122) is not None


async def test_the_last_keys_are_good_for_an_hour_while_the_issuer_is_away(
    issuer: Issuing,
) -> None:
    keys = Issuer(issuer.name)
    assert await keys.key("ec", now=0) is not None
    issuer.stop()

    assert await keys.key("ec", now=3_599) is not None
    with pytest.raises(Away) as away:
        await keys.key("ec", now=3_660)

    assert 1 <= away.value.retry_after_s <= 60


@pytest.mark.parametrize(
    "changed", [{"issuer": "https://other.example"}, {"jwks_uri": "ftp://127.0.0.1/keys"}]
)
async def test_an_issuer_that_describes_another_is_not_believed(
    issuer: Issuing, changed: dict[str, str]
) -> None:
    issuer.publish(issuer.ec, **changed)

    with pytest.raises(Away):
        await Issuer(issuer.name).key("ec", now=0)


async def test_metadata_of_an_authorisation_server_do_as_well(issuer: Issuing) -> None:
    issuer.documents["/.well-known/oauth-authorization-server"] = issuer.documents.pop(METADATA)

    assert await Issuer(issuer.name).key("ec", now=0) is not None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"a" * (BYTES_MAX + 1), "larger"),
        (b"http://127.0.0.1/elsewhere", "answers 302"),
    ],
)
async def test_what_is_large_or_elsewhere_is_not_read(
    issuer: Issuing, document: bytes, said: str
) -> None:
    issuer.documents["/keys"] = document

    with pytest.raises(Unfetched, match=said):
        await fetch(f"{issuer.name}/keys")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/", "http://[", "ftp://127.0.0.1/", "https://\udcff/", "keys"]
)
async def test_an_address_that_leads_nowhere_is_said_to(address: str) -> None:
    with pytest.raises(Unfetched):
        await fetching.fetch(address)


@pytest.mark.parametrize("document", [b"", b"[]", b'{"keys":7}', b"\xff"])
async def test_keys_that_are_none_are_not_read(issuer: Issuing, document: bytes) -> None:
    issuer.documents["/keys"] = document

    with pytest.raises(Away):
        await Issuer(issuer.name).key("ec", now=0)
