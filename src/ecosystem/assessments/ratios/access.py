"""Who may read the ratio of construction to operation."""

from typing import Final

from ecosystem.values.permit import Permit

READ_RATIO: Final = Permit(act="read what goes into construction and what into operation")
