"""The status record: what is written is read, and nothing else is believed."""

from __future__ import annotations

import binascii
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_base import files
from pgx_pclrsc import record
from pgx_pclrsc.record import Garbled, Record

BOOT = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
NUMBERS = st.integers(0, 2**63 - 1)
WORDS = st.text(max_size=2000)


@st.composite
def records(draw: st.DrawFn) -> Record:
    return Record(
        draw(st.from_regex(r"[0-9a-f]{16}", fullmatch=True)),
        BOOT,
        draw(st.sampled_from(record.STATES)),
        good_until=draw(NUMBERS),
        postmaster=draw(NUMBERS),
        start=draw(NUMBERS),
        device=draw(NUMBERS),
        inode=draw(NUMBERS),
        shmid=draw(NUMBERS),
        monitor=draw(NUMBERS),
        monitor_start=draw(NUMBERS),
        reason=draw(WORDS),
    )


@given(records())
def test_a_record_is_one_line_of_its_size_and_reads_back(given_: Record) -> None:
    data = record.encode(given_)
    read = record.decode(data)

    assert len(data) == record.SIZE
    assert data.count(b"\n") == 1
    assert read is not None
    assert read.values()[:-1] == given_.values()[:-1]
    assert " ".join(given_.reason.split()).startswith(read.reason)


G = "0123456789abcdef"
WHOLE = Record(
    G,
    BOOT,
    record.ONLINE,
    good_until=1234567,
    postmaster=4711,
    start=8911,
    device=2049,
    inode=131073,
    shmid=65538,
    monitor=4712,
    monitor_start=8999,
)
FAULT = Record(
    G,
    BOOT,
    record.FAULTED,
    postmaster=4711,
    start=8911,
    reason="has  ended\nby 日 signal 9",
)
CUT = Record(G, BOOT, record.FAULTED, good_until=2**63 - 1, reason="日" * 300)


# Recorded from an earlier version: a monitor of that one may serve a newer Check.
@pytest.mark.parametrize(
    ("given_", "line", "checksum"),
    [
        (Record(G, BOOT), "none 0 0 0 0 0 0 0 0", b"f0b80827"),
        (WHOLE, "online 1234567 4711 8911 2049 131073 65538 4712 8999", b"043800d4"),
        (
            FAULT,
            "faulted 0 4711 8911 0 0 0 0 0 has ended by 日 signal 9",
            b"61acaf03",
        ),
        (CUT, f"faulted {2**63 - 1} 0 0 0 0 0 0 0 " + "日" * 134, b"908c5d11"),
    ],
)
def test_the_bytes_are_those_of_earlier_versions(
    given_: Record, line: str, checksum: bytes
) -> None:
    body = f"1 {G} {BOOT} {line}".encode().ljust(502)

    assert record.encode(given_) == body + b" " + checksum + b"\n"
    found = record.decode(record.encode(given_))
    assert found is not None
    assert found.values()[:-1] == given_.values()[:-1]


@pytest.mark.parametrize(
    "words",
    [
        f"2 {G} {BOOT} none 0 0 0 0 0 0 0 0",
        f"1 {G} {BOOT} none 0 0 0 0 0 0 0",
        f"1 {G} {BOOT} asleep 0 0 0 0 0 0 0 0",
        f"1 {G} {BOOT} none 0 0 0 x 0 0 0 0",
        "1",
    ],
)
def test_a_line_of_another_form_is_garbled(words: str) -> None:
    body = words.encode().ljust(502)
    with pytest.raises(Garbled, match=r"version|number"):
        record.decode(body + b" %08x\n" % binascii.crc32(body))


def test_a_record_has_no_other_fields() -> None:
    with pytest.raises(AssertionError, match="postmastr"):
        Record("g", BOOT, postmastr=7)


@given(st.binary(max_size=600))
def test_any_bytes_are_a_record_blank_or_garbled(data: bytes) -> None:
    try:
        found = record.decode(data)
    except Garbled:
        return
    assert found is None or record.encode(found) == data


@given(records(), st.integers(0, record.SIZE - 1), st.integers(1, 255))
def test_one_wrong_byte_is_noticed(given_: Record, at: int, flip: int) -> None:
    data = bytearray(record.encode(given_))
    data[at] ^= flip
    try:
        found = record.decode(bytes(data))
    except Garbled:
        return
    # Only the line's end is not covered by the checksum.
    assert at >= record.SIZE - 10
    assert found == record.decode(record.encode(given_))


def test_blank_content_is_no_record() -> None:
    assert record.decode(b" " * 511 + b"\n") is None
    assert record.decode(b"") is None
    assert record.decode(b"\0" * 512) is None


@pytest.fixture
def dir_fd(tmp_path: Path) -> int:
    return files.open_workdir(str(tmp_path))


def test_no_file_is_no_record(dir_fd: int) -> None:
    assert record.read(dir_fd) is None


def test_a_written_record_is_read(dir_fd: int) -> None:
    fd = files.open_regular(dir_fd, "record", os.O_RDWR | os.O_CREAT)
    written = Record("g", BOOT, record.ONLINE, postmaster=7, start=9, reason="a b")
    record.write(fd, written, sync=True)

    assert record.read(dir_fd) == written


def test_a_link_in_the_records_place_is_not_followed(
    dir_fd: int, tmp_path: Path
) -> None:
    (tmp_path / "target").write_bytes(record.encode(Record("g", BOOT)))
    (tmp_path / "record").symlink_to(tmp_path / "target")

    with pytest.raises(OSError, match="it is a symbolic link"):
        record.read(dir_fd)


def test_a_fifo_in_the_records_place_is_not_waited_for(
    dir_fd: int, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "record")

    with pytest.raises(OSError, match="it is a FIFO"):
        record.read(dir_fd)


def test_a_work_directory_that_is_a_link_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)

    with pytest.raises(OSError, match=r"ELOOP|Not a directory|symbolic"):
        files.open_workdir(str(tmp_path / "link"))
