"""What a command line asks of mc_ctl: one mode and its options.  Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pgx_base import interval, since
from pgx_base.arguments import CommandLine
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.core import standby_name
from pgx_mirror.setup import command_line
from pgx_mirror.setup.methods import COMMAND, METHODS

START, STOP, STATUS = "start", "stop", "status"
SWITCH, DETACH = "switch", "detach"
ENABLE, DISABLE = "enable-failover", "disable-failover"
SETUP, SECRET = "setup", "secret"
SERVICE, LEFTOVERS = "generate-service", "list-leftovers"
REPORT, LAST = "report", "last-primary"

FORMATS = ("text", "json", "prometheus")

_EVERYWHERE = frozenset({"-M", "--local-server"})
_FORCED = frozenset({"--force", "--no-fencing", "--abandon-register"})
# What says more of an option, and is nothing without it.
_NEEDS = dict.fromkeys(("--no-fencing", "--abandon-register", "-f"), "--force")
_BY_MODE = {
    START: frozenset({"-w", "-W", "-f", "-F", "--mc-only", "--as-primary"}),
    STOP: frozenset({"-a", "-e", "--mc-only"}),
    STATUS: frozenset({"--output", "--watch", "--lag", "--arbiter"}),
    SWITCH: _FORCED | {"-f"},
    DETACH: _FORCED | {"-f"},
    ENABLE: frozenset(),
    DISABLE: frozenset(),
    SETUP: frozenset(
        ["-r", "-U", "-P", "-h", "-p", "--standby-name", "-c", "--method"]
    ),
    SECRET: frozenset(),
    SERVICE: frozenset({"-f", "-F", "--rc"}),
    LEFTOVERS: frozenset(),
    REPORT: frozenset({"--since", "--peer-trace", "-o"}),
    LAST: frozenset({"--other"}),
}
MODES = tuple(_BY_MODE)
_REQUIRED = {SETUP: ("-r", "-U", "-h", "-p", "--standby-name")}
# Neither of a pair goes with the other.
_CONTRARY = {
    START: (("-w", "-W"), ("-f", "-F")),
    SERVICE: (("-f", "-F"),),
    STOP: (("-e", "-a"), ("-e", "--mc-only")),
    STATUS: (("--arbiter", "--lag"),),
}
_FLAGS = frozenset(
    {"-w", "-W", "-f", "-F", "-a", "-e", "--mc-only", "--as-primary"}
    | {"--lag", "--arbiter", "--rc"}
    | _FORCED
)
_VALUED = frozenset(
    {"-M", "--local-server", "--output", "-r", "-U", "-P", "-h", "-p", "-c"}
    | {
        "--standby-name",
        "--method",
        "--watch",
        "--since",
        "--peer-trace",
        "-o",
        "--other",
    }
)
# The manual's synopsis has one dash, its tables another name (its examples: --standby-name).
_ALIASES = {
    "-standby-name": "--standby-name",
    "-standby-names": "--standby-name",
    "--standby-names": "--standby-name",
}
_SECRET = re.compile(r"(?:^|[\s?&])(?:ssl)?password\s*=|://[^/@\s]*:[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Request:
    """A mode, its options, and everything that is wrong with them.

    mode      empty where none is given, or no known one
    flags     the options without a value that are given
    values    the others, by option
    options   all that are given, be the rest right or wrong
    command   what restores a backup: setup alone takes one, and only by that method
    """

    mode: str
    flags: frozenset[str]
    values: dict[str, str]
    problems: tuple[Failure, ...]
    warnings: tuple[Failure, ...]
    options: frozenset[str]
    command: str = ""

    @property
    def mcdir(self) -> str:
        """The management directory as it was given."""
        return self.values["-M"]

    @property
    def local_server(self) -> str | None:
        """The server that is meant, None where none is named."""
        return self.values.get("--local-server")


def parse(arguments: list[str], mcdir: str = "") -> Request:
    """Return what *arguments* ask for, all of their problems included.

    *mcdir* is the management directory where -M is not given, empty for none.
    """
    line = CommandLine(_FLAGS, _VALUED, takes_operands=True)
    line.read([_plain(word) for word in arguments])
    mode = line.operands[0] if line.operands else ""
    values = {option: text for option, text in line.given if option in _VALUED}
    values.setdefault("-M", mcdir)
    given = line.options()
    command = values.get("--method") == COMMAND and mode == SETUP
    found = [*line.problems, *line.twice(), *_about_mode(line.operands, 1 + command)]
    found += [*_about_values(values), *_about_forms(values, given)]
    if mode in _BY_MODE:
        found += line.misplaced(mode, allowed(mode))
        found += [*_about_pairs(mode, given), *_about_force(mode, given)]
        found += _absent(mode, given)
    given_command = "".join(line.operands[1:2]) if command else ""
    if command:
        found += command_line.problems(given_command)
    return Request(
        mode if mode in _BY_MODE else "",
        given & _FLAGS,
        values,
        tuple(found),
        tuple(_warnings(given)),
        given,
        given_command,
    )


def allowed(mode: str) -> frozenset[str]:
    """Return the options that *mode* takes."""
    return _BY_MODE[mode] | _EVERYWHERE


def _plain(word: str) -> str:
    """Return *word* by its usual name; `--watch` alone has a value too."""
    option, equals, value = interval.plain(word).partition("=")
    return _ALIASES.get(option, option) + equals + value


def _about_mode(operands: list[str], taken: int) -> list[Failure]:
    """Return what is wrong with them, of which the first *taken* mean something."""
    known = f"Modes: {', '.join(MODES)}."
    if not operands:
        return [Failure("no mode given", detail=known)]
    found = [
        Failure(f"unexpected argument {quoted(word)}") for word in operands[taken:]
    ]
    if operands[0] not in _BY_MODE:
        found.insert(
            0, Failure(f"unrecognized mode {quoted(operands[0])}", detail=known)
        )
    return found


def _about_pairs(mode: str, given: frozenset[str]) -> list[Failure]:
    return [
        Failure(f"option {quoted(one)} cannot be used with option {quoted(other)}")
        for one, other in _CONTRARY.get(mode, ())
        if {one, other} <= given
    ]


def _about_force(mode: str, given: frozenset[str]) -> list[Failure]:
    if mode not in (SWITCH, DETACH):
        return []
    return [
        Failure(f"option {quoted(option)} needs option {quoted(needed)}")
        for option, needed in _NEEDS.items()
        if option in given and needed not in given
    ]


def _absent(mode: str, given: frozenset[str]) -> list[Failure]:
    return [
        Failure(f"required option {quoted(option)} is missing")
        for option in _REQUIRED.get(mode, ())
        if option not in given
    ]


def _about_values(values: dict[str, str]) -> list[Failure]:
    found = []
    if not values["-M"]:
        found.append(
            Failure(
                "no management directory given",
                hint="Give it with -M, or in the variable MCCONTROLDIR.",
            )
        )
    for option, text in values.items():
        if not text and option not in ("-M", "-c"):
            found.append(Failure(f"option {quoted(option)} requires a value"))
        elif judge := _JUDGES.get(option):
            found += judge(text)
    return found


def _about_output(text: str) -> list[Failure]:
    if text in FORMATS:
        return []
    *others, last = map(quoted, FORMATS)
    detail = f"It must be {', '.join(others)} or {last}."
    return [Failure(f"invalid output format {quoted(text)}", detail=detail)]


def _about_forms(values: dict[str, str], given: frozenset[str]) -> list[Failure]:
    """Whoever collects for Prometheus asks each time anew, and is told all."""
    if values.get("--output") != "prometheus":
        return []
    last = quoted("--output=prometheus")
    return [
        Failure(f"option {quoted(option)} cannot be used with option {last}")
        for option in ("--watch", "--lag", "--arbiter")
        if option in given
    ]


def _about_method(text: str) -> list[Failure]:
    if text in METHODS:
        return []
    *others, last = map(quoted, METHODS)
    detail = f"It must be {', '.join(others)} or {last}."
    return [Failure(f"invalid method {quoted(text)}", detail=detail)]


def _about_role(text: str) -> list[Failure]:
    if text == "standby":
        return []
    detail = 'It must be "standby": a primary server is not set up by mc_ctl.'
    return [Failure(f"invalid role {quoted(text)}", detail=detail)]


def _about_port(text: str) -> list[Failure]:
    if re.fullmatch("[0-9]{1,5}", text) and int(text) in range(1, 65536):
        return []
    detail = "It must be a number from 1 to 65535."
    return [Failure(f"invalid port {quoted(text)}", detail=detail)]


def _about_standby_name(text: str) -> list[Failure]:
    if not (problem := standby_name.fault(text)):
        return []
    detail = f"{problem[0].upper()}{problem[1:]}."
    return [Failure(f"invalid standby name {quoted(text)}", detail=detail)]


def _about_connstr(text: str) -> list[Failure]:
    if not _SECRET.search(text):
        if "://" not in text:
            return []
        detail = "Its form is NAME=VALUE NAME=VALUE."
        return [Failure('the value of option "-c" is a URI', detail=detail)]
    # The text is not shown: there is a password in it.
    return [
        Failure(
            'the connection string of option "-c" has a password in it',
            detail="Every user of this host can see a command line.",
            hint="Put the password into .pgpass in the instance administrator's home.",
        )
    ]


_JUDGES = {
    "--output": _about_output,
    interval.OPTION: interval.problems,
    "--since": since.problems,
    "-r": _about_role,
    "-p": _about_port,
    "--standby-name": _about_standby_name,
    "-c": _about_connstr,
    "--method": _about_method,
}


def _warnings(given: frozenset[str]) -> list[Failure]:
    if "-P" not in given:
        return []
    return [
        Failure(
            'option "-P" is ignored',
            detail="Every user of this host can see a command line.",
            hint="Put the password into .pgpass in the instance administrator's home,"
            " and change it.",
        )
    ]
