"""trace.log: two generations, and no way to stop what is traced."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.facts import parse
from pgx_base.trace import Trace, facts


def test_lines_carry_time_and_writer(tmp_path: Path) -> None:
    with Trace(str(tmp_path), 64, "pgx_online") as trace:
        trace.write("one\ntwo")

    lines = (tmp_path / "trace.log").read_text().splitlines()
    assert [line.split()[-1] for line in lines] == ["one", "two"]
    assert all(f"pgx_online[{os.getpid()}]" in line for line in lines)


def test_two_generations_hold_no_more_than_twice_the_size(tmp_path: Path) -> None:
    with Trace(str(tmp_path), 64, "pgx_online") as trace:
        for number in range(3000):
            trace.write(f"line {number} " + "x" * 60)

    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"trace.log", "trace.log.1"}
    assert max(sizes.values()) <= 64 * 1024
    assert "line 2999" in (tmp_path / "trace.log").read_text()


@pytest.mark.parametrize(
    ("length", "times"), [(1, 40), (5000, 40), (70_000, 4), (1_000_000, 1)]
)
def test_no_line_makes_a_file_larger(tmp_path: Path, length: int, times: int) -> None:
    with Trace(str(tmp_path), 64, "pgx_online") as trace:
        for number in range(times):
            trace.write(f"line {number} " + "ä" * length)
            trace.write("\n".join(["many lines"] * (length // 10)))

    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert max(sizes) <= 64 * 1024
    lines = (tmp_path / "trace.log").read_text().splitlines()
    assert all("pgx_online[" in line for line in lines)
    assert max(map(len, lines)) <= 4 * 1024


def size_of(path: Path) -> int:
    """Return the size of a file that may be renamed just now."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def test_many_writers_at_once_keep_within_the_size(tmp_path: Path) -> None:
    """Processes, all beginning at once: each looks at the size, then writes."""
    code = (
        "import sys; from pgx_base.trace import Trace; sys.stdin.read()\n"
        "with Trace(sys.argv[1], 64, sys.argv[2]) as trace:\n"
        "    for n in range(3000): trace.write(f'{n} ' + 'x' * (n % 7000))"
    )
    line = [sys.executable, "-c", code, str(tmp_path)]
    env = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    writers = [
        subprocess.Popen([*line, f"w{number}"], stdin=subprocess.PIPE, env=env)
        for number in range(4)
    ]
    for each in writers:
        assert each.stdin is not None
        each.stdin.close()
    seen, names = set[int](), ("trace.log", "trace.log.1")
    while any(each.poll() is None for each in writers):
        seen |= {size_of(tmp_path / name) for name in names}

    seen |= {size_of(tmp_path / name) for name in names}  # we may have looked too early

    assert [each.wait() for each in writers] == [0] * 4
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    assert 0 < max(seen) <= 64 * 1024


def test_where_who_rotates_hangs_lines_are_lost_and_nothing_grows(
    tmp_path: Path,
) -> None:
    with Trace(str(tmp_path), 64, "a") as trace:
        trace.write("first")
        with (tmp_path / "trace.log").open("rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            for _ in range(100):
                trace.write("x" * 2000)
            assert [path.name for path in tmp_path.iterdir()] == ["trace.log"]
            # Four more may have looked before the last line, and still write.
            assert (tmp_path / "trace.log").stat().st_size <= (64 - 4 * 4) * 1024
        trace.write("goes on")

    assert "goes on" in (tmp_path / "trace.log").read_text()
    assert "first" in (tmp_path / "trace.log.1").read_text()


def test_two_writers_rotate_once(tmp_path: Path) -> None:
    with Trace(str(tmp_path), 64, "a") as one, Trace(str(tmp_path), 64, "b") as two:
        for number in range(2000):
            one.write(f"one {number} " + "x" * 40)
            two.write(f"two {number} " + "x" * 40)

    kept = (tmp_path / "trace.log.1").read_text() + (tmp_path / "trace.log").read_text()
    assert "one 1999" in kept
    assert "two 1999" in kept
    assert (tmp_path / "trace.log.1").stat().st_size > 40 * 1024


def test_a_link_in_its_place_is_not_written_through(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("untouched")
    (tmp_path / "trace.log").symlink_to(target)
    with Trace(str(tmp_path), 64, "a") as trace:
        trace.write("text")

    assert target.read_text() == "untouched"


def test_a_fifo_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "trace.log")
    reader = os.open(tmp_path / "trace.log", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with Trace(str(tmp_path), 64, "a") as trace:
            trace.write("text")
        assert os.read(reader, 10) == b""
    finally:
        os.close(reader)


def test_a_missing_directory_is_no_error(tmp_path: Path) -> None:
    Trace(str(tmp_path / "gone"), 64, "a").write("text")


def test_what_is_for_programs_is_one_line() -> None:
    line = facts(
        "stop", step="Kill", because="it\nhangs", left=2, mute=True, reason=None
    )

    assert line == (
        'facts=1 of=stop step=Kill because="it\\nhangs" left=2 mute=yes reason=""'
    )


@pytest.mark.parametrize(
    "line", ["facts=2 of=a", "facts=1 a=b", 'facts=1 of=a b="', "facts=1 of=a  b=c"]
)
def test_another_form_is_not_read(line: str) -> None:
    with pytest.raises(ValueError, match=r"not (key=value|facts)"):
        parse(line)
