"""What is said on an open connection is read as it was meant, or ends the connection."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core.report import Report
from pgx_mirror.peer.codec import Acknowledged, Numbered, Request, Said, read, written
from pgx_mirror.peer.hello import Hello
from pgx_mirror.wire.channel import LIMIT
from pgx_mirror.wire.refused import Garbage, OtherVersion
from tests.mirror.reports import REPORTS, longest

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_NUMBER = st.integers(0, 2**62)
HELLOS = st.builds(
    Hello,
    server=st.just("server2"),
    incarnation=_TEXT.filter(bool),
    network=st.lists(_TEXT, max_size=3).map(tuple),
    facts=st.dictionaries(_TEXT, _TEXT, max_size=12),
    clock=st.floats(0, 2**40),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | _TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)
SAID = (
    HELLOS
    | st.builds(Numbered, number=_NUMBER, report=REPORTS)
    | st.builds(Acknowledged, number=_NUMBER)
    | st.builds(Request, content=st.dictionaries(_TEXT, _JSON, max_size=3))
)
REPORT = Report("server2", "second")


@given(SAID)
def test_what_was_written_is_read(said: Said) -> None:
    assert read(written(said), "server2") == said


@given(SAID, st.data())
def test_what_is_changed_is_read_as_something_or_is_garbage(
    said: Said, data: st.DataObject
) -> None:
    """The channel lets nothing through that was changed; a peer with a bug may."""
    payload = bytearray(written(said))
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        read(bytes(payload), "server2")
    except (Garbage, OtherVersion):
        pass


def test_the_longest_report_can_be_sent() -> None:
    """An odd text, however long, must not end the connection, nor the loop."""
    payload = written(Numbered(2**62, longest()))

    assert len(payload) <= LIMIT
    found = read(payload, "server2")
    assert isinstance(found, Numbered)
    assert len(found.report.unable) == 16


def _changed(**changes: Any) -> bytes:
    said = json.loads(written(Numbered(1, REPORT)))
    said["report"] |= changes
    return json.dumps(said).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"owner": "server1"}, {"owner": ""}, {"incarnation": ""}, {"server": "on"},
        {"names": "off"}, {"mark": {}}, {"mark": "PAIR"}, {"have": []}, {"more": 1},
        {"position": "0/0"}, {"position": 1.0}, {"position": 2**70}, {"standby": 0},
        {"receiver": ["192.0.2.1"]}, {"unable": "x"}, {"limits": [None]},
    ],
)  # fmt: skip
def test_a_report_is_exactly_a_report(changes: dict[str, object]) -> None:
    read(_changed(), "server2")

    with pytest.raises(Garbage):
        read(_changed(**changes), "server2")


@pytest.mark.parametrize("name", [field.name for field in fields(Report)])
def test_a_report_has_every_field(name: str) -> None:
    said = json.loads(written(Numbered(1, REPORT)))
    del said["report"][name]

    with pytest.raises(Garbage):
        read(json.dumps(said).encode(), "server2")


def test_a_mark_is_in_a_state_that_there_is() -> None:
    said = json.loads(written(Numbered(1, longest())))
    said["report"]["mark"]["state"] = "MINE"

    with pytest.raises(Garbage, match="a state that there is not"):
        read(json.dumps(said).encode(), "server2")


@pytest.mark.parametrize(
    "payload",
    [
        b"{}", b'{"bye":1}', b'{"heard":-1}', b'{"heard":true}', b'{"heard":"1"}',
        b'{"heard":1,"more":1}', b'{"request":[]}', b'{"request":{},"number":1}',
        b'{"report":{}}', b'{"report":{},"number":1}', b'{"hello":{}}', b'{"hello":1}',
    ],
)  # fmt: skip
def test_what_this_protocol_does_not_have_is_garbage(payload: bytes) -> None:
    with pytest.raises(Garbage):
        read(payload, "server2")


def test_another_protocol_is_told_before_its_fields_are_looked_at() -> None:
    with pytest.raises(OtherVersion, match="version 2"):
        read(b'{"hello":{"protocol":2,"unheard of":[]}}', "server2")


@pytest.mark.parametrize("changes", [{"server": "server1"}, {"incarnation": ""}])
def test_a_hello_is_of_who_has_proved_itself(changes: dict[str, str]) -> None:
    said = json.loads(written(Hello("server2", "second")))
    said["hello"] |= changes

    with pytest.raises(Garbage):
        read(json.dumps(said).encode(), "server2")
