"""mc_std as a process: what it waits for, what ends it at once, and what it takes back."""

from __future__ import annotations

import shutil
import signal
import subprocess
from typing import Any

import pytest

from fixtures.commands import command
from fixtures.processes import wait_until
from tests.at_call import go_on, standing
from tests.fix_mcdir import Mcdir

LATER = "the primary's controller does not answer"
NEVER = "this server is deposed"
TRIES = "mc_std: is tried again for 60 s\n"


@pytest.fixture
def std(mcdir: Mcdir) -> Mcdir:
    """The management directory, with mc_std beside mc_ctl; INSTALLDIR is its parent."""
    shutil.copy(command("mc_std"), mcdir.bin)
    return mcdir


def popen(std: Mcdir, *words: str, **options: Any) -> subprocess.Popen[str]:
    """Start mc_std: *words* before INSTALLDIR, and behind MCDIR those after "--"."""
    at = words.index("--") if "--" in words else len(words)
    places = [str(std.bin.parent), str(std.path)]
    return subprocess.Popen(
        [std.bin / "mc_std", *words[:at], *places, *words[at + 1 :]],
        env=std.environment(),
        cwd="/",
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **(std.user.popen_options() | options),
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Return how it has ended: exit code, stdout, stderr."""
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout, stderr


def run(std: Mcdir, *words: str) -> tuple[int, str, str]:
    return ended(popen(std, *words))


def until_tried_again(process: subprocess.Popen[str]) -> str:
    """Return what is said until it waits."""
    assert process.stderr is not None
    said = ""
    while not said.endswith(TRIES):
        line = process.stderr.readline()
        assert line, said
        said += line
    return said


def test_options_go_to_mc_ctl_and_one_that_runs_is_done(std: Mcdir) -> None:
    where = "--local-server nd1"
    code, stdout, _ = run(std, "start", "--", f"-f --mc-only {where}")
    assert code == 1 and "heartbeat_error_action" not in stdout
    code, stdout, _ = run(std, "start", "--", f"--mc-only {where}")
    assert (code, stdout) == (0, 'controller of server "nd1" started\n')
    assert " --local-server nd1 --mc-only " in std.journal()[0]

    again = run(std, "start", "--", where)
    assert again == (0, 'controller of server "nd1" is running already\n', "")
    code, stdout, _ = run(std, "stop", "--", where)
    assert (code, stdout) == (0, "controller of nd1 stopped\n")
    assert not std.lives("nd1")
    nothing = run(std, "stop", "--", where)
    what = 'controller of server "nd1" is not running: there is nothing to stop\n'
    assert nothing == (0, what, "")


def test_one_that_is_begun_anew_meanwhile_runs(std: Mcdir) -> None:
    std.play(lives=2)
    assert std.of("nd1", "start", "-W").returncode == 0
    again = run(std, "start", "--", "--local-server nd1")
    assert again == (0, 'controller of server "nd1" is running already\n', "")


def test_one_that_is_stopped_meanwhile_is_not_started_again(std: Mcdir) -> None:
    std.play(waits=["started?"])
    assert std.of("nd1", "start", "-W").returncode == 0
    again = popen(std, "start", "--", "--local-server nd1")
    wait_until(lambda: "not answered: started?" in std.journal(), "it waits")
    assert std.of("nd1", "stop").returncode == 0
    code, _, stderr = ended(again)

    assert code == 1
    assert "error: the controller has ended while it started\n" in stderr
    assert not std.lives("nd1")


def test_a_refusal_that_time_mends_is_told_once_and_waited_for(std: Mcdir) -> None:
    std.play(last={"started?": [LATER]}, ends=["started?"], passing=True)
    waits = popen(std, "--wait=60", "start", "--", "--local-server=nd1")
    assert until_tried_again(waits).count(f"mc_ctl: error: {LATER}\n") == 1
    std.play()
    code, stdout, stderr = ended(waits)

    assert (code, stdout) == (0, 'controller of server "nd1" started\n')
    assert LATER not in stderr
    assert std.lives("nd1")


def test_one_that_was_refused_and_takes_long_to_end_is_no_word_of_anybodys(
    std: Mcdir,
) -> None:
    """It is still there when the start is tried again, and ends while it is asked."""
    refused = {"last": {"started?": [LATER]}, "ends": ["started?"], "passing": True}
    std.play(**refused, lingers=6)
    waits = popen(std, "--wait=60", "start", "--", "--local-server=nd1")
    until_tried_again(waits)
    std.play()

    assert ended(waits)[:2] == (0, 'controller of server "nd1" started\n')


def test_one_that_others_start_and_stop_while_it_waits_is_not_started_again(
    std: Mcdir,
) -> None:
    std.play(last={"started?": [LATER]}, ends=["started?"], passing=True)
    # The second settings are those that it goes by behind its pause.
    where = "boot._is_done_later,boot._serving,boot._settings"
    words = ["--wait=60", "start", str(std.bin.parent), str(std.path)]
    options: dict[str, Any] = {"env": std.environment(), "user": std.user}
    with standing(where, "mc_std", *words, "--local-server=nd1", **options) as waits:
        std.play(waits=["started?"])
        assert std.of("nd1", "start", "-W").returncode == 0
        go_on(waits)
        wait_until(lambda: "not answered: started?" in std.journal(), "it asks")
        assert std.of("nd1", "stop").returncode == 0
        code, _, stderr = ended(waits)

    assert code == 1
    assert "error: the controller has ended while it started\n" in stderr
    assert not std.lives("nd1")


def test_one_that_time_does_not_mend_ends_it_at_once_and_so_does_a_later_one(
    std: Mcdir,
) -> None:
    refused = {"last": {"started?": [NEVER]}, "ends": ["started?"]}
    std.play(**refused)
    code, stdout, stderr = run(std, "start", "--", "--local-server=nd1")
    assert (code, stdout) == (1, "")
    assert stderr.endswith(f"mc_ctl: error: {NEVER}\nmc_ctl: hint: Do it.\n")
    assert "tried again" not in stderr

    std.play(last={"started?": [LATER]}, ends=["started?"], passing=True)
    waits = popen(std, "--wait=60", "start", "--", "--local-server=nd1")
    until_tried_again(waits)
    std.play(**refused)
    code, stdout, stderr = ended(waits)
    assert (code, stdout) == (1, "")
    assert stderr.endswith(f"mc_ctl: error: {NEVER}\nmc_ctl: hint: Do it.\n")


def test_it_gives_up_with_mc_ctls_words(std: Mcdir) -> None:
    std.play(last={"started?": [LATER]}, ends=["started?"], passing=True)
    words = f"mc_ctl: error: {LATER}\nmc_ctl: hint: Do it.\n"

    code, _, stderr = run(std, "--wait=5", "start", "--", "--local-server=nd1")
    assert code == 4
    assert stderr.endswith(f"{words}mc_std: gives up after 5 s\n")
    assert stderr.count(words) == 2  # at the first attempt, and at the end


def test_called_off_while_it_waits_nothing_is_left(std: Mcdir) -> None:
    std.play(last={"started?": [LATER]}, ends=["started?"], passing=True)
    waits = popen(std, "--wait=60", "start", "--", "--local-server=nd1")
    until_tried_again(waits)
    waits.send_signal(signal.SIGINT)

    code, stdout, stderr = ended(waits)
    assert (code, stdout) == (1, "")
    assert "the start was called off" in stderr
    wait_until(lambda: not std.lives("nd1"), "the last attempt ends")


def test_called_off_in_the_middle_of_a_start_what_has_begun_is_stopped(
    std: Mcdir,
) -> None:
    std.play(waits=["started?"])
    starts = popen(std, "start", "--", "--local-server=nd1")
    wait_until(lambda: std.lives("nd1"), "a controller")
    starts.terminate()

    assert ended(starts)[0] == 1
    assert std.journal()[-1] == "stop"
    wait_until(lambda: not std.lives("nd1"), "its end")


def test_a_stop_waits_until_another_action_has_ended(std: Mcdir) -> None:
    """As at a shutdown in the middle of a switch."""
    std.play(waits=["switch"])
    assert run(std, "start", "--", "--local-server=nd1")[0] == 0
    switches = std.popen("switch", "-M", std.path, "--local-server=nd1")
    wait_until(lambda: _is_busy(std), "the switch is being executed")
    stops = popen(std, "--wait=60", "stop", "--", "--local-server=nd1")
    said = until_tried_again(stops)
    assert "mc_ctl: error: mc_ctl switch is being executed\n" in said
    assert std.lives("nd1")
    switches.kill()
    switches.communicate()

    code, stdout, stderr = ended(stops)
    assert (code, stdout, stderr) == (0, "controller of nd1 stopped\n", "")
    assert not std.lives("nd1")


def _is_busy(std: Mcdir) -> bool:
    """Whether an action is being executed."""
    asked = std.of("nd1", "disable-failover")
    return "is being executed" in asked.stderr


def test_a_stop_gives_up_in_time_and_by_a_word_of_its_own_at_once(std: Mcdir) -> None:
    std.play(waits=["switch"], last={"stop": [NEVER]})
    assert run(std, "start", "--", "--local-server=nd1")[0] == 0
    assert run(std, "stop", "--", "--local-server=nd1")[0] == 1
    switches = std.popen("switch", "-M", std.path, "--local-server=nd1")
    wait_until(lambda: _is_busy(std), "the switch is being executed")

    code, _, stderr = run(std, "--wait=1", "stop", "--", "--local-server=nd1")
    assert code == 4
    assert stderr.endswith("mc_std: gives up after 1 s\n")
    switches.kill()
    switches.communicate()
    std.of("nd1", "stop", "-e")


def test_a_stop_waits_for_a_controller_that_is_just_starting(std: Mcdir) -> None:
    std.play(first="mute")
    starts = std.popen("start", "-M", std.path, "--local-server=nd1")
    wait_until(lambda: std.lives("nd1"), "a controller")
    stops = popen(std, "--wait=60", "stop", "--", "--local-server=nd1")
    assert 'controller of server "nd1" is not running' in until_tried_again(stops)
    std.of("nd1", "stop", "-e")
    starts.communicate()

    assert ended(stops)[0] == 0


def test_a_wrong_line_does_nothing_and_has_exit_code_2(std: Mcdir) -> None:
    code, stdout, stderr = run(std, "start", "--", "$(touch /tmp/x)", "-f '", "-a")

    assert (code, stdout) == (2, "")
    assert stderr.count("error: ") == 4
    assert stderr.endswith('mc_std: hint: Try "mc_std --help" for more information.\n')
    assert std.journal() == []


def test_a_program_that_is_not_there_is_named(std: Mcdir) -> None:
    (std.bin / "mc_ctl").chmod(0o600)
    code, _, stderr = run(std, "stop")

    assert code == 2
    assert f'error: there is no program "{std.bin}/mc_ctl"' in stderr


@pytest.mark.root
def test_root_is_refused(std: Mcdir) -> None:
    code, _, stderr = ended(popen(std, "stop", user=0, group=0))

    assert code == 1
    assert "error: cannot be run as root" in stderr
