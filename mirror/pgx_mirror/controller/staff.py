"""The hands that are at work, each by what it works on: one at a time for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pgx_mirror.controller import hands
from pgx_mirror.controller.hands import Hand
from pgx_mirror.controller.jobs.line import Ended, Said


class Staff:
    """All hands of one controller; *keep* are the locks that each of them holds too."""

    def __init__(self, keep: frozenset[int]) -> None:
        self._keep = keep
        self._at: dict[str, Hand] = {}
        self._failed: list[tuple[str, Ended]] = []

    def begin(self, work: str, job: Callable[..., Any], *arguments: Any) -> None:
        """Have *job* done; what was at this *work* before is ended.

        Where no process can be begun, that is its end: the limit of them is the servers' too.
        """
        self.end(work)
        try:
            self._at[work] = Hand(job, arguments, self._keep)
        except OSError as ex:
            self._failed.append(
                (work, Ended(problem=f"no process for it: {ex.strerror}"))
            )

    def tell(self, work: str, value: object) -> None:
        """Tell the hand at *work* something, if there is one."""
        if work in self._at:
            self._at[work].tell(value)

    def is_at(self, work: str) -> bool:
        """Whether a hand is at *work*."""
        return work in self._at

    def fds(self) -> list[int]:
        """Return the descriptors on which hands may say something."""
        return [hand.fd for hand in self._at.values()]

    def hear(self, ready: dict[int, int]) -> Iterator[tuple[str, Said | Ended]]:
        """Yield what was said on the descriptors *ready*, with the work that it is of.

        Whoever hears may begin another hand: then what the one before has said is nobody's.
        """
        failed, self._failed = self._failed, []
        yield from failed
        for work, hand in list(self._at.items()):
            if self._at.get(work) is hand and hand.fd in ready:
                yield from ((work, message) for message in self._of(work, hand))
        hands.reap()

    def _of(self, work: str, hand: Hand) -> Iterator[Said | Ended]:
        for message in hand.hear():
            if self._at.get(work) is not hand:
                return
            if isinstance(message, Ended):
                self.end(work)
            yield message

    def end(self, work: str) -> None:
        """End the hand at *work*, if there is one."""
        hand = self._at.pop(work, None)
        if hand is not None:
            hand.close()

    def end_all(self) -> None:
        """End all of them."""
        for work in list(self._at):
            self.end(work)
