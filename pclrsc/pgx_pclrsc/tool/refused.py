"""A refusal that has several reasons: all of them are told."""

from __future__ import annotations

from collections.abc import Iterable

from pgx_base.failure import Failure


class Refused(Exception):
    """All reasons why a command is refused, and what it has to warn of besides."""

    def __init__(
        self, reasons: Iterable[Failure], warnings: Iterable[Failure] = ()
    ) -> None:
        super().__init__()
        self.reasons = list(reasons)
        self.warnings = list(warnings)
