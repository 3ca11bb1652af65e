"""Members of etcd that die, hang, come back, are emptied or put back: nothing is guessed."""

from __future__ import annotations

from pgx_mirror.core.cell import ALONE, PAIR, Cell
from pgx_mirror.register.core import words
from pgx_mirror.register.core.words import NEITHER, PRIMARY, STANDBY, Lift, Read, Win
from pgx_mirror.register.events import Away, Reached
from tests.mirror.arbiters import A, B, Talker, answer, pair, turn_until
from tests.mirror.etcds import EtcdPlace

FIRST = Cell(1, PAIR, A)


def test_one_member_that_dies_costs_no_answer(etcd: EtcdPlace) -> None:
    with pair(etcd) as (one, two):
        for member in etcd.etcd.members:
            etcd.etcd.kill(member)
            turn_until(lambda: one.known and two.known, "both are there", one, two)
            assert answer(one, Read(), two).cell == etcd.kept().cell
            etcd.etcd.start()


def test_a_leader_that_dies_loses_nothing(etcd: EtcdPlace) -> None:
    with pair(etcd) as (one, two):
        assert answer(one, Lift(2, ALONE), two).word == words.LIFTED
        etcd.etcd.kill(etcd.etcd.leader())

        def lifts() -> bool:
            if one.register.is_reached:
                one.ask(Lift(4, PAIR))
            turn_until(lambda: one.known, "it is there", one, two)
            return Cell(4, PAIR, A) == etcd.kept().cell

        turn_until(lifts, "the register is lifted", one, two)
        assert answer(one, Read(), two).cell == Cell(4, PAIR, A)


def test_a_member_that_hangs_is_left_for_another(etcd: EtcdPlace) -> None:
    with pair(etcd) as (one, two):
        for member in etcd.etcd.members:
            with etcd.etcd.frozen(member):
                turn_until(lambda: one.known and two.known, "both", one, two)
                count = len(one.answers)

                def answered(before: int = count) -> bool:
                    if one.register.is_reached and len(one.answers) == before:
                        one.ask(Read())
                    return len(one.answers) > before

                turn_until(answered, "an answer", one, two)
                assert one.answers[-1].cell == FIRST
            etcd.etcd.until_well()


def test_without_a_quorum_nothing_is_granted_and_nothing_told(etcd: EtcdPlace) -> None:
    """The one that is left has the key in its own memory, and does not tell of it."""
    with pair(etcd) as (one, two):
        with etcd.etcd.frozen(*etcd.etcd.members[1:]):
            one.ask(Win(1))
            two.says(NEITHER)
            two.ask(Read())
            turn_until(lambda: not one.known and not two.known, "away", one, two)
            assert (one.answers, two.answers) == ([], [])
            given_back = [r for loss in one.losses for r in loss.unanswered]
            assert given_back == [Win(1)]
            with Talker(etcd, B, STANDBY) as late:
                turn_until(lambda: late.losses, "a loss", late)
                assert not late.known
        # Carried out, now or a little later, or not: what the cell is both are told alike.
        turn_until(
            lambda: one.known and one.known == two.known, "both are back", one, two
        )
        assert etcd.kept().cell in (FIRST, Cell(2, ALONE, A))


def test_all_that_die_come_back_with_what_they_had(etcd: EtcdPlace) -> None:
    with pair(etcd) as (one, two):
        assert answer(one, Win(1), two).word == words.WON
        identity = etcd.kept().identity
        etcd.etcd.stop()

        def told() -> bool:
            """Why, perhaps after the word that a busy child did not answer."""
            return any("connection refused" in loss.why for loss in one.losses)

        turn_until(lambda: told() and not (one.known or two.known), "away", one, two)
        etcd.etcd.start()
        turn_until(lambda: one.known and two.known, "both are back", one, two)
        assert etcd.kept().identity == identity
        assert answer(two, Win(1), one).word == words.LOST


def test_an_emptied_etcd_is_another_register(etcd: EtcdPlace) -> None:
    etcd.timeout = 20.0
    with pair(etcd, 60.0) as (one, two):  # forty answers, and none may be late
        before = etcd.kept().identity
        for epoch in range(2, 42):
            assert answer(one, Lift(epoch, PAIR), two).word == words.LIFTED
        etcd.etcd.empty()
        turn_until(
            lambda: one.known and one.known.identity != before, "another", one, two
        )
        turn_until(lambda: one.known and one.known.cell, "enrolled again", one, two)
        assert answer(one, Win(1), two).word == words.OTHER
        # Its revisions begin anew: what was seen before makes nothing of it old.
        seen = {event.identity for event in one.heard if isinstance(event, Reached)}
        assert len(seen) <= 3, seen


def _put_back(etcd: EtcdPlace, token: str | None) -> str:
    """Have A win, and put etcd back to before it; return the identity that it had."""
    with pair(etcd) as (one, two):
        path = etcd.etcd.snapshot()
        assert answer(one, Win(1), two).word == words.WON
        before = etcd.kept().identity
    etcd.etcd.restore(path, token)
    return before


def test_a_snapshot_put_back_as_another_cluster_is_another_register(
    etcd: EtcdPlace,
) -> None:
    before = _put_back(etcd, "another")
    assert etcd.kept().identity == before
    with Talker(etcd, B, STANDBY) as two:
        turn_until(lambda: two.known, "it is there", two)
        assert two.known is not None
        assert two.known.identity != before
        assert two.known.cell is None


def test_a_snapshot_put_back_under_a_controller_is_another_register(
    etcd: EtcdPlace,
) -> None:
    with pair(etcd) as (one, two):
        path = etcd.etcd.snapshot()
        assert answer(one, Win(1), two).word == words.WON
        before = etcd.kept().identity
        two.heard.clear()
        etcd.etcd.restore(path)
        # By a child that was held up with its question it has been replaced already.
        assert etcd.kept().cell in (FIRST, None)
        turn_until(lambda: one.known and one.known.identity != before, "it", one, two)
        assert one.losses
        # Both come to the same one, and enrol it, whoever has replaced it.
        turn_until(
            lambda: one.known == two.known and one.known and one.known.cell,
            "both enrol it",
            one,
            two,
        )


def test_a_snapshot_that_nobody_can_tell_grants_an_epoch_twice(
    etcd: EtcdPlace,
) -> None:
    """The danger that docs/pair_register.md tells of: put back, and no controller lived."""
    before = _put_back(etcd, None)
    with Talker(etcd, B, PRIMARY) as two:
        turn_until(lambda: two.known, "it is there", two)
        two.bind(1, "SYNC", before)
        assert answer(two, Win(1)).word == words.WON  # as A has won before


def test_a_controller_that_waits_for_etcd_ends_its_child_in_time(
    etcd: EtcdPlace,
) -> None:
    """Whatever the child waits for: here each answer would have a minute."""
    etcd.timeout = 60.0
    with etcd.etcd.frozen(*etcd.etcd.members), Talker(etcd, A, PRIMARY) as one:
        turn_until(lambda: one.losses, "a loss", one)
        assert one.losses[0] == Away("it does not answer")
