"""A cluster of small shell scripts on nodes that are directories, driven in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fixtures.fake_rms import application, pretend
from fixtures.fake_rms.facts import Knobs, parse_knob
from fixtures.fake_rms.model.config import configure
from fixtures.fake_rms.model.display import application_state
from fixtures.fake_rms.model.events import Where
from fixtures.fake_rms.model.names import Script
from fixtures.fake_rms.shell.machines import Directories
from fixtures.fake_rms.shell.monitor import Monitor, Settings
from fixtures.fake_rms.typed import Answer, Typed

HEAD = 'name = "APP1"\nmachines = ["node1RMS", "node2RMS"]\n'
# Up is a file; what Start and Stop see of their environment is noted beside it.
PLAIN = """
[[resource]]
name = "db"
start = "/bin/sh -c 'env >$FAKE_RMS_NODE/start.env; : >$FAKE_RMS_NODE/run/db'"
stop = "/bin/sh -c 'env >$FAKE_RMS_NODE/stop.env; rm -f $FAKE_RMS_NODE/run/db'"
check = "/bin/sh -c 'test -e $FAKE_RMS_NODE/run/db'"
timeout = 60
"""


def scripted(tmp_path: Path, start: str, timeout: float = 60.0) -> str:
    """Return a resource whose Start is the shell script *start*."""
    path = tmp_path / "start.sh"
    path.write_text("#!/bin/sh\n" + start)
    path.chmod(0o755)
    return PLAIN.replace("timeout = 60", f"timeout = {timeout}").replace(
        PLAIN.splitlines()[3], f'start = "{path}"'
    )


@dataclass
class Small:
    """A running fake RMS."""

    monitor: Monitor
    home: Path

    def until(self, condition: Callable[[], object], limit: float = 60.0) -> None:
        """Run RMS until *condition* holds."""
        end = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < end, self.log("node1RMS")
            self.monitor.poll(0.05)

    def time_out(self, script: Script) -> None:
        """Have the time of each *script* that runs be over now."""
        for task, process in self.monitor.running.items():
            if task.script is script:
                process.deadline = time.monotonic()

    def state(self, node: str, app: str = "app1") -> str:
        """Return the application's state on *node*."""
        where = Where(app, node)
        return application_state(self.monitor.config, self.monitor.cluster, where)

    def reaches(self, first: str, second: str, limit: float = 60.0) -> None:
        """Wait for the states on both nodes."""
        wanted = (first, second)
        self.until(
            lambda: (self.state("node1RMS"), self.state("node2RMS")) == wanted, limit
        )

    def type(self, command: str, node: str = "node1RMS") -> Answer:
        """Type a command on *node*, and wait for it to come back."""
        program, *argv = command.split()
        typed = Typed(self.monitor, node, program, argv)
        self.until(typed.look)
        assert typed.answer is not None
        return typed.answer

    def start(self) -> None:
        """Start RMS everywhere."""
        assert self.type("hvcm -a").code == 0

    def log(self, node: str) -> str:
        """Return the switchlog."""
        path = self.home / node / "log" / "switchlog"
        return path.read_text() if path.exists() else ""

    def environment(self, node: str, script: str) -> dict[str, str]:
        """Return what a script has noted of its environment."""
        text = (self.home / node / f"{script}.env").read_text()
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


MakeSmall = Callable[..., Small]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[MakeSmall]:
    """Return a function that makes a cluster: `small(resources, attributes, knob=...)`."""
    made: list[Small] = []

    def make(
        resources: str = PLAIN,
        attributes: str = "",
        interval: float = 0.1,
        **given: str,
    ) -> Small:
        text = HEAD + "[attributes]\n" + attributes + "\n" + resources
        declared = application.parse("app.toml", text, pretend.commands)
        values = {name: parse_knob(name, word) for name, word in given.items()}
        knobs = replace(Knobs(), **values)  # type: ignore[arg-type]
        config = configure([declared.application], knobs)
        machines = Directories(tmp_path, config.machines)
        settings = Settings(interval, declared.environment)
        made.append(Small(Monitor(config, machines, tmp_path, settings), tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.monitor.close()
