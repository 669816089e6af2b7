"""The command `ecosystem`, as `python -m ecosystem`."""

import sys

from ecosystem.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
