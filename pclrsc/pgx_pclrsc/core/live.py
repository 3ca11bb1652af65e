"""The settings by which a server is watched, and which its monitor takes over.  Pure.

As one word they stand in the record, so that it can be seen whether that is done.
"""

from __future__ import annotations

from typing import Any

from pgx_base.light.dataclasses import replace
from pgx_pclrsc.core.definition import ResourceDefinition, problems

NUMBERS = (
    "watch_interval",
    "response_timeout",
    "timeout_retry_count",
    "trace_max_file_size",
)
TEXTS = ("auth_failure",)
KEYS = (*NUMBERS, *TEXTS)
_BETWEEN = ","


def word(definition: ResourceDefinition) -> str:
    """Return those of *definition* as one word."""
    return _BETWEEN.join(str(getattr(definition, key)) for key in KEYS)


def under(definition: ResourceDefinition, text: str) -> ResourceDefinition | None:
    """Return *definition* with the settings that *text* has, None where it is no such word."""
    words = text.split(_BETWEEN)
    if len(words) != len(KEYS):
        return None
    values: dict[str, Any] = dict(zip(KEYS, words, strict=True))
    for key in NUMBERS:
        digits = values[key]
        values[key] = int(digits) if digits.isascii() and digits.isdigit() else digits
    return None if problems(values) else replace(definition, **values)
