"""The watcher begins a controller anew that dies or hangs; a controller outlives its watcher."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.processes import gone, wait_until
from pgx_mirror.controller import kept as keeping
from pgx_mirror.controller import options
from pgx_mirror.controller.kept import Kept
from pgx_mirror.controller.options import Options
from pgx_mirror.controller.watched import Watched, Watching
from pgx_mirror.controller.watcher import Controller, Program, watch
from pgx_mirror.core.facts import Facts, Terms
from pgx_mirror.core.mark import ALONE, Mark
from pgx_mirror.hands.hand import reap
from tests.mirror.short import descriptors_left, opened

FACTS = Facts(Terms("a", "b", "message", "i"), mark=Mark("a", "g", "7", 1, ALONE))

ONE = min(os.sched_getaffinity(0))  # processor
SILENT = (
    4.0  # seconds after which a controller hangs: longer than a busy machine keeps it
)


def _work(
    beats: Path, pipe_fd: int, told: str, why: str, does: Callable[[], None]
) -> None:
    """Write our PID, how often a controller was begun, and the time, again and again.

    What it *does* comes between two words to the watcher.
    """
    kept = keeping.again(told, why, Kept()) if why else Kept()
    watching = Watching([], -1, lambda: -1, 1.0)
    watched = Watched(watching, kept, pipe_fd, -1)
    while True:
        for _ in range(100):  # so that a pipe that nobody reads is full at once
            if watched.fds():
                watched.live(FACTS, time.monotonic() + 1000)
        new = beats.with_suffix(f".{os.getpid()}")
        new.write_text(f"{os.getpid()} {kept.restarts} {time.monotonic()}")
        new.replace(beats)
        does()


def _rest() -> None:
    time.sleep(0.02)


def _begun(beats: Path, does: Callable[[], None], silent: float) -> int:
    """Begin a watcher and a controller, in a process group of their own."""
    pid = os.fork()
    if pid:
        return pid
    os.setpgid(0, 0)

    def begin(said: bytes, why: str) -> Controller:
        pipe_fd, into_fd = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(pipe_fd)
                _work(beats, into_fd, said.decode(), why, does)
            finally:
                os._exit(1)
        os.close(into_fd)
        return Controller(pipe_fd, os.pidfd_open(child))

    try:
        watch(begin(b"", ""), silent, begin)
    finally:
        os._exit(0)


def _said(beats: Path) -> tuple[int, int, float]:
    pid, restarts, at = beats.read_text().split()
    return int(pid), int(restarts), float(at)


def _beats_after(beats: Path, instant: float) -> bool:
    return beats.exists() and _said(beats)[2] > instant


@contextmanager
def _working(
    beats: Path, does: Callable[[], None] = _rest, silent: float = SILENT
) -> Iterator[int]:
    """Have a controller that works, and yield its watcher; neither lives afterwards."""
    watcher = _begun(beats, does, silent)
    try:
        wait_until(beats.exists, "it works")
        yield watcher
    finally:
        # At once: one that is begun anew meanwhile has said nothing yet.
        os.killpg(watcher, signal.SIGKILL)
        os.waitpid(watcher, 0)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_controller_that_dies_or_hangs_is_begun_anew(
    tmp_path: Path, number: signal.Signals
) -> None:
    beats = tmp_path / "beats"
    with _working(beats):
        first = _said(beats)[0]
        os.kill(first, number)
        wait_until(lambda: _said(beats)[1] == 1, "another works")
        assert gone(first)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_controller_goes_on_without_its_watcher(
    tmp_path: Path, number: signal.Signals
) -> None:
    beats = tmp_path / "beats"
    with _working(beats) as watcher:
        os.kill(watcher, number)
        later = time.monotonic() + 1.0
        wait_until(lambda: _beats_after(beats, later), "it goes on")
        assert _said(beats)[1] == 0


def test_a_controller_is_not_ended_where_both_stood_still(tmp_path: Path) -> None:
    """As a host that is paused for longer than a controller may be silent."""
    beats = tmp_path / "beats"
    with _working(beats) as watcher:
        first = _said(beats)[0]
        for number, seconds in ((signal.SIGSTOP, SILENT + 1.0), (signal.SIGCONT, 1.0)):
            os.killpg(watcher, number)  # both at once, however late we come next
            time.sleep(seconds)
        assert _said(beats)[:2] == (first, 0)


def _use(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def _starve() -> None:
    """Work for a moment, wherever nobody else of this processor wants to run."""
    os.sched_setaffinity(0, {ONE})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    _use(0.1)


@pytest.mark.alone
def test_a_controller_that_gets_no_processor_is_not_ended(tmp_path: Path) -> None:
    """Another one would get none either, and would have to begin as well."""
    beats = tmp_path / "beats"
    others = f"import os\nos.sched_setaffinity(0, {{{ONE}}})\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", others]) as busy:
        try:
            with _working(beats, _starve, silent=1.0):
                first = _said(beats)[0]
                time.sleep(4.0)  # the next word would take some 30
                assert _said(beats)[:2] == (first, 0)
        finally:
            busy.kill()


def test_a_controller_that_spins_is_begun_anew(tmp_path: Path) -> None:
    """That it has used some processor and says nothing is enough, however much it gets."""
    beats = tmp_path / "beats"
    with _working(beats, lambda: _use(3600.0), silent=1.0):
        # Each that follows spins as well: who looks late sees a later one.
        wait_until(lambda: _said(beats)[1] >= 1, "another works")


@pytest.mark.parametrize("left", [0, 2])  # no pipe, one and no pidfd
def test_a_controller_that_can_begin_no_watcher_goes_on_and_tries_again(
    left: int,
) -> None:
    """The limit is used up by the server's own processes when the watcher dies, perhaps."""
    before = opened()
    watched = Watched(Watching([], -1, lambda: -1, 1.0), Kept(), -1, -1)
    with descriptors_left(left):
        watched.settle()
        watched.live(FACTS, 100.0)
        assert watched.trouble == "Too many open files"
        assert watched.fds() == []
    assert opened() == before
    watched.live(FACTS, 200.0)
    assert watched.trouble == ""
    assert watched.fds()
    ready = dict.fromkeys(watched.fds(), select.POLLERR)
    assert watched.is_gone(ready)
    reap()


