"""heartbeat_error_action = command on real pairs: who is silent is asked about, and ended."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import processes
from fixtures.binaries import Binaries
from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from pgx_mirror.core import commands
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, SYNC
from tests.fix_postgres import open_directory
from tests.mirror.fences import Fences
from tests.mirror.whole import PATIENCE, Whole, whole

pytestmark = [pytest.mark.one_postgres]


@pytest.fixture
def fenced(
    program_home: Path, postgresql: Binaries, os_user: OsUser
) -> Iterator[tuple[Whole, Fences]]:
    with open_directory(os_user) as place:
        fences = Fences(program_home, place / "home", os_user)
        home, conf = place / "home", fences.conf()
        with whole(home, postgresql, os_user, policy="command", conf=conf) as made:
            yield made, fences


def freeze(pair: Whole, name: str) -> None:
    """Stop all that runs on *name*'s host."""
    for pid in pair.processes(name):
        processes.kill(pid, signal.SIGSTOP)


def test_a_frozen_primary_is_ended_before_the_standby_takes_over(
    fenced: tuple[Whole, Fences],
) -> None:
    pair, fences = fenced
    first, other = pair.primary(), pair.standby()
    fences.ends(commands.ARBITRATION, 1)
    freeze(pair, first)
    asked = f"arbitration_command {other} {first} primarycenter"
    wait_until(lambda: fences.called().count(asked) >= 2, "asked again", PATIENCE)
    assert pair.mark(other).state == SYNC
    assert set(fences.called()) == {asked}
    assert "exit status 1" in pair.trace(other)

    fences.ends(commands.ARBITRATION, 0)
    pair.commits()
    pair.witness()
    assert pair.mark(other).state == ALONE
    assert pair.processes(first) == []
    ended = f"fencing_command monitor switch {other} {first} primarycenter"
    assert fences.called()[-1] == ended
    assert pair.start(first).returncode == 1
    assert pair.mark(first).state == GIVEN
    pair.rebuild(first)
    pair.settles()


def test_no_primary_goes_on_beside_a_standby_that_could_not_be_ended(
    fenced: tuple[Whole, Fences],
) -> None:
    pair, fences = fenced
    first, other = pair.primary(), pair.standby()
    fences.ends(commands.FENCING, 3)
    freeze(pair, other)
    tried = f"fencing_command monitor detach {first} {other} primarycenter"
    wait_until(lambda: fences.called().count(tried) >= 2, "tried again", PATIENCE)
    assert pair.mark(first).state == PAIR
    refused = pair.mc_ctl(first, "detach", check=False)
    assert "the other server was not fenced" in refused.stderr
    assert "add --force" in refused.stderr

    fences.ends(commands.FENCING, 0)
    pair.commits()
    pair.witness()
    assert pair.mark(first).state == ALONE
    assert pair.start(other).returncode == 0
    pair.settles()


def test_who_has_met_nobody_in_this_life_ends_nobody(
    fenced: tuple[Whole, Fences],
) -> None:
    """It may be the one that was ended: an operator's word is asked for."""
    pair, fences = fenced
    first, other = pair.primary(), pair.standby()
    pair.power_off(first, other)
    assert pair.start(first).returncode == 0
    wait_until(
        lambda: "the standby is silent, and nobody can say" in pair.told(first),
        "it says so",
        PATIENCE,
    )
    assert fences.called() == []
    pair.forced(first, "detach")
    pair.commits()
    assert fences.called() == [
        f"fencing_command command detach {first} {other} primarycenter"
    ]
    pair.witness()
    assert pair.start(other).returncode == 0
    pair.settles()
