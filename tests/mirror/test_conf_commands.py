"""The newer manuals' table 2.6: which heartbeat_error_action wants, or bears, which program."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pgx_mirror.conf import commands, parameters, rows, server
from pgx_mirror.conf.kinds import Word
from pgx_mirror.core.commands import (
    ARBITRATION,
    FENCING,
    KINDS,
    POST_ATTACH,
    POST_SWITCH,
    PRE_DETACH,
)
from tests.fix_mcdir import Mcdir
from tests.mirror.programs import script

_POLICY = "heartbeat_error_action"
_ALL = ("arbitration", "message", "command", "fallback")
# The whole table, also of what is refused by name.
_TABLE = rows.TABLE | {_POLICY: replace(rows.TABLE[_POLICY], kind=Word(_ALL))}
MAY, MUST, NOT = "may", "must", "not"
TABLE_2_6 = {
    FENCING: {"message": MAY, "arbitration": MAY, "command": MUST, "fallback": NOT},
    ARBITRATION: {"message": NOT, "arbitration": NOT, "command": MUST, "fallback": NOT},
    POST_SWITCH: dict.fromkeys(_ALL, MAY),
    PRE_DETACH: dict.fromkeys(_ALL, MAY),
    POST_ATTACH: dict.fromkeys(_ALL, MAY),
}
CELLS = [(kind, *cell) for kind, row in TABLE_2_6.items() for cell in row.items()]


def told(*lines: str) -> list[str]:
    text = "\n".join(["db_instance = '/d'", *lines])
    given, problems = parameters.read(text.encode(), _TABLE)
    assert problems == []
    return [f"{found.line}: {found.primary}" for found in commands.problems(given)]


@pytest.mark.parametrize(("kind", "policy", "may"), CELLS)
def test_each_cell_of_the_table(kind: str, policy: str, may: str) -> None:
    others = [name for name in KINDS if TABLE_2_6[name][policy] == MUST != kind]
    beside = [f"{name} = '/p'" for name in others if name != kind]
    lines = [f"{_POLICY} = {policy}", *beside]
    missing = f"2: {_POLICY} is {policy}, and parameter"
    forbidden = f'"{kind}" cannot be used with {_POLICY} {policy}'

    without, given = told(*lines), told(*lines, f"{kind} = '/p'")

    assert without == ([f'{missing} "{kind}" is missing'] if may == MUST else [])
    line = len(lines) + 2
    assert given == ([f"{line}: parameter {forbidden}"] if may == NOT else [])


def test_without_a_policy_it_is_as_with_message() -> None:
    assert told("fencing_command = '/p'") == []
    assert told("arbitration_command = '/p'") == [
        f'2: parameter "arbitration_command" cannot be used with {_POLICY} not given'
    ]


def test_the_older_name_is_as_good_and_both_are_one_too_many() -> None:
    assert told("post_promote_command = '/p'") == []
    assert told("post_switch_command = '/p'", "post_promote_command = '/p'") == [
        '3: parameter "post_promote_command" is given beside "post_switch_command"'
    ]
    old = server.of("/d", post_promote_command="/old")
    assert commands.programs(old) == {POST_SWITCH: "/old"}


def test_each_has_its_path_and_its_time() -> None:
    paths = {kind: f"/{kind}" for kind in KINDS}
    times = {
        "fencing_command_timeout": 1.0,
        "arbitration_command_timeout": 2.0,
        "status_transition_command_timeout": 3.0,
    }
    found = server.of("/d", **paths, **times)

    assert commands.programs(found) == paths
    assert [commands.seconds(found, kind) for kind in KINDS] == [
        1.0,
        2.0,
        3.0,
        3.0,
        3.0,
    ]
    assert [commands.seconds(server.of("/d"), kind) for kind in KINDS] == [
        20.0, 30.0, 20.0, 20.0, 20.0,
    ]  # fmt: skip


# --- mc_ctl start ----------------------------------------------------------------------


def test_start_tells_of_every_program_that_would_not_be_called(
    mcdir: Mcdir, program_home: Path
) -> None:
    """Together with what else is wrong round the management directory."""
    sound, open_to_all = program_home / "sound", program_home / "open"
    script(sound, "true")
    script(open_to_all, "true", 0o777)
    data = mcdir.path.parent / "nd1"
    (data / "pg_tblspc").mkdir(parents=True)
    (data / "pg_tblspc" / "16384").symlink_to(mcdir.path)
    mcdir.configure(
        "nd1",
        data,
        f"post_switch_command = '{sound}'",
        f"post_attach_command = '{open_to_all}'",
        f"pre_detach_command = '{program_home}/missing'",
    )

    started = mcdir.of("nd1", "start")
    errors = [line for line in started.stderr.splitlines() if ": error: " in line]

    conf = f"{mcdir.path}/nd1.conf"
    assert started.returncode == 1
    assert "management directory is inside" in errors[0]
    assert errors[1:] == [
        f'mc_ctl: error: {conf}: pre_detach_command "{program_home}/missing" cannot be '
        f'called: "{program_home}/missing" does not exist',
        f'mc_ctl: error: {conf}: post_attach_command "{open_to_all}" cannot be called: '
        "it is writable by others (mode 0777)",
    ]


def test_what_breaks_later_keeps_nobody_from_stopping_it(
    mcdir: Mcdir, program_home: Path
) -> None:
    path = script(program_home / "sound", "true")
    mcdir.configure("nd1", mcdir.path.parent / "nd1", f"pre_detach_command = '{path}'")
    assert mcdir.of("nd1", "start").returncode == 0
    path.unlink()

    stopped = mcdir.of("nd1", "stop")

    assert (stopped.returncode, stopped.stderr) == (0, "")
