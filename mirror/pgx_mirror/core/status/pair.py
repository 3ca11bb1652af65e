"""The status of the pair, from both reports.  Pure; docs/pair.md has the table of words."""

from __future__ import annotations

from dataclasses import replace

from pgx_mirror.core.called import ARBITER, Called
from pgx_mirror.core.facts import SWITCH
from pgx_mirror.core.mark import ALONE, GIVEN, OUT, PAIR, SYNC, Mark
from pgx_mirror.core.report import DOWN, NAMES_SET, STOPPING, UP, Report
from pgx_mirror.core.status import reasons as why
from pgx_mirror.core.status.values import (
    ABNORMAL,
    BESIDES,
    FAILOVER_DISABLED,
    NO_POSTMASTER,
    NORMAL,
    NOT_SWITCHABLE,
    OLD_PRIMARY,
    OLD_STANDBY,
    PRIMARY,
    STANDBY,
    SWITCHABLE,
    SWITCHED,
    SWITCHING,
    UNKNOWN,
    Reason,
    Row,
    Status,
    worst_first,
)
from pgx_mirror.core.status.view import Silence, View

_SILENCE = Silence()
_SOON = "It passes as soon as both servers have heard each other; look again."


def status_of(
    mine: Report,
    peer: Report | None,
    *,
    silent: bool,
    places: tuple[tuple[str, str], ...],
    reasons: tuple[Reason, ...] = (),
    silence: Silence = _SILENCE,
    called: Called = ARBITER,
) -> Status:
    """Return the status that the controller which says *mine* gives.

    *peer* is the other's last report, *silent* that it counts as silent now; *places* are
    identifiers and hosts as network.conf has them, *reasons* what else the controller
    knows that keeps the pair from a switch (the register is away); *silence* what it knows
    of the other's; *called* what the register is called.
    """
    other = next((server for server, _ in places if server != mine.owner), "")
    ours = View(mine.owner, mine, False, _is_beaten(mine, peer))
    theirs = View(other, peer, silent or peer is None, _is_beaten(peer, mine))
    found = worst_first((*why.reasons(ours, theirs, silence, called), *reasons))
    word = _word(ours, theirs, blocked=any(one.rank != BESIDES for one in found))
    if word == FAILOVER_DISABLED:
        hint = "Enable it: mc_ctl enable-failover."
        found = (
            Reason("automatic switch and disconnection are disabled", hint),
            *found,
        )
    elif word == NOT_SWITCHABLE and not found:
        found = (Reason("the standby is not in sync", _SOON),)
    views = {view.server: (view, other) for view, other in _both(ours, theirs)}
    rows = tuple(_row(host, *views[server]) for server, host in places)
    return Status(word, rows, found)


def _is_beaten(one: Report | None, other: Report | None) -> bool:
    """Whether *one* is a pair's primary by its mark, and *other* one of a later epoch."""
    mine = one.mark if one is not None else None
    theirs = other.mark if other is not None else None
    if mine is None or theirs is None or mine.state != PAIR:
        return False
    return theirs.state in (PAIR, ALONE) and theirs.epoch > mine.epoch


def _both(ours: View, theirs: View) -> tuple[tuple[View, View], tuple[View, View]]:
    return (ours, theirs), (theirs, ours)


def _word(ours: View, theirs: View, *, blocked: bool) -> str:
    if ours.leads and theirs.leads and not theirs.silent:
        return UNKNOWN  # both have gone on alone
    if any(_changes_hands(view, other) for view, other in _both(ours, theirs)):
        return SWITCHING
    for view, other in _both(ours, theirs):
        if view.leads and not view.silent:
            return _word_of_primary(view, other, blocked=blocked)
    if not theirs.silent:
        return NOT_SWITCHABLE
    return SWITCHED if ours.deposed else UNKNOWN


def _changes_hands(view: View, other: View) -> bool:
    """Whether *view* is about to become the primary, or *other* to give the pen to it."""
    if view.silent or view.report is None:
        return False
    gives = view.state == SYNC and other.state == GIVEN and not other.silent
    return view.awaits_promotion or gives or view.report.wish == SWITCH


def _word_of_primary(primary: View, standby: View, *, blocked: bool) -> str:
    if primary.state == ALONE:
        took_over = bool(primary.mark and primary.mark.pair)
        gone = standby.deposed or standby.silent
        return SWITCHED if took_over and gone else NOT_SWITCHABLE
    if blocked or not _in_sync(primary, standby):
        return NOT_SWITCHABLE
    assert primary.report and standby.report
    automatic = primary.report.failover and standby.report.failover
    return SWITCHABLE if automatic else FAILOVER_DISABLED


def _in_sync(primary: View, standby: View) -> bool:
    """Whether the standby knows that it has all that the primary acknowledges."""
    of_primary, of_standby = primary.mark, standby.mark
    return bool(
        primary.report
        and not standby.silent
        and of_primary
        and of_standby
        and (of_primary.state, of_standby.state) == (PAIR, SYNC)
        and of_primary.epoch == of_standby.epoch
        and of_primary.peer_generation == of_standby.generation
        and primary.report.names == NAMES_SET
        and all(_well(view) for view in (primary, standby))
    )


def _well(view: View) -> bool:
    report = view.report
    return bool(
        report
        and report.server == UP
        and (report.database, report.disk) == (NORMAL, NORMAL)
    )


def _row(host: str, view: View, other: View) -> Row:
    report, mark = view.report, view.mark
    if view.silent or report is None:
        role = _role_of_silent(view, other)
        return Row(view.server, role, host, ABNORMAL, UNKNOWN, UNKNOWN)
    down = report.server in (DOWN, STOPPING) and report.database == NORMAL
    return Row(
        view.server,
        _role(view),
        host,
        NORMAL,
        NO_POSTMASTER if down else report.database,
        report.disk,
        view.state,
        mark.epoch if mark else 0,
        report.position,
    )


def _role(view: View) -> str:
    if view.leads:
        return PRIMARY
    if view.deposed:
        return OLD_PRIMARY
    down = view.report is not None and view.report.server == DOWN
    if view.state == OUT and down:
        return OLD_STANDBY
    return STANDBY if view.follows or view.awaits_promotion else UNKNOWN


def _role_of_silent(view: View, other: View) -> str:
    """What is certain of a silent server, by what the *other* has promised or been given."""
    if other.state != ALONE or other.mark is None:
        return UNKNOWN
    return OLD_PRIMARY if other.mark.pair else OLD_STANDBY


def without_controller(
    server: str,
    mark: Mark | None,
    places: tuple[tuple[str, str], ...],
    *,
    unmade: str = "",
) -> Status:
    """Return what can be said where no controller runs: what *mark* has promised.

    *unmade*: why there is no instance to be started, which setup has to make first.
    By it the manual's 8.4 finds the server that was the primary last.
    """
    report = Report(server, "", mark=mark)
    view, no_one = View(server, report, silent=False), View("", None, silent=True)
    mine = Row(
        server,
        _role(view),
        "",
        NORMAL,
        UNKNOWN,
        UNKNOWN,
        view.state,
        mark.epoch if mark else 0,
    )
    rows = tuple(
        replace(mine, host=host)
        if name == server
        else Row(name, _role_of_silent(no_one, view), host, *(UNKNOWN,) * 3)
        for name, host in places
    )
    other = next((name for name, _ in places if name != server), "")
    found = [why.not_running(view, unmade), *why.unserved(view, other)]
    return Status(UNKNOWN, rows, (*found, *why.deposed(view, runs=False)))
