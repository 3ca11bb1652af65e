"""What a look at a server asks, and what its answers say: SQL, and rows to values.

All is asked in one session that is kept: a new one costs its server 20 to 30 times as
much, and SHOW of a new session proves no more (the protocol's 3.3).  A kept session
reads its configuration anew before it answers, as soon as the postmaster has.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgx_mirror.core import conninfo, wal
from pgx_mirror.core.seen import LIMITS, Pauses, Seen, Sender
from pgx_mirror.database.session import Row, Rows

NAMES = "synchronous_standby_names"

# In the order in which they are asked: senders' positions before the server's own.
_FAST = {
    "senders": """
        select application_name, pid, coalesce(host(client_addr), ''), client_port, state,
            sync_state, coalesce(reply_time::text, ''), write_lsn, flush_lsn, replay_lsn
        from pg_stat_replication order by pid""",
    "positions": """
        select r, current_setting('synchronous_standby_names'), pg_conf_load_time(),
            case when not r then pg_current_wal_insert_lsn() end,
            case when not r then pg_current_wal_flush_lsn() end,
            case when not r then pg_walfile_name(pg_current_wal_insert_lsn()) end,
            case when not r then pg_snapshot_xmax(pg_current_snapshot()) end,
            pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(),
            case when r then pg_is_wal_replay_paused() end
        from (select pg_is_in_recovery() as r offset 0) as recovery""",
    "sessions": """
        select count(*) filter (where wait_event = 'SyncRep'),
            coalesce(bool_or(wait_event = 'SyncRep' and usename = session_user
                and application_name = 'mc_agent proof'), false),
            count(*) filter (where wait_event ~* '^wal(init)?(write|sync)$'),
            coalesce(bool_or(backend_type = 'checkpointer'
                and wait_event is distinct from 'CheckpointerMain'), false)
        from pg_stat_activity""",
    "receiver": """
        select pid, status, received_tli, sender_port, coalesce(sender_host, ''),
            coalesce(last_msg_receipt_time::text, ''), latest_end_lsn,
            coalesce(extract(epoch from clock_timestamp() - last_msg_receipt_time), 0)
        from pg_stat_wal_receiver
        where pid is not null""",
    "loose": """
        select coalesce(rolname, ''), coalesce(datname, ''), split_part(one, '=', 2),
            (setrole = 0 or rolname = session_user)
                and (setdatabase = 0 or datname = current_database())
        from pg_db_role_setting cross join unnest(setconfig) as one
        left join pg_roles as r on r.oid = setrole
        left join pg_database as d on d.oid = setdatabase
        where one like 'synchronous_commit=%' order by 1, 2""",
}
# One line in error makes a reload ignore them all, but for a value that only a restart
# can set; the word is not translated.
FILE_ERRORS = """
        select coalesce(sourcefile, ''), coalesce(sourceline::text, ''),
            coalesce(name, ''), error
        from pg_file_settings
        where error is not null and (name is null or error <> 'setting could not be applied'
            or name = 'synchronous_standby_names')"""
SOURCE = """
    select source, coalesce(sourcefile, '') from pg_settings
    where name = 'synchronous_standby_names'"""
# What changes by a reload or a restart alone.
_SLOW = {
    "settings": """
        select name, setting, source, coalesce(sourcefile, ''), coalesce(reset_val, '')
        from pg_settings
        where name in ('synchronous_standby_names', 'synchronous_commit', 'fsync',
            'primary_conninfo', 'max_connections', 'max_worker_processes',
            'max_wal_senders', 'max_prepared_transactions', 'max_locks_per_transaction',
                'wal_receiver_timeout', 'wal_sender_timeout', 'wal_receiver_status_interval')
            or name like 'recovery\\_target%'""",
    "files": FILE_ERRORS,
    "identity": """
        select (pg_control_system()).system_identifier, (pg_control_checkpoint()).timeline_id,
            (pg_control_recovery()).min_recovery_end_timeline""",
}

PREPARE = ";".join(
    [
        "set synchronous_commit = local",
        *(f"prepare {name} as {sql}" for name, sql in (_FAST | _SLOW).items()),
    ]
)
ASK_FAST = ";".join(f"execute {name}" for name in _FAST)
ASK_SLOW = ";".join(f"execute {name}" for name in _SLOW)

_SAFE = frozenset({"on", "remote_apply", "true", "yes", "1"})
# What does not say where recovery ends.
_NO_TARGET = frozenset(
    f"recovery_target_{word}" for word in ("action", "inclusive", "timeline")
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What changes by a reload or a restart alone; *names* are settings by their name."""

    loaded: str
    settings: dict[str, Row]
    file_errors: tuple[str, ...]
    system: str
    timeline: int


@dataclass(frozen=True, slots=True)
class Walreceiver:
    """A row of pg_stat_wal_receiver."""

    pid: int
    status: str
    timeline: int
    sender_port: int
    is_local: bool  # by a Unix-domain socket
    heard: str  # when the last message came
    told: int  # how far the primary has said that it is
    age: float  # seconds since the last message came


