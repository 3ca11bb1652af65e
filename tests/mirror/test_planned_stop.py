"""What a planned switch does so that nobody can commit for no longer than needed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.processes import gone, kill, wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_base.idents import Ident
from pgx_mirror.controller.jobs import instance, sessions
from pgx_mirror.controller.jobs.site import Site
from pgx_mirror.data import promote_file
from pgx_mirror.hands.hand import Hand
from pgx_mirror.hands.line import Ended, Said
from tests.fix_pair import MakePair
from tests.fix_postgres import MakeServer

pytestmark = pytest.mark.postgres


def ident(server: Server) -> Ident:
    """Return the postmaster."""
    pid = server.pid()
    stat = proc.read_stat(pid) if pid else None
    assert pid is not None and stat is not None
    return pid, stat[2]


def done(server: Server, job: Callable[..., Any], *words: Any) -> list[Any]:
    """Have *job* done as a controller does, and return all that it says."""
    user = server.user
    dir_fd = os.open(server.data, os.O_RDONLY | os.O_DIRECTORY)
    site = Site(
        "server1", str(server.data), dir_fd, "", "", user.uid, "/", user.name, "", "postgres"
    )  # fmt: skip

    def as_user(line: Any) -> Any:
        if user.other:
            os.setgroups([user.gid])
            os.setresgid(*[user.gid] * 3)
            os.setresuid(*[user.uid] * 3)
        return job(line, site, *words)

    hand = Hand(as_user, (), frozenset({dir_fd}))
    said: list[Said | Ended] = []

    def has_ended() -> bool:
        said.extend(hand.hear())
        return any(isinstance(one, Ended) for one in said)

    try:
        wait_until(has_ended, "the hand has ended", 60)
    finally:
        hand.close()
        os.close(dir_fd)
    assert not said[-1].problem if isinstance(said[-1], Ended) else False
    return [one.value for one in said]


def test_before_it_stops_a_checkpoint_is_made_while_commits_go_on(
    make_server: MakeServer,
) -> None:
    server = make_server("a", log_checkpoints="on")
    server.start_plain()

    stopping, stopped = done(server, sessions.stop, "fast", ident(server), 60.0)

    assert stopping == sessions.Stopping()
    assert isinstance(stopped, instance.StoppedAt)
    assert not stopped.left
    log = server.log()
    assert log.index("checkpoint complete") < log.index("fast shutdown request")


def test_a_server_that_makes_none_is_stopped_all_the_same(
    make_server: MakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_CHECKPOINT_WITHIN", 0.5)
    server = make_server("a")
    server.start_plain()
    postmaster = ident(server)
    server.ask("select 1")
    [checkpointer] = [
        int(pid)
        for pid in server.ask(
            "select pid from pg_stat_activity where backend_type = 'checkpointer'"
        ).splitlines()
    ]
    kill(checkpointer, signal.SIGSTOP)
    try:
        why, stopping, *_ = done(server, sessions.stop, "fast", postmaster, 4.0)
    finally:
        if not gone(checkpointer):
            kill(checkpointer, signal.SIGCONT)

    assert "no checkpoint before the stop" in why
    assert stopping == sessions.Stopping()


def test_a_promotion_is_asked_for_without_a_session(make_pair: MakePair) -> None:
    pair, recovers = make_pair(), "select pg_is_in_recovery()"
    pair.b.stop(signal.SIGINT)
    dir_fd = os.open(pair.b.data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        assert not promote_file.ask(dir_fd, (2**22, 1))  # no such process
        pair.b.start_plain()
        assert not (pair.b.data / "promote").exists()  # of an earlier run
        assert pair.b.ask(recovers) == "t"

        pair.a.stop(signal.SIGQUIT)
        assert promote_file.ask(dir_fd, ident(pair.b))
        wait_until(lambda: pair.b.ask(recovers) == "f", "it is promoted", 60)

        assert not promote_file.ask(dir_fd, ident(pair.b))  # no standby any more
        (pair.b.data / "promote").touch()  # who was asked again, promoted already
        pair.b.user.own(pair.b.data / "promote")
        [how] = done(pair.b, sessions.promoted, ident(pair.b), 60.0)
        assert how == sessions.Promotion("", ended=False)
        assert not (pair.b.data / "promote").exists()
    finally:
        os.close(dir_fd)
