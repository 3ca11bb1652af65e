"""All servers stopped (manual 8.4): the steps of docs/backup_all_stopped.md, on the bed.

One pair goes through them again and again: whatever was lost, each row that was
acknowledged is there at the end, since its log was somewhere.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from fixtures.binaries import Binaries
from fixtures.commands import command
from fixtures.pair.place import OTHER, A, B
from fixtures.pair_bed.bed import DATA, why_not
from pgx_mirror.core.mark import PAIR
from tests.mirror.bed_stories import OnBed, on_bed
from tests.mirror.pair_beds import on

pytestmark = [
    pytest.mark.one_postgres,
    pytest.mark.root,
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for the bed"),
]
_SEGMENT = re.compile("[0-9A-F]{24}")


class Backed(OnBed):
    """A pair that archives, each server into a directory of its own node."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.conf = self.conf | {"backup_destination": "'/nowhere'"}

    def destination(self, name: str) -> Path:
        """Return where *name* has its backups."""
        return self._disk(name, DATA) / "backup"

    def make(self) -> None:
        """Have both archive from the first."""
        archive = f"{self.destination(A)}/archived_wal"
        program = command("pgx_walcopy.cmd")
        self.settings |= {
            "archive_mode": "always",
            "archive_command": f'{program} "%p" "{archive}/%f"',
            "wal_level": "replica",
        }
        super().make()
        for name in (A, B):
            conf = self.seen(name, self.mcdir(name) / f"{name}.conf")
            text = conf.read_text()
            conf.write_text(text.replace("/nowhere", str(self.destination(name))))
            self.make_destination(name)

    def make_destination(self, name: str) -> None:
        """Make its directory, as an administrator does on a new disk."""
        for path in (self.destination(name), self.destination(name) / "archived_wal"):
            made = self.seen(name, path)
            made.mkdir(mode=0o700, exist_ok=True)
            self.user.own(made)

    def _conf_of(self, name: str) -> str:
        other = str(self.destination(OTHER[name]))
        return super()._conf_of(name).replace(other, str(self.destination(name)))

    # --- the steps ---------------------------------------------------------------------

    def dump(self, name: str) -> None:
        """Make a backup on *name*, the primary."""
        conf = self.mcdir(name) / f"{name}.conf"
        data = self.servers[name].data
        self.run("pgx_dmpall", "-D", data, "-c", conf, on=name)

    def stop_hard(self) -> None:
        """Have both nodes lose their power, the standby first, and come back without servers."""
        for name in (self.standby(), self.primary()):
            self.bed.panic(name)
        for name in (A, B):
            self.bed.boot(name)
        self.client.stop()

    def lose_data(self, name: str) -> None:
        """Have *name*'s disk of data be a new one: nothing is on it."""
        at = self._disk(name, DATA)
        on(self.bed, name, "find", str(at), "-mindepth", "1", "-delete")
        self.make_destination(name)
        data = self.seen(name, self.servers[name].data)
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.user.own(data)

    def last_primary(self, at: str) -> str:
        """Return what *at* says of both."""
        told = self.mc_ctl(OTHER[at], "last-primary").stdout
        path = self.mcdir(at) / "evidence"
        self._write(at, "evidence", told)
        return self.mc_ctl(at, "last-primary", f"--other={path}").stdout

    def copy_destination(self, source: str, target: str) -> None:
        """Copy backups and log from *source* to *target* by tar, what is there kept."""
        names = ["backup", "archived_wal"]
        packs = ["tar", "-C", str(self.destination(source)), "-cf", "-", *names]
        where = ["-C", str(self.destination(target))]
        unpacks = ["tar", *where, "--skip-old-files", "-xf", "-"]
        with subprocess.Popen(
            self.bed.argv(source, packs), stdout=subprocess.PIPE
        ) as first:
            subprocess.run(
                self.bed.argv(target, unpacks), stdin=first.stdout, check=True
            )
        assert first.returncode == 0
        self.bed.sync(target)

    def copy_pg_wal(self, source: str, target: str) -> None:
        """Copy what *source* had not archived yet; what is not full is read to its end."""
        wal = self.seen(source, self.servers[source].data / "pg_wal")
        archive = self.seen(target, self.destination(target) / "archived_wal")
        for path in wal.iterdir():
            to = archive / path.name
            wanted = _SEGMENT.fullmatch(path.name) or path.suffix == ".history"
            if wanted and not to.exists() and self._is_written(path):
                to.write_bytes(path.read_bytes())
                self.user.own(to)
        self.bed.sync(target)

    @staticmethod
    def _is_written(path: Path) -> bool:
        """Whether the file's content is its own: one that is made ahead has an older one's."""
        if path.suffix == ".history":
            return True
        head = path.read_bytes()[:16]
        return int.from_bytes(head[8:16], "little") == _first(path.name)

    def restore(self, name: str, *words: str) -> str:
        """Run pgx_rcvall on *name*, and return what it printed."""
        return self.run("pgx_rcvall", *self._where(name), *words, on=name).stdout

    def _where(self, name: str) -> list[str]:
        data, destination = self.servers[name].data, self.destination(name)
        return ["-D", str(data), "-B", str(destination)]

    def listed(self, name: str) -> list[str]:
        """Return the backups that pgx_rcvall -l shows on *name*, the newest last."""
        said = self.run("pgx_rcvall", "-l", *self._where(name), on=name).stdout
        words = [line.split() for line in said.splitlines()]
        return [first for first, *_ in words if first.startswith("20")]

    def restored_anew(self, name: str) -> str:
        """Restore into an empty directory, lay its own postgresql.conf; return what was told."""
        said = self.run("pgx_rcvall", *self._where(name), on=name).stderr
        (self.data(name) / "postgresql.conf").write_text(self._conf_of(name))
        return said

    def kept_mcdir(self, name: str) -> dict[str, str]:
        """Return the files of its management directory, as a backup of them has them."""
        place = self.seen(name, self.mcdir(name))
        names = ("network.conf", f"{name}.conf", "secret")
        return {each: (place / each).read_text() for each in names}

    def put_back_mcdir(self, name: str, kept: dict[str, str]) -> None:
        """Have a management directory that is lost be what was *kept*, and nothing else."""
        at = str(self.mcdir(name))
        on(self.bed, name, "find", at, "-mindepth", "1", "-delete")
        for each, text in kept.items():
            self._write(name, each, text)
        self._write(name, "pgpass", "*:*:*:*:geheim\n")
        self.bed.sync(name)  # the next thing it loses may be its power

    def goes_on_from(self, name: str) -> None:
        """Start *name* as the primary, rebuild the other one, and see every row."""
        self.client.start()
        refused = self.mc_ctl(name, "start", "-w", "-f", check=False)
        assert refused.returncode == 1
        assert "--as-primary" in refused.stderr
        self.mc_ctl(name, "start", "-w", "-f", "--as-primary")
        self.commits()
        self.witness()
        self.set_up_standby(OTHER[name])
        self.mc_ctl(OTHER[name], "start", "-w", "-f")
        self.settles()
        assert self.primary() == name


