"""Who may read the manual."""

from typing import Final

from ecosystem.values.permit import Permit

READ: Final = Permit(act="read the manual")
