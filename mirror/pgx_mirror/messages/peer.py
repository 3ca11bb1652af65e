"""Of the other controller, over the admin network: PGX00101 to PGX00199."""

from __future__ import annotations

from pgx_mirror.messages.message import ERROR, LOG, WARNING, Message, ours

# To the letter, by the newer manuals; its type is not shown there.
NO_RESPONSE = Message(
    "MCA00019",
    ERROR,
    'detected an error on the monitored object "server({server})":'
    " no response:ping timeout",
    "Nothing was heard of the other server for (heartbeat_interval + heartbeat_timeout) x "
    "(heartbeat_retry + 1): neither its controller nor the stream of its log.",
    "Look at that server and at the networks. With heartbeat_error_action = message nothing "
    "else happens on a standby, and no command has it take over: bring the primary back.",
)
HEARD = ours(
    101,
    LOG,
    'server "{server}" is heard',
    "The controllers have proved the secret to each other.",
)
LOST = ours(
    102,
    WARNING,
    'connection to server "{server}" was lost: {reason}',
    "Its controller stopped, or the admin network was cut. It is tried again.",
    "None, where it is heard again soon; else look at that server and at the network.",
)
OTHER_SECRET = ours(
    103,
    ERROR,
    "a controller at {address} was refused: it has another secret, or none",
    "The file secret differs between the servers, or somebody else has connected.",
    "Copy the file with network.conf; close the admin network to others.",
)
OTHER_VERSION = ours(
    104,
    ERROR,
    "a controller at {address} was refused: {reason}",
    "The two servers have releases with different protocols.",
    "Install the same release on both.",
)
OTHER_NETWORK = ours(
    105,
    ERROR,
    'network.conf of server "{server}" is another one: {difference}',
    "Both servers must have the same (manual B.3). No pair is formed.",
    "Correct the line, and start the Mirroring Controller there again.",
)
OTHER_SYSTEM = ours(
    106,
    ERROR,
    'server "{server}" has system identifier {theirs}, this one {mine}',
    "Their data directories are not of one origin. No pair is formed.",
    "Build the standby anew with mc_ctl setup, or correct db_instance.",
)
OTHER_MAJOR = ours(
    107,
    ERROR,
    'server "{server}" has PostgreSQL {theirs}, this one {mine}',
    "Streaming replication needs the same major version. No pair is formed.",
    "Install the same version.",
)
OTHER_BLOCKS = ours(
    108,
    ERROR,
    'server "{server}" has {what} {theirs}, this one {mine}',
    "Their servers were built with different block sizes or for different machines "
    "(manual 5.2.3). No pair is formed.",
    "Install the same build.",
)
CLOCK = ours(
    109,
    WARNING,
    'clock of server "{server}" differs by {seconds} s',
    "Messages of the two servers cannot be put in order. Nothing else rests on clocks.",
    "Set up NTP (manual 6: within 1 second).",
)
OTHER_POLICY = ours(
    110,
    ERROR,
    'heartbeat_error_action of server "{server}" is {theirs}, here it is {mine}',
    "Both must have the same; no new pair is formed until they do.",
    "Correct serverIdentifier.conf, and start that Mirroring Controller again.",
)
GARBLED = ours(
    111,
    WARNING,
    "what came from {address} is not of this protocol: {reason}",
    "Another program has connected to the port, or something repeats old messages. "
    "The connection was closed.",
    "Close the admin network to others (manual 5.3).",
)
TOO_MANY = ours(
    112,
    WARNING,
    "connections from {address} are not accepted for now: there are too many",
    "Somebody connects again and again without proving the secret.",
    "Close the admin network to others (manual 5.3).",
)
TLS_FAILED = ours(
    113,
    ERROR,
    "TLS with {address} failed: {reason}",
    "One side has no TLS, or does not know the other's certificate (admin_ssl_*).",
    "Give both servers certificates of one CA, and start Mirroring Controller again.",
)
OTHER_PREFIX = ours(
    114,
    ERROR,
    'etcd_prefix of server "{server}" is {theirs}, here it is {mine}',
    "Each would have a register of its own. No pair is formed.",
    "Correct serverIdentifier.conf, and start that Mirroring Controller again.",
)
OTHER_REGISTER = ours(
    115,
    WARNING,
    'server "{server}" reaches another register than this server',
    "etcd_endpoints of the two servers lead to two clusters of etcd; or one server has not "
    "seen yet that the register was replaced. No pair is formed.",
    "Correct serverIdentifier.conf, and start that Mirroring Controller again.",
)
OTHER_DESTINATION = ours(
    116,
    WARNING,
    'backup_destination of server "{server}" is {theirs}, here it is {mine}',
    "Both should have the same path (manual 6.11.2): after a switch the newest backup and WAL "
    "are not where they are looked for. The pair is none the worse.",
    "Correct serverIdentifier.conf, and start that Mirroring Controller again.",
)
