"""What people read: PostgreSQL's `error:`, `detail:`, `hint:` lines.

Everything that goes wrong is raised as `Failure`, and turned into text here and
nowhere else.  pgx_check imports this, so it stays free of dataclasses and re.
"""

from __future__ import annotations

import os

from pgx_base.failure import Failure as Failure

# A pipe that is ready for writing takes this much at once.
_AT_ONCE = 4096
_FULL_FOR_MS = 200


def lines(program: str, level: str, message: Failure) -> list[str]:
    """Return the lines that *message* is shown as, primary line first."""
    shown = [f"{program}: {level}: {message.primary}"]
    for word, text in (("detail", message.detail), ("hint", message.hint)):
        if text:
            shown.append(f"{program}: {word}: {text}")
    return shown


def to_stderr(text: str) -> None:
    """Write *text* to descriptor 2; one that is closed, or stays full, is no error."""
    bytes_to_stderr((text + "\n").encode("utf-8", "backslashreplace"))


def bytes_to_stderr(data: bytes) -> None:
    """Write *data* as it is to descriptor 2; one that is closed, or stays full, is no error."""
    try:
        while data and _takes_more():
            data = data[os.write(2, data[:_AT_ONCE]) :]
    except OSError:
        pass


def _takes_more() -> bool:
    """Whether descriptor 2 takes some more without waiting for whoever reads it.

    RMS reads to the end, but a reader that has stopped must not hold up a verdict.
    """
    import select

    poll = select.poll()
    poll.register(2, select.POLLOUT)
    return bool(poll.poll(_FULL_FOR_MS))


def to_stdout(text: str) -> None:
    """Write *text*, and a newline behind it, to descriptor 1.  Raises Failure."""
    data = (text.rstrip("\n") + "\n").encode() if text else b""
    try:
        while data:
            data = data[os.write(1, data) :]
    except OSError as ex:
        raise Failure(f"could not write to standard output: {ex.strerror}") from ex


def to_system_log(program: str, level: str, message: Failure) -> None:
    """Send each line of *message* to the system log without waiting for it."""
    from pgx_base import system_log

    for line in lines(program, level, message):
        text = line.removeprefix(f"{program}: ")
        system_log.send(program, level, text, os.getpid())


_reason = ""  # what stands before a reason that a cluster manager takes from stderr


def reasons_as(prefix: str) -> None:
    """Have each error's primary line besides, behind *prefix*, for a manager that reads it.

    In this process, and in those that it forks.
    """
    global _reason
    _reason = prefix


def show(program: str, level: str, message: Failure, *, log: bool = True) -> None:
    """Show *message* on stderr and, unless *log* is false, in the system log too."""
    to_stderr("\n".join(lines(program, level, message)))
    if _reason and level == "error":
        to_stderr(_reason + " ".join(message.primary.split()))
    if log:
        to_system_log(program, level, message)


def warn(
    program: str, primary: str, *, detail: str | None = None, hint: str | None = None
) -> None:
    """Show a warning on stderr and in the system log."""
    show(program, "warning", Failure(primary, detail=detail, hint=hint))


def inform(program: str, primary: str) -> None:
    """Show a plain line of information on stderr and in the system log."""
    show(program, "info", Failure(primary))
