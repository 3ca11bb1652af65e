"""Reading a command line: every problem of it, not just the first.

Pure.  As with PostgreSQL's programs, options and their values may be apart or together
(`-c NAME`, `-cNAME`, `--output json`, `--output=json`) and single letters may be joined.
Long options are never abbreviated: an abbreviation that is right today is ambiguous
tomorrow.
"""

from __future__ import annotations

from pgx_base.failure import Failure
from pgx_base.text import quoted

# What an option says, and its value; "" for an option that takes none.
Given = list[tuple[str, str]]

HELP_OPTIONS, VERSION_OPTIONS = (
    frozenset({"-?", "--help"}),
    frozenset({"-V", "--version"}),
)


class CommandLine:
    """What was given, in that order, and what cannot be understood of it.

    *flags*, help and version among them, take no value, *valued* options do.  What is no
    option is one of the *operands*, a problem unless the line *takes_operands*.
    """

    def __init__(
        self,
        flags: frozenset[str],
        valued: frozenset[str],
        *,
        takes_operands: bool = False,
    ) -> None:
        self.flags, self.valued = flags | HELP_OPTIONS | VERSION_OPTIONS, valued
        self.takes_operands = takes_operands
        self.given: Given = []
        self.operands: list[str] = []
        self.problems: list[Failure] = []

    def options(self) -> frozenset[str]:
        """Return every option that is given, be the rest right or wrong."""
        return frozenset(option for option, _ in self.given)

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

    def twice(self, repeatable: frozenset[str] = frozenset()) -> list[Failure]:
        """Return a problem for each option, but *repeatable* ones, that is given again."""
        options = [option for option, _ in self.given if option not in repeatable]
        return [
            Failure(f"option {quoted(option)} given more than once")
            for option in dict.fromkeys(options)
            if options.count(option) > 1
        ]

    def misplaced(self, what: str, allowed: frozenset[str]) -> list[Failure]:
        """Return a problem for each option that *what*, a command or action, does not take."""
        return [
            Failure(f"option {quoted(option)} cannot be used with {quoted(what)}")
            for option in dict.fromkeys(option for option, _ in self.given)
            if option not in allowed
        ]

    def _operands(self, words: list[str]) -> None:
        self.operands += words
        for word in () if self.takes_operands else words:
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


def hint(program: str) -> str:
    """Return where to look after wrong usage of *program*."""
    return f'Try "{program} --help" for more information.'


def wrong_words(
    program: str, arguments: list[str], options: tuple[str, ...] = ()
) -> Failure:
    """Return what is wrong with *arguments*, of which *options* and one name are taken."""
    names = []
    for at, word in enumerate(arguments):
        if word in HELP_OPTIONS or word in VERSION_OPTIONS:
            text = f"option {quoted(word)} cannot be used with anything else"
            return Failure(text, hint=hint(program))
        if word in options and word in arguments[:at]:
            return Failure(
                f"option {quoted(word)} given more than once", hint=hint(program)
            )
        if word.startswith("-") and word not in options:
            return Failure(f"unrecognized option {quoted(word)}", hint=hint(program))
        if not word.startswith("-"):
            names.append(word)
    if not names:
        return Failure("no resource name given", hint=hint(program))
    return Failure(f"unexpected argument {quoted(names[1])}", hint=hint(program))
