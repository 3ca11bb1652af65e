"""ocf:pgx:pgsql where what it is given is odd: names, definitions, variables, callers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.processes import gone
from pgx_pclrsc import registry, runentry
from tests.fix_resource import Resource
from tests.postgres.ocf_calls import (
    CONFIGURED,
    GENERIC,
    INSTALLED,
    NOT_RUNNING,
    PERM,
    SUCCESS,
    code,
    ocf,
    variables,
)

pytestmark = pytest.mark.one_postgres
PROBE = {"OCF_RESKEY_CRM_meta_interval": "0"}
ODD = {
    "PATH": "/nonexistent",
    "LD_PRELOAD": "/nonexistent/lib.so",
    "LD_LIBRARY_PATH": "/nonexistent",
    "PYTHONHOME": "/nonexistent",
    "PYTHONPATH": "/nonexistent",
    "PYTHONSTARTUP": "/nonexistent",
    "PYTHONINSPECT": "1",
    "PGDATA": "/nonexistent",
    "PGHOST": "nowhere.invalid",
    "PGPORT": "1",
    "PGOPTIONS": "-c transaction_read_only=on",
    "PGPASSFILE": "/nonexistent",
    "IFS": "/",
    "ENV": "/nonexistent",
    "BASH_ENV": "/nonexistent",
    "BASH_FUNC_test%%": "() { exit 77; }",
    "SHELLOPTS": "noexec",
    "LC_ALL": "xx_XX.nothing",
    "TZ": "../../etc/passwd",
    "TMPDIR": "/nonexistent",
    "HOME": "/nonexistent",
    "OCF_CHECK_LEVEL": "99999\n",
    "OCF_RESKEY_CRM_meta_interval": "\n1\n",
    "OCF_RESKEY_CRM_meta_name": "x\npgx_online: error: made up\x1b]0;z\x07",
    "OCF_RESKEY_other": "x" * 100_000,
    "OCF_RESKEY_CRM_meta_huge": "y" * 100_000,
    "OCF_RESKEY_CRM_meta_timeout": "9" * 5000,
}


def break_definition(resource: Resource, how: str) -> None:
    """Have the registry's definition be one that nobody can go by."""
    path = Path(registry.definition_path(str(resource.registry), resource.name))
    if how == "garbled":
        path.write_bytes(b"name = \x00\xff")
    elif how == "empty":
        path.write_text("")
    elif how == "gone":
        path.unlink()
    elif how == "another's":
        path.write_text(path.read_text().replace(resource.name, "other"))
    else:
        path.unlink()
        os.mkfifo(path)


@pytest.mark.parametrize("how", ["garbled", "empty", "gone", "another's", "fifo"])
def test_a_definition_that_is_broken_is_this_nodes_and_fences_nobody(
    resource: Resource, how: str
) -> None:
    """A start is tried elsewhere (5); the stop that follows finds that nothing ever ran."""
    break_definition(resource, how)

    assert code(resource, "monitor", **PROBE) == NOT_RUNNING
    for action in ("validate-all", "start"):
        refused = ocf(resource, action)
        assert refused.returncode == INSTALLED
        assert "ocf-exit-reason:could not read definition" in refused.stderr
        assert code(resource, "stop") == SUCCESS
    assert "could not read definition" in ocf(resource, "stop").stderr


@pytest.mark.parametrize("how", ["garbled", "rm -r"])
def test_what_breaks_after_a_stop_fences_nobody_either(
    resource: Resource, how: str
) -> None:
    """As on a node that it was moved from, and is moved to again."""
    assert code(resource, "start") == SUCCESS
    assert code(resource, "stop") == SUCCESS
    if how == "rm -r":
        shutil.rmtree(resource.registry / resource.name)
    else:
        break_definition(resource, how)

    assert code(resource, "start") == INSTALLED
    assert code(resource, "stop") == SUCCESS


@pytest.mark.root
@pytest.mark.parametrize("how", ["garbled", "gone"])
def test_a_definition_that_breaks_while_it_runs_changes_nothing(
    resource: Resource, how: str
) -> None:
    """What has started it is under /run, where root alone writes, and stops it."""
    assert code(resource, "start") == SUCCESS
    break_definition(resource, how)
    postmaster = resource.known().postmaster

    assert code(resource, "monitor") == SUCCESS
    assert code(resource, "start") == SUCCESS
    assert resource.known().postmaster == postmaster
    assert code(resource, "stop") == SUCCESS
    assert gone(postmaster)
    assert code(resource, "monitor") == NOT_RUNNING


def test_a_broken_definition_is_no_stop_where_something_was_started(
    resource: Resource,
) -> None:
    """The record says that a server was Online here, and nothing says how to stop it."""
    assert code(resource, "start") == SUCCESS
    postmaster = resource.known().postmaster
    break_definition(resource, "garbled")
    runentry.remove(str(resource.registry), resource.name)

    assert code(resource, "stop") == GENERIC
    assert code(resource, "monitor") == SUCCESS
    assert not gone(postmaster)


