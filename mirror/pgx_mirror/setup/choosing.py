"""By which method a standby is made, and why: decided before anything is touched.  Pure.

Streaming copies nothing: the directory is started, and gets from the primary what it has not.
That is right only where it has nothing that the primary has not: its own write-ahead log
ends, on a timeline that the primary has come along, no later than where that one was left
(manual 7.7.1).  A server that is further confirms what it does not have: commits of the
primary would wait for nobody (protocol, section 10, A1).

That is by positions and histories, which two logs may have alike: `pieces` is what has to be
compared before a method that keeps anything is begun.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgx_mirror.core import wal
from pgx_mirror.core.wal_files import Left as Left
from pgx_mirror.setup.methods import COPY, REWIND, STREAMING

_FIRST = 1  # the timeline of initdb: of one database there is but one


@dataclass(frozen=True, slots=True)
class End:
    """Where a directory's write-ahead log ends: on *timeline*, after those *before*."""

    timeline: int
    position: int
    before: Left = ()


@dataclass(frozen=True, slots=True)
class Upstream:
    """The primary's write-ahead log.

    flushed   how far it is, on *timeline*, after those *before*
    oldest    from where on it is there, None where that is not known
    slot      from where on this server's slot keeps it, None without one that does
    """

    timeline: int
    flushed: int
    before: Left = ()
    oldest: int | None = None
    slot: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of both.

    end        of the directory's write-ahead log, or why that cannot be told
    follows    it is a standby, and was none other since its mark was written
    marked     the timeline that its mark is of, 0 where it names none
    segment    bytes of a file of the log
    no_rewind  why a rewind cannot do, empty where it may
    checkpoint where its latest checkpoint is
    """

    end: End | str
    upstream: Upstream
    follows: bool = False
    marked: int = 0
    segment: int = 1 << 24
    no_rewind: str = ""
    checkpoint: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """The log of *timeline* from *start* to *stop*, which both servers should have alike."""

    timeline: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The method, and *why*, for people, a line for each method that was thought of."""

    method: str
    why: tuple[str, ...]


def choose(known: Known) -> Choice:
    """Return the first method that can do, of those that copy less before those that copy more."""
    not_streaming = no_streaming(known)
    if not not_streaming:
        return Choice(STREAMING, (f"by streaming: {_streams(known)}",))
    passed = f"not by streaming: {not_streaming}"
    not_rewind = no_rewind(known)
    if not not_rewind:
        what = "what has changed since both went apart is copied"
        return Choice(REWIND, (passed, f"by a rewind: {what}"))
    if not_rewind == not_streaming:
        return Choice(COPY, (f"by a copy: {not_rewind}",))
    return Choice(COPY, (passed, f"not by a rewind: {not_rewind}", "by a copy"))


def no_streaming(known: Known) -> str:
    """Return why streaming cannot do, empty where it can."""
    end, upstream = known.end, known.upstream
    if isinstance(end, str):
        return end
    if not _is_lawful(end, known):
        return f"its write-ahead log is on timeline {end.timeline}, which its mark is not of"
    if reason := _apart(end, upstream):
        return reason
    if upstream.oldest is None:
        return "which write-ahead log the primary still has cannot be asked"
    if first_needed(end, known.segment) < upstream.oldest:
        return (
            f"the primary has its write-ahead log from {wal.text(upstream.oldest)} on, and "
            f"that of this server ends at {wal.text(end.position)}"
        )
    return ""


def no_rewind(known: Known) -> str:
    """Return why a rewind cannot do, empty where it may."""
    if isinstance(known.end, str):
        return known.end
    if reason := mistaken(known):
        return reason
    if not _apart(known.end, known.upstream):
        return "both have not gone apart"
    parted, oldest = _parted(known.end, known.upstream), known.upstream.oldest
    if oldest is not None and parted < oldest:
        return (
            f"both went apart at {wal.text(parted)}, and the primary has its write-ahead "
            f"log from {wal.text(oldest)} on"
        )
    return known.no_rewind


