"""The monitor's own question, put as the monitor's own user; and what collations there are."""

from __future__ import annotations

import hashlib
import locale
import select
import subprocess
import time
from collections.abc import Iterable, Mapping

from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.preflight.core.facts import Answer, Collation, Locale
from pgx_pclrsc.preflight.gather.children import NotSeen
from pgx_postgres import pidfile
from pgx_postgres.probe import addresses, login
from pgx_postgres.probe.addresses import Address
from pgx_postgres.watch.classify import ErrorReply, NoReply, Outcome, PasswordAsked

WITHIN = 5.0  # seconds
_STEP = 0.1
# Provider and versions came with 15; before that nothing was recorded of a database.
_SQL = """select datname, {provider}, {locale}, {recorded}, {actual} from pg_database d
 where datallowconn order by 1"""
_OLD = {
    "provider": "'c'",
    "locale": "datcollate",
    "recorded": "''",
    "actual": "''",
}
_NEW = {
    "provider": "datlocprovider",
    "locale": "coalesce(to_jsonb(d)->>'daticulocale', to_jsonb(d)->>'datlocale', datcollate)",
    "recorded": "coalesce(datcollversion, '')",
    "actual": "coalesce(pg_database_collation_actual_version(oid), '')",
}
_SINCE = 15
_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}
# Letters, accents, scripts and punctuation, of which releases of a library differ in order.
_RANGES = (
    (0x20, 0x250),
    (0x370, 0x600),
    (0x2000, 0x2070),
    (0x3040, 0x3100),
    (0x4E00, 0x4E80),
)


def _addresses(definition: ResourceDefinition, postmaster: int) -> list[Address]:
    data = definition.data_directory
    try:
        told = pidfile.read(data)
    except (pidfile.Garbled, OSError):
        told = None
    return addresses.of_server(postmaster, told, data)


def answer(definition: ResourceDefinition, postmaster: int, database: str) -> Answer:
    """Put the monitor's question to *database*, and return what it brings in time.

    That is the monitor's own time, or less.
    """
    from pgx_postgres.probe.question import Question, set_up

    set_up()
    who = login.of(definition.db_user, definition.home, definition.env)
    question = Question(_addresses(definition, postmaster), who, database)
    within = float(min(definition.response_timeout or WITHIN, WITHIN))
    until = time.monotonic() + within
    try:
        while time.monotonic() < until:
            if (outcome := question.advance()) is not None:
                return _told(database, outcome)
            _wait(question.fileno(), question.events)
    finally:
        question.close()
    return Answer(database, "late", f"no answer within {within:g} s")


def _wait(fd: int | None, events: int) -> None:
    poll = select.poll()
    if fd is not None:
        poll.register(fd, events)
    poll.poll(_STEP * 1000)


def _told(database: str, outcome: Outcome) -> Answer:
    match outcome:
        case ErrorReply(sqlstate=code):
            return Answer(database, "error", code)
        case PasswordAsked(line=line):
            return Answer(database, "password", line)
        case NoReply(how=how, address=address):
            return Answer(database, "silence", f"{how.value} {address}".strip())
        case _:
            return Answer(database, "row")


def collations(
    definition: ResourceDefinition,
    postmaster: int,
    programs: str,
    major: int,
    environ: Mapping[str, str],
) -> tuple[Collation, ...]:
    """Return what each database was made with, asked by psql, which never prompts."""
    found = _addresses(definition, postmaster)
    if not found:
        raise NotSeen("the server listens nowhere", expected=False)
    sql = _SQL.format(**(_NEW if major >= _SINCE else _OLD))
    host = found[0].host or found[0].hostaddr
    where = ["-h", host, "-p", str(found[0].port), "-U", definition.db_user]
    line = [
        f"{programs}/psql",
        "-XAtqw",
        "-F",
        "\t",
        *where,
        "-d",
        "template1",
        "-c",
        sql,
    ]
    return tuple(_collation(row.split("\t")) for row in _rows(line, environ))


def _rows(line: list[str], environ: Mapping[str, str]) -> list[str]:
    bounded = {"PGCONNECT_TIMEOUT": "3", "PGOPTIONS": "-c statement_timeout=3000"}
    try:
        done = subprocess.run(
            line,
            env={**environ, **bounded},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WITHIN - 1,
        )
    except FileNotFoundError as ex:
        raise NotSeen(f"{line[0]} is not installed") from ex
    except subprocess.TimeoutExpired as ex:
        raise NotSeen("psql got no answer in time", expected=False) from ex
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotSeen(
            f"psql could not ask: {said[-1] if said else done.returncode}",
            expected=False,
        )
    return done.stdout.decode("utf-8", "replace").splitlines()


def _collation(row: list[str]) -> Collation:
    database, provider, name, recorded, actual = row
    return Collation(
        database, _PROVIDERS.get(provider, provider), name, recorded, actual
    )


def locales(names: Iterable[str]) -> tuple[Locale, ...]:
    """Return a number for the order of each locale: equal where it sorts equally.

    For a child alone: it leaves the process in the last one.
    """
    return tuple(Locale(name, _order(name)) for name in names)


def _order(name: str) -> str:
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return ""
    seen = hashlib.sha256()
    for first, last in _RANGES:
        for code in range(first, last):
            for text in (chr(code), f"a{chr(code)}b"):
                seen.update(locale.strxfrm(text).encode("utf-8", "surrogatepass"))
                seen.update(b"\0")
    return seen.hexdigest()[:16]
