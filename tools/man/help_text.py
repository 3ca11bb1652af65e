"""What a command prints for --help, read: the one text of which the rest is made.  Pure.

Its form is that of PostgreSQL's programs: what it is, how it is called, then sections of
rows, a term and what is said of it.  A line that has no place in it is refused, so that
nothing of --help can be missing from a man page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ROW_INDENTS = (2, 6)  # a short option or a word; a long option alone
_CHOICES = re.compile(r"[a-z][a-z-]*(\|[a-z][a-z-]*)*")


class Odd(ValueError):
    """A help text is not of that form."""


@dataclass(frozen=True, slots=True)
class Option:
    """One spelling of an option: `--watch`, and what its value is called, "" for none."""

    word: str
    value: str = ""
    may_lack_value: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it can have, where --help lists them."""
        return tuple(self.value.split("|")) if _CHOICES.fullmatch(self.value) else ()


@dataclass(frozen=True, slots=True)
class Row:
    """A term, `-c NAME` or `start`, and what is said of it."""

    term: str
    text: str

    @property
    def options(self) -> tuple[Option, ...]:
        """The options that the term names; none where it is another word."""
        if not self.term.startswith("-"):
            return ()
        return tuple(_option(each) for each in self.term.split(", "))


@dataclass(frozen=True, slots=True)
class Section:
    """A title, without its colon, and its rows."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """One way to call it: its words after the program, the mode, "" for none, and operands."""

    line: str
    mode: str
    operands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Help:
    """All of a help text.  *summary*: what the program does, without its name and full stop."""

    program: str
    summary: str
    uses: tuple[Use, ...]
    paragraphs: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def options(self) -> dict[str, Option]:
        """Every option by its word, in their order."""
        rows = [row for section in self.sections for row in section.rows]
        return {option.word: option for row in rows for option in row.options}


def read(text: str) -> Help:
    """Return what *text* says.  Raises Odd."""
    first, usage, *blocks = text.rstrip("\n").split("\n\n")
    program, _, summary = first.partition(" ")
    title, *lines = usage.splitlines()
    if title != "Usage:" or not summary.endswith("."):
        raise Odd(f"it begins otherwise than others: {first!r}, {title!r}")
    sections = tuple(_section(block) for block in blocks if _is_section(block))
    options = Help("", "", (), (), sections).options
    return Help(
        program,
        " ".join(summary.split())[:-1],
        tuple(_use(line, program, options) for line in _joined(lines)),
        tuple(" ".join(each.split()) for each in blocks if not _is_section(each)),
        sections,
    )


def _is_section(block: str) -> bool:
    return block.partition("\n")[0].endswith(":")


def _section(block: str) -> Section:
    title, *lines = block.splitlines()
    rows: list[Row] = []
    for line in lines:
        body = line.lstrip(" ")
        if len(line) - len(body) in _ROW_INDENTS:
            term, *text = re.split(" {2,}", body, maxsplit=1)
            rows.append(Row(term, "".join(text)))
        elif not rows or body == line:
            raise Odd(f"no row is there for {line!r}")
        else:
            rows[-1] = Row(rows[-1].term, f"{rows[-1].text} {body}".lstrip())
    if not rows or any(not row.text for row in rows):
        raise Odd(f"nothing is said of a term under {title!r}")
    return Section(title[:-1], tuple(rows))


def _option(term: str) -> Option:
    if "[=" in term:
        word, _, value = term.removesuffix("]").partition("[=")
        return Option(word, value, may_lack_value=True)
    word, _, value = term.partition("=" if term.startswith("--") else " ")
    return Option(word, value)


def _joined(lines: list[str]) -> list[str]:
    """Return the ways to call it, each on one line."""
    found: list[str] = []
    for line in lines:
        if line.startswith("   "):
            found[-1] += f" {line.strip()}"
        else:
            found.append(line.strip())
    return found


def _use(line: str, program: str, options: dict[str, Option]) -> Use:
    name, _, rest = line.partition(" ")
    if name != program:
        raise Odd(f"no way to call {program}: {line!r}")
    mode, operands, is_value = "", [], False
    for word in re.findall(r"[^\s\[\]|']+", rest):
        if word.startswith("-"):
            found = options.get(word.partition("=")[0])
            if found is None:
                raise Odd(f"option {word!r} is not explained")
            is_value = bool(found.value) and "=" not in word
            is_value = is_value and not found.may_lack_value
        elif is_value or word[0] in ".,=":
            is_value = False
        elif word.islower():
            mode = word
        elif word.rstrip(".") != "OPTION":
            operands.append(word)
    return Use(rest, mode, tuple(operands))
