"""What pgx_walcopy.cmd says, and its help.  Not on the path of a file that is archived."""

from __future__ import annotations

from collections.abc import Callable

from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.text import quoted

HELP = """\
{program} puts a file of the write-ahead log into the archive.

Usage:
  {program} SOURCE TARGET

Arguments:
  SOURCE                    the file, as archive_command has it: "%p"
  TARGET                    what it is to be in the archive, "DIR/archived_wal/%f", where
                            DIR is the backup destination

Options:
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

Exit status:
  0  archived, or there already with equal content; it is on disk
  1  not archived; the server tries again
  2  wrong usage
"""


def usage(program: str, arguments: list[str]) -> bool:
    """Give help or version, else say what is wrong with *arguments*; return which."""
    from pgx_base.program import answered

    text = HELP.format(program=program)
    try:
        if len(arguments) == 1 and answered(program, text, arguments):
            return True
        problem = _wrong(program, arguments)
    except Failure as ex:  # standard output is full, say
        problem = ex
    tell(program, problem)
    return False


def _wrong(program: str, arguments: list[str]) -> Failure:
    from pgx_base.arguments import hint

    if arguments and arguments[0].startswith("-"):
        text = f"unrecognized option {quoted(arguments[0])}"
        return Failure(text, hint=hint(program))
    return Failure(
        "two arguments are needed: a file, and what it is to be in the archive",
        detail=f"There are {len(arguments)}. In archive_command both stand in double "
        'quotes: "%p" "DIR/archived_wal/%f".',
        hint=hint(program),
    )


def tell(program: str, what: Failure) -> None:
    """Say it on stderr alone, which is the server's log."""
    report.show(program, "error", what, log=False)


def failure(word: str, *about: object) -> Failure:
    """Return what is said by *word* of *about*."""
    return _WORDS[word](*about)


def _read(path: object, why: OSError) -> Failure:
    return Failure(f"could not read file {quoted(path)}: {why.strerror}")


def _look(path: object, why: OSError) -> Failure:
    return Failure(
        f"could not look at archived file {quoted(path)}: {why.strerror}",
        hint=_hint(why),
    )


def _make(path: object, why: OSError) -> Failure:
    return Failure(
        f"could not make archived file {quoted(path)}: {why.strerror}", hint=_hint(why)
    )


def _write(path: object, why: OSError) -> Failure:
    return Failure(
        f"could not write archived file {quoted(path)}: {why.strerror}",
        detail="What was there before is there still.",
        hint=_hint(why),
    )


def _hint(why: OSError) -> str | None:
    import errno

    return {
        errno.ENOENT: "The directory must be there: nothing is archived beside a mount "
        "point whose file system is not mounted.",
        errno.ENOSPC: "Make room there: pgx_dmpall removes what no kept backup needs.",
        errno.EDQUOT: "Make room there: pgx_dmpall removes what no kept backup needs.",
        errno.EACCES: "The instance's OS user must own the directory.",
        errno.EPERM: "The file system must have hard links.",
        errno.EOPNOTSUPP: "The file system must have hard links.",
    }.get(why.errno or 0)


def _sync(path: object, why: OSError) -> Failure:
    return Failure(f"could not sync directory {quoted(path)}: {why.strerror}")


def _odd(path: object) -> Failure:
    return Failure(f"{quoted(path)} is not a regular file")


def _short(path: object, size: object, wanted: object) -> Failure:
    has = f"It has {size} bytes"
    return Failure(
        f"file {quoted(path)} is not whole",
        detail=f"{has}, and by its first page {wanted}." if wanted else f"{has}.",
        hint="Nobody recovers over it: see to the disk of pg_wal, and make a backup "
        "(pgx_dmpall) once it can be read.",
    )


def _changed(path: object) -> Failure:
    return Failure(f"file {quoted(path)} has changed while it was read")


def _other(source: object, target: object, at: object, size: object) -> Failure:
    return Failure(
        f"archived file {quoted(target)} has other content than {quoted(source)}",
        detail=f"They differ from byte {at} on; it has {size} bytes. Nothing is replaced.",
        hint="Another server's, or of a time that was given up: give each database a "
        "directory of its own, or move the archived file away.",
    )


def _root() -> Failure:
    return Failure(
        "cannot be run as root",
        detail="PostgreSQL refuses to run as root.",
        hint="Run it as the instance administrator, who owns the data directory.",
    )


def _ours(problem: Exception) -> Failure:
    from pgx_base import program

    return program.internal_error(problem)


_WORDS: dict[str, Callable[..., Failure]] = {
    "read": _read, "look": _look, "make": _make, "name": _make, "write": _write,
    "sync": _sync, "odd": _odd, "short": _short, "changed": _changed, "other": _other,
    "root": _root, "ours": _ours,
}  # fmt: skip
