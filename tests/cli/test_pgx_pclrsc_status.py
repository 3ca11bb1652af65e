"""`pgx_pclrsc --status` without any instance: who may look, and what is not waited for."""

from __future__ import annotations

import binascii
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.hung_disk import HungDisk
from fixtures.needs import missing
from fixtures.processes import wait_until
from pgx_base import proc
from pgx_base.failure import Failure
from pgx_pclrsc import record, runentry
from pgx_pclrsc.core import names
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.registry import beacon_path
from pgx_pclrsc.status import gather
from pgx_pclrsc.status.core.seen import Seen
from tests.exposition import read
from tests.fix_registry import Registry
from tests.unit.import_graph import ROOT, packages


def status(registry: Registry, *options: str) -> tuple[int, str, str]:
    done = registry.look("--status", *options)
    return done.returncode, done.stdout, done.stderr


def test_a_resource_that_was_never_started_is_offline(registered: Registry) -> None:
    code, shown, _ = status(registered, "-c", "pg1")

    assert code == 0
    assert "state:           offline\n" in shown
    assert "last transition: not known\n" in shown
    assert "monitor:         none\n" in shown
    assert "it has no record: nothing was done with it on this node" in shown


def test_a_record_of_an_earlier_boot_says_nothing_of_this_one(
    registered: Registry,
) -> None:
    found = record.Record("0" * 16, "another-boot", record.ONLINE, postmaster=1)
    (registered.work / names.RECORD).write_bytes(record.encode(found))
    code, shown, _ = status(registered, "-c", "pg1")

    assert code == 0
    assert "state:           offline\n" in shown
    assert "note:            its record is of an earlier boot of this node" in shown


def test_all_are_shown_as_a_table_and_to_programs(registered: Registry) -> None:
    added = registered.add({"-c": "pg2", "-w": str(registered.home / "work2")})
    assert added.returncode == 0, added.stderr
    _, shown, _ = status(registered)
    _, as_json, _ = status(registered, "--output=json")
    _, metrics, _ = status(registered, "--output=prometheus")

    heading, *rows = shown.splitlines()
    assert heading.split()[:2] == ["NAME", "STATE"]
    assert [row.split()[:2] for row in rows] == [["pg1", "offline"], ["pg2", "offline"]]
    told = json.loads(as_json)["resources"]
    assert [(one["name"], one["state"]) for one in told] == [
        ("pg1", "offline"),
        ("pg2", "offline"),
    ]
    found = {key: value for key, value in read(metrics)[1].items() if value}
    assert {dict(labels)["resource"] for _, labels in found} == {"pg1", "pg2"}
    assert {dict(labels)["state"] for _, labels in found} == {"offline"}


def test_none_is_no_error_and_one_that_is_not_there_is(registry: Registry) -> None:
    assert status(registry)[:2] == (0, "no resource is registered on this node\n")
    code, shown, said = status(registry, "-c", "pg1")
    assert (code, shown) == (1, "")
    assert 'resource "pg1" does not exist' in said


@pytest.mark.parametrize(
    ("version", "why"),
    [("1", "checksum does not match"), ("9", "not a record of this version")],
)
def test_a_record_that_cannot_be_understood_is_said_so(
    registered: Registry, version: str, why: str
) -> None:
    """One that is garbled, and a whole one of another version."""
    found = record.Record("0" * 16, proc.boot_id(), record.ONLINE)
    body = version.encode() + record.encode(found)[1 : record.SIZE - 10]
    checksum = binascii.crc32(body) if version == "9" else 0
    (registered.work / names.RECORD).write_bytes(body + b" %08x\n" % checksum)
    code, shown, _ = status(registered, "-c", "pg1")

    assert code == 0
    assert "state:           offline\n" in shown
    assert f"note:            not all can be read: {why}\n" in shown


def test_somebody_else_is_told_that_he_may_not_look(registered: Registry) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs to be root")
    registered.home.chmod(0o755)
    done = subprocess.run(
        [command("pgx_pclrsc"), "--status", "-c", "pg1"],
        env=registered.environment(),
        capture_output=True,
        text=True,
        cwd="/",
        user=65533,
        group=65533,
        extra_groups=[],
    )

    assert done.returncode == 3, done.stderr
    assert "state:           unknown\n" in done.stdout
    assert "only root and its OS user may look into it" in done.stdout


