"""What the bed reads of Pacemaker's words, and what its power switch answers."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtures.pacemaker import history, status
from fixtures.pacemaker.fencing import DONE, OFF, REFUSED, Fencing

_MON = """<pacemaker-result api-version="2.25" request="crm_mon --output-as=xml -1">
  <summary><current_dc present="true" name="node1" id="1" with_quorum="true"/>
    <cluster_options stonith-enabled="true" maintenance-mode="false"/></summary>
  <nodes>
    <node name="node1" id="1" online="true" standby="false" maintenance="false"\
 unclean="false" is_dc="true"/>
    <node name="node2" id="2" online="false" standby="true" maintenance="true"\
 unclean="true" is_dc="false"/>
  </nodes>
  <resources>
    <group id="g" number_resources="2" maintenance="false" managed="true" disabled="false">
      <resource id="fs" resource_agent="ocf:heartbeat:Filesystem" role="Started" active="true" \
orphaned="false" blocked="false" managed="true" failed="false" nodes_running_on="1">
        <node name="node1" id="1" cached="true"/></resource>
      <resource id="db" resource_agent="ocf:pgx:pgsql" role="{role}" active="true" \
orphaned="false" blocked="false" managed="true" failed="{failed}" nodes_running_on="1"{more}>
        {nodes}</resource>
    </group>
  </resources>
  <failures><failure op_key="db_monitor_1000" node="node1" exitstatus="error" \
exitreason="resource &amp;quot;db&amp;quot; is faulted"\
 exitcode="1" call="29" task="monitor"/></failures>
  <status code="0" message="OK"/>
</pacemaker-result>"""
AT = datetime(2026, 11, 29, 21, 16, 26, 500_000, tzinfo=UTC).timestamp()
_HERE = '<node name="node1" id="1"/>'


def said(
    role: str = "Started", failed: str = "false", more: str = "", nodes: str = _HERE
) -> status.Status:
    """Return what is read of crm_mon's words, of which these are others."""
    return status.parse(_MON.format(role=role, failed=failed, more=more, nodes=nodes))


def test_nodes_and_failures_are_read() -> None:
    found = said()
    assert found.quorate and not found.maintenance
    assert found.nodes["node1"] == status.NodeStatus(True, False, False, False, True)
    assert found.nodes["node2"] == status.NodeStatus(False, True, True, True, False)
    assert found.failures == (
        status.Failed("db", "monitor", "node1", 1, 'resource "db" is faulted'),
    )


def test_a_group_is_where_each_of_it_is_started_and_well() -> None:
    looked_at = said(more=' pending="Monitoring"')
    assert looked_at.where("db") == "node1"
    assert [said().where(name) for name in ("fs", "db", "g", "none")] == [
        *("node1", "node1", "node1"),
        "",
    ]


@pytest.mark.parametrize(
    "found",
    [
        said(role="Starting"),
        said(failed="true"),
        said(more=' pending="Stopping"'),
        said(nodes=""),
        said(nodes=_HERE + '<node name="node2" id="2"/>'),
    ],
    ids=["role", "failed", "pending", "nowhere", "twice"],
)
def test_a_group_of_which_one_is_not_well_is_nowhere(found: status.Status) -> None:
    assert found.where("fs") == "node1"
    assert found.where("db") == found.where("g") == ""


def test_no_xml_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="no XML"):
        status.parse("crm_mon: Connection to cluster failed")


def test_the_log_tells_what_ended_when_and_why() -> None:
    about = "node1 pacemaker-controld  [56] (log_executor_event) \tnotice: Result of"
    text = (
        f"Nov 29 21:16:26.500 {about} start operation for db on node1: ok | CIB update 36\n"
        f"Nov 29 21:16:26.600 {about} monitor operation for db on node1: Cancelled | graph\n"
        f'Nov 29 21:16:29.017 {about} monitor operation for db on node1: error (resource "x" '
        "is faulted: postmaster 5 (of 6) has ended) | CIB update 39\n"
        "Nov 29 21:16:30.000 node1 pacemaker-based [5]  info: +  id=1 start operation for db\n"
    )
    first, second = history.parse(text, 2026)
    assert (first.node, first.resource, first.action) == ("node1", "db", "start")
    assert (first.result, first.at) == ("ok", AT)
    reason = 'resource "x" is faulted: postmaster 5 (of 6) has ended'
    assert (second.result, second.reason) == ("error", reason)


# --- the power switch ------------------------------------------------------------------


@dataclass
class Switch:
    """Two nodes, of which some have power and some a cable."""

    power: set[str] = field(default_factory=lambda: {"node1", "node2"})
    cut: set[str] = field(default_factory=set)
    stuck: bool = False

    def reaches(self, node: str) -> bool:
        return node not in self.cut

    def is_on(self, node: str) -> bool:
        return node in self.power

    def off(self, node: str) -> bool:
        self.power -= set() if self.stuck else {node}
        return not self.stuck

    def on(self, node: str) -> None:
        self.power.add(node)


def test_a_fence_ends_a_node_and_says_so_once_it_is_off() -> None:
    switch = Switch()
    fencing = Fencing(switch)
    assert fencing.answer("node1", "status", "node2") == (DONE, "on")
    assert fencing.answer("node1", "off", "node2") == (DONE, "")
    assert fencing.answer("node1", "status", "node2") == (OFF, "off")
    assert [(each.node, each.by) for each in fencing.done] == [("node2", "node1")]
    assert fencing.answer("node1", "reboot", "node2") == (DONE, "")
    assert switch.power == {"node1", "node2"}


def test_a_fence_that_does_not_work_is_a_failure() -> None:
    fencing = Fencing(Switch(stuck=True))
    assert fencing.answer("node1", "off", "node2")[0] == REFUSED
    assert fencing.done == []


def test_a_node_without_its_cable_fences_nobody() -> None:
    switch = Switch(cut={"node1"})
    fencing = Fencing(switch)
    assert fencing.answer("node1", "off", "node2")[0] == REFUSED
    assert fencing.refused == ["node1"]
    assert switch.power == {"node1", "node2"}
    assert fencing.answer("node2", "off", "node1")[0] == DONE


def test_each_node_has_a_socket_of_its_own_however_long_its_path_is() -> None:
    fencing = Fencing(Switch(cut={"node1"}))
    with tempfile.TemporaryDirectory() as where:
        try:
            answers = [
                asked(fencing, Path(where) / ("n" * 120) / n)
                for n in ("node1", "node2")
            ]
        finally:
            fencing.close()
    assert answers == ["1\nnode1 is not in the network\n", "0\non\n"]


def asked(fencing: Fencing, home: Path) -> str:
    """Return what the bed says to an agent on the node that is called as *home* is."""
    home.mkdir(parents=True)
    fencing.serve(home.name, home)
    link = home.parents[1] / home.name
    link.symlink_to(home)
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(f"{link}/fence.sock")
        asking.sendall(b"status node2\n")
        return asking.makefile().read()


def test_the_agent_tells_pacemaker_what_it_is() -> None:
    agent = Path(history.__file__).with_name("fence_bed.py")
    done = subprocess.run(
        [agent], input="action=metadata\n", text=True, capture_output=True
    )
    assert done.returncode == 0 and 'name="fence_bed"' in done.stdout
    lost = subprocess.run(
        [agent], input="action=off\nport=a\n", text=True, capture_output=True
    )
    assert lost.returncode == 1 and "fence_bed: error:" in lost.stderr
