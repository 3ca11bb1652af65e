"""Power that fails while a deposed primary is rewound, on the bed: make pair-long."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.pair.place import OTHER
from fixtures.pair_bed.bed import why_not
from pgx_base import proc
from pgx_mirror.core.mark import NEW
from pgx_postgres.control import VERSION_FILE
from tests.mirror.bed_stories import OnBed
from tests.mirror.whole import PATIENCE

pytestmark = [
    pytest.mark.root,
    pytest.mark.one_postgres,
    pytest.mark.long,
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]
_BIG = "create table big as select n, repeat(md5(n::text), 30) from generate_series(1, 30000) n"
_COPIED = 4 << 20  # bytes: some of the 30 MB that are to be copied


def by_hand(pair: OnBed, name: str, *words: str) -> str:
    """Run pg_ctl on the node; return why it failed, empty where it did not."""
    log = pair.mcdir(name) / "by-hand.log"
    where = ["-D", str(pair.servers[name].data), "-w", "-s", "-l", str(log)]
    done = pair.begin(name, [str(pair.binaries.path("pg_ctl")), *where, *words])
    said = done.communicate(timeout=PATIENCE)[0]
    return said + pair.seen(name, log).read_text() if done.returncode else ""


def apart(pair: OnBed) -> str:
    """Have the primary deposed, and started by hand since; return which it is."""
    first = pair.primary()
    assert pair.bed.panic(first)
    pair.takes_over_from(first)
    pair.bed.boot(first)
    pair.is_refused(first)
    assert by_hand(pair, first, "start", "-o", "-c listen_addresses=") == ""
    pair.servers[first].ask("checkpoint")
    assert by_hand(pair, first, "stop") == ""
    pair.asks(OTHER[first], "drop table if exists big")
    pair.asks(OTHER[first], _BIG)
    return first


def rewinds(pair: OnBed, name: str) -> list[int]:
    """Return the pg_rewind that runs on the node."""
    pids = pair.bed.nodes[name].processes()
    return [
        pid for pid in pids if any("bin/pg_rewind" in w for w in proc.cmdline(pid)[:1])
    ]


def is_barred(pair: OnBed, name: str) -> bool:
    return "unfinished" in (pair.data(name) / VERSION_FILE).read_text()


def copies(pair: OnBed, name: str) -> bool:
    """Whether it has written some of what it has to."""
    for pid in rewinds(pair, name):
        try:
            words = Path(f"/proc/{pid}/io").read_text().split()
        except OSError:
            return False
        return int(words[words.index("wchar:") + 1]) > _COPIED
    return False


def has_copied(pair: OnBed, name: str) -> bool:
    """Whether all is there, and is not a standby yet."""
    return is_barred(pair, name) and pair.is_standby(name) and not rewinds(pair, name)


def is_over(pair: OnBed, name: str) -> bool:
    """Whether setup is done but for its own note."""
    return pair.is_standby(name) and not is_barred(pair, name)


def power_fails(
    pair: OnBed, name: str, moment: Callable[[OnBed, str], bool] | None
) -> str:
    """Have power fail on *name* at the *moment* of its setup, None at its end; return its words."""
    where = ["-M", str(pair.mcdir(name)), "--local-server", name]
    line = [command("mc_ctl"), "setup", *where, *pair.setup_words(name)[1:]]
    run, until = pair.begin(name, line), time.monotonic() + PATIENCE
    while run.poll() is None and not (moment is not None and moment(pair, name)):
        assert time.monotonic() < until
        time.sleep(0.001)
    assert pair.bed.panic(name)
    said = run.communicate(timeout=PATIENCE)[0]
    assert (run.returncode == 0) == (moment is None), said
    assert "mc_ctl: by a rewind: " in said, said
    pair.bed.boot(name)
    return said


@pytest.mark.parametrize("moment", [is_barred, copies, has_copied])
def test_power_that_fails_in_a_rewind_leaves_what_nobody_starts(
    bedded: OnBed, moment: Callable[[OnBed, str], bool]
) -> None:
    first = apart(bedded)

    power_fails(bedded, first, moment)

    assert is_barred(bedded, first)
    refused = bedded.start(first)
    assert refused.returncode == 1
    assert "is not whole: its setup was not finished" in refused.stderr
    assert "unfinished:run-mc_ctl-setup-again" in by_hand(bedded, first, "start")
    bedded.commits()
    made = bedded.mc_ctl(first, *bedded.setup_words(first))
    assert "mc_ctl: by a copy: a setup of it was not finished" in made.stderr
    bedded.mc_ctl(first, "start", "-w", "-f")
    bedded.settles()
    assert bedded.primary() == OTHER[first]


def test_power_that_fails_behind_a_rewind_leaves_a_standby(bedded: OnBed) -> None:
    """All that was copied, set and marked is on its disk."""
    first = apart(bedded)
    inode = (bedded.data(first) / "base/1/2619").stat().st_ino

    power_fails(bedded, first, None)

    assert bedded.mark(first).state == NEW
    assert (bedded.data(first) / "base/1/2619").stat().st_ino == inode
    bedded.mc_ctl(first, "start", "-w", "-f")
    bedded.settles()
    counted = "select count(*) from big where length(repeat) = 960"
    assert bedded.asks(first, counted) == "30000"
    assert bedded.primary() == OTHER[first]
