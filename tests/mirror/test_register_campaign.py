"""A real register that is killed and frozen again and again: every answer has its place.

The witness of test_register_history searches for an order of all calls that explains what
two controllers were told, and what each found when it was back.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from fixtures.etcd import Etcd
from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core.words import PRIMARY, Lift, Read, Request, Win
from pgx_mirror.register.events import Answer, Away, Event
from tests.mirror.arbiters import A, Arbiter, B, Kind, Talker, turn_until
from tests.mirror.etcds import EtcdPlace
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

    def last(self, talker: Talker) -> Call:
        """Return *talker*'s last call."""
        return [call for call in self.calls if call.who == talker.me][-1]

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


Strike = Callable[[random.Random, Talker, Talker], None]


def _pass_time(chance: random.Random, *talkers: Talker) -> None:
    until = time.monotonic() + chance.choice([0.05, 1.5])
    turn_until(lambda: time.monotonic() > until, "time", *talkers)


def _at_arbiter(arbiter: Arbiter) -> Strike:
    def strike(chance: random.Random, *talkers: Talker) -> None:
        if chance.random() < 0.7:
            arbiter.kill()
            arbiter.start()
        else:
            with arbiter.frozen():
                _pass_time(chance, *talkers)

    return strike


def _at_etcd(etcd: Etcd) -> Strike:
    """Kill or freeze one or two of three: two are missed, one is not."""

    def strike(chance: random.Random, *talkers: Talker) -> None:
        some = chance.sample(etcd.members, chance.choice([1, 2]))
        if chance.random() < 0.4:
            etcd.kill(*some)
            _pass_time(chance, *talkers)
            etcd.start()
        else:
            with etcd.frozen(*some):
                _pass_time(chance, *talkers)

    return strike


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_befalls_an_arbiter_there_is_one_order(
    arbiter: Arbiter, seed: int
) -> None:
    _campaign(arbiter, _at_arbiter(arbiter), seed)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_befalls_etcd_there_is_one_order(etcd: EtcdPlace, seed: int) -> None:
    etcd.timeout = 0.4
    _campaign(etcd, _at_etcd(etcd.etcd), seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 23))
def test_whatever_befalls_etcd_for_long_there_is_one_order(
    etcd: EtcdPlace, seed: int
) -> None:
    etcd.timeout = 0.4
    _campaign(etcd, _at_etcd(etcd.etcd), seed)


def _campaign(register: Kind, strike: Strike, seed: int) -> None:
    chance, history = random.Random(seed), History()
    with (
        Talker(register, A, PRIMARY, limit=1.0) as one,
        Talker(register, B, PRIMARY, limit=1.0) as two,
    ):
        turn_until(lambda: one.known and two.known, "both are there", one, two)
        identity = register.kept().identity
        one.bind(1, PAIR, identity)
        two.bind(1, "SYNC", identity)
        turn_until(lambda: one.known and one.known.cell, "a cell", one, two)

        def there() -> bool:
            history.look(one)
            history.look(two)
            return bool(one.known and two.known)

        def answered(request: Request, *talkers: Talker) -> None:
            """Have *talkers* ask until each is answered: again where an answer was lost."""
            for talker in talkers:
                history.ask(talker, request)

            def are_answered() -> bool:
                if there():
                    for talker in talkers:
                        if history.last(talker).lost:
                            history.ask(talker, request)
                return all(history.last(talker).reply for talker in talkers)

            turn_until(are_answered, "an answer", one, two, limit=90)

        for _ in range(ROUNDS):
            turn_until(there, "both are there", one, two, limit=90)
            for number in range(CALLS):
                cell = register.kept().cell
                assert cell is not None
                talker = chance.choice([one, two])
                request = _request(chance, cell.epoch)
                if (
                    number == 0
                ):  # else a slow register might answer none before the blow
                    answered(request, talker)
                    continue
                history.ask(talker, request)
                if chance.random() < 0.6:
                    turn_until(lambda: there() or True, "a turn", one, two)
            strike(chance, one, two)

        turn_until(there, "both are there", one, two, limit=90)
        answered(Read(), one, two)
        ends = [history.last(talker) for talker in (one, two)]
    assert len([call for call in history.calls if call.reply]) > ROUNDS
    assert explained(history.calls, Cell(1, PAIR, A))
    assert {end.reply.cell for end in ends if end.reply} == {register.kept().cell}
