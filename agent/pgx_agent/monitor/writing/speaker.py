"""What the monitor says: to the trace, to the system log, and one word to its starter."""

from __future__ import annotations

from typing import assert_never

from pgx_agent.monitor.writing.scribe import Scribe
from pgx_agent.monitor.writing.starter import Starter
from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.trace import facts
from pgx_pclrsc.core import live
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres.watch.watched import Begun, Counted, Plain, Recovered, Warn

PROGRAM = "pgx_monitor"


class Speaker:
    """Says things once: a warning that stands is not repeated at each question."""

    def __init__(self, name: str, trace: Scribe, starter: Starter) -> None:
        self._name = quoted(name)
        self._trace = trace
        self._starter = starter
        self._standing: dict[str, str] = {}
        self.failures = 0  # in a row

    def standing(self) -> tuple[str, ...]:
        """Return the warnings that stand."""
        return tuple(self._standing.values())

    def trace(self, text: str) -> None:
        """Write *text* to the trace alone."""
        self._trace.write(text)

    def _facts(self, of: str, **values: object) -> None:
        """Write one line for programs beside what was said to people."""
        self._trace.write(facts(of, **values))

    def note(self, level: str, message: Failure) -> None:
        """Write *message* to the system log and to the trace."""
        report.to_system_log(PROGRAM, level, message)
        self._trace.write("\n".join(report.lines(PROGRAM, level, message)))

    def warn_once(self, about: str, message: Failure | None) -> None:
        """Warn of *message* unless it is what was last said *about* this; None ends it."""
        if message is None:
            self._standing.pop(about, None)
        elif self._standing.get(about) != message.primary:
            self._standing[about] = message.primary
            self.note("warning", message)

    def tell(self, effect: Begun | Plain | Warn | Counted | Recovered) -> None:
        """Say what the watch wants to be said."""
        match effect:
            case Begun():
                self.begins()
            case Plain():
                self.answered_plainly()
            case Warn(text=text):
                self.answered_oddly(text)
            case Counted(failures=failures, allowed=allowed, reason=reason):
                self.failed(failures, allowed, reason)
            case Recovered(failures=failures):
                self.recovered(failures)
            case _:
                assert_never(effect)

    def answered_oddly(self, text: str) -> None:
        """Warn of a reply that is an answer, but not a row."""
        self.warn_once("reply", Failure(f"instance {self._name} answers, but: {text}"))

    def answered_plainly(self) -> None:
        """Forget what was odd: it is told again when it comes again."""
        self.warn_once("reply", None)

    def login_warned(self, database: str, text: str) -> None:
        """Pass on what the server warns of at each login; once, until it stops to."""
        about = f"login to {database}"
        if text and about in self._standing:
            return
        message = Failure(
            f"instance {self._name} warns at each login to {quoted(database)}: {text}",
            detail="It writes the same into its own log at each question.",
            hint="See to the reason; after a collation version mismatch rebuild what "
            "depends on it, then ALTER DATABASE ... REFRESH COLLATION VERSION.",
        )
        self.warn_once(about, message if text else None)

    def pid_file(self, problem: str | None) -> None:
        """Warn that the PID file no longer names the server."""
        if problem is None:
            return self.warn_once("PID file", None)
        message = Failure(
            f"the PID file of instance {self._name} is not its own: {problem}",
            detail="A server that finds its PID file gone ends itself within 60 s.",
            hint="Plan a stop now; do not write the file by hand.",
        )
        return self.warn_once("PID file", message)

    def no_guard(self, problem: str) -> None:
        """Warn that an adopted server runs without the guard."""
        message = Failure(
            f"could not lock the data directory of instance {self._name}: {problem}",
            detail="Nothing but RMS's exclusive disk keeps a second server out.",
        )
        self.warn_once("guard", message)

    def no_record(self, problem: OSError | None) -> None:
        """Warn that the status record cannot be written."""
        message = None
        if problem is not None:
            text = problem.strerror or str(problem)
            message = Failure(
                f"could not write the status record of instance {self._name}: {text}",
                hint="Look at the work directory.",
            )
        self.warn_once("record", message)

    def watched(self, pid: int, *, again: bool) -> None:
        """Say that the instance is Online."""
        if again:
            message = Failure(
                f"instance {self._name} has a new monitor: postmaster {pid}"
            )
        else:
            message = Failure(f"instance {self._name} is watched: postmaster {pid}")
        self.note("info", message)
        self._facts("watched", postmaster=pid, again=again)

    def failed(self, failures: int, allowed: int, reason: str) -> None:
        """Say that the count of failures has risen: only the first to the system log.

        While template1 is locked that would still be one line for each budget.
        """
        self.failures = failures
        message = Failure(
            f"instance {self._name} failed {failures} of {allowed} times: {reason}"
        )
        if failures == 1 and "reply" not in self._standing:
            self.note("notice", message)
        else:
            self.trace("\n".join(report.lines(PROGRAM, "notice", message)))
        self._facts("failed", failures=failures, allowed=allowed, reason=reason)

    def recovered(self, failures: int) -> None:
        """Say that the count of failures is back at zero."""
        self.failures = 0
        message = Failure(
            f"instance {self._name} answers again, failed {failures} times before"
        )
        self.note("info", message)
        self._facts("answers", failures=failures)

    def latency(self, answers: str) -> None:
        """Write down, in the trace alone, how long answers took: see `Latency`."""
        self._facts("latency", answers=answers)

    def faulted(self, reason: str) -> None:
        """Say that the instance is Faulted."""
        self.note("error", Failure(f"instance {self._name} is Faulted: {reason}"))
        self._facts("faulted", reason=reason)

    def changed(self, definition: ResourceDefinition) -> None:
        """Say that the instance is watched by other settings from now on."""
        self._trace.limit_trace(definition.trace_max_file_size)
        values = {key: getattr(definition, key) for key in live.KEYS}
        told = ", ".join(f"{key} = {value}" for key, value in values.items())
        self.note("info", Failure(f"instance {self._name} has other settings: {told}"))
        self._facts("settings", **values)

    def begins(self) -> None:
        """Say, in the trace alone, that the server may be asked from now on."""
        self.trace("the watch was Starting and is Watching")
        self._facts("state", before="Starting", after="Watching")

    def ends(self, reason: str) -> None:
        """Say, in the trace alone, that there is nothing to watch any more."""
        self.trace(f"the watch ends: {reason}")
        self._facts("ended", reason=reason)

    def first_word(self, text: str) -> None:
        """Tell the starter, once, what became of it."""
        self._starter.tell(text)
