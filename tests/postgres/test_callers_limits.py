"""Callers that hand on odd things: lowered limits, full pipes, other people's directories."""

from __future__ import annotations

import os
import resource as limits
import subprocess
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.server import Server
from pgx_pclrsc import runentry
from tests.fix_resource import OFFLINE, ONLINE, MakeResource, Resource


def _lower() -> None:
    limits.setrlimit(limits.RLIMIT_NOFILE, (256, 256))


@pytest.mark.one_postgres
def test_a_descriptor_above_a_lowered_limit_is_not_handed_on(
    resource: Resource,
) -> None:
    reader, writer = os.pipe()
    high = os.dup2(writer, 900)
    child = subprocess.Popen(
        [command("pgx_online"), resource.name],
        env=resource.environment(),
        stdin=subprocess.DEVNULL,
        pass_fds=[high],
        preexec_fn=_lower,  # noqa: PLW1509  # no threads here
    )
    os.close(writer)
    os.close(high)

    assert child.wait(timeout=120) == 0
    assert os.read(reader, 10) == b""  # the end: neither server nor monitor has it
    os.close(reader)


def _small_files() -> None:
    limits.setrlimit(limits.RLIMIT_FSIZE, (64 << 20, 64 << 20))


@pytest.mark.one_postgres
def test_a_trace_at_the_callers_limit_for_files_ends_no_script(
    make_resource: MakeResource, server: Server
) -> None:
    """The server ignores SIGXFSZ, whose default ends a process that writes too far."""
    resource = make_resource(server, trace_max_file_size=1 << 20)
    with (resource.work / "trace.log").open("wb") as trace:
        trace.truncate(65 << 20)
    server.user.own(resource.work / "trace.log")
    for program in ("pgx_online", "pgx_check", "pgx_offline"):
        done = subprocess.run(
            [command(program), resource.name],
            env=resource.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            preexec_fn=_small_files,
        )
        assert done.returncode == 0, done.stderr


def _full_pipe() -> tuple[int, int]:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    return reader, writer


@pytest.mark.one_postgres
def test_a_stderr_that_nobody_reads_holds_no_script_up(resource: Resource) -> None:
    reader, writer = _full_pipe()
    for program, want in (
        ("pgx_online", 0),
        ("pgx_check", ONLINE),
        ("pgx_offline", 0),
        ("pgx_check", OFFLINE),
    ):
        done = subprocess.run(
            [command(program), resource.name],
            env=resource.environment(),
            stdin=subprocess.DEVNULL,
            stderr=writer,
            timeout=120,
        )
        assert done.returncode == want
    os.close(reader)
    os.close(writer)


@pytest.mark.one_postgres
def test_a_record_that_is_too_long_heals(resource: Resource) -> None:
    with (resource.work / "record").open("ab") as file:
        file.write(b"x" * 700)

    assert resource.online().returncode == 0
    assert resource.check() == ONLINE


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_third_user_is_refused_also_where_it_can_look_at_nothing(
    resource: Resource,
) -> None:
    resource.work.parent.chmod(0o700)
    done = subprocess.run(
        [command("pgx_check"), resource.name],
        env=resource.environment(),
        user=12345,
        group=12345,
        extra_groups=[],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert "must be run as root or as the OS user" in done.stderr


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_stale_entry_under_run_is_not_believed(resource: Resource) -> None:
    """The entry is of a start as root; later ones ran as the OS user."""
    resource.online()
    text = (resource.registry / resource.name / "definition.toml").read_text()
    runentry.write(str(resource.registry), resource.name, (2**22 - 1, 1), text)
    record_file = resource.work / "record"
    resource.stop_monitor()  # or it would heal the record
    record_file.write_bytes(b"garbled")

    assert resource.check() == ONLINE


@pytest.mark.root
@pytest.mark.one_postgres
def test_a_removed_resource_has_no_entry_under_run(resource: Resource) -> None:
    root = str(resource.registry)
    text = (resource.registry / resource.name / "definition.toml").read_text()
    runentry.write(root, resource.name, (2**22 - 1, 1), text)

    assert resource.run("pgx_pclrsc", "-d", "-c", resource.name).returncode == 0
    assert runentry.read(root, resource.name) is None
    assert resource.online().returncode == 1


@pytest.mark.one_postgres
def test_a_registry_that_is_no_absolute_path_is_refused(
    resource: Resource, tmp_path: Path
) -> None:
    for program in ("pgx_online", "pgx_offline"):
        done = resource.run(program, resource.name, env={"PGX_PCLRSC_HOME": "registry"})
        assert done.returncode == 1
        assert "is not an absolute path" in done.stderr


@pytest.mark.root
@pytest.mark.one_postgres
def test_checks_do_not_pile_up(resource: Resource) -> None:
    """However many ask, one at a time looks whether a monitor is to be started."""
    resource.online()
    resource.kill_monitor()
    for _ in range(10):
        assert resource.check() == ONLINE
    resource.wait_for_monitor()
    started = resource.trace().count("watching postmaster")

    assert started <= 2
