"""What pgx_dmpall refuses, and that nothing is touched by it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.needs import missing
from fixtures.processes import wait_until
from pgx_mirror.backup import places
from tests.backup.dumps import Dumps, errors, warnings

pytestmark = pytest.mark.one_postgres


def untouched(place: Dumps) -> None:
    """Nothing was made in the destination."""
    assert place.entries() == []


def test_a_standby_says_what_the_manual_has_and_nothing_else(dumped: Dumps) -> None:
    server = dumped.server
    server.stop()
    signal = server.data / "standby.signal"
    dumped.write(signal, "")
    server.start_plain()
    try:
        done = dumped.run(*dumped.words())
    finally:
        server.stop()
        signal.unlink()

    assert done.stderr == "ERROR:recovery is in progress (10095)\n"
    assert done.stdout == ""
    assert done.returncode == 1
    untouched(dumped)


def test_a_server_that_does_not_run(dumped: Dumps) -> None:
    dumped.server.stop()

    assert dumped.refused() == [
        f'no server runs on data directory "{dumped.server.data}"'
    ]
    untouched(dumped)


def test_a_configuration_without_a_destination_and_anothers(dumped: Dumps) -> None:
    dumped.configure(backup_destination="")
    assert dumped.refused() == [
        f'configuration file "{dumped.conf}" has no backup_destination'
    ]

    dumped.configure(db_instance=dumped.space)
    assert dumped.refused() == [
        f'configuration file "{dumped.conf}" is of another data directory'
    ]


Prepare = Callable[[Dumps], tuple[Path, str]]


def _missing(place: Dumps) -> tuple[Path, str]:
    path = place.home / "missing"
    return (
        path,
        f'could not open backup_destination "{path}": No such file or directory',
    )


def _file(place: Dumps) -> tuple[Path, str]:
    path = place.home / "file"
    path.touch()
    return path, f'backup_destination "{path}" is not a directory'


def _open(place: Dumps) -> tuple[Path, str]:
    place.destination.chmod(0o750)
    path = place.destination
    return path, f'backup_destination "{path}" is open to others'


def _closed(place: Dumps) -> tuple[Path, str]:
    place.destination.chmod(0o500)
    path = place.destination
    return path, f'backup_destination "{path}" cannot be written to'


def _in_data(place: Dumps) -> tuple[Path, str]:
    path, data = place.server.data / "base", place.server.data
    return path, f'backup_destination "{path}" is inside data directory "{data}"'


def _in_space(place: Dumps) -> tuple[Path, str]:
    oid = place.server.ask("select oid from pg_tablespace where spcname = 'spc'")
    link = place.home / "link"
    link.symlink_to(place.space)
    what = f'tablespace {oid} "{place.space}"'
    return link, f'backup_destination "{link}" is inside {what}'


def _in_mcdir(place: Dumps) -> tuple[Path, str]:
    path = place.directory(place.mcdir / "backup")
    what = f'management directory "{place.mcdir}"'
    return path, f'backup_destination "{path}" is inside {what}'


@pytest.mark.parametrize(
    "prepare", [_missing, _file, _open, _closed, _in_data, _in_space, _in_mcdir]
)
def test_a_destination_that_cannot_be_used(dumped: Dumps, prepare: Prepare) -> None:
    path, why = prepare(dumped)
    dumped.configure(backup_destination=path)
    try:
        assert why in dumped.refused()
    finally:
        for left in (dumped.home / "link", dumped.home / "file"):
            left.unlink(missing_ok=True)
        if path.parent == dumped.mcdir:
            path.rmdir()
    untouched(dumped)


@pytest.mark.root
def test_a_destination_of_another_user(dumped: Dumps) -> None:
    os.chown(dumped.destination, 12345, 12345)
    try:
        (why,) = dumped.refused()
    finally:
        dumped.user.own(dumped.destination)
    assert why == f'backup_destination "{dumped.destination}" has wrong ownership'


def test_all_that_is_wrong_is_told_at_once(dumped: Dumps) -> None:
    dumped.archive.rmdir()
    dumped.destination.chmod(0o755)
    dumped.configure(bin_dir="")
    dumped.environ = {"PATH": "/usr/bin:/bin"}

    found = dumped.refused()

    assert f'backup_destination "{dumped.destination}" is open to others' in found
    named = f'there is no directory "{dumped.archive}", which archive_command names'
    assert named in found
    untouched(dumped)


@pytest.mark.root
def test_a_disk_without_room_is_found_before(dumped: Dumps) -> None:
    if reason := missing("mount", "umount"):
        pytest.skip(reason)
    small = dumped.directory(dumped.home / "small")
    options = f"size=8m,mode=700,uid={dumped.user.uid}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", small], check=True)
    try:
        dumped.configure(backup_destination=small)
        done = dumped.run(*dumped.words())
        assert errors(done) == [f'there is no room for a backup in "{small}"']
        assert os.listdir(small) == []
    finally:
        subprocess.run(["umount", small], check=True)
        small.rmdir()


def test_one_at_a_time(dumped: Dumps) -> None:
    lock = dumped.destination / places.LOCK
    dumped.write(lock, "")
    options = dumped.user.popen_options()
    line = ["flock", str(lock), "cat"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, **options) as holder:
        wait_until(lambda: is_locked(lock), "it is locked")
        done = dumped.run(*dumped.words())
        holder.communicate()

    assert errors(done) == [f'backups in "{dumped.destination}" are in use']
    assert str(holder.pid) in done.stderr
    untouched(dumped)


def is_locked(path: Path) -> bool:
    return subprocess.run(["flock", "--nonblock", path, "true"]).returncode != 0


def test_what_lies_where_backups_would_is_left(dumped: Dumps) -> None:
    """A link at the lock's place is not followed, a file not replaced."""
    lock = dumped.destination / places.LOCK
    lock.symlink_to(dumped.home / "elsewhere")
    (why,) = dumped.refused()
    assert why.startswith(f'could not open "{lock}"')
    assert not (dumped.home / "elsewhere").exists()

    lock.unlink()
    backups = dumped.destination / places.BACKUPS
    backups.touch()
    assert dumped.refused() == [f'could not write "{backups}": File exists']
    assert backups.is_file()


