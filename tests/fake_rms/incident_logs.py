"""Traces and switchlogs as scripts, monitor and RMS write them, line by line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from fixtures.fake_rms.incident.command import Asked, from_trace
from fixtures.fake_rms.shell.switchlog import entry
from pgx_base.trace import facts

BEGIN = datetime(2026, 3, 4, 5, 6, 7)  # noqa: DTZ001  # as a log has it
OURS = Path(__file__).resolve().parents[2] / "fixtures/transitions/applications"
DATABASE = OURS / "database.toml"
_CAUSE = "FAULT REASON: Resource <{}> transitioned to a Faulted state due to a test."


@dataclass
class Logs:
    """The logs of both nodes, written as time goes by: each step takes a second."""

    directory: Path
    now: datetime = BEGIN
    pid: int = 100
    files: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        """Append to a file of the directory."""
        self.files[name] = self.files.get(name, "") + text

    def trace(self, node: str, who: str, text: str) -> None:
        """Append one line to a trace."""
        stamp = self.now.isoformat(" ", "milliseconds")
        self.write(f"trace-{node}", f"{stamp} {who}[{self.pid}] {text}\n")

    def rms(self, node: str, code: str, number: str, text: str) -> None:
        """Append one message to a switchlog."""
        self.now += timedelta(seconds=1)
        self.write(f"switchlog-{node}", entry(self.now, code, number, "ERROR", text))

    def fault(self, node: str, number: str, name: str = "Cmdline_pgxtest") -> None:
        """Append RMS's word for a fault."""
        self.rms(node, "DET", number, _CAUSE.format(name))

    def judged(self, node: str, reason: str) -> None:
        """Append the monitor's verdict."""
        self.now += timedelta(seconds=1)
        self.trace(node, "pgx_monitor", facts("faulted", reason=reason))

    def begins(self, node: str, program: str, **asked: str) -> None:
        """Append the beginning of a script."""
        self.now += timedelta(seconds=1)
        self.pid += 1
        given = {"APPLICATION": "app1", "NODENAME": "Cmdline_pgxtest", **asked}
        words = " ".join(f"HV_{key}={value}" for key, value in sorted(given.items()))
        self.trace(node, program, f"begins {words}")

    def runs(
        self, node: str, program: str, end: str = "ends with 0", **asked: str
    ) -> None:
        """Append a script from its beginning to its end."""
        self.begins(node, program, **asked)
        self.now += timedelta(seconds=1)
        self.trace(node, program, end)

    def online(self, node: str, end: str = "ends with 0", **asked: str) -> None:
        """Append a run of pgx_online."""
        self.runs(node, "pgx_online", end, **{"LAST_DET_REPORT": "Offline", **asked})

    def offline(self, node: str, reason: str, **asked: str) -> None:
        """Append a run of pgx_offline."""
        self.runs(node, "pgx_offline", OFFLINE_REASON=reason, **asked)

    def asked(self, **more: object) -> Asked:
        """Write the files; return what from-trace is asked for."""
        for name, text in self.files.items():
            (self.directory / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        given: dict[str, list[str]] = {"trace": [], "switchlog": []}
        for name in sorted(self.files):
            kind, _, node = name.partition("-")
            if not node.endswith(".1"):
                given[kind].append(f"{node}={self.directory / name}")
        words = {"output": self.directory / "incident.rms"} | more
        return Asked([DATABASE], given["trace"], given["switchlog"], **words)  # type: ignore[arg-type]

    def told(self, **more: object) -> list[str]:
        """Return the statements that from-trace writes, without `mark` and `settle`."""
        assert from_trace(self.asked(**more)) == 0
        text = (self.directory / "incident.rms").read_text()
        return statements(text)


def statements(text: str) -> list[str]:
    """Return the statements of a transition file but those that stand everywhere."""
    plain = ("#", "mark", "settle")
    return [line for line in text.splitlines() if line and not line.startswith(plain)]
