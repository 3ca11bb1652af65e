"""The first statements of every script, and how a child becomes an ordinary process.

RMS may hand on closed descriptors, ignored signals, a blocked signal mask, the
real-time class and root's environment.  None of it may reach what we start.
pgx_check imports this, hence `_signal`: the public module loads enum.
"""

import _signal as signal  # type: ignore[import-not-found]
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

STANDARD = (0, 1, 2)


def first_statements(*, keep_descriptors: bool = False) -> None:
    """Undo what the caller may have done to descriptors, signals and umask.

    Descriptors 0 to 2 exist afterwards; those above are the caller's and are closed, so
    that nothing we leave running keeps them open.  pgx_monitor is given some by us
    (*keep_descriptors*), and closes the others when it detaches.
    SIGPIPE and SIGXFSZ are set to their defaults, so that nothing of the caller's is handed
    on, and are then ignored by the script itself: a reader that leaves, or a trace that has
    reached the caller's limit for files, must not kill a switch.
    `ordinary_signals` gives what we start the default again.
    """
    for fd in STANDARD:
        ensure_open(fd)
    if not keep_descriptors:
        close_all_but(STANDARD)
    ordinary_signals()
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)


def ensure_open(fd: int) -> None:
    """Make descriptor *fd* exist, one of those that files of ours must not become."""
    try:
        os.fstat(fd)
    except OSError:
        os.open("/dev/null", os.O_RDWR)  # the lowest free number, so *fd* itself


def close_all_but(kept: "Collection[int | None]") -> None:
    """Close every other descriptor, also one above a limit that was lowered later."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass  # the one that the list was read through


def ordinary_signals() -> None:
    """Give every signal that we, Python or the caller may have set its default, unblocked."""
    for number in (
        signal.SIGCHLD,
        signal.SIGPIPE,
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGALRM,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGXFSZ,
    ):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def null_descriptors() -> None:
    """Point descriptors 0 to 2 at /dev/null and close every other one."""
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    close_all_but(STANDARD)


def ordinary_scheduling() -> None:
    """Leave the real-time class, any nice value and any OOM protection of the caller.

    Must run before root is given up: afterwards /proc/self belongs to root, and a
    nice value cannot be lowered.  What may not be changed is left as it is.
    """
    for reset in (_other_class, _nice_zero, _oom_zero):
        try:
            reset()
        except OSError:
            pass  # an ordinary user may not; its caller is an ordinary process too


def _other_class() -> None:
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _nice_zero() -> None:
    if os.getpriority(os.PRIO_PROCESS, 0):
        os.setpriority(os.PRIO_PROCESS, 0, 0)


def _oom_zero() -> None:
    fd = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC)
    try:
        if os.read(fd, 16).strip() != b"0":
            os.pwrite(fd, b"0", 0)
    finally:
        os.close(fd)
