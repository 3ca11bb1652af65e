"""Write a man page and bash's completion for each command, of what it prints for --help.

    python -m tools.man [DIRECTORY]

writes DIRECTORY/man/manN/COMMAND.N and DIRECTORY/completion/COMMAND, and of docs/messages.md
DIRECTORY/man/man7/pgx_messages.7; DIRECTORY is build where none is given.
Standard library only: no environment need be made for it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [
    str(CHECKOUT / part)
    for part in ("base", "postgres", "pclrsc", "mirror", "agent", "wizard")
]


def released() -> str:
    """Return the date of the newest version in CHANGELOG.md, or that it has none."""
    found = re.search(r"(?m)^## \S+ - (\S+)$", (CHECKOUT / "CHANGELOG.md").read_text())
    return found[1] if found else ""


def write(into: Path) -> None:
    """Write all pages and completions into *into*, readable whatever the umask."""
    from tools.man import pages

    document = (CHECKOUT / "docs" / "messages.md").read_text()
    for path, text in pages.all_files(released(), document).items():
        place = into / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o644)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else CHECKOUT / "build")
