"""Have the load asked by a process of its own, and take what it measured."""

import subprocess
import sys
from pathlib import Path

import msgspec
from load import Measured, Order
from serving import HERE


def asked(order: Order, file: Path) -> Measured:
    """Return what was measured; `file` hands the order over."""
    file.write_bytes(msgspec.msgpack.encode(order))
    done = subprocess.run(
        [sys.executable, str(HERE / "load.py"), str(file)], check=True, stdout=subprocess.PIPE
    )
    return msgspec.json.decode(done.stdout, type=Measured)
