"""ocf:pgx:pgsql called without its parameter, or with another: what Pacemaker does to orphans."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.processes import gone
from pgx_pclrsc import registry, runentry
from tests.fix_resource import Resource
from tests.postgres.ocf_calls import (
    CONFIGURED,
    GENERIC,
    INSTALLED,
    NOT_RUNNING,
    SUCCESS,
    code,
    ocf,
)

pytestmark = [pytest.mark.one_postgres, pytest.mark.root]
PROBE = {"OCF_RESKEY_CRM_meta_interval": "0"}
NAMELESS = {"OCF_RESKEY_name": ""}


@pytest.fixture
def instance(resource: Resource) -> Iterator[dict[str, str]]:
    """What a manager calls an instance of its own."""
    name = f"of {os.getpid()}/{resource.name}%"
    yield {"OCF_RESOURCE_INSTANCE": name}
    note(name).unlink(missing_ok=True)


def note(instance: str) -> Path:
    escaped = instance.replace("%", "%25").replace("/", "%2F")
    return Path(registry.RUN_DIRECTORY, f"ocf.{escaped}")


@pytest.mark.parametrize("without", ["", "no-name"])
def test_what_a_probe_has_found_is_stopped_without_its_name(
    resource: Resource, instance: dict[str, str], without: str
) -> None:
    """Pacemaker was restarted under it, and then it was removed from the configuration."""
    resource.online()
    postmaster = resource.known().postmaster
    assert code(resource, "monitor", **PROBE, **instance) == SUCCESS

    assert code(resource, "stop", OCF_RESKEY_name=without, **instance) == SUCCESS

    assert gone(postmaster)
    assert not note(instance["OCF_RESOURCE_INSTANCE"]).exists()
    assert code(resource, "monitor", **PROBE, **instance) == NOT_RUNNING
    assert not note(instance["OCF_RESOURCE_INSTANCE"]).exists()


def test_what_was_started_is_stopped_under_another_name_too(
    resource: Resource, instance: dict[str, str]
) -> None:
    """The parameter was changed: what runs is the one of before."""
    assert code(resource, "start", **instance) == SUCCESS
    postmaster = resource.known().postmaster

    assert code(resource, "stop", OCF_RESKEY_name="other", **instance) == SUCCESS

    assert gone(postmaster)


def test_a_nameless_stop_where_nothing_was_started_costs_no_node(
    resource: Resource, instance: dict[str, str]
) -> None:
    """Code 6 of a probe is followed by a stop; one that fails is fenced, on every node."""
    assert code(resource, "start") == SUCCESS  # by another instance: it is left alone
    for action in ("monitor", "start"):
        assert code(resource, action, **NAMELESS, **instance) == CONFIGURED

    stopped = ocf(resource, "stop", **NAMELESS, **instance)

    assert stopped.returncode == SUCCESS
    assert "warning: parameter name is missing" in stopped.stderr
    assert code(resource, "monitor") == SUCCESS


@pytest.mark.parametrize("text", ["", "pg1", "no-name {boot}", "{name} other-boot"])
def test_a_note_that_says_nothing_is_none(
    resource: Resource, instance: dict[str, str], text: str
) -> None:
    resource.online()
    path = note(instance["OCF_RESOURCE_INSTANCE"])
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    path.write_text(text.format(boot=boot, name=resource.name))

    assert code(resource, "stop", **NAMELESS, **instance) == SUCCESS
    assert code(resource, "monitor") == SUCCESS


def test_a_nameless_stop_that_fails_keeps_the_note(
    resource: Resource, instance: dict[str, str]
) -> None:
    resource.online()
    assert code(resource, "monitor", **PROBE, **instance) == SUCCESS
    relative = {registry.VARIABLE: "registry"}

    assert code(resource, "stop", **NAMELESS, **instance, **relative) == GENERIC

    assert code(resource, "stop", **NAMELESS, **instance) == SUCCESS
    assert code(resource, "monitor") == NOT_RUNNING


def test_an_instance_with_a_long_name_has_no_note(resource: Resource) -> None:
    env = {"OCF_RESOURCE_INSTANCE": "x" * 4000}

    assert code(resource, "start", **env) == SUCCESS
    assert code(resource, "stop", **env) == SUCCESS


@pytest.mark.parametrize("found", ["nothing", "probe", "start"])
def test_without_its_registry_a_stop_fails_only_where_something_began(
    resource: Resource, instance: dict[str, str], found: str
) -> None:
    """A start that is refused for it is followed by a stop; one that fails costs the node."""
    if found == "probe":
        resource.online()
        assert code(resource, "monitor", **PROBE, **instance) == SUCCESS
    elif found == "start":
        assert code(resource, "start", **instance) == SUCCESS
    runentry.remove(str(resource.registry), resource.name)
    at = resource.registry.with_name("elsewhere")
    resource.registry.rename(at)
    resource.registry.symlink_to("nowhere")

    refused = code(resource, "start", **instance)
    stopped = ocf(resource, "stop", **instance)

    assert refused == INSTALLED
    assert stopped.returncode == (SUCCESS if found == "nothing" else GENERIC)
    assert "could not read registry" in stopped.stderr
    resource.registry.unlink()
    at.rename(resource.registry)
    assert code(resource, "stop", **instance) == SUCCESS
