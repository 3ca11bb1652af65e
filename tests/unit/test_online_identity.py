"""Is it the data directory that was served before, on the file systems it lay on?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_base import files, mounts
from pgx_base.failure import Failure
from pgx_postgres import identity
from pgx_postgres.identity import Identity, Place

roles = st.sampled_from(["data", "wal", "16384"])
paths = st.text(st.characters(blacklist_characters="\0"), max_size=30)
places = st.builds(Place, roles, paths, paths, st.sampled_from(["", "a-b"]))
identities = st.builds(
    Identity,
    st.integers(0, 2**64 - 1),
    st.lists(places, max_size=4, unique_by=lambda place: place.role).map(tuple),
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
    dir_fd = files.open_workdir(str(tmp_path))
    try:
        assert identity.read(dir_fd) is None
        identity.write(dir_fd, _on("/m", "A"))
        assert identity.read(dir_fd) == _on("/m", "A")
        (tmp_path / "identity").write_text("garbage")
        with pytest.raises(Failure, match="could not read the identity"):
            identity.read(dir_fd)
    finally:
        os.close(dir_fd)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is empty"),
        (bytes(64), "it is empty"),
        (b"garbage", "it is garbled"),
        (b"pgx-identity 1\nsystem 7\n", "it is garbled"),
        (b"pgx-identity 1\nsystem x\nend\n", "it is garbled"),
        (b"pgx-identity 1\nsystem 7\nplace\nend\n", "it is garbled"),
        (b"pgx-identity 1\nsystem 7\nplace data - \\x /d\nend\n", "it is garbled"),
        (b"\xff\xfe\n", "it is garbled"),
        (b"pgx-identity 2\nend\n", "it is of another version (pgx-identity 2)"),
    ],
)
def test_what_is_no_identity_is_told_in_our_words(
    data: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "identity").write_bytes(data)
    dir_fd = files.open_workdir(str(tmp_path))
    try:
        with pytest.raises(Failure) as caught:
            identity.read(dir_fd)
    finally:
        os.close(dir_fd)

    assert caught.value.primary.endswith(f": {said}")


def test_a_directory_that_is_not_there_would_lie_where_one_above_it_does(
    tmp_path: Path,
) -> None:
    table = mounts.mounted()
    above = identity.look("data", str(tmp_path), table)
    found = identity.look_about("data", str(tmp_path / "a" / "b"), table)

    assert (found.point, found.uuid) == (above.point, above.uuid)


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
