"""Which messages a change of the facts means.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pgx_mirror.core.deciding.learn import HAND_EDITED
from pgx_mirror.core.facts import DETACH, STOP, SWITCH, Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE, GIVEN, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, STOPPING, UP, Report
from pgx_mirror.messages import controller, disk, pair, register, server
from pgx_mirror.messages.message import Message

News = tuple[Message, dict[str, Any]]


def of(before: Facts, after: Facts) -> Iterator[News]:
    """Yield the messages of the step from *before* to *after*."""
    if before == after:
        return
    for subject in _SUBJECTS:
        yield from subject(before, after)


def _marks(before: Facts, after: Facts) -> Iterator[News]:
    """A promise that has become durable is what people must hear of."""
    was, now = before.mark, after.mark
    if was is None or now is None or (was.state, was.epoch) == (now.state, now.epoch):
        return
    peer = {"server": after.terms.other}
    match was.state, now.state:
        case (_, "PAIR") if now.peer_generation:
            yield pair.ARMED, peer
        case ("PAIR", "ALONE"):
            yield _left_alone(before)
        case ("GIVEN", "ALONE"):
            yield pair.TAKEN_BACK, {}
        case ("SYNC", "ALONE"):
            yield (
                pair.SWITCHING,
                {"server": after.terms.me, "reason": _why_taken(after)},
            )
        case (_, "GIVEN") if before.server == UP or not basics.is_in(before, PAIR):
            yield pair.DEPOSED, {"reason": "it heard of a later epoch"}
        case (_, "SYNC"):
            yield pair.SWITCHABLE, {"server": after.terms.me}
        case _:
            pass


def _left_alone(before: Facts) -> News:
    other = {"server": before.terms.other}
    if before.wish == DETACH or before.ending == DETACH:
        return pair.DETACHED, other
    peer = before.peer
    if before.ending:
        return pair.EPOCH_ENDED, other | {"reason": before.ending}
    if peer is not None and peer.wish not in ("run", "rest"):
        return pair.DETACHED, other
    silent = peer is None or peer.mark is None or peer.mark.state == SYNC
    why = "it does not answer" if silent else "it has left the pair"
    return pair.DETACHED_FOR_ERROR, other | {"reason": _fault_of(peer) or why}


def _fault_of(peer: Report | None) -> str:
    """Return what the other server says is wrong with it, empty for nothing."""
    told = () if peer is None else (peer.database, peer.disk)
    return next((fault for fault in told if fault != "normal"), "")


def _why_taken(after: Facts) -> str:
    peer = after.peer
    if peer is not None and peer.mark is not None and peer.mark.state == GIVEN:
        return _fault_of(peer) or "the primary has given it"
    return "the primary does not answer"


def _switched(after: Facts) -> News:
    me, peer = {"server": after.terms.me}, after.peer
    if peer is not None and peer.wish in (SWITCH, STOP):
        return pair.SWITCHED_AS_ASKED, me
    return pair.SWITCHED, me | {"reason": _why_taken(after)}


def _promotion(before: Facts, after: Facts) -> Iterator[News]:
    promoted = before.standby and not after.standby and basics.is_in(after, ALONE)
    if promoted and after.server == UP:
        yield pair.PROMOTED, {}
    released = (
        basics.is_in(after, ALONE) and not after.standby and after.mark is not None
    )
    if promoted and released:
        yield _switched(after)


def _joining(before: Facts, after: Facts) -> Iterator[News]:
    other = {"server": after.terms.other}
    if before.arming is None and after.arming is not None:
        yield pair.JOINING, other
    if (
        before.arming is not None
        and after.arming is None
        and after.tried > before.tried
    ):
        yield pair.GIVEN_UP, other | {"reason": "it took too long, or one side changed"}


def _silence(before: Facts, after: Facts) -> Iterator[News]:
    if before.failover != after.failover:
        yield (controller.ENABLED if after.failover else controller.DISABLED), {}
    if before.wish != after.wish and after.wish in (SWITCH, DETACH):
        yield _asked(after)


def _asked(after: Facts) -> News:
    """An operator's word; by force it is all that a later reader has to go by."""
    told = {"command": after.wish}
    if after.force is None or after.mark is None:
        return controller.ASKED, told
    since = f"epoch {after.mark.epoch} ({after.mark.since or 'no time is known'})"
    told |= {"peer": after.terms.other, "since": since}
    return controller.FORCED, told


def _server(before: Facts, after: Facts) -> Iterator[News]:
    came_up = before.server != after.server and after.server == UP
    if came_up and not before.fault and before.server != STOPPING:
        yield server.STARTED, {}
    if before.server == STOPPING and after.server == DOWN:
        yield server.STOPPED, {"reason": "it was asked to"}
    if before.fault != after.fault:
        if after.fault:
            yield server.FAILED, {"reason": after.fault}
        elif before.server == after.server == UP:
            yield server.WELL, {}
    if after.start_failed and before.start_failed != after.start_failed:
        yield server.START_FAILED, {"reason": after.start_failed}
    if after.poisoned and not before.poisoned:
        yield server.POISONED, {"reason": "a position beyond its own WAL was reported"}
    if after.ending == HAND_EDITED != before.ending and after.seen is not None:
        yield server.NAMES_BY_HAND, {"value": after.seen.names or "nothing"}


def _conf(before: Facts, after: Facts) -> Iterator[News]:
    if after.conf_failed and after.conf_failed != before.conf_failed:
        yield server.CONF_NOT_WRITTEN, {"reason": after.conf_failed}
    if after.mark_failed and after.mark_failed != before.mark_failed:
        yield disk.MARK_NOT_WRITTEN, {"reason": after.mark_failed}


def _by_look(before: Facts, after: Facts) -> Iterator[News]:
    seen, was = after.seen, before.seen
    if seen is None or was is None:
        return
    if seen.unable and not was.unable:
        yield pair.UNPROMOTABLE, {"reason": ", ".join(seen.unable)}
    if was.unable and not seen.unable:
        yield pair.PROMOTABLE, {}
    if seen.loose and seen.loose != was.loose:
        yield server.LOOSE, {"who": ", ".join(seen.loose)}
    if seen.file_errors and seen.file_errors != was.file_errors:
        yield server.CONF_ERROR, {"reason": "; ".join(seen.file_errors)}


def _register(before: Facts, after: Facts) -> Iterator[News]:
    if after.register and not before.register:
        yield register.BACK, {"arbiter": "arbiter"}
    lost = basics.is_in(before, SYNC) and basics.is_in(after, OUT) and after.cell
    if lost and after.cell is not None and after.cell.who == after.terms.other:
        yield register.REFUSED, {"arbiter": "arbiter"}


_SUBJECTS: tuple[Callable[[Facts, Facts], Iterator[News]], ...] = (
    _marks,
    _promotion,
    _joining,
    _silence,
    _server,
    _conf,
    _by_look,
    _register,
)
