"""Starting pgx_monitor: by fork and exec, as the OS user, an ordinary process.

Online starts it as its own child.  Check starts it in the background: a child of
Check runs on alone after Check has answered, at most one start in 10 s.
"""

from __future__ import annotations

import os
import select
import sys
import time

from pgx_agent.monitor.options import CHECK
from pgx_agent.script import lock
from pgx_base import files, locks, proc, prologue, reach, report, users
from pgx_base.failure import Failure
from pgx_base.light import signal
from pgx_base.signals import send_signal
from pgx_base.trace import Trace
from pgx_pclrsc import environment, monitors, record, registry, runentry, store
from pgx_pclrsc.core import names
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres.processes import postmasters

STARTER = 1  # byte of monitor.lock: held while a start is decided on
_PAUSE_MS = 10_000
_WAIT_FOR_ENTRY = 60.0  # seconds root waits for the first answer, to write its entry
_WAIT_FOR_LOCK = 1.0


_DEFAULT = (
    signal.SIGPIPE,
    signal.SIGXFSZ,
    signal.SIGCHLD,
    signal.SIGTERM,
    signal.SIGHUP,
)


# Asked now, not when it is needed: a script that was called by a relative path is found
# from the directory it was called in alone, and those who start a monitor have left it.
_PROGRAMS = os.path.dirname(os.path.realpath(sys.argv[0]))


def program() -> str:
    """Return the path of pgx_monitor: it is installed beside the script that runs."""
    return os.path.join(_PROGRAMS, monitors.PROGRAM)


def spawn(definition: ResourceDefinition, options: list[str], errors: int) -> int:
    """Start pgx_monitor with *options* as the user that we are, and return its PID.

    *errors* is its descriptor 2 until it has detached.  Only inheritable descriptors reach
    it.  Raises OSError.
    """
    path = program()
    null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1)]
    actions = [*null, (os.POSIX_SPAWN_DUP2, errors, 2)]
    return os.posix_spawn(
        path,
        [path, definition.name, *options],
        environment.build(definition, os.environ, None),
        file_actions=actions,
        setsid=True,
        setsigmask=(),
        setsigdef=_DEFAULT,
    )


def in_background(root: str, name: str, generation: str, by: str = CHECK) -> None:
    """Start a monitor that takes over, without the caller waiting for any of it.

    *by* is what it is told of who starts it.
    """
    if os.fork():
        return
    try:
        os.setsid()
        prologue.null_descriptors()
        _take_over(root, name, generation, by)
    finally:
        os._exit(0)


def _take_over(root: str, name: str, generation: str, by: str) -> None:
    definition = store.find(root, name)
    if definition is None:
        return
    _make_beacon(root, definition)
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        _as_os_user(definition, generation, by, writer)
    os.close(writer)
    if os.geteuid() == 0:
        _keep_entry(root, definition, reader)


def _make_beacon(root: str, definition: ResourceDefinition) -> None:
    """Let the monitor have a beacon, unless there is one: another may be speaking by it."""
    if runentry.has_beacon(root, definition.name):
        return
    try:
        runentry.make_beacon(root, definition.name, definition.uid, definition.gid)
    except OSError:
        pass  # it speaks by the record alone


def _as_os_user(
    definition: ResourceDefinition, generation: str, by: str, writer: int
) -> None:
    """Become the OS user and the monitor; never returns."""
    try:
        prologue.ordinary_scheduling()
        users.become(definition)
        os.chdir("/")
        server = _server_without_monitor(definition)
        if server:
            os.set_inheritable(writer, True)
            options = [
                f"--by={by}",
                f"--generation={generation}",
                f"--ready-fd={writer}",
            ]
            path = program()
            bin_dir = os.path.dirname(proc.exe(server) or "")
            environ = environment.build(definition, os.environ, bin_dir)
            prologue.ordinary_signals()
            os.execve(path, [path, definition.name, *options], environ)
    except Exception as ex:  # noqa: BLE001  # Check has long answered: nobody hears it
        _note_failure(definition, ex)
    finally:
        os._exit(1)


