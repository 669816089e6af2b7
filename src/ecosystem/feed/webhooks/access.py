"""Who may have webhooks."""

from typing import Final

from ecosystem.values.permit import Permit

_OWN: Final = "own organisation"

REGISTER: Final = Permit(
    act="register a webhook", scope="webhooks:write", verified=True, relation=_OWN
)
CHANGE: Final = Permit(act="change a webhook", scope="webhooks:write", verified=True, relation=_OWN)
ROTATE: Final = Permit(
    act="replace the secret of a webhook", scope="webhooks:write", verified=True, relation=_OWN
)
RESUME: Final = Permit(
    act="resume, test or replay a webhook", scope="webhooks:write", verified=True, relation=_OWN
)
END: Final = Permit(act="pause or delete a webhook", scope="webhooks:write", relation=_OWN)
READ: Final = Permit(act="read webhooks and their deliveries", scope="webhooks:read", relation=_OWN)
