"""The secret is made once, closed to others, and read as it was made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pgx_base.failure import Failure
from pgx_mirror.conf import secret


def test_a_secret_is_made_once_and_read(tmp_path: Path) -> None:
    path = secret.create(str(tmp_path))
    first, problems = secret.read(str(tmp_path))

    assert (len(first), problems) == (32, [])
    assert os.stat(path).st_mode & 0o7777 == 0o600
    assert os.listdir(tmp_path) == ["secret"]

    with pytest.raises(Failure, match="exists already"):
        secret.create(str(tmp_path))
    assert secret.read(str(tmp_path))[0] == first

    secret.create(str(tmp_path), replace=True)
    assert secret.read(str(tmp_path))[0] != first
    assert os.listdir(tmp_path) == ["secret"]


def test_a_secret_is_closed_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o277)
    try:
        path = secret.create(str(tmp_path))
    finally:
        os.umask(before)

    assert os.stat(path).st_mode & 0o7777 == 0o600


def test_no_secret_is_written_through_a_link(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    (tmp_path / "secret").symlink_to(target)

    with pytest.raises(Failure, match="exists already"):
        secret.create(str(tmp_path))
    secret.create(str(tmp_path), replace=True)

    assert not target.exists()
    assert not (tmp_path / "secret").is_symlink()


@pytest.mark.parametrize(
    "text", ["", "abc", "g" * 64, "a" * 63, "a" * 65, "A" * 64, "a" * 64 + "\n\n"]
)
def test_what_is_no_secret_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret").write_text(text)
    (tmp_path / "secret").chmod(0o600)

    key, (problem,) = secret.read(str(tmp_path))
    assert (key, problem.primary) == (b"", "file is no secret")
    assert not text or text.strip() not in repr(problem)


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    os.chmod(secret.create(str(tmp_path)), 0o644)

    assert [p.primary for p in secret.read(str(tmp_path))[1]] == [
        "file has group or world access"
    ]


def test_a_secret_that_cannot_be_looked_for_is_not_said_to_be_missing(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()

    (problem,) = secret.read(str(tmp_path / "file"))[1]
    assert problem.primary == "could not open file: Not a directory"


def test_a_directory_that_takes_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="could not write file"):
        secret.create(str(tmp_path / "none"))
