"""What a bundle's `install` runs: the installer, with what it needs of ours from the wheel."""

from __future__ import annotations

import sys
from pathlib import Path

# The bundle, or a checkout, where `make install` asks whether PREFIX will do.
_TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_TOP), *map(str, _TOP.glob("wheels/pgx_primecluster-*.whl"))]
sys.path.append(str(_TOP / "base"))

from tools.installer.cli import main  # noqa: E402

main(_TOP)
