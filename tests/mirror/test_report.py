"""`mc_ctl report`: what the traces of both servers tell, and the page of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgx_mirror.history import page, words
from pgx_mirror.history.page import About
from pgx_mirror.history.told import UNKNOWN
from pgx_mirror.messages import controller, pair
from tests.fix_mcdir import Mcdir
from tests.fix_registry import mode
from tests.html import Page
from tests.mirror.pair_traces import Controller, read, taken_over
from tests.traces import BEGIN

EVIL = "</style><script>alert(1)</script>"


def drawn(*traces: Controller, since: float | None = None) -> str:
    """Return the page of *traces*."""
    known = read(*traces)
    return page.draw(About(since, known.end, ("read",), "Made."), known)


def test_roles_and_epochs_of_both_are_told() -> None:
    known = read(*taken_over())

    roles = {
        name: [(one.state, one.epoch, one.down) for one in server.roles]
        for name, server in known.servers.items()
    }
    assert roles == {
        "nd1": [
            (UNKNOWN, "", False),
            ("PAIR", "2", False),
            ("PAIR", "2", True),
            ("GIVEN", "3", True),
        ],
        "nd2": [(UNKNOWN, "", False), ("SYNC", "2", False), ("ALONE", "3", False)],
    }


def test_a_gap_lasts_until_the_other_is_heard() -> None:
    nd1, nd2 = taken_over()
    (gap,) = read(nd1, nd2).servers["nd2"].gaps
    assert gap.begin == BEGIN + 61
    assert gap.end == nd2.now

    nd2.lines.pop()
    (gap,) = read(nd1, nd2).servers["nd2"].gaps
    assert gap.end == nd2.now + 1


def test_a_controller_that_did_not_run_is_told() -> None:
    nd1 = Controller("nd1")
    nd1.note("this controller did not run for 12.5 s", 60)
    (gap,) = read(nd1).servers["nd1"].gaps

    assert (gap.begin, gap.end, gap.late) == (BEGIN + 47.5, BEGIN + 60, True)


def test_a_controller_that_stops_is_not_known_any_more() -> None:
    nd1 = Controller("nd1")
    nd1.mark("ALONE", 1)
    stopped = nd1.say(controller.STOPPED, 5, server="nd1")
    last = read(nd1).servers["nd1"].roles[-1]

    assert (last.state, last.begin) == (UNKNOWN, stopped)


def test_messages_that_belong_together_are_told_together() -> None:
    nd1, nd2 = taken_over()
    nd2.say(pair.SWITCHABLE, 3600, server="nd1")
    nd2.say(pair.FALLS_BACK, 3600)
    one, other = words.incidents(read(nd1, nd2).said)

    assert one.is_bad
    assert one.gravest.text == (
        'database server of "nd1" has failed: its postmaster has ended'
    )
    steps = [what for _, what in one.steps()]
    assert [step.partition(":")[0] for step in steps] == [
        "nd1",
        "nd2",
        "nd2",
        "nd2",
        "nd2",
    ]
    assert steps[0].endswith("(PGX00305). It died, hangs, or refuses everybody.")
    assert not other.is_bad


def test_the_page_has_both_servers_side_by_side() -> None:
    html = drawn(*taken_over())
    shown = Page(html)

    assert "Pair of nd1 and nd2" in shown.text
    assert "1 incident." in shown.text
    assert "nd1 is primary no more (epoch 3), down" in shown.text
    assert "nd2 is primary, alone (epoch 3)" in shown.text
    assert shown.elements["article"] == 1
    assert shown.classes["rect", "good"] == 2
    assert "the other server is not heard" in shown.text


def test_only_what_was_asked_for_is_shown() -> None:
    shown = Page(drawn(*taken_over(), since=BEGIN + 3600))
    assert "no incidents" in shown.text
    assert "Nothing: no warning and no error." in shown.text


def test_nothing_is_told_as_nothing() -> None:
    shown = Page(drawn(Controller("nd1")))
    assert "The traces tell nothing of this time." in shown.text


def test_what_a_trace_says_stays_a_text() -> None:
    nd1 = Controller(EVIL.replace("(", "").replace(")", ""))
    nd1.mark(EVIL, 1)
    nd1.say(pair.COMMITS_WAIT, reason=EVIL)
    html = drawn(nd1)

    Page(html)
    assert "<script" not in html


def put(mcdir: Mcdir, trace: Controller, name: str) -> Path:
    """Make *trace* the file *name* of the management directory."""
    return mcdir.write(name, trace.text)


def test_the_command_writes_a_page_for_its_user_alone(mcdir: Mcdir) -> None:
    nd1, nd2 = taken_over()
    put(mcdir, nd1, "trace.log")
    peers = put(mcdir, nd2, "peers.log")
    file = mcdir.path / "report.html"
    done = mcdir.of("nd1", "report", f"--peer-trace={peers}", "-o", str(file))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f'report written to "{file}"\n'
    assert mode(file) == 0o600
    assert "Pair of nd1 and nd2" in Page(file.read_text()).text


def test_without_the_others_trace_it_says_so(mcdir: Mcdir) -> None:
    put(mcdir, taken_over()[0], "trace.log")
    done = mcdir.of("nd1", "report")

    assert done.returncode == 0
    assert "Without --peer-trace" in Page(done.stdout).text


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 1, "could not read the trace in"),
        (["--since=never"], 2, 'invalid time "never"'),
        (["-o", ""], 2, 'option "-o" requires a value'),
        (["--watch"], 2, 'option "--watch" cannot be used with "report"'),
    ],
)
def test_what_cannot_be_done_is_refused(
    mcdir: Mcdir, options: list[str], code: int, said: str
) -> None:
    done = mcdir.of("nd1", "report", *options)

    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr


def test_what_is_no_trace_is_refused(mcdir: Mcdir) -> None:
    put(mcdir, taken_over()[0], "trace.log")
    fifo = mcdir.path / "fifo"
    os.mkfifo(fifo)
    mcdir.user.own(fifo)
    for file, why in ((fifo, "no regular file"), (mcdir.path / "none", "No such file")):
        done = mcdir.of("nd1", "report", f"--peer-trace={file}")
        assert done.returncode == 1
        assert why in done.stderr
