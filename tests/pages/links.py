"""Where the links of a page lead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_FENCED = re.compile(r"(?ms)^ *```.*?^ *```$")
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return what a link to a heading of *page* may have behind `#`."""
    headings = re.findall(r"(?m)^#+ (.+)$", _FENCED.sub("", page.read_text()))
    return frozenset(
        re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings
    )


def broken(page: Path, text: str | None = None) -> Iterator[str]:
    """Yield each link of *page*, or of *text* in it, that leads nowhere."""
    shown = page.read_text() if text is None else text
    for path, anchor in _LINK.findall(_FENCED.sub("", shown)):
        other = page.parent / path if path else page
        is_page = other.suffix == ".md" and other.exists()
        if not other.exists() or (
            anchor and is_page and anchor not in anchors(other.resolve())
        ):
            yield f"{path}#{anchor}"
