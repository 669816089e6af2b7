"""The command `ecosystem`, as `python -m ecosystem`."""

import sys

from ecosystem.cli.main import main

sys.exit(main())
