"""How an operator's word has ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a wish has ended: *why* it failed, with a way out; empty where it is done."""

    why: str = ""
    hint: str = ""


DONE = Outcome()
