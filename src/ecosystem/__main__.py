"""The command `ecosystem`, as `python -m ecosystem`."""

import sys

from ecosystem.cli import main

sys.exit(main())
