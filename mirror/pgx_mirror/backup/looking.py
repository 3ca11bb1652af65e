"""What pgx_dmpall finds before it touches anything: all refusals, and what it goes by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.backup import destination, places, primary, proving
from pgx_mirror.backup.primary import Primary
from pgx_mirror.backup.task import Refused, Task, Teller
from pgx_mirror.checks import archiving
from pgx_mirror.conf.place import lies_in
from pgx_mirror.controller import words
from pgx_mirror.controller.asking import NotRunning, ask
from pgx_mirror.controller.asking import Refused as NotAnswered
from pgx_mirror.peer.hello import DESTINATION
from pgx_mirror.setup import programs
from pgx_postgres import tablespaces

_SENDERS = 2  # pg_basebackup's: the files, and the write-ahead log
_ANSWER_WITHIN = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Found:
    """What the server has said, and the directory of the programs of its version."""

    primary: Primary
    programs: str


def look(task: Task, teller: Teller) -> Found:
    """Return what is there, and warn of what makes a backup less worth.

    Raises InRecovery on a standby, Refused where no backup can be made, and Failure.
    """
    told = primary.ask(task)
    reasons = [*destination.problems(task.destination, _beside(task, told))]
    reasons += [*_unmounted(task, told), *_senders(told)]
    binaries = ""
    try:
        binaries = programs.directory_of(told.major, task.bin_dir)
        reasons += _verifier(binaries)
    except Failure as ex:
        reasons.append(ex)
    if not reasons and (full := destination.no_room(task.destination, told.size)):
        reasons.append(full)
    if reasons:
        raise Refused(reasons)
    for finding in archiving.judge(told.settings, task.destination, "this server"):
        teller.warn(finding.what)
    for what in [*_within(task, told), *_of_peer(task)]:
        teller.warn(what)
    return Found(told, binaries)


def _beside(task: Task, told: Primary) -> dict[str, str]:
    """Return what the destination may have nothing to do with."""
    found = {"data directory": task.data, "management directory": task.mcdir}
    wal = f"{task.data}/pg_wal"
    if os.path.islink(wal):
        found["pg_wal"] = os.path.realpath(wal)
    for space in tablespaces.find(task.data):
        if space.role in told.spaces:
            found[space.name] = space.target
    return found


def _unmounted(task: Task, told: Primary) -> Iterator[Failure]:
    """Yield that the archive is missing, which the server is told to write to."""
    archives = places.archives(task.destination)
    named = [
        path for path in archives if f"{path}/" in told.settings["archive_command"]
    ]
    if told.settings["archive_mode"] == "off" or not os.access(
        task.destination, os.X_OK
    ):
        return
    if named and not any(map(os.path.isdir, named)):
        yield Failure(
            f"there is no directory {quoted(named[0])}, which archive_command names",
            hint=f"Mount its file system; or make it, the first time: mkdir -m 700 {named[0]}",
        )


def _within(task: Task, told: Primary) -> Iterator[Failure]:
    """Yield what pgx_rcvall refuses: where old content goes, new one would go with it."""
    for oid, path in told.spaces.items():
        if lies_in(path, task.data):
            yield Failure(
                f"tablespace {oid} lies within the data directory: {quoted(path)}",
                detail="pgx_rcvall cannot restore such a backup: it is copied by hand.",
                hint="Have its tables in a tablespace elsewhere, and drop it.",
            )


def _senders(told: Primary) -> Iterator[Failure]:
    limit = int(told.settings["max_wal_senders"])
    if limit - told.senders < _SENDERS:
        yield Failure(
            "max_wal_senders of this server leaves no room for a backup",
            detail=f"It is {limit}; {told.senders} are in use, and a backup takes "
            f"{_SENDERS}.",
            hint="Set it to 5 or more on both servers, and restart.",
        )


def _verifier(binaries: str) -> Iterator[Failure]:
    if not os.access(f"{binaries}/{proving.VERIFIER}", os.X_OK):
        yield Failure(
            f"there is no {proving.VERIFIER} in {quoted(binaries)}",
            hint="Install all of PostgreSQL's server programs there, or set bin_dir.",
        )


def _of_peer(task: Task) -> Iterator[Failure]:
    """Yield that the other server has another destination, where a controller knows."""
    question = words.Question(words.STATUS)
    try:
        found = ask(
            task.mcdir, task.server, question, lambda _: None, seconds=_ANSWER_WITHIN
        )
    except (NotRunning, NotAnswered, Failure):
        return
    differs = found.get("differs")
    for one in differs if isinstance(differs, list) else ():
        if isinstance(one, list) and len(one) == 3 and one[0] == DESTINATION:
            yield other_destination(str(one[1]), str(one[2]))


def other_destination(mine: str, theirs: str) -> Failure:
    """Return that both servers differ in it; empty where one has none."""
    return Failure(
        "backup_destination of the other server is another",
        detail=f"Here it is {quoted(mine)}, there {quoted(theirs)}: after a switch the newest "
        "backup and WAL are not where they are looked for (manual 6.11.2).",
        hint="Give both servers the same path, and restart their controllers.",
    )
