"""Fixtures: a resource of an older installation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fix_resource import Resource
from tests.older.installation import Older, lay_out


@pytest.fixture
def older(resource: Resource, open_tmp: Path) -> Older:
    """A resource that the older version has registered."""
    found = lay_out(resource, open_tmp / "older")
    found.registered()
    return found
