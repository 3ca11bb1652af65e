"""`pgx_pclrsc --report` of a real instance that is frozen, stopped for it, and started anew."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fixtures import facts
from fixtures.fake_rms.shell.switchlog import Logs
from fixtures.processes import wait_until
from fixtures.server import Server
from tests.fix_resource import FAULTED, NODE, MakeResource, Resource
from tests.html import Page

pytestmark = pytest.mark.one_postgres


@pytest.fixture
def hasty(make_resource: MakeResource, server: Server) -> Resource:
    """One that does not bear silence for long."""
    return make_resource(
        server, response_timeout=5, timeout_retry_count=1, watch_interval=1
    )


def has_answered(resource: Resource) -> bool:
    """Whether the record has an answer of its server."""
    options = ("--status", "-c", resource.name)
    return "last answer:     20" in resource.run("pgx_pclrsc", *options).stdout


def test_a_frozen_server_and_what_came_of_it(hasty: Resource, tmp_path: Path) -> None:
    assert hasty.online().returncode == 0
    wait_until(lambda: has_answered(hasty), "it has answered")
    os.kill(hasty.known().postmaster, signal.SIGSTOP)
    hasty.wait_for(FAULTED)
    wait_until(lambda: "server log: " in hasty.trace(), "the evidence is kept")
    logs = Logs(tmp_path)
    reason = "Resource <db> transitioned to a Faulted state due to a detector report."
    logs.message("DET", "2", "ERROR", f"FAULT REASON: {reason}")
    assert hasty.offline(env={"HV_OFFLINE_REASON": "FAULT"}).returncode == 0
    assert hasty.online().returncode == 0

    told = facts.read(hasty.trace())
    of = [one["of"] for one in told]
    latency = told[of.index("faulted") - 1]
    assert latency["of"] == "latency"
    assert latency["answers"].count(":") >= 1
    done = hasty.run(
        "pgx_pclrsc", "--report", "-c", hasty.name, f"--switchlog={logs.switchlog}"
    )
    page = Page(done.stdout)
    assert f"{hasty.name} on {NODE}" in page.text
    assert page.elements["article"] == 1
    for said in (
        "The server answered for the last time.",
        "A question failed: no answer in time.",
        "The monitor judged it Faulted: ",
        "What was seen then",
        "state T",
        "RMS wrote (DET, 2) ERROR: FAULT REASON: Resource <db>",
        "pgx_offline began (HV_OFFLINE_REASON=FAULT).",
        "It chose the immediate stop, because the instance is faulted.",
        "pgx_offline ended with 0 after ",
        "no server runs, so it is started",
        "It started the server.",
        "It was Online here again. The outage was ",
        "from the last answer on.",
    ):
        assert said in page.text, page.text
    assert page.classes["rect", "bad"] >= 1
    assert page.classes["path", "middle"] == 1
