"""Those who supply together, in tests of payments."""

from dataclasses import dataclass
from typing import Any

from ecosystem.sandbox.model import Parties


@dataclass(frozen=True)
class Together:
    """Who supplies together, by their short names with their shares, the lead first."""

    shares: tuple[tuple[str, str], ...]
    liability: str = "several"

    def term(self, parties: Parties) -> dict[str, Any]:
        """Return what the terms say of them."""
        shares = [
            {"organisation_id": parties.party(one).organisation_id, "share": share}
            for one, share in self.shares
        ]
        return {"role": "supplier", "liability": self.liability, "shares": shares}
