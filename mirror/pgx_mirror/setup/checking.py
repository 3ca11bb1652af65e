"""What both configurations lack for a pair, asked before a standby is made.

This server's own settings are in `own`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from pgx_base.failure import Failure
from pgx_mirror.checks import archiving, hba, obsolete, table
from pgx_mirror.checks.finding import Finding
from pgx_mirror.setup import kept, own, source
from pgx_mirror.setup.session import More
from pgx_mirror.setup.source import Told
from pgx_mirror.setup.task import Task
from pgx_postgres import conf_lines

_PRIMARY = "the primary"
# The standby's end, and the primary's, which is the standby's after a switch.
_ENDS = "select coalesce(host(inet_client_addr()), ''), coalesce(host(inet_server_addr()), '')"


ASKED = (hba.SQL, _ENDS, own.ASKED)


def findings(task: Task, told: Told, more: More) -> list[Finding]:
    """Return all that is to be said; what cannot be asked is a warning."""
    found = [*table.judge(told.settings, _PRIMARY, apart=not task.one_host)]
    found += archiving.judge(told.settings, task.backups, _PRIMARY)
    if not more.why:
        found += _of_hba(task, more)
    old = [Finding(what, is_error=True) for what in _own_conf(task, told.major)]
    return found + (
        old or own.findings(task, told, more)
    )  # by an old name it is not read at all


def _of_hba(task: Task, more: More) -> Iterator[Finding]:
    said = more.answer(hba.SQL)
    if said.returncode != 0:
        yield Finding(hba.not_read(_PRIMARY, source.last(said.stderr)))
        return
    rules = hba.rules(_rows(said.stdout))
    yield from hba.judge(rules, _PRIMARY)
    for row in _rows(more.answer(_ENDS).stdout):
        for end in dict.fromkeys(row):
            yield from hba.missing(rules, task.source.user, end, _PRIMARY)


def _rows(text: str) -> list[tuple[str, ...]]:
    return [tuple(line.split(source.BETWEEN)) for line in text.split("\n") if line]


def _own_conf(task: Task, major: int) -> list[Failure]:
    """Return what the postgresql.conf that this server keeps has in it of old versions."""
    paths = (f"{task.data}/{kept.CONF}", f"{task.mcdir}/{kept.name_of(task.server)}")
    for path in filter(os.path.isfile, paths):
        try:
            with open(path, "rb") as file:
                lines = conf_lines.lines(file.read())
        except OSError:
            return []  # whoever copies it will say
        named = [(path, line.number, line.name) for line in lines]
        return obsolete.problems(named, major)
    return []
