"""PostgreSQL's programs: where they are, and with which environment they are run."""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Any

from pgx_base.failure import Failure
from pgx_base.held_signal import held_back
from pgx_base.text import quoted
from pgx_postgres import binaries

# A password in the environment would be written into primary_conninfo; options of the
# person who types would be the standby's.
_LEFT_OUT = ("PGPASSWORD", "PGOPTIONS", "PGAPPNAME", "PGDATA", "PGUSER", "PGDATABASE")
_NEEDED = (binaries.SERVER, "pg_basebackup", "pg_controldata")
_NEWEST = 40
_WITHIN = 60.0  # seconds
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Program = subprocess.Popen[bytes]


def environment() -> dict[str, str]:
    """Return what the programs are run with: English, and no password."""
    kept = {name: text for name, text in os.environ.items() if name not in _LEFT_OUT}
    return kept | {"LC_ALL": "C.UTF-8"}


def any_psql(bin_dir: str) -> str:
    """Return the path of a psql; any version can ask any server.

    *bin_dir* is looked into first, empty for none.  Raises Failure.
    """
    for directory in [*_named(bin_dir), *_path(), *_usual()]:
        if _has(directory, "psql"):
            return f"{directory}/psql"
    raise Failure(
        "no programs of PostgreSQL on this server",
        hint="Install PostgreSQL, or set bin_dir to the directory of its programs.",
    )


def directory_of(major: int, bin_dir: str) -> str:
    """Return the directory that has all programs of PostgreSQL *major*; *bin_dir* first.

    Raises Failure.
    """
    places = [*_named(bin_dir), *_path(), *binaries.candidates("", major)]
    for directory in places:
        if _has(directory, *_NEEDED):
            try:
                return binaries.find(directory, major, _version)
            except Failure:
                continue  # another version's
    raise Failure(
        f"no programs of PostgreSQL {major} on this server, which the primary is",
        detail=f"{', '.join(_NEEDED)} are needed. Looked into {', '.join(places)}.",
        hint="Install that version, or set bin_dir to the directory of its programs.",
    )


def _has(directory: str, *programs: str) -> bool:
    return all(os.access(f"{directory}/{name}", os.X_OK) for name in programs)


def _named(bin_dir: str) -> list[str]:
    return [bin_dir] if bin_dir else []


def _path() -> list[str]:
    """Return PATH's directories but those of wrappers, which choose a version themselves."""
    found = [d for d in os.environ.get("PATH", "").split(":") if d.startswith("/")]
    return [directory for directory in found if _has(directory, binaries.SERVER)]


def _usual() -> list[str]:
    majors = range(_NEWEST, 12, -1)
    return [place for major in majors for place in binaries.candidates("", major)]


@contextmanager
def running(
    line: list[str], end: Callable[[Program], None], **how: Any
) -> Iterator[Program]:
    """Have a program run while the block lasts, and *end* it whatever comes.

    What it says can be read from its standard output, unless *how*, as Popen takes it, has
    it otherwise.  Raises Failure where it cannot be run.
    """
    process: Program | None = None
    try:
        try:
            # Struck behind the fork, it would run on with nobody who knows of it.
            with held_back(*_ENDING):
                process = _start(line, **how)
            yield process
        finally:
            _ended(process, end)
    except KeyboardInterrupt:
        _ended(process, end)  # that may have struck just before
        raise


def _ended(process: Program | None, end: Callable[[Program], None]) -> None:
    if process is None:
        return
    # Struck within poll(), Popen keeps a lock, and the next wait() has no end.
    with held_back(*_ENDING):
        end(process)


def _start(
    line: list[str], environ: Mapping[str, str] | None = None, **how: Any
) -> Program:
    usual: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    try:
        return subprocess.Popen(
            line,
            env=environment() | dict(environ or {}),
            cwd="/",
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # ^C is for us, who put things right
            **usual | how,
        )
    except OSError as ex:
        raise Failure(f"could not run {quoted(line[0])}: {ex.strerror}") from ex


def kill(process: Program) -> None:
    """End it at once, and what it has started, unless it has ended."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


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
            start_new_session=True,
            timeout=_WITHIN,
        )
    except subprocess.TimeoutExpired:
        why = f"{line[0]}: no answer within {_WITHIN:.0f} s"
    except OSError as ex:
        why = f"{line[0]}: {ex.strerror}"
    return subprocess.CompletedProcess(line, 2, "", why)


def run_all(
    lines: Iterable[list[str]],
) -> list[subprocess.CompletedProcess[str]]:
    """Run all *lines* beside each other, as `run` does; return what each said."""
    each = list(lines)
    said: dict[int, subprocess.CompletedProcess[str]] = {}
    # Whoever is interrupted does not wait for them.
    threads = [
        Thread(
            target=lambda at, line: said.update({at: run(line)}), args=one, daemon=True
        )
        for one in enumerate(each)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [said[at] for at in range(len(each))]


def complaint(said: str) -> str:
    """Return what PostgreSQL complains of, which stands before that there are errors."""
    lines = [re.sub(r"^.*?(LOG|FATAL|ERROR): +", "", one) for one in said.splitlines()]
    return lines[0] if lines else "postgres has failed"


@functools.cache
def _version(program: str) -> str:
    return run([program, "--version"]).stdout
