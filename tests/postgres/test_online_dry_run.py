"""`pgx_online --dry-run`: what it foretells is what Online does, and nothing is done."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.processes import kill_postmaster
from tests.fix_resource import FAULTED, NODE, OFFLINE, MakeResource, Resource, Result

pytestmark = pytest.mark.one_postgres


def foretold(resource: Resource, env: dict[str, str] | None = None) -> Result:
    """Return what --dry-run says, which has written nothing."""
    # A monitor that runs writes its own.
    spared = (
        {"record", "monitor.lock", "trace.log"} if resource.monitor_runs() else set()
    )
    before = _tree(resource, spared)
    done = resource.run("pgx_online", "--dry-run", resource.name, env=env, limit=60)
    assert _tree(resource, spared) == before
    return done


def _tree(resource: Resource, spared: set[str]) -> dict[str, tuple[int, int]]:
    """Return size and time of what is ours and the server's, but for files *spared*."""
    found = {}
    for top in (resource.work, resource.server.data, resource.registry):
        for path in [p for p in top.rglob("*") if p.name not in spared]:
            if not path.is_dir():
                found[str(path)] = (path.lstat().st_size, path.lstat().st_mtime_ns)
    return found


def test_it_starts_then_adopts_then_stops_what_is_faulted(resource: Resource) -> None:
    done = foretold(resource)
    bin_dir = resource.server.binaries.directory
    assert done.returncode == 0
    assert done.stdout.startswith(f"would start the server with {bin_dir}")
    assert done.stderr == ""
    assert resource.check() == OFFLINE
    assert resource.server.pid() is None

    assert resource.online().returncode == 0
    pid = resource.server.pid()
    done = resource.run("pgx_online", "--dry-run", resource.name)
    assert done.returncode == 0
    assert done.stdout == f"would adopt postmaster {pid}, if it answers\n"
    assert resource.online().returncode == 0
    assert resource.server.pid() == pid


def test_a_server_that_has_crashed_is_started_anew(resource: Resource) -> None:
    assert resource.online().returncode == 0
    pid = resource.server.pid()
    assert pid is not None
    kill_postmaster(pid)  # what is left of it may write
    resource.wait_for(FAULTED)
    done = foretold(resource)

    assert done.returncode == 0
    assert "start the server with" in done.stdout
    assert resource.check() == FAULTED, "the record says what it said"


@pytest.mark.parametrize("said", ["another uid", "standalone", "no programs", "broken"])
def test_a_refusal_is_foretold_in_onlines_own_words(
    make_resource: MakeResource, resource: Resource, said: str, open_tmp: Path
) -> None:
    data = resource.server.data
    if said == "standalone":
        (data / "postmaster.pid").write_text(f"-{os.getpid()}\n{data}\n")
    elif said == "broken":
        (data / "postmaster.pid").write_text("")
        path = resource.registry / resource.name / "definition.toml"
        text = path.read_text()
        path.write_text(text.replace('pid_file = "remove"', 'pid_file = "refuse"'))
    elif said == "no programs":
        server = replace(resource.server, data=open_tmp / "data2")
        resource.server.data.rename(server.data)
        resource = make_resource(server, "other", bin_dir="/usr/share")
    else:
        if os.geteuid() != 0:
            pytest.skip("needs to be root")
        os.chown(data, 0, 0)
    done = foretold(resource)

    assert done.returncode == 1
    assert done.stdout.startswith("would refuse: ")
    why = done.stderr.splitlines()[0]
    assert why.startswith("pgx_online: error: ")
    online = resource.online()
    assert online.returncode == 1
    assert why in online.stderr or said == "broken"


def test_another_node_and_a_script_of_rms_are_told(resource: Resource) -> None:
    done = foretold(resource, {"RELIANT_HOSTNAME": "otherRMS"})
    assert done.returncode == 0
    assert 'this node, "otherRMS", is not one of the nodes' in done.stderr
    assert NODE != "otherRMS"

    done = foretold(resource, {"HV_SCRIPT_TYPE": "Online"})
    assert done.returncode == 1
    assert "is for people, not for RMS" in done.stderr


@pytest.mark.root
def test_the_os_user_may_ask_too(resource: Resource) -> None:
    import subprocess

    from fixtures.commands import command

    user = resource.server.user
    done = subprocess.run(
        [command("pgx_online"), "--dry-run", resource.name],
        env=resource.environment(),
        cwd="/",
        text=True,
        capture_output=True,
        **user.popen_options(),
    )

    assert done.returncode == 0, done.stderr
    assert "would start the server" in done.stdout
