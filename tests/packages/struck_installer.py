"""The installer of a bundle, for tests.signal_strikes: the bundle's path, then its arguments."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.installer import cli


def main() -> None:
    """Do what the command line says."""
    bundle = Path(sys.argv.pop(1))
    cli.main(bundle)
