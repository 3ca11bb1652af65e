"""What `mc_ctl status --arbiter` shows, in place of the pair (newer manuals).  Pure.

The table is the manuals'; what stands below it is ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pgx_base.text import quoted
from pgx_mirror.core.cell import Cell
from pgx_mirror.core.status import values
from pgx_mirror.core.status.more import Arbiter
from pgx_mirror.core.status.shown import reason_lines, table
from pgx_mirror.core.status.values import Reason

ONLINE, OFFLINE = "online", "offline"
COLUMNS = ("arbiter_id", "host", "status")
_LOOK = "Look at it: mc_arb status on the arbitration server."
_LOOK_AT_ETCD = (
    "Look at it: etcdctl endpoint health; and at the system log of that server."
)
_ENROL_IN_ETCD = "One that is new is enrolled once both servers reach it."
_ENROL = (
    "mc_arb status on the arbitration server shows who reaches it. One that is new is "
    "enrolled once both servers do."
)


def status(arbiter: Arbiter) -> str:
    """Return whether the server that is asked could have it decide."""
    return ONLINE if arbiter.identity else OFFLINE


def reasons(arbiter: Arbiter) -> tuple[Reason, ...]:
    """Return what keeps it from deciding for both servers, as the one that is asked knows."""
    return tuple(_reasons(arbiter))


def _reasons(arbiter: Arbiter) -> Iterator[Reason]:
    of_etcd = bool(arbiter.members)
    for server, does in arbiter.answers:
        if not does:
            what = "etcd" if of_etcd else "the arbiter"
            text = f"server {quoted(server)} does not reach {what}"
            yield Reason(text, _LOOK_AT_ETCD if of_etcd else _LOOK)
    if of_etcd and arbiter.identity:
        yield from _members(arbiter)
    if arbiter.identity and arbiter.enrolled not in ("", arbiter.identity):
        what = "etcd's register" if of_etcd else "the arbiter"
        text = f"{what} is another one than the pair has enrolled"
        yield Reason(text, _ENROL_IN_ETCD if of_etcd else _ENROL)


def _members(arbiter: Arbiter) -> Iterator[Reason]:
    for member, does in arbiter.members:
        if not does:
            yield Reason(f"member {member} of etcd does not answer", _LOOK_AT_ETCD)


def _rows(arbiter: Arbiter) -> list[tuple[str, str, str]]:
    if not arbiter.members:
        return [(arbiter.arbiter_id, arbiter.host, status(arbiter))]
    return [
        (arbiter.arbiter_id, member, ONLINE if does else OFFLINE)
        for member, does in arbiter.members
    ]


def text(arbiter: Arbiter, why: tuple[Reason, ...]) -> str:
    """Return *arbiter* as the manuals' table, what its register says, and *why* it is not well."""
    lines = table((COLUMNS, *_rows(arbiter)))
    if arbiter.identity:
        lines += ["", f"register: {arbiter.identity}", f"cell: {_cell(arbiter.cell)}"]
    if arbiter.enrolled:
        lines += [] if arbiter.identity else [""]
        lines.append(f"enrolled: {arbiter.enrolled}")
    return "\n".join([*lines, *reason_lines(why)])


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "empty"
    return f"epoch {cell.epoch}, {cell.state}, by server {quoted(cell.who)}"


def plain(arbiter: Arbiter, why: tuple[Reason, ...]) -> dict[str, Any]:
    """Return the same for JSON; *answers* by server."""
    shown = {
        "arbiter_id": arbiter.arbiter_id,
        "host": arbiter.host,
        "status": status(arbiter),
        "register": arbiter.identity,
        "enrolled": arbiter.enrolled,
        "cell": None if arbiter.cell is None else asdict(arbiter.cell),
        "answers": dict(arbiter.answers),
    }
    if arbiter.members:
        words = {True: ONLINE, False: OFFLINE}
        shown["members"] = {name: words[does] for name, does in arbiter.members}
    return {"arbiters": [shown], "reasons": values.plain(why)}
