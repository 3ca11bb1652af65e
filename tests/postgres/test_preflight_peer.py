"""`pgx_pclrsc --check --peer FILE`: the node that waits, beside the one that has the disk."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.fix_preflight import Node, levels

pytestmark = [pytest.mark.root, pytest.mark.one_postgres]


@pytest.fixture
def told(node: Node, open_tmp: Path) -> Path:
    """What node1RMS has said, its instance running; then its disk is unmounted."""
    node.server.configure(shared_preload_libraries="auto_explain")
    node.server.start_plain()
    done = node.run("--check", "-c", node.resource.name, "--output=json")
    assert done.returncode == 0, done.stdout
    node.server.stop()
    node.disk.unmount("-l")
    node.becomes("node2RMS")
    path = open_tmp / "node1.json"
    path.write_text(done.stdout)
    return path


def test_a_second_node_is_judged_beside_the_first(node: Node, told: Path) -> None:
    code, found = node.check(f"--peer={told}")
    assert levels(found, "error") == {}
    assert code == 0
    peers = {row: lines for row, lines in found.items() if row.startswith("peer_")}
    assert len(peers) == 10
    assert levels(peers, "warning") == {}
    assert found["programs"][0][1] == "programs of the right version are here"
    assert found["preload_libraries"] == [("ok", "each that is named is installed")]
    assert found["restart_after_crash"] == [("ok", "off")], "by what node1 has told"

    _differ(node, told)
    with socket.create_server(("127.0.0.1", node.server.port)):
        code, found = node.check(f"--peer={told}")
    assert code == 1
    wrong = levels(found, "error")
    assert set(wrong) >= {"peer_user", "peer_services", "peer_fstab", "peer_libraries"}
    assert wrong["peer_locales"] == [
        "locale C.UTF-8 sorts otherwise than on the other node"
    ]
    assert f"port {node.server.port}" in wrong["port_free"][0]


def _differ(node: Node, told: Path) -> None:
    """Let this node be another than the one that has told."""
    (node.etc / "services").write_text("ssh 22/tcp\n")
    fstab = node.etc / "fstab"
    fstab.write_text(fstab.read_text().replace("volume1", "volume2"))
    facts = json.loads(told.read_text())
    facts["facts"]["account"]["uid"] += 1
    facts["facts"]["locales"].append({"name": "C.UTF-8", "order": "another"})
    facts["facts"]["libraries"][0]["name"] = "of_one_node"
    told.write_text(json.dumps(facts))
