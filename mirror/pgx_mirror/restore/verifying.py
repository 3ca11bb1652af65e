"""pg_verifybackup at work on the backup, beside its copy and the recovery of that.

It wants a processor and the copy a disk, and both read each file once: what the one has read
the other has in memory.  Nothing counts before its word.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup import places
from pgx_mirror.backup.proving import VERIFIER
from pgx_mirror.setup import programs

_SHOWN = 3  # lines of what it complains of


class Verifier:
    """A pg_verifybackup that works on backup *name*."""

    def __init__(self, name: str, process: programs.Program) -> None:
        self._name, self._process = name, process
        self._said: str | None = None

    def check(self) -> None:
        """Wait for its end.  Raises Failure where the backup is not whole."""
        if self._said is None:
            said, _ = self._process.communicate()
            self._said = said.decode("utf-8", "replace")
        if self._process.returncode:
            raise not_whole(self._name, self._said)


@contextmanager
def verifying(directory: str, name: str, binaries: str) -> Iterator[Verifier]:
    """Have the backup in *directory* verified meanwhile; whatever fails, its word counts first.

    Raises Failure.
    """
    line = [f"{binaries}/{VERIFIER}", "--quiet", "--", places.base(directory)]
    with programs.running(line, programs.kill) as process:
        verifier = Verifier(name, process)
        try:
            yield verifier
        except (Failure, OSError):
            verifier.check()
            raise


def not_whole(name: str, said: str) -> Failure:
    """Return what is told of a backup of which *said* was said."""
    lines = [line.removeprefix(f"{VERIFIER}: ") for line in said.splitlines()]
    first, *more = [line.removeprefix("error: ") for line in lines] or [
        "it says nothing"
    ]
    rest = f"; and {len(more) - _SHOWN} more" if len(more) > _SHOWN else ""
    return Failure(
        f"backup {quoted(name)} is not whole: {first}",
        detail="; ".join(more[:_SHOWN]) + rest or None,
        hint="Restore another one by --backup=NAME: see pgx_rcvall -l.",
    )
