"""The control socket, as mc_ctl has it: ask a verb, hear what is done, get the last word."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.controller import place, words
from pgx_mirror.controller.control import credentials

HEARD_WITHIN = 10.0  # seconds: a controller that lives accepts within milliseconds


class NotRunning(Exception):
    """Nobody listens on the control socket."""


class Refused(Exception):
    """The controller's reasons."""

    def __init__(self, reasons: tuple[Failure, ...]) -> None:
        super().__init__()
        self.reasons = reasons


class Ended(Failure):
    """The controller has ended before its last word, which nobody knows then."""


class Silent(Failure):
    """There is a controller, or its socket, and it says nothing."""


def ask(
    mcdir: str,
    server: str,
    question: words.Question,
    tell: Callable[[words.Progress | words.Warned], None],
    *,
    seconds: float | None = None,
    accepted: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Return what *server*'s controller has found or done, telling what it does meanwhile.

    *accepted* is called once it has the question.  *seconds* is how long the last word may
    take, None for as long as the controller lives.  Raises NotRunning, Refused, Ended,
    Silent, Failure.
    """
    with _connected(mcdir, server) as sock:
        sock.settimeout(HEARD_WITHIN)
        try:
            sock.sendall(words.ask(question))
            return _last_word(sock, tell, seconds, accepted)
        except TimeoutError as ex:
            raise _silent(server) from ex
        except OSError as ex:
            raise _ended(question.verb) from ex
        except words.Garbled as ex:
            raise Failure(
                f"could not understand the controller's answer: {ex}",
                detail="It may be another version's.",
            ) from ex


def _last_word(
    sock: socket.socket,
    tell: Callable[[words.Progress | words.Warned], None],
    seconds: float | None,
    accepted: Callable[[], None],
) -> dict[str, Any]:
    until = None if seconds is None else time.monotonic() + seconds
    for said in _answers(sock, until):
        match said:
            case words.Done(found):
                return found
            case words.Refused(reasons):
                raise Refused(reasons)
            case words.Progress() | words.Warned():
                tell(said)
            case words.Accepted():
                sock.settimeout(seconds)
                accepted()
    raise ConnectionResetError


def _answers(sock: socket.socket, until: float | None) -> Iterator[words.Answer]:
    heard = b""
    while data := sock.recv(4096):
        heard += data
        *lines, heard = heard.split(b"\n")
        yield from map(words.answered, lines)
        if len(heard) > words.LONGEST_ANSWER:
            raise words.Garbled("it is too long")
        if until is not None:
            sock.settimeout(max(0.001, until - time.monotonic()))


def _connected(mcdir: str, server: str) -> socket.socket:
    """Return a connection to *server*'s controller.  Raises NotRunning, Failure."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # The kernel's own limit: a connection to a full queue waits for that long.
        limit = struct.pack("ll", int(HEARD_WITHIN), 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        with place.opened(mcdir) as dir_fd:
            sock.connect(place.through(dir_fd, place.socket_name(server)))
        if credentials(sock)[1] != os.geteuid():
            raise Failure(
                "the control socket is another user's",
                hint="Run mc_ctl as the instance administrator.",
            )
    except (FileNotFoundError, ConnectionRefusedError) as ex:
        sock.close()
        raise NotRunning from ex
    except BlockingIOError as ex:
        sock.close()
        raise _silent(server) from ex
    except OSError as ex:
        sock.close()
        raise Failure(f"could not connect to the control socket: {ex.strerror}") from ex
    except Failure:
        sock.close()
        raise
    return sock


def _silent(server: str) -> Silent:
    return Silent(
        f"controller of server {quoted(server)} does not answer",
        hint="If it goes on: mc_ctl stop -e ends Mirroring Controller by force.",
    )


def _ended(verb: str) -> Ended:
    return Ended(
        f"the controller has ended before it had an answer to {quoted(verb)}",
        hint="See the system log, or trace.log in the management directory, and mc_ctl status "
        "on both servers.",
    )
