"""`pgx_pclrsc --collect`: where the archive may be, and that it is whole or not there."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from fixtures.needs import missing
from tests.cli.test_pgx_pclrsc_killed import traced
from tests.fix_registry import Registry


@pytest.fixture
def into(tmp_path: Path) -> Path:
    path = tmp_path / "into"
    path.mkdir(mode=0o700)
    return path


def refused(registry: Registry, file: Path, text: str) -> None:
    result = registry.run("--collect", "-c", "pg1", "-o", file)
    assert (result.returncode, result.stdout) == (1, "")
    assert text in result.stderr
    assert "Traceback" not in result.stderr


def test_a_resource_of_which_nothing_runs_has_a_bundle_too(
    registered: Registry, into: Path
) -> None:
    file = into / "bundle.tar.gz"
    result = registered.run("--collect", "-c", "pg1", "-o", file)
    assert (result.returncode, result.stderr) == (0, "")
    assert f'parts written to "{file}"' in result.stdout
    with tarfile.open(file) as archive:
        names = [name.removeprefix("pgx_pclrsc-pg1/") for name in archive.getnames()]
        assert all(member.isfile() for member in archive)
    assert {"CONTENTS", "definition.toml", "record", "status.json"} <= set(names)


def test_what_is_there_is_never_written_over(registered: Registry, into: Path) -> None:
    there, target = into / "there", into / "target"
    there.write_text("mine")
    refused(registered, there, "it is there already")
    assert there.read_text() == "mine"
    (into / "link").symlink_to(target)
    refused(registered, into / "link", "it is there already")
    assert not target.exists()
    refused(registered, into, "it is there already")
    assert sorted(os.listdir(into)) == ["link", "there"]


def test_no_link_is_followed_on_the_way(registered: Registry, into: Path) -> None:
    (into.parent / "way").symlink_to(into)
    refused(registered, into.parent / "way" / "bundle", "it is a symbolic link")
    refused(registered, into / "nowhere" / "bundle", "No such file or directory")
    assert os.listdir(into) == []


@pytest.mark.root
def test_root_writes_nothing_where_another_user_could_change_it(
    registered: Registry, into: Path
) -> None:
    os.chown(into, registered.user.uid, -1)
    refused(registered, into / "bundle", "others than root may change what is in it")
    os.chown(into, 0, -1)
    into.chmod(0o777)
    refused(registered, into / "bundle", "others than root may change what is in it")
    into.chmod(0o1777)
    file = into / "bundle"
    assert registered.run("--collect", "-c", "pg1", "-o", file).returncode == 0
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (0, 0o600)


def test_a_full_disk_or_an_error_leaves_no_file(
    registered: Registry, into: Path
) -> None:
    if reason := missing("strace"):
        pytest.skip(reason)
    words = ["--collect", "-c", "pg1", "-o", str(into / "bundle")]
    for fault in ("fsync:error=ENOSPC", "fsync:error=EIO:when=1"):
        result = traced(registered, ["-e", f"inject={fault}"], words)
        assert result.returncode == 1
        assert "could not write archive" in result.stderr
        assert os.listdir(into) == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-c", "pg1"], 'required option "-o" is missing'),
        (["-o", "x"], 'required option "-c" is missing'),
        (["-c", "pg9", "-o", "/x"], 'resource "pg9" does not exist'),
        (["-c", "pg1", "-o", ""], 'option "-o" requires a value'),
    ],
)
def test_a_wrong_line_is_refused(
    registered: Registry, words: list[str], text: str
) -> None:
    result = registered.run("--collect", *words)
    assert result.returncode == 1
    assert text in result.stderr
