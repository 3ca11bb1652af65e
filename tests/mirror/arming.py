"""An arming, seen from outside: the barrier's name, who waits, a client's commit."""

from __future__ import annotations

from collections.abc import Callable

from fixtures.processes import wait_until
from pgx_mirror.core.standby_name import BARRIER as BARRIER
from pgx_mirror.database.trouble import TooLate, Unproven
from tests.fix_pair import Pair
from tests.fix_sessions import Connect

NOT_GIVEN = (Unproven, TooLate)  # which of them is a matter of load


def waiting(pair: Pair) -> str:
    return pair.a.ask(
        "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"
    )


def commits(pair: Pair, connect: Connect, **options: str) -> Callable[[], bool]:
    """Begin a client's commit, and return what tells whether it has returned."""
    session = connect(pair.a, **options)
    session.pgconn.nonblocking = 1
    session.pgconn.send_query(b"select pg_logical_emit_message(true, 'client', '')")
    session.pgconn.flush()

    def returned() -> bool:
        session.pgconn.consume_input()
        return not session.pgconn.is_busy()

    return returned


def waits(pair: Pair, connect: Connect, **options: str) -> Callable[[], bool]:
    """Begin a client's commit that waits; the first ones may return, as names are read late."""
    returned = commits(pair, connect, **options)

    def settled() -> bool:
        return returned() or waiting(pair) == "1"

    wait_until(settled, "the client waits, or its commit returns")
    return waits(pair, connect, **options) if returned() else returned
