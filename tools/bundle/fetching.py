"""Other projects' wheels, those of requirements.lock and no others, by pip.

It is run by an environment that has pip; the wheels may be for other interpreters than its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from tools import packages

LOCK = "requirements.lock"
MINORS = (11, 12, 13, 14)  # of CPython 3
MACHINES = ("x86_64", "aarch64")
# glibc 2.28 is Enterprise Linux 8's.
_LIBRARIES = (
    "manylinux_2_28",
    "manylinux_2_17",
    "manylinux2014",
    "manylinux2010",
    "manylinux1",
)


def options_for(minor: int, machine: str) -> list[str]:
    """Return pip's options for CPython 3.*minor* on *machine*."""
    abis = (f"cp3{minor}", "abi3", "none")
    return [
        *(f"--python-version=3.{minor}", "--implementation=cp"),
        *(f"--abi={abi}" for abi in abis),
        *(f"--platform={library}_{machine}" for library in _LIBRARIES),
    ]


def fetch(source: Path, into: Path, targets: Iterable[list[str]]) -> None:
    """Get the locked wheels into directory *into*, for each of *targets* (options of pip).

    Exits where pip fails, which says why.
    """
    for target in targets:
        code = packages.pip(
            *("download", "--no-deps", "--require-hashes", "--only-binary=:all:"),
            *("--requirement", str(source / LOCK), "--dest", str(into), *target),
        )
        if code:
            sys.exit("bundle: error: could not get the packages of requirements.lock")