def _note_failure(definition: ResourceDefinition, problem: Exception) -> None:
    message = Failure(f"could not start the monitor: {problem}")
    if closed := reach.closed(_PROGRAMS):
        message = reach.refused_programs(definition.os_user, closed)
    trace = Trace(
        definition.work_directory, definition.trace_max_file_size, "pgx_check"
    )
    trace.write("\n".join(report.lines("pgx_check", "warning", message)))


def _server_without_monitor(definition: ResourceDefinition) -> int:
    """Return the PID of the server for which a monitor is to be started now, or 0.

    A hung monitor is ended.  What may hang itself is asked under the starter's lock, so
    that no more than one process ever hangs there.
    """
    try:
        dir_fd = files.open_workdir(definition.work_directory)
        fd = lock.open_lock(dir_fd, names.MONITOR_LOCK)
    except OSError:
        return _server(definition)  # no lock to go by: the monitor says why
    if _script_works(dir_fd) or not locks.take(fd, STARTER) or not _pause_is_over(fd):
        return 0
    server = _recorded(dir_fd) or _server(definition)
    if server:
        _note_start(fd)
        _end_hung(dir_fd, fd)
    return server


def _recorded(dir_fd: int) -> int:
    """Return the record's postmaster if it lives, whatever became of its directory's name."""
    found = record.current(dir_fd)
    if found is None or not proc.alive(found.postmaster, found.start):
        return 0
    return found.postmaster


def _server(definition: ResourceDefinition) -> int:
    """Return a postmaster of this data directory, also by another name of it, or 0."""
    found = postmasters.of_directory(definition.uid, definition.data_directory)
    return found[0] if found else 0


def _script_works(dir_fd: int) -> bool:
    try:
        fd = files.open_regular(dir_fd, names.TRANSITION_LOCK)
    except OSError:
        return False
    try:
        return any(locks.is_held(fd, byte) for byte in (locks.ONLINE, locks.OFFLINE))
    finally:
        os.close(fd)


def _pause_is_over(fd: int) -> bool:
    """Whether the last start by a Check is 10 s ago."""
    words = os.pread(fd, names.LOCK_SIZE, 0).decode("ascii", "replace").split()
    if len(words) != 2 or words[0] != proc.boot_id() or not words[1].isdigit():
        return True
    return not 0 <= proc.monotonic_ms() - int(words[1]) < _PAUSE_MS


def _note_start(fd: int) -> None:
    text = f"{proc.boot_id()} {proc.monotonic_ms()}"
    os.pwrite(fd, text.encode().ljust(names.LOCK_SIZE), 0)


def _end_hung(dir_fd: int, fd: int) -> None:
    """Kill a monitor that holds the lock but does not keep its record fresh."""
    if not locks.is_held(fd, locks.MONITOR):
        return
    found = record.current(dir_fd)
    if found is None or proc.monotonic_ms() < found.good_until:
        return
    if not monitors.is_monitor(proc.cmdline(found.monitor)):
        return
    send_signal(found.monitor, found.monitor_start, signal.SIGKILL)
    until = time.monotonic() + _WAIT_FOR_LOCK
    while locks.is_held(fd, locks.MONITOR) and time.monotonic() < until:
        time.sleep(0.01)


def _keep_entry(root: str, definition: ResourceDefinition, reader: int) -> None:
    """Write the entry under /run once the monitor has named its postmaster."""
    ready, _, _ = select.select([reader], [], [], _WAIT_FOR_ENTRY)
    words = os.read(reader, 512).split() if ready else []
    if len(words) == 3 and words[0] == b"online":
        postmaster = int(words[1]), int(words[2])
        runentry.write(root, definition.name, postmaster, _text(root, definition.name))


def _text(root: str, name: str) -> str:
    """Return the definition as it stands: pgx_check's interpreter cannot write TOML."""
    try:
        with open(registry.definition_path(root, name), encoding="utf-8") as file:
            return file.read()
    except OSError:
        entry = runentry.read(root, name)
        return entry[1] if entry else ""
