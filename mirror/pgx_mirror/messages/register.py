"""Of the register: the arbiter, as the servers see it, and as it speaks: PGX00501 to 00599."""

from __future__ import annotations

from pgx_mirror.messages.message import ERROR, LOG, WARNING, ours

AWAY = ours(
    501,
    WARNING,
    "{arbiter} does not answer: {reason}",
    "mc_arb is not running, etcd gives no answer, or the arbitration network is cut. Until it "
    "is back, a silent server leads to no switch.",
    "Start mc_arb, or see that etcd has a quorum; look at the network.",
)
BACK = ours(502, LOG, "{arbiter} answers", "It can be asked.")
STATE_LOST = ours(
    503,
    ERROR,
    "{arbiter} has lost its state",
    "Its management directory is another one, or etcd's key was removed or replaced. It "
    "decides nothing until both servers have enrolled it.",
    "None, where both servers run: they enrol it.",
)
REFUSED = ours(
    504,
    WARNING,
    '{arbiter} has decided against server "{server}"',
    "It still heard the other server, or that one was first.",
    "See what the other server says.",
)
ENROLLED = ours(
    505,
    LOG,
    "{arbiter} is enrolled",
    "Both servers have told it of their pair.",
)
OTHER_SECRET = ours(
    506,
    ERROR,
    "{arbiter} has another secret, or none",
    "The file secret differs.",
    "Copy it to the arbiter's management directory.",
)
ARBITER_STARTED = ours(
    551, LOG, "Mirroring Controller arbitration has started", "mc_arb start."
)
ARBITER_STOPPED = ours(
    552, LOG, "Mirroring Controller arbitration has stopped", "mc_arb stop."
)
SERVER_HEARD = ours(
    553, LOG, 'arbiter hears server "{server}"', "Its controller has connected."
)
SERVER_LOST = ours(
    554,
    WARNING,
    'arbiter no longer hears server "{server}": {reason}',
    "Its controller stopped, or the arbitration network is cut.",
    "Look at that server and at the network.",
)
DECIDED = ours(
    555,
    LOG,
    'arbiter has decided for server "{server}" in epoch {epoch}',
    "It asked first, and the other was not heard.",
)
NOT_DURABLE = ours(
    556,
    ERROR,
    "arbiter could not write its state: {reason}",
    "Its disk is full or has failed. It answers nobody until it can. It tries each 10 s.",
    "Make room, or look at the disk.",
)
DURABLE_AGAIN = ours(
    557, LOG, "arbiter has written its state and answers again", "Its disk takes it."
)
BEGUN = ours(
    558,
    LOG,
    'arbiter has been enrolled by both servers: {state} of server "{server}", epoch {epoch}',
    "Its management directory was new.",
)
CELL_IS = ours(
    559,
    LOG,
    'arbiter was told {state} by server "{server}", epoch {epoch}',
    "The servers have formed a pair, or have left it, and have told so.",
)
MUST_WAIT = ours(
    560,
    WARNING,
    'arbiter does not decide for server "{server}" in epoch {epoch}: the other server is heard',
    "The standby does not hear the primary, and the arbiter does; or the arbiter has just "
    "started, and listens first.",
    "Look at the networks between the servers.",
)
FOREIGN = ours(
    561,
    ERROR,
    'arbiter belongs to another pair than server "{server}"',
    "PostgreSQL's system identifier is not that of the pair which has enrolled it: a new "
    "cluster, or another pair's network.conf.",
    "Give mc_arb a new management directory for the new pair.",
)
NOT_ENDED = ours(
    562,
    ERROR,
    'arbiter does not decide for server "{server}" in epoch {epoch}: '
    'fencing_command has not ended server "{other}"',
    "The program in arbitration.conf did not end with exit status 0. It is called again, "
    "and until it succeeds neither server goes on alone.",
    "See what the program says, beside this. Where that server is known to be dead: take "
    "fencing_command out of arbitration.conf, and start mc_arb again.",
)
