"""pgx_monitor NAME: the resident monitor of one resource.

Started by pgx_online and pgx_check as the OS user, never by hand.  It detaches, loads
what is heavy while the server still starts, claims the resource and watches it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

from pgx_agent.monitor.options import Options, Told, parse, parse_told
from pgx_agent.monitor.writing.starter import Starter
from pgx_agent.script import front
from pgx_base import program, prologue, report
from pgx_base.failure import Failure
from pgx_base.trace import Trace
from pgx_pclrsc import registry
from pgx_pclrsc.core.definition import ResourceDefinition

PROGRAM = "pgx_monitor"


def _check_caller(definition: ResourceDefinition) -> None:
    if os.geteuid() != definition.uid:
        raise Failure(
            "must be run as the OS user of the resource",
            hint="pgx_online and pgx_check start it.",
        )


def _end(number: int, frame: object) -> None:
    """End at SIGTERM: there is nothing to tidy up, and the record stays as it is."""
    os._exit(0)


def _watch(
    options: Options, definition: ResourceDefinition, trace: Trace, starter: Starter
) -> None:
    # Here, not above: the caller is let go before what is heavy is loaded.
    from pgx_agent.monitor import work

    gc.collect()
    gc.freeze()
    told = _told(options)
    if told is not None:
        work.watch(options, definition, trace, told, starter)


def _told(options: Options) -> Told | None:
    """Return which server, and the record's generation; None when Online is gone."""
    if options.wait_fd < 0:
        return Told(None, options.generation)
    data = b""
    while not data.endswith(b"\n") and (more := os.read(options.wait_fd, 256)):
        data += more
    os.close(options.wait_fd)
    return parse_told(data.decode("ascii", "replace"))


def run(arguments: list[str]) -> int:
    """Detach, watch, and return the exit code.  Raises Failure for the caller's eyes."""
    options = parse(arguments)
    root = registry.registry_root()
    definition = front.definition_of(PROGRAM, root, options.name)
    _check_caller(definition)
    # Imported here, as everything of python-daemon stays in one module.
    from pgx_base.detach import detach

    detach([fd for fd in (options.wait_fd, options.ready_fd) if fd >= 0])
    signal.signal(signal.SIGTERM, _end)
    trace = Trace(definition.work_directory, definition.trace_max_file_size, PROGRAM)
    starter = Starter(options.ready_fd)
    try:
        _watch(options, definition, trace, starter)
    except Exception as ex:  # noqa: BLE001  # nobody reads a traceback of a daemon
        problem = program.as_failure(ex)
        report.to_system_log(PROGRAM, "error", problem)
        trace.write("\n".join(report.lines(PROGRAM, "error", problem)))
        _trace_back(trace, ex)
        starter.tell(f"lost {problem.primary}")
    return 0


def _trace_back(trace: Trace, problem: Exception) -> None:
    if not isinstance(problem, Failure | OSError):
        import traceback

        trace.write("".join(traceback.format_exception(problem)))


def main() -> None:
    """Run, and leave without Python's own tidying up."""
    prologue.first_statements(keep_descriptors=True)
    os._exit(program.exit_code(PROGRAM, lambda: run(sys.argv[1:])))
