"""Hands that read and write what is durable: the mark, postgresql.conf, primary_conninfo."""

from __future__ import annotations

import signal
import time
from contextlib import suppress
from dataclasses import dataclass, replace

from pgx_base.failure import Failure
from pgx_base.idents import Ident
from pgx_base.signals import send_signal
from pgx_mirror.controller.jobs import instance, sessions
from pgx_mirror.controller.jobs.instance import Found
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.core import judged
from pgx_mirror.core.mark import Mark
from pgx_mirror.core.standby_name import BARRIER
from pgx_mirror.data import (
    auto_conf,
    conf_check,
    conf_file,
    mark_file,
    signal_file,
    steps,
)
from pgx_mirror.data.conf_text import Names, NoName
from pgx_mirror.database.trouble import Trouble
from pgx_mirror.hands.line import Line, Several, in_words
from pgx_postgres import control
from pgx_postgres.included import AUTO_CONF, Setting


@dataclass(frozen=True, slots=True)
class Survey:
    """What a start finds: the mark, or the one to be written first, or why there is none."""

    mark: Mark | None
    fresh: Mark | None
    refusal: str
    standby: bool
    names: str
    real_name: str
    bears: str
    system: str
    major: int
    instance: Found
    blocks: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Failed:
    """A write that came to nothing; *unsure*: the old and the new are both possible."""

    why: str
    unsure: bool


def survey(_line: Line, site: Site, as_primary: bool) -> Survey:
    """Return what the data directory and the processes say.  Raises Failure, OSError."""
    known = control.read(site.data_directory)
    system = str(known.system_identifier)
    dir_fd = site.dir_fd
    standby = signal_file.is_there(dir_fd)
    unsound = conf_check.problems(dir_fd, standby=standby, major=known.major)
    if unsound:
        raise Several(unsound)
    found = mark_file.settle(dir_fd, site.me, system)
    _take_reserve(dir_fd)
    directory = judged.Directory(site.me, system, standby, mark_file.new_generation())
    mark, fresh, refusal = _judged(found, directory, as_primary)
    names = conf_file.read(dir_fd)
    bears = auto_conf.read(dir_fd).bears if standby else ""
    where = instance.found(site)
    return Survey(
        mark, fresh, refusal, standby, names.state, names.name, bears, system,
        known.major, where, control.read_blocks(site.data_directory),
    )  # fmt: skip


def _take_reserve(dir_fd: int) -> None:
    """Have room for mark and conf; a file system that is full has none to be taken."""
    with suppress(OSError, Failure):
        conf_file.take_reserve(dir_fd)


def _judged(
    found: judged.Found, directory: judged.Directory, as_primary: bool
) -> tuple[Mark | None, Mark | None, str]:
    try:
        what = judged.judge(found, directory, as_primary=as_primary)
    except Failure as ex:
        return None, None, in_words(ex)
    return (None, what.mark, "") if what.new else (what.mark, None, "")


def write_mark(_line: Line, site: Site, mark: Mark) -> Mark | Failed:
    """Make *mark* durable, and return it as it was written."""
    stamped = replace(mark, since=time.strftime("%Y-%m-%d %H:%M:%S %z"))
    try:
        written = mark_file.write(site.dir_fd, stamped)
    except steps.Unsure as ex:
        return Failed(str(ex), unsure=True)
    except OSError as ex:
        return Failed(str(ex), unsure=False)
    _take_reserve(site.dir_fd)
    return written


def write_names(
    _line: Line, site: Site, names: str, postmaster: Ident | None
) -> tuple[str, str]:
    """Make postgresql.conf say *names*, have a server that runs read it, and return both.

    Raises Failure where the server cannot or does not read it.
    """
    try:
        written = conf_file.write(site.dir_fd, names)
    except NoName as ex:
        raise Failure(
            f"there is no name to be set as synchronous_standby_names: {ex}",
            hint="Write the other server's name: synchronous_standby_names = 'NAME'.",
        ) from ex
    if postmaster is not None:
        send_signal(*postmaster, signal.SIGHUP)
    others = _others(site, postmaster)
    wrong = conf_file.wrong(site.dir_fd)
    _take_reserve(site.dir_fd)
    if wrong:
        raise Failure(
            f"postgresql.conf has an error, so nothing is read of it: {wrong[0]}"
        )
    if others:
        raise Failure(f"synchronous_standby_names is set elsewhere too: {others[0]}")
    return names, _real_name(written)


def _others(site: Site, postmaster: Ident | None) -> list[Setting]:
    """Return who else sets the names; ALTER SYSTEM, which beats the file, is taken back."""
    others = conf_file.elsewhere(site.dir_fd)
    if postmaster is None or all(one.file != AUTO_CONF for one in others):
        return others
    with suppress(Trouble):
        sessions.reset_names(site, postmaster)
    return conf_file.elsewhere(site.dir_fd)


def _real_name(names: Names) -> str:
    return "" if names.name == BARRIER else names.name


def bear(_line: Line, site: Site, name: str, postmaster: Ident | None) -> str:
    """Make *name* the application_name in primary_conninfo, and return it.

    A server that runs is told by ALTER SYSTEM, so that nobody else's is lost.
    """
    if postmaster is not None:
        sessions.bear(site, postmaster, name)
        return name
    auto_conf.bear(site.dir_fd, name)
    return name