def loaded(fast: list[Rows]) -> str:
    """Return when the session read its configuration last, as text to compare."""
    return str(fast[1][0][2])


def next_transaction(fast: list[Rows]) -> int:
    """Return the transaction of a primary that no commit has reached yet."""
    return _int(fast[1][0][6])


def walreceiver(fast: list[Rows]) -> Walreceiver | None:
    """Return the standby's walreceiver, None without one."""
    for pid, status, timeline, port, host, heard, told, age in fast[3]:
        return Walreceiver(
            _int(pid),
            status or "",
            _int(timeline),
            _int(port),
            (host or "").startswith(("/", "@")),
            heard or "",
            _position(told),
            float(age or 0),
        )
    return None


def facts(slow: list[Rows], when: str) -> Facts:
    """Return what the slow questions were answered with, as of the reload *when*."""
    settings, files, [(system, checkpoint, minimum)] = slow
    return Facts(
        loaded=when,
        settings={str(row[0]): row for row in settings},
        file_errors=tuple(file_error(row) for row in files),
        system=str(system),
        timeline=_int(minimum) or _int(checkpoint),
    )


def bears(known: Facts) -> str:
    """Return the application_name in primary_conninfo, nothing where it cannot be read."""
    text = known.settings["primary_conninfo"][1] or ""
    try:
        return conninfo.value_of(text, conninfo.APPLICATION_NAME)
    except conninfo.Unreadable:
        return ""


def seen(fast: list[Rows], known: Facts) -> Seen:
    """Return the look, but for receiver, probe, version and superuser."""
    senders, [position], [(waiting, proof, writing, checkpointing)], _, loose = fast
    recovery, names, _, insert, flush, walfile, _, received, replayed, paused = position
    receiver = walreceiver(fast)
    standby = recovery == "t"
    return Seen(
        system=known.system,
        recovery=standby,
        names=names or "",
        source=known.settings[NAMES][2] or "",
        file=known.settings[NAMES][3] or "",
        file_errors=known.file_errors,
        wal_senders=_setting(known, "max_wal_senders"),
        senders=tuple(_sender(row) for row in senders),
        insert=_position(insert),
        flush=_position(flush),
        timeline=int(walfile[:8], 16)
        if walfile
        else (receiver.timeline if receiver else known.timeline),
        received=_position(received),
        replayed=_position(replayed),
        limits=tuple(_setting(known, name) for name in LIMITS),
        fsync=known.settings["fsync"][1] == "on",
        waiting=_int(waiting),
        proof_waits=proof == "t",
        writing=_int(writing),
        loose=_loose(loose, known),
        unable=_unable(paused, known) if standby else (),
        bears=bears(known),
        checkpointing=checkpointing == "t",
        pauses=Pauses(
            _setting(known, "wal_receiver_timeout") / 1000,
            _setting(known, "wal_sender_timeout") / 1000,
            _setting(known, "wal_receiver_status_interval"),
        ),
    )


def _sender(row: Row) -> Sender:
    name, pid, address, port, state, sync_state, reply, *positions = row
    write, flush, replay = (_position(one) for one in positions)
    return Sender(
        name or "",
        _int(pid),
        address or "",
        _int(port),
        state or "",
        sync_state or "",
        write,
        flush,
        replay,
        reply or "",
    )


def _loose(rows: Rows, known: Facts) -> tuple[str, ...]:
    """Return who commits without the guarantee; the server's own value is seen through ours."""
    found = [_whose(role, database, value) for role, database, value, _ in rows]
    if not any(ours == "t" for *_, ours in rows):
        found.append(_whose("", "", known.settings["synchronous_commit"][4]))
    return tuple(line for line in found if line)


def _whose(role: str | None, database: str | None, value: str | None) -> str:
    if (value or "").lower() in _SAFE:
        return ""
    words = [f"role {role}" if role else "", f"database {database}" if database else ""]
    return f"{' in '.join(filter(None, words)) or 'server'}: {value}"


def _unable(paused: str | None, known: Facts) -> tuple[str, ...]:
    """Return why this standby could not be promoted."""
    found = ["replay is paused"] if paused == "t" else []
    for name, row in known.settings.items():
        if name.startswith("recovery_target") and name not in _NO_TARGET and row[1]:
            found.append(f"{name} is set")
    return tuple(found)


def file_error(row: Row) -> str:
    """Return a row of FILE_ERRORS as a line for people."""
    file, line, name, error = row
    about = f'"{name}": ' if name else ""
    return f"{file}:{line}: {about}{error}"


def _setting(known: Facts, name: str) -> int:
    return _int(known.settings[name][1])


def _int(text: str | None) -> int:
    return int(text) if text else 0


def _position(text: str | None) -> int:
    return wal.number(text) if text else 0
