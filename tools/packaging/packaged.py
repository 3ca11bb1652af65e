"""What dpkg and rpm run of a package: `packaged activate`, `packaged withdraw`."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from tools.installer import cli
from tools.packaging import activating


def main(program: str) -> None:
    """Do what the command line says for the package that *program* is part of, and exit."""
    content = Path(os.path.realpath(program)).parent
    prefix = content.parents[1]
    if sys.argv[1:] == ["activate"]:
        cli.ended(
            "pgx-primecluster", partial(activating.activate, prefix, content.name)
        )
    if sys.argv[1:] == ["withdraw"]:
        cli.ended("pgx-primecluster", partial(activating.withdraw, prefix))
    sys.exit(f"usage: {os.path.basename(program)} activate|withdraw")
