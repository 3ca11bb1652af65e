"""Moments as a clock on the wall shows them.  Pure.

A moment is a number of seconds from 1970-01-01 00:00:00 *of that clock*, so that nothing
need be known of its zone.  A clock that is set back, or to winter time, shows one twice.
"""

from __future__ import annotations

import re

DAY = 86400
_FORM = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,6})?)?)?"
)
_UNITS = ((DAY, "d"), (3600, "h"), (60, "min"), (1, "s"))


def read(text: str) -> float | None:
    """Return the moment that *text* is: `YYYY-MM-DD[ HH:MM[:SS[.mmm]]]`; None for no such."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (
        int(one or 0) for one in found.groups()[:6]
    )
    if hour > 23 or minute > 59 or second > 60 or not _is_day(year, month, day):
        return None
    at = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second
    return at + float(found[7] or 0)


def _is_day(year: int, month: int, day: int) -> bool:
    if year < 1 or not 1 <= month <= 12 or day < 1:
        return False
    first, next_ = days(year, month, 1), days(year + month // 12, month % 12 + 1, 1)
    return day <= next_ - first


def days(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to that day of the Gregorian calendar."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def _civil(number: int) -> tuple[int, int, int]:
    """Return year, month and day of a *number* of days: `days` the other way round."""
    era, of_era = divmod(number + 719468, 146097)
    year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    from_march = (5 * of_year + 2) // 153
    month = (from_march + 2) % 12 + 1
    day = of_year - (153 * from_march + 2) // 5 + 1
    return year + era * 400 + (month <= 2), month, day


def day(at: float) -> str:
    """Return the day of *at*: `YYYY-MM-DD`."""
    year, month, of_month = _civil(int(at // DAY))
    return f"{year:04}-{month:02}-{of_month:02}"


def clock(at: float, digits: int = 0) -> str:
    """Return the time of day of *at*, with so many *digits* behind the seconds."""
    ticks = int(at % DAY * 10**digits + 1e-6)
    seconds, rest = divmod(ticks, 10**digits)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{rest:0{digits}}" if digits else text


def text(at: float, digits: int = 0) -> str:
    """Return day and time of *at*."""
    return f"{day(at)} {clock(at, digits)}"


def length(seconds: float) -> str:
    """Return a span of time for people: its two largest units."""
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    left = round(seconds)
    words: list[str] = []
    for unit, name in _UNITS:
        count, left = divmod(left, unit)
        if count or words:
            words.append(f"{count} {name}" if count else "")
    return " ".join(filter(None, words[:2]))
