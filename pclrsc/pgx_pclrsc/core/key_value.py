"""The text of our own files: lines of `key = value`, some under a [table].  Pure.

It is a part of TOML, which tomllib reads as the same; tests/property holds the two side
by side.  tomllib itself, with what it loads, was a third of the time that pgx_online and
pgx_offline took to load, so they read the text here, and nothing else reads or writes it.

Read are strings, whole numbers, and lists and tables of them: what any version of ours
has written, and what a hand adds to that (comments, a list over many lines, 'such'
strings).  Anything else is refused with the number of its line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pgx_base.text import quoted

_BLANKS = frozenset(" \t")
_DIGITS = frozenset("0123456789")
_NUMBER = _DIGITS | {"_"}
_HEX = _DIGITS | frozenset("abcdefABCDEF")
_KEY = _DIGITS | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-")
_CONTROL = frozenset(map(chr, (*range(32), 127))) - {"\t"}  # nowhere but as escapes
_BEHIND_TEXT = _CONTROL | {'"', "\\"}
_BEHIND_LITERAL = _CONTROL | {"'"}
_BEHIND_A_WORD = frozenset(" \t\n,]}#")
_ESCAPES = {
    "b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\",
}  # fmt: skip
_CODES = {"u": 4, "U": 8}  # and how many digits follow
_WRITTEN = {
    **{character: f"\\u{ord(character):04x}" for character in _CONTROL},
    **{value: "\\" + letter for letter, value in _ESCAPES.items() if value != "\t"},
}

Scalar = str | int


class Unreadable(Exception):
    """A text that is not of this form: *line* counts from 1, *reason* is a clause."""

    def __init__(self, line: int, reason: str) -> None:
        self.line, self.reason = line, reason
        super().__init__(f"line {line}: {reason}")


def read(text: str) -> dict[str, object]:
    """Return the values in *text*, a table as a dict.  Raises Unreadable."""
    reader = _Reader(text)
    document: dict[str, object] = {}
    table = document
    while not reader.at_end():
        if reader.take("["):
            table = {}
            document[reader.header(document)] = table
        else:
            key = reader.key(table)
            table[key] = reader.value()
        reader.end_line()
    return document


class _Reader:
    """The text, and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text.replace("\r\n", "\n"), 0

    def wrong(self, reason: str) -> Unreadable:
        return Unreadable(self.text.count("\n", 0, self.at) + 1, reason)

    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, word: str) -> bool:
        """Whether *word* stands here; it is passed."""
        there = self.text.startswith(word, self.at)
        self.at += len(word) if there else 0
        return there

    def run(self, characters: frozenset[str], *, until: bool = False) -> str:
        """Pass those of *characters* that stand here, or what stands before one of them."""
        text, begin = self.text, self.at
        end = begin
        while end < len(text) and (text[end] in characters) is not until:
            end += 1
        self.at = end
        return text[begin:end]

    def end_line(self) -> None:
        """Pass what may still stand on the line, and its end."""
        self.run(_BLANKS)
        if self.here() == "#":
            self.run(_CONTROL, until=True)
        if self.here() and not self.take("\n"):
            raise self.wrong(f"{quoted(self.here())} is not expected here")

    def at_end(self) -> bool:
        """Pass blanks, comments and the ends of lines; whether nothing follows."""
        self.run(_BLANKS)
        while self.here() in ("#", "\n"):
            self.end_line()
            self.run(_BLANKS)
        return self.here() == ""

    def header(self, document: Mapping[str, object]) -> str:
        """Return the name between the brackets of a [table]."""
        name = self.new_key(document)
        if not self.take("]"):
            raise self.wrong(f'"]" is missing behind "[{name}"')
        return name

    def key(self, table: Mapping[str, object]) -> str:
        """Return a key that *table* does not have yet, and pass what leads to its value."""
        key = self.new_key(table)
        if not self.take("="):
            raise self.wrong(f'"=" is missing behind "{key}"')
        self.run(_BLANKS)
        return key

    def new_key(self, table: Mapping[str, object]) -> str:
        self.run(_BLANKS)
        key = self.run(_KEY)
        if not key:
            raise self.wrong(
                "a key is missing: letters, digits, _ and - without quotes"
            )
        if key in table:
            raise self.wrong(f'"{key}" is there twice')
        self.run(_BLANKS)
        return key

    def value(self) -> object:
        if self.take("["):
            return self.elements()
        return self.pairs() if self.take("{") else self.scalar()

    def elements(self) -> list[Scalar]:
        found: list[Scalar] = []
        while not self.at_end():
            if self.take("]"):
                return found
            found.append(self.scalar())
            if self.at_end() or not (self.take(",") or self.here() == "]"):
                break
        raise self.wrong('"," or "]" is missing in a list')

    def pairs(self) -> dict[str, object]:
        found: dict[str, object] = {}
        self.run(_BLANKS)
        if self.take("}"):
            return found
        while not found or self.take(","):
            key = self.key(found)
            found[key] = self.scalar()
            self.run(_BLANKS)
        if not self.take("}"):
            raise self.wrong('"," or "}" is missing in a table')
        return found

    def scalar(self) -> Scalar:
        if self.take('"'):
            return "".join(self.parts())
        if self.take("'"):
            text = self.run(_BEHIND_LITERAL, until=True)
            self.close("'")
            return text
        return self.number()

    def parts(self) -> Iterable[str]:
        """Yield what stands between the quotes, an escape as what it stands for."""
        yield self.run(_BEHIND_TEXT, until=True)
        while self.take("\\"):
            yield self.escape()
            yield self.run(_BEHIND_TEXT, until=True)
        self.close('"')

    def close(self, quote: str) -> None:
        if not self.take(quote):
            raise self.wrong(f"{quote} is missing at the end of a string")

    def escape(self) -> str:
        letter = self.here()
        if letter in _ESCAPES:
            self.at += 1
            return _ESCAPES[letter]
        digits = self.text[self.at + 1 : self.at + 1 + _CODES.get(letter, 0)]
        if digits and len(digits) == _CODES[letter] and _HEX.issuperset(digits):
            code = int(digits, 16)
            if code < 0xD800 or 0xDFFF < code <= 0x10FFFF:
                self.at += 1 + len(digits)
                return chr(code)
        raise self.wrong(r"\ stands before no escape; a \ itself is written \\")

    def number(self) -> int:
        word = self.run(_BEHIND_A_WORD, until=True)
        digits = word[1:] if word[:1] in ("+", "-") else word
        try:
            if (digits == "0" or digits[:1] != "0") and _NUMBER.issuperset(digits):
                return int(word)
        except ValueError:  # nothing, a _ in a wrong place, or thousands of digits
            pass
        raise self.wrong(
            f"{quoted(word[:40])} is no whole number, and a string has quotes"
        )


def written(document: Mapping[str, object]) -> str:
    """Return the text of *document*, its tables at the end; read() reads it."""
    tables = {key: it for key, it in document.items() if isinstance(it, Mapping)}
    top = {key: it for key, it in document.items() if key not in tables}
    text = [*lines(top)]
    for key, table in tables.items():
        text += ["", f"[{key}]", *lines(table)]
    return "\n".join(text) + "\n"


def lines(table: Mapping[str, object]) -> Iterable[str]:
    """Return each pair of *table* as read() has it, a table in it too on one line."""
    return (f"{key} = {_value(value)}" for key, value in table.items())


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(lines(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(_WRITTEN.get(each, each) for each in value) + '"'
    return str(value)
