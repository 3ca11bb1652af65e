"""pgx_walcopy.cmd SOURCE TARGET: put a file of the write-ahead log into the archive.

It is what archive_command calls (manual 6.3.2, B.1), once for each file, so that what is
imported here is counted: os and sys, and words only where there is something to say.

    1. what is there already under the name is left: of equal content it is what was wanted,
       of another it is refused
    2. a copy is made beside it, under a name of this server's, and synced
    3. it gets its name by a link, which replaces nothing
    4. the directory is synced

    killed after  what is left                      put right by
    1             what was there                    the server, which calls again
    2             a file `.NAME.HOST-NUMBERS.new`   the next call for NAME; pgx_dmpall
    3             the file, perhaps not for good    the next call: it syncs what it finds equal

Two servers may archive into one directory (C.2): what is linked is the copy that this very
process has written, whoever removes or makes files of that name meanwhile.

Exit: 0 archived, for good; 1 not; 2 wrong usage.  The server tries again.  Above 125 its
archiver would end (PostgreSQL's archive_command), so Python's own codes never get out.
"""

import os
import sys

from pgx_base import prologue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

NAMES = ("pgx_walcopy.cmd", "pgx_xlogcopy.cmd")  # the old one last
USAGE = 2
NEW = ".new"
_AT_ONCE = 1 << 20
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_MODE = 0o600
_KIND, _REGULAR = 0o170000, 0o100000  # S_IFMT, S_IFREG
_HEADER = 36  # bytes, of a file's first page: up to how long the file is
_IS_LONG = 0x2  # of a page's flags: the header tells of the file
_HEXADECIMAL = frozenset("0123456789ABCDEF")
_SEGMENT = 24  # characters of a name


class NotArchived(Exception):
    """Why not: which of `words` says it, and of what."""

    def __init__(self, word: str, *about: object) -> None:
        super().__init__(word)
        self.word, self.about = word, about


def archive(source: str, target: str) -> None:
    """Have *target* be what *source* is, for good.  Raises NotArchived."""
    fd = _opened(source)
    try:
        size = _size(fd, source)
        _check_whole(fd, source, os.path.basename(target), size)
        _forget(beside_of(target))
        if not _is_there(fd, source, target):
            _put(fd, source, target, size)
        _sync_directory(os.path.dirname(target) or ".")
    finally:
        os.close(fd)


def _opened(path: str) -> int:
    fd: int = _tried("read", path, os.open, path, _READ)
    return fd


def _tried(word: str, path: str, do: "Callable[..., Any]", *given: "Any") -> "Any":
    """Return what *do* returns of what is *given*; what fails is told by *word* and *path*."""
    try:
        return do(*given)
    except OSError as ex:
        raise NotArchived(word, path, ex) from ex


def _size(fd: int, path: str) -> int:
    found = os.fstat(fd)
    if found.st_mode & _KIND != _REGULAR:
        raise NotArchived("odd", path)
    return found.st_size


def _check_whole(fd: int, path: str, name: str, size: int) -> None:
    """Refuse a file of the log that has not the length that its first page names.

    The server's own disk has lost the rest; nobody recovers over it.
    """
    if not _is_segment(name):
        return
    head = _tried("read", path, os.pread, fd, _HEADER, 0)
    wanted = length_of(head)
    if not size or (wanted and wanted != size):
        raise NotArchived("short", path, size, wanted)


def length_of(head: bytes) -> int:
    """Return how many bytes a file has by its first page, 0 where that does not tell."""
    number = int.from_bytes(head[:2], sys.byteorder)
    flags = int.from_bytes(head[2:4], sys.byteorder)
    if len(head) < _HEADER or number >> 12 != 0xD or not flags & _IS_LONG:
        return 0
    length = int.from_bytes(head[32:36], sys.byteorder)
    return length if length and not length & (length - 1) else 0


def _is_segment(name: str) -> bool:
    number = name.removesuffix(".partial")
    return len(number) == _SEGMENT and _HEXADECIMAL.issuperset(number)


def _is_there(fd: int, source: str, target: str) -> bool:
    """Whether *target* is there with that content, which is on disk then."""
    try:
        there = os.open(target, _READ)
    except FileNotFoundError:
        return False
    except OSError as ex:
        raise NotArchived("look", target, ex) from ex
    try:
        size = _size(there, target)
        at = differ_at(fd, source, there, target)
        if at is not None:
            raise NotArchived("other", source, target, at, size)
        _tried("write", target, os.fsync, there)
    finally:
        os.close(there)
    return True


