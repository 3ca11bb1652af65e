"""Data directories for tests: one that was used is made like new, and used again.

Removing a thousand files and making them anew would cost more than most tests do: ext4
gives out no inode that was freed within the last minutes, and passes them one by one.
"""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path

from fixtures.server import copy_data_directory

_MOST = 4  # that a worker keeps of each template
_TICK = 0.02  # seconds; what changes within one may bear the same time
Known = dict[str, tuple[int, int]]  # by path: inode and when it was changed last


@dataclass
class _Made:
    template: Path
    inode: int
    known: Known


@dataclass
class DataDirectories:
    """Makes copies of templates, of what has been given back where there is such."""

    _free: dict[Path, list[tuple[Path, Known]]] = field(default_factory=dict)
    _made: dict[Path, _Made] = field(default_factory=dict)
    _number: itertools.count[int] = field(default_factory=itertools.count)

    def make(self, template: Path, target: Path) -> None:
        """Make *target* a copy of *template*, with owners and modes."""
        if not self._make_like_new(template, target):
            copy_data_directory(template, target)
        time.sleep(_TICK)  # whatever is done to it from now on shows
        known = look(str(template), str(target))
        self._made[target] = _Made(template, target.stat().st_ino, known)

    def _make_like_new(self, template: Path, target: Path) -> bool:
        free = self._free.get(template)
        if not free:
            return False
        path, known = free.pop()
        try:
            renew(str(template), str(path), known)
            path.rename(target)
        except OSError:
            shutil.rmtree(path, ignore_errors=True)
            return False
        return True

    def give_back(self, place: Path) -> None:
        """Take what was made at or below *place*, and is there still: nobody works in it."""
        for target in [path for path in self._made if path.is_relative_to(place)]:
            made = self._made.pop(target)
            free = self._free.setdefault(made.template, [])
            kept = made.template.with_name(f"used-{os.getpid()}-{next(self._number)}")
            try:
                if len(free) < _MOST and target.lstat().st_ino == made.inode:
                    target.rename(kept)
                    free.append((kept, made.known))
            except OSError:  # moved away by the test, or something is mounted there
                pass


def look(source: str, target: str) -> Known:
    """Return what there is now of each file of *source* in *target*, a copy of it."""
    found: Known = {}
    for entry in _entries(source):
        path = f"{target}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            found |= look(entry.path, path)
        else:
            there = os.lstat(path)
            found[entry.path] = there.st_ino, there.st_ctime_ns
    return found


def _entries(directory: str) -> list[os.DirEntry[str]]:
    """Return what is in it, and leave it closed: who looks for its users must find none."""
    with os.scandir(directory) as entries:
        return list(entries)


def renew(source: str, target: str, known: Known) -> None:
    """Make *target* a copy of *source* again; a file that is as *known* has not changed."""
    os.chmod(target, 0o700)
    wanted = {entry.name: entry for entry in _entries(source)}
    there = {
        entry.name: entry.stat(follow_symlinks=False)
        for entry in _entries(target)
        if _stays(entry, wanted.get(entry.name))
    }
    for name, entry in wanted.items():
        path, found = f"{target}/{name}", there.get(name)
        if entry.is_dir(follow_symlinks=False):
            if found is None:
                os.mkdir(path)
            renew(entry.path, path, known)
        elif found is None or (found.st_ino, found.st_ctime_ns) != known[entry.path]:
            _copy(entry.path, path)
    _give_papers(os.stat(source), target)


def _stays(entry: os.DirEntry[str], wanted: os.DirEntry[str] | None) -> bool:
    """Remove *entry* unless it is of the kind that is *wanted*; whether it stays."""
    if wanted is not None and _same_kind(entry, wanted):
        return True
    if entry.is_dir(follow_symlinks=False):
        shutil.rmtree(entry.path)
    else:
        os.unlink(entry.path)
    return False


def _same_kind(entry: os.DirEntry[str], wanted: os.DirEntry[str]) -> bool:
    """Whether both are directories, or files without a second name."""
    found, like = (one.stat(follow_symlinks=False) for one in (entry, wanted))
    if stat.S_IFMT(found.st_mode) != stat.S_IFMT(like.st_mode):
        return False
    return stat.S_ISDIR(found.st_mode) or found.st_nlink == 1


def _copy(source: str, target: str) -> None:
    """Write *source* over *target*, whose inode stays."""
    with open(source, "rb") as read:
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            found = os.fstat(read.fileno())
            done = 0
            while done < found.st_size:
                done += os.sendfile(fd, read.fileno(), done, found.st_size - done)
            os.truncate(fd, found.st_size)
            _give_papers(found, fd)
        finally:
            os.close(fd)


def _give_papers(of: os.stat_result, to: str | int) -> None:
    """Give *to* the owner, the mode and the times that *of* has."""
    os.chown(to, of.st_uid, of.st_gid)
    os.chmod(to, stat.S_IMODE(of.st_mode))
    os.utime(to, ns=(of.st_atime_ns, of.st_mtime_ns))
