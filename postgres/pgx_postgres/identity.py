"""Is this the data directory that was served here before?

The first good Online keeps in WORKDIR/identity the instance's system identifier and on
which file systems its directories lay.  A stale copy under the mount point, or a
directory whose file system is not mounted, has another identifier, another UUID, or no
mount where one was.  Registering the resource anew removes the file.
"""

from __future__ import annotations

import os

from pgx_base import files, mounts
from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass, replace
from pgx_base.text import quoted

FILE = "identity"
_KIND = "pgx-identity "
_FORMAT = f"{_KIND}1"
ROOT = "/"
_UNKNOWN = "-"
DATA = "data"
_HINT = (
    "Mount the right file system. If the change is meant (the directory was restored, "
    "upgraded or moved), register the resource anew: pgx_pclrsc -d, then -a."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a directory of the instance lies.

    *role* is `data`, `wal` or a tablespace's OID; *point* the mount point of its file
    system; *uuid* that file system's, empty when it cannot be known.
    """

    role: str
    path: str
    point: str
    uuid: str = ""

    @property
    def name(self) -> str:
        """How people are told which directory is meant."""
        if self.role == DATA:
            return f"data directory {quoted(self.path)}"
        if self.role == "wal":
            return f"write-ahead log directory {quoted(self.path)}"
        return f"tablespace {self.role} at {quoted(self.path)}"

    @property
    def where(self) -> str:
        """A sentence that says on which file system it lies."""
        uuid = self.uuid or "unknown"
        return f"It lies on the file system of {quoted(self.point)} (UUID {uuid})."


@dataclass(frozen=True, slots=True)
class Identity:
    """What a good Online has served."""

    system_identifier: int
    places: tuple[Place, ...]


def encode(identity: Identity) -> str:
    """Return *identity* as the text of its file."""
    lines = [_FORMAT, f"system {identity.system_identifier}"]
    for place in identity.places:
        point, path = _escape(place.point), _escape(place.path)
        lines.append(f"place {place.role} {place.uuid or _UNKNOWN} {point} {path}")
    return "\n".join(lines) + "\nend\n"


def _escape(path: str) -> str:
    return (
        path.encode("unicode_escape", "surrogateescape").decode().replace(" ", "\\x20")
    )


def _unescape(word: str) -> str:
    return word.encode("ascii").decode("unicode_escape")


def decode(text: str) -> Identity:
    """Return the identity that *text* holds.  Raises ValueError."""
    head, system, *places, last = text.rstrip("\n").split("\n")
    if head != _FORMAT or last != "end" or not system.startswith("system "):
        raise ValueError("not an identity of this version")
    return Identity(int(system[7:]), tuple(_place(line.split(" ")) for line in places))


def _place(words: list[str]) -> Place:
    kind, role, uuid, point, path = words
    if kind != "place":
        raise ValueError("a place is expected")
    return Place(
        role, _unescape(path), _unescape(point), "" if uuid == _UNKNOWN else uuid
    )


def look(role: str, path: str, table: list[mounts.Mount]) -> Place:
    """Return where directory *path* lies now.  Raises OSError."""
    fd = os.open(os.path.realpath(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    return _place_of(role, path, fd, table)


def look_about(role: str, path: str, table: list[mounts.Mount]) -> Place:
    """Return where directory *path* would lie, which may not be there or be closed.

    Raises OSError.
    """
    return _place_of(role, path, _nearest(os.path.realpath(path)), table)


def _nearest(path: str) -> int:
    """Return a descriptor of *path*, or of what is there of the directories above it."""
    while True:
        for flags in (os.O_RDONLY, os.O_PATH):
            try:
                return os.open(path, flags | os.O_DIRECTORY | os.O_CLOEXEC)
            except OSError:
                if path == ROOT and flags == os.O_PATH:
                    raise
        path = os.path.dirname(path)


def _place_of(role: str, path: str, fd: int, table: list[mounts.Mount]) -> Place:
    """Return where the directory of *fd*, which is closed, lies."""
    try:
        mount = mounts.of(fd, table)
        if mount is None:
            return Place(role, path, ROOT)
        # A tmpfs has a new UUID at each mount.
        known = mounts.uuid(fd) if mount.source.startswith("/dev/") else ""
        return Place(role, path, mount.point, known)
    finally:
        os.close(fd)


def differences(stored: Identity, found: Identity) -> list[Failure]:
    """Return why *found* is not what was served before: an empty list when it is."""
    if stored.system_identifier != found.system_identifier:
        return [_another_instance(stored, found)]
    before = {place.role: place for place in stored.places}
    pairs = ((before.get(place.role), place) for place in found.places)
    problems = (_moved(old, new) for old, new in pairs if old is not None)
    return [problem for problem in problems if problem is not None]


def place_of(stored: Identity | None, role: str) -> Place | None:
    """Return where the directory of *role* lay before, None where nobody knows."""
    known = stored.places if stored is not None else ()
    return next((place for place in known if place.role == role), None)


def another_disk(old: Place | None, new: Place) -> Failure | None:
    """Return that another file system is mounted where the right one was, if it is so."""
    if old is None or old.point != new.point:
        return None
    return _moved(old, new)


def _another_instance(stored: Identity, found: Identity) -> Failure:
    return Failure(
        f"{found.places[0].name} holds another instance",
        detail=f"Its system identifier is {found.system_identifier}; this resource's "
        f"is {stored.system_identifier}.",
        hint=_HINT,
    )


def _moved(old: Place, new: Place) -> Failure | None:
    if old.point == ROOT:
        return None
    if new.path != old.path:
        return _not_mounted(old, new) if new.point == ROOT else None
    if old.uuid and new.uuid:
        return None if old.uuid == new.uuid else _another_file_system(old, new)
    gone = new.point != old.point and mounts.is_above(new.point, old.point)
    return _not_mounted(old, new) if gone else None


def _another_file_system(old: Place, new: Place) -> Failure:
    if old.point != new.point:
        return _not_mounted(old, new)
    return Failure(
        f"{new.name} lies on another file system than before",
        detail=f"The file system has UUID {new.uuid}; it was {old.uuid} at the last "
        "good Online.",
        hint=_HINT,
    )


def _not_mounted(old: Place, new: Place) -> Failure:
    return Failure(
        f"{new.name} is not on its file system: {quoted(old.point)} is not mounted",
        detail=f"It lies on the file system of {quoted(new.point)} "
        f"(UUID {new.uuid or 'unknown'}); at the last good Online it lay on the one "
        f"mounted at {quoted(old.point)} (UUID {old.uuid or 'unknown'}).",
        hint=_HINT,
    )


def merged(stored: Identity | None, found: Identity) -> Identity:
    """Return what to keep after a good Online: a UUID once known is not forgotten."""
    if stored is None:
        return found
    before = {(place.role, place.point): place.uuid for place in stored.places}
    places = (
        replace(place, uuid=place.uuid or before.get((place.role, place.point), ""))
        for place in found.places
    )
    return replace(found, places=tuple(places))


def read(dir_fd: int) -> Identity | None:
    """Return what a work directory keeps, None before the first good Online.

    Raises Failure when it is there and cannot be read: it is what keeps a stale copy out.
    """
    try:
        fd = files.open_regular(dir_fd, FILE)
    except FileNotFoundError:
        return None
    except OSError as ex:
        raise _unreadable(ex.strerror or str(ex)) from ex
    try:
        data = os.read(fd, 1 << 20)
    except OSError as ex:
        raise _unreadable(ex.strerror or str(ex)) from ex
    finally:
        os.close(fd)
    try:
        return decode(data.decode("ascii"))
    except ValueError as ex:
        raise _unreadable(_what_it_is(data)) from ex


def _what_it_is(data: bytes) -> str:
    """Say what a file holds that is no identity."""
    if not data.strip(b"\0\n "):
        return "it is empty"
    first = data.split(b"\n")[0].decode("ascii", "replace")
    if first.startswith(_KIND) and first != _FORMAT:
        return f"it is of another version ({first[:40]})"
    return "it is garbled"


def _unreadable(reason: str) -> Failure:
    return Failure(
        f"could not read the identity of the instance: {reason}",
        hint="Register the resource anew with pgx_pclrsc -d, then -a, after making sure "
        "that the right data directory is mounted.",
    )


def write(dir_fd: int, identity: Identity) -> None:
    """Keep *identity*, whole or not at all.  Raises OSError."""
    beside = f"{FILE}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    fd = files.open_regular(dir_fd, beside, flags)
    try:
        os.write(fd, encode(identity).encode("ascii"))
        os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(beside, FILE, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