def test_a_broken_definition_is_no_stop_where_the_record_is_away(
    resource: Resource,
) -> None:
    break_definition(resource, "garbled")
    resource.work.rename(resource.work.with_name("away"))

    assert code(resource, "stop") == GENERIC


@pytest.mark.root
def test_a_disk_that_is_away_is_not_running_and_nothing_to_stop(
    resource: Resource,
) -> None:
    """A probe comes before the file system's start; a start without it is a fault here (1)."""
    data = resource.server.data
    data.rename(data.with_name("away"))

    assert code(resource, "monitor", **PROBE) == NOT_RUNNING
    assert code(resource, "validate-all") == SUCCESS
    assert code(resource, "start") == GENERIC
    assert code(resource, "stop") == SUCCESS
    assert code(resource, "monitor") == NOT_RUNNING


@pytest.mark.root
def test_unregistered_on_one_node_while_it_runs_there(resource: Resource) -> None:
    """As by rm -r: -d is refused then."""
    assert code(resource, "start") == SUCCESS
    postmaster = resource.known().postmaster
    shutil.rmtree(resource.registry / resource.name)

    assert code(resource, "monitor") == SUCCESS
    assert code(resource, "stop") == SUCCESS
    assert gone(postmaster)
    assert code(resource, "monitor") == NOT_RUNNING


def test_a_registry_that_is_no_absolute_path_is_not_one_without_the_resource(
    resource: Resource,
) -> None:
    env = {registry.VARIABLE: "registry"}

    assert code(resource, "stop", **env) == GENERIC
    for action in ("start", "validate-all"):
        assert code(resource, action, **env) == INSTALLED


def test_a_hostile_environment_reaches_nothing(resource: Resource) -> None:
    assert code(resource, "monitor", **ODD) == NOT_RUNNING
    assert code(resource, "validate-all", **ODD) == SUCCESS
    started = ocf(resource, "start", **ODD)
    assert started.returncode == SUCCESS, started.stderr
    for pid in (resource.known().postmaster, resource.known().monitor):
        environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        given = {entry.partition(b"=")[0].decode() for entry in environ}
        assert given & (ODD.keys() - {"PATH", "HOME", "TZ"}) == set()
        assert not any(b"/nonexistent" in entry for entry in environ)
    assert code(resource, "monitor", **ODD) == SUCCESS
    assert code(resource, "stop", **ODD) == SUCCESS
    assert "\nx\npgx_online: error: made up" not in resource.trace()
    assert "\x1b" not in resource.trace()


def test_without_any_variable_but_the_name(resource: Resource) -> None:
    """OCF_ROOT is not needed, nor a PATH; nor descriptors."""
    only = {
        "OCF_RESKEY_name": resource.name,
        registry.VARIABLE: str(resource.registry),
    }
    for action, expected in (
        ("monitor", NOT_RUNNING),
        ("start", SUCCESS),
        ("monitor", SUCCESS),
        ("stop", SUCCESS),
    ):
        line = f'exec "{command("pgx_ocf")}" {action} <&- >&- 2>&-'
        done = subprocess.run(["/bin/sh", "-c", line], env=only, cwd="/")
        assert done.returncode == expected, action


@pytest.mark.parametrize(
    "name", ["pg1\n", "\npg1", "pg1\nOCF_RESKEY_x=y", "x" * 100_000, "\udcff", "-c"]
)
def test_a_name_that_cannot_be_is_one_line_of_reason(
    resource: Resource, name: str
) -> None:
    for action in ("monitor", "start", "validate-all"):
        refused = ocf(resource, action, OCF_RESKEY_name=name)
        assert refused.returncode == CONFIGURED
        reasons = [
            line for line in refused.stderr.splitlines() if line.startswith("ocf-exit")
        ]
        assert len(reasons) == 1
        assert len(reasons[0]) < 2000


@pytest.mark.root
def test_another_user_may_ask_nothing_and_change_nothing(resource: Resource) -> None:
    assert code(resource, "start") == SUCCESS
    postmaster = resource.known().postmaster
    for action in ("monitor", "start", "stop", "validate-all"):
        refused = subprocess.run(
            [command("pgx_ocf"), action],
            env=variables(resource, {}),
            capture_output=True,
            text=True,
            user="nobody",
            group="nogroup",
            extra_groups=[],
        )
        assert refused.returncode == PERM, (action, refused.stderr)
        assert "ocf-exit-reason:must be run as root or as" in refused.stderr
    assert not gone(postmaster)
    assert code(resource, "monitor") == SUCCESS