SPEAKER = """
import os, sys, time
from pgx_base import locks, proc
from pgx_pclrsc import beacon
fd = os.open(sys.argv[2], os.O_RDONLY)
server = os.getpid(), proc.read_stat(os.getpid())[2]
well = beacon.fresh(proc.monotonic_ms() + 60_000)
for place in (locks.ALONE, well, beacon.faulted(server)):
    assert locks.take(fd, place, shared=True)
print(flush=True)
time.sleep(60)
"""


def test_what_is_said_by_the_beacon_is_shown_and_not_latched(
    registered: Registry,
) -> None:
    """Check, as root, keeps a Faulted that it hears; a look changes nothing."""
    if os.geteuid() != 0:
        pytest.skip("needs to be root")
    root, user = str(registered.root), registered.user
    runentry.make_beacon(root, "pg1", user.uid, user.gid)
    path = beacon_path(root, "pg1")
    before = Path(path).read_bytes()
    speaker = subprocess.Popen(
        [sys.executable, "-c", SPEAKER, "pgx_monitor", path],
        env={"PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in packages())},
        stdout=subprocess.PIPE,
        **user.popen_options(),
    )
    try:
        assert speaker.stdout is not None
        assert speaker.stdout.readline()
        code, shown, _ = status(registered, "-c", "pg1")
        assert code == 3
        assert "state:           faulted\n" in shown
        assert "its monitor says so, and cannot write why" in shown
        assert Path(path).read_bytes() == before
        check = [command("pgx_check"), "pg1"]
        assert subprocess.run(check, env=registered.environment()).returncode == 2
        assert Path(path).read_bytes() != before
    finally:
        speaker.kill()
        speaker.communicate()
        runentry.remove(root, "pg1")


def test_a_watch_shows_it_again_and_ends_at_a_signal(registered: Registry) -> None:
    process = subprocess.Popen(
        [command("pgx_pclrsc"), "--status", "--watch=0.1", "--output=json"],
        env=registered.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    shown = [json.loads(process.stdout.readline()) for _ in range(2)]
    process.send_signal(signal.SIGINT)

    assert process.wait(60) == 0
    process.stdout.close()
    assert [one["resources"][0]["state"] for one in shown] == ["offline"] * 2


def test_a_work_directory_that_hangs_is_not_waited_for(
    registered: Registry,
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs to be root")
    if reason := missing("umount"):
        pytest.skip(reason)
    hung = HungDisk(registered.work)
    try:
        hung.mount()
        hung.hang()
        done = registered.run("--status")
    finally:
        hung.remove()

    shown = done.stdout
    assert done.returncode == 3
    assert shown.splitlines()[1].split()[:2] == ["pg1", "unknown"]
    assert "no answer within 3 s" in shown


def children() -> list[str]:
    """Return the PIDs of our own."""
    return Path("/proc/thread-self/children").read_text().split()


def test_what_hangs_is_left_to_one_child(
    registered: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry, and a work directory in state D while it is watched."""
    if os.geteuid() != 0:
        pytest.skip("needs to be root")
    eyes = gather.Eyes(str(registered.root))
    monkeypatch.setattr(gather, "_PATIENCE", 60.0)
    assert eyes.names() == ("pg1",)
    monkeypatch.setattr(gather, "_PATIENCE", 0.3)
    hung = HungDisk(registered.work)
    hung.hang()
    try:
        hung.mount()
        seen = eyes.see(["pg1"])
        assert isinstance(seen["pg1"], Unknown)
        assert "no answer within 0.3 s" in seen["pg1"].why
        waiting = children()
        assert eyes.see(["pg1"]) == seen
        # One that could be killed after all has ended and is reaped: another looks then.
        assert 0 < len(children()) <= len(waiting)
    finally:
        hung.remove()
    wait_until(lambda: isinstance(eyes.see(["pg1"])["pg1"], Seen), "it is seen again")

    hung = HungDisk(registered.root)
    try:
        hung.mount()
        hung.hang()
        with pytest.raises(Failure, match="could not list the resources"):
            eyes.names()
    finally:
        hung.remove()
