"""What pgx_online reads from files before it starts anything."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_agent import mounts, record
from pgx_agent.postgres import binaries, control, identity, server_log, tablespaces
from pgx_agent.postgres.identity import Identity, Place
from pgx_pclrsc.failure import Failure

# --- pg_control, PG_VERSION ---------------------------------------------------


def _instance(path: Path, major: str = "15\n", head: bytes | None = None) -> str:
    (path / "global").mkdir(parents=True)
    (path / "PG_VERSION").write_text(major)
    wanted = struct.pack("=QII", 42, 1300, 202209061)
    (path / "global/pg_control").write_bytes(wanted if head is None else head)
    return str(path)


def test_the_head_of_the_control_file(tmp_path: Path) -> None:
    found = control.read(_instance(tmp_path))

    assert found == control.Control(15, 42, 1300, 202209061)
    assert found.tablespace_directory == "PG_15_202209061"


@pytest.mark.parametrize("head", [b"", b"\0" * 16, b"\xff" * 16, b"short"])
def test_a_broken_control_file_is_refused(tmp_path: Path, head: bytes) -> None:
    with pytest.raises(Failure, match="could not read"):
        control.read(_instance(tmp_path, head=head))


@pytest.mark.parametrize("text", ["", "x\n", "\xff", "12\n", "9.6\n"])
def test_a_version_that_is_none_or_too_old_is_refused(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(Failure):
        control.read_major(_instance(tmp_path, text))


def test_a_directory_without_an_instance_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        control.read_major(str(tmp_path))

    assert caught.value.primary == f'no instance in data directory "{tmp_path}"'
    assert caught.value.detail is not None
    assert "No such file or directory" in caught.value.detail


# --- identity -----------------------------------------------------------------

roles = st.sampled_from(["data", "wal", "16384"])
paths = st.text(st.characters(blacklist_characters="\0"), max_size=30)
places = st.builds(Place, roles, paths, paths, st.sampled_from(["", "a-b"]))
identities = st.builds(
    Identity, st.integers(0, 2**64 - 1), st.lists(places, max_size=4).map(tuple)
)


@given(identities)
def test_an_identity_survives_its_file(kept: Identity) -> None:
    assert identity.decode(identity.encode(kept)) == kept


@given(st.text())
def test_garbage_is_no_identity(text: str) -> None:
    with pytest.raises(ValueError):
        identity.decode(text)


@given(identities)
def test_what_was_served_here_is_known_again(kept: Identity) -> None:
    assert identity.differences(kept, kept) == []


def _on(point: str, uuid: str = "", role: str = "data", path: str = "/m/d") -> Identity:
    return Identity(1, (Place(role, path, point, uuid),))


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (_on("/m", "A"), _on("/m", "B"), "lies on another file system than before"),
        (_on("/m", "A"), _on("/", "R"), '"/m" is not mounted'),
        (_on("/m"), _on("/"), '"/m" is not mounted'),
        (_on("/m/d"), _on("/m"), '"/m/d" is not mounted'),
        (_on("/m", "A", "16384"), _on("/", "", "16384"), "tablespace 16384"),
        (_on("/m", "A", "wal"), _on("/", "", "wal", "/w"), '"/m" is not mounted'),
    ],
)
def test_a_mount_that_is_missing_is_refused_by_name(
    before: Identity, now: Identity, said: str
) -> None:
    (problem,) = identity.differences(before, now)

    assert said in problem.primary


def test_another_instance_is_refused_with_both_identifiers() -> None:
    (found,) = identity.differences(_on("/"), Identity(2, _on("/").places))

    assert found.detail is not None
    assert "identifier is 2; this resource's is 1" in found.detail


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (_on("/m", "A"), _on("/n", "A")),  # the same file system mounted elsewhere
        (_on("/"), _on("/m", "B")),  # moved to a disk of its own
        (_on("/m"), _on("/m", "B")),  # a kernel that can tell the UUID
        (_on("/m", role="16384"), _on("/n", role="16384", path="/n/t")),
    ],
)
def test_what_is_no_missing_mount_is_accepted(before: Identity, now: Identity) -> None:
    assert identity.differences(before, now) == []


def test_a_uuid_once_known_is_kept() -> None:
    assert identity.merged(_on("/m", "A"), _on("/m")) == _on("/m", "A")


def test_the_identity_is_kept_in_the_work_directory(tmp_path: Path) -> None:
    dir_fd = record.open_workdir(str(tmp_path))
    try:
        assert identity.read(dir_fd) is None
        identity.write(dir_fd, _on("/m", "A"))
        assert identity.read(dir_fd) == _on("/m", "A")
        (tmp_path / "identity").write_text("garbage")
        with pytest.raises(Failure, match="could not read the identity"):
            identity.read(dir_fd)
    finally:
        os.close(dir_fd)


# --- mounts -------------------------------------------------------------------


def test_mountinfo_is_read() -> None:
    text = (
        "27 1 254:0 / / rw - ext4 /dev/vda rw\n"
        "40 27 7:0 / /mnt/my\\040disk rw shared:5 - ext4 /dev/loop0 rw\n"
        "nonsense\n"
    )
    assert mounts.parse(text) == [
        mounts.Mount(27, "/", "ext4", "/dev/vda"),
        mounts.Mount(40, "/mnt/my disk", "ext4", "/dev/loop0"),
    ]


def test_a_directory_lies_on_the_deepest_mount_above_it() -> None:
    fd = os.open("/proc/self", os.O_RDONLY)
    try:
        found = mounts.of(fd, mounts.mounted())
    finally:
        os.close(fd)

    assert found is not None
    assert (found.point, found.kind) == ("/proc", "proc")


# --- tablespaces --------------------------------------------------------------


def _spaces(path: Path) -> Path:
    (path / "pg_wal").mkdir()
    (path / "pg_tblspc").mkdir()
    (path / "ts" / "PG_15_1").mkdir(parents=True)
    (path / "pg_tblspc" / "16384").symlink_to(path / "ts")
    return path


def test_complete_tablespaces_are_no_problem(tmp_path: Path) -> None:
    spaces = tablespaces.find(str(_spaces(tmp_path)))

    assert [space.role for space in spaces] == ["wal", "16384"]
    assert tablespaces.problems(spaces, "PG_15_1") == []


def test_a_tablespace_without_this_versions_part_is_named(tmp_path: Path) -> None:
    spaces = tablespaces.find(str(_spaces(tmp_path)))
    (problem,) = tablespaces.problems(spaces, "PG_18_2")

    assert problem.primary.startswith("tablespace 16384 is not mounted")


def test_a_log_directory_that_is_away_is_named(tmp_path: Path) -> None:
    _spaces(tmp_path)
    (tmp_path / "pg_wal").rmdir()
    (tmp_path / "pg_wal").symlink_to("/nowhere/wal")
    (problem,) = tablespaces.problems(tablespaces.find(str(tmp_path)), "PG_15_1")

    assert problem.primary == 'pg_wal is not mounted: "/nowhere/wal" is not complete'


# --- binaries -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 15),
        ("postgres (PostgreSQL) 18.0", 18),
        ("postgres (PostgreSQL) 19devel", 19),
        ("postgres (PostgreSQL) 18beta1", 18),
        ("", None),
        ("something else", None),
    ],
)
def test_the_major_version_of_a_program(text: str, major: int | None) -> None:
    assert binaries.parse_version(text) == major


def test_a_directory_with_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").write_text("")
    (tmp_path / "postgres").chmod(0o755)
    with pytest.raises(Failure) as caught:
        binaries.find(str(tmp_path), 15, lambda _: "postgres (PostgreSQL) 14.1")

    assert f"{tmp_path}: 14" in (caught.value.detail or "")


# --- what the server said -----------------------------------------------------


def test_the_last_fatal_line_comes_before_what_was_said_around_it() -> None:
    text = "LOG:  a\nFATAL:  old\nLOG:  b\n\nFATAL:  new\nHINT:  do\n"

    assert server_log.telling(text) == [
        "FATAL:  new",
        "LOG:  a",
        "FATAL:  old",
        "LOG:  b",
        "HINT:  do",
    ]


def test_without_a_fatal_line_the_last_ones_are_quoted() -> None:
    assert server_log.telling("".join(f"{n}\n" for n in range(20))) == [
        str(n) for n in range(12, 20)
    ]


def test_the_servers_own_log_is_quoted_where_it_took_over(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "log").mkdir(parents=True)
    (data / "current_logfiles").write_text("stderr log/a.log\ncsvlog log/a.csv\n")
    (data / "log" / "a.log").write_text("FATAL:  of yesterday\n")
    (tmp_path / "server.log").write_text("LOG:  old\n")
    dir_fd = record.open_workdir(str(tmp_path))
    try:
        before = server_log.mark(dir_fd, str(data))
        with (data / "log" / "a.log").open("a") as file:
            file.write("FATAL:  of today\n")
        with (tmp_path / "server.log").open("a") as file:
            file.write("LOG:  redirecting\n")

        assert server_log.since(dir_fd, str(data), before) == ["FATAL:  of today"]
    finally:
        os.close(dir_fd)


def test_a_link_in_place_of_the_log_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "server.log").symlink_to("/etc/passwd")
    dir_fd = record.open_workdir(str(tmp_path))
    try:
        with pytest.raises(OSError):
            server_log.open_for_output(dir_fd)
    finally:
        os.close(dir_fd)
