"""The write-ahead log that a recovery goes along: which timeline, how far, and what is missing.

The newest timeline that descends from the backup's own is meant, as by PostgreSQL's
`latest`; but the log is followed file by file before a server is asked to, since PostgreSQL
takes a file that is not there for the end of the log, and says nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pgx_mirror.core import wal_files
from pgx_mirror.core.wal_files import Left

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Begin:
    """What a backup needs: its log from *start* to *end* on *timeline*, in bytes.

    *segment* is the size of a file of the log.
    """

    timeline: int
    start: int
    end: int
    segment: int


@dataclass(frozen=True, slots=True)
class Road:
    """What a recovery can follow.

    timeline  which one it ends on
    files     the files of the log that it takes, in this order
    missing   those that are not there though newer ones are, empty without a gap
    newest    the newest one behind the gap
    """

    timeline: int
    files: tuple[str, ...]
    missing: tuple[str, ...] = ()
    newest: str = ""

    def reaches(self, begin: Begin) -> bool:
        """Whether the backup that *begin* tells of has the log without which it is none."""
        wanted = (begin.end - 1) // begin.segment - begin.start // begin.segment + 1
        return len(self.files) >= wanted

    @property
    def last(self) -> str:
        """The last file that is followed, empty where not even the first is there."""
        return self.files[-1] if self.files else ""


def descendants(begin: Begin, histories: Mapping[int, Left]) -> list[int]:
    """Return the timelines that a recovery of the backup can end on, the newest first."""
    found = [
        timeline
        for timeline, left in histories.items()
        if any(one == begin.timeline and at >= begin.end for one, at in left)
    ]
    return sorted({*found, begin.timeline}, reverse=True)


def find(
    begin: Begin,
    there: Collection[str],
    histories: Mapping[int, Left],
    damaged: Collection[str] = (),
) -> Road:
    """Return the road of the newest timeline; *there* are the files that can be used.

    *damaged*: those that are there and cannot be, each a gap, also behind all others.
    So is a timeline whose history is there, and no file: what was written on it is missing.
    """
    names = frozenset(there)
    seen = names.union(damaged)
    target = descendants(begin, histories)[0]
    line = [*histories.get(target, ()), (target, 1 << 64)]
    stages = [(t, at) for t, at in line if t >= begin.timeline]
    forks = [at // begin.segment for _, at in stages[:-1]]
    last = max([_newest(stages, seen, begin), *forks])
    files: list[str] = []
    missing: list[str] = []
    for number in range(begin.start // begin.segment, last + 1):
        wanted = [*_candidates(stages, number, begin)]
        name = next((one for one in wanted if one in names), "")
        if missing and name:
            break
        if name:
            files.append(name)
        if (
            name != wanted[0]
        ):  # of an older timeline: it has the log up to the fork alone
            missing.append(wanted[0])
    if not missing:
        return Road(target, tuple(files))
    reached = wal_files.timeline(files[-1]) if files else begin.timeline
    behind = seen.difference(files)
    newest = next((n for n in _candidates(stages, last, begin) if n in behind), "")
    return Road(reached, tuple(files), tuple(missing), newest)


def passed_over(
    begin: Begin, there: Iterable[str], histories: Mapping[int, Left]
) -> int:
    """Return the newest timeline that has log *there* and is not followed, 0 for none.

    One newer than the line's: its history is not there, or it left before the backup's end.
    """
    target = descendants(begin, histories)[0]
    newest = max(map(wal_files.timeline, there), default=0)
    return newest if newest > target else 0


def _newest(stages: list[tuple[int, int]], names: frozenset[str], begin: Begin) -> int:
    """Return the number of the newest file of the line; that of the first where none is."""
    first = begin.start // begin.segment
    of_names = {
        name: wal_files.first(name, begin.segment) // begin.segment for name in names
    }
    on_line = (
        number
        for name, number in of_names.items()
        if number >= first and name in _candidates(stages, number, begin)
    )
    return max(on_line, default=first)


def _candidates(
    stages: list[tuple[int, int]], number: int, begin: Begin
) -> Iterator[str]:
    """Yield which files may have segment *number*, the newest timeline's first.

    The file in which a timeline was left is another one on the next, with the same content
    up to there.  What the older one has behind that was given up.
    """
    position = number * begin.segment
    since = 0
    found = []
    for timeline, until in stages:
        if since // begin.segment <= number and position < until:
            found.append(wal_files.name_of(timeline, position, begin.segment))
        since = until
    yield from reversed(found)


def in_words(names: tuple[str, ...]) -> str:
    """Return the files *names*, the many of them cut short."""
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    return f"{names[0]} to {names[-1]}, {len(names)} files"
