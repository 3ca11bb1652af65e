"""How long each answer took, for the trace: a line a minute, not one an answer.

A line comes each minute also where no answer did, so that its absence tells that no
monitor was at work: killed, frozen, or the node down.
"""

from __future__ import annotations

from pgx_agent.monitor.writing.speaker import Speaker
from pgx_postgres.seeing.questions import Answer, Questions

EVERY = 60.0  # seconds


class Latency:
    """Collects answers of *questions*, from *now* on, for *speaker*."""

    def __init__(self, questions: Questions, speaker: Speaker, now: float) -> None:
        self._questions = questions
        self._say = speaker
        self._since = now

    def write(self, now: float, *, at_once: bool = False) -> None:
        """Write down what has come, if a minute is over, or *at_once*."""
        if not at_once and now - self._since < EVERY:
            return
        answers = self._questions.take_answers()
        self._since = now
        if answers or not at_once:
            self._say.latency(",".join(_word(one, now) for one in answers))


def _word(answer: Answer, now: float) -> str:
    """Return how many seconds before *now* it came, and how many ms it took."""
    at, took = answer
    return f"{now - at:.1f}:{took * 1000:.1f}"
