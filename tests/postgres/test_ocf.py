"""ocf:pgx:pgsql on a real server: what a cluster manager hears of each action."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.processes import gone, wait_until
from pgx_agent.fronts import ocf_probe
from pgx_pclrsc import record as records
from pgx_pclrsc import registry
from pgx_pclrsc.core import verdict
from tests.fix_postgres import MakeServer
from tests.fix_resource import MakeResource, Resource
from tests.postgres.ocf_calls import (
    CONFIGURED,
    GENERIC,
    INSTALLED,
    NOT_RUNNING,
    SUCCESS,
    code,
    heard,
    ocf,
    variables,
)

WITHIN = 60.0
pytestmark = pytest.mark.one_postgres


def test_start_monitor_stop_each_twice(resource: Resource) -> None:
    assert code(resource, "monitor", OCF_RESKEY_CRM_meta_interval="0") == NOT_RUNNING
    assert code(resource, "validate-all") == SUCCESS
    for _ in range(2):
        assert code(resource, "start") == SUCCESS
    assert code(resource, "monitor", OCF_CHECK_LEVEL="10") == SUCCESS
    for _ in range(2):
        assert code(resource, "stop") == SUCCESS
    assert code(resource, "monitor") == NOT_RUNNING


def test_a_killed_server_is_a_fault_and_is_stopped_at_once(resource: Resource) -> None:
    assert code(resource, "start") == SUCCESS
    os.kill(resource.known().postmaster, signal.SIGKILL)
    wait_until(lambda: code(resource, "monitor") == GENERIC, "it is a fault", WITHIN)

    told = ocf(resource, "monitor").stderr
    assert f'ocf-exit-reason:resource "{resource.name}" is faulted' in told
    assert code(resource, "stop") == SUCCESS
    assert code(resource, "monitor") == NOT_RUNNING
    assert code(resource, "start") == SUCCESS
    assert code(resource, "stop") == SUCCESS


def test_a_server_that_was_started_by_hand_is_not_said_to_be_stopped(
    resource: Resource,
) -> None:
    """Not by the first probe either: it would be started elsewhere as well."""
    resource.server.start_plain()
    assert heard(resource, OCF_RESKEY_CRM_meta_interval="0") == SUCCESS


def test_a_server_that_was_restarted_while_nobody_asked_is_well(
    resource: Resource,
) -> None:
    """As in Pacemaker's maintenance-mode, after which nothing may move."""
    assert code(resource, "start") == SUCCESS
    before = resource.known().postmaster
    resource.server.stop()
    resource.wait_for_record(records.FAULTED)
    resource.server.start_plain()
    resource.wait_for(
        verdict.FAULTED
    )  # RMS is told of what was: it clears that by a Start

    assert heard(resource) == SUCCESS
    known = resource.known()
    assert known.state == records.ONLINE and known.postmaster != before
    assert resource.check() == verdict.ONLINE

    os.kill(known.postmaster, signal.SIGKILL)
    wait_until(lambda: code(resource, "monitor") == GENERIC, "it is a fault", WITHIN)
    assert code(resource, "stop") == SUCCESS
    assert code(resource, "monitor") == NOT_RUNNING


def test_a_server_that_was_stopped_while_nobody_asked_is_a_fault(
    resource: Resource,
) -> None:
    assert code(resource, "start") == SUCCESS
    resource.server.stop()
    resource.wait_for_record(records.FAULTED)
    assert code(resource, "monitor") == GENERIC
    assert code(resource, "stop") == SUCCESS
    assert code(resource, "monitor") == NOT_RUNNING


