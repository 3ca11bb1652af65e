"""An incident on the bed, with a real PostgreSQL: its logs become a file that replays it.

Where the replay's own logs lead to the same file again, nothing of it was lost.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from fixtures.bed.bed import why_not
from fixtures.fake_rms.incident.command import Asked, from_trace
from fixtures.fake_rms.replay import grammar, stage
from fixtures.fake_rms.replay.meaning import plan
from tests.fake_rms.incident_logs import DATABASE, OURS, statements

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]
NODES = ("node1RMS", "node2RMS")
# What RMS did and found: the fake RMS says so in its switchlog.
_STATE = re.compile(
    r"\((?:US|DET), \d\): [A-Z ]+: ((?:\w+ processing|automatic|SysNode|RMS has|FAULT).*)"
)
INCIDENT = """
# The server is killed, the fault is cleared, and it is switched back.
use database.toml
start
wait node1RMS app1 Online within 60 s
on node1RMS run kill -9 $(postmaster)
wait node2RMS app1 Online within 60 s
wait node1RMS app1 Faulted within 60 s
settle within 60 s
on node1RMS type hvutil -c app1
wait node1RMS app1 Offline within 60 s
on node2RMS type hvswitch app1 node1RMS
wait node1RMS app1 Online within 60 s
settle within 60 s
"""
# What is left then: the node panics, comes back, and the application is stopped.
MORE = """
panic node1RMS
wait node2RMS app1 Online within 60 s
boot node1RMS
wait node1RMS app1 Offline within 60 s
on node2RMS type hvutil -f app1
wait node2RMS app1 Offline within 60 s
settle within 60 s
"""


class Played:
    """A transition that was played, and what it has left: logs, and states by node."""

    def __init__(self, text: str, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        file = directory / "it.rms"
        file.write_text(text.lstrip())
        home = directory / "home"
        home.mkdir()
        stage.play(plan(grammar.read(file)), home, lambda told: None)
        self.logs: dict[str, list[str]] = {"trace": [], "switchlog": []}
        for node in NODES:
            self._keep(node, "trace", home / node / "os_user/work-pgxtest/trace.log")
            self._keep(node, "switchlog", home / node / "log/switchlog")
        self.states = {node: self._states(home / node) for node in NODES}
        shutil.rmtree(home)

    def _keep(self, node: str, kind: str, log: Path) -> None:
        if log.exists():  # a node that never had the application has no trace
            kept = self.directory / f"{kind}-{node}"
            shutil.copy(log, kept)
            self.logs[kind].append(f"{node}={kept}")

    def _states(self, home: Path) -> list[str]:
        text = (home / "log/switchlog").read_text()
        # Which of several disks is found to be lost first is chance.
        return [re.sub(r"\d+_Lfs", "", m[1]) for m in _STATE.finditer(text)]

    def told(self) -> str:
        """Return the transition file of its logs."""
        output = self.directory / "told.rms"
        traces, switchlogs = self.logs["trace"], self.logs["switchlog"]
        assert from_trace(Asked([DATABASE], traces, switchlogs, output=output)) == 0
        return output.read_text()


def goes_round(text: str, open_tmp: Path) -> str:
    """Play, tell, and play what was told: the same states come of it, and the same file."""
    first = Played(text, open_tmp / "first")
    told = first.told()
    again = Played(told, open_tmp / "again")

    assert again.states == first.states
    assert statements(again.told()) == statements(told)
    return told


def typed(told: str, *wanted: str) -> None:
    for each in wanted:
        assert any(line.endswith(each) for line in statements(told)), each


def test_an_incident_is_played_again(open_tmp: Path) -> None:
    told = goes_round(INCIDENT, open_tmp)

    typed(told, "kill -9 $(postmaster)", "hvutil -c app1", "hvswitch app1 node1RMS")


@pytest.mark.long
def test_a_longer_incident_is_played_again(open_tmp: Path) -> None:
    told = goes_round(INCIDENT + MORE.lstrip(), open_tmp)

    typed(told, "hvswitch app1 node1RMS", "panic node1RMS", "boot node1RMS")
    typed(told, "hvutil -f app1")


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        "database_forced_switch_resets_its_statistics",
        "database_is_deactivated_and_activated",
        "database_is_recovered_outside_rms",
        "database_is_switched_and_keeps_its_rows",
        "database_moves_when_its_address_is_lost",
        "database_moves_when_its_disk_is_lost",
        "database_outlives_rms",
        "database_silence_moves_it",
        "database_standby_panic_changes_nothing",
        "database_stopped_behind_rms_is_a_fault",
        "database_survives_a_panic",
        "database_that_cannot_start_says_why",
        "database_that_refuses_the_monitor_moves",
        "database_under_maintenance_keeps_its_server",
    ],
)
def test_a_promise_is_told_and_played_again(name: str, open_tmp: Path) -> None:
    text = (OURS.parent / f"{name}.rms").read_text()

    goes_round(f"{text}settle within 60 s\n", open_tmp)
