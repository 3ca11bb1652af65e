"""How the instance is watched: whether it answers the monitor, and in what times."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_pclrsc.preflight.core.facts import Answer, Collation, Instance, Registered
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.core.verdict import Row, Verdict, error, fine, warning

_CHANGE = "Change it in place (pgx_pclrsc -m) with"
# What is said of an answer that is no row, by the beginning of its SQLSTATE.
_LIVES = ("53300", "53100", "55000", "3D000", "58P01", "58P02", "XX001", "XX002")
_STARTS = "57P03"
_RMS_DEFAULT = 300  # seconds that a Cmdline resource has unless it is told otherwise
_GUARD = 120  # seconds that Online waits for a dead node's guard
_SHORT_STOP = 60
_LONG = 600  # seconds of silence


def _answers(
    wanted: Registered, instance: Instance, found: tuple[Answer | Unknown, ...]
) -> Iterator[Verdict]:
    if not instance.postmasters:
        yield fine("the instance does not run here: nobody is asked")
        return
    for one in found:
        if isinstance(one, Unknown):
            yield error(
                f"the monitor's question is not answered: {one.why}",
                "See what the server waits for.",
            )
        else:
            yield _answer(wanted, one)


def _answer(wanted: Registered, one: Answer) -> Verdict:
    asked = f"SELECT 1 in {one.database}"
    if one.kind == "row":
        return fine(f"{asked} is answered")
    if one.kind == "password":
        return error(
            f"{asked}: a password is asked for, and .pgpass has none for {one.said}",
            f"Put that line into {wanted.home}/.pgpass (mode 0600) on every node.",
        )
    if one.kind == "error":
        return _refused(wanted, asked, one.said)
    return error(
        f"{asked}: {one.said}", "See server.log, and what the server waits for."
    )


def _refused(wanted: Registered, asked: str, code: str) -> Verdict:
    said = f"{asked} is refused with SQLSTATE {code}"
    if code[:2] == "28":
        hint = (
            "Let the monitor's user in without a password prompt: pg_hba.conf, .pgpass."
        )
        return (
            error(said, hint) if wanted.auth_failure == "fault" else warning(said, hint)
        )
    if code == _STARTS:
        return warning(said, "It starts or stops, or hot_standby is off: look again.")
    if code in _LIVES:
        return warning(
            said, "The server lives, and lets the monitor not in: see its log."
        )
    return error(said, "See server.log for what PostgreSQL calls by this code.")


def _silence(wanted: Registered) -> Iterator[Verdict]:
    if not wanted.response_timeout:
        yield warning(
            "response-timeout is 0: a server that is frozen stays Online for ever",
            f"{_CHANGE} --response-timeout=10 --timeout-retry-count=2: a fault then after "
            "30 s of silence.",
        )
        return
    until = wanted.response_timeout * (1 + wanted.timeout_retry_count)
    if until > _LONG:
        yield warning(
            f"silence is a fault only after {until} s",
            f"{_CHANGE} a smaller --response-timeout or --timeout-retry-count.",
        )
    else:
        yield fine(f"silence is a fault after {until} s")


def _times(wanted: Registered) -> Iterator[Verdict]:
    if wanted.online_timeout < _RMS_DEFAULT:
        yield warning(
            f"online-timeout is {wanted.online_timeout} s: a start that recovers, or waits "
            f"{_GUARD} s for the other node's guard, may not end in time",
            f"{_CHANGE} --online-timeout=3600, and give the resource as much in RMS.",
        )
    if wanted.offline_timeout < _SHORT_STOP:
        yield warning(
            f"offline-timeout is {wanted.offline_timeout} s: a fast stop has half of it",
            f"{_CHANGE} --offline-timeout=1800, and give the resource as much in RMS.",
        )
    if max(wanted.online_timeout, wanted.offline_timeout) > _RMS_DEFAULT:
        yield fine(
            f"RMS must allow Online {wanted.online_timeout} s and Offline "
            f"{wanted.offline_timeout} s: a Cmdline resource has {_RMS_DEFAULT} s unless set"
        )
    if wanted.response_timeout and wanted.watch_interval > _LONG:
        yield warning(
            f"watch-interval is {wanted.watch_interval} s: so long may pass before it is asked",
            f"{_CHANGE} --watch-interval=3.",
        )


def _collations(found: tuple[Collation, ...]) -> Iterator[Verdict]:
    for one in found:
        if one.recorded and one.actual and one.recorded != one.actual:
            yield warning(
                f"database {one.database} was made with {one.provider} collation version "
                f"{one.recorded}; this node has {one.actual}",
                "Indexes may be silently wrong: have the same glibc and ICU on every node, "
                "or REINDEX and ALTER DATABASE ... REFRESH COLLATION VERSION.",
            )


ROWS = (
    Row(
        "answers",
        "2.3.7",
        ("registered", "instance", "answers"),
        _answers,
        "it is answered",
    ),
    Row(
        "response_timeout",
        "2.3.8",
        ("registered",),
        _silence,
        "silence becomes a fault",
    ),
    Row("time_outs", "2.3.8", ("registered",), _times, "they suit each other"),
    Row(
        "collations",
        "ours",
        ("collations",),
        _collations,
        "as when the databases were made",
    ),
)
