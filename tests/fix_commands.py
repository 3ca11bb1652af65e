"""How a command of ours is started: the installed one beside this interpreter, if it is there."""

from __future__ import annotations

import sys
from pathlib import Path

MODULES = {
    "pgx_pclrsc": "pgx_pclrsc.cli",
    "pgx_online": "pgx_agent.online",
    "pgx_offline": "pgx_agent.offline",
    "pgx_check": "pgx_agent.check",
    "pgx_monitor": "pgx_agent.monitor.main",
}
ROOT = Path(__file__).resolve().parent.parent
PACKAGES = [str(ROOT / part) for part in ("pclrsc", "agent", "wizard")]


def command(name: str) -> list[str]:
    """Return the words that start command *name*."""
    installed = Path(sys.executable).parent / name
    if installed.exists():
        return [str(installed)]
    lines = f"import sys; sys.path[:0] = {PACKAGES}; sys.argv[0] = {name!r}"
    return [
        sys.executable,
        "-I",
        "-c",
        f"{lines}; from {MODULES[name]} import main; main()",
    ]
