"""Print the table of the pair's core as docs/pair_table.md shows it: what is done, and why.

python -m tools.pair_table
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(CHECKOUT / part) for part in ("base", "mirror")]

# What each resource of the table is, for people.
WHAT = {
    "mark": "The mark in the data directory",
    "conf": "synchronous_standby_names in postgresql.conf",
    "server": "The server",
    "register": "The register",
    "bears": "The standby's name in primary_conninfo",
    "proof": "The proofs of an arming",
    "command arbitration_command": "arbitration_command",
    "command fencing_command": "fencing_command",
    "command pre_detach_command": "pre_detach_command",
    "command post_attach_command": "post_attach_command",
    "command post_switch_command": "post_switch_command",
}


def table() -> Iterator[str]:
    """Yield the lines: a section for each thing that can be changed, a row for each rule."""
    from pgx_mirror.core.deciding.table import TABLE

    for resource, rows in TABLE.items():
        yield from (
            f"## {WHAT[resource]}",
            "",
            "| # | row | because |",
            "| --- | --- | --- |",
        )
        for number, row in enumerate(rows, 1):
            yield f"| {number} | {row.name} | {row.why} |"
        yield ""


def main() -> None:
    """Print it."""
    print("\n".join(table()).rstrip())


if __name__ == "__main__":
    main()