def test_an_archive_elsewhere_is_warned_of(dumped: Dumps) -> None:
    """The backup is made: without WAL behind it it is better than none."""
    server = dumped.server
    auto = "alter system set archive_command = 'true'"
    server.ask(auto)
    server.ask("select pg_reload_conf()")
    try:
        done = dumped.run(*dumped.words())
    finally:
        server.ask("alter system reset archive_command")
        server.ask("select pg_reload_conf()")

    assert done.returncode == 0
    (why,) = warnings(done)
    assert why == (
        f'archive_command of this server does not name "{dumped.destination}"'
    )
    assert f'pgx_walcopy.cmd "%p" "{dumped.archive}/%f"' in done.stderr


@pytest.mark.root
def test_root_is_refused(dumped: Dumps) -> None:
    line = [command("pgx_dmpall"), *dumped.words()]
    done = subprocess.run(line, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be run as root" in done.stderr
    untouched(dumped)


def test_a_tablespace_that_cannot_be_restored_is_told(dumped: Dumps) -> None:
    inside = dumped.directory(dumped.server.data / "inside")
    dumped.server.ask(f"create tablespace inside location '{inside}'")
    try:
        done = dumped.run(*dumped.words())
        assert done.returncode == 0, done.stderr
        (why,) = warnings(done)
        assert why.startswith("tablespace ")
        assert why.endswith(f' lies within the data directory: "{inside}"')
    finally:
        dumped.server.ask("drop tablespace inside")
        inside.rmdir()
