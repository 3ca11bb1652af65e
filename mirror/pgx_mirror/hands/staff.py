"""The hands that are at work, each by what it works on: one at a time for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pgx_mirror.hands.hand import Hand, reap
from pgx_mirror.hands.line import Ended, Said

# Seconds: one that was killed is gone in a few ms, or stands in the kernel, where it does no
# more than finish one system call.  It is waited for no longer: a stop must not.
_DIES_WITHIN = 0.05


class Staff:
    """All hands of one controller; *keep* are the locks that they hold too."""

    def __init__(self, keep: frozenset[int]) -> None:
        self._keep = keep
        self._at: dict[str, Hand] = {}
        self._failed: list[tuple[str, Ended]] = []
        self._lasting: set[str] = set()

    def begin(self, work: str, job: Callable[..., Any], *arguments: Any) -> None:
        """Have *job* done; what was at this *work* before is ended.

        Where no process can be begun, that is its end: the limit of them is the servers' too.
        """
        why = self._begun(work, job, arguments, self._keep)
        if why:
            self._fail(work, why)

    def begin_lasting(
        self, work: str, job: Callable[..., Any], *arguments: Any
    ) -> None:
        """Have *job* done by who holds no lock, and is let go of where others are ended."""
        why = self._begun(work, job, arguments, frozenset())
        if why:
            self._fail(work, why)
        else:
            self._lasting.add(work)

    def _fail(self, work: str, why: str) -> None:
        ended = Ended(problem=f"no process for it: {why}", begun=False)
        self._failed.append((work, ended))

    def begin_apart(self, work: str, job: Callable[..., Any], *arguments: Any) -> str:
        """Have *job* done by who holds no lock; return why it is not begun, empty if it is.

        For what the next controller need not wait for, though it may hang.
        """
        return self._begun(work, job, arguments, frozenset())

    def _begun(
        self,
        work: str,
        job: Callable[..., Any],
        arguments: tuple[Any, ...],
        keep: frozenset[int],
    ) -> str:
        self.end(work, _DIES_WITHIN)
        try:
            self._at[work] = Hand(job, arguments, keep)
        except OSError as ex:
            return ex.strerror or str(ex)
        return ""

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
        reap()

    def _of(self, work: str, hand: Hand) -> Iterator[Said | Ended]:
        for message in hand.hear():
            if self._at.get(work) is not hand:
                return
            if isinstance(message, Ended):
                self.end(work)
            yield message

    def end(self, work: str, within: float = 0.0) -> None:
        """End the hand at *work*, if there is one; wait so many seconds for its death."""
        hand = self._at.pop(work, None)
        if hand is None:
            return
        if work in self._lasting:
            self._lasting.remove(work)
            hand.leave()
        else:
            hand.close(within)

    def end_all(self) -> None:
        """End all of them."""
        for work in list(self._at):
            self.end(work)
