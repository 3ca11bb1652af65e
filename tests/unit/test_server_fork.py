"""The child that will be the server: it is ready, or there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgx_base import proc
from pgx_base.failure import Failure
from pgx_postgres.running import server


def _order(where: Path, log_fd: int) -> server.Order:
    return server.Order(str(where), str(where / "data"), "", {}, log_fd, None)


def _children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_a_child_that_is_never_released_exits(tmp_path: Path) -> None:
    log_fd = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    forked = server.fork(_order(tmp_path, log_fd))
    os.close(log_fd)
    stat = proc.read_stat(forked.pid)
    assert stat is not None
    assert forked.start == stat[2]
    forked.abandon()

    assert os.waitstatus_to_exitcode(os.waitpid(forked.pid, 0)[1]) == 127
    os.close(forked.pidfd)


def test_a_child_that_cannot_get_ready_is_no_server(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a start time it would be recorded as a server that nobody can prove."""
    before, children = set(os.listdir("/proc/self/fd")), _children()
    with pytest.raises(Failure) as caught:
        server.fork(_order(tmp_path, log_fd=999))

    assert "it exited with 127" in caught.value.primary
    assert "Bad file descriptor" in capfd.readouterr().err
    assert set(os.listdir("/proc/self/fd")) == before  # and no pipe is left open
    assert _children() <= children  # what a test before this one has begun may be gone


@pytest.mark.timeout(60)
def test_a_child_that_cannot_tell_its_start_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without /proc it waits for its parent, and its parent must not wait for it."""
    monkeypatch.setattr(proc, "read_stat", lambda _: None)
    log_fd = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    with pytest.raises(Failure) as caught:
        server.fork(_order(tmp_path, log_fd))
    os.close(log_fd)

    assert "it exited with 127" in caught.value.primary


def test_a_program_that_cannot_be_executed_says_so_in_the_servers_log(
    tmp_path: Path,
) -> None:
    log_fd = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    forked = server.fork(_order(tmp_path, log_fd))
    os.close(log_fd)
    forked.release()
    os.close(forked.pidfd)

    assert server.exit_text(forked.pid) == "it exited with 127"
    assert "No such file or directory" in (tmp_path / "log").read_text()
