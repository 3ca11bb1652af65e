"""Policies message and fallback, and an operator's word by force, on real pairs."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fixtures.binaries import Binaries
from fixtures.commands import command
from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from pgx_mirror.core.mark import ALONE, GIVEN, PAIR, SYNC
from tests.fix_postgres import open_directory
from tests.mirror.whole import PATIENCE, Whole, whole

pytestmark = [pytest.mark.one_postgres]


@contextmanager
def a_pair(postgresql: Binaries, os_user: OsUser, policy: str) -> Iterator[Whole]:
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user, policy=policy) as made,
    ):
        yield made


@pytest.fixture
def asked(postgresql: Binaries, os_user: OsUser) -> Iterator[Whole]:
    """A pair whose silent primary only an operator replaces."""
    with a_pair(postgresql, os_user, "message") as made:
        yield made


def errors(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done
    assert "internal error" not in done.stderr
    return done.stderr


def when_clear(ask: Callable[[], tuple[int, str]]) -> tuple[int, str]:
    """Return what *ask* is answered once the other answers, or has been silent long enough.

    A controller that did not run for a while counts from later on, also when it has
    already said that the other is silent.
    """
    last = 0, ""

    def is_clear() -> bool:
        nonlocal last
        last = ask()
        return "not silent yet" not in last[1]

    wait_until(is_clear, "it is clear whether the other is there", PATIENCE)
    return last


def refused(pair: Whole, name: str, *words: str) -> str:
    """Return why mc_ctl refuses *words*."""
    return when_clear(lambda: (1, errors(pair.mc_ctl(name, *words, check=False))))[1]


def silent(pair: Whole, name: str) -> None:
    """Wait until *name* takes the other for silent."""
    wait_until(
        lambda: "not silent yet" not in pair.told(name) and "silent" in pair.told(name),
        "silent",
        PATIENCE,
    )


def test_a_standby_takes_over_by_an_operators_word(asked: Whole) -> None:
    first, other = asked.primary(), asked.standby()
    why = refused(asked, other, "switch", "--force", "-f")
    assert "answers, and nothing is forced beside a server that lives" in why
    since = asked.mark(other).since
    asked.power_off(first)
    silent(asked, other)

    assert "mc_ctl switch --force here" in refused(asked, other, "switch")
    # Since when is not told where the look at the mark takes more than 3 s.
    told = f"It must not have gone on alone since {since}"
    wait_until(lambda: told in refused(asked, other, "switch", "--force"), told)
    why = refused(asked, other, "switch", "--force")
    assert "the switch by force is not confirmed" in why
    assert asked.mark(other).state == SYNC
    asked.forced(other, "switch")

    asked.commits()
    asked.witness()
    assert asked.primary() == other
    assert "by force is carried out" in asked.trace(other)
    assert asked.start(first).returncode == 1
    assert asked.mark(first).state == GIVEN
    asked.rebuild(first)
    asked.settles()


def test_a_primary_that_has_met_nobody_goes_on_by_an_operators_word(
    asked: Whole,
) -> None:
    first, other = asked.primary(), asked.standby()
    asked.power_off(first, other)
    assert asked.start(first).returncode == 0
    silent(asked, first)
    assert "mc_ctl detach --force here" in refused(asked, first, "detach")
    assert asked.mark(first).state == PAIR
    asked.forced(first, "detach")

    asked.commits()
    asked.witness()
    assert asked.mark(first).state == ALONE
    assert asked.start(other).returncode == 0
    asked.settles()


def answered(pair: Whole, name: str, answer: str, *words: str) -> tuple[int, str]:
    """Run mc_ctl on a terminal, and answer; return its exit code and all that it says."""
    ours, theirs = pty.openpty()
    where = ["-M", str(pair.mcdir(name)), "--local-server", name]
    line = [command("mc_ctl"), words[0], *where, *words[1:]]
    with subprocess.Popen(
        line,
        env=pair.environment(),
        cwd="/",
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **pair.user.popen_options(),
    ) as child:
        os.write(ours, answer.encode())
        said, _ = child.communicate(timeout=PATIENCE)
    os.close(ours)
    os.close(theirs)
    return child.returncode, said


def test_the_word_is_asked_for_on_a_terminal(asked: Whole) -> None:
    first, other = asked.primary(), asked.standby()
    asked.power_off(first)
    silent(asked, other)
    for answer in ("n\n", "\n", "perhaps\n"):
        code, said = answered(asked, other, answer, "switch", "--force")
        assert code == 1
        assert f'Is server "{first}" off, and is all of it so? [y/N]' in said
        assert "is not confirmed" in said and "Nothing is done." in said
    assert asked.mark(other).state == SYNC

    code, said = when_clear(lambda: answered(asked, other, "y\n", "switch", "--force"))
    assert code == 0, said
    asked.commits()
    asked.witness()


def test_fallback_asks_nobody_and_says_so(
    postgresql: Binaries, os_user: OsUser
) -> None:
    with a_pair(postgresql, os_user, "fallback") as pair:
        first, other = pair.primary(), pair.standby()
        for name in (first, other):
            assert "a cut admin network makes two primaries" in pair.trace(name)
        pair.power_off(first)

        pair.commits()
        pair.witness()
        assert pair.primary() == other


@pytest.mark.long
@pytest.mark.parametrize("policy", ["fallback"])
def test_a_pair_that_is_switchable_is_one_that_acts(
    postgresql: Binaries, os_user: OsUser, policy: str
) -> None:
    """A standby in sync that has not met its primary yet would leave it to an operator.

    Heartbeats come so seldom here that there is time to be struck before that.
    """
    rare: dict[str, object] = {"heartbeat_interval": 4000}
    with (
        open_directory(os_user) as place,
        whole(place / "home", postgresql, os_user, policy=policy, conf=rare) as pair,
    ):
        first, other = pair.primary(), pair.standby()
        pair.mc_ctl(other, "stop")
        pair.mc_ctl(other, "start", "-w", "-f")
        pair.until_switchable()

        pair.power_off(first)

        pair.commits()
        pair.witness()
        assert pair.mark(other).state == ALONE
