"""The bed for a pair: each node's own disks, and what becomes of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.bed.run import BedError, run
from fixtures.pair.place import A
from fixtures.pair_bed.bed import DATA, MC, PairBed, why_not
from fixtures.processes import wait_until
from pgx_base import proc
from tests.mirror.pair_beds import on, pair_bed, point

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]


@pytest.fixture(scope="module")
def bed() -> Iterator[PairBed]:
    """One for all: each test leaves disks that are well."""
    with pair_bed() as made:
        yield made


def write(bed: PairBed, what: str) -> None:
    """Write and sync as the OS user.  Raises BedError with what he was told."""
    line = 'head -c 100000 /dev/zero >>"$0" && sync "$0"'
    run(*bed.argv(A, ["sh", "-c", line, f"{point(bed, A, what)}/written"]))


def test_a_panic_loses_what_was_not_synced(bed: PairBed) -> None:
    at = point(bed, A, DATA)
    # ext4 writes by itself every 5 s, and a sync of all disks is another test's too.
    on(bed, A, "mount", "-o", "remount,commit=600", at)
    line = "echo kept >kept; sync kept .; echo lost >lost"
    on(bed, A, "sh", "-c", f"cd {at}; {line}")

    assert bed.panic(A)
    bed.boot(A)

    assert on(bed, A, "cat", f"{at}/kept") == "kept"
    assert "lost" not in on(bed, A, "ls", at).split()


def test_a_disk_fails_alone_and_is_well_after_a_boot(bed: PairBed) -> None:
    write(bed, DATA)

    bed.disks[A][DATA].fail()

    with pytest.raises(BedError, match="Input/output error"):
        on(bed, A, "cat", f"{point(bed, A, DATA)}/written")
    with pytest.raises(BedError, match="Input/output error"):
        write(bed, DATA)
    write(bed, MC)
    bed.panic(A)
    bed.boot(A)
    write(bed, DATA)


def test_a_disk_hangs_until_it_is_let_go(bed: PairBed) -> None:
    write(bed, DATA)
    disk = bed.disks[A][DATA]
    disk.hang()
    line = bed.nodes[A].argv(["touch", f"{disk.point}/late"])
    with subprocess.Popen(line) as writer:
        wait_until(lambda: hung(writer.pid), "it waits in the kernel")
        for verb in (disk.hang, disk.fill, disk.turn_read_only):
            with pytest.raises(BedError):
                verb()
        on(bed, A, "cat", f"{disk.point}/written")
        write(bed, MC)
        disk.let_go()
    assert writer.returncode == 0


def hung(nsenter: int) -> bool:
    """Whether the child of *nsenter* waits for a disk."""
    found = Path(f"/proc/{nsenter}/task/{nsenter}/children").read_text().split()
    stats = [proc.read_stat(int(pid)) for pid in found]
    return [stat[0] for stat in stats if stat is not None] == ["D"]


def test_a_node_whose_disk_hangs_can_panic(bed: PairBed) -> None:
    disk = bed.disks[A][DATA]
    disk.hang()
    with subprocess.Popen(bed.nodes[A].argv(["touch", f"{disk.point}/lost"])) as writer:
        wait_until(lambda: hung(writer.pid), "it waits in the kernel")
        assert bed.panic(A)
    bed.boot(A)
    assert "lost" not in on(bed, A, "ls", str(disk.point)).split()


def test_a_disk_is_full_until_it_is_emptied(bed: PairBed) -> None:
    bed.disks[A][MC].fill()
    with pytest.raises(BedError, match="No space left"):
        write(bed, MC)
    write(bed, DATA)
    bed.disks[A][MC].empty()
    write(bed, MC)


def test_a_disk_is_read_only_until_a_boot(bed: PairBed) -> None:
    write(bed, DATA)
    bed.disks[A][DATA].turn_read_only()
    with pytest.raises(BedError, match="Read-only file system"):
        write(bed, DATA)
    on(bed, A, "cat", f"{point(bed, A, DATA)}/written")
    write(bed, MC)
    bed.panic(A)
    bed.boot(A)
    write(bed, DATA)
