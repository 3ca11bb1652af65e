"""Frames are cut where they end, and a header is judged before what follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.wire import frames
from pgx_mirror.wire.frames import Frames, frame
from pgx_mirror.wire.refused import Garbage, OtherVersion, Refused, TooLong
from tests.mirror.reads import reads


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (b"GET / HTTP/1.1\r\n", Garbage),
        (b"\x16\x03\x01", Garbage),
        (b"PGX\2\0\0\0\1", OtherVersion),
        (b"PGX\1\0\0\2\1", TooLong),
        (b"PGX\1\xff\xff\xff\xff", TooLong),
    ],
)
def test_a_header_is_judged_before_what_follows(
    header: bytes, why: type[Refused]
) -> None:
    held = Frames(512)
    with pytest.raises(why):
        held.put(header)
        held.take()


@given(st.lists(st.binary(max_size=40), max_size=6), st.data())
def test_frames_are_cut_where_they_end(
    payloads: list[bytes], data: st.DataObject
) -> None:
    held, found = Frames(40), []
    for read in reads(data, b"".join(map(frame, payloads))):
        held.put(read)
        while (payload := held.take()) is not None:
            found.append(payload)

    assert found == payloads


def test_a_frame_is_bounded_where_it_is_made() -> None:
    with pytest.raises(ValueError, match="a payload of"):
        frame(bytes(frames.LONGEST + 1))
