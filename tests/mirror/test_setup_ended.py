"""mc_ctl setup killed, interrupted, failing: undone, or begun anew."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from fixtures.processes import gone, wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_mirror.controller import holding
from pgx_mirror.setup import unfinished
from tests.fix_mcdir import Mcdir
from tests.mirror.setups import (
    arguments,
    errors,
    run_standby,
    setup,
    untouched,
)


def slow(mcdir: Mcdir, primary: Server) -> None:
    """Let pg_basebackup take its time: the program is the real one, at a low rate.

    By it a copy takes more than a minute: no busy machine comes to its end unasked.
    """
    real = primary.binaries.directory
    place = mcdir.home / "programs"
    if place in mcdir.programs:
        return
    place.mkdir()
    for name in ("postgres", "psql", "pg_controldata"):
        (place / name).symlink_to(real / name)
    program = place / "pg_basebackup"
    program.write_text(f'#!/bin/sh\nexec {real}/pg_basebackup --max-rate=256k "$@"\n')
    program.chmod(0o755)
    mcdir.programs.insert(0, place)


def begun(mcdir: Mcdir, primary: Server, standby: Server) -> subprocess.Popen[str]:
    """Start a setup, and return when it copies."""
    slow(mcdir, primary)
    where = ["-M", str(mcdir.path), "--local-server=nd2"]
    process = mcdir.popen("setup", *where, *arguments(primary))
    # The first file that comes, whatever the order of the others.
    wait_until((standby.data / "backup_label").exists, "it copies", 60)
    return process


def holders(mcdir: Mcdir) -> list[int]:
    """Return pg_basebackup and its child, which receives the write-ahead log."""
    found = holding.holders(str(mcdir.path), "nd2", holding.COPY)
    return [
        pid for pid, _ in found if "pg_basebackup" in "".join(proc.cmdline(pid)[:1])
    ]


@pytest.mark.one_postgres
def test_a_setup_that_was_killed_is_begun_anew_and_never_started(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    mcdir.secret_environment = {"PGPASSWORD": "Geheim"}
    process = begun(mcdir, primary, standby)
    copiers = holders(mcdir)
    assert len(copiers) == 2
    for pid in copiers:
        for name in ("cmdline", "environ"):
            assert b"Geheim" not in Path(f"/proc/{pid}/{name}").read_bytes()
    process.kill()
    process.communicate()

    assert not (standby.data / "global" / "pg_control").exists()
    assert not (standby.data / "standby.signal").exists()
    (error,) = errors(mcdir.of("nd2", "start"))
    assert error == (
        f'data directory "{standby.data}" is not whole: its setup was not finished'
    )
    mcdir.programs.pop(0)
    made = setup(mcdir, primary)
    assert made.returncode == 0, made.stderr
    assert "Geheim" not in (standby.data / "postgresql.auto.conf").read_text()
    assert all(gone(pid) for pid in copiers)
    assert mcdir.of("nd2", "start").returncode == 0
    mcdir.of("nd2", "stop", "-e")
    run_standby(primary, standby)


@pytest.mark.one_postgres
def test_a_setup_that_is_interrupted_is_undone_and_there_is_one_at_a_time(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process = begun(mcdir, primary, standby)
        if number == signal.SIGINT:
            busy = ['a setup of server "nd2" is in progress']
            assert errors(setup(mcdir, primary)) == busy
            assert errors(mcdir.of("nd2", "start")) == busy
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)

        assert process.returncode == 1
        assert stderr.endswith(
            "mc_ctl: taking back what was begun\nmc_ctl: error: interrupted\n"
        )
        assert list(standby.data.iterdir()) == []
        untouched(mcdir, primary)
        assert not holders(mcdir)


@pytest.mark.one_postgres
def test_a_setup_that_fails_is_undone(
    mcdir: Mcdir, primary: Server, standby: Server
) -> None:
    process = begun(mcdir, primary, standby)
    os.kill(min(holders(mcdir)), signal.SIGKILL)
    _, stderr = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "mc_ctl: error: could not copy the primary's data directory\n" in stderr
    assert list(standby.data.iterdir()) == []
    untouched(mcdir, primary)

    process = begun(mcdir, primary, standby)
    primary.stop(signal.SIGQUIT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert list(standby.data.iterdir()) == []
    # The slot could not be dropped, so the next setup is told of it.
    assert unfinished.of(str(mcdir.path), "nd2")
    primary.start_plain()
    mcdir.programs.pop(0)
    assert setup(mcdir, primary).returncode == 0


@pytest.mark.one_postgres
@pytest.mark.parametrize("interrupted", [True, False])
def test_a_directory_that_was_put_at_the_path_meanwhile_is_left_as_it_is(
    mcdir: Mcdir, primary: Server, standby: Server, interrupted: bool
) -> None:
    """Also where pg_basebackup fails by it, and would empty that path by itself."""
    other = standby.data.with_name("other")
    other.mkdir(mode=0o700)
    (other / "another's").touch()
    standby.user.own(other)
    process = begun(mcdir, primary, standby)
    standby.data.rename(standby.data.with_name("moved"))
    other.rename(standby.data)
    if interrupted:
        process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)

    assert "another directory is at the path of data directory" in stderr
    assert [path.name for path in standby.data.iterdir()] == ["another's"]
    assert unfinished.of(str(mcdir.path), "nd2") is not None
