"""What does pgx_check answer?

The table, first match wins; this module only looks rows up.  It is on Check's fast
path, so it has plain arguments and a tuple for an answer, no dataclass and no enum.

    the monitor says Faulted, by beacon   Faulted, whatever can be read
    the record cannot be kept, and the
    monitor is well, by beacon            Online while the postmaster lives, else Faulted
    record or work directory unreadable   Online if the instance's postmaster lives, else Offline
    record lost                           what its monitor says by its lock, as if recorded
    record and monitor lost, the resource
    was Online and its postmaster lives   Online; without a monitor that is fresh, one is started
    pgx_offline runs                      the state it found, until nothing is left
    record Faulted                        Faulted, whoever holds the lock
    record Online, postmaster alive       Online; without a monitor that is fresh, one is started
    record Online, postmaster gone        Faulted
    otherwise                             Offline; a postmaster found here gets a monitor
"""

ONLINE, OFFLINE, FAULTED = 0, 1, 2

# What RMS is told, and whether a monitor is to be started in the background.
Answer = tuple[int, bool]

# Why a resource is Faulted, where its record does not say.
GONE = "its postmaster is gone"
UNWRITTEN = "its monitor says so, and cannot write why"

_FOUND = {"online": ONLINE, "faulted": FAULTED}


def unreadable(postmaster_alive: bool) -> Answer:
    """Answer where the record cannot be read: for the monitor's sake there is no fault."""
    return (ONLINE, True) if postmaster_alive else (OFFLINE, False)


def lost(*, watched: bool, offline_runs: bool) -> Answer:
    """Answer where a postmaster lives that was Online; neither record nor monitor says so."""
    return ONLINE, not watched and not offline_runs


def by_beacon(*, alive: bool, offline_runs: bool) -> int:
    """Answer where the record cannot be kept and the monitor says nothing of a fault.

    While pgx_offline works it is the state that was found, whatever became of the server.
    """
    return ONLINE if alive or offline_runs else FAULTED


def while_offline_runs(state: str) -> Answer:
    """Answer while pgx_offline works: its record keeps the state that it found."""
    return _FOUND.get(state, OFFLINE), False


def from_record(state: str, *, alive: bool, watched: bool) -> Answer:
    """Answer from a record that says Online or Faulted.

    *alive*: the record's postmaster lives.  *watched*: the monitor holds its lock and
    the record is not past its good-until.
    """
    if state == "faulted":
        return FAULTED, False
    if not alive:
        return FAULTED, False
    return ONLINE, not watched


def without_record(found_here: bool) -> Answer:
    """Answer without an Online or Faulted record; *found_here*: one to be adopted."""
    return OFFLINE, found_here


def why_faulted(reason: str, *, gone: bool) -> str:
    """Return why, in words; *reason* is the record's own, *gone*: its postmaster is."""
    return reason or (GONE if gone else UNWRITTEN)
