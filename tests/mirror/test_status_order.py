"""mc_ctl status: the worst reason stands first, by its name; what is no hindrance is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pgx_mirror.controller import view
from pgx_mirror.controller.standing import standing
from pgx_mirror.core import called
from pgx_mirror.core.deciding import refusals, wishes
from pgx_mirror.core.facts import ARBITRATION, DETACH, SWITCH, Facts
from pgx_mirror.core.mark import ALONE, OUT, PAIR
from pgx_mirror.core.report import DOWN, STARTING
from pgx_mirror.core.status.pair import status_of
from pgx_mirror.core.status.values import (
    BESIDES,
    NOT_SWITCHABLE,
    SWITCHABLE,
    Reason,
    Status,
)
from pgx_mirror.messages.message import words
from tests.mirror.test_core_wishes import formed, marked
from tests.mirror.test_status import (
    ALONE_A,
    GAVE,
    PLACES,
    TOOK,
    A,
    B,
    report,
    seen,
)

DEAD = "abnormal(postmaster 7 has ended)"


def texts(status: Status) -> list[str]:
    return [one.text for one in status.reasons]


def test_a_holder_that_is_dead_stands_before_what_its_standby_lacks() -> None:
    """A standby that streams from nobody could only be sent to a setup that must fail."""
    dead = replace(ALONE_A, server=DOWN, database=DEAD)
    out = replace(report("nd2", OUT, 5), receiver=None, unable=("fsync is off",))

    for found in (seen(dead, out), seen(out, dead)):
        assert texts(found) == [
            f'database of server "nd1": {DEAD}',
            'server "nd2" could not be promoted: fsync is off',
        ]
        assert 'mc_ctl start on server "nd1"' in found.reasons[0].hint
        assert not [one for one in found.reasons if "mc_ctl setup" in one.hint]


def test_a_standby_that_has_an_error_is_told_of_though_it_is_disconnected() -> None:
    out = replace(report("nd2", OUT, 5), disk="abnormal(EIO)", server=DOWN)
    found = seen(ALONE_A, out)

    assert texts(found)[0] == 'disk of server "nd2": abnormal(EIO)'
    assert found.reasons[0].hint.startswith("Find the cause there")


def test_a_deposed_server_with_a_dead_disk_is_not_set_up_before_that_is_mended() -> (
    None
):
    for gave in (GAVE, A):
        found = seen(TOOK, replace(gave, server=DOWN, disk="abnormal(EIO)"))
        assert texts(found) == [
            'server "nd1" is deposed: the other server is the primary',
            'disk of server "nd1": abnormal(EIO)',
        ]
        assert "before the setup" in found.reasons[1].hint


@pytest.mark.parametrize("silent", [False, True])
def test_a_server_that_is_merely_not_up_is_told_of(silent: bool) -> None:
    down, starting = replace(A, server=DOWN), replace(B, server=STARTING)

    found = texts(seen(down, B, silent=silent))
    assert found[0] == 'database of server "nd1" does not run'
    assert found[1:] == (['server "nd2" is silent'] if silent else [])
    assert texts(seen(A, starting)) == ['database of server "nd2" is being started']


def test_that_the_register_is_away_stands_behind_what_is_wrong_now() -> None:
    blind = replace(A, register="")
    found = seen(blind, replace(B, server=DOWN, database=DEAD))

    assert found.mirroring == NOT_SWITCHABLE
    assert texts(found) == [
        f'database of server "nd2": {DEAD}',
        'server "nd1" does not reach the arbiter',
    ]


def test_a_role_whose_commits_are_no_guarantee_is_named_and_hinders_nothing() -> None:
    primary, _, now = formed()
    assert primary.seen is not None
    loose = replace(primary.seen, loose=("role reports: off",))
    (reason,) = view.reasons(primary.but(seen=loose), now)
    assert reason.text == "synchronous_commit is no guarantee for role reports: off"
    assert reason.rank == BESIDES

    found = status_of(A, B, silent=False, places=PLACES, reasons=(reason,))
    assert (found.mirroring, found.reasons) == (SWITCHABLE, (reason,))
    other = Reason("the clock is wrong", "Set it.")
    found = status_of(A, B, silent=False, places=PLACES, reasons=(reason, other))
    assert (found.mirroring, found.reasons) == (NOT_SWITCHABLE, (other, reason))
    off = replace(B, failover=False)
    found = status_of(A, off, silent=False, places=PLACES, reasons=(reason,))
    assert found.reasons[1:] == (reason,)


@pytest.mark.parametrize(
    ("policy", "who"),
    [
        ("command", (True, True)),
        ("fallback", (True, True)),
        ("message", (True, False)),
        ("arbitration", (False, False)),
    ],
)
def test_who_would_leave_a_silence_to_an_operator_says_so(
    policy: str, who: tuple[bool, bool]
) -> None:
    """Until it is met the other's silence leads to nothing, though the pair is in sync."""
    *both, now = formed(policy)
    for facts, acts in zip(both, who, strict=True):
        assert isinstance(facts, Facts)
        assert view.reasons(facts, now) == ()
        found = [one.text for one in view.reasons(facts.but(met=0), now)]
        me, other = facts.terms.me, facts.terms.other
        text = f'server "{me}" has not met server "{other}" in this epoch yet'
        assert found == ([text] if acts else [])


