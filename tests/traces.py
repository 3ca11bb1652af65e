"""Traces as scripts and monitors write them, at moments of the test's choice."""

from __future__ import annotations

from pgx_base import moments, trace_lines
from pgx_base.report import Failure, lines
from pgx_base.trace import facts
from pgx_pclrsc.history.core import story
from pgx_pclrsc.history.core.told import Told

BEGIN = moments.days(2026, 11, 27) * moments.DAY + 9 * 3600.0
REASON = "no reply within 5 s"


class Written:
    """A trace that grows; *now* is the clock on its wall."""

    def __init__(self, now: float = BEGIN) -> None:
        self.now = now
        self.lines: list[str] = []

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(f"{line}\n" for line in self.lines)

    def read(self) -> Told:
        """Return what is made of it, a second after its end."""
        return story.read(trace_lines.read(self.text, self.now + 1).lines, self.now + 1)

    def write(self, who: str, pid: int, text: str, after: float = 0.0) -> float:
        """Have *who* write *text*, so many seconds *after* what was last; return when."""
        self.now += after
        for line in text.splitlines():
            self.lines.append(f"{moments.text(self.now, 3)} {who}[{pid}] {line}")
        return self.now

    def monitor(self, of: str, after: float = 0.0, **values: object) -> float:
        """Have the monitor write facts."""
        return self.write("pgx_monitor", 900, facts(of, **values), after)

    def answers(self, minutes: int, took: float = 1.3) -> None:
        """Let the server answer each 3 s."""
        told = ",".join(f"{60 - 3 * i:.1f}:{took + i / 10:.1f}" for i in range(20))
        for _ in range(minutes):
            self.monitor("latency", 60, answers=told)

    def online(self, code: int = 0, after: float = 1.0, problem: str = "") -> float:
        """Run pgx_online; return when it began."""
        began = self.write("pgx_online", 100, "begins HV_SCRIPT_TYPE=Online", after)
        self.write("pgx_online", 100, "no server runs, so it is started", 0.02)
        self.write("pgx_online", 100, facts("online", step="Start"))
        if code:
            shown = lines("pgx_online", "error", Failure(problem, hint="Look at it."))
            self.write("pgx_online", 100, "\n".join(shown))
        else:
            self.monitor("watched", 1, postmaster=4711, again=False)
        self.write("pgx_online", 100, f"ends with {code}", 0.2)
        return began

    def offline(self, reason: str = "STOP", code: int = 0, after: float = 1.0) -> float:
        """Run pgx_offline; return when it began."""
        mode = "immediate" if reason == "FAULT" else "fast"
        why = f"HV_OFFLINE_REASON is {reason}"
        began = self.write(
            "pgx_offline", 200, f"begins HV_OFFLINE_REASON={reason}", after
        )
        self.write("pgx_offline", 200, f"{mode} stop: {why}", 0.1)
        self.write("pgx_offline", 200, facts("offline", mode=mode, reason=reason))
        step = "SendImmediate" if mode == "immediate" else "SendFast"
        self.write("pgx_offline", 200, facts("stop", step=step, because=why))
        self.write("pgx_offline", 200, f"ends with {code}", 1.4)
        return began

    def fault(self, reason: str = REASON, after: float = 5.0) -> float:
        """Let all questions fail; return when it was judged Faulted."""
        for number in range(1, 7):  # the last is the verdict
            self.monitor("failed", after, failures=number, allowed=7, reason=reason)
        at = self.monitor("faulted", reason=reason)
        for seen in ("postmaster 4711: state T, waits in do_signal_stop", "load: 0.1"):
            self.write("pgx_monitor", 900, seen)
        return at


def failover() -> Written:
    """A server that comes up, answers for an hour, falls silent, and is started anew."""
    trace = Written()
    trace.online()
    trace.answers(60)
    trace.fault()
    trace.offline("FAULT", after=4)
    trace.online()
    trace.answers(30)
    return trace
