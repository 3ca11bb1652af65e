"""`pgx_pclrsc --collect`: where the archive may be, and that it is whole or not there."""

from __future__ import annotations

import os
import subprocess
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


def collected(registry: Registry, file: Path) -> None:
    result = registry.run("--collect", "-c", "pg1", "-o", file)
    assert (result.returncode, result.stderr) == (0, "")
    assert tarfile.is_tarfile(file)
    assert (file.lstat().st_uid, file.lstat().st_mode) == (os.geteuid(), 0o100600)


def test_thousands_of_secrets_in_an_environment_hold_nothing_up(
    registered: Registry, into: Path
) -> None:
    """Each is looked for in all that is taken: an OS user may have made up any number."""
    many = {f"A_PASS_{number}": f"secret-{number}" for number in range(8000)}
    user = registered.user.popen_options()
    with subprocess.Popen(["sleep", "100"], env=many, **user) as process:
        try:
            result = registered.run("--collect", "-c", "pg1", "-o", into / "bundle")
        finally:
            process.kill()
    assert result.returncode == 0
    with tarfile.open(into / "bundle") as archive:
        contents = archive.extractfile("pgx_pclrsc-pg1/CONTENTS")
        assert contents is not None
        assert b"(processes)             more than 300 secrets there" in contents.read()


def test_a_link_is_replaced_and_not_written_through(
    registered: Registry, into: Path
) -> None:
    target = into / "target"
    target.write_text("mine")
    (into / "link").symlink_to(target)
    collected(registered, into / "link")
    assert target.read_text() == "mine"
    refused(registered, into, "it is there, and no regular file")


@pytest.mark.root
def test_root_writes_nothing_where_another_user_could_change_it(
    registered: Registry, into: Path
) -> None:
    (into.parent / "way").symlink_to(into)
    refused(registered, into.parent / "way" / "bundle", "is a symbolic link")
    os.chown(into, registered.user.uid, -1)
    refused(registered, into / "bundle", "root does not write below directory")
    os.chown(into, 0, -1)
    into.chmod(0o777)
    refused(registered, into / "bundle", "root does not write below directory")
    assert os.listdir(into) == []
    into.chmod(0o1777)
    collected(registered, into / "bundle")


@pytest.mark.parametrize("call", ["fsync", "/^rename"])
def test_a_full_disk_or_an_error_leaves_what_was_there(
    registered: Registry, into: Path, call: str
) -> None:
    if reason := missing("strace"):
        pytest.skip(reason)
    file = into / "bundle"
    file.write_text("an earlier one")
    words = ["--collect", "-c", "pg1", "-o", str(file)]
    fault = ["-e", f"inject={call}:error=ENOSPC"]
    result = traced(registered, fault, words)
    assert result.returncode == 1
    assert "could not write file" in result.stderr
    assert os.listdir(into) == ["bundle"]
    assert file.read_text() == "an earlier one"


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
