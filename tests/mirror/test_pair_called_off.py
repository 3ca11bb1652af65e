"""mc_ctl that is interrupted, and one whose order nobody carries out: on a real pair."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.binaries import Binaries
from fixtures.commands import command
from fixtures.os_user import OsUser
from fixtures.pair_chaos import nodes
from fixtures.processes import wait_until
from pgx_mirror.core.mark import SYNC
from tests.fix_postgres import open_directory
from tests.mirror.pair_told import until_traced
from tests.mirror.programs import script
from tests.mirror.striking import mend
from tests.mirror.whole import PATIENCE, Whole, whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENV = ("env", f"--default-signal={','.join(one.name[3:] for one in SIGNALS)}")
_A_WHILE = 2.0  # seconds


class Fence:
    """A fencing_command that takes until it is let go; what it is to end is dead already."""

    def __init__(self, home: Path, user: OsUser) -> None:
        self._holds, self._calls = home / "holds", home / "calls"
        for path in (self._holds, self._calls):
            path.write_text("")
            user.own(path)
        waits = f"while [ -e {self._holds} ]; do sleep 0.1; done"
        self.path = script(home / "fence", f"echo $1 >> {self._calls}\n{waits}")

    def calls(self) -> int:
        return len(self._calls.read_text().splitlines())

    def let_go(self) -> None:
        self._holds.unlink()

    def hold(self) -> None:
        self._holds.write_text("")


@pytest.fixture
def fence(program_home: Path, os_user: OsUser) -> Fence:
    return Fence(program_home, os_user)


@pytest.fixture
def pair(fence: Fence, postgresql: Binaries, os_user: OsUser) -> Iterator[Whole]:
    """A pair whose silent primary only an operator replaces, and has switched off first."""
    conf: dict[str, object] = {"fencing_command": f"'{fence.path}'"}
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user, policy="message", conf=conf) as made,
    ):
        yield made


@contextmanager
def on_a_terminal(
    pair: Whole, name: str, *words: str
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run mc_ctl on a terminal, and yield it with what is typed there."""
    ours, theirs = pty.openpty()
    where = ["-M", str(pair.mcdir(name)), "--local-server", name]
    with subprocess.Popen(
        # Whoever runs the tests may ignore some, and a child inherits that.
        [*ENV, command("mc_ctl"), words[0], *where, *words[1:]],
        env=pair.environment(),
        cwd="/",
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **pair.user.popen_options(),
    ) as child:
        try:
            yield child, ours
        finally:
            child.kill()
            os.close(ours)
            os.close(theirs)


def until_asked(child: subprocess.Popen[str]) -> None:
    """Read what is said until an answer is waited for."""
    assert child.stdout is not None
    said = ""
    while not said.endswith("[y/N] "):
        more = child.stdout.read(1)
        assert more, said
        said += more


def struck(child: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """Send it *number*; return exit code and what it says then."""
    child.send_signal(number)
    said, _ = child.communicate(timeout=PATIENCE)
    return child.returncode, said


def until_silent(pair: Whole, name: str) -> None:
    """Wait until a word by force would be taken, which is then not given."""
    wait_until(lambda: "switch --force here" in pair.told(name), "silent", PATIENCE)


def test_a_word_by_force_that_is_called_off_is_not_carried_out(
    pair: Whole, fence: Fence
) -> None:
    first, other = pair.primary(), pair.standby()
    before = pair.mark(other)
    pair.power_off(first)
    until_silent(pair, other)
    for number in SIGNALS:  # at the prompt
        with on_a_terminal(pair, other, "switch", "--force") as (child, _):
            until_asked(child)
            code, said = struck(child, number)
        interrupted = number == signal.SIGINT
        assert code == (1 if interrupted else -number)
        assert ("Nothing is done." in said) == interrupted
    time.sleep(_A_WHILE)
    assert fence.calls() == 0 and "by force" not in pair.trace(other)

    for count, number in enumerate(SIGNALS, 1):  # once the word is given
        fence.hold()
        with on_a_terminal(pair, other, "switch", "--force") as (child, terminal):
            until_asked(child)
            os.write(terminal, b"y\n")
            wait_until(lambda: fence.calls() == count, "it is called", PATIENCE)  # noqa: B023
            since = len(pair.trace(other))
            code, said = struck(child, number)
        interrupted = number == signal.SIGINT
        assert code == (1 if interrupted else -number)
        assert ("The word is taken back" in said) == interrupted
        until_traced(pair, other, "switch by force was called off", since)
        fence.let_go()
        until_traced(pair, other, "fencing_command has ended", since)
        time.sleep(_A_WHILE)
        assert pair.mark(other) == before and before.state == SYNC

    assert pair.mc_ctl(other, "switch", "--force", "-f").returncode == 0
    assert fence.calls() == len(SIGNALS) + 1
    pair.commits()
    pair.witness()


@pytest.fixture
def begun(pair: Whole) -> Iterator[tuple[Whole, subprocess.Popen[str]]]:
    """A switch, asked for on the standby, that the primary has taken and cannot end."""
    first, other = pair.primary(), pair.standby()
    pair.mc_ctl(first, "disable-failover")  # who does not answer is not replaced
    server = nodes.server(pair, first)
    nodes.send(server, signal.SIGSTOP)
    where = ["-M", str(pair.mcdir(other)), "--local-server", other]
    asked = pair.begin(other, [command("mc_ctl"), "switch", *where])
    try:
        until_traced(pair, first, "mc_ctl switch is carried out")
    except TimeoutError as ex:
        ex.add_note(asked.communicate(timeout=60)[0])
        ex.add_note(pair.shown())
        raise
    yield pair, asked
    asked.kill()
    nodes.send(server, signal.SIGCONT)
    for name in (first, other):
        pair.mc_ctl(name, "enable-failover", check=False)
    mend(pair)
    pair.settles()


def refused(asked: subprocess.Popen[str]) -> str:
    """Return what mc_ctl says at its end, which is a refusal."""
    said, _ = asked.communicate(timeout=60)
    assert asked.returncode == 1, said
    return said


def test_a_switch_whose_primary_dies_over_it_ends_for_who_asked_the_standby(
    begun: tuple[Whole, subprocess.Popen[str]],
) -> None:
    pair, asked = begun
    pair.power_off(pair.primary())

    assert "the primary's controller does not answer any more" in refused(asked)


def test_so_does_one_whose_primary_has_another_controller(
    begun: tuple[Whole, subprocess.Popen[str]],
) -> None:
    pair, asked = begun
    first = pair.primary()
    since = len(pair.trace(first))
    (controller,) = nodes.part(pair, first, "controller")
    processes.kill(controller)
    until_traced(pair, first, "was started again", since)

    assert "the primary's controller was begun anew meanwhile" in refused(asked)
