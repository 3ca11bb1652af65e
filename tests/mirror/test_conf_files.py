"""Who may read the files, and where the management directory may be."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.needs import missing
from pgx_mirror.conf import private
from pgx_mirror.conf.place import directory_problems, instance_problems, nested_by_name
from pgx_mirror.conf.problem import MOST_OF_A_FILE, failures, wrong
from pgx_mirror.conf.text import LARGEST
from tools.commands import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
OTHERS = 65534


def said(path: Path) -> list[str]:
    return [problem.primary for problem in private.read(str(path))[1]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "network.conf"
    made.write_bytes(b"text")
    made.chmod(0o600)
    return made


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_ones_own_is_read(file: Path, mode: int) -> None:
    file.chmod(mode)

    assert private.read(str(file)) == (b"text", [])


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o601, 0o644, 0o666])
def test_a_file_that_others_can_use_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)

    assert said(file) == ["file has group or world access"]


@pytest.mark.root
def test_a_file_of_somebody_elses_is_refused(file: Path) -> None:
    os.chown(file, OTHERS, OTHERS)

    assert said(file) == ["file has wrong ownership"]


def test_an_access_control_list_is_named_where_it_lets_others_in(file: Path) -> None:
    """Its mask is what stands as the group's bits; without them the list gives nothing."""
    entries = [
        (0x01, 6, -1),
        (0x02, 4, OTHERS),
        (0x04, 0, -1),
        (0x10, 4, -1),
        (0x20, 0, -1),
    ]
    acl = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHi", tag, rights, who) for tag, rights, who in entries
    )
    try:
        os.setxattr(file, "system.posix_acl_access", acl)
    except OSError as ex:
        pytest.skip(f"no access control lists here: {ex}")

    (problem,) = private.read(str(file))[1]
    assert problem.detail == "Its mode is 0640, by an access control list."
    assert "setfacl -b" in problem.hint

    file.chmod(0o600)
    assert said(file) == []


def test_what_is_no_regular_file_is_neither_followed_nor_waited_for(
    file: Path, tmp_path: Path
) -> None:
    link, fifo, directory = tmp_path / "link", tmp_path / "fifo", tmp_path / "directory"
    link.symlink_to(file)
    os.mkfifo(fifo, 0o600)
    directory.mkdir(mode=0o700)

    assert said(link) == ["could not open file: it is a symbolic link"]
    assert said(fifo) == ["could not open file: it is a FIFO"]
    assert said(directory) == ["could not open file: it is a directory"]
    assert said(tmp_path / "none") == ["could not open file: No such file or directory"]
    assert said(tmp_path / ("x" * 300)) == ["could not open file: File name too long"]


