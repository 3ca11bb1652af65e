"""`apply`: the roads of the core, walked on a real terminal, and left in any case."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TypeVar

from pgx_base import report
from pgx_base.failure import Failure
from pgx_wizard import commands
from pgx_wizard.core.application import Application
from pgx_wizard.core.file.problem import errors
from pgx_wizard.core.request import Request
from pgx_wizard.core.roads.dry_run import look, render
from pgx_wizard.core.roads.entering import SAVE
from pgx_wizard.core.roads.hand import Hand, Keys, Road
from pgx_wizard.core.roads.road import Options, Outcome, apply, leave
from pgx_wizard.core.screens.screen import Screen
from pgx_wizard.core.screens.vocabulary import HVW
from pgx_wizard.core.texts.steps import left_by_hand
from pgx_wizard.interruption import Interrupted, Interruption
from pgx_wizard.terminal import Ended, Silent, Terminal

T = TypeVar("T")
DONE, FAILED, LEFT = 0, 1, 3
PATIENCE = 60  # seconds for one screen
SILENT = "Ended hvw, which does not answer"


def run(asked: Request) -> tuple[int, str]:
    """Return exit code and output of `apply`.  Raises Failure, Refused."""
    app, problems = commands.judge(asked)
    commands.show_problems(asked.operand, problems)
    if app is None or errors(problems):
        raise commands.Refused
    options = Options(
        asked.options.get("--until", "activate"),
        asked.has("--prune"),
        asked.has("--without-database"),
        asked.has("--type-inferred"),
    )
    program = asked.options.get("--hvw", HVW)
    patience = float(asked.options.get("--timeout", PATIENCE))
    path = asked.options.get("--transcript", f"pgx_wizard-{app.name}.log")
    with (
        _transcript(path) as transcript,
        Interruption() as interruption,
        Terminal(program, transcript, patience, interruption) as terminal,
    ):
        if asked.has("--dry-run"):
            return DONE, _dry(terminal, app, options)
        return _type(terminal, app, options)


@contextmanager
def _transcript(path: str) -> Iterator[IO[str]]:
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(path, flags | os.O_NONBLOCK, 0o600)
    except OSError as ex:
        raise Failure(f"could not write transcript {path}: {ex.strerror}") from ex
    file = open(fd, "w", encoding="utf-8", newline="")
    try:
        yield file
    finally:
        try:
            file.close()
        except OSError:
            pass  # the disk is full: that was told when it was written to


def _note(text: str) -> None:
    report.to_stderr(f"{commands.PROGRAM}: {text}")


def _walk(terminal: Terminal, hand: Hand, road: Road[T]) -> T:
    """Type what *road* says, and hand it the screens, to its end."""
    try:
        keys = next(road)
        while True:
            keys = road.send(_answer(terminal, keys))
    except StopIteration as end:
        result: T = end.value
        return result


def _answer(terminal: Terminal, keys: Keys) -> Screen:
    terminal.type(keys)
    return terminal.read()


def _type(terminal: Terminal, app: Application, options: Options) -> tuple[int, str]:
    hand, outcome = Hand(terminal.read(), _note), Outcome()
    try:
        _walk(terminal, hand, apply(hand, app, options, outcome))
    except Failure as ex:
        return _give_up(terminal, hand, outcome, ex), ""
    _quit(terminal, hand)
    return _tell(app, outcome, terminal.program)


def _give_up(terminal: Terminal, hand: Hand, outcome: Outcome, why: Failure) -> int:
    """Leave hvw, tell why, and what is saved."""
    at = hand.screen.name
    how = _left(terminal, hand, why)
    place = "" if at in why.primary else f"At {at}."
    saved = _what_is_saved(hand, outcome)
    detail = " ".join(filter(None, (why.detail, place, f"{how}.", saved)))
    hint = (
        why.hint
        or "The transcript has all screens; a second run goes on from what is saved."
    )
    report.show(
        commands.PROGRAM, "error", Failure(why.primary, detail=detail, hint=hint)
    )
    return FAILED


def _what_is_saved(hand: Hand, outcome: Outcome) -> str:
    if outcome.saved:
        return "The application is saved."
    if outcome.saving:
        return "Whether the application was saved is not known."
    if any(keys.meaning == SAVE for keys in hand.typed):
        # Whether hvw keeps a part before the application is saved, no manual says.
        return "The application was not saved; parts of it may be."
    return "The application was not saved."


def _left(terminal: Terminal, hand: Hand, why: Failure) -> str:
    match why:
        case Ended():
            return "hvw has ended"
        case Silent():
            return SILENT
        case _:
            return _quit(terminal, hand)


def _quit(terminal: Terminal, hand: Hand) -> str:
    """Leave hvw through its menus where they have a way that saves nothing; else end it."""
    try:
        if terminal.awaited is not None:
            # Interrupted before it came: a number is typed at no screen but its own.
            hand.screen = terminal.read()
        _walk(terminal, hand, leave(hand))
    except Ended:
        return "Left hvw without saving more"
    except Silent:
        return SILENT
    except Interrupted:
        return "Ended hvw at a second signal"
    except Failure:
        pass  # unknown: it is ended
    return "Ended hvw: its menu has no way out that saves nothing"


def _tell(app: Application, outcome: Outcome, program: str) -> tuple[int, str]:
    for warning in outcome.warnings:
        report.show(commands.PROGRAM, "warning", Failure(warning), log=False)
    if outcome.left or outcome.removals:
        return LEFT, _left_to_a_person(app, outcome, program)
    last = "activated" if outcome.activated else "generated"
    return (
        DONE,
        f"application {app.name} saved, configuration {app.configuration} {last}",
    )


def _left_to_a_person(app: Application, outcome: Outcome, program: str) -> str:
    what = [
        f"application {app.name} is saved; the rest is for you to do in hvw:",
        "",
        *left_by_hand(app, outcome.left, outcome.removals, program),
        "",
        "Then run the same command again: it goes on with Configuration-Generate.",
    ]
    return "\n".join(what)


def _dry(terminal: Terminal, app: Application, options: Options) -> str:
    hand = Hand(terminal.read())
    try:
        road = look(hand, app, without_database=options.without_database)
        seen = _walk(terminal, hand, road)
    except Ended:
        raise  # at NO-SAVE+EXIT, say: there is nothing to leave any more
    except Failure:
        _quit(terminal, hand)
        raise
    _quit(terminal, hand)
    return render(app, seen, options)
