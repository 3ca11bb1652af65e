"""The register's file: one cell, whose it is, and which file it is itself."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core.state import Kept

FILE = "pgx_mirror.register"
LARGEST = 4096  # bytes
_VERSION = "pgx_mirror register 1"
_FIELDS = (
    "identity",
    "system",
    "epoch",
    "state",
    "who",
    "file",
    "directory",
)
_NUMBERS = ("epoch", "file", "directory")


class Broken(Exception):
    """A file that is not what was written, with the reason."""


@dataclass(frozen=True, slots=True)
class Place:
    """The numbers of the file and of its directory: a copy has others."""

    file: int
    directory: int


def encode(kept: Kept, place: Place) -> bytes:
    """Return the text of the file, with a checksum in its last line."""
    cell = kept.cell or Cell(0, "", "")
    values = (
        kept.identity,
        kept.system,
        cell.epoch,
        cell.state,
        cell.who,
        place.file,
        place.directory,
    )
    pairs = zip(_FIELDS, values, strict=True)
    lines = [_VERSION, *(f"{name} = {value}" for name, value in pairs)]
    body = "".join(f"{line}\n" for line in lines).encode()
    return body + b"checksum = %08x\n" % crc32(body)


def decode(data: bytes) -> tuple[Kept, Place]:
    """Return what was kept, and where it was written.  Raises Broken."""
    body, checksum = data[:-20], data[-20:]
    if checksum != b"checksum = %08x\n" % crc32(body):
        raise Broken("Its checksum does not match.")
    first, *lines = body.decode("utf-8", "replace").splitlines()
    if first != _VERSION:
        raise Broken(f'It begins with "{first}", not with "{_VERSION}".')
    found = dict(line.partition(" = ")[::2] for line in lines)
    if tuple(found) != _FIELDS or not all(found[n].isdecimal() for n in _NUMBERS):
        raise Broken("Its fields are not those of this version.")
    return _kept(found), Place(int(found["file"]), int(found["directory"]))


def _kept(found: dict[str, str]) -> Kept:
    cell = Cell(int(found["epoch"]), found["state"], found["who"])
    if cell.state not in (PAIR, ALONE, "") or not found["identity"]:
        raise Broken("It is of no state that a cell has.")
    return Kept(found["identity"], found["system"], cell if cell.state else None)
