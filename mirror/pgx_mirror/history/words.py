"""What happened to a pair, in words: messages of both servers, told together.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pgx_mirror.history.told import Said
from pgx_mirror.messages.catalogue import CATALOGUE
from pgx_mirror.messages.message import ERROR, FATAL, NOTICE, PANIC, PRIORITY, WARNING

_QUIET = 120.0  # seconds without a message after which something else begins
GRAVE = frozenset({WARNING, ERROR, FATAL, PANIC})
_BAD = frozenset({ERROR, FATAL, PANIC})
TONES = {PANIC: "bad", FATAL: "bad", ERROR: "bad", WARNING: "warn", NOTICE: "busy"}


@dataclass(frozen=True, slots=True)
class Incident:
    """Messages that follow each other closely, one of them at least a warning."""

    said: tuple[Said, ...]

    @property
    def gravest(self) -> Said:
        """The gravest of them; of several the first."""
        return min(self.said, key=lambda one: PRIORITY[one.kind])

    @property
    def is_bad(self) -> bool:
        """Whether there is more than a warning."""
        return self.gravest.kind in _BAD

    def steps(self) -> Iterator[tuple[float, str]]:
        """Yield each message with who says it; of a grave one what it means, once."""
        explained: set[str] = set()
        for one in self.said:
            known = CATALOGUE.get(one.number)
            why = ""
            if known is not None and one.kind in GRAVE and one.number not in explained:
                why = f" {known.cause}"
            explained.add(one.number)
            text = f"{one.server}: {one.kind}: {one.text} ({one.number})."
            yield one.at, text + why


def incidents(said: Sequence[Said]) -> list[Incident]:
    """Return what went wrong, in order."""
    found: list[list[Said]] = []
    for one in said:
        if not found or one.at - found[-1][-1].at > _QUIET:
            found.append([])
        found[-1].append(one)
    return [
        Incident(tuple(group))
        for group in found
        if any(one.kind in GRAVE for one in group)
    ]
