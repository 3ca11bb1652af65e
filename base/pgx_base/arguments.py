"""Reading a command line: every problem of it, not just the first.

Pure.  As with PostgreSQL's programs, options and their values may be apart or together
(`-c NAME`, `-cNAME`, `--output json`, `--output=json`) and single letters may be joined.
Long options are never abbreviated: an abbreviation that is right today is ambiguous
tomorrow.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pgx_base.failure import Failure
from pgx_base.text import quoted

# What an option says, and its value; "" for an option that takes none.
Given = list[tuple[str, str]]


@dataclass
class CommandLine:
    """What was given, in that order, and what cannot be understood of it."""

    flags: frozenset[str]
    valued: frozenset[str]
    given: Given = field(default_factory=list)
    problems: list[Failure] = field(default_factory=list)

    def read(self, arguments: list[str]) -> None:
        """Read all of *arguments*."""
        rest = list(arguments)
        while rest:
            word = rest.pop(0)
            if word == "--":
                self._operands(rest)
                return
            if word.startswith("--"):
                self._long(word, rest)
            elif word.startswith("-") and word != "-":
                self._letters(word[1:], rest)
            else:
                self._operands([word])

    def _operands(self, words: list[str]) -> None:
        for word in words:
            self.problems.append(Failure(f"unexpected argument {quoted(word)}"))

    def _long(self, word: str, rest: list[str]) -> None:
        option, equals, value = word.partition("=")
        if option in self.valued:
            self._take(option, value if equals else None, rest)
        elif option not in self.flags:
            self._unrecognized(option)
        elif equals:
            self.problems.append(Failure(f"option {quoted(option)} takes no value"))
        else:
            self.given.append((option, ""))

    def _letters(self, letters: str, rest: list[str]) -> None:
        while letters:
            option, letters = "-" + letters[0], letters[1:]
            if option in self.valued:
                self._take(option, letters or None, rest)
                return
            if option in self.flags:
                self.given.append((option, ""))
            else:
                self._unrecognized(option)

    def _take(self, option: str, value: str | None, rest: list[str]) -> None:
        if value is None and not rest:
            self.problems.append(Failure(f"option {quoted(option)} requires a value"))
        else:
            self.given.append((option, rest.pop(0) if value is None else value))

    def _unrecognized(self, option: str) -> None:
        self.problems.append(Failure(f"unrecognized option {quoted(option)}"))
