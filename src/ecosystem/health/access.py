"""Who may ask how the service is."""

from typing import Final

from ecosystem.values.permit import Permit

ASK: Final = Permit(act="ask how the service is")
