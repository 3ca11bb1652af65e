"""Runs what a page has to be typed, command by command, and sees what must be seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from tests.pages.blocks import Command


def placed(text: str, of: Mapping[str, str]) -> str:
    """Return *text* with each place of *of* replaced, once; the earlier ones first."""
    if not of:
        return text
    wanted = re.compile("|".join(map(re.escape, of)))
    return wanted.sub(lambda found: of[found[0]], text)


def agree(wanted: tuple[str, ...], said: str) -> bool:
    """Whether the lines *wanted* stand in *said* in their order; blanks and rules may differ."""
    lines = iter([_plain(line) for line in said.splitlines()])
    return all(
        any(re.fullmatch(_pattern(line), found) for found in lines)
        for line in map(_plain, wanted)
        if line and line != "..."
    )


def _plain(line: str) -> str:
    return re.sub("-{4,}", "----", " ".join(line.split()))


def _pattern(line: str) -> str:
    return re.escape(line).replace(re.escape("..."), ".*")


class Steps:
    """Commands that are to be run by *do*, which sees to what must be seen; none may be left."""

    def __init__(self, steps: Sequence[Command], do: Callable[[Command], None]) -> None:
        self.left, self._do = list(steps), do

    def run(self, count: int | None = None) -> None:
        """Run the next *count* commands, or all that are left."""
        chosen = self.left if count is None else self.left[:count]
        assert len(chosen) == (len(chosen) if count is None else count)
        for step in list(chosen):
            self._do(step)
            self.left.pop(0)

    def ended(self) -> None:
        """See that no command is left."""
        assert self.left == [], f"not run: {self.left}"
