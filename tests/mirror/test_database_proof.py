"""Do commits wait?  Proofs on real servers, whose checkpointer is slow, frozen or busy."""

from __future__ import annotations

import signal
from contextlib import closing

import pytest

from fixtures.processes import kill, wait_until
from fixtures.server import Server
from pgx_mirror.core import wal
from pgx_mirror.database import proof as proofs
from pgx_mirror.database.proof import Proof
from pgx_mirror.database.trouble import Lost, Refused, TooLate, Unproven
from tests.fix_pair import NAME, MakeLooker, Pair, access, child, freeze, set_names
from tests.fix_sessions import Connect
from tests.mirror.arming import BARRIER, NOT_GIVEN, commits, waiting, waits

pytestmark = pytest.mark.postgres


def test_an_arming_holds_commits_up_from_the_barrier_to_the_real_name(
    pair: Pair, proof: Proof, connect: Connect
) -> None:
    proof.off(30)
    pair.names(BARRIER)

    position = proof.on(30, BARRIER)

    assert position <= wal.number(pair.a.ask("select pg_current_wal_insert_lsn()"))
    client = commits(pair, connect)
    wait_until(lambda: waiting(pair) == "2", "the probe and the client wait")
    assert not client()
    pair.names(NAME)
    assert (
        0 < proof.free(30) <= wal.number(pair.b.ask("select pg_last_wal_receive_lsn()"))
    )
    wait_until(client, "the client's commit returns")
    assert waiting(pair) == "0"


def test_a_look_tells_whether_the_commit_of_the_proof_waits_still(
    pair: Pair, proof: Proof, connect: Connect, looker: MakeLooker
) -> None:
    """Others that wait prove nothing: a commit before theirs may have been released."""
    look = looker(access(pair.a)).look
    pair.names(BARRIER)
    client = waits(pair, connect)
    assert not look(30).proof_waits

    proof.on(30, BARRIER)

    assert look(30).proof_waits
    pair.names(NAME)
    proof.free(30)
    wait_until(client, "the client's commit returns")
    assert not look(30).proof_waits


def test_another_roles_commit_is_not_taken_for_that_of_the_proof(
    pair: Pair, connect: Connect, looker: MakeLooker
) -> None:
    pair.a.ask("create role stranger login")
    pair.names(BARRIER)

    like = {"user": "stranger", "application_name": "mc_agent proof"}
    waits(pair, connect, **like)

    seen = looker(access(pair.a)).look(30)
    pair.names(None)
    pair.a.ask("set synchronous_commit = local; drop role stranger")
    assert (seen.waiting, seen.proof_waits) == (1, False)


def test_a_proof_whose_commit_was_released_is_over(pair: Pair, proof: Proof) -> None:
    """An arming that goes on would hold up commits for nothing; one cancelled is no release."""
    pair.names(BARRIER)
    proof.on(30, BARRIER)
    assert proof.still_waits()
    pair.a.ask(
        "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'"
    )
    wait_until(lambda: waiting(pair) == "0", "the wait is cancelled")
    # Its commit is begun anew by whoever asks once the word of that has come.
    wait_until(lambda: proof.still_waits() and waiting(pair) == "1", "it waits again")

    pair.names(NAME)

    wait_until(lambda: not proof.still_waits(), "its commit has returned")


def test_the_position_of_the_proof_reaches_the_standby(
    pair: Pair, proof: Proof
) -> None:
    pair.names(BARRIER)
    position = proof.on(30, BARRIER)

    proof.nudge(30)

    have = "select pg_last_wal_receive_lsn()"
    wait_until(lambda: wal.number(pair.b.ask(have)) >= position, "the standby has it")


def test_no_proof_of_on_while_the_checkpointer_has_not_applied_it(
    pair: Pair, proof: Proof
) -> None:
    checkpointer = child(pair.a, "checkpointer")
    kill(checkpointer, signal.SIGSTOP)
    pair.names(NAME)
    shown = "select sync_state from pg_stat_replication"
    wait_until(lambda: pair.a.ask(shown) == "sync", "it is said to be in sync")
    freeze(pair.b)  # so that it cannot be the standby that lets a commit return

    with pytest.raises(NOT_GIVEN):
        proof.on(1, NAME)

    kill(checkpointer, signal.SIGCONT)
    assert proof.on(30, NAME)


def test_no_proof_of_off_while_the_checkpointer_has_not_applied_it(
    pair: Pair, proof: Proof
) -> None:
    checkpointer = child(pair.a, "checkpointer")
    kill(checkpointer, signal.SIGSTOP)

    with pytest.raises(TooLate):
        proof.off(1)

    kill(checkpointer, signal.SIGCONT)
    proof.off(30)


