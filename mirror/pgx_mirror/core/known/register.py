"""What the register's cell says of our epoch."""

from __future__ import annotations

from pgx_mirror.core import cell as cells
from pgx_mirror.core.facts import ARBITRATION, Facts
from pgx_mirror.core.known import basics
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC


def is_register(facts: Facts) -> bool:
    """Whether the register that is reached is the one that this epoch means."""
    return (
        basics.policy(facts) == ARBITRATION
        and bool(facts.register)
        and facts.register == basics.mark(facts).register
    )


def has_open_epoch(facts: Facts) -> bool:
    """Whether the register says that nobody has taken the pen of our pair's epoch.

    Until a lost answer is known the cell is not, and nothing is assumed of it.
    """
    cell = facts.cell
    return (
        is_register(facts)
        and cell is not None
        and (cell.epoch, cell.state) == (basics.mark(facts).epoch, cells.PAIR)
    )


def has_won(facts: Facts) -> bool:
    """Whether the register has given us the pen of our pair's epoch.

    One that was promoted by hand since it asked does not take it: it is stopped, and set up
    anew; its primary takes the pen back.
    """
    mine = basics.mark(facts)
    wanted = cells.Cell(mine.epoch + 1, cells.ALONE, mine.owner)
    in_pair = basics.is_in(facts, SYNC if facts.standby else PAIR)
    return in_pair and is_register(facts) and facts.cell == wanted


def has_lost(facts: Facts) -> int:
    """Return the epoch in which a standby in sync has lost the pen, 0 while it has not.

    One that was promoted by hand is a standby no more, and promises when it is asked.
    """
    cell, in_sync = facts.cell, facts.standby and basics.is_in(facts, SYNC)
    if not (in_sync and is_register(facts)) or cell is None:
        return 0
    mine = basics.mark(facts)
    lost = cell.epoch > mine.epoch and cell.who != mine.owner
    return cell.epoch if lost and cell.state == cells.ALONE else 0


def is_granted(facts: Facts) -> bool:
    """Whether the standby may be told that it is in sync: the register has this PAIR."""
    if not basics.is_in(facts, PAIR):
        return False
    if basics.policy(facts) != ARBITRATION:
        return True
    mine = basics.mark(facts)
    return is_register(facts) and facts.cell == cells.Cell(
        mine.epoch, cells.PAIR, mine.owner
    )


def to_lift(facts: Facts) -> cells.Cell | None:
    """Return what a holder has to tell the register, None where that knows it already."""
    durable, cell = facts.mark, facts.cell
    if durable is None or facts.terms.policy != ARBITRATION or not facts.register:
        return None
    holds = durable.state == ALONE
    pairs = durable.state == PAIR and not facts.standby and is_register(facts)
    if not (holds or pairs) or cell is None or cell.epoch >= durable.epoch:
        return None
    return cells.Cell(durable.epoch, durable.state, durable.owner)


def wants_binding(facts: Facts) -> bool:
    """Whether our mark has to name the register that is reached, which is empty.

    In a pair it does not: the epoch ends first, since the register is part of it.
    """
    return (
        facts.terms.policy == ARBITRATION
        and bool(facts.register)
        and facts.cell is None
        and basics.is_in(facts, ALONE, GIVEN, OUT, NEW)
        and basics.mark(facts).register != facts.register
    )
