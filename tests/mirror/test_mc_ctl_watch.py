"""mc_ctl status --watch: what goes on meanwhile is shown, and a signal ends it quietly."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import IO, Any

import pytest

from pgx_mirror.core.status import shown as status_text
from tests.fix_mcdir import Mcdir
from tests.mirror.test_mc_ctl_status import SAID
from tests.mirror.test_status import A, B, seen

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\n"
WELL = status_text.text(seen(A, B)) + "\n"


@pytest.fixture
def played(mcdir: Mcdir) -> Iterator[Mcdir]:
    """A management directory with a played controller of nd1, of a pair that is well."""
    mcdir.play(last={"status": SAID})
    mcdir.of("nd1", "start")
    yield mcdir


def watch(mcdir: Mcdir, *args: str, **options: Any) -> subprocess.Popen[str]:
    where = ("-M", mcdir.path, "--local-server=nd1")
    return mcdir.popen("status", *where, "--watch=0.1", *args, **options)


def out(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def ended(process: subprocess.Popen[str], number: int) -> str:
    """Send a signal and see that it ends in peace; return what was still written."""
    process.send_signal(number)
    rest = process.stdout.read() if process.stdout is not None else ""

    assert (process.wait(60), told(process)) == (0, "")
    return rest


def told(process: subprocess.Popen[str]) -> str:
    """Return what is on stderr; nothing of *process* is read any more."""
    assert process.stderr is not None
    found = process.stderr.read()
    for file in (process.stdout, process.stderr):
        if file is not None:
            file.close()
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_blocks_are_appended_until_a_signal(played: Mcdir, number: int) -> None:
    process = watch(played)
    first = "".join(out(process).readline() for _ in range(2 * (2 + WELL.count("\n"))))
    rest = ended(process, number)

    block = TIME + re.escape(WELL)
    assert re.fullmatch(rf"{block}(\n{block})*", first + rest)


def lines(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    while line := out(process).readline():
        yield json.loads(line)


def until(process: subprocess.Popen[str], status: str) -> dict[str, Any]:
    """Return the first line that says *status*."""
    return next(one for one in lines(process) if one.get("mirroring_status") == status)


def test_a_controller_that_ends_and_comes_back_is_shown(played: Mcdir) -> None:
    process = watch(played, "--output=json", "--lag")
    well = until(process, "switchable")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", well.pop("time"))
    assert well.pop("lag")["server_id"] == "nd2"
    assert well == json.loads(status_text.as_json(seen(A, B)))

    played.of("nd1", "stop", "-e")
    gone = until(process, "unknown")
    assert 'controller of server "nd1" is not running' in gone["reasons"][0]["text"]
    played.of("nd1", "start")
    until(process, "switchable")
    ended(process, signal.SIGTERM)


def test_what_cannot_be_told_is_shown_and_does_not_end_it(mcdir: Mcdir) -> None:
    mcdir.play(last={"status": {"status": {}}})
    mcdir.of("nd1", "start")
    process = watch(mcdir, "--output=json")
    objects = [next(lines(process)) for _ in range(2)]
    ended(process, signal.SIGINT)
    text = watch(mcdir)
    shown = [out(text).readline() for _ in range(2)]
    ended(text, signal.SIGINT)

    why = "could not understand the controller's status"
    for one in objects:
        assert one["errors"] == [{"error": why, "detail": "", "hint": ""}]
    assert shown[1] == f"mc_ctl: error: {why}\n"


def test_what_is_wrong_from_the_beginning_is_an_error(mcdir: Mcdir) -> None:
    mcdir.write("network.conf", "rubbish\n")
    process = watch(mcdir)
    stdout, stderr = process.communicate(timeout=60)

    assert (process.returncode, stdout) == (1, "")
    assert "network.conf" in stderr


def test_on_a_terminal_each_is_a_screen(played: Mcdir) -> None:
    ours, theirs = pty.openpty()
    played.secret_environment["TERM"] = "xterm"
    process = watch(played, stdout=theirs)
    os.close(theirs)
    clear, shown = re.escape("\x1b[H\x1b[2J"), ""
    while shown.count("\x1b[H\x1b[2J") < 3:
        shown += os.read(ours, 4096).decode().replace("\r\n", "\n")
    ended(process, signal.SIGINT)
    os.close(ours)

    screens = shown.split("\x1b[H\x1b[2J")
    assert screens[0] == ""
    for screen in screens[1:3]:
        assert re.fullmatch(f"{TIME}{re.escape(WELL)}", screen)
    assert re.match(clear, shown)


def test_a_reader_that_has_gone_ends_it(played: Mcdir) -> None:
    process = watch(played)
    out(process).readline()
    out(process).close()

    assert (process.wait(60), told(process)) == (-signal.SIGPIPE, "")


LOOKS = """
import os, signal
from pgx_base import again
assert not again.still_looks()
if (child := os.fork()) == 0:
    signal.pause()
for _ in range(2):
    assert again.still_looks()
os.kill(child, signal.SIGKILL)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
assert not again.still_looks()
assert not os.path.exists(f"/proc/{child}")
"""


def test_a_look_that_hangs_is_not_begun_again() -> None:
    """One child more each second would be left to a disk that does not answer."""
    subprocess.run([sys.executable, "-c", LOOKS], check=True)


TRIES = """
import os, signal, sys
from pgx_mirror.command import finding, watching
from pgx_mirror.command.request import parse
from pgx_mirror.conf.load import load
finding._LOOK_WITHIN = 60.0
def tried():
    settings = load(sys.argv[1], "nd1")
    asked = parse(["status", "-M", sys.argv[1]])
    first = lambda found, _: found.status.reasons[0].text
    return "is empty" in watching._tried(first, settings, asked)
if (child := os.fork()) == 0:
    signal.pause()
print(tried())
os.kill(child, signal.SIGKILL)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
print(tried())
"""


def test_where_it_hangs_the_data_directory_is_not_looked_at(mcdir: Mcdir) -> None:
    data = mcdir.path.parent / "nd1"
    data.mkdir(mode=0o700)
    mcdir.user.own(data)
    found = subprocess.run(
        [sys.executable, "-c", TRIES, mcdir.path],
        cwd="/",
        text=True,
        capture_output=True,
        check=True,
        **mcdir.user.popen_options(),
    )

    assert found.stdout == "False\nTrue\n"
