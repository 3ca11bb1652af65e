"""One line to the system log, and never a wait for it.

The standard library's syslog(3) blocks when /dev/log's reader hangs, and a hung
log daemon must not stop a switch.  A datagram sent with MSG_DONTWAIT is lost
instead.
"""

from __future__ import annotations

SEVERITY = {"error": 3, "warning": 4, "notice": 5, "info": 6}  # as in <syslog.h>
_DAEMON = 3
_LONGEST = 1024

ADDRESS = "/dev/log"


def send(ident: str, level: str, text: str, pid: int) -> None:
    """Send *text* as one datagram to the system log; drop it when that would wait."""
    send_as(_DAEMON, SEVERITY[level], ident, text, pid)


def send_as(facility: int, severity: int, ident: str, text: str, pid: int) -> bool:
    """Send *text* with the numbers of <syslog.h>; return whether the system log took it."""
    from pgx_base.light import socket

    line = f"<{facility << 3 | severity}>{ident}[{pid}]: {text}"
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.connect(ADDRESS)
            sock.send(line.encode("utf-8", "replace")[:_LONGEST], socket.MSG_DONTWAIT)
        finally:
            sock.close()
    except OSError:
        return False  # no reader, or one that hangs: what is sent is lost
    return True
