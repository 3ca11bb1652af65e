"""What a record says besides its state, for people: beside programs of another version too."""

from __future__ import annotations

import binascii

from hypothesis import given
from hypothesis import strategies as st

from pgx_pclrsc import record
from pgx_pclrsc.core import more
from pgx_pclrsc.core.more import More
from pgx_pclrsc.record import Record

BOOT = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
MOMENTS = st.integers(0, 2**53)
WORDS = st.from_regex(r"[a-z0-9.]{0,12}", fullmatch=True)
LINES = st.text(max_size=300).map(lambda text: " ".join(text.split()))
MORES = st.builds(
    More,
    *(WORDS, MOMENTS, MOMENTS, MOMENTS, st.integers(0, 9999)),
    *(WORDS, WORDS, MOMENTS, st.integers(0, 99)),
    st.lists(LINES.filter(bool), max_size=4).map(tuple),
)


def older_words(data: bytes) -> list[str]:
    """Return what a program of before this reads: its own split, and no tab in its mind."""
    return data[: record.SIZE - 10].decode("utf-8", "replace").rstrip().split(" ", 12)


@given(MORES)
def test_what_is_noted_is_read(noted: More) -> None:
    assert more.decode(more.encode(noted)) == noted


@given(st.text(max_size=600))
def test_any_text_is_something_or_nothing(text: str) -> None:
    found = more.decode(text)

    assert found is None or isinstance(found, More)


@given(MORES, LINES, st.sampled_from(record.STATES))
def test_it_fits_beside_the_reason(noted: More, reason: str, state: str) -> None:
    """All but the warnings is whole, however long the reason."""
    given_ = Record("0" * 16, BOOT, state, reason=reason, postmaster=7, monitor_start=9)
    given_.more = more.encode(noted)
    data = record.encode(given_)
    read = record.decode(data)

    assert len(data) == record.SIZE
    assert read is not None
    assert read.values()[:-1] == given_.values()[:-1]
    assert reason.startswith(read.reason.rstrip())
    told = more.decode(read.more)
    assert told is not None
    assert more.encode(told).split("\t")[0] == more.encode(noted).split("\t")[0]


def test_a_long_reason_is_cut_and_not_what_is_noted() -> None:
    noted = More("0.1.0", since=1, script="online", mode="start", at=2)
    given_ = Record("0" * 16, BOOT, record.FAULTED, reason="日" * 300)
    given_.more = more.encode(noted)
    read = record.decode(record.encode(given_))

    assert read is not None
    assert set(read.reason) == {"日"}
    assert more.decode(read.more) == noted


@given(MORES, LINES)
def test_an_older_program_reads_the_same_state(noted: More, reason: str) -> None:
    given_ = Record("0" * 16, BOOT, record.ONLINE, reason=reason, postmaster=7, start=5)
    given_.more = more.encode(noted)
    words = older_words(record.encode(given_))

    assert words[:4] == ["1", "0" * 16, BOOT, "online"]
    assert list(map(int, words[4:12])) == [0, 7, 5, 0, 0, 0, 0, 0]


def test_a_record_of_an_older_program_says_nothing_besides() -> None:
    line = f"1 {'0' * 16} {BOOT} faulted 0 0 0 0 0 0 0 0 it is\tnot 1 2".encode()
    body = line.ljust(record.SIZE - 10)
    found = record.decode(body + b" %08x\n" % binascii.crc32(body))

    assert found is not None
    assert more.decode(found.more) is None
    assert more.decode("") is None


def test_as_many_warnings_as_there_is_room_for() -> None:
    given_ = Record("0" * 16, BOOT, record.ONLINE)
    noted = More("1", warned=3, warnings=("a" * 200, "b" * 300, "c"))
    given_.more = more.encode(noted)
    read = record.decode(record.encode(given_))
    assert read is not None
    told = more.decode(read.more)

    assert told is not None
    assert told.warned == 3
    assert told.warnings[0] == "a" * 200
    assert set(told.warnings[1]) == {"b"}
    assert len(told.warnings) == 2
