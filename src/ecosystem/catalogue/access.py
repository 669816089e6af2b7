"""Who may do what with the catalogue."""

from typing import Final

from ecosystem.values.permit import Permit

READ: Final = Permit(act="read the catalogue")
