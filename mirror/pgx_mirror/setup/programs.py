"""PostgreSQL's programs: where they are, and with which environment they are run."""

from __future__ import annotations

import os
import subprocess

from pgx_base.failure import Failure
from pgx_postgres import binaries

# A password in the environment would be written into primary_conninfo; options of the
# person who types would be the standby's.
_LEFT_OUT = ("PGPASSWORD", "PGOPTIONS", "PGAPPNAME", "PGDATA", "PGUSER", "PGDATABASE")
_NEWEST = 40
_COPIES = "pg_basebackup"
_WITHIN = 60.0  # seconds


def environment() -> dict[str, str]:
    """Return what the programs are run with: English, and no password."""
    kept = {name: text for name, text in os.environ.items() if name not in _LEFT_OUT}
    return kept | {"LC_ALL": "C.UTF-8"}


def prefer(directory: str) -> None:
    """Look for programs in *directory* first: bin_dir of serverIdentifier.conf."""
    os.environ["PATH"] = ":".join(filter(None, [directory, os.environ.get("PATH")]))


def any_psql() -> str:
    """Return the path of a psql; any version can ask any server.  Raises Failure."""
    places = [*_path(), *_usual()]
    for directory in places:
        if all(
            os.access(f"{directory}/{name}", os.X_OK) for name in ("psql", "postgres")
        ):
            return f"{directory}/psql"
    raise Failure(
        "no programs of PostgreSQL on this server",
        hint="Install PostgreSQL, or put the directory of its programs into PATH.",
    )


def directory_of(major: int) -> str:
    """Return the directory that has PostgreSQL *major*'s programs.  Raises Failure."""
    for directory in _path():
        if not os.access(f"{directory}/{_COPIES}", os.X_OK):
            continue  # it has links to some of the programs alone
        try:
            return binaries.find(directory, major, _version)
        except Failure:
            continue
    try:
        return binaries.find("", major, _version)
    except Failure as ex:
        raise Failure(
            f"no programs of PostgreSQL {major} on this server, which the primary is",
            detail=ex.detail,
            hint="Install that version, or put the directory of its programs into PATH.",
        ) from ex


def _path() -> list[str]:
    return [d for d in os.environ.get("PATH", "").split(":") if d.startswith("/")]


def _usual() -> list[str]:
    majors = range(_NEWEST, 12, -1)
    return [place for major in majors for place in binaries.candidates("", major)]


def run(line: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with *more* in its environment.

    One that takes longer than a minute, or cannot be run, has failed and says so on stderr.
    """
    try:
        return subprocess.run(
            line,
            env=environment() | more,
            cwd="/",
            text=True,
            errors="replace",
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_WITHIN,
        )
    except subprocess.TimeoutExpired:
        why = f"{line[0]}: no answer within {_WITHIN:.0f} s"
    except OSError as ex:
        why = f"{line[0]}: {ex.strerror}"
    return subprocess.CompletedProcess(line, 2, "", why)


def _version(program: str) -> str:
    return run([program, "--version"]).stdout