def _first(name: str) -> int:
    return (int(name[8:16], 16) << 32) + int(name[16:], 16) * (1 << 24)


def test_whatever_was_lost_every_acknowledged_row_is_back(postgresql: Binaries) -> None:
    with on_bed(postgresql, "message", Backed) as pair:
        assert isinstance(pair, Backed)
        both_killed_the_newer_backup_on_the_other_server(pair)
        one_servers_disks_gone_and_the_newest_log_on_the_other(pair)


def both_killed_the_newer_backup_on_the_other_server(pair: Backed) -> None:
    """The last primary's data files are damaged; its pg_wal is left, and has the newest log."""
    other, first = pair.primary(), pair.standby()
    old = pair.kept_mcdir(first)
    pair.dump(other)
    pair.copy_destination(other, first)
    pair.dump(other)
    pair.mc_ctl(first, "switch")
    pair.rebuild(other)
    pair.goes_on_for(2.0)
    pair.stop_hard()
    assert pair.mark(first).state == PAIR

    said = pair.last_primary(first)
    assert f"last primary: {first}: " in said
    assert f"newest backup: {other}" in said
    assert pair.listed(first) == pair.listed(other)[:1]
    on(pair.bed, first, "rm", "-rf", str(pair.servers[first].data / "base"))
    pair.copy_destination(other, first)
    assert pair.listed(other)[1] in pair.restore(first)  # the newest, whosever it is
    pair.put_back_mcdir(first, old)
    pair.goes_on_from(first)


def one_servers_disks_gone_and_the_newest_log_on_the_other(pair: Backed) -> None:
    """The last primary has new disks; the standby has a copy of its backup, and all log since."""
    first, other = pair.primary(), pair.standby()
    pair.dump(first)
    pair.copy_destination(first, other)
    pair.goes_on_for(2.0)
    pair.stop_hard()
    pair.lose_data(first)
    said = pair.last_primary(first)
    assert f"last primary: {first}: {other} was its standby: SYNC" in said
    for what in ("backup", "archived log", "log in pg_wal"):
        assert f"newest {what}: {other}\n" in f"{said}\n"
    pair.copy_destination(other, first)
    pair.copy_pg_wal(other, first)
    assert "look through it" in pair.restored_anew(first)
    pair.goes_on_from(first)
