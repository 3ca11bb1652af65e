"""mc_ctl as a process: started, asked, stopped and killed, on a played controller."""

from __future__ import annotations

import os
import re
import signal
import subprocess

import pytest

from fixtures.processes import gone, wait_until
from pgx_mirror.command import start
from pgx_mirror.controller import holding
from pgx_mirror.controller.options import Options
from pgx_mirror.core.status import shown as status_text
from tests.fix_mcdir import Mcdir
from tests.mirror.test_status import A, B, seen

SAID = {"status": status_text.plain(seen(A, B))}
ARBITRATION = "heartbeat_error_action = message"


def quiet(text: str) -> str:
    """Leave out warnings about the ports of this host."""
    return re.sub(r"(?m)^mc_ctl: warning: .*\n(mc_ctl: (detail|hint): .*\n)*", "", text)


def test_start_returns_when_the_controller_has_taken_over(mcdir: Mcdir) -> None:
    started = mcdir.of("nd1", "start", "--mc-only")

    assert started.stdout == 'controller of server "nd1" started\n'
    assert (started.returncode, quiet(started.stderr)) == (0, "")
    line = mcdir.journal()[0].split()
    assert line[:-1] == [
        "started", "-M", str(mcdir.path), "--local-server", "nd1", "--mc-only",
        "--started-by",
    ]  # fmt: skip
    again = mcdir.of("nd1", "start")
    assert again.returncode == 1
    assert 'controller of server "nd1" is running already\n' in again.stderr
    assert re.search(r"detail: Processes: \d+(, \d+)*\.", again.stderr)
    assert "before a setup, or another start: mc_ctl stop." in again.stderr
    assert mcdir.of("nd2", "start").returncode == 0


def test_start_w_waits_for_the_end_of_the_start(mcdir: Mcdir) -> None:
    mcdir.play(progress=["starting the instance"])
    good = mcdir.of("nd1", "start", "-w")
    mcdir.play(last={"started?": ["port 5432 is in use"]}, ends=["started?"])
    wrong = mcdir.of("nd2", "start", "-w")

    assert (good.returncode, quiet(good.stderr)) == (
        0,
        "mc_ctl: starting the instance\n",
    )
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert quiet(wrong.stderr) == (
        "mc_ctl: error: port 5432 is in use\nmc_ctl: hint: Do it.\n"
    )


def test_start_waits_for_the_decision_and_with_capital_w_for_nothing(
    mcdir: Mcdir,
) -> None:
    mcdir.play(last={"started?": ["this server is deposed"]}, ends=["started?"])
    waits = mcdir.refused("nd1")  # so that mc_ctl setup may follow
    does_not = mcdir.of("nd2", "start", "-W")

    assert (waits.returncode, waits.stdout) == (1, "")
    assert "mc_ctl: error: this server is deposed\n" in waits.stderr
    assert (does_not.returncode, quiet(does_not.stderr)) == (0, "")


@pytest.mark.parametrize(
    ("first", "want"),
    [
        ("refused", "mc_ctl: error: server is deposed\n"),
        ("words", "mc_main: error: it cannot be\n"),
        (
            "silent",
            "mc_ctl: error: the controller has ended before it took over\n"
            "mc_ctl: hint: See the system log, or trace.log in the management directory.\n",
        ),
    ],
)
def test_a_controller_that_does_not_start_is_told(
    mcdir: Mcdir, first: str, want: str
) -> None:
    mcdir.play(first=first)
    started = mcdir.refused("nd1")

    assert (started.returncode, started.stdout) == (1, "")
    assert quiet(started.stderr) == want


def test_a_start_that_gives_up_leaves_nothing_behind(mcdir: Mcdir) -> None:
    mcdir.play(first="mute")
    reader, writer = os.pipe()
    options = Options(str(mcdir.path), "nd1", started_by=writer)
    child = subprocess.Popen(
        [mcdir.bin / "mc_main", *options.line()],
        env=mcdir.environment(),
        cwd="/",
        pass_fds=[writer],
        **mcdir.user.popen_options(),
    )
    assert child.wait(60) == 0  # it has detached
    wait_until(lambda: mcdir.lives("nd1"), "it is there")

    said = start.given_up(str(mcdir.path), "nd1", child)

    assert not mcdir.lives("nd1")
    assert said.primary == "the controller has not taken over"
    assert "It has been ended." in str(said.detail)
    os.close(reader)
    os.close(writer)


