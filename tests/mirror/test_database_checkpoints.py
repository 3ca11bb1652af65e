"""A checkpoint that runs while a pair is formed: what it holds back, and whom it holds up."""

from __future__ import annotations

import signal

import pytest

from fixtures.processes import kill, wait_until
from pgx_mirror.database.proof import Proof
from tests.fix_pair import NAME, MakeLooker, Pair, access, child
from tests.fix_sessions import Connect
from tests.mirror.arming import BARRIER, NOT_GIVEN, commits, waiting

pytestmark = pytest.mark.postgres


def test_a_checkpoint_at_work_holds_back_the_barrier(pair: Pair, proof: Proof) -> None:
    proof.off(30)
    checkpointer = child(pair.a, "checkpointer")
    kill(checkpointer, signal.SIGSTOP)
    pair.names(BARRIER)
    with pytest.raises(NOT_GIVEN):
        proof.on(0.5, BARRIER)
    pair.names(None)

    kill(checkpointer, signal.SIGCONT)

    proof.off(30)  # what it had on its way is over: this is what makes it so
    wait_until(lambda: waiting(pair) == "0", "the probe is ended")


def test_a_checkpoint_that_begins_under_the_barrier_holds_no_writer_up(
    pair: Pair, proof: Proof, connect: Connect
) -> None:
    pair.names(BARRIER)
    proof.on(30, BARRIER)
    client = commits(pair, connect)
    kill(child(pair.a, "checkpointer"), signal.SIGSTOP)

    pair.names(NAME)

    proof.free(30)  # by the walsender, which reads for itself
    wait_until(client, "the client's commit returns")


def test_a_checkpoint_under_an_arming_that_is_given_up_does(
    pair: Pair, proof: Proof, connect: Connect
) -> None:
    pair.names(BARRIER)
    proof.on(30, BARRIER)
    client = commits(pair, connect)
    checkpointer = child(pair.a, "checkpointer")
    kill(checkpointer, signal.SIGSTOP)

    pair.names(None)

    assert not proof.drop(0.5)
    assert not client()
    kill(checkpointer, signal.SIGCONT)
    wait_until(client, "the client's commit returns")


def test_no_barrier_while_another_checkpoint_runs(
    pair: Pair, proof: Proof, connect: Connect, looker: MakeLooker
) -> None:
    looking = looker(access(pair.a))

    def at_work() -> bool:
        return looking.look(30).checkpointing

    wait_until(lambda: not at_work(), "it has read its files, and is idle")
    session = connect(pair.a)
    session.execute("create table if not exists big (n int)")
    session.execute("insert into big select generate_series(1, 40000)")
    # One that is spread out: it is at work until another one hurries it.
    session.pgconn.send_query(b"select pg_backup_start('spread')")

    wait_until(at_work, "a checkpoint is seen at work")
    proof.off(60)

    assert not at_work()
