"""Why a standby is not made: decided before anything is touched.  Pure.

A directory that may hold the only copy of a commit is never emptied: one that is not
ours, one whose mark has the pen unless the other server is known to have taken it, and one
that has waited for nobody although its mark gave it no right to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.core import standby_name
from pgx_mirror.core.facts import ARBITRATION
from pgx_mirror.core.mark import ALONE, PAIR, Mark
from pgx_mirror.setup.local import Local
from pgx_mirror.setup.session import More
from pgx_mirror.setup.source import Told

OLDEST = 13
_HOLDERS = (PAIR, ALONE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be made: whose standby, on which directory, of which other server.

    begun     a setup of this very directory was begun and not finished
    one_host  both servers are on this host
    occupied  what lies where a tablespace would be put, and is none of ours
    name      what the standby is to bear
    """

    server: str
    peer: str
    data: str
    begun: bool
    one_host: bool
    occupied: tuple[str, ...] = ()
    name: str = ""


def refusals(asked: Asked, told: Told, more: More, here: Local) -> list[Failure]:
    """Return all reasons."""
    return [
        *_of_primary(asked, told, more),
        *_of_tablespaces(asked, more, here),
        *_of_directory(asked, told, more, here),
    ]


def _of_primary(asked: Asked, told: Told, more: More) -> Iterator[Failure]:
    if told.standby:
        yield Failure(
            "the server to be copied is a standby itself",
            hint="Give the primary's host and port.",
        )
    if told.major < OLDEST:
        yield Failure(
            f"the primary is of PostgreSQL {told.major}, which is not supported"
        )
    if told.names:
        yield Failure(
            "the primary waits for a standby already",
            detail=f"synchronous_standby_names is {quoted(told.names)} there.",
            hint=_end_of_waiting(asked, more.mark),
        )
    elif more.name and not standby_name.same(more.name, asked.name):
        yield Failure(
            f"the primary expects a standby of another name than {quoted(asked.name)}",
            detail=f"synchronous_standby_names in its postgresql.conf is {quoted(more.name)}"
            ", set or commented out: under another name this server would never join.",
            hint=f"Give --standby-name={more.name}, or correct postgresql.conf there.",
        )
    if asked.one_host and more.spaces:
        yield Failure(
            "the primary has tablespaces, and both servers are on one host",
            detail=f"They would share {', '.join(map(quoted, more.spaces))}.",
            hint="Remove the tablespaces, or use two hosts (manual C.1).",
        )


def _end_of_waiting(asked: Asked, mark: Mark | None) -> str:
    """Return what makes the primary wait no more; a detach needs somebody who decides."""
    if mark is None:
        return (
            "On the primary: mc_ctl status; mc_ctl start if Mirroring Controller does not "
            "run there."
        )
    if mark.state != PAIR:
        return "On the primary: mc_ctl start if Mirroring Controller does not run; else wait."
    if mark.policy != ARBITRATION:
        return (
            "On the primary: mc_ctl detach. Where that is refused, its controller has not "
            "met the standby since it was started: mc_ctl detach --force there, if server "
            f"{quoted(asked.server)} has not gone on alone with the data directory it had."
        )
    return "On the primary: mc_ctl detach; the arbiter, or etcd, must answer."


def _of_tablespaces(asked: Asked, more: More, here: Local) -> Iterator[Failure]:
    """What a tablespace's directory has in it is none of a copy's, or the primary's too.

    A standby on its primary's host replays CREATE TABLESPACE into the very files.
    """
    if asked.one_host and here.spaces and more.why:
        yield Failure(
            "this server has tablespaces, and both servers are on one host",
            detail="The primary may have its files there too, and cannot be asked: "
            f"{', '.join(map(quoted, here.spaces))}.",
            hint=f"Let {quoted('-U')} open a session with the primary's database, which "
            "tells; or see to it, and empty the data directory by hand.",
        )
    if asked.occupied and not asked.one_host:
        yield Failure(
            "a tablespace cannot be copied: its directory is not empty here",
            detail=f"There is {', '.join(map(quoted, asked.occupied))}.",
            hint="Empty it by hand, if it is of no use.",
        )


def _of_directory(
    asked: Asked, told: Told, more: More, here: Local
) -> Iterator[Failure]:
    if here.empty or asked.begun:
        return
    mark = here.mark
    if mark is None or mark.owner != asked.server:
        yield Failure(
            f"data directory {quoted(asked.data)} is not empty, and not this server's",
            detail=_whose(mark),
            hint="Correct db_instance, or empty the directory by hand.",
        )
    elif told.system != mark.system or here.system not in ("", told.system):
        yield Failure(
            f"data directory {quoted(asked.data)} is of another database",
            detail=f"Its system identifier is {here.system or mark.system}, the "
            f"primary's {told.system}.",
            hint="Correct -h and -p, or empty the directory by hand.",
        )
    elif mark.state in _HOLDERS:
        timeline = max(mark.timeline, here.timeline)
        yield from _of_holder(asked, told, more.mark, replace(mark, timeline=timeline))
    elif here.loose:
        yield _of_loose(mark)


def _of_holder(
    asked: Asked, told: Told, other: Mark | None, mark: Mark
) -> Iterator[Failure]:
    """A server that held the pen: the other one must have been promoted since.

    Who was alone waited for nobody, so that the other's timeline proves nothing: a standby
    that was out may have been promoted by hand.
    """
    taken = told.timeline > mark.timeline > 0
    if other is None:
        taken = taken and mark.state == PAIR
    else:
        holds = other.owner == asked.peer and other.state in _HOLDERS
        taken = taken and holds and other.epoch > mark.epoch
    if not taken:
        yield Failure(
            "this server may have commits that the other one has not",
            detail=f"Its mark says {mark.state}, epoch {mark.epoch}, timeline "
            f"{mark.timeline}; {_about(other)} on timeline {told.timeline}.",
            hint="Start it: mc_ctl start says which of both is the primary. If its data "
            "is to be given up, empty the data directory by hand.",
        )


def _of_loose(mark: Mark) -> Failure:
    """Its commits were acknowledged by nobody's leave: no promise of the mark covers them."""
    return Failure(
        "this server may have commits that the other one has not",
        detail=f"Its mark says {mark.state}, epoch {mark.epoch}, but it is no standby, and "
        "synchronous_standby_names is commented out: started or promoted by hand, it has "
        "waited for nobody.",
        hint="If its data is to be given up, empty the data directory by hand.",
    )


def _about(mark: Mark | None) -> str:
    if mark is None:
        return "the server to be copied, whose mark cannot be read, is"
    return f"that of the server to be copied {mark.state}, epoch {mark.epoch},"


def _whose(mark: Mark | None) -> str:
    if mark is None:
        return "There is no mark in it that could be read."
    return f"Its mark is that of server {quoted(mark.owner)}."
