"""Programs of the configuration, called: what they get, how they end, what is left of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from pgx_mirror.commands import calling, telling
from pgx_mirror.commands.order import (
    DONE,
    FAILED,
    NOT_CALLED,
    Order,
    Outcome,
)
from pgx_mirror.commands.output import Output
from pgx_mirror.commands.program import Program
from pgx_mirror.hands.hand import reap
from pgx_mirror.hands.line import Ended, Line
from pgx_mirror.hands.staff import Staff
from tests.mirror.programs import WORK, heard, order, outcome, script
from tests.mirror.short import descriptors_left, opened

_NO_PROCESS = "no process for it: Too many open files"


@pytest.fixture
def staff() -> Iterator[Staff]:
    made = Staff(frozenset())
    yield made
    made.end_all()
    reap()


@pytest.fixture
def path(program_home: Path) -> Path:
    return program_home / "program"


# --- what it gets ----------------------------------------------------------------------


def test_it_has_its_arguments_and_a_built_environment_alone(
    staff: Staff, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a password's variable nor a path of whoever has started us."""
    monkeypatch.setenv("PGPASSWORD", "secret")
    script(path, "echo $0 $# \"$1\" '$2'\n/usr/bin/env | grep -v ^PWD= | sort")

    done = outcome(staff, order(path, "one", "two  words"))

    assert done.how == DONE
    assert list(done.lines) == [
        f"{path} 2 one $2",
        "HOME=/home/pg",
        "LANG=C",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "USER=pg",
    ]


def test_no_shell_reads_its_arguments(staff: Staff, path: Path) -> None:
    script(path, 'printf "%s\\n" "$@"')

    done = outcome(staff, order(path, "$(id)", "a  b", "'"))

    assert done.lines == ("$(id)", "a  b", "'")


def test_it_has_none_of_our_descriptors_and_nothing_to_read(path: Path) -> None:
    """Not even one that would outlive what becomes the program."""
    script(path, "read line && echo read\nexec ls -x /proc/self/fd")
    fd = os.dup(1)
    os.set_inheritable(fd, True)
    try:
        said = said_by(Program(order(path)))
    finally:
        os.close(fd)

    assert said[-1].split() == ["0", "1", "2", "3"]  # 3: what ls reads


def test_it_is_a_session_of_its_own_at_the_root(staff: Staff, path: Path) -> None:
    script(path, "cut -d ' ' -f 5,6 /proc/self/stat\necho $$\npwd\numask")

    done = outcome(staff, order(path))
    group, session = done.lines[0].split()

    assert group == session == done.lines[1]
    assert done.lines[2:] == ("/", "0022")


def test_its_signals_are_as_ever(path: Path) -> None:
    script(path, "grep -E '^Sig(Blk|Ign)' /proc/self/status")
    before = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        said = said_by(Program(order(path)))
    finally:
        signal.signal(signal.SIGPIPE, before)

    # 32 and 33 are the C library's own: nobody can set them, and they are as they came.
    masks = [int(line.split()[1], 16) & ~(3 << 31) for line in said]
    assert masks == [0, 0]


def said_by(program: Program) -> tuple[str, ...]:
    """Return what it says until its end, with no hand between it and this process."""
    wait_until(lambda: not program.hear(), "its end")
    assert program.refusal() == ""
    program.close()
    return program.output.lines()


# --- how it ends -----------------------------------------------------------------------

ENDS = [
    ("true", DONE, ""),
    ("exit 3", FAILED, "exit status 3"),
    ("kill -9 $$", FAILED, "ended by signal 9"),
]


@pytest.mark.parametrize(("text", "how", "why"), ENDS)
def test_its_end_is_told(
    staff: Staff, path: Path, text: str, how: str, why: str
) -> None:
    done = outcome(staff, order(script(path, text)))

    assert (done.how, done.why, done.told) == (how, why, why)


def test_one_that_is_not_there_is_not_called(staff: Staff, path: Path) -> None:
    done = outcome(staff, order(path))

    assert (done.how, done.told) == (
        NOT_CALLED,
        f'not called: "{path}" does not exist',
    )


def test_one_that_another_could_change_is_not_called(staff: Staff, path: Path) -> None:
    script(path, f"touch {path}.was-run", 0o777)

    done = outcome(staff, order(path))

    assert (done.how, done.why) == (NOT_CALLED, "it is writable by others (mode 0777)")
    assert not Path(f"{path}.was-run").exists()


def test_what_is_no_program_is_not_called(staff: Staff, path: Path) -> None:
    path.write_text("true\n")
    path.chmod(0o755)

    done = outcome(staff, order(path))

    assert (done.how, done.why) == (NOT_CALLED, "Exec format error")


@pytest.mark.parametrize("left", [0, 2, 4])
def test_where_no_process_can_be_begun_it_is_not_called(
    staff: Staff, path: Path, left: int
) -> None:
    before, call = opened(), order(script(path, "true"))
    with descriptors_left(left):
        staff.begin_lasting(WORK, calling.call, call)
    ((_, said),) = staff.hear({})

    assert isinstance(said, Ended)
    done = telling.outcome(said)
    assert (done.how, done.why) == (NOT_CALLED, _NO_PROCESS)
    assert opened() == before


@pytest.mark.parametrize("left", [0, 2, 4, 6])
def test_where_its_hand_can_begin_none_it_is_not_called_either(
    staff: Staff, path: Path, left: int
) -> None:
    staff.begin_lasting(WORK, starved, order(script(path, "true")), left)

    done = heard(staff)

    assert (done.how, done.why) == (NOT_CALLED, _NO_PROCESS)


def starved(line: Line, call: Order, left: int) -> Outcome:
    with descriptors_left(left):
        return calling.call(line, call)


# --- what it says ----------------------------------------------------------------------


def test_the_last_lines_are_kept_however_much_it_says(staff: Staff, path: Path) -> None:
    script(
        path, "seq 200000\necho\nhead -c 5000 /dev/zero | tr '\\0' x\necho; echo e >&2"
    )

    lines = outcome(staff, order(path)).lines

    assert lines == ("199998", "199999", "200000", "x" * 300, "e")


def test_no_more_is_kept_than_that() -> None:
    output = Output()
    output.take(b"first\n" + b"x" * 20_000 + b"\n")

    assert output.lines() == ("x" * 300,)


def test_bytes_that_are_no_text_do_no_harm(staff: Staff, path: Path) -> None:
    script(path, "printf '\\377\\000\\033[2J\\n'")

    found = outcome(staff, order(path))

    assert isinstance(found, Outcome)
    assert found.lines == ("\ufffd\0\x1b[2J",)
