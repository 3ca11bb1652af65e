"""What a command line asks of pgx_pclrsc: one action and the values for it.  Pure."""

from __future__ import annotations

import re
from typing import Any

from pgx_base import interval, since
from pgx_base.arguments import CommandLine
from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass
from pgx_base.text import quoted
from pgx_pclrsc.core.definition import problems

CHECK, STATUS, REPORT = "--check", "--status", "--report"
RESTART = "--restart-monitor"
EXPORT, IMPORT, COLLECT = "--export", "--import", "--collect"
ACTIONS = (
    "-a",
    "-m",
    "-d",
    "-p",
    CHECK,
    STATUS,
    REPORT,
    RESTART,
    EXPORT,
    IMPORT,
    COLLECT,
)
_SINCE, _SWITCHLOG = "--since", "--switchlog"

# Option, and the key of the definition that it sets.
_REQUIRED = {
    "-c": "name",
    "-u": "os_user",
    "-D": "data_directory",
    "-w": "work_directory",
    "-n": "nodes",
}
_NUMBERS = {
    "--response-timeout": "response_timeout",
    "--timeout-retry-count": "timeout_retry_count",
    "--trace-max-file-size": "trace_max_file_size",
    "--watch-interval": "watch_interval",
    "--online-timeout": "online_timeout",
    "--offline-timeout": "offline_timeout",
    "--server-log-max-file-size": "server_log_max_file_size",
}
_TEXTS = {
    "--db-user": "db_user",
    "--bin-dir": "bin_dir",
    "--config-file": "config_file",
    "--auth-failure": "auth_failure",
    "--switch-mode": "switch_mode",
    "--broken-pid-file": "broken_pid_file",
}
_FILES = {"--peer": "peer", IMPORT: "import", "-o": "file", _SWITCHLOG: "switchlog"}
_KEYS = _REQUIRED | _NUMBERS | _TEXTS
_SETTINGS = frozenset(_KEYS) | {"--env"}
_VALUED = _SETTINGS | {"--output", "--peer", "-o", interval.OPTION, IMPORT}
_VALUED |= {_SINCE, *_FILES}
_REPEATABLE = frozenset({"--env"})
# Action, and the options that it takes.
ALLOWED = {
    "-a": _SETTINGS,
    "-m": _SETTINGS,
    "-d": frozenset({"-c"}),
    "-p": frozenset({"-c", "--output"}),
    CHECK: frozenset({"-c", "--output", "--peer"}),
    STATUS: frozenset({"-c", "--output", interval.OPTION}),
    REPORT: frozenset({"-c", _SINCE, _SWITCHLOG, "-o"}),
    RESTART: frozenset({"-c"}),
    EXPORT: frozenset({"-c"}),
    IMPORT: frozenset(),
    COLLECT: frozenset({"-c", "-o"}),
}
_WITHOUT_NAME = (
    "-p",
    STATUS,
    EXPORT,
    IMPORT,
)  # it may be left out, or is none of theirs
_PROMETHEUS = "prometheus"
_FORMATS = ("text", "json", _PROMETHEUS)
# Eighteen digits are beyond every range, and cost nothing to read.
_NUMBER = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Request:
    """An action, the values of its options by key, and everything that is wrong with them.

    Of several actions it is the first; several are among the problems.  *options* are all
    that are given, be the rest right or wrong.
    """

    action: str
    values: dict[str, Any]
    problems: tuple[Failure, ...]
    options: frozenset[str]


def _read(arguments: list[str]) -> CommandLine:
    line = CommandLine(frozenset(ACTIONS) - _VALUED, _VALUED)
    line.read([interval.plain(word) for word in arguments])
    return line


def parse(arguments: list[str]) -> Request:
    """Return what *arguments* ask for, all of their problems included."""
    line = _read(arguments)
    actions = [action for action in ACTIONS if action in line.options()]
    values, faults = _values([pair for pair in line.given if pair[0] in _VALUED])
    found = [
        *line.problems,
        *_about_actions(actions),
        *line.twice(_REPEATABLE),
        *faults,
    ]
    if len(actions) == 1:
        allowed = ALLOWED[actions[0]] | {actions[0]}
        found += line.misplaced(actions[0], allowed) + _absent(actions[0], line)
        found += _about_prometheus(actions[0], values)
    return Request(
        "".join(actions[:1]),
        values,
        (*found, *problems(values)),
        line.options(),
    )


def _about_actions(actions: list[str]) -> list[Failure]:
    if not actions:
        return [
            Failure(
                "no action specified",
                detail=f"One of {', '.join(ACTIONS[:-1])} and {ACTIONS[-1]} is needed.",
            )
        ]
    if len(actions) > 1:
        several = " and ".join(actions)
        return [Failure(f"only one action can be given, not {several}")]
    return []


def _absent(action: str, line: CommandLine) -> list[Failure]:
    needed = {"-a": tuple(_REQUIRED), COLLECT: ("-c", "-o")}.get(action, ("-c",))
    given = line.options()
    found = [
        Failure(f"required option {quoted(option)} is missing")
        for option in needed
        if option not in given and action not in _WITHOUT_NAME
    ]
    if action == "-m" and not given - {"-c", "-m"} & _SETTINGS:
        found.append(Failure("no setting to change is given"))
    return found


def _values(given: list[tuple[str, str]]) -> tuple[dict[str, Any], list[Failure]]:
    values: dict[str, Any] = {}
    faults: list[Failure] = []
    for option, text in given:
        if option == "--env":
            faults += _add_variable(values.setdefault("env", {}), text)
        elif option == "--output":
            values["output"] = text
            faults += _about_output(text)
        elif option == interval.OPTION:
            values["watch"] = text
            faults += interval.problems(text)
        elif option == _SINCE:
            values["since"] = text
            faults += since.problems(text)
        elif option in _FILES:
            values[_FILES[option]] = text
            faults += _about_empty(option, text)
        else:
            values[_KEYS[option]] = _value(option, text)
            faults += _about_empty(option, text)
    return values, faults


def _value(option: str, text: str) -> object:
    if option == "-n":
        return tuple(text.split(","))
    if option in _NUMBERS and _NUMBER.fullmatch(text):
        return int(text)
    return text


def _add_variable(env: dict[str, str], text: str) -> list[Failure]:
    name, equals, value = text.partition("=")
    if not equals:
        # The text is not shown: it may be a password whose name was forgotten.
        return [
            Failure(
                'option "--env" without a name and a value',
                detail="Its form is --env=NAME=VALUE.",
            )
        ]
    if name in env:
        return [Failure(f"environment variable {quoted(name)} given more than once")]
    env[name] = value
    return []


def _about_output(text: str) -> list[Failure]:
    if text in _FORMATS:
        return []
    *others, last = map(quoted, _FORMATS)
    detail = f"It must be {', '.join(others)} or {last}."
    return [Failure(f"invalid output format {quoted(text)}", detail=detail)]


def _about_prometheus(action: str, values: dict[str, Any]) -> list[Failure]:
    """A form of the status alone; whoever collects it asks each time anew."""
    if values.get("output") != _PROMETHEUS:
        return []
    other = "" if action == STATUS else action
    other = other or (interval.OPTION if "watch" in values else "")
    last = quoted(f"--output={_PROMETHEUS}")
    text = f"option {quoted(other)} cannot be used with option {last}"
    return [Failure(text)] if other else []


def _about_empty(option: str, text: str) -> list[Failure]:
    """In a definition an empty path means the default; typed, it is a variable unset."""
    if text or option not in ("--bin-dir", "--config-file", *_FILES):
        return []
    return [Failure(f"option {quoted(option)} requires a value")]
