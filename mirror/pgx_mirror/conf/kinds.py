"""What a value may be: whole numbers with a unit, words, switches, texts.  Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Value = str | int | float | bool | None
_MOST = 2147483647  # the manual's, for all numbers


class Wrong(Exception):
    """A value that is none of its kind; the text says what is expected, a full sentence."""


def absolute(path: str) -> str:
    """Return why *path* does not name the same file wherever one stands, "" when it does."""
    return "" if path.startswith("/") else "It is an absolute path."


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number; *unit* is "ms", "s" or "" for a count.  *never* means no limit."""

    low: int = 0
    high: int = _MOST
    unit: str = ""
    never: int | None = None

    @property
    def expected(self) -> str:
        """The range, as a full sentence."""
        of = {"ms": " of milliseconds", "s": " of seconds", "": ""}[self.unit]
        also = (
            "" if self.never is None or self.never >= self.low else f"{self.never} or "
        )
        text = f"It is {also}a whole number{of} from {self.low} to {self.high}."
        return text if self.never is None else f"{text} {self.never} is for no limit."

    def value(self, text: str) -> Value:
        """Return *text* in seconds, or as a count; None for no limit.  Raises Wrong."""
        # Ten digits are the range's; more cost nothing to refuse.
        if not (text.isascii() and text.isdigit() and len(text) <= 10):
            raise Wrong(self.expected)
        number = int(text)
        if number == self.never:
            return None
        if not self.low <= number <= self.high:
            raise Wrong(self.expected)
        return {"ms": number / 1000, "s": float(number), "": number}[self.unit]


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def expected(self) -> str:
        """The words, as a full sentence."""
        *most, last = (f'"{word}"' for word in self.words)
        return f"It is {', '.join(most)} or {last}."

    def value(self, text: str) -> Value:
        """Return the word that *text* is, in whatever case it is written.  Raises Wrong."""
        found = [word for word in self.words if word.lower() == text.lower()]
        if not found:
            raise Wrong(self.expected)
        return found[0]


@dataclass(frozen=True, slots=True)
class Switch:
    """`on` or `off`."""

    expected: str = 'It is "on" or "off".'

    def value(self, text: str) -> Value:
        """Return whether it is on.  Raises Wrong."""
        if text.lower() not in ("on", "off"):
            raise Wrong(self.expected)
        return text.lower() == "on"


@dataclass(frozen=True, slots=True)
class Text:
    """ASCII characters in single quotation marks; *fault* knows what else is expected."""

    longest: int = 1023
    spaces: bool = False
    secret: bool = False
    fault: Callable[[str], str] | None = None

    @property
    def expected(self) -> str:
        """What it is, as a full sentence."""
        what = "an absolute path" if self.fault is absolute else "a text"
        without = "" if self.spaces else " without spaces"
        return f"It is {what} of at most {self.longest} ASCII characters{without}."

    def value(self, text: str) -> Value:
        """Return *text* as it is.  Raises Wrong."""
        low = 32 if self.spaces else 33
        if (
            not all(low <= ord(c) <= 126 for c in text)
            or not 0 < len(text) <= self.longest
        ):
            raise Wrong(self.expected)
        if self.fault and (why := self.fault(text)):
            raise Wrong(why)
        return text


Kind = Whole | Word | Switch | Text


def directory() -> Text:
    """Return the kind of an absolute path without spaces."""
    return Text(fault=absolute)


def command() -> Text:
    """Return the kind of a program's absolute path."""
    return Text(fault=absolute)
