"""Of the pair: forming, leaving, switching, and who may commit: PGX00201 to PGX00299."""

from __future__ import annotations

from pgx_mirror.messages.message import (
    ERROR,
    FATAL,
    LOG,
    NOTICE,
    PANIC,
    WARNING,
    Message,
    ours,
)

# To the letter, by the manual's 8.4: who has it last is the primary.
PROMOTED = Message(
    "MCA00062",
    LOG,
    "promotion processing completed",
    "This server was the standby, and is the primary now.",
)
JOINING = ours(
    201,
    LOG,
    'server "{server}" is being joined',
    "The standby streams; commits are about to wait for it.",
)
ARMED = ours(
    202,
    LOG,
    'commits wait for server "{server}" from now on',
    "It was seen that they do.",
)
SWITCHABLE = ours(
    203,
    LOG,
    'server "{server}" is joined: the pair is switchable',
    "The standby knows that it has all that is acknowledged.",
)
GIVEN_UP = ours(
    204,
    WARNING,
    'joining server "{server}" was given up: {reason}',
    "It could not be proved that commits wait for it, or it did not answer; commits go on "
    "without it. It is tried again.",
    "Look at what the reason names: a checkpoint that takes long, the standby's server, "
    "the log transfer network, postgresql.conf.",
)
DETACHED = ours(
    206,
    NOTICE,
    'server "{server}" was disconnected by an operator',
    "mc_ctl detach, or stop on the standby. Commits no longer wait for it.",
    "Start the standby again when its maintenance is done.",
)
DETACHED_FOR_ERROR = ours(
    207,
    FATAL,
    'server "{server}" was disconnected: {reason}',
    "The standby has failed, or is out of reach. The primary goes on alone.",
    "Find the cause on that server, put it right, and start it (manual 8.1.2).",
)
SWITCHING = ours(
    208,
    NOTICE,
    'switch to server "{server}" has begun: {reason}',
    "An operator's word, or an error of the primary.",
)
SWITCHED = ours(
    209,
    FATAL,
    'switch is complete: server "{server}" is the primary and alone: {reason}',
    "The old primary has failed, and must be rebuilt.",
    "Find the cause there, then build it anew as the standby (manual 8.1.1).",
)
SWITCHED_AS_ASKED = ours(
    210,
    NOTICE,
    'switch is complete: server "{server}" is the primary and alone, as an operator asked',
    "mc_ctl switch, or mc_ctl stop on the primary with automatics on.",
    "Make the old primary the standby: mc_ctl setup and start (manual 7.6.1).",
)
SWITCH_FAILED = ours(
    211,
    ERROR,
    'switch to server "{server}" has failed: {reason}',
    "The reason says what kept it. Nothing is lost: nobody has been promoted.",
    "Put right what the reason names and switch by hand (manual 8.2).",
)
DEPOSED = ours(
    212,
    FATAL,
    'server "{server}" is the primary no more, server "{peer}" is: {reason}',
    "While this one was silent or isolated the other has taken over. Its database server is "
    "stopped at once, so that clients go to the other; none of its waiting commits was "
    "acknowledged.",
    "Build it anew as the standby: mc_ctl setup (manual 8.1.1).",
)
COMMITS_WAIT = ours(
    213,
    WARNING,
    "commits wait: {reason}",
    "The standby does not confirm, and it is being settled who goes on.",
    "None, where it passes. Clients must not cancel: a commit that is cancelled is not "
    "on the other server.",
)
COMMITS_STUCK = ours(
    214,
    PANIC,
    "commits wait until somebody decides: {reason}",
    "The standby is silent and so is the register, or heartbeat_error_action is message or "
    "command and this controller has not met the other since its start. Going on alone could "
    "make two primaries.",
    "Start the other server, or bring the register back; where automatics are off: mc_ctl "
    "detach. Where the other server is off, and has not gone on alone: mc_ctl detach --force.",
)
COMMITS_PASS = ours(
    215,
    LOG,
    "commits pass again",
    "The standby confirms, or was disconnected.",
)
NOBODY_SERVES = ours(
    216,
    PANIC,
    "no server accepts commits: {reason}",
    "The primary is gone and this standby may not take over.",
    "Start the old primary, or bring the register back: the arbiter, or etcd. Where both are "
    "lost for good: a new and empty register, then mc_ctl switch --force --abandon-register.",
)
NOT_TAKING_OVER = ours(
    217,
    ERROR,
    'server "{server}" does not answer, and nothing is done: {reason}',
    "Automatics are off, heartbeat_error_action is message, or this standby was not told "
    "that it is in sync.",
    "Look at that server. mc_ctl switch where it is offered; where that server is off, and "
    "has not gone on alone: mc_ctl switch --force.",
)
UNPROMOTABLE = ours(
    218,
    WARNING,
    'server "{server}" cannot be promoted now: {reason}',
    "Replay is paused; or max_connections, max_worker_processes, max_wal_senders, "
    "max_prepared_transactions or max_locks_per_transaction is lower than the primary's; or "
    "a recovery_target is set; or fsync is off; or it is on another timeline. "
    "The pair is not switchable.",
    "By the reason: select pg_wal_replay_resume(); raise the setting there and restart it; "
    "remove recovery_target; set fsync = on; mc_ctl setup.",
)
PROMOTABLE = ours(
    219,
    LOG,
    'server "{server}" can be promoted again',
    "What kept it is put right.",
)
TAKEN_BACK = ours(
    221,
    LOG,
    'server "{server}" stays the primary: server "{peer}" has not taken over',
    "The standby had promised not to, before it heard that it may.",
)
BOTH_ALONE = ours(
    222,
    PANIC,
    'servers "{server}" and "{peer}" have both gone on alone: {reason}',
    "A forced command was given while the other server lived, or policy fallback did it. "
    "Neither takes over from the other.",
    "Stop all applications, decide for one server, carry over what the other has more, "
    "and build that one anew (manual 8.4).",
)
EPOCH_ENDED = ours(
    223,
    WARNING,
    'the pair with server "{server}" is formed anew: {reason}',
    "What held until now is no longer sure, as when names were edited by hand.",
    "Look at the reason.",
)
FALLS_BACK = ours(
    224,
    WARNING,
    "heartbeat_error_action is fallback: a cut admin network makes two primaries",
    "Neither server asks anybody before it goes on without the other, as in the manual's own "
    "version: where only the networks between them fail, both accept commits, and one "
    "server's are lost.",
    "Prefer arbitration, with an arbitration server; or command, with a fencing_command.",
)
