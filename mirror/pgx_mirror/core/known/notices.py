"""Programs that are told of what happens to the pair: which are due, and when they are called.

They decide nothing, and what they come to is nobody's business.  One alone is waited for:
pre_detach_command, while the mark that ends the pair is not written yet.  All of it is
volatile: a controller calls for what it has seen itself, and no program twice for it.
"""

from __future__ import annotations

from pgx_mirror.core import commands
from pgx_mirror.core.effects import AskForPen, Effect, WriteMark
from pgx_mirror.core.facts import Facts
from pgx_mirror.core.known import basics, names, register
from pgx_mirror.core.mark import ALONE, OUT, PAIR, SYNC, Mark
from pgx_mirror.core.report import NAMES_SET, UP

# Resources of the table.
POST_SWITCH = commands.resource(commands.POST_SWITCH)
PRE_DETACH = commands.resource(commands.PRE_DETACH)
POST_ATTACH = commands.resource(commands.POST_ATTACH)
_KINDS = {
    POST_SWITCH: commands.POST_SWITCH,
    PRE_DETACH: commands.PRE_DETACH,
    POST_ATTACH: commands.POST_ATTACH,
}
_DISCONNECTED = {PAIR: ALONE, SYNC: OUT}


def is_held(facts: Facts, effect: Effect) -> bool:
    """Whether *effect* ends the pair, which a program is told of first.

    Nothing depends on when it is done: commits wait until then.  A primary's request to the
    register is held, not the mark that follows: whom that has made the holder is the only
    one who can serve.
    """
    mark = facts.mark
    if mark is None or not _ends(facts, mark, effect):
        return False
    there = commands.PRE_DETACH in facts.terms.commands
    told = facts.warned == mark.epoch and PRE_DETACH not in facts.busy
    return there and not told


def _ends(facts: Facts, mark: Mark, effect: Effect) -> bool:
    match effect:
        case AskForPen():
            return not facts.standby
        case WriteMark(after):
            ends = _DISCONNECTED.get(mark.state) == after.state
            return ends and not register.has_won(facts)
        case _:
            return False


def held(facts: Facts) -> Facts:
    """Return *facts* with pre_detach_command due, unless it runs."""
    if PRE_DETACH in facts.busy:
        return facts
    return facts.but(due=facts.due | {commands.PRE_DETACH})


def begun(facts: Facts, resource: str) -> Facts:
    """Return *facts* once the program of *resource* is called: it is due no more."""
    if resource not in _KINDS:
        return facts
    after = facts.but(due=facts.due - {_KINDS[resource]})
    return (
        after.but(warned=basics.mark(facts).epoch) if resource == PRE_DETACH else after
    )


def promoted(facts: Facts) -> Facts:
    """Return *facts* after a promotion."""
    return _due(facts, commands.POST_SWITCH)


def wrote(facts: Facts, mark: Mark, *, joined: bool) -> Facts:
    """Return *facts* once *mark* is another than before; *joined*: it has formed a pair."""
    due = facts.due - {commands.POST_ATTACH, commands.PRE_DETACH}
    after = facts.but(due=due if mark.state in (ALONE, PAIR) else frozenset())
    return _due(after, commands.POST_ATTACH) if joined or mark.state == SYNC else after


def _due(facts: Facts, kind: str) -> Facts:
    there = kind in facts.terms.commands
    return facts.but(due=facts.due | {kind}) if there else facts


def is_switched(facts: Facts, _now: float) -> bool:
    """Whether post_switch_command is due, and commits pass on the new primary."""
    if commands.POST_SWITCH not in facts.due or facts.standby or facts.server != UP:
        return False
    return facts.freed if basics.is_in(facts, ALONE) else basics.is_in(facts, PAIR)


def is_attached(facts: Facts, _now: float) -> bool:
    """Whether post_attach_command is due, and both servers know of the pair."""
    if commands.POST_ATTACH not in facts.due:
        return False
    if basics.is_in(facts, SYNC):
        return True
    theirs, arming = basics.peer_mark(facts), facts.arming
    in_sync = theirs is not None and theirs.state == SYNC
    same = in_sync and theirs is not None and theirs.epoch == basics.mark(facts).epoch
    granted = register.is_granted(facts) and names.are(facts, NAMES_SET)
    return granted and same and arming is None


def is_leaving(facts: Facts, _now: float) -> bool:
    """Whether pre_detach_command is to be called: a mark is held for it."""
    return commands.PRE_DETACH in facts.due


def role(facts: Facts) -> str:
    """Return serverRole."""
    return commands.STANDBY if facts.standby else commands.PRIMARY
