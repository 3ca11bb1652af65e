"""A full queue of connections, whatever the limits are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgx_postgres.watch.watched import POSTGRES, Answered, Limits, OthersServed, Outside
from tests.property.test_watch import LIMITS, TIMED, Bench


@given(TIMED, st.floats(0.01, 1), st.integers(1, 100))
def test_a_crowd_that_is_served_never_faults(
    limits: Limits, often: float, rounds: int
) -> None:
    """Somebody is let in within each whole budget, though never we."""
    bench = Bench(limits)
    bench.start()
    budget = (1 + limits.retry_count) * limits.response_timeout
    bench.feed(Outside(min(bench.open), "full"))
    for _ in range(rounds):
        bench.sleep(bench.now + often * budget * 0.99)
        bench.feed(OthersServed())
        assert not bench.is_faulted()
        for number, base in list(bench.open.items()):
            if base == POSTGRES:
                bench.feed(Outside(number, "full"))


@given(LIMITS, st.floats(0, 1))
def test_a_crowd_that_nobody_serves_faults_in_its_time(
    limits: Limits, late: float
) -> None:
    bench = Bench(limits)
    bench.start()
    bench.feed(Answered(min(bench.open)))
    bench.sleep(bench.now + limits.watch_interval)
    began = bench.now
    bench.feed(Outside(max(bench.open), "full"))
    allowed = limits.response_timeout or limits.watch_interval
    bench.sleep(began + (1 + limits.retry_count) * allowed + late)

    assert bench.is_faulted()
