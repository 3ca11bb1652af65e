"""How long answers took, as a monitor writes it down: a line a minute.  Pure.

`answers=57.1:1.2,54.1:1.4` is 1.2 ms of an answer that came 57.1 s before the line.  Of
months there are millions: they are kept as they were written until it is known what of
them is to be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pgx_base.page.plot import Point

_FORM = re.compile(
    r"[0-9]{1,7}\.[0-9]:[0-9]{1,9}\.[0-9](,[0-9]{1,7}\.[0-9]:[0-9]{1,9}\.[0-9])*"
)
_TOOK = re.compile(r":([0-9.]+)")
_EACH = 8 * 3600.0  # seconds: of a longer time a minute is narrower than a line


@dataclass(frozen=True, slots=True)
class Minute:
    """The answers of a line that was written *at* this moment, at least one."""

    at: float
    answers: str

    @property
    def first(self) -> float:
        """When the first of them came."""
        return self.at - float(self.answers.partition(":")[0])

    @property
    def last(self) -> float:
        """When the last of them came."""
        return self.at - float(self.answers.rpartition(",")[2].partition(":")[0])

    def took(self) -> list[float]:
        """Return how many ms each took."""
        return list(map(float, _TOOK.findall(self.answers)))

    def each(self) -> Iterator[Point]:
        """Yield each with the moment at which it came."""
        for pair in self.answers.split(","):
            ago, _, took = pair.partition(":")
            yield self.at - float(ago), [float(took)]


def minute(at: float, answers: str) -> Minute | None:
    """Return what a line with *answers* tells; None for none, and for a damaged one."""
    return Minute(at, answers) if _FORM.fullmatch(answers) else None


def points(minutes: Sequence[Minute], begin: float, end: float) -> list[Point]:
    """Return the answers from *begin* to *end*; of a long time, those of a minute together."""
    inside = [one for one in minutes if one.last >= begin and one.first <= end]
    if end - begin > _EACH:
        return [((one.first + one.last) / 2, one.took()) for one in inside]
    found = [point for one in inside for point in one.each()]
    return [point for point in found if begin <= point[0] <= end]
