"""What Online is told of a server whose databases refuse everybody."""

from __future__ import annotations

from pgx_postgres.watch import opening, watch
from pgx_postgres.watch.opening import Opening
from pgx_postgres.watch.states import Faulted, Starting, State, Watching
from pgx_postgres.watch.watched import (
    OPENING,
    PATIENCE,
    POSTGRES,
    TEMPLATE1,
    Answered,
    Ask,
    Begun,
    Consult,
    Effect,
    Event,
    Failed,
    Ignored,
    Limits,
    Ready,
    Tick,
)

SHUT1 = Answered(1, "shut", shut="XX000")
SHUT0 = Answered(OPENING, database=POSTGRES, shut="58P01")
OPEN1, OPEN0 = Answered(1), Answered(OPENING, database=POSTGRES)
LIMITS = Limits(3, 0, 2)


class Run:
    """A watch under Online, told through the opening as the monitor's loop does."""

    def __init__(self, *, started: bool) -> None:
        self.opening = Opening(started)
        self.state: State = Starting()
        self.effects: list[Effect] = []
        self.tell(Ready())
        self.step(Tick(), 0)

    def tell(self, event: Event, now: float = 0.0) -> None:
        self.opening, events = opening.hear(self.opening, event, now)
        for heard in events:
            self.step(heard, now)

    def tick(self, now: float) -> None:
        self.opening, events = opening.tick(self.opening, now)
        for heard in (*events, Tick()):
            self.step(heard, now)

    def until(self, now: float) -> None:
        """Step at each time that the watch wants to be woken, and at *now*."""
        while (wake := watch.wake_of(self.state)) is not None and wake < now:
            self.tick(wake)
        self.tick(now)

    def step(self, event: Event, now: float) -> None:
        self.state, effects = watch.step(LIMITS, self.state, event, now)
        self.effects += effects

    @property
    def online(self) -> bool:
        return isinstance(self.state, Watching) and self.state.opinion.answered


def test_both_databases_are_asked_at_once() -> None:
    run = Run(started=True)

    assert run.effects == [Begun(), Ask(OPENING, POSTGRES), Ask(1, TEMPLATE1)]
    assert not run.online


def test_a_row_of_template1_is_online() -> None:
    run = Run(started=True)
    run.tell(OPEN1)

    assert run.online
    assert run.opening.warning() == ""


def test_postgres_alone_is_not_online_yet() -> None:
    run = Run(started=True)
    run.tell(OPEN0)

    assert not run.online


def test_both_shut_is_a_failed_start_in_either_order() -> None:
    for replies in ((SHUT1, SHUT0), (SHUT0, SHUT1)):
        run = Run(started=True)
        for reply in replies:
            run.tell(reply)

        assert isinstance(run.state, Faulted)
        assert "template1" in run.state.reason
        assert "58P01" in run.state.reason


def test_one_of_the_two_is_a_warning() -> None:
    for replies, named in (((SHUT1, OPEN0), TEMPLATE1), ((SHUT0, OPEN1), POSTGRES)):
        run = Run(started=True)
        for reply in replies:
            run.tell(reply)

        assert run.online
        assert f'"{named}"' in run.opening.warning()


def test_an_adopted_server_that_is_shut_is_a_warning() -> None:
    run = Run(started=False)
    run.tell(SHUT0)
    run.tell(SHUT1)

    assert run.online
    assert TEMPLATE1 in run.opening.warning()
    assert POSTGRES in run.opening.warning()


def test_while_postgres_says_nothing_a_shut_template1_is_a_failure() -> None:
    run = Run(started=True)
    run.tell(SHUT1)
    run.tick(PATIENCE - 0.1)
    assert not run.online
    run.tick(PATIENCE)

    assert isinstance(run.state, Watching)
    assert (run.state.opinion.failures, run.state.opinion.answered) == (1, False)


def test_postgres_is_asked_again_where_its_question_was_cut() -> None:
    run = Run(started=True)
    run.tell(SHUT1)
    run.tell(Failed(OPENING, "connection cut"))
    run.until(3)

    assert isinstance(run.state, Watching)
    assert run.state.opinion.failures == 1
    assert run.effects.count(Ask(OPENING, POSTGRES)) == 2
    assert Ask(2, TEMPLATE1) in run.effects
    run.tell(Ignored(OPENING), 3)
    assert isinstance(run.state, Watching)


def test_a_locked_postgres_holds_nothing_up() -> None:
    run = Run(started=True)
    run.tell(OPEN1)
    run.tick(9)

    assert run.online
    assert run.effects.count(Ask(OPENING, POSTGRES)) == 1


def test_its_open_question_is_the_second_opinion() -> None:
    run = Run(started=True)
    run.until(29.0)
    assert isinstance(run.state, Watching)
    assert (run.state.opinion.failures, run.state.opinion.consulted) == (2, True)
    run.tell(OPEN0, 29.0)

    assert run.online
    assert run.effects.count(Ask(OPENING, POSTGRES)) == 1


def test_asking_again_while_it_is_asked_changes_nothing() -> None:
    run = Run(started=True)
    before = run.state
    run.step(Consult(), 0)

    assert run.state == before
