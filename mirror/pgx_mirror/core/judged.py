"""What a data directory is for the pair, by its mark and by standby.signal.

    mark               standby.signal   --as-primary   what the directory is
    PAIR, ALONE        no               any            primary: the mark decides
    GIVEN              no               no             deposed: the mark decides
    ALONE              yes              no             standby, to be promoted: the mark decides
    SYNC, OUT, NEW     yes              no             standby: the mark decides
    SYNC, OUT, NEW     no               no             standby promoted by hand: the mark decides
    GIVEN, whosever    yes              no             refused until setup or a rewind
    PAIR               yes              no             refused: primary or standby?
    no good one        yes              no             standby: NEW, of a new generation
    no good one        no               no             refused: may it be primary?
    no good one        no               yes            primary: ALONE, of a new generation
    other than above   any              yes            refused: the word is for a first start

No good one: missing, broken, another owner's or another database's (pg_basebackup and
pg_rewind bring the mark of their source), or that of the directory this is a copy of.
A setup and a rewind write NEW before they begin, so GIVEN has not been through either.
"""

from __future__ import annotations

from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.core.mark import ALONE, FILE, GIVEN, NEW, OUT, PAIR, SYNC, Mark

GOOD, MISSING, BROKEN, FOREIGN, COPY = "good", "missing", "broken", "foreign", "copy"
CASES = (GOOD, MISSING, BROKEN, FOREIGN, COPY)
PRIMARY, STANDBY, DEPOSED, PROMOTED = "primary", "standby", "deposed", "promoted"

SIGNAL = "standby.signal"
_STANDBYS = (SYNC, OUT, NEW)


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a data directory: *case*, the mark if there is one, why it is not good.

    FOREIGN: *mark* says whose it is; *in_place*: it is in the very directory it was
    written in, not in a copy of that one.
    """

    case: str
    mark: Mark | None = None
    why: str = ""
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What the directory is: *role*, its mark, and whether that is *new*, to be written first."""

    role: str
    mark: Mark
    new: bool = False


@dataclass(frozen=True, slots=True)
class Directory:
    """What is known of a data directory beside its mark, and a generation for a new one."""

    owner: str
    system: str
    standby: bool
    generation: str


def judge(found: Found, directory: Directory, *, as_primary: bool = False) -> Judged:
    """Return what the directory is for the pair.  Raises Failure where it is refused."""
    good = found.mark if found.case == GOOD else None
    if as_primary:
        return _by_word(found, directory, good)
    if directory.standby:
        return _standby(found, directory, good)
    if good is None:
        raise _may_be_nothing(found, directory.owner)
    if good.state in _STANDBYS:
        return Judged(PROMOTED, good)
    return Judged(DEPOSED if good.state == GIVEN else PRIMARY, good)


def _standby(found: Found, directory: Directory, good: Mark | None) -> Judged:
    if found.mark is not None and found.mark.state == GIVEN:
        raise Failure(
            "this server was deposed, and has not been set up as a standby since",
            detail=f"There is {quoted(SIGNAL)}, but the mark {quoted(FILE)} says that "
            f"it gave way in epoch {found.mark.epoch}.",
            hint='Set it up from the primary: "mc_ctl setup -r standby".',
        )
    if good is None:
        return Judged(STANDBY, _fresh(directory, NEW, 0), new=True)
    if good.state == PAIR:
        raise Failure(
            "cannot tell whether this server is primary or standby",
            detail=f"The mark {quoted(FILE)} is a primary's, and there is {quoted(SIGNAL)}.",
            hint=f"Remove {quoted(SIGNAL)} if somebody has put it there by hand; else set "
            "the server up from the primary.",
        )
    return Judged(STANDBY, good)


def _by_word(found: Found, directory: Directory, good: Mark | None) -> Judged:
    if good is not None and good.state in (PAIR, ALONE) and not directory.standby:
        return Judged(PRIMARY, good)  # it is the primary, and needs no word
    if directory.standby:
        raise Failure(
            "a standby is not made the primary by a start",
            detail=f"There is {quoted(SIGNAL)}.",
            hint="To have it take over where the primary's controller does not run: "
            '"mc_ctl start --mc-only", then "mc_ctl switch"; where it runs without --mc-only.',
        )
    if good is not None:
        raise Failure(
            "this server cannot be started as the primary",
            detail=f"The mark {quoted(FILE)} says {good.state}, epoch {good.epoch}: "
            "the other server is the primary, or may have been since.",
            hint='Set it up from the primary: "mc_ctl setup -r standby".',
        )
    last = found.mark.epoch + 2 if found.mark is not None else 1
    return Judged(PRIMARY, _fresh(directory, ALONE, last), new=True)


def _may_be_nothing(found: Found, owner: str) -> Failure:
    detail = f"The mark {quoted(FILE)} in the data directory {found.why}."
    if found.in_place and found.mark is not None and found.mark.owner != owner:
        return Failure(
            "cannot tell whether this server may be primary",
            detail=detail,
            hint=f"Correct db_instance in {owner}.conf: it names that server's own data "
            "directory, which is no copy.",
        )
    return Failure(
        "cannot tell whether this server may be primary",
        detail=detail,
        hint="If this server has never been in a pair, or was just recovered from the "
        'latest backup, and the other one does not run: "mc_ctl start --as-primary".',
    )


def _fresh(directory: Directory, state: str, epoch: int) -> Mark:
    return Mark(
        owner=directory.owner,
        generation=directory.generation,
        system=directory.system,
        epoch=epoch,
        state=state,
    )
