"""The primary that a standby is made from, as the replication protocol lets it be asked.

The manual's pg_hba.conf (6.3.2) lets the standby's host in for replication alone, so what
must be known is asked so; what a session with a database would tell besides is asked for,
and done without where that is refused.
"""

from __future__ import annotations

import re
import secrets
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.checks import table
from pgx_mirror.core import wal
from pgx_mirror.core.seen import LIMITS
from pgx_mirror.core.standby_name import JOINING, SETUP
from pgx_mirror.database import wal_stream
from pgx_mirror.setup import programs

BETWEEN = "\x1f"
Said = subprocess.CompletedProcess[str]
_NO_SUCH_SLOT, _SLOT_IS_THERE = "42704", "42710"
_FREE_WITHIN, _PAUSE = 5.0, 0.2  # seconds for whoever has a slot in use for a moment
_ASKED = (
    "server_version_num",
    "synchronous_standby_names",
    "transaction_read_only",
    "max_slot_wal_keep_size",
    *LIMITS,
)
# A database's owner could put functions of his own before PostgreSQL's.
_PLAIN = "set search_path = pg_catalog"
# What pg_rewind calls (its reference page, "Notes").
_MAY_READ = """select bool_and(has_function_privilege(f, 'execute')) from unnest(array[
 'pg_ls_dir(text, boolean, boolean)', 'pg_stat_file(text, boolean)',
 'pg_read_binary_file(text)', 'pg_read_binary_file(text, bigint, bigint, boolean)']) f"""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the primary listens, who asks, and *name*, which its standby is to bear.

    more     further connection parameters, as people have given them
    bin_dir  where PostgreSQL's programs are, empty where they are looked for
    """

    host: str
    port: str
    user: str
    name: str
    more: str = ""
    bin_dir: str = ""

    def conninfo(self, **also: str) -> str:
        """Return the connection string; what is ours counts, whatever *more* says."""
        ours = {"host": self.host, "port": self.port, "user": self.user, **also}
        words = [f"{name}={_value(text)}" for name, text in ours.items()]
        return " ".join([*([self.more] if self.more else []), *words])

    def streaming(self) -> str:
        """Return the connection string of who streams, and is no standby."""
        # PGOPTIONS is a session's; a host that is gone closes no connection.
        return self.conninfo(
            dbname="replication",
            replication="true",
            application_name=SETUP,
            options="",
            connect_timeout="30",
            keepalives_idle="10",
            keepalives_interval="5",
            keepalives_count="6",
        )

    @property
    def joining(self) -> str:
        """What it bears until it is in sync: a name that confirms nothing."""
        return self.name + JOINING


@dataclass(frozen=True, slots=True)
class Told:
    """What the primary has said.

    system, timeline  as IDENTIFY_SYSTEM tells them
    position          how far its write-ahead log is, by the same
    version           as server_version_num has it
    names             synchronous_standby_names, empty while nobody is waited for
    standby           it is in recovery
    keep              max_slot_wal_keep_size
    limits            the settings LIMITS, in that order
    settings          what SHOW says of those that a pair goes by
    """

    system: str
    timeline: int
    version: int
    names: str
    standby: bool
    keep: str
    limits: tuple[int, ...]
    position: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def major(self) -> int:
        """The major version."""
        return self.version // 10000


def ask(source: Source) -> Told:
    """Ask the primary by a replication connection.  Raises Failure."""
    shown = (*_ASKED, *table.ASKED)
    commands = ["IDENTIFY_SYSTEM", *(f"SHOW {name}" for name in shown)]
    said = by_replication(source, commands)
    if said.returncode != 0:
        raise _refused(source, said.stderr)
    identity, *values = said.stdout.split("\n")
    system, timeline, position = identity.split(BETWEEN)[:3]
    version, names, read_only, keep, *limits = values[: len(_ASKED)]
    return Told(
        system,
        int(timeline),
        int(version),
        names,
        read_only == "on",
        keep,
        tuple(map(int, limits)),
        wal.number(position),
        _settings(values[len(_ASKED) :]),
    )


def _settings(values: list[str]) -> Mapping[str, str]:
    """Return *values* by the names of `table.ASKED`; the last may have several lines."""
    *names, last = table.ASKED
    text = "\n".join(values[len(names) :]).rstrip("\n")
    return dict(zip(names, values, strict=False)) | {last: text}


def drop_slot(source: Source, slot: str) -> None:
    """Drop the replication slot, if it is there.  Raises Failure.

    Whoever makes it has it in use for a moment: the primary's controller does just then.
    So has the sender of a standby until it sees that nobody is there any more.
    """
    until = time.monotonic() + _FREE_WITHIN
    said = by_replication(source, [f"DROP_REPLICATION_SLOT {slot}"])
    while wal_stream.IN_USE in said.stderr and time.monotonic() < until:
        time.sleep(_PAUSE)
        said = by_replication(source, [f"DROP_REPLICATION_SLOT {slot}"])
    if said.returncode == 0 or _NO_SUCH_SLOT in said.stderr:
        return
    if wal_stream.IN_USE in said.stderr:
        raise in_use(slot)
    raise Failure(
        f"could not drop replication slot {quoted(slot)}: {last(said.stderr)}"
    )


def in_use(slot: str) -> Failure:
    """Return what is said of a slot by which somebody streams."""
    return Failure(
        f"replication slot {quoted(slot)} of the primary is in use",
        detail="A standby streams by it.",
        hint="Stop this server's instance, wherever it runs.",
    )


def keep_by_slot(source: Source, slot: str) -> None:
    """Make the replication slot anew; it keeps the WAL from now on.  Raises Failure.

    The primary's controller may be first: then it has just been made.
    """
    drop_slot(source, slot)
    make_slot(source, slot)


def make_slot(source: Source, slot: str) -> None:
    """Make the replication slot, where it is not there.  Raises Failure."""
    made = f"CREATE_REPLICATION_SLOT {slot} PHYSICAL RESERVE_WAL"
    said = by_replication(source, [made])
    if said.returncode != 0 and _SLOT_IS_THERE not in said.stderr:
        raise Failure(
            f"could not make replication slot {quoted(slot)}: {last(said.stderr)}"
        )


def make_checkpoint(source: Source, database: str) -> None:
    """Have the primary make a checkpoint, and see that its files may be read.  Raises Failure.

    Until the first one after its promotion, its control file has the timeline before, and
    pg_rewind finds nothing to rewind.
    """
    said = by_session(source, database, [_MAY_READ, "checkpoint"])
    may_read = said.stdout.strip() == "t"
    if said.returncode != 0 or not may_read:
        role = quoted(source.user)
        raise Failure(
            "pg_rewind would not be let in by the primary",
            detail=last(said.stderr)
            if may_read
            else f"Role {role} may not read files.",
            hint="Give a superuser of the database with -U, or leave out --method.",
        )


def by_replication(source: Source, commands: list[str]) -> Said:
    """Return what the primary says to *commands* of the replication protocol."""
    # .pgpass has such a connection under the database name "replication".
    conninfo = source.conninfo(
        dbname="replication", replication="true", application_name=SETUP
    )
    return _run(source, conninfo, commands)


def by_session(source: Source, database: str, commands: list[str]) -> Said:
    """Return what a session with *database* says to *commands* of SQL."""
    return _run(source, _session(source, database), [_PLAIN, *commands])


def together(source: Source, database: str, commands: Iterable[str]) -> dict[str, Said]:
    """Return what one session with *database* says to each of *commands*, whatever fails.

    What one could not be asked for has what kept it from that.
    """
    asked, token = tuple(commands), secrets.token_hex(8)
    told = rf"\echo {token} :ERROR :LAST_ERROR_MESSAGE"
    words = [word for one in asked for word in (one, told, rf"\echo {token}")]
    said = _run(source, _session(source, database), [_PLAIN, *words], stops=False)
    answers = re.findall(
        rf"(.*?)^{token} (true|false)(.*?)\n{token}\n", said.stdout, re.DOTALL | re.M
    )
    heard = [_said(fails == "true", why, text) for text, fails, why in answers]
    lost = Said([], 2, "", said.stderr)
    return dict(zip(asked, heard + [lost] * (len(asked) - len(heard)), strict=True))


def _said(fails: bool, why: str, text: str) -> Said:
    return Said([], int(fails), text, f"ERROR: {why.strip()}" if fails else "")


def _session(source: Source, database: str) -> str:
    return source.conninfo(dbname=database, application_name=SETUP)


def _run(
    source: Source, conninfo: str, commands: list[str], *, stops: bool = True
) -> Said:
    """Run psql; where it *stops*, nothing is asked behind a command that fails."""
    ends = ["-v", "ON_ERROR_STOP=1"] if stops else []
    line = [programs.any_psql(source.bin_dir), "-XAtqw", "-F", BETWEEN, *ends]
    line += ["-v", "VERBOSITY=verbose", "-d", conninfo]
    for command in commands:
        line += ["-c", command]
    return programs.run(line, PGCONNECT_TIMEOUT="30")


def _refused(source: Source, said: str) -> Failure:
    why, where = last(said), f"{source.host}:{source.port}"
    hint = (
        "Its pg_hba.conf needs a line for replication from this host, and .pgpass "
        f"here one for {where}:replication:{source.user}."
    )
    if "Connection refused" in why:
        hint = "Start it there (mc_ctl stop, then mc_ctl start), or correct -h and -p."
    return Failure(f"could not ask the primary at {where}: {why}", hint=hint)


def last(said: str) -> str:
    """Return the line of what psql has said that tells why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "ERROR" in line or "FATAL" in line] or lines
    return telling[0].removeprefix("psql: error: ") if telling else "it says nothing"


def _value(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
