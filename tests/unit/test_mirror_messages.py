"""Each message of the pair has a number, a cause and an action, and is told as documented."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgx_mirror.messages import disk, pair, peer
from pgx_mirror.messages.catalogue import CATALOGUE, SUBJECTS, of, table
from pgx_mirror.messages.message import NOTHING, PRIORITY, Message, words
from tools.mirror_messages import DOCUMENT, HEADING, replaced

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = list(CATALOGUE.values())
# What the manuals number themselves; everything else is ours.
THEIRS = {"MCA00019", "MCA00062"}


def test_no_number_is_given_twice() -> None:
    """Within a subject they rise, so that a new one is added at its end."""
    for subject in SUBJECTS:
        numbers = [row.number for row in of(subject) if row.number not in THEIRS]

        assert numbers == sorted(set(numbers)), subject.__name__
    assert len(CATALOGUE) == sum(len(of(subject)) for subject in SUBJECTS)


def test_no_number_is_explained_twice() -> None:
    text = (ROOT / DOCUMENT).read_text()
    numbers = re.findall(r"(?m)^\| ((?:PGX|MCA)\d{5}) \|", text)

    assert sorted(numbers) == sorted(CATALOGUE)


def test_a_number_of_ours_cannot_be_taken_for_one_of_the_manuals() -> None:
    assert set(CATALOGUE) >= THEIRS
    assert [
        n for n in CATALOGUE if n not in THEIRS and not re.fullmatch(r"PGX\d{5}", n)
    ] == []


def test_the_manuals_two_messages_are_theirs_to_the_letter() -> None:
    assert words(pair.PROMOTED, {}) == "LOG: promotion processing completed (MCA00062)"
    assert words(peer.NO_RESPONSE, {"server": "server2"}) == (
        'ERROR: detected an error on the monitored object "server(server2)":'
        " no response:ping timeout (MCA00019)"
    )


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.number)
def test_a_message_has_type_cause_and_action(message: Message) -> None:
    assert message.kind in PRIORITY
    assert re.fullmatch(r"[A-Za-z].*[.]", message.cause), message.cause
    assert re.fullmatch(r"[A-Za-z].*[.]", message.action), message.action
    assert "|" not in message.text + message.cause + message.action
    assert not message.text.endswith(".")
    # By 7.5 information alone needs no action.
    if message.kind in ("WARNING", "ERROR", "FATAL", "PANIC"):
        assert message.action != NOTHING


def test_the_document_shows_the_catalogue() -> None:
    """`python -m tools.mirror_messages --write` puts it there."""
    text = DOCUMENT.read_text()
    section = text.partition(HEADING)[2].partition("\n## ")[0]

    assert [line for line in section.splitlines() if line.startswith("|")] == table()
    assert replaced(text, table()) == text
    assert replaced(text, ["| x |"]).count("\n") == text.count("\n") - len(table()) + 1


def test_a_command_prints_it() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tools.mirror_messages"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.splitlines() == table()


@example(peer.CLOCK, "\1" * 3000)
@example(peer.GARBLED, "\U000e0001" * 3000)
@given(st.sampled_from(MESSAGES), st.text(max_size=3000))
def test_whatever_a_parameter_holds_it_stays_one_line_with_its_number(
    message: Message, value: str
) -> None:
    told = words(message, dict.fromkeys(message.parameters, value))

    assert told.isprintable()
    assert told.startswith(f"{message.kind}: ")
    assert told.endswith(f" ({message.number})")
    assert len(told.encode()) < 900


def test_a_parameter_that_was_forgotten_is_no_error() -> None:
    assert "{" not in words(disk.FAILED, {"what": "pg_wal"})
    assert '"?"' in words(disk.FAILED, {"what": "pg_wal"})


def _told() -> Iterator[tuple[str, Message, set[str], bool]]:
    """Yield each call that hands over a message by its constant, and the names that it gives."""
    subjects = {subject.__name__.rpartition(".")[2]: subject for subject in SUBJECTS}
    for path in (ROOT / "mirror").rglob("*.py"):
        tree = ast.parse(path.read_text())
        imported = {
            alias.asname or alias.name: subjects[alias.name]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "pgx_mirror.messages"
            for alias in node.names
            if alias.name in subjects
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            for argument in call.args:
                match argument:
                    case ast.Attribute(ast.Name(module), name) if module in imported:
                        found = getattr(imported[module], name)
                        if isinstance(found, Message):
                            given_names = {
                                word.arg for word in call.keywords if word.arg
                            }
                            rest = any(word.arg is None for word in call.keywords)
                            place = f"{path.relative_to(ROOT)}:{call.lineno}"
                            yield place, found, given_names, rest
                    case _:
                        pass


def test_who_tells_a_message_gives_its_parameters() -> None:
    """A wrapper hands the message on as a positional argument, and the parameters by name."""
    wrong = [
        f"{place}: {message.number} has {message.parameters}, not {sorted(names)}"
        for place, message, names, rest in _told()
        if not rest and names != set(message.parameters)
    ]

    assert wrong == []


def _mentioned(path: Path) -> set[str]:
    """Return the messages that a module names through a subject that it imports."""
    subjects = {subject.__name__.rpartition(".")[2]: subject for subject in SUBJECTS}
    tree = ast.parse(path.read_text())
    imported = {
        alias.asname or alias.name: subjects[alias.name]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "pgx_mirror.messages"
        for alias in node.names
        if alias.name in subjects
    }
    found = [
        getattr(imported[node.value.id], node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in imported
    ]
    return {message.number for message in found if isinstance(message, Message)}


def test_each_message_is_told_by_somebody() -> None:
    """What nobody tells is not in the catalogue: nobody would look for its action."""
    files = (ROOT / "mirror").rglob("*.py")
    told = {number for path in files for number in _mentioned(path)}

    assert sorted(CATALOGUE.keys() - told) == []