def test_a_server_that_still_starts_is_a_fault_and_not_stopped(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    server = make_server(restore_command="sleep 100; false", hot_standby="off")
    (server.data / "recovery.signal").touch()
    server.user.own(server.data / "recovery.signal")
    server.launch()
    wait_until(lambda: server.status_line() == "starting", "it starts")
    resource = make_resource(server)

    env = variables(resource, {"OCF_RESKEY_CRM_meta_timeout": "60000"})
    told = resource.run("pgx_ocf", "monitor", env=env, limit=60)  # as the manager would
    assert told.returncode == GENERIC
    assert "ocf-exit-reason:a server of resource" in told.stderr
    assert code(resource, "stop") == SUCCESS
    assert code(resource, "monitor") == NOT_RUNNING


@pytest.mark.parametrize(("given", "most"), [("16000", 8), ("60000", 10), ("", 10)])
def test_a_monitor_waits_for_half_of_the_managers_time(
    monkeypatch: pytest.MonkeyPatch, given: str, most: int
) -> None:
    monkeypatch.setenv("OCF_RESKEY_CRM_meta_timeout", given)
    before = time.monotonic()
    limit = ocf_probe.until()
    assert before + most <= limit <= time.monotonic() + most


def test_another_server_of_the_same_user_is_none_of_it(
    make_resource: MakeResource, make_server: MakeServer
) -> None:
    make_server("other").start_plain()
    assert code(make_resource(make_server()), "monitor") == NOT_RUNNING


def test_where_it_is_not_registered(resource: Resource) -> None:
    other = Resource("other", resource.server, resource.registry, resource.work)

    assert code(other, "monitor") == NOT_RUNNING
    assert code(other, "stop") == SUCCESS
    for action in ("start", "validate-all"):
        refused = ocf(other, action)
        assert refused.returncode == INSTALLED
        assert 'ocf-exit-reason:resource "other" does not exist\n' in refused.stderr


def test_a_stop_does_not_answer_where_it_cannot_look(resource: Resource) -> None:
    odd = resource.registry / "file"
    odd.write_text("")
    env = {registry.VARIABLE: str(odd / "below")}

    stopped = ocf(resource, "stop", **env)
    assert stopped.returncode == GENERIC
    assert "internal error" not in stopped.stderr
    assert code(resource, "start", **env) == INSTALLED


def test_a_registry_whose_disk_is_away_is_not_one_without_the_resource(
    resource: Resource,
) -> None:
    away = resource.registry / "link"
    away.symlink_to(resource.registry / "nowhere")

    stopped = ocf(resource, "stop", **{registry.VARIABLE: str(away)})
    assert stopped.returncode == GENERIC
    assert "ocf-exit-reason:could not read registry" in stopped.stderr


@pytest.mark.parametrize("name", ["", "no-name", "../x", "a" * 17, "x\ny"])
def test_what_is_no_name_anywhere_is_said_to_be_so(
    resource: Resource, name: str
) -> None:
    for action in ("start", "monitor", "validate-all"):
        refused = ocf(resource, action, OCF_RESKEY_name=name)
        assert refused.returncode == CONFIGURED
        assert refused.stderr.count("ocf-exit-reason:") == 1


@pytest.mark.parametrize("name", ["", "no-name"])
def test_by_no_name_nothing_was_started_and_no_stop_fails(
    resource: Resource, name: str
) -> None:
    """A typo in the cluster's configuration was seen to have every node fenced."""
    stopped = ocf(resource, "stop", OCF_RESKEY_name=name)
    assert stopped.returncode == SUCCESS
    assert "warning: parameter name is" in stopped.stderr


def test_programs_that_are_missing_are_what_a_node_lacks(resource: Resource) -> None:
    assert resource.run("pgx_pclrsc", "-d", "-c", resource.name).returncode == 0
    empty = resource.registry / "bin"
    empty.mkdir()
    resource.register(bin_dir=empty)

    for action in ("start", "validate-all"):
        assert code(resource, action) == INSTALLED


def test_a_start_that_postgresql_refuses_is_a_fault(resource: Resource) -> None:
    with (resource.server.data / "postgresql.conf").open("a") as file:
        file.write("no_such_parameter = 1\n")

    refused = ocf(resource, "start")
    assert refused.returncode == GENERIC
    assert (
        "ocf-exit-reason:" in refused.stderr and "no_such_parameter" in refused.stderr
    )
    assert code(resource, "monitor") in (GENERIC, NOT_RUNNING)
    assert code(resource, "stop") == SUCCESS


def test_the_managers_limit_counts_where_it_is_the_smaller(resource: Resource) -> None:
    assert code(resource, "start") == SUCCESS
    postmaster = resource.known().postmaster
    os.kill(postmaster, signal.SIGSTOP)

    stopped = ocf(resource, "stop", OCF_RESKEY_CRM_meta_timeout="50000")

    assert stopped.returncode == SUCCESS, stopped.stderr
    assert gone(postmaster)
    assert "OCF_RESKEY_CRM_meta_timeout=50000" in resource.trace()


@pytest.mark.parametrize("limit", ["", "x", "-5", "1e9", "9" * 40, "²"])
def test_a_limit_that_is_none_counts_as_none(resource: Resource, limit: str) -> None:
    assert code(resource, "stop", OCF_RESKEY_CRM_meta_timeout=limit) == SUCCESS


@pytest.mark.parametrize("action", ["", "promote", "reload", "START"])
def test_there_is_no_other_action(resource: Resource, action: str) -> None:
    assert code(resource, action) == 3


# --- the tests and schemas of the project that OCF's agents come from ---------------------

TESTER = shutil.which("ocf-tester", path="/usr/sbin:/usr/bin")
SCHEMAS = Path("/usr/share/resource-agents")


@pytest.mark.skipif(TESTER is None, reason="no ocf-tester: install resource-agents")
@pytest.mark.root
def test_ocf_tester_passes(resource: Resource) -> None:
    env = resource.environment() | {"OCF_ROOT": "/usr/lib/ocf"}
    line = [str(TESTER), "-n", resource.name, "-o", f"name={resource.name}"]

    tested = subprocess.run(
        [*line, command("pgx_ocf")], env=env, capture_output=True, text=True
    )

    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "passed all tests" in tested.stdout


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="no schemas: install resource-agents")
@pytest.mark.skipif(shutil.which("xmllint") is None, reason="no xmllint")
@pytest.mark.parametrize(
    "schema",
    [("--relaxng", "metadata.rng"), ("--dtdvalid", "ra-api-1.dtd")],
    ids=["relaxng", "dtd"],
)
def test_the_meta_data_are_valid(
    resource: Resource, tmp_path: Path, schema: tuple[str, str]
) -> None:
    told = ocf(resource, "meta-data", OCF_RESKEY_name="")
    file = tmp_path / "pgsql.xml"
    file.write_text(told.stdout)
    option, name = schema

    line = ["xmllint", "--noout", "--nonet", option, str(SCHEMAS / name), str(file)]
    valid = subprocess.run(line, capture_output=True, text=True)

    assert (told.returncode, valid.returncode) == (0, 0), valid.stderr
