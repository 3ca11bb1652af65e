"""mc_ctl start, whose controller dies meanwhile and is begun anew by its watcher."""

from __future__ import annotations

import pytest

from fixtures.processes import wait_until
from tests.fix_mcdir import Mcdir

NEXT = "mc_ctl: warning: the controller has ended; the next one is asked\n"


def test_a_start_goes_on_with_the_next_controller(mcdir: Mcdir) -> None:
    mcdir.play(lives=3)
    started = mcdir.of("nd1", "start", "-w")

    assert started.returncode == 0, started.stderr
    assert started.stdout == 'controller of server "nd1" started\n'
    assert started.stderr.count(NEXT) == 2
    assert mcdir.journal()[-1] == "started?"


def test_the_next_controller_is_heard_where_it_refuses(mcdir: Mcdir) -> None:
    mcdir.play(lives=2, last={"started?": ["this server is deposed"]})
    started = mcdir.of("nd1", "start", "-w")

    assert (started.returncode, started.stdout) == (1, "")
    assert "mc_ctl: error: this server is deposed\n" in started.stderr


def test_a_start_whose_controllers_all_die_has_an_end(mcdir: Mcdir) -> None:
    mcdir.play(lives=100)
    started = mcdir.of("nd1", "start", "-w")

    assert (started.returncode, started.stdout) == (1, "")
    assert started.stderr.count(NEXT) == 4
    assert 'error: controller of server "nd1" does not answer yet\n' in started.stderr
    assert "5 controllers have ended. It goes on by itself." in started.stderr


@pytest.mark.parametrize("words", [["stop"], ["stop", "-e"]])
def test_a_start_whose_controller_nobody_begins_anew_fails(
    mcdir: Mcdir, words: list[str]
) -> None:
    mcdir.play(waits=["started?"], stays=1.0)  # as on a busy machine
    start = mcdir.popen("start", "-w", "-M", mcdir.path, "--local-server=nd1")
    wait_until(lambda: "not answered: started?" in mcdir.journal(), "it waits")
    assert mcdir.of("nd1", *words).returncode == 0
    _, stderr = start.communicate(timeout=60)

    assert start.returncode == 1
    assert "warning: the controller" not in stderr
    assert "error: the controller has ended while it started\n" in stderr
