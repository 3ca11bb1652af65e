"""What keeps a primary that is alone from forming a pair, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.core.known import joining
from pgx_mirror.core.seen import Seen
from tests.mirror.world import A, World

_NONE: dict[str, object] = {
    "source": "configuration file", "file": "/data/postgresql.conf", "file_errors": (),
    "superuser": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": "command line"}, "command line"),
        ({"file": "/data/postgresql.auto.conf"}, "postgresql.auto.conf"),
        ({"file_errors": ("line 3: syntax error",)}, "line 3: syntax error"),
        ({"superuser": False}, "no superuser"),
    ],
)
def test_a_look_shows_it(changes: dict[str, object], words: str) -> None:
    facts = World().begin().facts[A]
    seen = replace(Seen("77", recovery=False, version=180000), **changes)  # type: ignore[arg-type]

    assert not joining.hindrance(facts.but(seen=replace(seen, **_NONE)))  # type: ignore[arg-type]
    assert words in joining.hindrance(facts.but(seen=seen))
