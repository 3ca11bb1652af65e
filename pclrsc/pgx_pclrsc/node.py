"""What this node is called in RMS: its machine's name with `RMS` behind it."""

from __future__ import annotations

import os
from collections.abc import Mapping

HVENV_LOCAL = "/opt/SMAW/SMAWRrms/bin/hvenv.local"
VARIABLE = "RELIANT_HOSTNAME"

_ASSIGNMENT = rf"^\s*(?:export\s+)?{VARIABLE}=(.*)$"


def this_node(environ: Mapping[str, str], hvenv_local: str = HVENV_LOCAL) -> str:
    """Return this node's name: from *environ*, else RMS's own setting, else the machine's."""
    return (
        environ.get(VARIABLE)
        or from_hvenv(_slurp(hvenv_local))
        or from_machine(os.uname().nodename)
    )


def from_hvenv(text: str) -> str | None:
    """Return the name that the last assignment in *text* gives, None without one.  Pure."""
    if f"{VARIABLE}=" not in text:
        return None
    import re  # a switch waits for it only where hvenv.local may give the name

    assignments = re.findall(_ASSIGNMENT, text, re.MULTILINE)
    words = _words(assignments[-1]) if assignments else []
    return words[0] if words and words[0] else None


def _words(shell: str) -> list[str]:
    import shlex

    try:
        return shlex.split(shell.partition(";")[0], comments=True)
    except ValueError:  # a quote that is never closed
        return []


def from_machine(nodename: str) -> str:
    """Return the name that RMS gives a machine called *nodename*.  Pure."""
    return nodename.partition(".")[0] + "RMS"


def _slurp(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # RMS is not installed, or has no settings of its own
