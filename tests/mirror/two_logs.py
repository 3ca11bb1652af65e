"""Two servers' write-ahead logs, record by record, as a pair and hands outside write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from pgx_mirror.setup.choosing import End, Known, Left, Upstream


@dataclass
class Log:
    """A server's write-ahead log, record by record: each is written once in all of history."""

    records: tuple[int, ...] = (0,)
    timeline: int = 1
    before: Left = ()
    marked: int = 1
    follows: bool = False

    def promote(self) -> None:
        self.before = (*self.before, (self.timeline, len(self.records)))
        self.timeline += 1
        self.follows = False

    def is_prefix_of(self, other: Log) -> bool:
        return self.records == other.records[: len(self.records)]

    def follow(self, other: Log, until: int) -> None:
        """Have the log of *other*, up to record *until*."""
        self.records = other.records[: max(until, len(self.records))]
        came = (*other.before, (other.timeline, len(other.records)))
        at = next(n for n, (_, left) in enumerate(came) if left >= len(self.records))
        self.timeline, self.before = came[at][0], came[:at]
        self.follows = True


@dataclass
class World:
    """Two servers, one of which may accept commits; the other may be started by hand."""

    holder: Log = field(default_factory=Log)
    other: Log = field(default_factory=lambda: Log(follows=True))
    numbers: count[int] = field(default_factory=lambda: count(1))

    def do(self, what: str, number: int) -> None:
        holder, other = self.holder, self.other
        match what:
            case "commit":
                holder.records += (next(self.numbers),)
            case "commit by hand" if not other.follows:
                other.records += (next(self.numbers),)
            case "promote by hand":
                other.promote()
            case "stream" if other.is_prefix_of(holder) and self.is_lawful():
                other.follow(holder, number)
            case "copy":
                self.other = Log(holder.records, holder.timeline, holder.before)
                self.other.follows = True
            case "take over" if self.is_in_sync():
                self.hand_over()
            case "take over by an operator":
                self.hand_over()
            case "put back":
                self.put_back(number)
            case _:
                pass

    def hand_over(self) -> None:
        self.other.promote()
        self.other.marked = self.other.timeline
        self.holder, self.other = self.other, self.holder

    def put_back(self, records: int) -> None:
        """Have the holder as an image of its disk has it, on the timeline that it has."""
        first = self.holder.before[-1][1] if self.holder.before else 1
        self.holder.records = self.holder.records[: max(first, records)]

    def is_lawful(self) -> bool:
        return self.other.follows or self.other.timeline == self.other.marked

    def is_in_sync(self) -> bool:
        """Whether the other one streams from the timeline on which it would be missed."""
        came = [(log.timeline, log.before) for log in (self.holder, self.other)]
        return self.other.follows and came[0] == came[1]

    def known(self, kept: int, segment: int, checkpoint: int = 0) -> Known:
        holder, other = self.holder, self.other
        there = Upstream(holder.timeline, len(holder.records), holder.before, kept)
        end = End(other.timeline, len(other.records), other.before)
        return Known(
            end,
            there,
            other.follows,
            other.marked,
            segment,
            checkpoint=min(checkpoint, len(other.records) - 1),
        )

    def common(self) -> int:
        """Return how many records both have, in a row from the first."""
        pairs = zip(self.holder.records, self.other.records, strict=False)
        return next(
            (n for n, (one, two) in enumerate(pairs) if one != two),
            min(len(self.holder.records), len(self.other.records)),
        )


def rewinds_to(one: Log, two: Log) -> int:
    """Return where pg_rewind takes both to have gone apart (findCommonAncestorTimeline)."""
    lines = [
        [
            (number, begin, left)
            for (number, left), begin in zip(
                (*log.before, (log.timeline, 1 << 30)),
                (0, *(left for _, left in log.before)),
                strict=True,
            )
        ]
        for log in (one, two)
    ]
    at = 0
    for (n, b, left), (m, c, other) in zip(*lines, strict=False):
        if (n, b) != (m, c):
            break
        at = min(left, other)
    return at
