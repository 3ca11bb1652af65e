"""Why the status is not better, and the way out."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_mirror.core.called import Called
from pgx_mirror.core.facts import ARBITRATION, STOP, STOP_ALL
from pgx_mirror.core.known.basics import LEAVING
from pgx_mirror.core.mark import ALONE, NEW, OUT, PAIR, SYNC
from pgx_mirror.core.report import DOWN, STARTING, STOPPING, UNSURE, UP, Report
from pgx_mirror.core.status.values import (
    DECIDING,
    LACKS,
    LOST,
    NOBODY,
    NORMAL,
    RESTORES,
    SERVING,
    Reason,
)
from pgx_mirror.core.status.view import Silence, View
from pgx_mirror.core.status.ways_out import way_out

_NO_PRIMARY = (
    "It may pass. If it stays: start the one that was the primary last from its own data "
    "directory; where that is lost, recover a backup, and mc_ctl start --as-primary there."
)
_STATES = {
    DOWN: "does not run",
    STARTING: "is being started",
    STOPPING: "is being stopped",
    UNSURE: "is being looked at",
}
_BOTH = (
    "Stop all applications and decide for one; carry over what the other has more; then "
    "mc_ctl stop there, mc_ctl setup and mc_ctl start (manual 8.4)."
)


def reasons(
    ours: View, theirs: View, silence: Silence, called: Called
) -> Iterator[Reason]:
    """Yield what keeps the pair from a switch, as *ours* sees it; *called*: the register is."""
    if theirs.silent:
        yield from _about_silence(ours, theirs, silence)
    elif ours.leads and theirs.leads:
        text = "both servers have gone on alone, and neither gives way"
        yield Reason(text, _BOTH, NOBODY)
    elif not (ours.leads or theirs.leads):
        yield _of_nobody(ours, theirs)
    for view, other in ((ours, theirs), (theirs, ours)):
        if not view.silent:
            yield from _about(view, other, called)
        if not (view.silent or other.silent):
            yield from _about_place(view, other)


def _of_nobody(ours: View, theirs: View) -> Reason:
    """Return that none of both is the primary: not yet, where one is being promoted."""
    for view in (ours, theirs):
        if view.awaits_promotion:
            text = f'server "{view.server}" is the next primary, and is being promoted'
            hint = f'It passes. If it stays, the database log of server "{view.server}" says why.'
            return Reason(text, hint, NOBODY)
    return Reason("no server is the primary", _NO_PRIMARY, NOBODY)


def _about_silence(ours: View, theirs: View, silence: Silence) -> Iterator[Reason]:
    """Yield that the other's controller is silent: commits may pass all the same.

    That of a server whose pen we have would refuse to start it.
    """
    start = f'tart Mirroring Controller on server "{theirs.server}"'
    text = f'server "{theirs.server}" is silent'
    if _has_pen_of(ours, theirs):
        yield Reason(text, "It is to be made a standby first.", LOST)
        yield _of_deposed(theirs)
        return
    if silence.refused:
        hint = f"If it runs, {silence.refused}: see the next reason. If not, s{start}."
    elif silence.waits:
        hint = f"S{start}, or mend the admin network."
    else:
        hint = f"S{start}."
    if silence.waits:
        yield Reason(f"{text}, and commits wait for it", hint, SERVING)
    else:
        yield Reason(text, hint, LOST)


def _has_pen_of(ours: View, theirs: View) -> bool:
    """Whether we took over from the other, by our own mark: it outlasts what was heard.

    Not where it was heard to be a standby after that: it has been set up anew.
    """
    took = bool(ours.state == ALONE and ours.mark and ours.mark.pair)
    return not theirs.follows and (took or (ours.leads and theirs.deposed))


def _of_deposed(view: View) -> Reason:
    """Return that a silent server is deposed; a setup may have been made since it was heard."""
    text = f'server "{view.server}" is deposed: the other server is the primary'
    hint = (
        "Make it a standby: there mc_ctl stop, if its controller runs, and mc_ctl setup"
    )
    after = "" if view.report else ", unless that is done already"
    start = f'; then mc_ctl start on server "{view.server}".'
    return Reason(text, f"{hint}{after}{start}", LOST)


def _about(view: View, other: View, called: Called) -> Iterator[Reason]:
    assert view.report
    if view.deposed:
        yield from deposed(view)
        yield from _about_disk(view, view.report)
    elif view.mark is not None:
        yield from _about_error(view, view.report, other)
    if view.follows and (view.state != SYNC or _was_promoted(view.report)):
        yield from _about_standby(view, other)
    if view.state in (PAIR, SYNC) and _misses_register(view.report):
        text = f'server "{view.server}" does not reach {called.name}'
        yield Reason(text, f"Look at it: {called.look}.", DECIDING)
    for why in view.report.unable:
        text = f'server "{view.server}" could not be promoted: {why}'
        yield Reason(text, way_out(why, view.server))


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
        yield Reason(text, "Put back the data directory that was in sync.", SERVING)


def _about_names(primary: Report | None, standby: Report | None) -> Iterator[Reason]:
    """Yield both names where commits wait for one that the standby does not bear."""
    if primary is None or standby is None or not (primary.real_name and standby.bears):
        return
    if primary.real_name.lower() != standby.bears.lower():
        text = (
            f'commits wait for the name "{primary.real_name}", and server '
            f'"{standby.owner}" bears "{standby.bears}"'
        )
        hint = (
            f'Make application_name in primary_conninfo "{primary.real_name}", in '
            f'postgresql.auto.conf of server "{standby.owner}"; or, where that name is wrong, '
            f'synchronous_standby_names "{standby.bears}", in postgresql.conf of server '
            f'"{primary.owner}". Then pg_ctl reload there.'
        )
        yield Reason(text, hint, SERVING)


def _about_error(view: View, report: Report, other: View) -> Iterator[Reason]:
    """Yield what is wrong with a server, and what an operator has to do about it."""
    again = f'mc_ctl stop, then mc_ctl start on server "{view.server}".'
    if view.state in (ALONE, OUT, NEW):
        hint = f"Find the cause there; {again}"
    elif report.failover:
        hint = f"What follows is done without you. Find the cause there; {again}"
    elif view.leads and not _takes(view, other):
        hint = f"The standby cannot take over now. Find the cause there; {again}"
    elif view.follows and other.silent:
        hint = f"It is not disconnected while the primary is silent. Find the cause there; {again}"
    else:
        word = "switch" if view.leads else "detach"
        hint = f"Automatics are off: mc_ctl {word}, or mc_ctl enable-failover."
    rank = SERVING if view.leads else LACKS
    if (
        report.server != UP
        and report.database == NORMAL
        and view.state not in (OUT, NEW)
    ):
        yield Reason(*_not_up(view.server, report.server), rank)
    for what, found in (("database", report.database), ("disk", report.disk)):
        if found != NORMAL:
            yield Reason(f'{what} of server "{view.server}": {found}', hint, rank)


def _not_up(server: str, state: str) -> tuple[str, str]:
    """Return that nothing is known to be wrong with a database that does not run, and why."""
    text = f'database of server "{server}" {_STATES[state]}'
    again = f'mc_ctl stop, then mc_ctl start on server "{server}".'
    return text, f"The system log says why, if it stays so; then {again}"


def _about_disk(view: View, report: Report) -> Iterator[Reason]:
    """Yield that a deposed server has no disk that a setup could use."""
    if report.disk != NORMAL:
        text = f'disk of server "{view.server}": {report.disk}'
        yield Reason(
            text, "Mend it, or give that server another, before the setup.", LOST
        )


def _takes(primary: View, standby: View) -> bool:
    """Whether a switch would be accepted, by what both say."""
    mine, theirs, report = primary.mark, standby.mark, standby.report
    if mine is None or theirs is None or report is None or standby.silent:
        return False
    in_sync = (mine.state, theirs.state) == (PAIR, SYNC) and mine.epoch == theirs.epoch
    return (
        in_sync
        and theirs.generation == mine.peer_generation
        and (report.server, report.database, report.disk) == (UP, NORMAL, NORMAL)
        and report.wish not in LEAVING
        and not report.unable
    )


def deposed(view: View, *, runs: bool = True) -> Iterator[Reason]:
    """Yield that *view* has lost the pen, if it has; *runs*: its controller does."""
    if view.deposed:
        text = f'server "{view.server}" is deposed: the other server is the primary'
        yield Reason(text, f"Make it a standby: {_anew(view.server, runs=runs)}", LOST)


def not_running(view: View, unmade: str = "") -> Reason:
    """Return that no controller of *view* runs; the start of one that is deposed is refused.

    So is that of a server whose data directory is *unmade*.
    """
    if unmade:
        text = f'controller of server "{view.server}" is not running, and {unmade}'
        anew = _anew(view.server, runs=False)
        return Reason(text, RESTORES.get(unmade, f"Make it a standby: {anew}"))
    start = f'Start it: mc_ctl start on server "{view.server}".'
    hint = "It is to be made a standby first." if view.deposed else start
    return Reason(f'controller of server "{view.server}" is not running', hint)


def unserved(view: View, standby: str) -> Iterator[Reason]:
    """Yield what is missed where no controller of a pair's primary runs."""
    if view.state == PAIR:
        text = (
            f'nobody there takes the name of server "{standby}" out: where that has left, or '
            "is down, commits wait"
        )
        yield Reason(text, f'It ends with mc_ctl start on server "{view.server}".')


