"""Whether the log is archived where backups are: warned of with a line that can be copied."""

from __future__ import annotations

import pytest

from pgx_mirror.checks import archiving

DIR = "/backup/inst1"
COMMAND = '/opt/bin/pgx_walcopy.cmd "%p" "/backup/inst1/archived_wal/%f"'
OLDER = 'pgx_xlogcopy.cmd "%p" "/backup/inst1/archived_xlog/%f"'


def told(mode: str, command: str, destination: str = DIR) -> list[str]:
    values = {"archive_mode": mode, "archive_command": command}
    found = list(archiving.judge(values, destination, "this server"))
    assert not any(one.is_error for one in found)
    return [f"{one.what.primary}: {one.what.hint}" for one in found]


@pytest.mark.parametrize("mode", ["on", "always"])
@pytest.mark.parametrize("command", [COMMAND, OLDER, f"test x && {COMMAND}"])
def test_what_is_as_it_should_be(mode: str, command: str) -> None:
    assert told(mode, command) == []


@pytest.mark.parametrize("command", ["", "true", COMMAND.replace("inst1", "inst10")])
def test_an_archive_elsewhere(command: str) -> None:
    (said,) = told("on", command)
    assert said == (
        f'archive_command of this server does not name "{DIR}": Set archive_command = '
        f'\'INSTALLDIR/bin/pgx_walcopy.cmd "%p" "{DIR}/archived_wal/%f"\', and reload.'
    )


def test_no_archive_at_all() -> None:
    (said,) = told("off", COMMAND)
    assert said.startswith("archive_mode of this server is off, and there is a backup")


def test_where_nothing_is_backed_up_nothing_is_asked_for() -> None:
    assert told("off", "", destination="") == []
    assert list(archiving.judge({}, DIR, "this server")) == []
