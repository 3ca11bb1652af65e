"""The half of a transition that RMS sees: it forks the worker, serves it, and keeps time.

It never opens anything under the data directory and writes nothing into the work
directory, so nothing there can hold it up.  RMS kills a script that runs too long,
and with HaltFlag the node; so the verdict is given before, also about a worker that
hangs in the kernel.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

from pgx_agent import hv, looking, parents_part, prologue
from pgx_agent.hung import Hung
from pgx_agent.postgres import holdings
from pgx_agent.relay import Relay
from pgx_agent.trace import Trace
from pgx_agent.worker import ParentGone, Worker, open_workdir
from pgx_pclrsc import reach, report, users
from pgx_pclrsc.bare import signal, socket
from pgx_pclrsc.definition import ResourceDefinition
from pgx_pclrsc.report import Failure

_PACKET = 1 << 16
_LOOK_FOR = 5.0  # seconds a look at other users' processes may take
_AFTER_LOOK = 1.0  # seconds kept for what comes after it: it changes no verdict
_ENDING = 1.0  # seconds a worker has to end after SIGTERM
_BACKSTOP = 0.5  # the worker keeps the deadline itself; the parent only if it hangs
_LOOK_EVERY = 1.0
_PLACES = (
    reach.programs()
)  # asked now: the worker sees no directory that is closed to it

Work = Callable[[Worker], int]


def verdict_in(timeout: int) -> float:
    """Return how many seconds a script registered with *timeout* may work: RMS's limit less
    the larger of 2 s and 5 %.
    """
    return timeout - max(2.0, timeout * 0.05)


def run(
    program: str,
    definition: ResourceDefinition,
    root: str,
    timeout: int,
    work: Work,
    *,
    needs_workdir: bool = True,
    may_hang: float = float("inf"),
    meanwhile: Callable[[], None] | None = None,
) -> int:
    """Do *work* in a worker that has become the OS user; return the script's exit code.

    Unless it *needs_workdir*, a work directory that cannot be opened is a warning, and the
    worker's `dir_fd` is then -1: an instance can be stopped without.  A worker that hangs
    in the kernel for *may_hang* seconds is given up.  *meanwhile* is done in the parent
    while the worker begins: loading what the parent will need.
    """
    deadline = time.monotonic() + verdict_in(timeout)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    relay = Relay()
    pid = os.fork()
    if pid == 0:
        ours.close()
        relay.be_worker()
        os._exit(
            _worker(
                program,
                definition,
                root,
                deadline - _BACKSTOP,
                theirs,
                work,
                needs_workdir,
            )
        )
    theirs.close()
    relay.be_parent()
    hung = Hung(pid, may_hang, time.monotonic())
    parent = _Parent(program, definition, root, ours, pid, deadline, hung, relay)
    parent.heed_signals()
    if meanwhile is not None:
        meanwhile()
    return parent.serve()


def _worker(
    program: str,
    definition: ResourceDefinition,
    root: str,
    deadline: float,
    line: socket.socket,
    work: Work,
    needs_workdir: bool,
) -> int:
    trace = Trace(definition.work_directory, definition.trace_max_file_size, program)
    try:
        prologue.ordinary_scheduling()
        users.become(definition)
        os.chdir("/")
        transition = hv.read_transition(os.environ)
        dir_fd = open_workdir(program, definition, needs_workdir)
        worker = Worker(
            program, definition, root, transition, deadline, line, trace, dir_fd
        )
        trace.write(f"begins {_asked()}")
        code = work(worker)
        trace.write(f"ends with {code}")
        return code
    except Failure as ex:
        report.show(program, "error", ex)
        trace.write("\n".join(report.lines(program, "error", ex)))
    except ParentGone:
        trace.write("ends: the script's parent is gone")
    except Exception as ex:  # noqa: BLE001  # the script's exit code is ours to choose
        _internal_error(program, ex, trace, definition.os_user)
    return 1


def _asked() -> str:
    words = (f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith("HV_"))
    return " ".join(words) or "without HV_ variables"


def _internal_error(program: str, problem: Exception, trace: Trace, user: str) -> None:
    if closed := reach.closed_program(_PLACES):  # we are that user: nothing more loads
        refusal = reach.refused_programs(user, closed)
        report.show(program, "error", refusal)
        trace.write("\n".join(report.lines(program, "error", refusal)))
        return
    import traceback

    report.show(
        program,
        "error",
        Failure(f"internal error: {type(problem).__name__}: {problem}"),
    )
    trace.write("".join(traceback.format_exception(problem)))


class _Parent:
    """Serves one worker until it ends or must have ended."""

    def __init__(
        self,
        program: str,
        definition: ResourceDefinition,
        root: str,
        line: socket.socket,
        pid: int,
        deadline: float,
        hung: Hung,
        relay: Relay,
    ) -> None:
        self._program = program
        self._definition = definition
        self._root = root
        self._line = line
        self._pid = pid
        self._pidfd = os.pidfd_open(pid)
        self._deadline = deadline
        self._hung = hung
        self._relay = relay
        self._phase = "starting"
        self._signalled = 0
        self._woken = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def heed_signals(self) -> None:
        """From now on a signal that ends us ends the worker too.

        Python resumes an interrupted poll, so a signal has to be something to poll for.
        """
        signal.set_wakeup_fd(self._woken[1], warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def serve(self) -> int:
        """Answer the worker's questions; return its exit code, or 1 in its place."""
        poll = select.poll()
        poll.register(self._line, select.POLLIN)
        poll.register(self._pidfd, select.POLLIN)
        poll.register(self._woken[0], select.POLLIN)
        poll.register(self._relay, select.POLLIN)
        while not self._signalled:
            now = time.monotonic()
            left = self._deadline - now
            if left <= 0 or self._hung.for_too_long(now):
                return self._give_up()
            ready = {fd for fd, _ in poll.poll(min(left, _LOOK_EVERY) * 1000)}
            if self._relay.fileno() in ready and not self._relay.hand_on():
                poll.unregister(self._relay)
            if self._line.fileno() in ready and not self._answer():
                poll.unregister(self._line)
            elif self._pidfd in ready:
                return self._result()
        return self._end_worker()

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signalled = number

    def _result(self) -> int:
        _, status = os.waitpid(self._pid, 0)
        self._relay.hand_on()
        code = os.waitstatus_to_exitcode(status)
        if code in (0, 1):
            return code
        self._show(
            Failure(
                f"was ended by signal {-code} while {self._phase}",
                hint="pgx_offline ends a running pgx_online; else look into trace.log.",
            )
        )
        return 1

    def _show(self, message: Failure) -> None:
        self._relay.hand_on()
        report.show(self._program, "error", message)

    def _give_up(self) -> int:
        wait = holdings.wait_channel(self._pid)
        self._show(
            Failure(
                f"could not finish in time: still {self._phase}",
                detail=f"Process {self._pid} waits in the kernel at {wait}."
                if wait
                else None,
                hint="Look into trace.log, and at the file systems of the instance.",
            )
        )
        _signal(self._pidfd, signal.SIGKILL)
        return 1

    def _end_worker(self) -> int:
        """Carry out the signal that we were sent: the worker ends too, and at once."""
        _signal(self._pidfd, signal.SIGTERM)
        if not select.select([self._pidfd], [], [], _ENDING)[0]:
            _signal(self._pidfd, signal.SIGKILL)
        self._show(
            Failure(f"was ended by signal {self._signalled} while {self._phase}")
        )
        return 1

    def _answer(self) -> bool:
        """Serve one request; False when the worker has closed its end."""
        packet = self._line.recv(_PACKET)
        words = packet.decode("utf-8", "replace").split("\0")
        match words:
            case ["phase", text]:
                self._phase = text
            case ["bystanders", *keys]:
                self._reply("bystanders", *self._look(keys))
            case _:
                kept = parents_part.keep(words, self._root, self._definition)
                if kept is not None:  # else it is the empty packet of a closed line
                    self._reply(words[0], kept)
        return bool(packet)

    def _reply(self, *words: str) -> None:
        try:
            self._line.send("\0".join(words).encode()[:_PACKET])
        except OSError:
            pass  # the worker is gone; its pidfd tells

    def _look(self, keys: list[str]) -> list[str]:
        pairs = [(int(d), int(i)) for d, _, i in (key.partition(":") for key in keys)]
        left = self._deadline - time.monotonic() - _AFTER_LOOK
        return looking.look(
            pairs, {os.getpid(), self._pid}, max(0.0, min(_LOOK_FOR, left))
        )


def _signal(pidfd: int, number: int) -> None:
    try:
        signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        pass
