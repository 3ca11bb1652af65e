"""docs/pair_table.md shows the core's table as it is, a reason for each row."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgx_mirror.core.deciding.table import TABLE
from pgx_mirror.core.rows.row import Row
from tools import pair_table

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "pair_table.md"
ROWS = [row for rows in TABLE.values() for row in rows]


def test_the_document_is_what_the_tool_prints() -> None:
    printed = "\n".join(pair_table.table()).rstrip() + "\n"

    assert DOCUMENT.read_text(encoding="utf-8").endswith(f"\n\n{printed}")


def test_each_thing_that_can_be_changed_has_a_section() -> None:
    assert set(pair_table.WHAT) == set(TABLE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_row_has_a_reason_that_a_table_can_show(row: Row) -> None:
    assert row.why
    assert "|" not in row.name + row.why
    assert "\n" not in row.name + row.why


def test_no_two_rows_of_a_thing_have_one_name() -> None:
    for rows in TABLE.values():
        names = [row.name for row in rows]
        assert len(set(names)) == len(names)
