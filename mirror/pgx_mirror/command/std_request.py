"""What a command line asks of mc_std, mc_ctl's options in it included.  Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from pgx_base.arguments import CommandLine
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.command import request
from pgx_mirror.command.request import START, STOP, Request

WAITS = 600.0  # seconds that a start is tried again for, where nothing else is said
_LONGEST = 86400
MODES = (START, STOP)
_CLOSE = "Close the quotation mark, or double the backslash at the end."
# What a boot or a shutdown must not do, by mode.
_REFUSED = {
    START: {
        "-W": "A start that is not waited for cannot be tried again.",
        "--as-primary": "It is for the first start ever, and after a recovery: at each boot "
        "it could make a primary of a server that has lost its mark.",
    },
    STOP: {
        "-a": "The other server would stop whenever this host is shut down.",
        "-e": "The instance would be left as it is, for the shutdown to kill.",
    },
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A mode, where its programs and its files are, and everything that is wrong.

    wait      seconds for which a start is tried again
    words     mc_ctl's options
    of_mc_ctl what mc_ctl makes of them
    options   mc_std's own that are given
    """

    mode: str
    installdir: str
    mcdir: str
    wait: float
    words: tuple[str, ...]
    of_mc_ctl: Request
    problems: tuple[Failure, ...]
    options: frozenset[str]

    @property
    def program(self) -> str:
        """The mc_ctl that is run."""
        return f"{self.installdir}/bin/mc_ctl"

    def line(self, mode: str) -> list[str]:
        """Return mc_ctl's command line for *mode*; of a start it waits for the end."""
        more = self.words if mode == self.mode else self._server()
        if mode == START and "-w" not in self.of_mc_ctl.flags:
            more = ("-w", *more)
        return [self.program, mode, "-M", self.mcdir, *more]

    def _server(self) -> tuple[str, ...]:
        """Return what says which server is meant, for another mode than the one asked for."""
        server = self.of_mc_ctl.local_server
        return () if server is None else (f"--local-server={server}",)


def parse(arguments: list[str]) -> Asked:
    """Return what *arguments* ask for, all of their problems included."""
    at = next((i for i, w in enumerate(arguments) if not w.startswith("-")), None)
    operands = [] if at is None else arguments[at:]
    own = CommandLine(frozenset(), frozenset({"--wait"}))
    own.read(arguments[:at])
    mode, installdir, mcdir = [*operands, "", "", ""][:3]
    words, unread = _split(operands[3:])
    of_mc_ctl = request.parse([mode if mode in MODES else STOP, "-M", mcdir, *words])
    found = [*own.problems, *own.twice(), *_about_wait(dict(own.given))]
    found += [*_about_mode(operands), *_about_places(operands), *unread]
    if mode in MODES:
        found += [one for one in of_mc_ctl.problems if mcdir or not _is_of_mcdir(one)]
        found += _about_boot(mode, of_mc_ctl.options)
    return Asked(
        mode,
        installdir.rstrip("/"),
        mcdir,
        _seconds(dict(own.given).get("--wait", f"{WAITS:g}")) or 0.0,
        words,
        of_mc_ctl,
        tuple(found),
        own.options(),
    )


def _is_of_mcdir(problem: Failure) -> bool:
    """Whether mc_ctl's parser says that -M is missing, which is said in our own words."""
    return problem.primary == "no management directory given"


def _split(texts: list[str]) -> tuple[tuple[str, ...], list[Failure]]:
    """Return the words of *texts*, as a shell splits them; nothing in them is expanded."""
    words: list[str] = []
    found: list[Failure] = []
    for text in texts:
        try:
            words += shlex.split(text)
        except ValueError:
            what = "These are options for mc_ctl."
            found.append(
                Failure(
                    f"options {quoted(text)} cannot be split", detail=what, hint=_CLOSE
                )
            )
    return tuple(words), found


def _about_mode(operands: list[str]) -> list[Failure]:
    known = f"Modes: {', '.join(MODES)}."
    if not operands:
        return [Failure("no mode given", detail=known)]
    if operands[0] not in MODES:
        return [Failure(f"unrecognized mode {quoted(operands[0])}", detail=known)]
    return []


def _about_places(operands: list[str]) -> list[Failure]:
    """Return what is wrong with both directories: at a boot no path is relative to anything."""
    found = []
    for at, what in ((1, "installation directory"), (2, "management directory")):
        if len(operands) <= at or not operands[at]:
            found.append(Failure(f"no {what} given"))
        elif not operands[at].startswith("/"):
            found.append(Failure(f"{what} {quoted(operands[at])} is not absolute"))
    return found


def _about_boot(mode: str, given: frozenset[str]) -> list[Failure]:
    return [
        Failure(f"option {quoted(one)} cannot be handed on to mc_ctl", detail=why)
        for one, why in _REFUSED[mode].items()
        if one in given
    ]


def _about_wait(own: dict[str, str]) -> list[Failure]:
    text = own.get("--wait", "0")
    if _seconds(text) is not None:
        return []
    detail = f"It must be a number of seconds, {_LONGEST} at most; 0 tries once."
    return [Failure(f"invalid time to wait {quoted(text)}", detail=detail)]


def _seconds(text: str) -> float | None:
    if re.fullmatch("[0-9]{1,5}", text) and int(text) <= _LONGEST:
        return float(text)
    return None
