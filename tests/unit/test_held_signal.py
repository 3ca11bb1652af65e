"""A signal that is held back comes later, and is not lost."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from pgx_base.held_signal import held_back


@pytest.fixture
def came() -> Iterator[list[str]]:
    """What came: the signal is USR1."""
    heard: list[str] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: heard.append("signal"))
    yield heard
    signal.signal(signal.SIGUSR1, before)


def test_it_comes_when_the_block_has_ended(came: list[str]) -> None:
    rest = threading.Event()
    threading.Thread(target=rest.wait, daemon=True).start()  # who could take it instead
    with held_back(signal.SIGUSR1):
        os.kill(os.getpid(), signal.SIGUSR1)
        came.append("work")
    rest.set()

    assert came == ["work", "signal"]


def test_without_one_nothing_comes_and_the_next_is_heard(came: list[str]) -> None:
    with held_back(signal.SIGUSR1):
        came.append("work")
    os.kill(os.getpid(), signal.SIGUSR1)

    assert came == ["work", "signal"]


def test_an_error_lets_it_come_too(came: list[str]) -> None:
    with pytest.raises(ValueError, match="no"), held_back(signal.SIGUSR1):
        os.kill(os.getpid(), signal.SIGUSR1)
        raise ValueError("no")

    assert came == ["signal"]
