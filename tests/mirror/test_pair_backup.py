"""pgx_dmpall on a pair that runs: the primary's backup, and no word of the pair's is disturbed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.pair.place import OTHER, A, B
from fixtures.processes import wait_until
from pgx_mirror.backup import kept
from pgx_mirror.core.mark import PAIR
from tests.backup.dumps import slow_programs
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]

IN_RECOVERY = "ERROR:recovery is in progress (10095)\n"


def destination(pair: Whole, name: str) -> Path:
    """Return where *name*'s backups go, which is made."""
    path = pair.home / f"backup-{name}"
    if not path.exists():
        path.mkdir(mode=0o700)
        pair.user.own(path)
    return path


def configure(pair: Whole, name: str, path: Path, *lines: str) -> None:
    """Have *name*'s controller begin anew, with *path* as its backup_destination."""
    conf = pair.mcdir(name) / f"{name}.conf"
    lines = (*lines, f"backup_destination = '{path}'")
    set_here = tuple(line.split()[0] for line in lines)
    old = [
        line for line in conf.read_text().splitlines() if not line.startswith(set_here)
    ]
    conf.write_text("\n".join([*old, *lines, ""]))
    pair.mc_ctl(name, "stop", "--mc-only")
    pair.mc_ctl(name, "start", "--mc-only", "-f", "-w")


def dump(pair: Whole, name: str) -> subprocess.CompletedProcess[str]:
    """Run it on *name*, which finds its configuration by the controller."""
    return pair.run("pgx_dmpall", "-D", pair.servers[name].data, on=name, check=False)


def test_a_script_for_both_servers_has_the_primarys_backup(mirrored: Whole) -> None:
    """One path for both, which is one directory here (C.2)."""
    first, epoch = mirrored.primary(), mirrored.epoch()
    path = destination(mirrored, "both")
    for name in (A, B):
        configure(mirrored, name, path)
    mirrored.until_switchable()

    done = {name: dump(mirrored, name) for name in (A, B)}

    standby = done[OTHER[first]]
    assert (standby.returncode, standby.stderr) == (1, IN_RECOVERY)
    assert done[first].returncode == 0, done[first].stderr
    assert "another" not in done[first].stderr
    (label,) = kept.find(str(path)).good
    assert label.server == first
    assert mirrored.is_switchable()
    assert (mirrored.mark(first).state, mirrored.epoch()) == (PAIR, epoch)
    assert "bears the standby's name" not in mirrored.trace(first)


def test_other_paths_are_warned_of_and_no_pair_is_kept_from_forming(
    mirrored: Whole,
) -> None:
    first = mirrored.primary()
    paths = {name: destination(mirrored, name) for name in (A, B)}
    for name in (A, B):
        configure(mirrored, name, paths[name])
    mirrored.until_switchable()

    done = dump(mirrored, first)

    assert done.returncode == 0, done.stderr
    warning = "pgx_dmpall: warning: backup_destination of the other server is another\n"
    assert warning in done.stderr
    assert f'"{paths[first]}", there "{paths[OTHER[first]]}"' in done.stderr
    assert "PGX00116" in mirrored.trace(first)
    assert "archive_mode of this server is off" in mirrored.trace(first)


def test_a_switch_meanwhile_ends_it(mirrored: Whole) -> None:
    """And the pair goes its way as if there were no backup."""
    first, other = mirrored.primary(), mirrored.standby()
    path = destination(mirrored, "slow")
    programs = mirrored.home / "programs"
    slow_programs(mirrored.binaries.directory, programs, "2M")
    configure(mirrored, first, path, f"bin_dir = '{programs}'")
    mirrored.until_switchable()
    line = [command("pgx_dmpall"), "-D", str(mirrored.servers[first].data)]
    process = mirrored.begin(first, line)
    wait_until(lambda: bool(list(path.glob("backup/.*/base/*"))), "it copies", PATIENCE)

    mirrored.mc_ctl(first, "switch")
    said, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert "pgx_dmpall: error: could not copy the data directory\n" in said
    assert list((path / "backup").iterdir()) == []
    wait_until(lambda: mirrored.primary() == other, "the other is primary", PATIENCE)
    mirrored.commits()
    mirrored.rebuild(first)
