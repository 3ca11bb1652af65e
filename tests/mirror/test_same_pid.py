"""A PID file of a power loss that names the very PID which the next server gets.

PIDs begin anew with a container, and may after a reboot.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.processes import start_time, wait_until
from fixtures.server import Server
from pgx_base import proc
from pgx_mirror.controller.jobs import looker
from pgx_mirror.controller.jobs.calls import Calls
from pgx_mirror.controller.jobs.looker import Look, NoLook, Pace
from pgx_mirror.hands.line import Line
from pgx_postgres import pidfile
from pgx_postgres.running import startup
from tests.fix_postgres import MakeServer
from tests.mirror.test_instance_hands import LINE, site_of

_TURNS = 600  # looks, at ten a second
READY = "{}\n/data\n1\n5432\n\n\n\nready   \n"


def test_what_was_there_before_does_not_say_that_it_is_ready(tmp_path: Path) -> None:
    file = tmp_path / pidfile.NAME
    with subprocess.Popen(["sleep", "60"]) as began:
        file.write_text(READY.format(began.pid))
        stale = pidfile.stamp(str(tmp_path))
        pidfd = os.pidfd_open(began.pid)

        def waited(seconds: float) -> str:
            until = time.monotonic() + seconds
            calls = Calls(LINE)
            return startup.wait_ready(
                str(tmp_path), began.pid, pidfd, until, calls, stale
            )

        assert waited(0.1) == "late"
        file.unlink()
        file.write_text(READY.format(began.pid))  # as a server does that takes it over
        assert waited(60) == "ready"
        os.close(pidfd)
        began.kill()


class Heard(Line):
    """What a looker says; *then* is done after its first word."""

    def __init__(self, then: Callable[[], object]) -> None:
        super().__init__(-1, -1)
        self.said: list[object] = []
        self._then, self._turns = then, 0

    def say(self, value: object) -> None:
        self.said.append(value)
        if len(self.said) == 1:
            self._then()

    def told(self, within: float | None = None) -> None:
        self._turns += 1
        if isinstance(self.said[-1], Look) or self._turns > _TURNS:
            raise EOFError
        time.sleep(within or 0)


@pytest.mark.postgres
@pytest.mark.one_postgres
def test_a_look_that_finds_no_address_looks_for_one_again(
    make_server: MakeServer,
) -> None:
    """As where it is begun with the start, which a PID file of old has called ready."""
    server: Server = make_server("a")
    line = ["sh", "-c", 'kill -STOP $$; exec "$@"', "sh"]
    line += [str(server.binaries.path("postgres")), "-D", str(server.data)]
    with subprocess.Popen(line, **server.user.popen_options()) as made:
        wait_until(lambda: (proc.read_stat(made.pid) or "?")[0] == "T", "it stands")
        (server.data / pidfile.NAME).write_text(READY.format(made.pid))
        server.user.own(server.data / pidfile.NAME)
        heard = Heard(lambda: made.send_signal(signal.SIGCONT))
        ident = made.pid, start_time(made.pid)

        with pytest.raises(EOFError):
            looker.look_on(heard, site_of(server), ident, 0.1, Pace())
        made.send_signal(signal.SIGQUIT)

    before, *_, after = heard.said
    assert isinstance(before, NoLook)
    assert isinstance(after, Look)
