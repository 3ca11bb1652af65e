"""Of the controller itself, its watcher, and the operator's words: PGX00001 to PGX00099."""

from __future__ import annotations

from pgx_mirror.messages.message import ERROR, LOG, NOTICE, WARNING, ours

STARTED = ours(
    1,
    LOG,
    'Mirroring Controller of server "{server}" has started',
    "mc_ctl start, or the start of the system.",
)
STOPPED = ours(
    2,
    LOG,
    'Mirroring Controller of server "{server}" has stopped',
    "mc_ctl stop, or the stop of the system.",
)
RESTARTED = ours(
    3,
    WARNING,
    'Mirroring Controller of server "{server}" was started again: {reason}',
    "It died or hung, and its watcher has started another; the database server ran on.",
    "Look for what ended it: memory, a signal, a hung disk.",
)
ENABLED = ours(
    4,
    NOTICE,
    "automatic switch and disconnection are enabled",
    "mc_ctl start -f or enable-failover.",
)
DISABLED = ours(
    5,
    NOTICE,
    "automatic switch and disconnection are disabled",
    "mc_ctl start without -f, or disable-failover.",
    "Errors are told here and nothing follows; mc_ctl enable-failover changes that.",
)
ASKED = ours(
    6,
    NOTICE,
    'mc_ctl {command} is carried out by server "{server}"',
    "An operator has asked for it.",
)
FORCED = ours(
    7,
    WARNING,
    'mc_ctl {command} by force is carried out by server "{server}": an operator says that '
    'server "{peer}" is off, and has not gone on alone since {since}',
    "mc_ctl switch or detach with --force. Where it is not so, rows are lost, or there are "
    "two primaries.",
    "When that server is back: mc_ctl status on both, then mc_ctl setup there.",
)
REFUSED = ours(
    8,
    ERROR,
    'server "{server}" is not started: {reason}',
    "Its mark, its configuration or its peer forbids it: a deposed primary, a data directory "
    "that may be a copy, a standby whose primary does not answer.",
    "Do what mc_ctl start says: mostly, start the primary first, or mc_ctl setup.",
)
WATCHER_GONE = ours(
    9,
    WARNING,
    'the watcher of Mirroring Controller of server "{server}" ended: {reason}',
    "Somebody killed it, or memory was short; the controller has begun another.",
    "Look for what ended it.",
)
NO_PROCESS = ours(
    10,
    WARNING,
    'Mirroring Controller of server "{server}" cannot begin a process: {reason}',
    "The limit of processes or descriptors (ulimit, pids.max) is used up, by the database "
    "server's own processes perhaps; what was to be done is tried again. Told once a minute.",
    "End what uses them up, or raise the limit: until then a server is watched by less.",
)
LOST_MESSAGES = ours(
    11,
    WARNING,
    "{count} messages were lost: the system log did not take them",
    "It was away, or its queue was full; the trace in the management directory has them.",
    "Look for what ended or stopped it.",
)
TAKEN_BACK = ours(
    12,
    WARNING,
    "mc_ctl {command} by force was called off before it was carried out",
    "mc_ctl has ended (^C, a signal, a terminal that was closed) while fencing_command ran, "
    "or nothing was decided yet.",
    "mc_ctl status shows what the server is; a fencing_command that ran may have ended the "
    "other one.",
)
