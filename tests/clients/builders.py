"""Plain values for tests of clients."""

from typing import Any

from ecosystem.identity.clients.model import ClientFacts, Jwk, Jwks, NewClient
from ecosystem.values.actor import OrganisationKind
from tests.identity.builders import CLIENT, ORGANISATION

EC_KEY = Jwk(
    kty="EC",
    kid="one",
    crv="P-256",
    x="f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y="x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
)
"""The public key of RFC 7515, appendix A.3."""


JWKS = Jwks((EC_KEY,))


def client(**changed: Any) -> ClientFacts:
    """Return what is known when a government adds a client that reads with a secret."""
    given: dict[str, Any] = {"name": "ledger", "scopes": ("needs:read", "offers:draft")}
    return ClientFacts(
        organisation_id=ORGANISATION,
        kind=OrganisationKind.GOVERNMENT,
        client_id=CLIENT,
        asked=NewClient(**(given | changed)),
    )
