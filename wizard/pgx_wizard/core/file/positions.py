"""Where each key of a TOML text stands: tomllib gives values without their places.

Pure.  It reads only what tomllib has already found to be valid, so it need not judge:
it skips strings and comments, and notes every key that it passes.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]
Place = tuple[int, int]  # line and column, counted from 1

_KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
_SKIPPED = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|'
    r"'''.*?'{3,5}|"
    r'"(?:[^"\\\n]|\\.)*"|'
    r"'[^'\n]*'|#[^\n]*",
    re.DOTALL,
)


def places(text: str) -> dict[Path, Place]:
    """Return the place of every key in *text*, a valid TOML document.

    An element of an array of tables is named by its number, from 0.
    """
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.run()
    return scanner.found


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, Place] = {}
        self.table: Path = ()
        self.arrays: dict[Path, int] = {}
        self.lines = [0] + [match.end() for match in re.finditer("\n", text)]
        self.line = 0

    def run(self) -> None:
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "#":
                self.skip_token()
            elif character in " \t\n":
                self.at += 1
            elif character == "[":
                self.header()
            else:
                self.assignment(self.table)

    def skip_token(self) -> None:
        """Pass a string, a comment, or one character."""
        match = _SKIPPED.match(self.text, self.at)
        self.at = match.end() if match else self.at + 1

    def place(self, at: int) -> Place:
        while self.line + 1 < len(self.lines) and self.lines[self.line + 1] <= at:
            self.line += 1
        return self.line + 1, at - self.lines[self.line] + 1

    def dotted(self, base: Path) -> Path:
        """Read `a.b."c"` and note each part of it below *base*."""
        path = base
        while match := _KEY.match(self.text, self.at):
            path = (*self.last_of(path), _plain(match[1]))
            self.found.setdefault(path, self.place(match.start(1)))
            self.at = match.end()
            if self.text[self.at : self.at + 1] != ".":
                break
            self.at += 1
        return path

    def last_of(self, path: Path) -> Path:
        """Return the newest element where *path* is an array of tables."""
        return (*path, self.arrays[path]) if path in self.arrays else path

    def header(self) -> None:
        array = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if array else 1
        path = self.dotted(())
        if array:
            self.arrays[path] = self.arrays.get(path, -1) + 1
            self.found[self.last_of(path)] = self.place(start)
        self.table = self.last_of(path)
        self.at = self.end_of_line()

    def end_of_line(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def assignment(self, base: Path) -> None:
        before = self.at
        path = self.dotted(base)
        self.at = max(self.at, before) + 1  # the equals sign
        self.value(path)

    def value(self, path: Path) -> None:
        """Pass a value; keys of inline tables are noted, those inside arrays too."""
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1
        opening = self.text[self.at : self.at + 1]
        if opening == "{":
            self.inline_table(path)
        elif opening == "[":
            self.array(path)
        else:
            self.scalar()

    def scalar(self) -> None:
        if self.text[self.at : self.at + 1] in ('"', "'"):
            self.skip_token()
            return
        while self.at < len(self.text) and self.text[self.at] not in ",]}\n#":
            self.at += 1

    def blanks(self) -> str:
        """Pass blanks, newlines and comments; return the character that comes then."""
        while self.at < len(self.text) and self.text[self.at] in " \t\n#":
            self.skip_token()
        return self.text[self.at : self.at + 1]

    def inline_table(self, path: Path) -> None:
        self.at += 1
        while (character := self.blanks()) not in ("}", ""):
            if character == ",":
                self.at += 1
            else:
                self.assignment(path)
        self.at += 1

    def array(self, path: Path) -> None:
        self.at += 1
        number = 0
        while (character := self.blanks()) not in ("]", ""):
            if character == ",":
                self.at += 1
                continue
            self.found[(*path, number)] = self.place(self.at)
            self.value((*path, number))
            number += 1
        self.at += 1


def _plain(key: str) -> str:
    if key[0] == "'":
        return key[1:-1]
    if key[0] == '"':
        return re.sub(
            r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})|\\(.)", _character, key[1:-1]
        )
    return key


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def _character(match: re.Match[str]) -> str:
    if code := match[1] or match[2]:
        return chr(int(code, 16))
    return _ESCAPES.get(match[3], match[3])
