"""Who may do what in a sandbox: anyone, for nothing in it is real."""

from typing import Final

from ecosystem.values.permit import Permit

TRY: Final = Permit(act="use the sandbox")
