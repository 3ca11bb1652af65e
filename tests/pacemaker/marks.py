"""What every test here has: it needs root, and a cluster manager."""

from __future__ import annotations

import pytest

from fixtures.pacemaker.stack import why_not

MARKS = [
    pytest.mark.pacemaker,
    pytest.mark.root,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(bool(why_not()), reason=f"{why_not()}, for Pacemaker"),
]
