"""This server's own settings, looked at before a byte is copied.

Its postgresql.conf stays, or is put back after a copy or a rewind; postgresql.auto.conf is
the primary's then, and this server's own where it only streams again.  So there are up to
two views of what a server would have: what is wrong in each that may come is an error,
what is wrong in one of two is told.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pgx_base.failure import Failure
from pgx_mirror.checks import archiving, finding, table
from pgx_mirror.checks.finding import Finding
from pgx_mirror.core.seen import LIMITS
from pgx_mirror.setup import kept, programs, source, would_have
from pgx_mirror.setup.methods import ANEW, REWIND, STREAMING
from pgx_mirror.setup.session import More
from pgx_mirror.setup.source import Told
from pgx_mirror.setup.task import Task
from pgx_mirror.setup.would_have import Place

_ME = "this server"
_EVERYWHERE = frozenset({"*", "0.0.0.0", "::"})  # noqa: S104  # what is read, not bound
_NAMES = tuple(dict.fromkeys((*table.ASKED, *LIMITS)))
# What postgresql.auto.conf sets there is copied with it.
ASKED = """select coalesce(host(inet_client_addr()), ''), (select coalesce(
 string_agg(name, ' '), '') from pg_settings where sourcefile ~ 'postgresql\\.auto\\.conf$'),
 (select string_agg(name || '=' || boot_val, e'\\x1e') from pg_settings
 where name = any (string_to_array('{}', ' ')))""".format(" ".join(_NAMES))  # noqa: S608  # names of ours
_NEXT = "\x1e"


@dataclass(frozen=True, slots=True)
class _View:
    """What a server would have, or *why* that cannot be told."""

    values: dict[str, str]
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Primary:
    """What the primary tells: our *address* there, what a copy brings, and all defaults.

    copied    what its postgresql.auto.conf sets
    defaults  what a parameter is that no file sets, as `postgres -C` has it
    """

    address: str = ""
    copied: frozenset[str] = frozenset()
    defaults: Mapping[str, str] = field(default_factory=dict)


def findings(task: Task, told: Told, more: More) -> list[Finding]:
    """Return what is wrong with them; nothing where the primary's are copied."""
    try:
        binaries = programs.directory_of(told.major, task.source.bin_dir)
    except Failure:
        return []  # whoever needs them will say
    primary = _of_primary(more)
    views = [*_views(task, told, binaries, primary)]
    unread = [view.why for view in views if view.why]
    if unread:
        return [_unread(unread[0], is_error=len(unread) == len(views))]
    each = [[*_judged(view.values, told, task, primary.address)] for view in views]
    return _merged(each)


def _of_primary(more: More) -> _Primary:
    """Return what the primary tells; nothing where it lets no session in."""
    said = more.answer(ASKED)
    if said.returncode != 0 or source.BETWEEN not in said.stdout:
        return _Primary()
    address, names, defaults = said.stdout.rstrip("\n").split(source.BETWEEN)
    known = dict(one.partition("=")[::2] for one in defaults.split(_NEXT))
    return _Primary(address, frozenset(names.split()), known)


def _views(task: Task, told: Told, binaries: str, primary: _Primary) -> Iterator[_View]:
    there = f"{task.data}/{kept.CONF}"
    path = there if os.path.isfile(there) else _laid(task)
    if not path:
        return
    if task.method != STREAMING:
        with tempfile.TemporaryDirectory() as empty:
            Path(empty, "postgresql.auto.conf").touch()  # one that is missing is told
            view = _asked(Place(binaries, empty, path), primary, told)
        own = {k: v for k, v in view.values.items() if k not in primary.copied}
        yield _View(_known(own, told), view.why)
    if task.method not in (*ANEW, REWIND) and os.path.isfile(f"{task.data}/PG_VERSION"):
        view = _asked(Place(binaries, task.data), primary, told)
        yield _View(_known(view.values, told), view.why)


def _laid(task: Task) -> str:
    path = f"{task.mcdir}/{kept.name_of(task.server)}"
    return path if os.path.isfile(path) else ""


def _asked(place: Place, primary: _Primary, told: Told) -> _View:
    shown = _shown(told)
    try:
        return _View(would_have.ask(place, _NAMES, primary.defaults, shown))
    except Failure as ex:
        return _View({}, ex.primary)


def _known(own: dict[str, str], told: Told) -> dict[str, str]:
    """Return *own*, with the primary's where that is what counts."""
    return {**_shown(told), **own}


def _shown(told: Told) -> dict[str, str]:
    limits = dict(zip(LIMITS, map(str, told.limits), strict=True))
    return limits | dict(told.settings)


def _unread(why: str, *, is_error: bool) -> Finding:
    failure = Failure(
        f"postgresql.conf of {_ME} cannot be read by PostgreSQL: {why}",
        detail="It stays, or is put back: a server does not start by it.",
        hint="Correct it, and run setup again.",
    )
    return Finding(failure, is_error)


def _judged(
    values: dict[str, str], told: Told, task: Task, address: str
) -> Iterator[Finding]:
    for name, wanted in zip(LIMITS, told.limits, strict=True):
        if int(values[name]) < wanted:
            yield Finding(_less(name, values[name], wanted), is_error=True)
    for one in (
        *table.judge(values, _ME, apart=not task.one_host),
        *archiving.judge(values, task.backups, _ME),
    ):
        name = one.what.primary.split()[0]
        if values[name] != told.settings.get(name):  # else it is told of the primary
            yield one
    if not task.one_host:
        yield from unlistened(values["listen_addresses"], address)


def _less(name: str, has: str, wanted: int) -> Failure:
    return Failure(
        f"{name} of {_ME} is {has}, and the primary's {wanted}",
        detail="A standby with less than its primary does not start.",
        hint=f"Set {name} in this server's postgresql.conf to that or more.",
    )


def unlistened(listens: str, address: str) -> Iterator[Finding]:
    """Yield that a server does not listen on *address*, the one that the primary sees of it."""
    wanted = [one for one in re.split(r"[\s,]+", listens) if one]
    if not address or not wanted or not all(map(_is_numeric, wanted)):
        return
    if address in wanted or _EVERYWHERE & set(wanted):
        return
    yield Finding(
        Failure(
            f"listen_addresses of {_ME} is {listens}, without {address}",
            detail="By that address it reaches the primary: the log transfer network. The "
            "other server has to reach it there once this one is the primary.",
            hint="Add it in this server's postgresql.conf, or write '*'.",
        )
    )


def _is_numeric(host: str) -> bool:
    if host in _EVERYWHERE:
        return True
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _merged(views: list[list[Finding]]) -> list[Finding]:
    """Return all findings, each once; one that another view has not is a warning."""
    found = {one.what.primary: one for view in views for one in view}
    everywhere = [{one.primary for one in finding.errors(view)} for view in views]
    return [
        Finding(one.what, all(text in each for each in everywhere))
        for text, one in found.items()
    ]
