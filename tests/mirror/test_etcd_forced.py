"""The danger that docs/pair_register.md tells of: one member is made a cluster of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from fixtures.etcd import Etcd, Member
from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core import words
from pgx_mirror.register.core.words import STANDBY, Win
from tests.mirror.arbiters import A, B, Talker, pair, turn_until
from tests.mirror.etcds import EtcdPlace

pytestmark = pytest.mark.long


@pytest.fixture
def behind(etcd: EtcdPlace) -> Iterator[Member]:
    """A member that does not lead; all are emptied afterwards."""
    its = etcd.etcd
    yield next(one for one in its.members if one is not its.leader())
    its.options = ()
    its.stop()
    for member in its.members:
        shutil.rmtree(member.data)


def _wins(talker: Talker, *others: Talker) -> Cell | None:
    """Have it ask until it has an answer that is one, and return the cell."""

    def decided() -> bool:
        answers = talker.answers
        if answers and answers[-1].word != words.HEARD:
            return True
        if talker.register.is_reached:
            talker.ask(Win(1))
        return False

    turn_until(decided, "it is decided", talker, *others)
    return talker.answers[-1].cell


def _alone(etcd: Etcd, member: Member) -> None:
    """The way out that etcd has for a lost quorum."""
    etcd.options = ("--force-new-cluster",)
    etcd.begin(member)
    etcd.until_well()


def test_a_member_that_was_behind_grants_an_epoch_twice_once_it_is_forced(
    etcd: EtcdPlace, behind: Member
) -> None:
    with pair(etcd) as (one, two):
        etcd.etcd.until_well()  # each has heard of the pair
        with etcd.etcd.frozen(behind):
            turn_until(lambda: one.known and two.known, "both are there", one, two)
            assert _wins(one, two) == Cell(2, ALONE, A)
            etcd.etcd.stop()  # the one behind, before it reads what waits for it
        identity = one.known and one.known.identity
    _alone(etcd.etcd, behind)
    assert etcd.kept().cell == Cell(1, PAIR, A)  # and its cluster's number is the same
    with Talker(etcd, B, STANDBY) as two:
        turn_until(lambda: two.known, "it is there", two)
        two.bind(1, "SYNC", str(identity))
        assert _wins(two) == Cell(2, ALONE, B)  # as A has won before
