"""docs/messages.md has every message, with cause and action, and no other."""

from __future__ import annotations

import ast
import re

import pytest

from tests.unit.messages_in_code import ROOT, all_primaries, primaries

DOCUMENT = ROOT / "docs" / "messages.md"
ROW = re.compile(r"\| `(?P<message>[^`]+)` \| (?P<cause>[^|]+) \| (?P<action>[^|]+) \|")


def _rows() -> list[tuple[int, str]]:
    lines = DOCUMENT.read_text().splitlines()
    return [
        (number, line) for number, line in enumerate(lines, 1) if line.startswith("| `")
    ]


def _entries() -> list[str]:
    matches = [ROW.fullmatch(line.strip()) for _, line in _rows()]
    return [match["message"] for match in matches if match]


def test_every_message_in_the_code_is_explained() -> None:
    entries = _entries()
    missing = [
        f"{place}: {re.sub(r'.[+]', '...', pattern).replace(chr(92), '')}"
        for place, pattern in all_primaries()
        if not any(re.fullmatch(pattern, entry) for entry in entries)
    ]

    assert not missing, "\n".join(missing)


def test_no_message_is_explained_that_nothing_shows() -> None:
    # More than the re module keeps: each would be compiled anew for each entry.
    patterns = [re.compile(pattern) for _, pattern in all_primaries()]
    stale = [
        entry
        for entry in _entries()
        if not any(pattern.fullmatch(entry) for pattern in patterns)
    ]

    assert stale == []


def test_every_entry_has_cause_and_action() -> None:
    bad = [
        f"{number}: {line}"
        for number, line in _rows()
        if not ROW.fullmatch(line.strip())
    ]

    assert bad == []


def test_no_message_is_explained_twice() -> None:
    entries = _entries()

    assert sorted(set(entries)) == sorted(entries)


def test_a_primary_line_is_lower_case_and_has_no_full_stop() -> None:
    bad = [
        f"{place}: {pattern}"
        for place, pattern in all_primaries()
        if re.match(r"[A-Z][a-z]", pattern) or re.search(r"\w\\\.$", pattern)
    ]

    assert bad == []


def test_a_primary_line_has_no_word_that_leaves_the_reader_alone() -> None:
    words = re.compile(r"\b(unable|bad|illegal|unknown)\b")

    assert [place for place, pattern in all_primaries() if words.search(pattern)] == []


@pytest.mark.parametrize(
    ("code", "want"),
    [
        ('Failure("no node name given")', [r"no\ node\ name\ given"]),
        ('Failure(f"no file {x!r} here", detail=y)', [r"no\ file\ .+\ here"]),
        ('report.warn(PROGRAM, "it is late")', [r"it\ is\ late"]),
        ('worker.warn("it is late", hint=z)', [r"it\ is\ late"]),
        ('Failure("one two" if x else "three four")', [r"one\ two", r"three\ four"]),
        ("Failure(primary)", []),
    ],
)
def test_literal_messages_are_found(code: str, want: list[str]) -> None:
    found = primaries(ast.parse(code), {"Failure": {0}, "warn": {0, 1}})

    assert [pattern for _, pattern in found] == want
