"""mc_ctl status, case by case: the manual's words and layout, and the way out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgx_mirror.core.facts import RUN, SWITCH
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, STATES, SYNC, Mark
from pgx_mirror.core.report import (
    DOWN,
    NAMES_OUT,
    NAMES_SET,
    STARTING,
    STOPPING,
    UNSURE,
    UP,
    Report,
)
from pgx_mirror.core.status import shown as status_text
from pgx_mirror.core.status.pair import status_of, without_controller
from pgx_mirror.core.status.values import (
    FAILOVER_DISABLED,
    NOT_SWITCHABLE,
    SWITCHABLE,
    SWITCHED,
    SWITCHING,
    UNKNOWN,
    Reason,
    Status,
)

PLACES = (("nd1", "192.0.2.100"), ("nd2", "192.0.2.110"))


def report(owner: str, state: str, epoch: int = 3, **changes: object) -> Report:
    mark = Mark(owner, f"g-{owner}", "7", epoch, state, peer_generation="g-nd2")
    first = Report(
        owner,
        "i",
        mark=mark,
        server=UP,
        names=NAMES_SET,
        failover=True,
        wish=RUN,
        policy="arbitration",
        register="r",
        position=0x3003C30,
    )
    told: dict[str, object] = {"standby": state in (SYNC, OUT, NEW), **changes}
    return replace(first, **told)  # type: ignore[arg-type]


def marked(one: Report, **changes: object) -> Report:
    assert one.mark
    return replace(one, mark=replace(one.mark, **changes))  # type: ignore[arg-type]


A, B = report("nd1", PAIR), report("nd2", SYNC)
ALONE_A = report("nd1", ALONE, names=NAMES_OUT)
# The standby has taken over: its mark names the pair's epoch.
TOOK = marked(report("nd2", ALONE, 5, names=NAMES_OUT), pair=3)
GAVE = report("nd1", GIVEN, 5, server=DOWN)


def seen(mine: Report, peer: Report | None, *, silent: bool = False) -> Status:
    return status_of(mine, peer, silent=silent, places=PLACES)


CASES = [
    (A, B, False, SWITCHABLE),
    (A, replace(B, failover=False), False, FAILOVER_DISABLED),
    (A, B, True, NOT_SWITCHABLE),
    (A, None, True, NOT_SWITCHABLE),
    (B, A, True, UNKNOWN),
    (B, None, True, UNKNOWN),
    (replace(A, register=""), B, False, NOT_SWITCHABLE),
    (A, replace(B, register=""), False, NOT_SWITCHABLE),
    (
        replace(A, policy="message", register=""),
        replace(B, policy="message", register=""),
        False,
        SWITCHABLE,
    ),
    (A, replace(B, unable=("replay is paused",)), False, NOT_SWITCHABLE),
    (A, replace(B, server=DOWN), False, NOT_SWITCHABLE),
    (A, replace(B, disk="abnormal(data)"), False, NOT_SWITCHABLE),
    (replace(A, database="abnormal(postmaster)"), B, False, NOT_SWITCHABLE),
    (replace(A, names=NAMES_OUT), B, False, NOT_SWITCHABLE),
    (A, marked(B, epoch=2), False, NOT_SWITCHABLE),
    (A, marked(B, generation="another"), False, NOT_SWITCHABLE),
    (A, report("nd2", OUT), False, NOT_SWITCHABLE),
    (A, report("nd2", NEW), False, NOT_SWITCHABLE),
    (replace(A, wish=SWITCH), B, False, SWITCHING),
    (A, replace(B, wish=SWITCH), False, SWITCHING),
    (report("nd1", GIVEN, server=DOWN), B, False, SWITCHING),
    (GAVE, marked(report("nd2", ALONE, 5, standby=True), pair=3), False, SWITCHING),
    (GAVE, TOOK, False, SWITCHED),
    (TOOK, GAVE, True, SWITCHED),
    (TOOK, None, True, SWITCHED),
    (GAVE, None, True, SWITCHED),
    (TOOK, report("nd1", NEW), False, NOT_SWITCHABLE),
    (ALONE_A, report("nd2", OUT, server=DOWN), False, NOT_SWITCHABLE),
    (ALONE_A, None, True, NOT_SWITCHABLE),
    (ALONE_A, TOOK, False, UNKNOWN),
    (A, TOOK, False, SWITCHED),
    (TOOK, A, False, SWITCHED),
    (TOOK, replace(A, server=DOWN, disk="abnormal(EIO)"), False, SWITCHED),
    (GAVE, report("nd2", OUT), False, NOT_SWITCHABLE),
    (replace(A, mark=None), replace(B, mark=None), False, NOT_SWITCHABLE),
]


@pytest.mark.parametrize(("mine", "peer", "silent", "want"), CASES)
def test_the_word(mine: Report, peer: Report | None, silent: bool, want: str) -> None:
    assert seen(mine, peer, silent=silent).mirroring == want


REPORTS = st.builds(
    lambda owner, state, changes: report(owner, state, **changes),
    st.just("nd1"),
    st.sampled_from(STATES),
    st.fixed_dictionaries(
        {},
        optional={
            "server": st.sampled_from([DOWN, STARTING, UP, STOPPING, UNSURE]),
            "names": st.sampled_from([NAMES_OUT, NAMES_SET]),
            "database": st.sampled_from(["normal", "abnormal(postmaster)"]),
            "disk": st.sampled_from(["normal", "abnormal(data)"]),
            "failover": st.booleans(),
            "register": st.sampled_from(["", "r"]),
            "unable": st.sampled_from([(), ("replay is paused",)]),
            "wish": st.sampled_from([RUN, SWITCH]),
        },
    ),
)
PAIRS = st.tuples(REPORTS, REPORTS, st.sampled_from([0, 2, 3])).map(
    lambda drawn: (
        drawn[0],
        marked(replace(drawn[1], owner="nd2"), owner="nd2", generation="g-nd2"),
        drawn[2],
    )
)


@given(PAIRS)
def test_both_controllers_say_the_same_of_a_pair_that_talks(
    pair: tuple[Report, Report, int],
) -> None:
    mine, peer, _ = pair
    here, there = seen(mine, peer), seen(peer, mine)

    assert (here.mirroring, here.rows) == (there.mirroring, there.rows)
    assert set(here.reasons) == set(there.reasons)


@given(PAIRS, st.booleans())
def test_switchable_is_said_of_nothing_less(
    pair: tuple[Report, Report, int], silent: bool
) -> None:
    mine, peer, _ = pair
    found = seen(mine, peer, silent=silent)
    states = {one.mark.state for one in (mine, peer) if one.mark}

    if found.mirroring in (SWITCHABLE, FAILOVER_DISABLED):
        assert not silent
        assert states == {PAIR, SYNC}
        for one in (mine, peer):
            assert (one.server, one.database, one.disk) == (UP, "normal", "normal")
            assert one.register and not one.unable
    if found.mirroring == SWITCHABLE:
        assert mine.failover and peer.failover
        assert found.reasons == ()
    elif found.mirroring != SWITCHING:
        assert found.reasons and all(one.hint for one in found.reasons)


@given(PAIRS, st.booleans())
def test_what_the_controller_hands_over_is_what_is_shown(
    pair: tuple[Report, Report, int], silent: bool
) -> None:
    found = seen(pair[0], pair[1], silent=silent)
    handed = json.loads(json.dumps(status_text.plain(found)))

    assert status_text.read(handed) == found


def test_the_manuals_layout() -> None:
    assert status_text.text(seen(A, B)) == (
        "mirroring status\n"
        "----------------\n"
        "switchable\n"
        "server_id  host_role  host         host_status  db_proc_status  disk_status\n"
        "---------------------------------------------------------------------------\n"
        "nd1        primary    192.0.2.100  normal       normal          normal\n"
        "nd2        standby    192.0.2.110  normal       normal          normal"
    )


def test_after_a_switch_as_in_the_manual_with_the_way_out() -> None:
    assert status_text.text(seen(TOOK, GAVE)) == (
        "mirroring status\n"
        "----------------\n"
        "switched\n"
        "server_id  host_role                  host         host_status  db_proc_status"
        "        disk_status\n"
        "-------------------------------------------------------------------------------"
        "------------------\n"
        "nd1        none(inactivated primary)  192.0.2.100  normal       "
        "abnormal(postmaster)  normal\n"
        "nd2        primary                    192.0.2.110  normal       normal"
        "                normal\n"
        "\n"
        'reason: server "nd1" is deposed: the other server is the primary\n'
        "hint: Make it a standby: mc_ctl stop, then mc_ctl setup and mc_ctl start on"
        ' server "nd1".'
    )


def test_of_a_silent_server_only_what_is_certain_is_said() -> None:
    rows = [
        (seen(mine, None, silent=True).rows[at].host_role, at)
        for mine, at in ((A, 1), (ALONE_A, 1), (TOOK, 0), (B, 0))
    ]

    assert rows == [
        ("unknown", 1),
        ("none(inactivated standby)", 1),
        ("none(inactivated primary)", 0),
        ("unknown", 0),
    ]
    row = seen(A, B, silent=True).rows[1]
    assert (row.host_status, row.db_proc_status, row.disk_status, row.position) == (
        "abnormal",
        "unknown",
        "unknown",
        0,
    )


def test_what_the_controller_knows_besides_keeps_from_switchable() -> None:
    reasons = (Reason("the clock is wrong", "Set it."),)
    found = status_of(A, B, silent=False, places=PLACES, reasons=reasons)

    assert (found.mirroring, found.reasons) == (NOT_SWITCHABLE, reasons)


def test_json_has_marks_and_positions_too() -> None:
    found = json.loads(status_text.as_json(seen(A, B)))

    assert found["mirroring_status"] == "switchable"
    assert found["servers"][0] == {
        "server_id": "nd1",
        "host_role": "primary",
        "host": "192.0.2.100",
        "host_status": "normal",
        "db_proc_status": "normal",
        "disk_status": "normal",
        "mark": "PAIR",
        "epoch": 3,
        "position": "0/3003C30",
    }
    assert found["reasons"] == []


@pytest.mark.parametrize(
    ("state", "role"),
    [
        (PAIR, "primary"),
        (GIVEN, "none(inactivated primary)"),
        (SYNC, "standby"),
        ("", "unknown"),
    ],
)
def test_without_a_controller_the_mark_says_who_was_primary(
    state: str, role: str
) -> None:
    mark = Mark("nd2", "g", "7", 4, state) if state else None
    found = without_controller("nd2", mark, PLACES)

    assert found.mirroring == UNKNOWN
    assert (found.rows[1].host_role, found.rows[1].mark) == (role, state)
    assert found.rows[0].db_proc_status == "unknown"
    assert "is not running" in found.reasons[0].text
