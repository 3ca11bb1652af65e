"""mc_ctl setup -r standby: this server's data directory becomes a copy of the primary's."""

from __future__ import annotations

import os
import signal

from pgx_base.failure import Failure
from pgx_base.heeded import Heeded
from pgx_base.text import quoted
from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import check_place, loaded
from pgx_mirror.command.telling import done, progress, warn
from pgx_mirror.conf.local import is_here
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import holding
from pgx_mirror.controller.asking import Refused
from pgx_mirror.controller.ending import end
from pgx_mirror.setup import command_line, making
from pgx_mirror.setup.methods import CHOSEN
from pgx_mirror.setup.source import Source
from pgx_mirror.setup.task import Refused as NotBegun
from pgx_mirror.setup.task import Task

_TAKEN_BACK = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Teller:
    def say(self, text: str) -> None:
        progress(text)

    def warn(self, what: Failure) -> None:
        warn(what)


def make(asked: Request) -> int:
    """Make it, and return the exit code.  Raises Failure, Refused, Unsound."""
    settings = loaded(asked, warnings=True)
    check_place(settings)
    mcdir, server = settings.mcdir, settings.identifier
    lock_fd = holding.take(mcdir, server, holding.SETUP)
    holding.check_free(mcdir, server, *holding.SERVICE)
    # What a setup that was killed has left still writes into the data directory.
    end(mcdir, server, (holding.COPY,))
    copy_fd = holding.take(mcdir, server, holding.COPY)
    heeded = Heeded(_TAKEN_BACK, KeyboardInterrupt)
    try:
        making.make(_task(asked, settings), copy_fd, _Teller(), heeded)
    except NotBegun as ex:
        raise Refused(tuple(ex.reasons)) from ex
    finally:
        os.close(copy_fd)
        os.close(lock_fd)
    done(
        f"server {quoted(server)} is a standby of {quoted(settings.peer.identifier)}:"
        " look through its postgresql.conf, then mc_ctl start"
    )
    return 0


def _task(asked: Request, settings: Settings) -> Task:
    given, data = asked.values, os.path.abspath(settings.server.db_instance)
    source = Source(
        given["-h"],
        given["-p"],
        given["-U"],
        given["--standby-name"],
        given.get("-c", ""),
        settings.server.bin_dir,
    )
    return Task(
        settings.mcdir,
        settings.identifier,
        settings.peer.identifier,
        data,
        source,
        settings.server.target_db,
        is_here(settings.peer.admin.host),
        given.get("--method", CHOSEN),
        command_line.words(asked.command, data) if asked.command else (),
        settings.server.backup_destination,
    )
