"""A real mc_arb that is killed and frozen again and again: every answer has its place.

The witness of test_register_history searches for an order of all calls that explains what
two controllers were told, and what each found when it was back.
"""

from __future__ import annotations

import random
import time

import pytest

from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core.words import PRIMARY, Lift, Read, Request, Win
from pgx_mirror.register.events import Answer, Away, Event
from tests.mirror.arbiters import A, Arbiter, B, Talker, turn_until
from tests.mirror.test_register_history import Call, explained

ROUNDS, CALLS = 6, 4  # a round ends with a blow


class History:
    """What two controllers have asked and heard, by a clock that counts turns."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.clock = 0
        self._seen = {A: 0, B: 0}

    def ask(self, talker: Talker, request: Request) -> None:
        self.clock += 1
        self.calls.append(Call(talker.me, request, self.clock))
        talker.ask(request)

    def look(self, talker: Talker) -> None:
        """Write down what *talker* has heard since the last look."""
        self.clock += 1
        for event in talker.heard[self._seen[talker.me] :]:
            self._heard(talker.me, event)
        self._seen[talker.me] = len(talker.heard)

    def _heard(self, who: str, event: Event) -> None:
        if isinstance(event, Answer):
            waiting = [
                call
                for call in self.calls
                if (call.who, call.request) == (who, event.request)
                and call.reply is None
                and not call.lost
            ]
            waiting[0].answered, waiting[0].reply = self.clock, event.reply
        elif isinstance(event, Away):
            for call in self.calls:
                if call.who == who and call.reply is None:
                    call.lost = True


def _request(chance: random.Random, epoch: int) -> Request:
    near = max(1, epoch + chance.choice([-1, 0, 0, 0, 1]))
    lifts: list[Request] = [Lift(near + 1, PAIR), Lift(near + 1, ALONE)]
    return chance.choice([Win(near), Win(near), *lifts, Read()])


def _strike(arbiter: Arbiter, chance: random.Random, *talkers: Talker) -> None:
    if chance.random() < 0.7:
        arbiter.kill()
        arbiter.start()
    else:
        with arbiter.frozen():
            until = time.monotonic() + chance.choice([0.05, 1.5])
            turn_until(lambda: time.monotonic() > until, "time", *talkers)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_befalls_it_there_is_one_order(arbiter: Arbiter, seed: int) -> None:
    chance, history = random.Random(seed), History()
    with (
        Talker(arbiter, A, PRIMARY, limit=1.0) as one,
        Talker(arbiter, B, PRIMARY, limit=1.0) as two,
    ):
        identity = arbiter.kept().identity
        one.bind(1, PAIR, identity)
        two.bind(1, "SYNC", identity)
        turn_until(lambda: one.known and one.known.cell, "a cell", one, two)

        def there() -> bool:
            history.look(one)
            history.look(two)
            return bool(one.known and two.known)

        for _ in range(ROUNDS):
            turn_until(there, "both are there", one, two)
            for _ in range(CALLS):
                cell = arbiter.kept().cell
                assert cell is not None
                talker = chance.choice([one, two])
                history.ask(talker, _request(chance, cell.epoch))
                if chance.random() < 0.6:
                    turn_until(lambda: there() or True, "a turn", one, two)
            _strike(arbiter, chance, one, two)
        turn_until(there, "both are there", one, two)
        for talker in (one, two):
            history.ask(talker, Read())
        turn_until(
            lambda: there() and all(c.reply for c in history.calls[-2:]),
            "the end",
            one,
            two,
        )
    answered = [call for call in history.calls if call.reply is not None]
    assert len(answered) > ROUNDS
    assert explained(history.calls, Cell(1, PAIR, A))
    assert {call.reply.cell for call in history.calls[-2:] if call.reply} == {
        arbiter.kept().cell
    }
