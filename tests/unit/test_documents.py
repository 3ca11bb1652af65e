"""What the documents of the checkout say of it is so."""

from __future__ import annotations

import re
from pathlib import Path

from pgx_base.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
_CHANGELOG = (ROOT / "CHANGELOG.md").read_text().splitlines()


def test_the_changelog_begins_with_the_version_that_the_commands_tell() -> None:
    first = next(line for line in _CHANGELOG if line.startswith("## "))

    assert re.fullmatch(r"## (.+) - (unreleased|\d{4}-\d\d-\d\d)", first)
    assert first.split()[1] == VERSION


def test_the_changelog_tells_one_idea_a_line_under_known_headings() -> None:
    known = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    headings = [line[4:] for line in _CHANGELOG if line.startswith("### ")]
    told = [line for line in _CHANGELOG[_CHANGELOG.index("### Added") :] if line]

    assert set(headings) <= known
    assert [line for line in told if not line.startswith(("- ", "## ", "### "))] == []
    assert [line for line in told if len(line) > 120] == []
