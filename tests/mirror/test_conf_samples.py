"""The samples can be used as they are, and each default in them is the code's."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pgx_mirror.conf import arbitration, network, rows, sample, server
from pgx_mirror.conf.kinds import Text
from pgx_mirror.conf.parameters import OURS, Parameter

ROOT = Path(__file__).resolve().parents[2]
SHARE = ROOT / "mirror" / "pgx_mirror" / "share"
SERVER = (SHARE / "mc_server.conf.sample").read_text()
ARBITRATION = (SHARE / "mc_arbitration.conf.sample").read_text()
NETWORK = (SHARE / "mc_network.conf.sample").read_text()
FILES = [(SERVER, rows.TABLE), (ARBITRATION, arbitration.TABLE)]


def uncommented(text: str) -> bytes:
    """Return *text* with what is only commented out: a `#` with no space behind it."""
    return re.sub(r"(?m)^#(?=\w)", "", text).encode()


def test_the_network_sample_is_the_manuals_example_and_the_newer_form() -> None:
    found, problems = network.read(NETWORK.encode())
    assert found is not None and problems == []
    assert [one.meaning for one in found.members] == [
        "server1 server 192.0.2.100 26540",
        "server2 server 192.0.2.110 26540",
    ]

    second = NETWORK.replace("\nserver", "\n# ")
    found, problems = network.read(uncommented(second))
    assert found is not None and problems == []
    assert found.arbiter is not None
    assert all(one.arbitration for one in found.servers)
    assert found.servers[0].admin.port == network.DEFAULT_PORT


def test_the_server_sample_gives_the_defaults() -> None:
    found, _, problems = server.read(SERVER.encode())

    assert problems == []
    assert found == server.of("/database1/inst1")


def test_so_it_does_when_all_that_is_commented_out_is_put_in() -> None:
    found, _, problems = server.read(uncommented(SERVER))

    assert {p.severity for p in problems} == {"warning"}  # what has no effect yet
    want = server.of("/database1/inst1", heartbeat_error_action="arbitration")
    assert found == want


def test_the_arbiters_sample_fits_the_network_sample() -> None:
    found, given, problems = arbitration.read(ARBITRATION.encode())
    assert found is not None and problems == []
    assert arbitration.read(uncommented(ARBITRATION))[0] == found

    pair, _ = network.read(uncommented(NETWORK.replace("\nserver", "\n# ")))
    assert pair is not None and pair.arbiter is not None
    assert arbitration.contradictions(given, pair.arbiter) == []


@pytest.mark.parametrize(("text", "table"), FILES)
def test_a_sample_names_every_parameter_and_what_is_ours(
    text: str, table: Mapping[str, Parameter]
) -> None:
    blocks = [re.sub(r"\n# ", " ", block) for block in text.split("\n\n")[1:]]
    assert len(blocks) == len(table)

    for block, row in zip(blocks, table.values(), strict=True):
        assert re.search(rf"^#?{row.name} = ", block, re.MULTILINE)
        assert row.kind.expected in block
        assert ("(ours)" in block) == (row.origin == OURS)
        assert ("no effect" in block) == row.later
        without = not (
            row.default or row.like or row.required or isinstance(row.kind, Text)
        )
        assert ("no default" in block) == without


@pytest.mark.parametrize("table", [rows.TABLE, arbitration.TABLE])
def test_a_parameter_has_an_effect_or_says_that_it_has_none(
    table: Mapping[str, Parameter],
) -> None:
    """Somebody asks for its value; what only reads or declares it has no effect."""
    code = [
        path
        for path in (ROOT / "mirror/pgx_mirror").rglob("*.py")
        if path.name not in ("rows.py", "own_rows.py")
    ]
    trees = [ast.parse(path.read_text()) for path in code]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    asked = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    asked |= {
        str(node.slice.value)
        for node in nodes
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    }
    unused = [r.name for r in table.values() if not r.later and r.name not in asked]

    assert unused == []


@pytest.mark.parametrize("table", [rows.TABLE, arbitration.TABLE])
def test_the_document_has_the_table(table: Mapping[str, Parameter]) -> None:
    text = "".join(
        path.read_text() for path in sorted((ROOT / "docs").glob("pair*.md"))
    )

    assert "\n".join(sample.document(table)) in text


def test_a_command_writes_the_samples_and_prints_the_documents_table() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tools.mirror_conf", "--print"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    tables = [sample.document(rows.TABLE), sample.document(arbitration.TABLE)]
    assert said.stdout.split("\n\n") == [
        "\n".join(tables[0]),
        "\n".join(tables[1]) + "\n",
    ]
    assert sample.server() == SERVER
    assert sample.arbiter() == ARBITRATION