def test_start_f_needs_somebody_who_decides(mcdir: Mcdir) -> None:
    refused = mcdir.of("nd1", "start", "-f")

    assert refused.returncode == 1
    assert mcdir.journal() == []
    for word in (
        "needs heartbeat_error_action in nd1.conf",
        '"arbitration"',
        '"message"',
    ):
        assert word in refused.stderr
    mcdir.configure("nd1", mcdir.path.parent / "nd1", ARBITRATION)
    assert mcdir.of("nd1", "start", "-f").returncode == 0
    assert " -f " in mcdir.journal()[0]


def test_enable_failover_needs_it_too(mcdir: Mcdir) -> None:
    mcdir.of("nd1", "start")

    assert mcdir.of("nd1", "enable-failover").returncode == 1
    mcdir.configure("nd1", mcdir.path.parent / "nd1", ARBITRATION)
    assert mcdir.of("nd1", "enable-failover").returncode == 0
    assert mcdir.of("nd1", "disable-failover").returncode == 0
    assert mcdir.journal()[2:] == ["enable-failover", "disable-failover"]


def test_start_without_a_secret_names_mc_ctl_secret(mcdir: Mcdir) -> None:
    (mcdir.path / "secret").unlink()
    refused = mcdir.of("nd1", "start")

    assert refused.returncode == 1
    assert 'Run "mc_ctl secret"' in refused.stderr
    written = mcdir.run("secret", "-M", mcdir.path)
    assert (written.returncode, written.stderr) == (0, "")
    for said in (refused.stderr, written.stdout):
        assert "to the arbiter's host" in said
    made = (mcdir.path / "secret").stat()
    assert (made.st_mode & 0o777, made.st_uid) == (0o600, mcdir.user.uid)
    assert mcdir.of("nd1", "start").returncode == 0
    again = mcdir.run("secret", "-M", mcdir.path)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert "to the arbiter's host" in again.stderr


def test_status_is_the_controllers(mcdir: Mcdir) -> None:
    mcdir.play(last={"status": SAID})
    mcdir.of("nd1", "start")
    shown = mcdir.of("nd1", "status")
    as_json = mcdir.of("nd1", "status", "--output=json")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == status_text.text(seen(A, B)) + "\n"
    assert as_json.stdout == status_text.as_json(seen(A, B)) + "\n"
    assert as_json.returncode == 0


def test_status_of_a_pair_that_is_not_switchable_exits_3(mcdir: Mcdir) -> None:
    mcdir.play(
        last={"status": {"status": status_text.plain(seen(A, None, silent=True))}}
    )
    mcdir.of("nd1", "start")

    assert mcdir.of("nd1", "status").returncode == 3


def test_status_any_number_of_times_at_once_beside_an_action(mcdir: Mcdir) -> None:
    mcdir.play(last={"status": SAID}, hang=["switch"])
    mcdir.of("nd1", "start")
    where = ("-M", mcdir.path, "--local-server=nd1")
    switch = mcdir.popen("switch", *where)
    wait_until(lambda: "executed" in mcdir.of("nd1", "detach").stderr, "it is busy")
    asked = [mcdir.popen("status", *where) for _ in range(10)]

    assert {process.wait(60) for process in asked} == {0}
    for process in asked:
        process.communicate()
    refused = mcdir.of("nd1", "stop")
    assert refused.returncode == 1
    assert refused.stderr == (
        "mc_ctl: error: mc_ctl switch is being executed\n"
        f"mc_ctl: detail: It is process {switch.pid} on this server.\n"
        "mc_ctl: hint: Wait until it has ended, or end it.\n"
    )
    switch.kill()
    switch.communicate()
    wait_until(lambda: mcdir.of("nd1", "detach").returncode == 0, "the lock is free")


