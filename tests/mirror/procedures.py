"""The manual's procedures as docs/pair_procedures*.md have them: tests/pages has the form.

Here `server1$ ` is a prompt of the instance administrator, `server1# ` one of root.
"""

from __future__ import annotations

from tests.pages.blocks import ROOT, Command, typed

PAGES = tuple(sorted((ROOT / "docs").glob("pair_procedures*.md")))


def procedures() -> dict[str, list[Command]]:
    """Return what is typed below each heading, in order."""
    return typed(PAGES)
