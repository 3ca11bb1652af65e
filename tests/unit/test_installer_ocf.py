"""Where the installer puts the link for a cluster manager, and what it leaves alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgx_base.failure import Failure
from tools.installer import ocf

COMMAND = "bin/pgx_ocf"


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """A PREFIX with the command."""
    made = tmp_path / "opt"
    (made / "versions").mkdir(parents=True)
    (made / "bin").mkdir()
    (made / COMMAND).write_text("")
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An OCF_ROOT."""
    made = tmp_path / "ocf"
    made.mkdir()
    return made


def decided(prefix: Path, root: object) -> ocf.Decided:
    return ocf.decided(prefix, {ocf.VARIABLE: str(root)})


def put(prefix: Path, root: Path) -> Path:
    """Make the link; return where it is."""
    link = decided(prefix, root).link
    assert link == root / ocf.BELOW
    ocf.put(prefix, link)
    return link


def test_it_is_made_noted_and_removed_with_its_directory(
    prefix: Path, root: Path
) -> None:
    link = put(prefix, root)
    assert os.readlink(link) == str(prefix / COMMAND)
    assert ocf.decided(prefix, {}).link == link, "nothing need be named any more"
    assert link in ocf.links(prefix)
    before = link.lstat().st_ino
    assert put(prefix, root).lstat().st_ino == before

    ocf.withdraw(prefix)
    ocf.withdraw(prefix)
    assert not link.parent.exists()
    assert list((prefix / "versions").iterdir()) == []


def test_the_usual_place_is_where_every_distribution_has_it() -> None:
    assert str(ocf.USUAL) == "/usr/lib/ocf/resource.d/pgx/pgsql"


@pytest.mark.parametrize("where", ["", "/nonexistent/ocf"])
def test_nowhere_is_a_place_too(prefix: Path, where: str) -> None:
    found = decided(prefix, where)
    assert found.link is None
    assert found.said.startswith("no link for a cluster manager is made: ")
    ocf.put(prefix, found.link)
    assert list((prefix / "versions").iterdir()) == []


def test_a_relative_place_is_refused(prefix: Path) -> None:
    with pytest.raises(Failure, match="OCF_ROOT must be an absolute path"):
        decided(prefix, "usr/lib/ocf")


@pytest.mark.parametrize("says", ["/bin/true", "/nowhere", "pgx_ocf", "/x/pgx_ocf"])
def test_a_link_of_another_program_is_refused(
    prefix: Path, root: Path, says: str
) -> None:
    link = root / ocf.BELOW
    link.parent.mkdir(parents=True)
    link.symlink_to(says)
    with pytest.raises(Failure, match="another program"):
        decided(prefix, root)
    assert os.readlink(link) == says


def test_a_link_of_another_prefix_stays(prefix: Path, root: Path) -> None:
    link = root / ocf.BELOW
    link.parent.mkdir(parents=True)
    link.symlink_to("/usr/local/bin/pgx_ocf")
    found = decided(prefix, root)
    assert found.link is None
    assert "goes on leading to /usr/local/bin/pgx_ocf" in found.said


def test_a_link_by_another_name_of_prefix_is_ours(
    prefix: Path, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "way").symlink_to(prefix)
    link = root / ocf.BELOW
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "way" / COMMAND)
    assert put(prefix, root) == link
    ocf.withdraw(prefix)
    assert not os.path.lexists(link)


def test_one_that_leads_elsewhere_by_now_is_not_removed(
    prefix: Path, root: Path
) -> None:
    link = put(prefix, root)
    link.unlink()
    link.symlink_to("/bin/true")
    ocf.withdraw(prefix)
    assert os.readlink(link) == "/bin/true"


def test_what_cannot_be_noted_leaves_no_link(prefix: Path, root: Path) -> None:
    (prefix / "versions").rmdir()
    with pytest.raises(FileNotFoundError):
        put(prefix, root)
    assert not os.path.lexists(root / ocf.BELOW)
    assert list(root.iterdir()) == []
