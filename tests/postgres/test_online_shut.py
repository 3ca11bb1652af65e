"""pgx_online and a server that lets nobody in because something is not on this node."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.processes import wait_until
from fixtures.server import Server
from tests.fix_resource import ONLINE, MakeResource, Resource
from tests.postgres.online_runs import nothing_is_left, online

BOTH = ("template1", "postgres")


def lose_locale(server: Server, *databases: str) -> None:
    """Have *databases* want a locale that this node has not."""
    server.start_plain()
    names = ", ".join(f"'{name}'" for name in databases)
    server.ask(
        "update pg_database set datcollate = 'xx_XX.utf8', datctype = 'xx_XX.utf8' "
        f"where datname in ({names})",
        "template1",
    )
    server.stop()


def lose_library(server: Server, name: str) -> None:
    """Have database *name* want a library that this node has not."""
    server.start_plain()
    server.ask(f"alter database {name} set session_preload_libraries = 'nosuch'")
    server.stop()


def is_refused(resource: Resource, code: str, quote: str) -> None:
    result = resource.online(limit=90)

    assert result.returncode == 1, result.stderr
    primary = result.stderr.split("error: ", 1)[1].split("\n", 1)[0]
    assert "was started and lets nobody in" in primary
    assert quote in primary
    assert code in result.stderr
    nothing_is_left(resource)
    assert resource.server.pid() is None


def test_a_locale_that_is_missing(resource: Resource) -> None:
    lose_locale(resource.server, *BOTH)

    is_refused(resource, "XX000", "FATAL: database locale is incompatible")


def test_a_library_that_is_missing(resource: Resource) -> None:
    resource.server.configure(session_preload_libraries="nosuch")

    is_refused(resource, "58P01", 'FATAL: could not access file "nosuch"')


@pytest.mark.one_postgres
def test_two_reasons(resource: Resource) -> None:
    lose_locale(resource.server, "postgres")
    lose_library(resource.server, "template1")

    is_refused(resource, "58P01", "FATAL: ")


def said_of(resource: Resource, *names: str) -> str:
    """Bring *resource* Online; return what was said, with all that is known of *names*.

    Online waits a second for the other database, and no longer: the next one asks again.
    """
    said = ""
    for _ in range(3):
        result = resource.online()
        assert result.returncode == 0, result.stderr
        said += result.stderr
        if all(f'database "{name}" replied with SQLSTATE' in said for name in names):
            return said
    pytest.fail(f"{names} are not warned of: {said}")


@pytest.mark.parametrize("name", BOTH)
def test_one_of_the_two_is_a_warning(resource: Resource, name: str) -> None:
    lose_locale(resource.server, name)
    told = said_of(resource, name)

    said = f'is Online, but database "{name}" replied with SQLSTATE XX000'
    assert f'pgx_online: warning: instance "pgxtest" {said}' in told
    assert "FATAL: database locale is incompatible" in told
    assert said in resource.trace()
    assert resource.check() == ONLINE


@pytest.mark.one_postgres
@pytest.mark.parametrize("name", BOTH)
def test_one_of_the_two_without_its_library(resource: Resource, name: str) -> None:
    lose_library(resource.server, name)

    assert "replied with SQLSTATE 58P01" in said_of(resource, name)


@pytest.mark.one_postgres
def test_a_server_that_runs_already_is_adopted_with_a_warning(
    resource: Resource,
) -> None:
    lose_locale(resource.server, *BOTH)
    pid = resource.server.launch()
    wait_until(lambda: resource.server.status_line() == "ready", "it is ready")
    told = said_of(resource, *BOTH)

    assert f"adopted postmaster {pid}" in told
    assert told.count("replied with SQLSTATE XX000") >= len(BOTH), told
    assert resource.check() == ONLINE


@pytest.mark.one_postgres
def test_an_online_that_was_killed_changes_nothing(
    make_resource: MakeResource, server: Server, open_tmp: Path
) -> None:
    """Killed as the server recovers, which goes on once the gate is there."""
    (server.data / "recovery.signal").touch()
    server.user.own(server.data / "recovery.signal")
    gate = open_tmp / "gate"
    server.configure(
        session_preload_libraries="nosuch",
        max_connections=100,  # as when the data directory was made
        restore_command=f"while test ! -e {gate}; do sleep 0.1; done; false",
    )
    resource = make_resource(server)
    first = resource.start("pgx_online", resource.name)
    wait_until(lambda: server.status_line() == "starting", "it is started")
    first.kill()
    first.communicate(timeout=60)
    gate.touch()

    is_refused(resource, "58P01", "nosuch")


@pytest.mark.one_postgres
def test_what_moves_along_is_no_failed_start(resource: Resource) -> None:
    server = resource.server
    server.start_plain()
    server.ask("alter database template1 is_template false", "postgres")
    server.ask("alter database template1 allow_connections false", "postgres")
    server.ask(
        "update pg_database set datallowconn = false where datname = 'postgres'",
        "postgres",
    )
    server.stop()

    online(resource)
