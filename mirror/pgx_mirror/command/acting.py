"""The modes that a controller carries out: stop, switch, detach, automatics on and off."""

from __future__ import annotations

import time

from pgx_base import aside
from pgx_base.failure import Failure, Passing
from pgx_base.text import quoted
from pgx_mirror.command import request
from pgx_mirror.command.confirming import confirmed
from pgx_mirror.command.force import force
from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import loaded
from pgx_mirror.command.telling import done, tell
from pgx_mirror.conf.settings import Settings
from pgx_mirror.controller import holding, words
from pgx_mirror.controller.asking import NotRunning, Refused, ask
from pgx_mirror.setup import local

ENDS_WITHIN = 60.0  # seconds for a controller that has said that it goes
_LOOK_WITHIN = 3.0  # seconds: the data directory's disk may hang
_NONE = "none"
_START = "Start it with mc_ctl start."
_PAUSE = 0.02
_OPTIONS = {
    "-a": words.ALL,
    "--mc-only": words.MC_ONLY,
    "--force": words.FORCE,
    "--no-fencing": words.NO_FENCING,
    "--abandon-register": words.ABANDON,
}
_DONE = {
    request.SWITCH: "primary server switched",
    request.DETACH: "standby server disconnected",
    request.ENABLE: "automatic switch and disconnection enabled",
    request.DISABLE: "automatic switch and disconnection disabled",
}


def act(asked: Request) -> int:
    """Do it, and return the exit code.  Raises Failure, Refused, Unsound."""
    if "-e" in asked.flags:
        return force(asked)
    settings = loaded(asked)
    if asked.mode == request.ENABLE:
        check_policy(settings, "enable-failover")
    if "--force" in asked.flags:
        confirmed(settings, asked)
    options = frozenset(_OPTIONS[flag] for flag in asked.flags if flag in _OPTIONS)
    question = words.Question(asked.mode, options)
    try:
        ask(settings.mcdir, settings.identifier, question, tell)
    except NotRunning as ex:
        raise Refused((_not_running(settings, asked.mode),)) from ex
    except KeyboardInterrupt as ex:
        raise _interrupted(asked) from ex
    if asked.mode == request.STOP:
        _wait_for_end(settings.mcdir, settings.identifier)
    done(_DONE.get(asked.mode, f"controller of {settings.identifier} stopped"))
    return 0


def _interrupted(asked: Request) -> Failure:
    """Return what becomes of an order that was handed to the controller."""
    detail = "What was begun is carried out to its end."
    if "--force" in asked.flags:
        detail = "The word is taken back, where nothing was decided by it yet."
    hint = "mc_ctl status shows what has come of it."
    return Failure("interrupted", detail=detail, hint=hint)


def _not_running(settings: Settings, mode: str) -> Failure:
    """Return what is said where there is no controller to ask; one that begins passes."""
    why = f"controller of server {quoted(settings.identifier)} is not running"
    left = _left(settings.server.db_instance) if mode == request.STOP else ""
    if holding.is_served(settings.mcdir, settings.identifier):
        return Passing(why, hint=left or "It is just beginning, or ending: try again.")
    return Failure(why, hint=left or _START)


def _left(data: str) -> str:
    """Return what is said of the instance that a stop was to end, "" where nothing is seen."""
    pid = aside.ask(lambda: str(local.postmaster(data) or _NONE), _LOOK_WITHIN)
    if pid == _NONE:
        return "There is nothing to stop: its instance does not run either."
    if not pid:
        return ""
    return (
        f"Its server runs without one, as process {pid}: pg_ctl stop -D {data} "
        "stops it, mc_ctl start takes it over, or ends it if it is deposed."
    )


def check_policy(settings: Settings, what: str) -> None:
    """Refuse automatics for a pair of which nobody has said who decides.  Raises Failure."""
    if settings.policy_given:
        return
    raise Failure(
        f"{what} needs heartbeat_error_action in {settings.identifier}.conf",
        detail="It says who decides when the other server is silent. "
        '"arbitration": an arbitration server; one server goes on, whichever fails, but '
        "none may while the arbitration server is away too. "
        '"message": the primary goes on without its standby, and for a primary that is '
        "silent an operator decides; until then nobody serves. "
        '"command": a server goes on once its fencing_command has ended the other. '
        "None of them loses a row. "
        '"fallback": each goes on, and a cut network between them makes two primaries.',
        hint='Set it on both servers: "arbitration" where there is an arbitration server.',
    )


def _wait_for_end(mcdir: str, server: str) -> None:
    """Wait until nothing of the controller is left, so that a start may follow."""
    until = time.monotonic() + ENDS_WITHIN
    while holding.is_served(mcdir, server):
        if time.monotonic() > until:
            raise Failure(
                f"controller of server {quoted(server)} has not ended",
                hint="mc_ctl stop -e ends it by force.",
            )
        time.sleep(_PAUSE)
