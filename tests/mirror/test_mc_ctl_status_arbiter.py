"""mc_ctl status --arbiter: the manuals' table, and what the servers know of the register."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pgx_mirror.core.cell import Cell
from pgx_mirror.core.status import arbiter as arbiters
from pgx_mirror.core.status.more import Arbiter, More, plain
from tests.fix_mcdir import NETWORK, Mcdir
from tests.mirror.test_mc_ctl_status import STATUS

BOTH = (("nd1", True), ("nd2", True))
WELL = Arbiter("arb", "192.0.2.120", "0a1b", "0a1b", Cell(3, "PAIR", "nd1"), BOTH)
AWAY = replace(
    WELL, identity="", cell=None, answers=(("nd1", False), ("nd2", True))
)  # fmt: skip
TABLE = """\
arbiter_id  host         status
{}
arb         192.0.2.120  """
ONLINE, OFFLINE = (
    TABLE.format("-" * 31) + "online\n",
    TABLE.format("-" * 32) + "offline\n",
)


def played(mcdir: Mcdir, arbiter: Arbiter | None) -> Mcdir:
    said = {"status": STATUS, "more": plain(More(arbiter=arbiter))}
    mcdir.play(last={"status": said})
    mcdir.of("nd1", "start")
    return mcdir


def with_arbiter(mcdir: Mcdir, action: str) -> None:
    """Write an arbiter into the files, and who decides."""
    network = NETWORK.format(26540, 26541)
    mcdir.write("network.conf", f"{network}arb 192.0.2.120 26545 arbiter\n")
    line = f"heartbeat_error_action = {action}"
    mcdir.configure("nd1", mcdir.path.parent / "nd1", line)


def test_one_that_answers(mcdir: Mcdir) -> None:
    shown = played(mcdir, WELL).of("nd1", "status", "--arbiter")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == (
        f"{ONLINE}\nregister: 0a1b\n"
        'cell: epoch 3, PAIR, by server "nd1"\nenrolled: 0a1b\n'
    )


def test_one_that_does_not_answer(mcdir: Mcdir) -> None:
    shown = played(mcdir, AWAY).of("nd1", "status", "--arbiter")

    assert (shown.returncode, shown.stderr) == (3, "")
    assert shown.stdout == (
        f"{OFFLINE}\nenrolled: 0a1b\n"
        '\nreason: server "nd1" does not reach the arbiter\n'
        "hint: Look at it: mc_arb status on the arbitration server.\n"
    )


def test_json_has_all_of_it(mcdir: Mcdir) -> None:
    shown = played(mcdir, WELL).of("nd1", "status", "--arbiter", "--output=json")

    assert shown.returncode == 0
    assert json.loads(shown.stdout) == {
        "arbiters": [
            {
                "arbiter_id": "arb",
                "host": "192.0.2.120",
                "status": "online",
                "register": "0a1b",
                "enrolled": "0a1b",
                "cell": {"epoch": 3, "state": "PAIR", "who": "nd1"},
                "answers": {"nd1": True, "nd2": True},
            }
        ],
        "reasons": [],
    }


@pytest.mark.parametrize(
    ("arbiter", "want"),
    [
        (WELL, []),
        (replace(WELL, enrolled="", cell=None), []),
        (AWAY, ['server "nd1" does not reach the arbiter']),
        (
            replace(WELL, answers=(("nd1", True), ("nd2", False))),
            ['server "nd2" does not reach the arbiter'],
        ),
        (
            replace(WELL, identity="9f9f", cell=None),
            ["the arbiter is another one than the pair has enrolled"],
        ),
    ],
)
def test_why_it_may_not_decide_has_a_hint(arbiter: Arbiter, want: list[str]) -> None:
    found = arbiters.reasons(arbiter)

    assert [reason.text for reason in found] == want
    assert all(reason.hint.endswith(".") for reason in found)


ETCD = Arbiter(
    "etcd",
    "",
    "0a1b",
    "0a1b",
    Cell(3, "PAIR", "nd1"),
    (("nd1", True), ("nd2", True)),
    (("192.0.2.1:2379", True), ("[2001:db8::1]:2379", False)),
)


def test_etcd_is_shown_by_its_members(mcdir: Mcdir) -> None:
    shown = played(mcdir, ETCD).of("nd1", "status", "--arbiter")

    assert shown.returncode == 0
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert lines[2:4] == [
        ["etcd", "192.0.2.1:2379", "online"],
        ["etcd", "[2001:db8::1]:2379", "offline"],
    ]
    assert "reason: member [2001:db8::1]:2379 of etcd does not answer" in shown.stdout
    again = mcdir.of("nd1", "status", "--arbiter", "--output=json")
    assert json.loads(again.stdout)["arbiters"][0]["members"] == {
        "192.0.2.1:2379": "online",
        "[2001:db8::1]:2379": "offline",
    }


def test_etcd_that_is_away_is_one_reason(mcdir: Mcdir) -> None:
    members = tuple((name, False) for name, _ in ETCD.members)
    answers = (("nd1", False),)
    away = replace(ETCD, identity="", cell=None, answers=answers, members=members)

    assert [reason.text for reason in arbiters.reasons(away)] == [
        'server "nd1" does not reach etcd'
    ]
    assert played(mcdir, away).of("nd1", "status", "--arbiter").returncode == 3


def test_another_register_in_etcd_has_a_hint_of_its_own() -> None:
    (member, another) = arbiters.reasons(replace(ETCD, identity="9f9f", cell=None))

    assert member.text == "member [2001:db8::1]:2379 of etcd does not answer"
    assert another.text == "etcd's register is another one than the pair has enrolled"
    assert "mc_arb" not in member.hint + another.hint


def test_etcd_that_nobody_asks_is_shown_by_the_files(mcdir: Mcdir) -> None:
    lines = (
        "heartbeat_error_action = arbitration",
        "etcd_endpoints = '192.0.2.1:2379, 192.0.2.2:2379'",
        "etcd_prefix = '/x'",
    )
    mcdir.configure("nd1", mcdir.path.parent / "nd1", *lines)
    shown = mcdir.of("nd1", "status", "--arbiter")

    assert [line.split() for line in shown.stdout.splitlines()[2:4]] == [
        ["etcd", "192.0.2.1:2379", "offline"],
        ["etcd", "192.0.2.2:2379", "offline"],
    ]


def test_an_empty_register_is_told() -> None:
    empty = replace(WELL, enrolled="", cell=None)

    assert arbiters.text(empty, ()).endswith("\nregister: 0a1b\ncell: empty")


def test_without_a_controller_nobody_here_could_ask_it(mcdir: Mcdir) -> None:
    with_arbiter(mcdir, "arbitration")
    (mcdir.path.parent / "nd1").mkdir()
    (mcdir.path.parent / "nd1" / "PG_VERSION").write_text("15\n")
    shown = mcdir.of("nd1", "status", "--arbiter")
    as_json = mcdir.of("nd1", "status", "--arbiter", "--output=json")

    assert (shown.returncode, as_json.returncode) == (3, 3)
    assert shown.stdout == (
        f'{OFFLINE}\nreason: controller of server "nd1" is not running\n'
        'hint: Start it: mc_ctl start on server "nd1".\n'
    )
    (arbiter,) = json.loads(as_json.stdout)["arbiters"]
    assert (arbiter["status"], arbiter["answers"]) == ("offline", {})


def test_a_pair_that_asks_none_is_told(mcdir: Mcdir) -> None:
    bare = mcdir.of("nd1", "status", "--arbiter")
    with_arbiter(mcdir, "message")
    unasked = mcdir.of("nd1", "status", "--arbiter")
    told = played(mcdir, None).of("nd1", "status", "--arbiter")

    none = "mc_ctl: error: the pair has no arbiter\nmc_ctl: detail: "
    for shown in (bare, unasked, told):
        assert (shown.returncode, shown.stdout) == (1, "")
        assert shown.stderr.startswith(none)
    assert 'network.conf has no line of type "arbiter".' in bare.stderr
    for shown in (unasked, told):
        assert "heartbeat_error_action is not arbitration" in shown.stderr


def test_a_controller_that_tells_no_more_is_told(mcdir: Mcdir) -> None:
    mcdir.play(last={"status": {"status": STATUS}})
    mcdir.of("nd1", "start")
    shown = mcdir.of("nd1", "status", "--arbiter")

    assert (shown.returncode, shown.stdout) == (1, "")
    assert "the controller does not tell of the arbiter" in shown.stderr


def test_watched_it_goes_on_where_there_is_none(mcdir: Mcdir) -> None:
    where = ("-M", mcdir.path, "--local-server=nd1")
    process = mcdir.popen(
        "status", *where, "--watch=0.1", "--arbiter", "--output=json"
    )  # fmt: skip
    assert process.stdout is not None
    found = [json.loads(process.stdout.readline()) for _ in range(2)]
    process.terminate()
    _, stderr = process.communicate(timeout=60)

    assert (process.returncode, stderr) == (0, "")
    assert [one["errors"][0]["error"] for one in found] == [
        "the pair has no arbiter"
    ] * 2
