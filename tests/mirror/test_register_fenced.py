"""A real mc_arb that has a fencing_command."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.processes import gone, wait_until
from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core import words
from pgx_mirror.register.core.words import Reply, Win
from tests.mirror.arbiters import A, Arbiter, B, Talker, answer, pair, turn_until
from tests.mirror.programs import script

LIMIT = 30.0  # seconds of silence: nobody's loop runs while `mc_arb status` is asked
PAIR_1, WON_BY_A = Cell(1, PAIR, A), Cell(2, ALONE, A)


class Fenced:
    """An arbiter, and the program that it calls."""

    def __init__(self, directory: Path, home: Path) -> None:
        self.arbiter = Arbiter(directory)
        self.path, self.told = home / "fence", home / "told"
        self.conf = directory / "arbitration.conf"
        self._configure(f"fencing_command = '{self.path}'")

    def _configure(self, line: str) -> None:
        self.conf.write_text(f"{self.conf.read_text()}{line}\n")

    def does(self, text: str) -> None:
        """Have the program tell that it is called, and do *text*."""
        script(self.path, f'echo "$@" $$ >> {self.told}\n{text}')

    def calls(self) -> list[list[str]]:
        """Return the words of each call, and its process last."""
        text = self.told.read_text() if self.told.exists() else ""
        return [line.split() for line in text.splitlines()]

    @contextmanager
    def runs(self, text: str, seconds: int = 60) -> Iterator[tuple[Talker, Talker]]:
        """Have the arbiter run, with a pair that has enrolled it.

        The program does *text*, for *seconds* at most.
        """
        self.does(text)
        self._configure(f"fencing_command_timeout = {seconds}")
        self.arbiter.start()
        try:
            with pair(self.arbiter, LIMIT) as both:
                yield both
        finally:
            self.arbiter.run("stop", "-e")


@pytest.fixture
def fenced(tmp_path: Path, program_home: Path) -> Fenced:
    return Fenced(tmp_path / "arbiter", program_home)


def decided(asks: Talker, *others: Talker, word: str = words.FENCING) -> Reply:
    """Ask for the pen until the answer is another than *word*."""
    reply = answer(asks, Win(1), *others)
    until = time.monotonic() + 60
    while reply.word == word:
        assert reply.again > 0
        assert time.monotonic() < until
        reply = answer(asks, Win(1), *others)
    return reply


def test_it_is_called_before_one_wins(fenced: Fenced) -> None:
    with fenced.runs("true") as (one, two):
        assert answer(one, Win(1), two).word == words.FENCING
        two.register.close()  # it was ended, and is heard no more

        assert decided(one) == Reply(words.WON, WON_BY_A)
        assert [call[:-1] for call in fenced.calls()] == [["monitor", "detach", B]]
        assert fenced.arbiter.kept().cell == WON_BY_A


def test_one_that_fails_decides_for_nobody(fenced: Fenced) -> None:
    """The other is asked by nobody to end itself: an operator decides, or the next try."""
    with fenced.runs("exit 1") as (one, two):
        reply = decided(one, two)

        assert (reply.word, reply.cell) == (words.UNFENCED, PAIR_1)
        assert fenced.arbiter.kept().cell == PAIR_1
        fenced.does("true")
        two.register.close()
        assert decided(one, word=words.UNFENCED).word == words.FENCING
        assert decided(one) == Reply(words.WON, WON_BY_A)


def test_everybody_is_answered_while_it_hangs(fenced: Fenced) -> None:
    with fenced.runs("sleep 600") as (one, two):
        assert answer(one, Win(1), two).word == words.FENCING
        turn_until(fenced.calls, "it is called", one, two)
        pid = int(fenced.calls()[0][-1])
        assert fenced.arbiter.online() == [A, B]
        assert answer(two, words.Read(), one).cell == PAIR_1
        assert not gone(pid)


def test_one_that_hangs_is_ended_in_time_which_is_a_no(fenced: Fenced) -> None:
    with fenced.runs("sleep 600", seconds=8) as (one, two):
        assert decided(one, two).word == words.UNFENCED
        turn_until(fenced.calls, "it has told whom to wait for", one, two)
        wait_until(lambda: gone(int(fenced.calls()[0][-1])), "it is ended")


@pytest.mark.parametrize("ends", ["stop", "kill"])
def test_it_ends_with_the_arbiter(fenced: Fenced, ends: str) -> None:
    """mc_arb stop -e is what the newer manuals give where a fencing command hangs."""
    with fenced.runs("sleep 600") as (one, two):
        answer(one, Win(1), two)
        turn_until(fenced.calls, "it is called", one, two)
        pid = int(fenced.calls()[0][-1])
        if ends == "stop":
            assert fenced.arbiter.run("stop", "-e").returncode == 0
        else:
            fenced.arbiter.kill()

        wait_until(lambda: gone(pid), "it is ended")


def test_one_that_another_could_change_is_refused_at_the_start(fenced: Fenced) -> None:
    fenced.does("true")
    fenced.path.chmod(0o777)

    refused = fenced.arbiter.run("start")

    assert refused.returncode == 1
    assert (
        f'arbitration.conf: fencing_command "{fenced.path}" cannot be called: '
        "it is writable by others (mode 0777)"
    ) in refused.stderr


def test_one_that_breaks_later_is_not_called(fenced: Fenced) -> None:
    with fenced.runs("true") as (one, two):
        fenced.path.chmod(0o777)

        assert decided(one, two).word == words.UNFENCED
        assert fenced.calls() == []
