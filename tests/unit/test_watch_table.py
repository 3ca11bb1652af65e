"""The document shows the watch as the code has it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pgx_postgres.watch.moves import diagram

ROOT = Path(__file__).resolve().parents[2]


def test_the_document_and_the_table_are_one() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    _, _, after = text.partition("\n## The watch\n")
    block = after.split("```")[1].strip("\n")

    assert block.splitlines() == diagram()


def test_a_command_prints_it() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tools.watch_table"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.splitlines() == diagram()
