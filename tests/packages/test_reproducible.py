"""The same checkout makes the same packages, wherever, whenever and by whomever."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.packages.fix_built import build

pytestmark = [
    pytest.mark.root,
    pytest.mark.packages,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("machine"),
]


def test_packages_are_the_same_bytes_each_time(
    built: Path, workshop: Path, whole_bundle: Path
) -> None:
    (elsewhere := workshop / "another place" / "tmp").mkdir(parents=True)
    environ = {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "TMPDIR": str(elsewhere)}
    bundle = shutil.copytree(whole_bundle, elsewhere / "bundle")
    again = build(
        workshop / "again", bundle, umask=0o077, PYTHONHASHSEED="1", **environ
    )

    names = sorted(path.name for path in built.iterdir())
    assert [Path(name).suffix for name in names] == [".rpm", ".deb"]
    for name in names:
        assert (again / name).read_bytes() == (built / name).read_bytes(), name
