"""Print the Mirroring Controller's messages as docs/messages.md shows them.

python -m tools.mirror_messages
"""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT / part) for part in ("base", "mirror")]


def main() -> None:
    """Print them."""
    from pgx_mirror.messages.catalogue import table

    print("\n".join(table()))


if __name__ == "__main__":
    main()
