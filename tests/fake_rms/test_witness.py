"""The witness: two nodes on one data directory, for however short a time, are seen."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fixtures import binaries
from fixtures.bed import database
from fixtures.bed.bed import Bed, why_not
from fixtures.bed.run import run
from fixtures.fake_rms.replay.observers import Observer, data_directory
from fixtures.fake_rms.replay.seen import Failed
from fixtures.processes import kill, wait_until
from fixtures.witness.book import BLIND, Book, Server, rivals
from fixtures.witness.look import Eye
from tests.fake_rms.two_nodes import two_nodes

servers = some.builds(
    Server,
    some.integers(1, 9),
    some.integers(0, 3),
    some.integers(1, 3),
    some.booleans(),
)

# --- what is decided ------------------------------------------------------------------


@given(some.lists(some.lists(servers, max_size=4), max_size=8))
def test_every_start_has_one_exit_at_most(looks: list[list[Server]]) -> None:
    book, balance = Book(), 0
    for number, each in enumerate(looks):
        happened = [seen.what for seen in book.look(number * 0.01, each)]
        balance += happened.count("start") - happened.count("exit")
        assert balance == len({(s.pid, s.started) for s in each})


@given(some.lists(servers))
def test_two_nodes_are_rivals_and_a_postmaster_with_its_children_is_none(
    alive: list[Server],
) -> None:
    nodes = {each.namespace for each in alive}
    heads = [each for each in alive if each.head]
    assert bool(rivals(alive)) is (len(nodes) > 1 or len(heads) > 1)


def test_two_at_once_are_told_once() -> None:
    two = [Server(1, 5, 100, True), Server(2, 6, 200, True)]
    book = Book()
    assert "two" not in [seen.what for seen in book.look(0.0, two[:1])]
    assert [seen.what for seen in book.look(0.01, two)] == ["start", "two"]
    assert book.look(0.02, two) == []
    assert [seen.what for seen in book.look(0.03, two[1:])] == ["exit"]


def test_a_look_that_comes_late_is_told() -> None:
    book = Book()
    book.look(0.0, [])
    assert book.look(BLIND, []) == []
    assert [seen.what for seen in book.look(3 * BLIND, [])] == ["blind"]
    assert book.worst == pytest.approx(2 * BLIND)


# --- what is seen -----------------------------------------------------------------------


def test_only_servers_in_that_directory_are_seen(tmp_path: Path) -> None:
    fake = tmp_path / "postgres"
    fake.symlink_to("/bin/sleep")
    there = tmp_path.stat()
    eye = Eye(there.st_dev, there.st_ino)
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as sleeping:
        assert eye.look() == []  # an administrator's shell is no server
        sleeping.kill()


@pytest.fixture
def bed() -> Iterator[Bed]:
    """Two nodes, a disk with a data directory, nothing started."""
    with two_nodes() as (made, point):
        database.prepare(made, "pgxtest", [point], 5432)
        yield made


def start(bed: Bed, node: str) -> subprocess.Popen[bytes]:
    """Mount the disk on *node* and start a postmaster there, past all that forbids it."""
    point, device = next(iter(bed.devices.items()))
    run(*bed.argv(node, ["mount", "-t", "ext4", device, point]))
    postgres = str(binaries.found()[0].path("postgres"))
    as_user = ["setpriv", "--reuid", bed.user.name, "--regid", str(bed.user.gid)]
    command = [*as_user, "--clear-groups", postgres, "-D", f"{point}/pgxtest"]
    return subprocess.Popen(
        bed.argv(node, command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def head(bed: Bed, node: str, eye: Eye) -> int:
    """Return the PID of the postmaster on *node*, 0 if there is none yet."""
    there = os.stat(f"/proc/{bed.nodes[node].pid}/ns/pid").st_ino
    return next((s.pid for s in eye.look() if s.head and s.namespace == there), 0)


def ask(witness: Observer) -> dict[str, object]:
    """Return what the witness has seen."""
    witness.ask()
    answers: list[dict[str, object]] = []

    def answered() -> bool:
        answers.extend(filter(None, [witness.answer()]))
        return bool(answers)

    wait_until(answered, "the witness answers")
    return answers[0]


@pytest.mark.root
@pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed")
def test_a_second_postmaster_that_lives_100_ms_is_caught(
    bed: Bed, tmp_path: Path
) -> None:
    first = start(bed, "node1RMS")
    device, inode = data_directory(bed, "node1RMS")
    eye, log = Eye(device, inode), tmp_path / "log"
    witness = Observer("fixtures.witness", str(device), str(inode), str(log))
    second: subprocess.Popen[bytes] | None = None
    try:
        wait_until(lambda: head(bed, "node1RMS", eye), "a postmaster")
        assert ask(witness)["two"] == []
        pidfile = f"/proc/{bed.nodes['node1RMS'].pid}/root{next(iter(bed.devices))}"
        wait_until(Path(pidfile, "pgxtest/postmaster.pid").exists, "its PID file")
        Path(pidfile, "pgxtest/postmaster.pid").unlink()

        second = start(bed, "node2RMS")
        wait_until(lambda: head(bed, "node2RMS", eye), "a second one", pause=0.001)
        time.sleep(0.1)  # its whole life
        kill(head(bed, "node2RMS", eye))
        second.wait(60)

        told = ask(witness)["two"]
        assert isinstance(told, list) and told
        assert told[0].count("postmaster") == 2, told
        wait_until(lambda: " two " in log.read_text(), "it is written down")
    finally:
        witness.close()
        for node in ("node1RMS", "node2RMS"):
            bed.panic(node)
        for each in filter(None, (first, second)):
            each.wait(60)


def test_a_witness_that_has_ended_is_no_witness(tmp_path: Path) -> None:
    there = tmp_path.stat()
    words = (str(there.st_dev), str(there.st_ino), str(tmp_path / "log"))
    witness = Observer("fixtures.witness", *words)
    try:
        ask(witness)
        witness.child.kill()
        witness.child.wait()
        with pytest.raises(Failed, match="witness has ended"):
            wait_until(witness.answer, "an answer")
    finally:
        witness.close()