def test_stop_waits_until_nothing_of_the_controller_is_left(mcdir: Mcdir) -> None:
    mcdir.play(progress=["stopping the instance"])
    mcdir.of("nd1", "start")
    stopped = mcdir.of("nd1", "stop", "-a", "--mc-only")

    assert stopped.stdout == "controller of nd1 stopped\n"
    assert (stopped.returncode, stopped.stderr) == (
        0,
        "mc_ctl: stopping the instance\n",
    )
    assert mcdir.journal()[-1] == "stop all mc_only"
    assert not mcdir.lives("nd1")
    again = mcdir.of("nd1", "stop")
    assert again.returncode == 1
    assert 'controller of server "nd1" is not running' in again.stderr
    assert "hint: There is nothing to stop" in again.stderr


def test_a_refusal_has_all_its_reasons(mcdir: Mcdir) -> None:
    mcdir.play(last={"switch": ["standby is not in sync", "replay is paused"]})
    mcdir.of("nd1", "start")
    refused = mcdir.of("nd1", "switch")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("mc_ctl: error: ") == 2


def test_where_one_controller_runs_that_server_is_meant(mcdir: Mcdir) -> None:
    """Both are on this host, so only what runs can tell."""
    mcdir.play(last={"status": SAID})
    unclear = mcdir.run("status", "-M", mcdir.path)
    assert unclear.returncode == 1
    assert "both servers are on this host" in unclear.stderr
    mcdir.of("nd2", "start")

    assert mcdir.run("status", "-M", mcdir.path).returncode == 0


def processes(mcdir: Mcdir, server: str) -> set[int]:
    return {
        pid
        for byte in holding.SERVICE
        for pid, _ in holding.holders(str(mcdir.path), server, byte)
    }


def test_stop_e_ends_all_of_it_and_nothing_else(mcdir: Mcdir) -> None:
    mcdir.play(hang=["stop"])
    mcdir.of("nd1", "start")
    mcdir.of("nd2", "start")
    # Each has a watcher, a controller, and a child that works for it.
    for name in ("nd1", "nd2"):
        wait_until(lambda its=name: len(processes(mcdir, its)) == 3, "all of it works")  # type: ignore[misc]
    ours, others = processes(mcdir, "nd1"), processes(mcdir, "nd2")
    for pid in ours:
        os.kill(pid, signal.SIGSTOP)
    (mcdir.path / "network.conf").write_text("rubbish")
    ended = mcdir.of("nd1", "stop", "-e")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "ended by force (3 processes); the instance is left as it is" in ended.stdout
    # Who is killed lets go of its lock first, and is gone a moment later.
    wait_until(lambda: all(gone(pid) for pid in ours), "they are gone")
    assert processes(mcdir, "nd2") == others
    assert mcdir.run("stop", "-M", mcdir.path, "-e").returncode == 0
    assert not mcdir.lives("nd2")


def test_a_controller_that_was_killed_is_not_running(mcdir: Mcdir) -> None:
    mcdir.of("nd1", "start")
    mcdir.of("nd1", "stop", "-e")
    assert (mcdir.path / "nd1.control").exists()

    refused = mcdir.of("nd1", "switch")
    assert "is not running" in refused.stderr
    assert mcdir.of("nd1", "start").returncode == 0


def test_a_controller_that_ends_over_an_action_is_told(mcdir: Mcdir) -> None:
    mcdir.play(hang=["switch"])
    mcdir.of("nd1", "start")
    switch = mcdir.popen("switch", "-M", mcdir.path, "--local-server=nd1")
    wait_until(lambda: "executed" in mcdir.of("nd1", "detach").stderr, "it is busy")
    mcdir.of("nd1", "stop", "-e")
    _, stderr = switch.communicate(timeout=60)

    assert switch.returncode == 1
    assert 'the controller has ended before it had an answer to "switch"' in stderr