@pytest.mark.parametrize("left", [1, 2])  # no pipe, one and no pidfd
def test_a_watcher_that_can_begin_no_controller_has_lost_nothing_by_it(
    left: int,
) -> None:
    """It tries each second, for as long as the limit is used up."""
    before, children = opened(), _children()
    with descriptors_left(left), pytest.raises(OSError, match="Too many open files"):
        Program(-1, -1, []).begin(b"", "it died")
    assert opened() == before
    assert not _children() - children


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.mark.parametrize("seconds", [0, 600])  # from its last word to its end
def test_a_controller_that_ends_as_it_should_is_not_begun_anew(seconds: int) -> None:
    pipe_fd, into_fd = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(into_fd, keeping.line(Kept()) + b"over\n")
        time.sleep(seconds)
        os._exit(0)
    os.close(into_fd)
    watch(Controller(pipe_fd, os.pidfd_open(child)), 2.0, lambda said, why: 1 / 0)  # type: ignore[arg-type,return-value]


def test_a_watcher_loads_next_to_nothing() -> None:
    """It is there as long as the pair is, for nothing but a rare accident."""
    paths = [path for path in sys.path if path]
    line = (
        f"import sys; sys.path[:0] = {paths!r}; from pgx_mirror.command import mc_main; "
        "print(*sorted(n for n in sys.modules if n.startswith('pgx') or '.' not in n))"
    )
    done = subprocess.run(
        [sys.executable, "-IS", "-c", line], capture_output=True, text=True, check=True
    )
    heavy = {"enum", "json", "typing", "re", "dataclasses", "subprocess", "psycopg"}
    assert not heavy & set(done.stdout.split())
    assert not [name for name in done.stdout.split() if name.startswith("pgx_base")]


KEPT = st.builds(
    Kept,
    st.booleans(),
    st.text(),
    st.booleans(),
    st.text(),
    st.integers(0, 9),
    st.text(),
)


@given(KEPT, st.text(min_size=1))
def test_what_is_kept_comes_back(kept: Kept, why: str) -> None:
    line = keeping.line(kept)
    assert line.count(b"\n") == 1
    found = keeping.again(line.decode().strip(), why, Kept())

    assert (found.failover, found.wish, found.detached) == (
        kept.failover,
        kept.wish,
        kept.detached,
    )
    assert (found.restarts, found.why) == (kept.restarts + 1, why)


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(
    st.builds(
        Options,
        WORDS,
        WORDS,
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    WORDS,
)
def test_a_watcher_adds_to_a_command_line(plain: Options, why: str) -> None:
    words = [*plain.line(), "--again", "3,4,5", "--why", why, "--kept", "{}"]
    found = options.parse(words)

    assert (found.again, found.why, found.kept) == ((3, 4, 5), why, "{}")
    assert found.line() == plain.line()


def test_the_word_for_a_first_start_is_not_said_again() -> None:
    first = Options("/m", "a", True, True, True, 4)
    assert "--as-primary" in first.line()

    assert first.lasting() == ["-M", "/m", "--local-server", "a", "-f", "--mc-only"]
