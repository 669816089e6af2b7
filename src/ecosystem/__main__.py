"""The command `ecosystem`, as `python -m ecosystem`."""

import sys

try:
    from ecosystem.cli.main import main
except KeyboardInterrupt:
    # Loading takes a while on a busy machine, and nothing has been started yet.
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
