"""How the monitor begins, and what it tells its starter."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_base import proc
from tests.fix_postgres import MakeServer
from tests.fix_resource import OFFLINE, ONLINE, MakeResource
from tests.postgres.adopted import adopt, first_word, monitor_of, start_by_hand, stopped

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


def test_a_server_that_still_starts_is_waited_for(
    make_resource: MakeResource, make_server: MakeServer, open_tmp: Path
) -> None:
    server, gate = make_server(), open_tmp / "gate"
    waits = f"while test ! -e {gate}; do sleep 0.1; done; false"
    server.configure(restore_command=waits, hot_standby="off")
    (server.data / "recovery.signal").touch()
    server.user.own(server.data / "recovery.signal")
    server.launch()
    wait_until(lambda: server.status_line() == "starting", "it starts")
    resource = make_resource(server)

    assert resource.check() == OFFLINE
    resource.wait_for_record("starting")
    assert resource.check() == OFFLINE

    gate.touch()
    resource.wait_for_record("online")
    assert resource.check() == ONLINE


def test_its_first_word(make_resource: MakeResource, server: Server) -> None:
    pid = server.start_plain()
    resource = make_resource(server)
    reader, writer = os.pipe()

    got = start_by_hand(resource, f"--ready-fd={writer}", keep=(writer,))
    os.close(writer)

    assert (got.returncode, got.stdout, got.stderr) == (0, "", "")
    start = (proc.read_stat(pid) or ("", 0, 0))[2]
    assert first_word(reader) == f"online {pid} {start}\n"
    assert first_word(reader) == ""
    os.close(reader)


def test_its_first_word_of_a_silent_server(
    make_resource: MakeResource, server: Server
) -> None:
    pid = server.start_plain()
    resource = make_resource(server, response_timeout=1, timeout_retry_count=0)
    reader, writer = os.pipe()
    with stopped(pid):
        start_by_hand(resource, f"--ready-fd={writer}", keep=(writer,))
        os.close(writer)

        assert first_word(reader).startswith("faulted no answer within 1 s")
    os.close(reader)


def test_a_monitor_that_online_tells_nothing_ends(
    make_resource: MakeResource, server: Server
) -> None:
    server.start_plain()
    resource = make_resource(server)
    told, tell = os.pipe()
    reader, writer = os.pipe()

    options = ["--by=online", f"--wait-fd={told}", f"--ready-fd={writer}"]
    start_by_hand(resource, *options, keep=(told, writer))
    os.close(told)
    os.close(writer)
    os.close(tell)

    assert first_word(reader) == ""
    os.close(reader)


def test_a_second_monitor_ends(make_resource: MakeResource, server: Server) -> None:
    server.start_plain()
    resource = adopt(make_resource, server)
    monitor = monitor_of(resource)
    reader, writer = os.pipe()

    start_by_hand(resource, f"--ready-fd={writer}", keep=(writer,))
    os.close(writer)

    assert first_word(reader) == ""
    os.close(reader)
    assert monitor_of(resource) == monitor


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--by=nobody"],
        ["--nosuch=1"],
        ["--by"],
        ["--ready-fd=x"],
        ["--by=check"] * 2,
    ],
)
def test_wrong_usage(
    make_resource: MakeResource, server: Server, arguments: list[str]
) -> None:
    resource = make_resource(server)
    if not arguments:
        resource.name = "1a"

    got = start_by_hand(resource, *arguments)

    assert got.returncode == 1
    assert got.stderr.startswith("pgx_monitor: error: usage: pgx_monitor NAME")


@pytest.mark.root
def test_nobody_else_may_run_it(make_resource: MakeResource, server: Server) -> None:
    resource = make_resource(server)

    got = resource.run("pgx_monitor", resource.name)

    assert got.returncode == 1
    assert "must be run as the OS user of the resource" in got.stderr


@pytest.mark.root
def test_a_monitor_that_ends_before_it_has_detached_has_its_reason_in_the_trace(
    make_resource: MakeResource, server: Server
) -> None:
    """It may not read the definition, and has nowhere to say so by itself."""
    resource = make_resource(server)
    definition = resource.registry / resource.name / "definition.toml"
    definition.chmod(0o600)
    result = resource.online()

    assert result.returncode == 1
    assert "its monitor ends without a word" in result.stderr
    assert "Permission denied" in result.stderr
    assert "the monitor: pgx_monitor: error: could not read definition" in (
        resource.trace()
    )


@pytest.mark.root
def test_a_monitor_that_is_killed_is_told_as_one_without_a_reason(
    make_resource: MakeResource, server: Server, program_home: Path
) -> None:
    resource = make_resource(server)
    shutil.copy(command("pgx_online"), program_home)
    monitor = program_home / "pgx_monitor"  # Online starts the one beside itself
    monitor.write_text("#!/bin/sh\nkill -KILL $$\n")
    monitor.chmod(0o755)
    result = subprocess.run(
        [program_home / "pgx_online", resource.name],
        env=resource.environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )

    assert result.returncode == 1
    assert "it has given no reason here" in result.stderr
    assert "it has given no reason here" in resource.trace()
