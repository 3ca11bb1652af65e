"""The bytes of a file of ours as numbered lines.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pgx_mirror.conf.problem import Problem, wrong

LARGEST = 1 << 16  # bytes; the longest sample has a tenth of it

Line = tuple[int, str]


def lines(data: bytes) -> tuple[list[Line], list[Problem]]:
    """Return the lines of *data* with their numbers, from 1, and what is wrong with others.

    A line that is wrong is left out, so that the rest is judged all the same.
    """
    if len(data) > LARGEST:
        return [], [wrong(0, f"file is larger than {LARGEST} bytes")]
    found: list[Line] = []
    problems: list[Problem] = []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            text = raw.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            problems.append(wrong(number, "line is not valid UTF-8"))
            continue
        if any(c != "\t" and (ord(c) < 32 or 127 <= ord(c) < 160) for c in text):
            problems.append(wrong(number, "line has a control character in it"))
        else:
            found.append((number, text))
    return found, problems


def nearest(name: str, known: Iterable[str], shown: Callable[[str], str]) -> str:
    """Return a hint with what was probably meant by *name*, "" where nothing is like it."""
    import difflib  # only where something is wrong

    lowered = {other.lower(): other for other in known}
    found = difflib.get_close_matches(name[:100].lower(), lowered, 1, 0.6)
    return f"Perhaps {shown(lowered[found[0]])} was meant." if found else ""