def _parted(end: End, upstream: Upstream) -> int:
    """Return where both have gone apart, for pg_rewind at least."""
    at = 0
    mine = (*end.before, (end.timeline, end.position))
    theirs = (*upstream.before, (upstream.timeline, upstream.flushed))
    for (number, left), (other, until) in zip(mine, theirs, strict=False):
        if number != other:
            break
        at = min(left, until)
        if left != until:
            break
    return at


def pieces(known: Known) -> tuple[Piece, ...]:
    """Return what is to be compared, up to where both went apart, or one of them ends.

    It begins with the file that has the directory's latest checkpoint, whose record tells
    the time; later where the primary has no more, and never behind the file of the end.
    """
    end, upstream, size = known.end, known.upstream, known.segment
    if isinstance(end, str):
        return ()
    stop = _parted(end, upstream)
    last = _file(stop - 1, size)
    start = min(_file(known.checkpoint, size), last)
    if upstream.oldest is not None:
        start = max(start, min(_file(upstream.oldest, size), last))
    found = []
    for timeline, left in (*end.before, (end.timeline, end.position)):
        if start < min(left, stop):
            found.append(Piece(timeline, start, min(left, stop)))
            start = found[-1].stop
    return tuple(found)


def _file(position: int, segment: int) -> int:
    """Return where the file of the log begins that has *position*."""
    return position - position % segment


def mistaken(known: Known) -> str:
    """Return why pg_rewind would not see that both have gone apart, empty where it would.

    It takes timelines for one that have one number and begin at one position, and finds
    nothing to do where both are on the same number: a promotion by hand may be just that.
    Nor does it look at how far the primary is: one that was put back is behind.
    """
    end, upstream = known.end, known.upstream
    if isinstance(end, str):
        return ""
    mine = _began(end.timeline, end.before)
    if not _is_lawful(end, known):
        lawful = max(known.marked, _FIRST)
        theirs = _began(upstream.timeline, upstream.before)
        for number in sorted(mine.items() & theirs.items()):
            if number[0] > lawful:
                return f"its timeline {number[0]} and the primary's are two"
    if end.timeline == upstream.timeline and _apart(end, upstream):
        return f"its timeline {end.timeline} and the primary's are two"
    left = dict(end.before).get(upstream.timeline, 0)
    if left > upstream.flushed:
        at = wal.text(upstream.flushed)
        return f"it left timeline {upstream.timeline} further than the primary is: {at}"
    return ""


def _began(timeline: int, before: Left) -> dict[int, int]:
    """Return where each timeline begins."""
    numbers = (*(number for number, _ in before), timeline)
    return dict(zip(numbers, (0, *(left for _, left in before)), strict=True))


def _is_lawful(end: End, known: Known) -> bool:
    """Whether it came to its timeline as a standby, or with the right to accept commits."""
    return known.follows or end.timeline == known.marked


def first_needed(end: End, segment: int) -> int:
    """Return from where on the primary is asked: a walreceiver begins with a whole file."""
    return _file(end.position, segment)


def _apart(end: End, upstream: Upstream) -> str:
    """Return how both have gone apart, empty where the primary has all that is here."""
    came = (*upstream.before, (upstream.timeline, upstream.flushed))
    if len(end.before) >= len(came) or came[: len(end.before)] != end.before:
        return f"the primary has not come along its timeline {end.timeline}"
    timeline, left = came[len(end.before)]
    if timeline != end.timeline:
        return f"the primary has not come along its timeline {end.timeline}"
    if end.position <= left:
        return ""
    until = f"the primary left timeline {timeline} at {wal.text(left)}"
    if timeline == upstream.timeline:
        until = f"the primary is at {wal.text(left)}"
    return f"its write-ahead log ends at {wal.text(end.position)}, and {until}"


def _streams(known: Known) -> str:
    assert isinstance(known.end, End)
    where = f"{wal.text(known.end.position)} of timeline {known.end.timeline}"
    told = f"its write-ahead log ends at {where}, and the primary has that and all behind it"
    return f"{told}; mc_ctl start alone would do" if known.follows else told
