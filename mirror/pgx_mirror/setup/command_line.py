"""The command of `mc_ctl setup --method=command`: a line of a program and its arguments.  Pure.

It is split as a shell splits words, and no shell sees it: nothing is expanded or run but
`%D`, which is the data directory, and `%%`, which is `%`.
"""

from __future__ import annotations

import re
import shlex

from pgx_base.failure import Failure
from pgx_base.text import quoted

_PLACE = re.compile("%(.?)")


def problems(text: str) -> list[Failure]:
    """Return what is wrong with the line *text*, empty where none is given."""
    if not text:
        return [
            Failure(
                f"option {quoted('--method=command')} needs a command",
                hint="Give it as one word: '/usr/bin/pgbackrest --stanza=NAME restore'.",
            )
        ]
    try:
        words = shlex.split(text)
    except ValueError as ex:
        return [Failure(f"command {quoted(text)} cannot be split: {ex}")]
    if not words or not words[0].startswith("/"):
        return [
            Failure(
                f"command {quoted(text)} does not begin with an absolute path",
                detail="No shell sees it, and no PATH is searched.",
            )
        ]
    odd = [one for one in _PLACE.findall(" ".join(words[1:])) if one not in ("D", "%")]
    return [
        Failure(
            f"command {quoted(text)} has a placeholder that is none: {quoted(f'%{one}')}",
            detail="There is %D, the data directory, and %%, which is %.",
        )
        for one in dict.fromkeys(odd)
    ]


def words(text: str, data: str) -> tuple[str, ...]:
    """Return what *text*, without problems, runs for the data directory *data*."""
    program, *arguments = shlex.split(text)
    meant = {"D": data, "%": "%"}
    return (
        program,
        *(_PLACE.sub(lambda at: meant[at[1]], word) for word in arguments),
    )
