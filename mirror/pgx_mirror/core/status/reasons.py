"""Why the status is not better, and the way out."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_mirror.core.facts import ARBITRATION
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, NAMES_SET, UP, Report
from pgx_mirror.core.status.values import NORMAL, Reason
from pgx_mirror.core.status.view import View


def reasons(ours: View, theirs: View) -> Iterator[Reason]:
    """Yield what keeps the pair from a switch, as *ours* sees it."""
    if theirs.silent:
        yield _about_silence(ours, theirs)
    elif ours.leads and theirs.leads:
        text = "both servers say that they are the primary"
        yield Reason(text, "The one that is deposed stops as soon as it hears of that.")
    elif not (ours.leads or theirs.leads):
        yield Reason("no server is the primary")
    for view, other in ((ours, theirs), (theirs, ours)):
        if not view.silent:
            yield from _about(view)
        if not (view.silent or other.silent):
            yield from _about_place(view, other)


def _about_silence(ours: View, theirs: View) -> Reason:
    start = f'Start Mirroring Controller on server "{theirs.server}"'
    if ours.state == PAIR and ours.report and ours.report.names == NAMES_SET:
        text = f'server "{theirs.server}" is silent, and commits wait for it'
        return Reason(text, f"{start}, or mend the admin network.")
    return Reason(f'server "{theirs.server}" is silent', f"{start}.")


def _about(view: View) -> Iterator[Reason]:
    assert view.report
    yield from deposed(view)
    if view.follows and view.state != SYNC:
        yield from _about_standby(view)
    if view.state in (PAIR, SYNC) and _misses_register(view.report):
        text = f'server "{view.server}" does not reach the arbiter'
        yield Reason(text, "Look at it: mc_arb status on the arbitration server.")
    if view.state in (PAIR, ALONE, SYNC):
        yield from _about_error(view, view.report)
    for why in view.report.unable:
        yield Reason(f'server "{view.server}" could not be promoted: {why}')


def _about_place(primary: View, standby: View) -> Iterator[Reason]:
    """Yield that commits wait for a directory that another has taken the place of.

    The register lets the primary go on; where there is none to ask, nobody does.
    """
    mine, theirs = primary.mark, standby.mark
    if mine is None or theirs is None or mine.state != PAIR or not primary.leads:
        return
    if theirs.state == SYNC and theirs.generation == mine.peer_generation:
        yield from _about_names(primary.report, standby.report)
    elif theirs.state in (NEW, OUT, SYNC) and theirs.generation != mine.peer_generation:
        text = (
            f'commits wait for a data directory that server "{standby.server}" has not'
        )
        yield Reason(text, "Put back the data directory that was in sync.")


def _about_names(primary: Report | None, standby: Report | None) -> Iterator[Reason]:
    """Yield both names where commits wait for one that the standby does not bear."""
    if primary is None or standby is None or not (primary.real_name and standby.bears):
        return
    if primary.real_name.lower() != standby.bears.lower():
        text = (
            f'commits wait for the name "{primary.real_name}", and server '
            f'"{standby.owner}" bears "{standby.bears}"'
        )
        hint = "Make application_name in its primary_conninfo that name."
        yield Reason(text, hint)


def _about_error(view: View, report: Report) -> Iterator[Reason]:
    """Yield what is wrong with a server, and what an operator has to do about it."""
    hint = ""
    if view.state == ALONE:
        hint = f'Start it again: mc_ctl stop and start on server "{view.server}".'
    elif not report.failover:
        word = "switch" if view.leads else "detach"
        hint = f"Automatics are off: mc_ctl {word}, or mc_ctl enable-failover."
    for what, found in (("database", report.database), ("disk", report.disk)):
        if found != NORMAL:
            yield Reason(f'{what} of server "{view.server}": {found}', hint)


def deposed(view: View) -> Iterator[Reason]:
    """Yield that *view* has lost the pen, if it has."""
    if view.state == GIVEN:
        text = f'server "{view.server}" is deposed: the other server is the primary'
        yield Reason(text, "Make it a standby: mc_ctl setup, then mc_ctl start.")


def _misses_register(report: Report) -> bool:
    return report.policy == ARBITRATION and not report.register


def _about_standby(view: View) -> Iterator[Reason]:
    assert view.report
    if not view.report.standby and view.report.server == DOWN:
        hint = "Make it a standby again: mc_ctl setup, then mc_ctl start."
        yield Reason(f'standby "{view.server}" was promoted by hand', hint)
    elif view.report.stays_out:
        hint = f'Start it again: mc_ctl stop and start on server "{view.server}".'
        yield Reason(f'standby "{view.server}" was disconnected by hand', hint)
    elif view.report.server == UP:
        yield Reason(f'standby "{view.server}" is not in sync')
    elif view.state == OUT:
        hint = f'Start it: mc_ctl start on server "{view.server}".'
        yield Reason(f'standby "{view.server}" is disconnected', hint)
