"""The watch with a clock of its own: told at what second what happens."""

from __future__ import annotations

from pgx_postgres.watch.states import Starting, State, Watching
from pgx_postgres.watch.watch import step
from pgx_postgres.watch.watched import (
    TEMPLATE1,
    Ask,
    Effect,
    Event,
    Limits,
    Ready,
    Tick,
    Warn,
)


class Run:
    """A watch that is told at what second what happens."""

    def __init__(self, limits: Limits, *, answered: bool = True) -> None:
        self.limits = limits
        self.state: State = Starting(answered=answered)
        self.now = 0.0
        self._thaw = -1.0
        self.effects: list[Effect] = []  # questions and warnings
        self.said: list[Effect] = []  # what happened

    def at(self, now: float, *events: Event) -> list[Effect]:
        """Step *events* and a Tick at *now*, with the Ticks wanted before it.

        Return the questions and warnings.
        """
        self._wake_until(now)
        self.now = now
        done: list[Effect] = []
        for event in (*events, Tick()):
            done += self._step(event, now)
        return done

    def _step(self, event: Event, now: float) -> list[Effect]:
        self.state, effects = step(self.limits, self.state, event, now)
        done: list[Effect] = [one for one in effects if isinstance(one, Ask | Warn)]
        self.effects += done
        self.said += [one for one in effects if one not in done]
        return done

    def frozen_until(self, now: float) -> None:
        """Let the time until *now* pass without a step."""
        self._thaw = now

    def _wake_until(self, now: float) -> None:
        while isinstance(self.state, Watching) and now > self._thaw:
            wake = self.state.question.clock.wake
            if wake is None or wake >= now:
                return
            self._step(Tick(), wake)

    @property
    def failures(self) -> int:
        assert isinstance(self.state, Watching)
        return self.state.opinion.failures


def watch(
    interval: float = 3, timeout: float = 2, retries: int = 2, *, answered: bool = True
) -> Run:
    run = Run(Limits(interval, timeout, retries), answered=answered)
    assert run.at(0, Ready()) == [Ask(1, TEMPLATE1)]
    return run
