"""A bundle as it was unpacked: its list of checksums, and what is read by it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pgx_base.failure import Failure
from pgx_base.text import quoted

SUMS = "SHA256SUMS"
_DAMAGED = "Copy the archive again, and compare its own checksum before it is unpacked."


class Contents:
    """The files of a bundle in *directory*, by their names in its list."""

    def __init__(self, directory: Path) -> None:
        """Read the list.  Raises Failure."""
        self.directory = directory
        self._sums = _listed(directory / SUMS)

    def below(self, folder: str) -> list[str]:
        """Return the names of the files in *folder*, without it."""
        start = f"{folder}/"
        return sorted(
            name.removeprefix(start) for name in self._sums if name.startswith(start)
        )

    def read(self, name: str) -> bytes:
        """Return what is in file *name*; it is these bytes that were looked at.

        Raises Failure.
        """
        try:
            data = (self.directory / name).read_bytes()
        except OSError as ex:
            raise Failure(
                f"the bundle is not whole: could not read {quoted(name)}: {ex.strerror}",
                hint=_DAMAGED,
            ) from ex
        if hashlib.sha256(data).hexdigest() != self._sums[name]:
            raise Failure(
                f"the bundle is not whole: {quoted(name)} has another checksum",
                hint=_DAMAGED,
            )
        return data

    def check(self) -> None:
        """Look at every file of the list.  Raises Failure."""
        for name in self._sums:
            self.read(name)


def _listed(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text().splitlines()
    except OSError as ex:
        raise Failure(f"could not read {quoted(str(path))}: {ex.strerror}") from ex
    found = {}
    for line in lines:
        summed, blanks, name = line.partition("  ")
        if not blanks or len(summed) != 64 or _leads_out(name):
            raise Failure(
                f"the bundle is not whole: {quoted(SUMS)} has the line {quoted(line)}",
                hint=_DAMAGED,
            )
        found[name] = summed
    return found


def _leads_out(name: str) -> bool:
    return not name or name.startswith("/") or ".." in name.split("/")
