"""Print the Mirroring Controller's messages as docs/messages.md shows them, or put them there.

python -m tools.mirror_messages [--write]
"""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
DOCUMENT = CHECKOUT / "docs" / "messages.md"
HEADING = "\n## Mirroring Controller\n"
sys.path[:0] = [str(CHECKOUT / part) for part in ("base", "mirror")]


def replaced(text: str, table: list[str]) -> str:
    """Return the document *text* with *table* in the place of the section's own."""
    before, heading, rest = text.partition(HEADING)
    section, following, after = rest.partition("\n## ")
    lines = section.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("|"))
    last = max(at for at, line in enumerate(lines) if line.startswith("|"))
    lines[first : last + 1] = table
    return before + heading + "\n".join(lines) + "\n" + following + after


def main() -> None:
    """Print them, or write them."""
    from pgx_mirror.messages.catalogue import table

    if "--write" in sys.argv:
        DOCUMENT.write_text(replaced(DOCUMENT.read_text(), table()))
    else:
        print("\n".join(table()))


if __name__ == "__main__":
    main()