def differ_at(
    fd: int, source: str, there: int, target: str, at_once: int = _AT_ONCE
) -> int | None:
    """Return the first byte at which both are not alike, None where they are.

    Both are read in pieces of *at_once* bytes.
    """
    at = 0
    while True:
        ours = _tried("read", source, os.pread, fd, at_once, at)
        theirs = _tried("read", target, os.pread, there, at_once, at)
        if ours != theirs:
            alike = min(len(ours), len(theirs))
            return at + next((n for n in range(alike) if ours[n] != theirs[n]), alike)
        if not ours:
            return None
        at += len(ours)


def _put(fd: int, source: str, target: str, size: int) -> None:
    """Make *target*, whole and on disk; one that has come meanwhile is not replaced."""
    beside = beside_of(target)
    new = _tried("make", target, os.open, beside, _MAKE, _MODE)
    try:
        _copy(fd, source, new, target, size)
        _tried("write", target, os.fsync, new)
        # By the descriptor: another process may have made another file of that name.
        ours = f"/proc/self/fd/{new}"
        os.link(ours, target, src_dir_fd=new, follow_symlinks=True)
    except FileExistsError:
        _is_there(fd, source, target)
    except OSError as ex:
        raise NotArchived("name", target, ex) from ex
    finally:
        _forget_own(beside, new)
        os.close(new)


def beside_of(target: str) -> str:
    """Return what a copy is called until it is whole: in that directory, this server's own.

    It is the same at each call of this server for that name, so that a call which was
    killed leaves nothing behind the next one.  The host and its data directory tell two
    servers apart; where they do not, both make the file anew, and link their own.
    """
    directory, name = os.path.split(target)
    here = os.stat(".")  # archive_command runs in the data directory
    server = f"{os.uname().nodename}-{here.st_dev:x}-{here.st_ino:x}"
    own = f".{name}.{server}{NEW}"
    return os.path.join(directory, own)


def _forget(path: str) -> None:
    """Remove what a call has left; where that fails, making it anew says why."""
    try:
        os.unlink(path)
    except OSError:
        pass


def _forget_own(path: str, fd: int) -> None:
    """Remove it, if it is the file *fd*: a call behind a killed server's has made its own."""
    try:
        if os.lstat(path).st_ino == os.fstat(fd).st_ino:
            os.unlink(path)
    except OSError:
        pass


def _copy(fd: int, source: str, new: int, target: str, size: int) -> None:
    at = 0
    while block := _tried("read", source, os.pread, fd, _AT_ONCE, at):
        begun = at
        at += len(block)
        while block:
            done = _tried("write", target, os.write, new, block)
            block = block[done:]
        # The disk begins with it at once: there is less to wait for in the end.
        os.posix_fadvise(new, begun, at - begun, os.POSIX_FADV_DONTNEED)
    if at != size:
        raise NotArchived("changed", source)


def _sync_directory(path: str) -> None:
    fd = _tried("sync", path, os.open, path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _tried("sync", path, os.fsync, fd)
    finally:
        os.close(fd)


def run(program: str, arguments: list[str]) -> int:
    """Return the exit code for *arguments*; nothing that happens may choose it but us."""
    try:
        if len(arguments) != 2 or arguments[0].startswith("-"):
            return _usage(program, arguments)
        if os.geteuid() == 0:
            raise NotArchived("root")
        archive(*arguments)
        return 0
    except NotArchived as ex:
        return _tell(program, ex)
    except Exception as ex:  # noqa: BLE001  # one line, whatever happens
        return _tell(program, NotArchived("ours", ex))


def _usage(program: str, arguments: list[str]) -> int:
    from pgx_mirror.backup import walcopy_words as words

    return 0 if words.usage(program, arguments) else USAGE


def _tell(program: str, why: NotArchived) -> int:
    """Say it where the server's log has it; return the exit code."""
    from pgx_mirror.backup import walcopy_words as words

    words.tell(program, words.failure(why.word, *why.about))
    return 1


def main() -> None:
    """Archive, and leave at once: nothing is buffered, and tidying up costs time."""
    prologue.first_statements()
    name = os.path.basename(sys.argv[0])
    os._exit(run(name if name in NAMES else NAMES[0], sys.argv[1:]))
