"""Who is who among a server's processes, by the titles that ps shows.

A title is `postgres: `, the cluster_name and a colon where one is set, then what the
process is.  A client's backend shows user, database and client instead of a name.
"""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = "postgres: "
CHECKPOINTER, ARCHIVER, WALSENDER = "checkpointer", "archiver", "walsender"
_OTHERS = (
    "background writer",
    "walwriter",
    "wal writer",
    "logger",
    "stats collector",
    "startup",
    "walreceiver",
    "walsummarizer",
    "autovacuum launcher",
    "logical replication launcher",
    "io worker",
)
_NAMES = (CHECKPOINTER, ARCHIVER, WALSENDER, *_OTHERS)
BACKEND, OTHER, COMMAND = "backend", "other", "command"
_MOST_NAMED = 3


def is_title(command: str) -> bool:
    """Whether a server process has set *command* as its title; a postmaster never does."""
    return command.startswith(PREFIX)


def role(command: str) -> str:
    """Return what the process with *command* is: one of the words above.

    COMMAND is a program that the server runs; BACKEND whatever serves a client, or works
    in the background and ends as soon as it is asked to.
    """
    if not is_title(command):
        return COMMAND
    text = command.removeprefix(PREFIX)
    for candidate in (text, text.partition(": ")[2]):
        for name in _NAMES:
            if candidate.startswith(name):
                return OTHER if name in _OTHERS else name
    return BACKEND


_IN_WORDS = {
    BACKEND: "backend",
    WALSENDER: "WAL sender",
    ARCHIVER: "archiver",
    COMMAND: "command",
    CHECKPOINTER: "checkpoint by",
}


def waited_for(processes: Iterable[tuple[int, str]]) -> str:
    """Say whom a stop waits for among *processes*, each PID and command, most telling first."""
    by_role: dict[str, list[str]] = {}
    for pid, command in processes:
        shown = f"{pid} ({command.removeprefix(PREFIX).strip()})"
        by_role.setdefault(role(command), []).append(shown)
    for kind, words in _IN_WORDS.items():
        if kind in by_role:
            return f"{words} {_listed(by_role[kind])}"
    return (
        f"process {_listed(by_role[OTHER])}" if OTHER in by_role else "the postmaster"
    )


def _listed(shown: list[str]) -> str:
    more = len(shown) - _MOST_NAMED
    text = ", ".join(shown[:_MOST_NAMED])
    return f"{text} and {more} more" if more > 0 else text
