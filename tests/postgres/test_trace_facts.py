"""Each decision in trace.log has the facts behind it, in lines that programs can read."""

from __future__ import annotations

import re

import pytest

from fixtures import facts
from fixtures.processes import kill, wait_until
from tests.fix_resource import Resource

pytestmark = pytest.mark.one_postgres


def test_of_online_monitor_and_offline(resource: Resource) -> None:
    assert resource.online().returncode == 0
    assert resource.online().returncode == 0
    assert resource.offline(env={"HV_OFFLINE_REASON": "STOP"}).returncode == 0
    assert resource.online().returncode == 0
    wait_until(lambda: "of=watched" in resource.trace(), "the monitor watches")
    kill(resource.known().postmaster)
    wait_until(lambda: "of=faulted" in resource.trace(), "it is Faulted")
    assert resource.offline(env={"HV_OFFLINE_REASON": "FAULT"}).returncode == 0
    found = facts.read(resource.trace())

    steps = [one["step"] for one in found if one["of"] == "online"]
    assert steps == ["Start", "Adopt", "Start"]
    asked = [(one["reason"], one["mode"]) for one in found if one["of"] == "offline"]
    assert asked == [("STOP", "fast"), ("FAULT", "immediate")]
    ladder = [one["step"] for one in found if one["of"] == "stop"]
    assert ladder[:2] == ["SendFast", "Done"]
    ends = [(one["rung"], one["left"]) for one in found if one["of"] == "stopped"]
    assert ends[0] == ("fast", "0")
    assert {one["of"] for one in found} >= {"state", "watched", "faulted"}


def test_no_decision_stands_there_without_them(resource: Resource) -> None:
    assert resource.online().returncode == 0
    assert resource.offline().returncode == 0
    lines = resource.trace().splitlines()

    for sentence, of in (("so it is started", "online"), ("fast stop", "offline")):
        at = next(n for n, line in enumerate(lines) if sentence in line)
        assert facts.parse(lines[at + 1])["of"] == of


def test_people_need_none_of_them(resource: Resource) -> None:
    """Before each stands a sentence of the same writer's, and none shows a value of Python's."""
    assert resource.online().returncode == 0
    wait_until(lambda: "of=watched" in resource.trace(), "the monitor watches")
    kill(resource.known().postmaster)
    wait_until(lambda: "memory: " in resource.trace(), "it is Faulted, with evidence")
    assert resource.online().returncode == 0
    assert resource.offline(env={"HV_OFFLINE_REASON": "STOP"}).returncode == 0

    said: dict[str, bool] = {}
    for line in resource.trace().splitlines():
        writer, text = line.split(" ", 3)[2:]
        if text.startswith("facts=1 of=latency "):
            continue  # measured, not decided
        if text.startswith("facts="):
            assert said.pop(writer, False), f"no sentence before: {line}"
        else:
            said[writer] = True
            assert not re.search(r"\w\(\w+=|None\b|<.* object", text), line
    assert "s nothing is left, stopped by fast" in resource.trace()
