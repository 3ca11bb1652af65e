"""What holds for a while and people must hear of once: conditions, each with its message.  Pure.

Unlike news, which are of one step, a condition may begin by the mere passing of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pgx_mirror.core.facts import ARBITRATION, COMMAND, FALLBACK, MESSAGE, Facts
from pgx_mirror.core.known import basics, idle, joining, register, versions
from pgx_mirror.core.mark import ALONE, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, NAMES_SET, STOPPING, UP
from pgx_mirror.core.seen import Seen
from pgx_mirror.messages import pair, peer, server
from pgx_mirror.messages import register as of_register
from pgx_mirror.messages.message import Message

Condition = tuple[Message, dict[str, Any]]
_AUTO_CONF = "postgresql.auto.conf"


def standing(facts: Facts, now: float) -> dict[str, Condition]:
    """Return the conditions that hold, by their messages' numbers."""
    found = (one for subject in _SUBJECTS for one in subject(facts, now))
    return {message.number: (message, given) for message, given in found}


class Standing:
    """What held at the last turn, so that each condition is told when it begins."""

    def __init__(self) -> None:
        self._held: dict[str, Condition] = {}

    def news(self, facts: Facts, now: float) -> list[Condition]:
        """Return what has begun since the last call, and that commits pass again."""
        was, self._held = self._held, standing(facts, now)
        begun = [one for number, one in self._held.items() if number not in was]
        waits = {pair.COMMITS_WAIT.number, pair.COMMITS_STUCK.number}
        if waits & was.keys() and not waits & self._held.keys():
            begun.append((pair.COMMITS_PASS, {}))
        return begun


def _silence(facts: Facts, now: float) -> Iterator[Condition]:
    if facts.mark is None or not basics.is_quiet(facts, now):
        return
    if not basics.silent(facts, now):
        yield from _of_one_that_left(facts)
        return
    yield peer.NO_RESPONSE, {"server": facts.terms.other}
    if facts.standby:
        yield from _of_primary(facts)
    elif _waits_for_standby(facts):
        yield _of_standby(facts)


def _of_one_that_left(facts: Facts) -> Iterator[Condition]:
    """Nobody misses a controller that an operator has stopped, but its server is gone too."""
    if facts.peer is None or not facts.peer.leaving:
        return
    why = {"reason": "its controller was stopped by an operator"}
    if facts.standby:
        yield pair.NOT_TAKING_OVER, {"server": facts.terms.other} | why
    elif _waits_for_standby(facts):
        yield pair.COMMITS_STUCK, {"reason": "the standby's controller was stopped"}


def _waits_for_standby(facts: Facts) -> bool:
    paired = basics.is_in(facts, PAIR) and facts.names == NAMES_SET
    return paired and facts.server == UP


def _of_primary(facts: Facts) -> Iterator[Condition]:
    """A standby whose primary is silent: why it does not take over."""
    if basics.is_in(facts, ALONE):
        return  # it does
    if not basics.is_in(facts, SYNC):
        why = "this standby is not in sync"
    elif basics.policy(facts) == MESSAGE:
        why = "heartbeat_error_action is message"
    elif not facts.failover:
        why = "automatic switch is disabled"
    elif basics.policy(facts) in (COMMAND, FALLBACK):
        why = _why_not_fenced(facts, "primary")
    elif not register.is_register(facts):
        called = facts.terms.called.name
        yield pair.NOBODY_SERVES, {"reason": f"the primary and {called} are silent"}
        return
    else:
        return
    if why:
        yield pair.NOT_TAKING_OVER, {"server": facts.terms.other, "reason": why}


def _of_standby(facts: Facts) -> Condition:
    """A primary whose standby is silent: whether anybody decides."""
    why = ""
    if not facts.failover:
        why = "automatic disconnection is disabled"
    elif basics.policy(facts) == ARBITRATION and not register.is_register(facts):
        why = f"the standby and {facts.terms.called.name} are silent"
    elif basics.policy(facts) == MESSAGE and facts.met != basics.mark(facts).epoch:
        why = "the standby was not met since this controller began"
    elif basics.policy(facts) in (COMMAND, FALLBACK):
        why = _why_not_fenced(facts, "standby")
    if why:
        return pair.COMMITS_STUCK, {"reason": why}
    return pair.COMMITS_WAIT, {"reason": "the standby is silent"}


