"""Of the database server and its configuration: PGX00301 to PGX00399."""

from __future__ import annotations

from pgx_mirror.messages.message import ERROR, FATAL, LOG, WARNING, ours

STARTED = ours(
    301, LOG, 'database server of "{server}" has started', "It takes connections."
)
STOPPED = ours(
    302,
    LOG,
    'database server of "{server}" has stopped: {reason}',
    "It was asked to, and nothing of it is left.",
)
START_FAILED = ours(
    303,
    FATAL,
    'database server of "{server}" could not be started: {reason}',
    "PostgreSQL's own log has more.",
    "Put right what the reason names and start again.",
)
NOT_ENDING = ours(
    304,
    ERROR,
    'database server of "{server}" does not end: {reason}',
    "A process hangs in the kernel, mostly on a disk.",
    "Look at the disk. mc_ctl stop -e leaves the server as it is.",
)
FAILED = ours(
    305,
    FATAL,
    'database server of "{server}" has failed: {reason}',
    "It died, hangs, or refuses everybody.",
    "With automatics on the other server goes on. Find the cause in PostgreSQL's log.",
)
WELL = ours(
    306, LOG, 'database server of "{server}" is well again', "It answers as it should."
)
NAMES_BY_HAND = ours(
    308,
    ERROR,
    "synchronous_standby_names was changed by somebody else to {value}: it is set again",
    "Commits may have been acknowledged that the standby does not have; the pair is formed "
    "anew.",
    "Leave the parameter alone while the Mirroring Controller runs (manual B.1); use "
    "mc_ctl detach.",
)
NAMES_IN_AUTO_CONF = ours(
    309,
    ERROR,
    "postgresql.auto.conf sets synchronous_standby_names, and beats postgresql.conf",
    "ALTER SYSTEM SET was used.",
    "ALTER SYSTEM RESET synchronous_standby_names.",
)
NAMES_ELSEWHERE = ours(
    310,
    ERROR,
    "synchronous_standby_names comes from {source}, not from postgresql.conf",
    "The command line or another file sets it, so the Mirroring Controller cannot.",
    "Remove it there and start the server by mc_ctl.",
)
CONF_ERROR = ours(
    311,
    ERROR,
    "postgresql.conf has an error, so no reload takes effect: {reason}",
    "Somebody has edited it. Until it is put right, the standby cannot be disconnected.",
    "Correct the line that the reason names.",
)
CONF_NOT_WRITTEN = ours(
    312,
    ERROR,
    'could not write postgresql.conf of server "{server}": {reason}',
    "Its file system is full, read-only, or has failed.",
    "Make room, or look at the disk. It is tried again.",
)
POISONED = ours(
    313,
    FATAL,
    'database server of "{server}" is started anew: {reason}',
    "Somebody with the standby's name has confirmed more than there is, such as an old "
    "primary that was started as a standby by hand. From then on commits may not have "
    "waited.",
    "Find who it was; build such a server with mc_ctl setup alone. What was acknowledged "
    "since the last good heartbeat may be missing on the other server if this one is lost "
    "now.",
)
FOREIGN_BEARER = ours(
    314,
    ERROR,
    "somebody else bears the standby's name: {client}",
    "pg_receivewal, a copy of the standby or another server: it confirms commits that "
    "the standby may not have.",
    "Stop it; give it another application_name.",
)
NO_WAL_SENDER = ours(
    315,
    ERROR,
    'WAL sender for server "{server}" is gone: {reason}',
    "The standby has stopped, or the log transfer network is cut.",
    "With automatics on the standby is disconnected. Look at it and at the network.",
)
NO_WAL_RECEIVER = ours(
    316,
    ERROR,
    'WAL receiver of server "{server}" is gone: {reason}',
    "The primary has stopped or refuses it, or the log transfer network is cut.",
    "Look at the standby's log: pg_hba.conf, the password, WAL that is removed.",
)
PROMOTED_BY_HAND = ours(
    317,
    FATAL,
    'server "{server}" was promoted by somebody else: it is stopped',
    "pg_ctl promote or pg_promote(): it is not the primary for that.",
    "Use mc_ctl switch. Build this server anew with mc_ctl setup.",
)
LOOSE = ours(
    318,
    WARNING,
    "synchronous_commit is no guarantee for {who}",
    "off, local or remote_write is set for them: what they commit may be lost in a switch.",
    "Set on or remote_apply, unless it is meant so.",
)
PASSWORD_REFUSED = ours(
    319,
    ERROR,
    'database server of "{server}" refuses the Mirroring Controller as "{user}": {reason}',
    "db_instance_password is wrong or missing, or pg_hba.conf has no line for it. It is no "
    "error of the database.",
    "Correct serverIdentifier.conf or pg_hba.conf (manual 6.3.2, step 4).",
)
NO_WAL_SENDERS = ours(
    320,
    ERROR,
    "max_wal_senders is 0, so synchronous_standby_names has no effect",
    "No pair can be formed.",
    "Set max_wal_senders to 2 or more, and restart.",
)
OLD_MINOR = ours(
    321,
    WARNING,
    "PostgreSQL {version} can acknowledge commits before it has read whom they wait for",
    "Right after a start, in versions before 13.21, 14.18, 15.13, 16.9 and 17.5.",
    "Update PostgreSQL.",
)
MUTE_WHEN_IDLE = ours(
    322,
    WARNING,
    "an idle WAL stream is no sign of life within {limit} s: {reason}",
    "Where the admin network alone is cut, or a controller alone hangs, an idle pair then "
    "switches or disconnects for nothing. PostgreSQL's defaults are too long.",
    "Set all three on both servers by docs/pair_administrators.md, and reload; who has "
    "raised the heartbeat parameters raises these with them.",
)
SETTING = ours(
    323,
    WARNING,
    "the configuration is not as a pair needs it: {reason}",
    "A setting of PostgreSQL, or a line of pg_hba.conf, or a replication slot that no setting "
    "limits. Nothing is done about it.",
    "Correct it on both servers as the reason says (docs/pair_administrators.md).",
)
