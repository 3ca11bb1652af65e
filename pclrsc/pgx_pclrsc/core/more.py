"""What a record says besides, for `pgx_pclrsc --status` alone.  Pure.

It stands behind the reason, where an earlier version's programs look at nothing while the
state is Online; what they cannot show it costs nobody anything.  Times are ms of
CLOCK_MONOTONIC, as in the record, whose boot they are of; 0 is not known.
"""

from __future__ import annotations

from pgx_base.light.dataclasses import dataclass

_FORM = "1"
_NOTHING = "-"
_PARTS = 11


@dataclass(frozen=True, slots=True)
class More:
    """What is known of a resource besides its state.

    version    that of the programs that wrote it
    since      when the state came to be
    answered   when the server has answered last, and
    latency    how many ms that took
    failures   failures in a row
    script     which script has made the last transition: `online`, `offline` or none
    mode       how: `start`, `adopt`, `unfinished`, or the mode of the stop
    at         when
    warned     how many warnings stand, and as many of
    warnings   them as the record has room for
    settings   by which settings the server is watched: pgx_pclrsc.core.live
    """

    version: str = ""
    since: int = 0
    answered: int = 0
    latency: int = 0
    failures: int = 0
    script: str = ""
    mode: str = ""
    at: int = 0
    warned: int = 0
    warnings: tuple[str, ...] = ()
    settings: str = ""


def encode(more: More) -> str:
    """Return *more* as a record keeps it: words, and each warning behind a tab."""
    words = (
        _FORM,
        *(more.version, more.since, more.answered, more.latency, more.failures),
        *(more.script, more.mode, more.at, more.settings, more.warned),
    )
    head = " ".join(_word(word) for word in words)
    return "\t".join((head, *(" ".join(one.split()) for one in more.warnings)))


def _word(value: str | int) -> str:
    return "".join(str(value).split()) or _NOTHING


def decode(text: str) -> More | None:
    """Return what *text* of a record says; None for nothing, and for another version's."""
    head, *warnings = text.split("\t")
    words = head.split(" ")
    if len(words) != _PARTS or words[0] != _FORM:
        return None
    version, since, answered, latency, failures, script, mode, at, settings, warned = (
        "" if word == _NOTHING else word for word in words[1:]
    )
    numbers = (since, answered, latency, failures, at, warned)
    if not all(one.isascii() and one.isdigit() for one in numbers):
        return None
    return More(
        version,
        int(since),
        int(answered),
        int(latency),
        int(failures),
        script,
        mode,
        int(at),
        int(warned),
        tuple(one for one in warnings if one),
        settings,
    )
