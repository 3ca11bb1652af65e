"""Which directory has the programs of this major version?

Asked at each Online: a package update may move them, and a directory that holds
another version must not be tried on the data.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from pgx_base.failure import Failure
from pgx_base.text import quoted

SERVER = "postgres"
_PLACES = (
    "/usr/lib/postgresql/{major}/bin",
    "/usr/pgsql-{major}/bin",
    "/usr/local/pgsql/bin",
    "/usr/bin",
)

# Returns what a program prints when asked for its version.  Raises OSError.
AskVersion = Callable[[str], str]


def candidates(bin_dir: str, major: int) -> list[str]:
    """Return the directories to look into, the one to be preferred first."""
    return [bin_dir] if bin_dir else [place.format(major=major) for place in _PLACES]


def programs(bin_dir: str, major: int) -> list[str]:
    """Return the server programs to look at, the one to be preferred first."""
    return [f"{directory}/{SERVER}" for directory in candidates(bin_dir, major)]


def parse_version(text: str) -> int | None:
    """Return the major version in what `postgres --version` prints, None if there is none.

    The form is `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
    """
    words = text.partition(")")[2].split()
    digits = words[0].split(".")[0] if words else ""
    number = digits[: len(digits) - len(digits.lstrip("0123456789"))]
    return int(number) if number else None


def find(bin_dir: str, major: int, ask: AskVersion) -> str:
    """Return the directory whose server is of version *major*.  Raises Failure."""
    seen = []
    for directory in candidates(bin_dir, major):
        version = _look(f"{directory}/{SERVER}", ask)
        if version == major:
            return directory
        seen.append(f"{directory}: {version}")
    raise _not_found(bin_dir, major, seen)


def _look(program: str, ask: AskVersion) -> int | str:
    """Return the major version of *program*, or why there is none."""
    if not os.access(program, os.X_OK):
        return "none"
    try:
        version = parse_version(ask(program))
    except OSError as ex:
        return f"its {SERVER} could not be asked for its version, {ex.strerror or ex}"
    return version or f"its {SERVER} does not tell its version"


def _not_found(bin_dir: str, major: int, seen: list[str]) -> Failure:
    where = f"in {quoted(bin_dir)}" if bin_dir else "on this node"
    return Failure(
        f"no server program of PostgreSQL {major} {where}",
        detail=f"Looked into {'; '.join(seen)}.",
        hint="See that this directory has the right programs, and that they can be run."
        if bin_dir
        else "Give the directory with pgx_pclrsc --bin-dir.",
    )
