"""What `pgx_pclrsc --status` makes of what was seen: nothing that was seen breaks a form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_pclrsc.core import more
from pgx_pclrsc.core.more import More
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.status.core import prometheus, shown
from pgx_pclrsc.status.core.seen import Kept, Seen
from pgx_pclrsc.status.core.view import STATES, View, view_of
from tests.exposition import read
from tests.unit.import_graph import ROOT

UNWATCHED = "a server runs here without a monitor; the next pgx_check starts one"
NOW, CLOCK = 500_000, 1_700_000_000_000
MORE = More(
    *("0.1.0", NOW - 60_000, NOW - 1_500, 12, 2),
    *("online", "start", NOW - 61_000, 2, ("one", "two")),
)
NUMBERS = st.integers(0, 2**63)
TEXTS = st.one_of(st.text(max_size=80), st.just(more.encode(MORE)))
KEPT = st.builds(
    Kept,
    st.sampled_from(("none", "starting", "online", "faulted")),
    *(TEXTS, NUMBERS, NUMBERS, TEXTS),
)
SEEN = st.builds(
    Seen,
    st.integers(0, 3),
    *(st.booleans(), st.booleans(), st.booleans(), TEXTS),
    st.lists(KEPT, max_size=1).map(tuple),
    *(st.booleans(), st.sampled_from(("", "pgx_online")), NUMBERS, NUMBERS),
)


def local(clock: float) -> str:
    return f"<{clock:.0f}>"


def seen(
    code: int = 0, state: str = "online", noted: More = MORE, **changed: Any
) -> Seen:
    kept = Kept(state, changed.pop("reason", ""), 4712, 4711, more.encode(noted))
    usual: dict[str, Any] = {
        "starts": False,
        "unwatched": False,
        "gone": False,
        "why": "",
        "record": (kept,),
        "earlier": False,
        "working": "",
    }
    return Seen(code, **(usual | changed), now=NOW, clock=CLOCK)


def view(found: Seen | Unknown, name: str = "pg1") -> View:
    return view_of(name, "n1RMS", found, "0.1.0", local)


@given(st.one_of(SEEN, st.builds(Unknown, TEXTS)))
def test_whatever_was_seen_every_form_holds_it(found: Seen | Unknown) -> None:
    made = view(found)

    assert all(line.isprintable() for line in shown.text(made).split("\n"))
    assert len(shown.table([made, made]).split("\n")) == 3
    json.dumps(shown.plain(made))
    helps, samples = read(prometheus.text([made]) + "\n")
    assert (
        helps.items()
        <= {
            f"{prometheus.PREFIX}{name}": about
            for name, about in prometheus.HELP.items()
        }.items()
    )
    holding = [
        key for key, value in samples.items() if "state" in dict(key[1]) and value
    ]
    assert [dict(labels)["state"] for _, labels in holding] == [made.state]


@given(SEEN)
def test_the_state_is_checks_own(found: Seen) -> None:
    assert view(found).state == STATES[found.code]


def test_a_resource_that_is_online_and_well() -> None:
    assert shown.text(view(seen())).split("\n") == [
        "resource:        pg1",
        "node:            n1RMS",
        "state:           online",
        "since:           <1699999940> (60 s ago)",
        "last answer:     <1699999998> (1.500 s ago), took 0.012 s",
        "failures:        2",
        "warnings:        2",
        "                 one",
        "                 two",
        "postmaster:      4711",
        "monitor:         PID 4712, version 0.1.0",
        "last transition: pgx_online (start), <1699999939> (61 s ago)",
    ]


@pytest.mark.parametrize(
    ("found", "want"),
    [
        (seen(2, "faulted", reason="no answer"), ("faulted", "no answer")),
        (seen(2, "online", gone=True), ("faulted", "its postmaster is gone")),
        (
            seen(2, "online"),
            ("faulted", "its monitor says so, and cannot write why"),
        ),
        (seen(1, "starting"), ("offline", "its server has not answered yet")),
        (seen(1, "none"), ("offline", "")),
        (seen(1, "none", starts=True), ("offline", "")),
        (seen(1, "none", unwatched=True), ("offline", UNWATCHED)),
        (Unknown("only root"), ("unknown", "only root")),
    ],
)
def test_why(found: Seen | Unknown, want: tuple[str, str]) -> None:
    made = view(found)

    assert (made.state, made.why) == want


def test_what_is_of_another_state_is_not_told() -> None:
    """A fault that Check has found itself is not as old as the record's Online."""
    assert view(seen(2, "online", gone=True)).since is None
    assert view(seen(1, "none")).failures is None
    assert view(seen(1, "none")).since is not None


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("", "its monitor is of an older version, and says no more"),
        ("7 x", "its monitor is of another version, and says more than is shown"),
        (
            more.encode(More("0.0.9")),
            "its monitor is of another version than 0.1.0",
        ),
    ],
)
def test_a_monitor_of_another_version_is_named(text: str, want: str) -> None:
    kept = Kept("online", "", 4712, 4711, text)

    (note,) = view(seen(record=(kept,))).notes
    assert note.partition("; ")[0] == want
    assert "pgx_pclrsc --restart-monitor ends it" in note


def test_labels_are_escaped() -> None:
    made = view(seen(), name='a"b\\c\nd')
    samples = read(prometheus.text([made]) + "\n")[1]

    assert {dict(labels)["resource"] for _, labels in samples} == {'a"b\\c\nd'}


def test_each_metric_is_in_the_documents() -> None:
    table = (ROOT / "docs" / "commands.md").read_text()

    for name, about in prometheus.HELP.items():
        assert f"| `{prometheus.PREFIX}{name}` | {about} |" in table


def test_no_resource_is_no_sample_and_said_so() -> None:
    assert prometheus.text([]) == ""
    assert shown.table([]) == "no resource is registered on this node"
