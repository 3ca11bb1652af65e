"""pgx_check NAME: tell RMS the state of a resource.

It reads one record that the monitor keeps, and never connects, waits, or opens
anything under the data directory.  RMS runs it every 10 s and slows down when it
takes 0.25 s, so what is imported here is counted: no psycopg, psutil, argparse,
tomllib, subprocess, logging, re, pathlib, dataclasses or enum.  Only a resource
without a good record pays for more, and mostly in a child that runs on alone.

Exit: 0 Online, 1 Offline, 2 Faulted (and wrong usage).  Python's own exit codes
never get out.
"""

import os
import sys

from pgx_base import prologue
from pgx_pclrsc import look, record, registry
from pgx_pclrsc.core import verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def answer(root: str, name: str) -> int:
    """Return what RMS is told of resource *name* in the registry at *root*.

    Raises look.Unknown, look.Refused.
    """
    return done(root, name, look.judge(root, name))


def done(root: str, name: str, judged: look.Judged) -> int:
    """Start a monitor where one is wanted, and return the code, a fault with its reason."""
    if judged.start:
        start_monitor(root, name, judged.generation())
    return _told(name, judged.code, judged.found)


def _told(name: str, code: int, found: record.Record | None) -> int:
    """Return *code*, a fault with its reason on stderr."""
    if code == verdict.FAULTED:
        gone = found is not None and not look.lives(found)
        _tell(lambda words: words.faulted(name, found, gone=gone))
    return code


def _unknown(name: str) -> int:
    _tell(lambda words: words.unknown(name))
    return verdict.OFFLINE


def _tell(what: "Callable[[Any], None]") -> None:
    """Have it said in words; that they cannot be loaded, say, changes no answer."""
    try:
        from pgx_agent.check import words

        what(words)
    except Exception:  # noqa: BLE001  # the exit code says it, and counts
        pass


def start_monitor(root: str, name: str, generation: str) -> None:
    """Start a monitor in the background; that it cannot be started changes no answer."""
    try:
        from pgx_agent.monitor import launch

        launch.in_background(root, name, generation)
    except Exception as ex:  # noqa: BLE001  # no process to be had, say
        problem = ex
        _tell(lambda words: words.no_monitor(name, problem))


def run(arguments: list[str]) -> int:
    """Return the exit code for *arguments*; nothing that happens may choose it but us."""
    try:
        if len(arguments) != 1 or arguments[0].startswith("-"):
            return _without_name(arguments)
        name = arguments[0]
        if not registry.is_name(name):
            return _unknown(name)
        return answer(registry.registry_root(), name)
    except look.Unknown:
        return _unknown(arguments[0])
    except look.Refused:
        _tell(lambda words: words.wrong_caller())
        return verdict.FAULTED
    except Exception as ex:  # noqa: BLE001  # Python's exit code 1 would say Offline
        return _internal_error(arguments, ex)


def _without_name(arguments: list[str]) -> int:
    """Give help or version (exit 0), or say what is wrong with *arguments* (exit 2)."""
    from pgx_agent.check import words

    return 0 if words.usage(arguments) else verdict.FAULTED


def by_processes(root: str, name: str, problem: Exception) -> int:
    """Answer from the processes alone: a fault of ours is not the instance's.

    Raises look.Unknown.
    """
    from pgx_base import program

    text = program.internal_error(problem).primary
    return done(root, name, look.unreadable(root, name, text, -1))


def _internal_error(arguments: list[str], problem: Exception) -> int:
    try:
        return by_processes(registry.registry_root(), arguments[0], problem)
    except look.Unknown:
        return _unknown(arguments[0])
    except Exception:  # noqa: BLE001  # nothing is left to ask
        return verdict.OFFLINE


def main() -> None:
    """Answer and leave at once: nothing is buffered, and tidying up costs time."""
    prologue.first_statements()
    os._exit(run(sys.argv[1:]))
