"""The parameters of serverIdentifier.conf.  Manual B.4, and the newer manuals' A.4.1.

`own_rows` has the others.
"""

from __future__ import annotations

from pgx_mirror.conf.kinds import (
    Switch,
    Text,
    Whole,
    Word,
    absolute,
    command,
    directory,
)
from pgx_mirror.conf.own_rows import OURS_AND_USED, OURS_FOR_LATER
from pgx_mirror.conf.parameters import NEWER, Parameter, table

ARBITRATION, MESSAGE = "arbitration", "message"
COMMAND, FALLBACK = "command", "fallback"
POLICIES = (ARBITRATION, COMMAND, MESSAGE, FALLBACK)
FACILITIES = tuple(f"LOCAL{number}" for number in range(8))

_P = Parameter
_SECONDS = Whole(1, unit="s")
_MS = Whole(1, unit="ms")
_COUNT = Whole(0)

_OF_THE_MANUAL = (
    _P(
        "db_instance",
        Text(spaces=True, fault=absolute),
        "The data directory of the instance.",
        required=True,
    ),
    _P(
        "db_instance_password",
        Text(secret=True),
        "The password with which the instance is watched, where pg_hba.conf asks for one.",
    ),
    _P(
        "remote_call_timeout",
        Whole(0, unit="ms", never=0),
        "How long an action waits for what the other server has to do for it.",
        "70000",
    ),
    _P(
        "core_file_path",
        directory(),
        "Where core files go; there are none, since one could hold a password.",
        later=True,
    ),
    _P("syslog_facility", Word(FACILITIES), "The facility of messages.", "LOCAL0"),
    _P(
        "syslog_ident",
        Text(longest=63),
        "The program name of messages; postgresql.conf may have the same.",
        "MirroringControllerOpen",
    ),
    _P(
        "heartbeat_interval",
        _MS,
        "The time between two heartbeats, and between two looks at server and disks.",
        "800",
    ),
    _P(
        "heartbeat_timeout",
        _SECONDS,
        "How long each of them may go without an answer. Silence counts after "
        "(heartbeat_interval + heartbeat_timeout) x (heartbeat_retry + 1).",
        "1",
    ),
    _P("heartbeat_retry", _COUNT, "How often each of them is tried again.", "2"),
)
_NEWER = (
    _P(
        "target_db",
        Word(("postgres", "template1")),
        "The database that is connected to.",
        "postgres",
        NEWER,
    ),
    _P(
        "db_instance_username",
        Text(longest=63),
        "The database superuser who connects; by default the OS user who starts mc_ctl.",
        "",
        NEWER,
    ),
    _P(
        "enable_hash_in_password",
        Switch(),
        "Whether a # is a character of the password.",
        "off",
        NEWER,
    ),
    _P(
        "heartbeat_error_action",
        Word(POLICIES),
        "Who decides when the other server is silent: the arbiter or etcd, a program that "
        "ends that server, an operator, or nobody (fallback: two primaries where a network is "
        "cut). "
        'Without it "mc_ctl start -f" is refused.',
        "",
        NEWER,
    ),
    _P(
        "fencing_command",
        command(),
        "The program that ends all processes of the other server: exit status 0 when they have "
        "ended. Where heartbeat_error_action is not command, a forced switch or disconnection "
        "alone calls it.",
        "",
        NEWER,
    ),
    _P(
        "arbitration_command",
        command(),
        "The program that tells whether the other server is dead: exit status 0 when it is. "
        "With heartbeat_error_action = command alone.",
        "",
        NEWER,
    ),
    _P(
        "post_switch_command",
        command(),
        "The program to call when this server has become the primary and commits pass.",
        "",
        NEWER,
    ),
    _P(
        "post_promote_command",
        command(),
        "The older name of post_switch_command.",
        "",
        NEWER,
    ),
    _P(
        "post_attach_command",
        command(),
        "The program to call when a standby has been attached.",
        "",
        NEWER,
    ),
    _P(
        "pre_detach_command",
        command(),
        "The program to call before a standby is disconnected, which waits for its end.",
        "",
        NEWER,
    ),
)
TABLE = table((*_OF_THE_MANUAL, *_NEWER, *OURS_AND_USED, *OURS_FOR_LATER))
