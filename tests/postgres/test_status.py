"""`pgx_pclrsc --status` of a real instance: Online, silent, Faulted, Offline; and collected."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from fixtures.commands import command
from fixtures.needs import missing
from fixtures.ports import free_port
from fixtures.processes import wait_until
from fixtures.server import Server
from pgx_base.version import VERSION
from pgx_pclrsc import record
from pgx_pclrsc.core import more
from tests.exposition import read
from tests.fix_resource import FAULTED, OFFLINE, ONLINE, MakeResource, Resource

pytestmark = pytest.mark.one_postgres

WORDS = {ONLINE: "online", OFFLINE: "offline", FAULTED: "faulted"}


@pytest.fixture
def patient(make_resource: MakeResource, server: Server) -> Resource:
    """One that notes silence soon, and bears it."""
    return make_resource(server, response_timeout=1, timeout_retry_count=60)


def look(resource: Resource) -> dict[str, Any]:
    """Return the status."""
    options = ("--status", "-c", resource.name, "--output=json")
    done = resource.run("pgx_pclrsc", *options, limit=60)
    told: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (3 * (told["state"] == "faulted"), "")
    return told


def status(resource: Resource) -> dict[str, Any]:
    """Return the status, which says what Check says."""
    told = look(resource)
    assert told["state"] == WORDS[resource.check()]
    return told


def settled(resource: Resource) -> dict[str, Any]:
    """Return the status once the server has answered, and in time."""
    told: dict[str, Any] = {}

    def look_again() -> bool:
        told.update(status(resource))
        return told["last_answer"] is not None and told["failures"] == 0

    wait_until(look_again, "it has answered")
    return told


def test_from_online_to_offline(patient: Resource) -> None:
    assert patient.online().returncode == 0
    told = status(patient)
    assert told["last_transition"]["script"] == "pgx_online"
    assert told["last_transition"]["mode"] == "start"
    assert 0 <= told["since_seconds_ago"] <= told["last_transition"]["at_seconds_ago"]
    began = datetime.fromisoformat(told["since"])
    assert began.utcoffset() is not None
    assert abs((datetime.now().astimezone() - began).total_seconds()) < 120
    assert told["monitor"] == patient.monitor()
    assert told["monitor_version"] == VERSION
    assert told["postmaster"] == patient.known().postmaster
    assert told["why"] == ""
    assert told["notes"] == []
    told = settled(patient)
    assert told["warnings"] == []
    assert 0 <= told["last_answer_latency_seconds"] < 60

    os.kill(told["postmaster"], signal.SIGSTOP)
    wait_until(lambda: status(patient)["failures"] > 1, "it counts")
    os.kill(told["postmaster"], signal.SIGCONT)
    wait_until(lambda: status(patient)["failures"] == 0, "it is forgiven")

    monitor = patient.signal_monitor()
    unwatched = ["no monitor keeps watch; the next pgx_check starts one"]
    wait_until(lambda: look(patient)["notes"] == unwatched, "it is missed")
    patient.check()  # a look starts none
    wait_until(lambda: patient.monitor() not in (None, monitor), "a new one")
    again = status(patient)
    assert again["since"] == told["since"]
    assert again["last_transition"]["at"] == told["last_transition"]["at"]

    os.kill(told["postmaster"], signal.SIGKILL)
    patient.wait_for(FAULTED)
    wait_until(lambda: status(patient)["since"] is not None, "the monitor says it")
    assert f"postmaster {told['postmaster']} has ended" in status(patient)["why"]

    assert patient.offline().returncode == 0
    told = status(patient)
    assert (told["state"], told["monitor"], told["postmaster"]) == (
        "offline",
        None,
        None,
    )
    assert told["last_transition"]["mode"] == "immediate"
    assert told["since"] == told["last_transition"]["at"]


def test_a_server_that_was_started_by_hand(resource: Resource) -> None:
    resource.server.start_plain()
    told = look(resource)
    assert told["state"] == "offline"
    assert told["why"].startswith("a server runs here without a monitor")

    resource.wait_for(ONLINE)
    wait_until(lambda: status(resource)["since"] is not None, "the record says it")
    assert status(resource)["last_transition"] is None


def test_an_older_monitor_is_named_and_an_ordinary_user_may_look_at_his_own(
    resource: Resource,
) -> None:
    """A record without what is said besides, as an older monitor writes it."""
    assert resource.online().returncode == 0
    pid = resource.stop_monitor()
    found = resource.known()
    assert more.decode(found.more) is not None
    found.more = ""
    found.good_until += 600_000  # ms: it is not to be replaced, however long this takes
    resource.write_record(found)
    told = status(resource)
    assert "its monitor is of an older version, and says no more" in told["notes"][0]
    assert (told["failures"], told["monitor"]) == (None, pid)
    os.kill(pid, signal.SIGCONT)

    user = resource.server.user
    done = subprocess.run(
        [command("pgx_pclrsc"), "--status", "-c", resource.name],
        env=resource.environment(),
        cwd="/",
        text=True,
        capture_output=True,
        **user.popen_options(),
    )
    assert done.returncode == 0, done.stderr
    assert "state:           online\n" in done.stdout


@contextmanager
def exporter(directory: Path) -> Iterator[str]:
    """Run the node exporter on *directory* alone; yield the address of its metrics."""
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [
            "prometheus-node-exporter",
            "--collector.disable-defaults",
            "--collector.textfile",
            f"--collector.textfile.directory={directory}",
            f"--web.listen-address={address}",
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _listens(address), "it listens")
        yield f"http://{address}/metrics"
    finally:
        process.kill()
        process.wait()


def _listens(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as tried:
        return tried.connect_ex((host, int(port))) == 0


def test_a_node_exporter_collects_it(resource: Resource, tmp_path: Path) -> None:
    if reason := missing("prometheus-node-exporter"):
        pytest.skip(reason)
    assert resource.online().returncode == 0
    done = resource.run("pgx_pclrsc", "--status", "--output=prometheus")
    (tmp_path / "pgx.prom").write_text(done.stdout)
    with (
        exporter(tmp_path) as address,
        urllib.request.urlopen(address, timeout=60) as answer,
    ):
        collected = answer.read().decode()

    assert "node_textfile_scrape_error 0" in collected
    ours = [line for line in collected.splitlines() if "pgx_resource_" in line]
    theirs = read("\n".join(in_digits(ours)) + "\n")
    assert theirs == read(done.stdout)
    state = {"resource": resource.name, "node": "node1RMS", "state": record.ONLINE}
    assert theirs[1]["pgx_resource_state", frozenset(state.items())] == 1


def in_digits(lines: list[str]) -> list[str]:
    """Return *lines* with large numbers as digits, as the strict reader wants them."""
    shown = []
    for line in lines:
        head, _, last = line.rpartition(" ")
        number = not line.startswith("#") and "e+" in last
        shown.append(f"{head} {float(last):.3f}" if number else line)
    return shown
