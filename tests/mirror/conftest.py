"""What the tests of the pair share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mirror.arbiters import Arbiter


@pytest.fixture
def arbiter(open_tmp: Path) -> Arbiter:
    """A real mc_arb that runs, and that nobody has enrolled."""
    made = Arbiter(open_tmp / "arbiter")
    made.start()
    return made
