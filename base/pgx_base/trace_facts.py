"""Reading the lines of trace.log that are for programs: docs/operations.md has their form.

Pure; `pgx_base.trace.facts` writes them.
"""

from __future__ import annotations

import re

_PAIR = re.compile(r'([a-z_]+)=([A-Za-z0-9_\-+.,:/@]+|"(?:[^"\\]|\\[\\"n])*")(?: |$)')
_ESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def parse(line: str) -> dict[str, str]:
    """Return the keys and values of *line*, from its `facts=` on.  Raises ValueError."""
    text = line[line.index("facts=") :]
    values: dict[str, str] = {}
    at = 0
    while at < len(text):
        found = _PAIR.match(text, at)
        if found is None or found[1] in values:
            raise ValueError(f"not key=value at {at}: {text}")
        values[found[1]] = _plain(found[2])
        at = found.end()
    if values.get("facts") != "1" or "of" not in values:
        raise ValueError(f"not facts of version 1: {text}")
    return values


def _plain(word: str) -> str:
    if not word.startswith('"'):
        return word
    return re.sub(r'\\[\\"n]', lambda m: _ESCAPED[m[0]], word[1:-1])
