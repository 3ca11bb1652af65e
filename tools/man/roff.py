"""A man page, in man(7)'s language, of what a command prints for --help.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle

from tools.man.help_text import Help, Section

_SPECIAL = {
    "\\": r"\(rs",
    "-": r"\-",
    "'": r"\(aq",
    "`": r"\(ga",
    "^": r"\(ha",
    "~": r"\(ti",
}
_OPTION = r"(?<![\w-])--?[A-Za-z?][\w-]*"
_PLACEHOLDER = r"\b[A-Z][A-Z_]+\b"
_NEVER = r"(?!)"
PRODUCT = "pgx-primecluster"
_LONGEST = 78  # bytes in a line of the source; mandoc asks for less than 80


def page(
    told: Help,
    section: int,
    version: str,
    date: str,
    see: list[tuple[str, int]],
    documents: tuple[str, ...],
) -> str:
    """Return the page.  *see*: the other pages, with their sections."""
    lines = head(told.program, section, version, date, told.summary)
    lines += [".SH SYNOPSIS", *_synopsis(told)]
    lines += [".SH DESCRIPTION", *_filled(f"{told.program} {told.summary}.", told)]
    for paragraph in told.paragraphs:
        lines += [".PP", *_filled(paragraph, told)]
    in_options = False
    for each in told.sections:
        lines += _heading(each, in_options)
        in_options = _is_of_options(each)
        for row in each.rows:
            lines += [".TP", _styled(row.term, told), *_filled(row.text, told)]
    return "\n".join([*lines, *_see_also(see, documents)]) + "\n"


def head(name: str, section: int, version: str, date: str, what: str) -> list[str]:
    """Return how the page of *name* begins; no word of it is broken, so that it can be found."""
    title = f'.TH {name.upper()} {section} "{date}" "{PRODUCT} {version}"'
    return [title, ".nh", ".ad l", ".SH NAME", *wrapped(rf"{name} \- {escaped(what)}")]


def _is_of_options(section: Section) -> bool:
    return "options" in section.title.lower().split(",")[0].split()


def _heading(section: Section, in_options: bool) -> Iterator[str]:
    """All sections of options stand under one heading."""
    if not _is_of_options(section):
        yield f".SH {section.title.upper()}"
        return
    if not in_options:
        yield ".SH OPTIONS"
    if section.title != "Options":
        yield f".SS {escaped(section.title)}"


def _synopsis(told: Help) -> Iterator[str]:
    for use in told.uses:
        # An option and its value stay on one line.
        words = re.sub(r"(\\fB\\-\w\\fR) (?=\\fI)", r"\1\\ ", _styled(use.line, told))
        yield from (f".SY {told.program}", *wrapped(words), ".YS")


def _see_also(see: list[tuple[str, int]], documents: tuple[str, ...]) -> Iterator[str]:
    yield ".SH SEE ALSO"
    for at, (name, section) in enumerate(see):
        yield rf".BR {name} ({section}){',' if at < len(see) - 1 else ''}"
    yield ".PP"
    *others, last = (rf"\fI{name}\fR" for name in documents)
    yield f"Of the documents of {escaped(PRODUCT)}:"
    yield from wrapped(f"{', '.join(others)} and {last}.")


def escaped(text: str) -> str:
    """Return *text* with what roff would take for something else in its own spelling."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def _styled(term: str, told: Help) -> str:
    """Return *term* with options and modes in bold, and what stands for a value in italics."""
    modes = (rf"^{use.mode}\b" for use in told.uses if use.mode)
    return _in_fonts(term, "|".join([_OPTION, *modes]), _PLACEHOLDER)


def _filled(text: str, told: Help) -> Iterator[str]:
    """Yield *text* as lines of source, each sentence on lines of its own."""
    names = {name for use in told.uses for name in use.operands}
    names |= {option.value for option in told.options.values()}
    words = (rf"\b{name}\b" for name in names if re.fullmatch(_PLACEHOLDER, name))
    italic = "|".join(sorted(words)) or _NEVER
    for sentence in re.split(r"(?<=[.:]) (?=[A-Z])", text):
        yield from wrapped(_in_fonts(sentence, _OPTION, italic))


def _in_fonts(text: str, bold: str, italic: str) -> str:
    """Return *text* with what matches *bold* and *italic* in these fonts."""
    parts = zip(
        cycle(("", "B", "I")), re.split(f"({bold})|({italic})", text), strict=False
    )
    return "".join(
        rf"\f{font}{escaped(part)}\fR" if font else escaped(part)
        for font, part in parts
        if part
    )


def wrapped(line: str) -> Iterator[str]:
    """Yield *line* in lines of source; a blank that is escaped holds its words together."""
    held = ""
    for word in re.split(r"(?<!\\) ", line):
        if held and len(held) + 1 + len(word) > _LONGEST:
            yield _guarded(held)
            held = word
        else:
            held = f"{held} {word}" if held else word
    yield _guarded(held)


def _guarded(line: str) -> str:
    """Return *line* so that roff takes no word of it for a request."""
    return rf"\&{line}" if line.startswith((".", "'")) else line
