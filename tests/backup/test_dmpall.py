"""pgx_dmpall makes backups that PostgreSQL finds whole, and keeps as many as it is told."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from fixtures.processes import wait_until
from pgx_base import proc
from pgx_mirror.backup import places
from tests.backup.dumps import SERVER, Dumps, copiers, errors, slowed, warnings


def test_a_backup_is_whole_and_its_label_tells_what_it_is(dumped: Dumps) -> None:
    done = dumped.run(*dumped.words())

    assert done.returncode == 0, done.stderr
    (label,) = dumped.found().good
    assert done.stdout.startswith(f'backup "{label.name}" in "{dumped.destination}": ')
    assert "pgx_dmpall: copying\n" in done.stderr
    assert "pgx_dmpall: copied 100 %" in done.stderr
    assert "pgx_dmpall: verifying and syncing\n" in done.stderr
    assert not warnings(done)
    dumped.verify(label)
    assert label.server == SERVER
    assert label.major == dumped.server.binaries.major
    assert list(label.tablespaces.values()) == [str(dumped.space)]
    system = dumped.server.ask("select system_identifier from pg_control_system()")
    assert label.system == system
    base = Path(places.base(places.backup(str(dumped.destination), label.name)))
    begun = (base / "backup_label").read_text()
    assert f"START WAL LOCATION: {label.start_lsn} " in begun
    assert f"LABEL: {label.name}\n" in begun


@pytest.mark.one_postgres
def test_a_copy_of_the_destination_is_as_good(dumped: Dumps) -> None:
    label = dumped.dump()
    copy = dumped.home / "elsewhere"
    subprocess.run(["cp", "-a", dumped.destination, copy], check=True)
    dumped.empty()

    dumped.verify(label, copy)

    (oid,) = label.tablespaces
    links = Path(places.base(places.backup(str(copy), label.name))) / "pg_tblspc"
    assert os.readlink(links / oid) == f"../../tablespace/{oid}"
    subprocess.run(["rm", "-r", copy], check=True)


@pytest.mark.one_postgres
@pytest.mark.parametrize(("words", "stay"), [((), 1), (("--generations=3",), 2)])
def test_two_stay_or_as_many_as_are_asked_for(
    dumped: Dumps, words: tuple[str, ...], stay: int
) -> None:
    """Whichever server made them; of another database none is touched."""
    mine = [
        dumped.lay(day, server)
        for day, server in ((1, SERVER), (2, "server2"), (3, SERVER))
    ]
    other = dumped.lay(4, SERVER, system="1")

    made = dumped.dump(*words)

    assert dumped.entries() == sorted([*mine[-stay:], other, made.name])
    dumped.verify(made)


@pytest.mark.one_postgres
def test_archived_wal_goes_with_the_last_backup_that_needs_it(dumped: Dumps) -> None:
    before = dumped.switch_wal()
    first = dumped.lay(1, SERVER, start_lsn=dumped.position())
    between = dumped.switch_wal()
    kept = {"00000002.history", "notes", f"{before}.gz"}
    for name in (*kept, f"{before}.partial", f"{before}.00000028.backup"):
        (dumped.archive / name).touch()

    dumped.dump()
    assert first in dumped.entries()
    left = {name for name in os.listdir(dumped.archive) if name.startswith(before)}
    assert left == {f"{before}.gz"}
    assert (dumped.archive / between).exists()  # the first needs it

    dumped.switch_wal()  # nothing is left to be archived as it removes
    newest = dumped.dump("--generations=1")
    assert dumped.entries() == [newest.name]
    found = set(os.listdir(dumped.archive))
    assert kept <= found
    segments = [name for name in found if re.fullmatch("[0-9A-F]{24}", name)]
    assert all(int(name[8:], 16) >= newest.start >> 24 for name in segments)


@pytest.mark.one_postgres
def test_a_backup_that_cannot_be_read_keeps_all_wal(dumped: Dumps) -> None:
    old = dumped.switch_wal()
    broken = dumped.destination / places.BACKUPS / "20200101T000000Z_server2"
    broken.mkdir(parents=True)
    dumped.user.own(broken.parent)

    done = dumped.run(*dumped.words())

    assert done.returncode == 0
    assert warnings(done) == ["no archived file was removed: a backup cannot be read"]
    assert (dumped.archive / old).exists()
    assert broken.exists()


@pytest.mark.one_postgres
def test_what_is_anothers_is_left_and_what_is_ours_is_cleared_up(
    dumped: Dumps,
) -> None:
    directory = dumped.destination / places.BACKUPS
    dumped.directory(directory)
    mine, theirs = ".20200101T000000Z_server1", ".20200101T000000Z_server2"
    for name in (f"{mine}.new", f"{mine}.old", f"{theirs}.new", f"{theirs}.old"):
        dumped.directory(directory / name)
    (directory / f"{mine}.new" / "link").symlink_to(dumped.space)
    (directory / f".20200102T000000Z_{SERVER}.new").symlink_to(dumped.space)

    label = dumped.dump()

    assert dumped.entries() == [f"{theirs}.new", f"{theirs}.old", label.name]
    assert dumped.server.ask("select count(*) from t") == "100"  # no link was followed


@pytest.mark.one_postgres
def test_the_configuration_is_found_by_the_data_directory(dumped: Dumps) -> None:
    assert dumped.run().returncode == 2

    alone = dumped.run("-D", str(dumped.server.data))
    assert errors(alone) == [
        f'no configuration found for data directory "{dumped.server.data}"'
    ]

    dumped.environ = {
        "MCCONTROLDIR": str(dumped.mcdir),
        "PGDATA": str(dumped.server.data),
    }
    found = dumped.run()
    assert found.returncode == 0, found.stderr


@pytest.mark.one_postgres
def test_no_secret_is_seen_and_no_name_borne(dumped: Dumps) -> None:
    """Where pg_hba.conf asks for a password, as db_instance_password has it."""
    server = dumped.server
    server.ask("create role keeper superuser login password 'Geheim:\\x'")
    hba = server.data / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text(
        f"local all {dumped.user.name} trust\nlocal all,replication keeper scram-sha-256\n"
    )
    server.ask("select pg_reload_conf()")
    secret = {"db_instance_username": "keeper", "db_instance_password": r"Geheim:\\x"}
    dumped.configure(**secret)
    slowed(dumped)
    try:
        process = dumped.popen(*dumped.words())
        wait_until(lambda: len(copiers(dumped)) == 2, "it copies", 60)
        for pid in copiers(dumped):
            for name in ("cmdline", "environ"):
                assert b"Geheim" not in Path(f"/proc/{pid}/{name}").read_bytes()
            assert "pgx_dmpall" in " ".join(proc.cmdline(pid))
        names = "select distinct application_name from pg_stat_replication"
        assert server.ask(names) == "pgx_dmpall"
        assert not dumped.found().good
        dumped.user.run(["kill", *map(str, copiers(dumped))])
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "Geheim" not in said

        dumped.configure(**secret)
        dumped.dump()

        dumped.configure(**secret | {"db_instance_password": "wrong"})
        (why,) = dumped.refused()
        assert why.startswith("could not ask the server on data directory")
    finally:
        hba.write_text(before)
        server.ask("select pg_reload_conf()")
        server.ask("drop role keeper")
