"""The programs that pgx_online asks for their version, the first of them ahead of time."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.processes import gone, wait_until
from fixtures.server import Server
from tests.fix_resource import MakeResource
from tests.postgres.online_runs import nothing_is_left, online


def _wrapped(where: Path, first: str) -> Path:
    """Return a directory whose `postgres` runs *first*, a line of shell, and nothing else."""
    directory = where / "bin"
    directory.mkdir()
    program = directory / "postgres"
    program.write_text(f"#!/bin/sh\n{first}\n")
    program.chmod(0o755)
    return directory


def _hanging(where: Path) -> tuple[Path, Path]:
    """Return programs that write their PIDs into a file and hang, and the file."""
    seen = where / "home" / "seen"
    return _wrapped(where, f"sleep 300 & echo $$ $! >> {seen}; wait"), seen


def _asked(seen: Path) -> list[int]:
    return [int(pid) for pid in seen.read_text().split()] if seen.exists() else []


@pytest.mark.one_postgres
def test_a_program_asked_early_is_ended_where_a_check_fails(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    """It hangs, and nobody waits for it: the reason given is the check's."""
    directory, seen = _hanging(open_tmp)
    resource = make_resource(server, bin_dir=directory)
    (server.data / "global" / "pg_control").unlink()
    result = resource.online()

    assert result.returncode == 1
    assert "no answer within" not in result.stderr
    assert "pg_control" in result.stderr
    wait_until(lambda: all(map(gone, _asked(seen))), "what was asked is gone")
    nothing_is_left(resource)


@pytest.mark.one_postgres
def test_a_program_that_never_answers_is_asked_once_and_ended(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    directory, seen = _hanging(open_tmp)
    resource = make_resource(server, bin_dir=directory)
    result = resource.online()

    assert result.returncode == 1
    assert "no answer within 10 s" in result.stderr
    assert len(_asked(seen)) == 2  # one program, and the child that it started
    wait_until(lambda: all(map(gone, _asked(seen))), "what was asked is gone")
    nothing_is_left(resource)


@pytest.mark.one_postgres
def test_the_first_program_is_asked_once(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    seen = open_tmp / "home" / "seen"
    real = server.binaries.path("postgres")
    directory = _wrapped(open_tmp, f'echo "$1" >> {seen}; exec {real} "$@"')
    online(make_resource(server, bin_dir=directory))

    assert seen.read_text().split() == ["--version", "-D"]


@pytest.mark.one_postgres
def test_programs_of_another_version_are_refused_though_asked_early(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    directory = _wrapped(open_tmp, "echo 'postgres (PostgreSQL) 9.6.1'")
    resource = make_resource(server, bin_dir=directory)
    result = resource.online()

    assert result.returncode == 1
    assert f"{directory}: 9" in result.stderr
    nothing_is_left(resource)


@pytest.mark.one_postgres
@pytest.mark.parametrize("what", ["moved", "another version's"])
def test_a_server_that_runs_is_adopted_without_programs(
    make_resource: MakeResource, server: Server, open_tmp: Path, what: str
) -> None:
    pid = server.start_plain()
    missing = open_tmp / "moved"
    where = missing if what == "moved" else _wrapped(open_tmp, "echo postgres 9.6.1")
    resource = make_resource(server, bin_dir=where)
    online(resource)

    assert resource.known().postmaster == pid
    refused = resource.offline(), resource.online()
    assert refused[0].returncode == 0
    assert refused[1].returncode == 1
    assert "no server program" in refused[1].stderr or "not found" in refused[1].stderr
