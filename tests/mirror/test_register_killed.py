"""Killed, or failing, at each durable step, mc_arb has answered nothing that it does not keep."""

from __future__ import annotations

import subprocess

import pytest

from fixtures.needs import missing
from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core import words
from pgx_mirror.register.core.words import (
    Lift,
    Reply,
    Win,
)
from tests.mirror.arbiters import (
    A,
    Arbiter,
    answer,
    pair,
    turn_until,
)

PAIR_1, WON_BY_A = Cell(1, PAIR, A), Cell(2, ALONE, A)
PATIENT = 30.0  # seconds: one that is traced is slow, and what was asked is to be read


def _traced(arbiter: Arbiter, fate: str, point: str) -> subprocess.Popen[bytes]:
    """Have strace wait in the arbiter for the step *point*, to do *fate* there."""
    call, _, when = point.partition(":")
    calls = f"?{call},?{call}at,?{call}at2"
    inject = f"inject={calls}:{fate}:when={when}"
    strace = ["strace", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject]
    tracer = subprocess.Popen([*strace, "-p", str(arbiter.pid)], stderr=subprocess.PIPE)
    assert tracer.stderr is not None
    with tracer.stderr as told:
        line = told.readline()
    if b"attached" not in line:
        tracer.wait()
        pytest.skip(f"strace cannot trace here: {line!r}")
    return tracer


@pytest.mark.skipif(bool(missing("strace")), reason=missing("strace"))
def test_killed_at_any_step_of_a_grant_the_cell_tells_afterwards(
    arbiter: Arbiter,
) -> None:
    with pair(arbiter, PATIENT) as (one, two):
        epoch, found = 1, []
        for point in ("unlink:1", "fsync:1", "rename:1", "fsync:2", "sendto:1"):
            tracer = _traced(arbiter, "signal=KILL", point)
            one.ask(Win(epoch))
            turn_until(lambda: not one.known, f"killed at {point}", one, two)
            tracer.wait()
            assert one.answers.count(Reply(words.WON, Cell(epoch + 1, ALONE, A))) == 0
            arbiter.start()
            turn_until(lambda: one.known and two.known, "back", one, two)
            assert one.known is not None
            cell = one.known.cell
            assert cell in (Cell(epoch, PAIR, A), Cell(epoch + 1, ALONE, A))
            found.append(cell.epoch - epoch)
            epoch += 3
            assert answer(one, Lift(epoch, PAIR), two).word == words.LIFTED
        # What it sends first may be a heartbeat's answer, with the grant not heard yet.
        *before_it_is_sent, _ = found
        assert before_it_is_sent == sorted(before_it_is_sent)
        assert (before_it_is_sent[0], before_it_is_sent[-1]) == (0, 1)


@pytest.mark.skipif(bool(missing("strace")), reason=missing("strace"))
@pytest.mark.parametrize("point", ["fsync:1+", "rename:1+"])
def test_while_it_cannot_write_it_answers_nobody_and_then_keeps_its_word(
    arbiter: Arbiter, point: str
) -> None:
    with pair(arbiter, PATIENT) as (one, two):
        tracer = _traced(arbiter, "error=ENOSPC", point)
        one.ask(Win(1))
        turn_until(lambda: not one.known and not two.known, "closed", one, two)
        # It is told of more than once where the other is lost so much later.
        assert [loss.unanswered for loss in one.losses if loss.unanswered] == [
            (Win(1),)
        ]
        assert "No space left on device" in arbiter.status("--output=json").stdout
        assert "warning: the arbitration process answers nobody" in (
            arbiter.status().stderr
        )
        assert arbiter.online() == []
        tracer.terminate()
        tracer.wait()
        turn_until(lambda: one.known and two.known, "back", one, two)
        assert one.known is not None
        assert one.known.cell == WON_BY_A == arbiter.kept().cell
