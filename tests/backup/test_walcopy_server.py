"""pgx_walcopy.cmd as servers call it: one, and a pair with one archive for both (C.2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from fixtures.server import Server
from tests.backup.copying import NAME, PROGRAM
from tests.fix_pair import MakePair, child
from tests.fix_postgres import MakeServer


def _archive(open_tmp: Path, user: OsUser) -> Path:
    path = open_tmp / "home" / "a backup" / "archived_wal"
    for each in (path.parent, path):
        each.mkdir(mode=0o700)
        user.own(each)
    return path


def _settings(archive: Path, mode: str = "on") -> dict[str, object]:
    line = f'{command(PROGRAM)} "%p" "{archive}/%f"'
    return {"archive_mode": mode, "archive_command": line, "wal_level": "replica"}


def _switch(server: Server) -> str:
    """End the file that the server writes to; return its name."""
    return server.ask(
        "create table if not exists t (n int); insert into t values (1);"
        " select pg_walfile_name(pg_switch_wal())"
    ).splitlines()[-1]


def _counts(server: Server) -> tuple[int, str]:
    """Return how often archiving has failed, and the last file that it did not."""
    row = server.ask("select failed_count, last_archived_wal from pg_stat_archiver")
    failed, _, last = row.partition("|")
    return int(failed), last


def test_a_server_archives_and_goes_on_where_it_is_refused(
    make_server: MakeServer, open_tmp: Path, os_user: OsUser
) -> None:
    """The archiver itself lives: only a code above 125 would end it."""
    archive = _archive(open_tmp, os_user)
    server = make_server("data", **_settings(archive))
    server.start_plain()

    name = _switch(server)
    wait_until((archive / name).exists, f"{name} is archived", 60)
    wait_until(lambda: _counts(server) == (0, name), "the server knows", 60)
    assert (archive / name).read_bytes() == (server.data / "pg_wal" / name).read_bytes()

    archiver = child(server, "archiver")
    (archive / NAME).write_bytes(b"another's")
    os_user.own(archive / NAME)
    while _switch(server) < NAME:
        pass
    said = f'archived file "{archive / NAME}" has other content than "pg_wal/{NAME}"'
    wait_until(lambda: f"{PROGRAM}: error: {said}" in server.log(), "it is told", 60)
    wait_until(lambda: _counts(server)[0] > 0, "it is counted", 60)
    assert "failed with exit code 1" in server.log()
    assert child(server, "archiver") == archiver

    (archive / NAME).unlink()
    wait_until(lambda: _counts(server)[1] >= NAME, "it is archived", 120)
    assert child(server, "archiver") == archiver


@pytest.mark.parametrize("mode", ["on", "always"])
def test_two_servers_archive_into_one_directory(
    make_pair: MakePair, open_tmp: Path, os_user: OsUser, mode: str
) -> None:
    """A standby archives with `always` alone; once promoted it goes on in either case."""
    archive = _archive(open_tmp, os_user)
    pair = make_pair(**_settings(archive, mode))
    for _ in range(3):
        name = _switch(pair.a)
    wait_until(lambda: _counts(pair.a)[1] == name, "the primary archives", 60)
    if mode == "always":
        wait_until(lambda: _counts(pair.b)[1] == name, "so does the standby", 60)
    else:
        assert _counts(pair.b) == (0, "")

    pair.a.stop()
    pair.b.ask("select pg_promote()")
    name = _switch(pair.b)
    wait_until(lambda: _counts(pair.b)[1] == name, "the new primary archives", 60)

    assert _counts(pair.b)[0] == 0
    assert "error:" not in pair.a.log()
    there = {path.name for path in archive.iterdir()}
    assert {"00000002.history", name} <= there
    assert [one for one in there if one.startswith(".")] == []
    assert _gaps({one for one in there if re.fullmatch("[0-9A-F]{24}", one)}) == set()


def _gaps(names: set[str]) -> set[int]:
    """Return the numbers between the first and the last that no timeline has."""
    numbers = {int(name[8:16], 16) * 256 + int(name[16:], 16) for name in names}
    return set(range(min(numbers), max(numbers))) - numbers
