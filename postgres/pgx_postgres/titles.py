"""Who is who among a server's processes, by the titles that ps shows.

A title is `postgres: `, the cluster_name and a colon where one is set, what the process
is, and what it does.  A client's backend shows user, database and client instead.  Users
choose names: of clusters, roles and databases, and a base backup's label stands in a title
too.  So one of the server's own processes is told by all of its title, not by how that
begins: whoever serves a client has the client, `[local]` or `host(port)`, in it.
"""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = "postgres: "
CHECKPOINTER, ARCHIVER, WALSENDER = "checkpointer", "archiver", "walsender"
STARTUP, LOGGER = "startup", "logger"
BACKEND, OTHER, COMMAND = "backend", "other", "command"
_FILE, _POSITION, _NUMBER = "a file", "a position", "a number"
_CHECKPOINT = (
    "performing shutdown checkpoint",
    "performing shutdown restartpoint",
    "performing end-of-recovery checkpoint",
    "performing checkpoint",
    "performing restartpoint",
)
# What each of the server's own processes is called, and what it can do: PostgreSQL 13 to 18.
_OWN: dict[str, tuple[str, ...]] = {
    CHECKPOINTER: _CHECKPOINT,
    ARCHIVER: (f"archiving {_FILE}", f"last was {_FILE}", f"failed on {_FILE}"),
    STARTUP: (
        f"recovering {_FILE}",
        f"recovering {_FILE} waiting",
        f"waiting for {_FILE}",
    ),
    LOGGER: (),
    "background writer": (),
    "walwriter": (),
    "stats collector": (),
    "walreceiver": (f"streaming {_POSITION}", "idle", "restarting"),
    "walsummarizer": (),
    "autovacuum launcher": (),
    "logical replication launcher": (),
    "slotsync worker": (),
    "io worker": (_NUMBER,),
}
_KNOWN = frozenset({CHECKPOINTER, ARCHIVER, STARTUP, LOGGER})
_MOST_NAMED = 3


def is_title(command: str) -> bool:
    """Whether a server process has set *command* as its title; a postmaster never does."""
    return command.startswith(PREFIX)


def cluster_of(commands: Iterable[str]) -> str | None:
    """Return the cluster_name of a server whose processes have *commands*, None if not told.

    It stands before all of its titles; what a user has put into one title does not.
    """
    found = [command.removeprefix(PREFIX) for command in commands if is_title(command)]
    if not found:
        return None
    for name in _beginnings(found[0]):
        if all(text.startswith(_before(name)) for text in found) and any(
            _own(text.removeprefix(_before(name))) for text in found
        ):
            return name
    return None


def _beginnings(text: str) -> list[str]:
    """Return what can be the cluster_name in *text*, none at all first."""
    ends = [at for at in range(1, len(text)) if text.startswith(": ", at)]
    return ["", *(text[:at] for at in ends)]


def _before(cluster: str) -> str:
    return f"{cluster}: " if cluster else ""


def role(command: str, cluster: str | None = "") -> str:
    """Return what the process with *command* is: one of the words above.

    COMMAND is a program that the server runs; BACKEND whatever serves a client, or works
    in the background and ends as soon as it is asked to.
    """
    if not is_title(command):
        return COMMAND
    text = command.removeprefix(PREFIX)
    before = _before(cluster or "")
    if not text.startswith(before):
        return BACKEND
    text = text.removeprefix(before)
    own = _own(text)
    if own:
        return own if own in _KNOWN else OTHER
    return WALSENDER if _sends_wal(text) else BACKEND


def _own(text: str) -> str:
    """Return which of the server's own processes all of *text* names, or nothing."""
    for name, does in _OWN.items():
        if text.strip() == name:
            return name
        doing = text.removeprefix(f"{name} ")
        if doing != text and any(_fits(doing, form) for form in does):
            return name
    return ""


def _fits(text: str, form: str) -> bool:
    """Whether *text* is *form*, with one word where that says what stands there."""
    for kind, letters in (
        (
            _FILE,
            "0123456789ABCDEFabcdefhikloprstuy.",
        ),  # also .partial, .history, .backup
        (_POSITION, "0123456789ABCDEF/"),
        (_NUMBER, "0123456789"),
    ):
        before, there, after = form.partition(kind)
        if there:
            word = text.strip().removeprefix(before).removesuffix(after)
            whole = f"{before}{word}{after}" == text.strip()
            return whole and bool(word) and not word.strip(letters)
    return text.strip() == form


def _sends_wal(text: str) -> bool:
    """Whether it streams: a client of a role that is called walsender does not."""
    words = text.split()
    return words[:1] == [WALSENDER] and (
        words[-1] == "START_REPLICATION"
        or (words[-2:-1] == ["streaming"] and _fits(words[-1], _POSITION))
    )


def may_send_wal(command: str, cluster: str | None = "") -> bool:
    """Whether it is a WAL sender, or a client of that name: SIGTERM ends it in any case."""
    return command.removeprefix(PREFIX + _before(cluster or "")).startswith(
        f"{WALSENDER} "
    )


_IN_WORDS = {
    BACKEND: "backend",
    WALSENDER: "WAL sender",
    ARCHIVER: "archiver",
    COMMAND: "command",
    CHECKPOINTER: "checkpoint by",
}


def waited_for(processes: Iterable[tuple[int, str]], cluster: str | None = "") -> str:
    """Say whom a stop waits for among *processes*, each PID and command, most telling first."""
    by_role: dict[str, list[str]] = {}
    for pid, command in processes:
        named = by_role.setdefault(role(command, cluster), [])
        named.append(shown(pid, command))
    for kind, words in _IN_WORDS.items():
        if kind in by_role:
            return f"{words} {_listed(by_role.pop(kind))}"
    rest = [text for texts in by_role.values() for text in texts]
    return f"process {_listed(rest)}" if rest else "the postmaster"


def shown(pid: int, command: str) -> str:
    """Return PID and title as messages name them."""
    return f"{pid} ({command.removeprefix(PREFIX).strip()})"


def _listed(texts: list[str]) -> str:
    more = len(texts) - _MOST_NAMED
    text = ", ".join(texts[:_MOST_NAMED])
    return f"{text} and {more} more" if more > 0 else text