def _why_not_fenced(facts: Facts, other: str) -> str:
    """Return why command or fallback does not act on the silent *other*, empty if it does."""
    if facts.met != basics.mark(facts).epoch and not facts.fenced:
        return f"the {other} was not met since this controller began"
    return facts.command_failed


def _policy(facts: Facts, _now: float) -> Iterator[Condition]:
    if facts.terms.policy == FALLBACK:
        yield pair.FALLS_BACK, {}


def _peer(facts: Facts, now: float) -> Iterator[Condition]:
    other = facts.peer
    if other is None or not basics.is_heard(facts, now):
        return
    names = {"server": facts.terms.other}
    if other.policy and other.policy != facts.terms.policy:
        policies = {"theirs": other.policy, "mine": facts.terms.policy}
        yield peer.OTHER_POLICY, names | policies
    if facts.register and other.register not in ("", facts.register):
        yield peer.OTHER_REGISTER, names
    theirs = other.mark
    both = theirs is not None and theirs.state == ALONE and basics.is_in(facts, ALONE)
    if both and not (facts.standby or other.standby):
        given = {"server": facts.terms.me, "peer": facts.terms.other}
        yield pair.BOTH_ALONE, given | {"reason": "each has a mark that says so"}


def _register(facts: Facts, now: float) -> Iterator[Condition]:
    named = facts.mark.register if facts.mark is not None else ""
    if named and facts.register and facts.register != named:
        yield of_register.STATE_LOST, {"arbiter": "arbiter"}
    elif facts.register and facts.register == named and facts.cell is not None:
        yield of_register.ENROLLED, {"arbiter": "arbiter"}


def _server(facts: Facts, now: float) -> Iterator[Condition]:
    if facts.left:
        yield server.NOT_ENDING, {"reason": facts.left}
    by_hand = basics.is_in(facts, SYNC, OUT, NEW) and not facts.standby
    if by_hand and facts.server == UP:
        yield server.PROMOTED_BY_HAND, {"server": facts.terms.me}
    if facts.seen is not None and facts.server == UP:
        yield from _look(facts, facts.seen)


def _look(facts: Facts, seen: Seen) -> Iterator[Condition]:
    if versions.too_old(seen.version):
        major, minor = divmod(seen.version, 10000)
        yield server.OLD_MINOR, {"version": f"{major}.{minor}"}
    if mute := idle.why_mute(facts):
        yield server.MUTE_WHEN_IDLE, {"reason": mute, "limit": f"{facts.terms.limit:g}"}
    if seen.version and not seen.wal_senders:
        yield server.NO_WAL_SENDERS, {}
    if seen.file.endswith(_AUTO_CONF):
        yield server.NAMES_IN_AUTO_CONF, {}
    elif seen.source not in ("", "default", "configuration file"):
        yield server.NAMES_ELSEWHERE, {"source": seen.source}
    if seen.recovery:
        if basics.is_in(facts, SYNC) and seen.receiver is None and not _ends(facts):
            yield server.NO_WAL_RECEIVER, {"reason": "no process of it is there"}
    elif basics.is_in(facts, PAIR):
        yield from _senders(facts, seen)


def _ends(facts: Facts) -> bool:
    """Whether the primary has said that its server ends, so that no stream is missed."""
    return facts.peer is not None and facts.peer.server in (STOPPING, DOWN)


def _senders(facts: Facts, seen: Seen) -> Iterator[Condition]:
    rows = joining.named(seen, facts.real_name)
    if not rows:
        names = {"server": facts.terms.other}
        yield server.NO_WAL_SENDER, names | {"reason": "nobody bears its name"}
    if facts.strange_at is not None and rows:
        clients = ", ".join(f"{row.address or 'local'}:{row.port}" for row in rows)
        yield server.FOREIGN_BEARER, {"client": clients}


_SUBJECTS: tuple[Callable[[Facts, float], Iterator[Condition]], ...] = (
    _policy,
    _silence,
    _peer,
    _register,
    _server,
)