def _anew(server: str, *, runs: bool = True) -> str:
    stop = "mc_ctl stop, then " if runs else ""
    return f'{stop}mc_ctl setup and mc_ctl start on server "{server}".'


def _misses_register(report: Report) -> bool:
    return report.policy == ARBITRATION and not report.register


def _serves(primary: View) -> bool:
    """Whether a server that says so is there to be streamed from."""
    report = primary.report
    return report is not None and (report.server, report.database) == (UP, NORMAL)


def _was_promoted(report: Report) -> bool:
    """Whether a standby's directory is one no more, by somebody's hand, and is down again."""
    return not report.standby and report.server == DOWN


def _about_standby(view: View, primary: View) -> Iterator[Reason]:
    """Yield what a standby lacks; that it streams from no server that is down goes unsaid."""
    assert view.report
    again = f'mc_ctl stop, then mc_ctl start on server "{view.server}".'
    if _was_promoted(view.report):
        hint = f"Make it a standby again: {_anew(view.server)}"
        yield Reason(f'standby "{view.server}" was promoted by hand', hint)
    elif view.report.stays_out:
        text = f'standby "{view.server}" was disconnected by hand'
        yield Reason(text, f"To have it back: {again}")
    elif view.report.server == UP and view.report.receiver is None:
        if primary.leads and not _serves(primary):
            return
        hint = (
            "The log of its database server says why, if it stays so. Where the WAL that it "
            f"needs is gone: {_anew(view.server)}"
        )
        yield Reason(f'standby "{view.server}" does not stream from its primary', hint)
    elif view.report.server == UP:
        hint = "It is joined as soon as can be; mc_ctl status on the primary says more."
        yield Reason(f'standby "{view.server}" is not in sync', hint)
    elif view.state == OUT:
        if view.report.wish in (STOP, STOP_ALL):
            again = f'mc_ctl start on server "{view.server}", once it has stopped.'
        yield Reason(
            f'standby "{view.server}" is disconnected', f"To have it back: {again}"
        )