def test_no_proof_of_off_while_names_are_set(
    pair: Pair, proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "_READ_WITHIN", 1.0)
    pair.names(NAME)

    with pytest.raises(Unproven, match=f'shows the names "{NAME}"'):
        proof.off(60)


def test_no_proof_of_on_where_a_later_file_has_another_name(
    pair: Pair, proof: Proof
) -> None:
    pair.a.ask("alter system set synchronous_standby_names = 'somebody'")
    pair.names(BARRIER)

    with pytest.raises(Unproven, match=f'wait for "somebody", not for "{BARRIER}"'):
        proof.on(30, BARRIER)

    wait_until(lambda: waiting(pair) == "0", "the probe is ended")


def test_no_proof_of_on_where_names_come_from_the_command_line(server: Server) -> None:
    server.start_plain("-c", "synchronous_standby_names=")
    set_names(server, BARRIER)

    with closing(Proof(access(server))) as proof, pytest.raises(NOT_GIVEN):
        proof.on(0.5, BARRIER)


def test_no_proof_of_on_without_wal_senders(server: Server) -> None:
    server.configure(max_wal_senders=0)
    set_names(server, BARRIER)
    server.start_plain()

    with closing(Proof(access(server))) as proof, pytest.raises(NOT_GIVEN):
        proof.on(0.5, BARRIER)


@pytest.mark.parametrize("value", ["off", "local", "remote_write"])
def test_a_role_whose_commits_do_not_wait_is_no_hindrance(
    pair: Pair, proof: Proof, value: str
) -> None:
    me = pair.a.user.name
    pair.a.ask(f"alter role {me} set synchronous_commit = {value}")
    pair.names(BARRIER)

    assert proof.on(30, BARRIER)

    loose = f"set synchronous_commit = local; alter role {me} reset synchronous_commit"
    pair.a.psql("-d", "postgres", "-c", loose)


def test_given_up_nothing_is_left_waiting(pair: Pair, proof: Proof) -> None:
    pair.names(BARRIER)
    proof.on(30, BARRIER)

    pair.names(None)

    assert proof.drop(30)
    ours = "select count(*) from pg_stat_activity where application_name = 'mc_agent'"
    wait_until(lambda: pair.a.ask(ours) == "0", "our sessions are gone")


def test_given_up_while_names_stay_its_probe_is_ended(pair: Pair, proof: Proof) -> None:
    pair.names(BARRIER)
    proof.on(30, BARRIER)

    assert not proof.drop(0.2)

    wait_until(lambda: waiting(pair) == "0", "the probe is ended")


def test_a_standby_that_says_nothing_by_itself_is_nudged(
    pair: Pair, proof: Proof
) -> None:
    pair.b.ask("alter system set wal_receiver_status_interval = 0")
    kill(pair.b.pid() or 0, signal.SIGHUP)
    shown = "show wal_receiver_status_interval"
    wait_until(lambda: pair.b.ask(shown) == "0", "it is shown")
    pair.names(BARRIER)
    proof.on(30, BARRIER)
    have = "select flush_lsn = pg_current_wal_flush_lsn() from pg_stat_replication"
    wait_until(lambda: pair.a.ask(have) == "t", "the standby has answered already")

    pair.names(NAME)

    proof.free(25)  # the primary asks for a word after half of wal_sender_timeout, 30 s


def test_a_cancelled_probe_frees_nobody(
    pair: Pair, proof: Proof, connect: Connect
) -> None:
    pair.names(BARRIER)
    proof.on(30, BARRIER)
    with pytest.raises(TooLate):
        proof.free(0.3)
    pair.a.ask(
        "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'"
    )

    with pytest.raises(TooLate):
        proof.free(0.3)

    pair.names(NAME)
    proof.free(30)


def test_after_a_nudge_that_was_late_it_is_freed_by_another_session(
    pair: Pair, proof: Proof
) -> None:
    pair.names(BARRIER)
    proof.on(30, BARRIER)
    ours = "select pid from pg_stat_activity where application_name = 'mc_agent'"
    nudging = int(pair.a.ask(ours))
    kill(nudging, signal.SIGSTOP)
    with pytest.raises(TooLate):
        proof.free(0.3)
    pair.names(NAME)

    proof.free(30)


def test_a_server_that_ends_under_a_proof_is_lost(server: Server) -> None:
    server.start_plain()
    set_names(server, BARRIER)
    with closing(Proof(access(server))) as proof:
        proof.on(30, BARRIER)
        server.stop(signal.SIGQUIT)

        with pytest.raises((Lost, Refused)):
            proof.free(5)

        assert not proof.drop(1)


def test_a_frozen_server_is_late(pair: Pair, proof: Proof) -> None:
    freeze(pair.a)

    with pytest.raises(TooLate):
        proof.off(0.5)
