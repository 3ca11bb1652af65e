"""pgx_dmpall makes backups that PostgreSQL finds whole, and keeps as many as it is told."""

from __future__ import annotations

from pathlib import Path

from pgx_mirror.backup import places
from tests.backup.dumps import SERVER, Dumps, warnings


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
    assert (
        f"START WAL LOCATION: {label.start_lsn} " in (base / "backup_label").read_text()
    )
    assert (base / "PG_VERSION").stat().st_uid == dumped.user.uid
