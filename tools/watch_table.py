"""Print the watch as ARCHITECTURE.md shows it: its states, and how each becomes another.

python -m tools.watch_table
"""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT / part) for part in ("base", "postgres")]


def main() -> None:
    """Print it."""
    from pgx_postgres.watch.moves import diagram

    print("\n".join(diagram()))


if __name__ == "__main__":
    main()
