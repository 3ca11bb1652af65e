"""Why PostgreSQL's configuration files do not do for a pair: all of it at once, at a start.

What the files say is checked, not what a server makes of parameters that are none of ours.
"""

from __future__ import annotations

import os

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.checks import obsolete
from pgx_mirror.core import standby_name
from pgx_mirror.core.report import NAMES_SET
from pgx_mirror.data import auto_conf, conf_file
from pgx_mirror.data.conf_text import PARAMETER, Names
from pgx_postgres import included
from pgx_postgres.included import AUTO_CONF, CONF, Setting

MOST_SHOWN = 20
_NAMES = PARAMETER.decode()
_RECOVERY = "recovery.conf"


def problems(dir_fd: int, *, standby: bool, major: int = 0) -> list[Failure]:
    """Return every reason to refuse a start on the data directory, none where it is sound.

    *standby*: it has standby.signal.  *major*: PostgreSQL's version, 0 where it is not known.
    """
    try:
        conf_file.check_owner(dir_fd)
        names, settings = conf_file.read(dir_fd), included.settings(dir_fd)
    except OSError as ex:
        return [_unreadable(ex)]
    except Failure as ex:
        return [ex]
    found = [_syntax(setting) for setting in settings if setting.wrong][:MOST_SHOWN]
    found += [
        _elsewhere(setting)
        for setting in included.of(settings, PARAMETER)
        if setting.file != CONF
    ]
    named = [(one.file, one.line, one.name) for one in settings]
    found += obsolete.problems(named, major) + _recovery(dir_fd)
    found += _names(names) + _moved(dir_fd, settings)
    return found + (_upstream(dir_fd) if standby else [])


def _unreadable(problem: OSError) -> Failure:
    name = os.fspath(problem.filename or CONF)
    return Failure(
        f"could not read configuration file {quoted(name)}: {problem.strerror}"
    )


def _recovery(dir_fd: int) -> list[Failure]:
    try:
        os.stat(_RECOVERY, dir_fd=dir_fd, follow_symlinks=False)
    except OSError:
        return []
    return [
        Failure(
            f"there is a file {quoted(_RECOVERY)}, by which PostgreSQL does not start",
            detail="What stood in it stands in postgresql.conf since PostgreSQL 12.",
            hint="Remove it; mc_ctl setup writes what a standby needs.",
        )
    ]


def _syntax(setting: Setting) -> Failure:
    return Failure(
        f"configuration file {quoted(setting.file)} cannot be read by PostgreSQL",
        detail=f"Line {setting.line}: {setting.wrong}.",
        hint="While it is so, a reload changes nothing at all, and commits may wait for a "
        "standby that is gone.",
    )


def _elsewhere(setting: Setting) -> Failure:
    by_command = setting.file == AUTO_CONF
    return Failure(
        f"{_NAMES} is set in {quoted(setting.file)} too",
        detail=f"It stands in line {setting.line}, and is commented out and in in "
        f"{quoted(CONF)} alone.",
        hint=f'Remove it: "ALTER SYSTEM RESET {_NAMES}", or the line.'
        if by_command
        else "Remove that line.",
    )


def _names(names: Names) -> list[Failure]:
    if names.name:
        return []
    if names.state == NAMES_SET:
        return [
            Failure(
                f"{_NAMES} is not the name of one standby",
                detail=f"{quoted(CONF)}: {names.why}.",
                hint="A pair has one standby: write its name, in single quotes; also in "
                "double quotes within them unless it is of letters, digits and _.",
            )
        ]
    return [
        Failure(
            f"{_NAMES} names no standby",
            detail=f"{quoted(CONF)}: {names.why}.",
            hint=f"Write it there with the other server's name: {_NAMES} = 'NAME'.",
        )
    ]


def _moved(dir_fd: int, settings: list[Setting]) -> list[Failure]:
    """The mark must lie where the data are."""
    found = included.of(settings, b"data_directory")
    if not found or _is_here(dir_fd, os.fsdecode(found[-1].value)):
        return []
    return [
        Failure(
            f"data_directory leads away from {quoted(CONF)}",
            detail=f"It stands in {quoted(found[-1].file)}, line {found[-1].line}.",
            hint="Have the configuration files in the data directory, or links to them.",
        )
    ]


def _is_here(dir_fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.stat(path, dir_fd=dir_fd), os.fstat(dir_fd))
    except OSError:
        return False


def _upstream(dir_fd: int) -> list[Failure]:
    try:
        bears = auto_conf.read(dir_fd).bears
    except auto_conf.NoConninfo as ex:
        return [_no_name(str(ex))]
    if not bears:
        return [_no_name("primary_conninfo has no application_name")]
    if reason := standby_name.fault(bears.removesuffix(standby_name.JOINING)):
        return [_no_name(f"application_name: {reason}")]
    return []


def _no_name(why: str) -> Failure:
    return Failure(
        "primary_conninfo does not name this standby",
        detail=f"{why[0].upper()}{why[1:]}.",
        hint="Its application_name is to be the name in the primary's "
        f"{_NAMES}; mc_ctl setup writes it.",
    )