# --- the register by its name -----------------------------------------------------------


def of_etcd(facts: Facts) -> Facts:
    return facts.but(terms=replace(facts.terms, called=called.ETCD))


def said(facts: Facts, now: float) -> list[str]:
    """Return all that is told of a server whose peer is silent, and whose register may be."""
    found = [f"{one.text} {one.hint}" for one in view.reasons(facts, now)]
    for wish in (SWITCH, DETACH):
        if (why := wishes.refusal(facts, wish, now)) is not None:
            found.append(f"{why.why} {why.hint}")
    if (why := refusals.undecided(facts, now)) is not None:
        found.append(f"{why.why} {why.hint}")
    for message, given in standing(facts, now).values():
        named = {"arbiter": "etcd"} if "arbiter" in given else {}  # as Telling does it
        found.append(words(message, given | named))
    return found


@pytest.mark.parametrize("identity", ["", "another", "same"])
@pytest.mark.parametrize("side", [0, 1])
def test_where_etcd_decides_nobody_is_sent_to_an_arbiter(
    side: int, identity: str
) -> None:
    facts = formed(ARBITRATION)[side]
    assert isinstance(facts, Facts) and facts.mark is not None
    late = max(facts.heard_at, facts.stream_at) + facts.terms.limit
    register = facts.register if identity == "same" else identity
    for one in (facts, facts.but(failover=False), marked(facts, PAIR, 2)):
        blind = one.but(register=register, cell=None)
        for text in said(of_etcd(blind), late):
            assert "arbit" not in text.replace("mc_ctl status --arbiter", ""), text
    if identity == "":
        assert "Bring back the arbiter" in " ".join(
            said(facts.but(register="", cell=None), late)
        )
        assert "Bring back etcd" in " ".join(
            said(of_etcd(facts.but(register="", cell=None)), late)
        )


def test_status_names_etcd_that_is_not_reached() -> None:
    found = status_of(
        replace(A, register=""), B, silent=False, places=PLACES, called=called.ETCD
    )
    (reason,) = found.reasons

    assert reason.text == 'server "nd1" does not reach etcd'
    assert "etcdctl endpoint health" in reason.hint
    assert "mc_arb" not in reason.hint
    assert seen(report("nd1", ALONE), B).mirroring == NOT_SWITCHABLE


def test_while_the_next_primary_is_promoted_nobody_is_sent_to_a_backup() -> None:
    promoted = replace(TOOK, standby=True)
    for found in (seen(promoted, GAVE), seen(GAVE, promoted)):
        assert 'server "nd2" is the next primary, and is being promoted' in texts(found)
        assert not [one for one in found.reasons if "backup" in one.hint]
