"""What a row of the table is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pgx_mirror.core.effects import Effect
from pgx_mirror.core.facts import Facts


@dataclass(frozen=True, slots=True)
class Row:
    """One row: *when* holds of facts and time, *then* makes the effect."""

    name: str
    when: Callable[[Facts, float], bool]
    then: Callable[[Facts, float], Effect]
    why: str
