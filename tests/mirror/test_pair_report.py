"""`mc_ctl report` of a real pair whose primary was frozen, deposed and built anew."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from fixtures import processes
from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE, GIVEN
from tests.fix_postgres import open_directory
from tests.html import Page
from tests.mirror.whole import PATIENCE, Whole, whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


@pytest.fixture
def pair(postgresql: Binaries, os_user: OsUser) -> Iterator[Whole]:
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user) as made,
    ):
        yield made


def test_a_takeover_is_told_from_both_traces(pair: Whole) -> None:
    first, other = pair.primary(), pair.standby()
    frozen = pair.processes(first)
    for pid in frozen:
        processes.kill(pid, signal.SIGSTOP)
    wait_until(lambda: pair.mark(other).state == ALONE, "it takes over", PATIENCE)
    for pid in frozen:
        processes.kill(pid, signal.SIGCONT)
    wait_until(lambda: pair.mark(first).state == GIVEN, "it is deposed", PATIENCE)
    pair.rebuild(first)
    pair.settles()

    theirs = pair.seen(first, pair.mcdir(first) / "trace.log")
    done = pair.mc_ctl(other, "report", f"--peer-trace={theirs}")
    page = Page(done.stdout)
    assert f"Pair of {min(first, other)} and {max(first, other)}" in page.text
    for said in (
        "no response:ping timeout (MCA00019)",
        "(MCA00062)",
        "this controller did not run",
        "primary, alone (epoch ",
        "standby, in sync (epoch ",
        "primary no more (epoch ",
    ):
        assert said in page.text, page.text
    assert f"{other} is primary, in sync (epoch {pair.epoch()})" in page.text
    assert f"{first} is standby, in sync (epoch {pair.epoch()})" in page.text
    assert page.classes["rect", "bad"] >= 1
    assert page.classes["rect", "good"] >= 2
