"""tools.run_open's command in a directory, for tests.signal_strikes."""

from __future__ import annotations

import sys
from pathlib import Path

from tools import run_open


def main() -> None:
    """Run the command of the command line where it lies."""
    sys.exit(run_open.run(sys.argv[1:], Path(sys.argv[1]).parent))
