"""The witness sees what must never be, told histories in which it is; and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fixtures.pair.client import Acknowledged
from fixtures.pair_chaos.witness import (
    Deposed,
    Excuse,
    Look,
    holder,
    internal,
    mark,
    missing,
    two_pens,
)
from pgx_mirror.core.mark import Mark, encode

A, B = 1111, 2222
PRIMARY = Look("ALONE", 6, postmaster=True, controlled=True)
GIVEN = Look("GIVEN", 6, postmaster=True, controlled=True)


def test_a_row_that_the_holder_has_not_is_an_alarm() -> None:
    told = [Acknowledged(n, A, float(n)) for n in range(5)]
    verdict = missing(told, {0, 1, 2, 4})
    assert [row.number for row in verdict.lost] == [3]
    assert "1 acknowledged rows are lost: 3 (port 1111, at 3.000)" in verdict.text()


def test_rows_that_two_servers_accepted_alone_are_an_alarm_whoever_goes_on() -> None:
    """A goes on after B's takeover: each has a row that the other has not."""
    told = [Acknowledged(1, A, 1.0), Acknowledged(2, B, 2.0), Acknowledged(3, A, 2.1)]
    on_a, on_b = {1, 3}, {1, 2}
    assert [row.number for row in missing(told, on_b).lost] == [3]
    assert [row.number for row in missing(told, on_a).lost] == [2]


def test_two_acknowledgements_in_one_second_are_no_alarm() -> None:
    """An ack of A's that comes after B's first commit: B has the row."""
    told = [Acknowledged(2, B, 2.0), Acknowledged(1, A, 2.05), Acknowledged(3, B, 2.1)]
    assert missing(told, {1, 2, 3}).text() == ""


@given(
    some.lists(some.tuples(some.integers(0, 50), some.sampled_from([A, B]))),
    some.sets(some.integers(0, 50)),
)
def test_exactly_what_was_told_and_is_not_there_is_lost(
    rows: list[tuple[int, int]], there: set[int]
) -> None:
    told = [Acknowledged(n, port, 0.0) for n, port in rows]
    lost = {row.number for row in missing(told, there).lost}
    assert lost == {n for n, _ in rows} - there


@pytest.mark.parametrize(
    ("port", "at", "excused"),
    [(A, 5.0, True), (B, 5.0, False), (A, 3.9, False), (A, 9.1, False)],
)
def test_only_what_one_server_accepted_while_its_names_were_off_is_excused(
    port: int, at: float, excused: bool
) -> None:
    verdict = missing(
        [Acknowledged(1, port, at)], set(), [Excuse(A, 4.0, 9.0, "names")]
    )
    assert bool(verdict.excused) is excused
    assert bool(verdict.lost) is not excused


def test_two_pens_are_an_alarm_once_they_are_seen_twice() -> None:
    both = {"a": PRIMARY, "b": Look("ALONE", 5)}
    assert two_pens(both, both) == "two servers have the pen: a, b"
    deposed = {"a": PRIMARY, "b": Look("GIVEN", 5)}
    assert two_pens(both, deposed) == two_pens(deposed, both) == ""
    assert two_pens(both, {"a": PRIMARY, "b": Look("ALONE", 7)}) == ""
    assert two_pens({"a": PRIMARY, "b": Look("PAIR", 5)}, both) == ""


def test_the_pen_is_whose_epoch_is_later() -> None:
    assert holder({"a": PRIMARY, "b": Look("PAIR", 4)}) == "a"
    assert holder({"a": GIVEN, "b": Look("ALONE", 6, standby=True)}) == ""
    assert holder({"a": Look(), "b": Look("PAIR", 4)}) == "b"


def test_a_deposed_server_may_run_for_a_moment_and_no_longer() -> None:
    watch = Deposed(20.0)
    assert watch.look({"a": GIVEN}, 100.0) == watch.look({"a": GIVEN}, 119.0) == ""
    assert "a is deposed" in watch.look({"a": GIVEN}, 121.0)


@pytest.mark.parametrize(
    "between",
    [PRIMARY, Look("GIVEN", 6, controlled=True), Look("GIVEN", 6, postmaster=True)],
    ids=["not deposed", "stopped", "its controller is not there"],
)
def test_a_deposed_server_begins_its_moment_anew(between: Look) -> None:
    watch = Deposed(20.0)
    watch.look({"a": GIVEN}, 100.0)
    watch.look({"a": between}, 110.0)
    assert watch.look({"a": GIVEN}, 121.0) == ""


@given(
    some.sampled_from(["PAIR", "ALONE", "GIVEN", "SYNC", "OUT", "NEW"]),
    some.integers(0, 10**12),
)
def test_it_reads_the_marks_that_are_written(state: str, epoch: int) -> None:
    written = encode(Mark("server1", "0" * 32, "7", epoch, state, pair=3))
    assert mark(written.decode(), "server1") == (state, epoch)
    assert mark(written.decode(), "server2") == ("", 0), "a copy"


def test_what_is_no_mark_says_nothing() -> None:
    assert mark("", "a") == mark("owner = a\nstate = PAIR\n", "a") == ("", 0)


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last):",
        "mc_ctl: error: internal error: AttributeError: no",
        "heard StartFailed(problem='KeyError: 3')",
    ],
)
def test_an_error_of_the_program_itself_is_seen(line: str) -> None:
    assert internal(f"heard Wrote\n{line}\nmore") == line
    assert internal("mc_ctl: error: could not open: No such file\nOSError: full") == ""
