"""What must hold for every sequence of replies, whatever the definition."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from pgx_postgres.watch.asking import OVERDUE_LIMIT
from pgx_postgres.watch.pace import beat
from pgx_postgres.watch.states import (
    Ended,
    Faulted,
    Question,
    Starting,
    State,
    Watching,
)
from pgx_postgres.watch.watch import step, wake_of
from pgx_postgres.watch.watched import (
    POSTGRES,
    TEMPLATE1,
    Answered,
    Ask,
    CrashRestart,
    Event,
    Failed,
    FaultNow,
    Ignored,
    Inside,
    Limits,
    OthersServed,
    Outside,
    PostmasterGone,
    Ready,
    Tick,
)

LIMITS = st.builds(
    Limits,
    watch_interval=st.integers(1, 20).map(float),
    response_timeout=st.integers(0, 20).map(float),
    retry_count=st.integers(0, 4),
)
TIMED = LIMITS.filter(lambda limits: limits.response_timeout > 0)


@dataclass
class Bench:
    """The watch with a clock of its own, and the questions that are open."""

    limits: Limits
    now: float = 0.0
    state: State = field(default_factory=Starting)
    open: dict[int, str] = field(default_factory=dict)
    put: list[tuple[float, str]] = field(default_factory=list)

    def feed(self, event: Event) -> None:
        self.state, effects = step(self.limits, self.state, event, self.now)
        for effect in effects:
            if isinstance(effect, Ask):
                self.open[effect.number] = effect.database
                self.put.append((self.now, effect.database))
        for number in self._ended(event):
            self.open.pop(number, None)

    def _ended(self, event: Event) -> list[int]:
        match event:
            case Answered(number=number) | Failed(number=number):
                return [number]
            case Ignored(number=number) | FaultNow(number=number):
                return [number]
            case _:
                return []

    def is_faulted(self) -> bool:
        return isinstance(self.state, Faulted)

    def start(self) -> None:
        self.feed(Ready())
        self.feed(Tick())

    def sleep(self, until: float) -> None:
        """Let time pass, waking whenever the watch wants it."""
        while isinstance(self.state, Watching):
            wake = wake_of(self.state)
            if wake is None or wake > until:
                break
            self.now = max(self.now, wake)
            self.feed(Tick())
        self.now = max(self.now, until)
        self.feed(Tick())


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("sleep"), st.floats(0.001, 30)),
        st.tuples(st.just("jump"), st.floats(0.001, 300)),
        st.tuples(
            st.sampled_from(
                ["answer", "fail", "outside", "inside", "others", "ignore"]
            ),
            st.floats(0, 1),
        ),
        st.tuples(
            st.sampled_from(["fault", "crash", "gone", "ready"]), st.floats(0, 0.05)
        ),
    ),
    max_size=60,
)


def act(bench: Bench, action: str, amount: float) -> None:
    if action == "sleep":
        return bench.sleep(bench.now + amount)
    if action == "jump":
        bench.now += amount
        return bench.feed(Tick())
    numbers = sorted(bench.open) or [999]
    number = numbers[int(amount * (len(numbers) - 1))]
    events: dict[str, Event] = {
        "answer": Answered(number),
        "fail": Failed(number, "refused"),
        "outside": Outside(number, "full"),
        "inside": Inside(number),
        "others": OthersServed(),
        "ignore": Ignored(number),
        "fault": FaultNow(number, "stopping"),
        "crash": CrashRestart("crash"),
        "gone": PostmasterGone("gone"),
        "ready": Ready(),
    }
    bench.feed(events[action])
    return bench.feed(Tick())


def check_invariants(bench: Bench) -> None:
    asked = list(bench.open.values())
    assert asked.count(TEMPLATE1) <= OVERDUE_LIMIT
    assert asked.count(POSTGRES) <= 1
    if isinstance(bench.state, Watching):
        assert wake_of(bench.state) is not None or bench.open
        assert bench.state.opinion.failures <= bench.limits.retry_count + 1
        wake = wake_of(bench.state)
        assert wake is None or wake >= bench.now
        check_question(bench.state.question)


def check_question(question: Question) -> None:
    """One is current, or the next has its time, or there is no room and silence is due."""
    assert question.current is None or question.ask_at is None
    if question.current is None and question.ask_at is None:
        assert len(question.overdue) == OVERDUE_LIMIT
        assert question.due is not None


@given(LIMITS, ACTIONS)
def test_any_sequence_keeps_the_invariants(
    limits: Limits, actions: list[tuple[str, float]]
) -> None:
    bench = Bench(limits)
    bench.start()
    for action, amount in actions:
        act(bench, action, amount)
        check_invariants(bench)


@given(LIMITS, ACTIONS)
def test_final_states_stay(limits: Limits, actions: list[tuple[str, float]]) -> None:
    bench = Bench(limits, state=Faulted("why"))
    for action, amount in actions:
        act(bench, action, amount)

    assert bench.state == Faulted("why")
    assert not bench.put


@given(LIMITS, st.lists(st.booleans(), max_size=40))
def test_faulted_exactly_after_more_failures_in_a_row_than_allowed(
    limits: Limits, replies: list[bool]
) -> None:
    bench = Bench(limits)
    bench.start()
    row = 0
    for good in replies:
        number = next(one for one, base in bench.open.items() if base == TEMPLATE1)
        bench.feed(Answered(number) if good else Failed(number, "refused"))
        row = 0 if good else row + 1
        assert isinstance(bench.state, Faulted) == (row > limits.retry_count)
        if isinstance(bench.state, Faulted):
            return
        bench.sleep(bench.now + limits.watch_interval)


@given(TIMED, st.integers(0, 5))
def test_silence_faults_after_the_whole_budget_and_not_before(
    limits: Limits, answers: int
) -> None:
    bench = Bench(limits)
    bench.start()
    for _ in range(answers):
        bench.feed(Answered(max(bench.open)))
        bench.sleep(bench.now + limits.watch_interval)
    first = bench.put[-1][0]
    budget = (1 + limits.retry_count) * limits.response_timeout

    bench.sleep(first + budget - 0.001)
    assert not bench.is_faulted()

    bench.sleep(first + budget + 0.001)
    assert bench.is_faulted()
    opinions = [at for at, base in bench.put if base == POSTGRES]
    assert len(opinions) == 1


@given(TIMED, st.integers(1, 200))
def test_a_locked_template1_never_faults(limits: Limits, rounds: int) -> None:
    bench = Bench(limits)
    bench.start()
    for _ in range(rounds):
        bench.sleep(bench.now + limits.response_timeout / 3)
        for number in [one for one, base in bench.open.items() if base == POSTGRES]:
            bench.feed(Answered(number))
            bench.feed(Tick())
        check_invariants(bench)
        assert isinstance(bench.state, Watching)


@given(TIMED.filter(lambda limits: limits.retry_count > 0))
def test_a_late_reply_counts_back_to_zero(limits: Limits) -> None:
    bench = Bench(limits)
    bench.start()
    first = min(bench.open)
    bench.sleep(limits.retry_count * limits.response_timeout + 0.001)
    assert isinstance(bench.state, Watching)
    assert bench.state.opinion.failures == limits.retry_count

    bench.feed(Answered(first))

    assert isinstance(bench.state, Watching)
    assert bench.state.opinion.failures == 0


@given(TIMED, st.floats(0.0, 1.0), st.floats(1.0, 1e6))
@settings(max_examples=200)
def test_a_frozen_monitor_does_not_fault(
    limits: Limits, at: float, frozen: float
) -> None:
    """Whenever it freezes, on waking the server has as long to answer as it had."""
    bench = Bench(limits)
    bench.start()
    budget = (1 + limits.retry_count) * limits.response_timeout
    bench.sleep(at * budget * 0.99)
    assert isinstance(bench.state, Watching)
    left = (bench.state.question.due or 0) - bench.now
    wake = wake_of(bench.state)
    assert wake is not None

    bench.now = wake + beat(limits) + frozen
    bench.feed(Tick())

    assert isinstance(bench.state, Watching)
    assert bench.state.question.due is not None
    assert bench.state.question.due - bench.now >= left - 1e-6 * frozen - 1e-6


@given(TIMED)
def test_a_node_that_is_always_late_still_faults_a_dead_server(limits: Limits) -> None:
    bench = Bench(limits)
    bench.start()
    late = beat(limits) * 0.6
    for _ in range(200 * (1 + limits.retry_count)):
        wake = wake_of(bench.state)
        if wake is None:
            break
        bench.now = wake + late
        bench.feed(Tick())

    assert isinstance(bench.state, Faulted)


@given(LIMITS, ACTIONS)
def test_what_never_answered_ends_without_a_fault(
    limits: Limits, actions: list[tuple[str, float]]
) -> None:
    bench = Bench(limits)
    bench.feed(PostmasterGone("never came up"))

    assert bench.state == Ended("never came up")
