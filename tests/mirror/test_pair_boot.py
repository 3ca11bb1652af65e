"""Both hosts of a pair boot and are shut down, by mc_std, in whatever order."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.commands import command
from fixtures.os_user import plain_environment
from fixtures.processes import wait_until
from pgx_mirror.command.boot_files import EXAMPLE, rc_script
from pgx_mirror.core.mark import ALONE, PAIR, SYNC
from tests.mirror.whole import PATIENCE, Whole

pytestmark = [pytest.mark.one_postgres, pytest.mark.long]

INSTALLDIR = Path(command("mc_std")).parents[1]


class Host:
    """One server, whose host boots."""

    def __init__(self, pair: Whole, name: str, *words: str) -> None:
        line = [command("mc_std"), *words, "start", str(INSTALLDIR)]
        line += [str(pair.mcdir(name)), f"-f --local-server={name}"]
        self.said = pair.home / f"boot-{name}"
        self._pair = pair
        with self.said.open("w") as out:
            self._process = subprocess.Popen(
                line,
                cwd="/",
                env=pair.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                **pair.user.popen_options(),
            )

    def until_it_waits(self) -> None:
        """Wait until its start was refused once."""
        wait_until(
            lambda: "is tried again" in self.said.read_text(), "it waits", PATIENCE
        )

    def boots(self, want: int = 0) -> str:
        """See that mc_std ends with exit code *want*; return what it has said."""
        code = self._process.wait(PATIENCE)
        said = self.said.read_text()
        assert code == want, (code, said, self._pair.shown())
        return said


def shut_down(pair: Whole, name: str) -> None:
    """Stop *name* as its host is shut down."""
    where = [str(INSTALLDIR), str(pair.mcdir(name)), f"--local-server={name}"]
    pair.run("mc_std", "stop", *where, on=name)
    assert pair.processes(name) == []


def down(pair: Whole) -> tuple[str, str]:
    """Have both lose their power; return who was primary, and who standby."""
    first, other = pair.primary(), pair.standby()
    pair.power_off(first, other)
    assert (pair.mark(first).state, pair.mark(other).state) == (PAIR, SYNC)
    return first, other


def test_the_standby_first_waits_until_its_primary_answers(mirrored: Whole) -> None:
    first, other = mirrored.primary(), mirrored.standby()
    shut_down(mirrored, other)
    shut_down(mirrored, first)

    waits = Host(mirrored, other)
    waits.until_it_waits()
    Host(mirrored, first).boots()
    waits.boots()

    mirrored.settles()
    assert mirrored.primary() == first


def test_power_lost_and_both_boot_at_once(mirrored: Whole) -> None:
    first, other = down(mirrored)

    hosts = [Host(mirrored, name) for name in (other, first)]
    for host in hosts:
        host.boots()

    mirrored.settles()
    assert mirrored.primary() == first


def test_power_lost_and_the_primary_boots_first(mirrored: Whole) -> None:
    first, other = down(mirrored)

    Host(mirrored, first).boots()
    wait_until(lambda: mirrored.mark(first).state == ALONE, "alone", PATIENCE)
    mirrored.commits()
    Host(mirrored, other).boots()

    mirrored.settles()
    assert mirrored.primary() == first


def test_power_lost_and_the_primary_never_comes(mirrored: Whole) -> None:
    """The standby gives up, with its instance down; a person decides, here that it waits."""
    first, other = down(mirrored)

    said = Host(mirrored, other, "--wait=2").boots(4)
    assert "gives up after 2 s" in said
    assert mirrored.processes(other) == []
    again = Host(mirrored, other)
    again.until_it_waits()
    Host(mirrored, first).boots()
    again.boots()


def test_a_deposed_server_is_refused_at_once_when_its_host_is_back(
    mirrored: Whole,
) -> None:
    """The primary's host is shut down: its standby takes over, automatics being on."""
    first, other = mirrored.primary(), mirrored.standby()
    shut_down(mirrored, first)
    assert mirrored.primary() == other

    said = Host(mirrored, first).boots(1)
    assert "this server is deposed" in said
    assert "tried again" not in said
    mirrored.rebuild(first)


@pytest.mark.root
def test_the_rc_script_starts_and_stops_a_server(mirrored: Whole) -> None:
    """By su: the user's login shell runs mc_std."""
    if mirrored.user.name != "postgres":
        pytest.skip("the OS user of the tests has no login shell")
    other = mirrored.standby()
    boot = replace(
        EXAMPLE,
        installdir=str(INSTALLDIR),
        mcdir=str(mirrored.mcdir(other)),
        user=mirrored.user.name,
        server=other,
    )
    script = mirrored.home / "rc_mc_inst1"
    script.write_text(rc_script(boot))

    def act(word: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", str(script), word],
            env=plain_environment("root") | {"PATH": os.environ["PATH"]},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    stopped = act("stop")
    assert (stopped.returncode, mirrored.processes(other)) == (0, []), stopped.stderr
    assert act("stop").returncode == 0  # nothing runs: that is done too
    started = act("start")
    assert started.returncode == 0, started.stderr
    assert act("start").returncode == 0
    mirrored.until_switchable()
    assert "switchable" in act("status").stdout
