"""What people do to a pair by hand: names edited, promoted, copied, started under a name."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fixtures import processes
from fixtures.pair.place import NAMES
from fixtures.processes import wait_until
from pgx_mirror.core.mark import SYNC
from tests.fix_pair import child
from tests.mirror.bearer import Bearer
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]


def test_names_taken_out_by_hand_are_set_again_and_the_pair_is_formed_anew(
    mirrored: Whole,
) -> None:
    first, before = mirrored.primary(), mirrored.epoch()

    mirrored.edit(first, "\nsynchronous_standby_names", "\n#synchronous_standby_names")
    mirrored.reload(first)

    mirrored.until_later(before)
    assert mirrored.primary() == first
    assert "synchronous_standby_names was changed by hand" in mirrored.trace(first)


def test_names_taken_out_while_no_controller_is_there_end_the_epoch_too(
    mirrored: Whole,
) -> None:
    first, before = mirrored.primary(), mirrored.epoch()
    mirrored.mc_ctl(first, "stop", "--mc-only")

    mirrored.edit(first, "\nsynchronous_standby_names", "\n#synchronous_standby_names")
    mirrored.reload(first)
    mirrored.start(first)

    mirrored.until_later(before)
    assert mirrored.primary() == first


@pytest.mark.parametrize("value", ["off", "local", "remote_write"])
def test_a_role_that_does_not_wait_is_told_in_status(
    mirrored: Whole, value: str
) -> None:
    first, role = mirrored.primary(), mirrored.user.name

    mirrored.asks(first, f"alter role {role} set synchronous_commit = {value}")
    wait_until(lambda: f"{role}: {value}" in mirrored.told(first), "told", PATIENCE)

    mirrored.asks(first, f"alter role {role} reset synchronous_commit")


def test_a_syntax_error_in_postgresql_conf_is_told_and_mended_nothing_is_stuck(
    mirrored: Whole,
) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    wrong = "\nmax_connections 'is what\n"
    conf = mirrored.servers[first].data / "postgresql.conf"
    conf.write_text(conf.read_text() + wrong)
    mirrored.reload(first)
    wait_until(
        lambda: "postgresql.conf" in mirrored.told(first), "it is told", PATIENCE
    )

    mirrored.mc_ctl(other, "stop", check=False)
    wait_until(lambda: "has an error" in mirrored.told(first), "it is told", PATIENCE)
    conf.write_text(conf.read_text().replace(wrong, ""))

    mirrored.commits()
    mirrored.start(other)


def test_a_forged_status_message_ahead_of_the_primary_poisons_it_for_no_longer_than_seen(
    mirrored: Whole,
) -> None:
    first, before = mirrored.primary(), mirrored.epoch()
    server = mirrored.servers[first]
    postmaster = server.pid()

    with Bearer(server, NAMES[mirrored.standby()]) as foe:
        foe.reports(1 << 50)
        wait_until(lambda: server.pid() != postmaster, "it is stopped", PATIENCE)

    mirrored.until_later(before)
    assert server.pid() != postmaster
    assert "a position beyond its own WAL was reported" in mirrored.trace(first)


def test_a_detach_is_done_once_commits_pass_though_the_names_are_shown_out_before(
    mirrored: Whole,
) -> None:
    """Postmaster and checkpointer are stopped, the one that reads, and the one that applies."""
    first, other = mirrored.primary(), mirrored.standby()
    server = mirrored.servers[first]
    postmaster, checkpointer = server.pid(), child(server, "checkpointer")
    assert postmaster is not None
    for pid in (checkpointer, postmaster):
        processes.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as beside:
        detach = beside.submit(mirrored.mc_ctl, first, "detach", check=False)
        try:
            wait_until(lambda: mirrored.names(first) == "out", "written", PATIENCE)
            mirrored.told(first)
            assert not detach.done()

            processes.kill(postmaster, signal.SIGCONT)
            shown = "show synchronous_standby_names"
            wait_until(lambda: mirrored.asks(first, shown) == "", "shown", PATIENCE)
            time.sleep(1.0)  # several looks, none of which proves anything
            assert not detach.done()
        finally:
            for pid in (postmaster, checkpointer):
                processes.kill(pid, signal.SIGCONT)
        assert detach.result().returncode == 0, detach.result().stderr

    mirrored.commits()
    mirrored.mc_ctl(other, "stop")
    assert mirrored.start(other).returncode == 0


def test_a_standby_is_not_disconnected_while_nobody_takes_its_name_out(
    mirrored: Whole,
) -> None:
    """The primary's controller alone was ended; its server goes on, and commits with it."""
    first, other = mirrored.primary(), mirrored.standby()
    epoch = mirrored.epoch()
    mirrored.mc_ctl(first, "stop", "-e")
    try:
        at_once = mirrored.mc_ctl(other, "detach", check=False)
        silent = f'server "{first}" is silent'
        wait_until(lambda: silent in mirrored.told(other), "silent", PATIENCE)
        later = mirrored.mc_ctl(other, "detach", check=False)

        for refused in (at_once, later):
            assert refused.returncode == 1
            assert "commits would wait for this standby" in refused.stderr
            assert f'mc_ctl start on server "{first}"' in refused.stderr
        assert mirrored.mark(other).state == SYNC
        mirrored.commits()

        stopped = mirrored.mc_ctl(other, "stop")
        assert "its commits wait from now on" in stopped.stderr
        assert "commits wait" in mirrored.told(first)
    finally:
        mirrored.start(first)
    mirrored.commits()
    assert mirrored.start(other).returncode == 0
    mirrored.until_later(epoch)
    mirrored.settles()


def test_a_copy_of_the_standby_under_its_name_ends_the_epoch(mirrored: Whole) -> None:
    before = mirrored.epoch()
    copy = mirrored.copied(mirrored.standby())
    auto = copy.data / "postgresql.auto.conf"
    # The slot of mc_ctl setup lets in one of the two alone.
    auto.write_text(auto.read_text().replace("primary_slot_name", "#primary_slot_name"))
    copy.start_plain()
    try:
        wait_until(lambda: mirrored.epoch() > before, "the epoch ends", PATIENCE)
        mirrored.commits()
    finally:
        copy.stop(signal.SIGQUIT)