def test_of_a_huge_file_only_what_proves_it_is_read(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(1 << 40)

    data, _ = private.read(str(file))
    assert data is not None and len(data) == LARGEST + 1


# --- the management directory ---------------------------------------------------


def about(directory: str | Path) -> list[str]:
    problems = directory_problems(str(directory))
    return [p.primary.replace(f'"{directory}" ', "") for p in problems]


def test_a_management_directory_is_ones_own_and_closed_to_writers(
    tmp_path: Path,
) -> None:
    mcdir = tmp_path / "inst1"
    mcdir.mkdir(mode=0o755)
    assert about(mcdir) == []

    mcdir.chmod(0o770)
    assert about(mcdir) == ["management directory can be written by others"]
    mcdir.chmod(0o702)
    assert about(mcdir) == ["management directory can be written by others"]


@pytest.mark.parametrize("name", ["a b", "あ", "tab\there"])
def test_its_path_is_of_ascii_characters_without_spaces(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir(mode=0o700)

    (problem,) = directory_problems(str(tmp_path / name))
    assert problem.primary.endswith("has a path that cannot be used")


def test_what_is_no_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert about(tmp_path / "file") == ["management directory is not a directory"]
    (problem,) = directory_problems(str(tmp_path / "none"))
    assert problem.primary.endswith("No such file or directory")
    (problem,) = directory_problems("/nul\0")
    assert problem.primary == (
        r'could not open management directory "/nul\x00": embedded null byte'
    )


@pytest.mark.root
def test_it_belongs_to_who_runs_the_command(tmp_path: Path) -> None:
    os.chown(tmp_path, OTHERS, OTHERS)

    assert about(tmp_path) == ["management directory has wrong ownership"]


def instance(top: Path) -> Path:
    """Make what is looked at of an instance: pg_wal and a tablespace outside of it."""
    data = top / "data"
    (data / "pg_tblspc").mkdir(parents=True)
    for name in ("wal", "space", "mc"):
        (top / name).mkdir()
    (data / "pg_wal").symlink_to(top / "wal")
    (data / "pg_tblspc" / "16384").symlink_to(top / "space")
    return data


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("mc", ""),
        ("datax", ""),
        ("data", "management directory is inside data directory"),
        ("data/mc", "management directory is inside data directory"),
        ("wal/mc", "management directory is inside pg_wal"),
        ("space", "management directory is inside tablespace 16384"),
        ("link/mc", "management directory is inside data directory"),
        (".", "management directory has data directory"),
    ],
)
def test_it_lies_nowhere_in_the_instance_nor_round_it(
    tmp_path: Path, inside: str, said: str
) -> None:
    """Nor by way of a link, which the names alone do not tell."""
    data = instance(tmp_path)
    (tmp_path / "link").symlink_to(data)
    (tmp_path / inside).mkdir(parents=True, exist_ok=True)

    found = instance_problems(str(tmp_path / inside), str(data))
    assert [problem.primary.partition(' "')[0] for problem in found][:1] == (
        [said] if said else []
    )


@pytest.mark.root
def test_nor_by_way_of_a_mount(tmp_path: Path) -> None:
    """The same directory at two places, as a bind mount has it."""
    if reason := missing("unshare", "mount"):
        pytest.skip(reason)
    data, elsewhere = instance(tmp_path), tmp_path / "elsewhere"
    (data / "mc").mkdir()
    elsewhere.mkdir()
    paths = [str(ROOT / part) for part in PACKAGES]
    code = (
        f"import sys; sys.path[:0] = {paths!r}\n"
        "from pgx_mirror.conf.place import instance_problems as look\n"
        f"print(*(p.primary for p in look({str(elsewhere / 'mc')!r}, {str(data)!r})))"
    )
    script = 'mount --bind "$1" "$2" && exec "$3" -c "$4"'
    line = ["unshare", "--mount", "sh", "-c", script, "sh"]
    told = subprocess.run(
        [*line, str(data), str(elsewhere), sys.executable, code],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith("management directory is inside data directory")


def test_an_instance_that_is_not_there_yet_is_no_problem(tmp_path: Path) -> None:
    assert instance_problems(str(tmp_path), "/none/data") == []
    assert instance_problems(str(tmp_path), str(tmp_path / "data")) != []


@pytest.mark.parametrize(
    ("mcdir", "data", "count"),
    [
        ("/d", "/d", 1),
        ("/d/m", "/d/", 1),
        ("/d", "/d/m", 1),
        ("/d1", "/d", 0),
        ("/m", "/d", 0),
    ],
)
def test_what_the_names_tell_is_told_without_a_look(
    mcdir: str, data: str, count: int
) -> None:
    assert len(nested_by_name(mcdir, data, 3)) == count


# --- many problems --------------------------------------------------------------


def test_a_file_that_is_something_else_does_not_hide_the_others() -> None:
    many = [wrong(line, "it is wrong").at("/mc/a") for line in range(1, 100)]
    shown = [f.primary for f in failures([*many, wrong(0, "it is wrong").at("/mc/b")])]

    assert shown[0] == "/mc/a:1: it is wrong"
    assert shown[MOST_OF_A_FILE:] == [
        "/mc/b: it is wrong",
        f"/mc/a: there are {99 - MOST_OF_A_FILE} more problems",
    ]
