"""A signal ends what is said to be ended by it, at once or as soon as it may."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from pgx_base.heeded import Heeded


class Ended(BaseException):
    """The signal came."""


@pytest.fixture
def heeded() -> Iterator[Heeded]:
    """Signal USR1 is heeded, and HUP where it was not ignored."""
    numbers = (signal.SIGUSR1, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield Heeded(numbers, Ended)
    for number, handler in before.items():
        signal.signal(number, handler)


def strike() -> None:
    os.kill(os.getpid(), signal.SIGUSR1)


def test_it_ends_the_block_and_a_second_one_nothing(heeded: Heeded) -> None:
    done = []
    with pytest.raises(Ended), heeded.ending():
        try:
            strike()
            done.append("too far")
        finally:
            strike()
            done.append("tidied up")

    assert done == ["tidied up"]


def test_outside_the_block_it_ends_nothing_and_one_before_it_ends_it(
    heeded: Heeded,
) -> None:
    strike()
    with pytest.raises(Ended), heeded.ending():
        raise AssertionError("the block has begun")
    strike()


def test_one_that_comes_while_something_short_is_done_comes_behind_it(
    heeded: Heeded,
) -> None:
    done = []
    with pytest.raises(Ended), heeded.ending():
        with heeded.waiting():
            strike()
            done.append("short")
        done.append("too far")

    assert done == ["short"]


def test_a_second_one_ends_nothing_behind_what_had_to_be_waited_for(
    heeded: Heeded,
) -> None:
    done = []
    with pytest.raises(Ended), heeded.ending():
        try:
            with heeded.waiting():
                strike()
        finally:
            strike()
            with heeded.waiting():
                done.append("tidied up")

    assert done == ["tidied up"]


def test_what_waits_outside_a_block_is_followed_by_nothing(heeded: Heeded) -> None:
    with heeded.waiting():
        strike()
    strike()
    with pytest.raises(Ended):
        heeded.check()


def test_an_error_while_it_waits_is_no_signal(heeded: Heeded) -> None:
    with pytest.raises(ValueError, match="no"), heeded.ending(), heeded.waiting():
        raise ValueError("no")


def test_a_child_that_is_forked_within_is_ended_by_it(heeded: Heeded) -> None:
    with heeded.ending():
        pid = os.fork()
        if pid == 0:
            try:
                strike()
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGUSR1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_is_lost_in_a_destructor_ends_the_block_at_its_end(
    heeded: Heeded,
) -> None:
    class Goes:
        def __del__(self) -> None:
            strike()

    with pytest.raises(Ended), heeded.ending():
        Goes()


@pytest.mark.parametrize("ignored", [False, True])
def test_who_is_to_outlive_the_terminal_does(ignored: bool) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    try:
        Heeded((signal.SIGHUP,), Ended)
        assert (signal.getsignal(signal.SIGHUP) is signal.SIG_IGN) == ignored
    finally:
        signal.signal(signal.SIGHUP, before)
