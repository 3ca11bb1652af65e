"""What mc_ctl status finds: by the controller's word, else by the data directory's mark."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_base import aside
from pgx_base.failure import Failure
from pgx_mirror.command.settings import places
from pgx_mirror.command.telling import tell
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import words
from pgx_mirror.controller.asking import NotRunning, ask
from pgx_mirror.core.mark import Mark, decode, encode
from pgx_mirror.core.status import more
from pgx_mirror.core.status import shown as status_text
from pgx_mirror.core.status.more import More
from pgx_mirror.core.status.pair import without_controller
from pgx_mirror.core.status.values import UNRESTORED, Status

_ANSWER_WITHIN = 10.0  # seconds
_LOOK_WITHIN = 3.0  # seconds: the data directory's disk may hang


@dataclass(frozen=True, slots=True)
class Found:
    """What status has found, and for which server; *runs*: its controller has said so.

    *more* is None without a controller, and where it is of a version that tells no more.
    """

    settings: Settings
    status: Status
    more: More | None = None
    runs: bool = True


def find(settings: Settings, *, looks: bool = True) -> Found:
    """Return what the controller says; where none runs, what the data directory does.

    That is not looked at unless *looks*.  Raises Failure, Refused.
    """
    question = words.Question(words.STATUS)
    try:
        found = ask(
            settings.mcdir, settings.identifier, question, tell, seconds=_ANSWER_WITHIN
        )
    except NotRunning:
        status = _without_controller(settings, looks)
        return Found(settings, status, runs=False)
    try:
        told = more.read(found["more"]) if "more" in found else None
        return Found(settings, status_text.read(found["status"]), told)
    except (KeyError, TypeError, ValueError) as ex:
        raise Failure("could not understand the controller's status") from ex


def _without_controller(settings: Settings, looks: bool) -> Status:
    server = settings.identifier
    mark = mark_of(settings.server.db_instance, server) if looks else None
    unmade = _unmade(settings) if looks else ""
    return without_controller(server, mark, places(settings), unmade=unmade)


def _unmade(settings: Settings) -> str:
    """Return why the data directory has no instance to be started, empty where it has one."""
    from pgx_mirror.data import unrestored
    from pgx_mirror.setup import local, unfinished

    mcdir, data = settings.mcdir, settings.server.db_instance
    try:
        note = unfinished.of(mcdir, settings.identifier)
    except Failure as ex:
        return ex.primary  # setup is refused by it too, with what is to be done
    if note is not None and unfinished.same(note.data, data):
        return "the setup of its data directory was not finished"

    def looked() -> str:
        if unrestored.is_there(data):
            return UNRESTORED
        return "its data directory is empty" if local.is_empty(data) else ""

    return aside.ask(looked, _LOOK_WITHIN) or ""


def mark_of(data_directory: str, server: str) -> Mark | None:
    """Return what *server*'s own mark says, None where none is, or it cannot be read in time.

    A copy brings the other server's, by which a standby would be shown as the primary.
    """
    said = aside.ask(lambda: _read(data_directory, server), _LOOK_WITHIN)
    return decode(said.encode()) if said else None


def _read(data_directory: str, server: str) -> str:
    # What a status with a controller does not need is not loaded for it.
    from pgx_mirror.data import mark_file, steps

    mark = mark_file.shown(steps.open_directory(data_directory), server)
    return encode(mark).decode() if mark is not None else ""
