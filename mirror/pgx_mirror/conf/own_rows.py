"""Parameters of serverIdentifier.conf that no manual we know tells in full.

Most have the name that the newer manuals are said to use; whose range or default is not
known from them counts as ours.
"""

from __future__ import annotations

from pgx_mirror.conf import etcd
from pgx_mirror.conf.kinds import Switch, Text, Whole, Word, absolute, directory
from pgx_mirror.conf.parameters import OURS, Parameter

_P = Parameter
_ACTION = Word(("none", "message", "failover"))
_RATHER = Word(("message", "failover"))
_SECONDS = Whole(1, unit="s")
_MS = Whole(1, unit="ms")
_COUNT = Whole(0)

OURS_AND_USED = (
    _P(
        "db_instance_check_interval",
        _MS,
        "The time between two looks at the database server.",
        like="heartbeat_interval",
        origin=OURS,
    ),
    _P(
        "db_instance_check_timeout",
        _SECONDS,
        "How long such a look may go without an answer.",
        like="heartbeat_timeout",
        origin=OURS,
    ),
    _P(
        "db_instance_check_retry",
        _COUNT,
        "How often it is tried again.",
        like="heartbeat_retry",
        origin=OURS,
    ),
    _P(
        "disk_check_interval",
        _MS,
        "The time between two looks at the disks.",
        like="heartbeat_interval",
        origin=OURS,
    ),
    _P(
        "disk_check_retry",
        _COUNT,
        "How often a look that takes too long is tried again.",
        like="heartbeat_retry",
        origin=OURS,
    ),
    _P(
        "admin_ssl_cert_file",
        Text(spaces=True),
        "TLS between the controllers: this server's certificate, by a path that may begin in "
        "the management directory. All three files, on both servers, or none.",
        "",
        OURS,
    ),
    _P(
        "admin_ssl_key_file",
        Text(spaces=True),
        "The certificate's key, of mode 0600 or 0400.",
        "",
        OURS,
    ),
    _P(
        "admin_ssl_ca_file",
        Text(spaces=True),
        "The CA that has signed the other server's certificate.",
        "",
        OURS,
    ),
    _P(
        "bin_dir",
        Text(spaces=True, fault=absolute),
        "The directory of PostgreSQL's programs, where they are not in a usual one.",
        "",
        OURS,
    ),
    _P(
        "backup_destination",
        directory(),
        "The directory of pgx_dmpall's backups and of archived WAL: the same path on both "
        "servers, and open to the instance administrator alone.",
        "",
        OURS,
    ),
    _P(
        "etcd_endpoints",
        Text(spaces=True, fault=etcd.members_fault),
        "etcd as the register of heartbeat_error_action = arbitration, in place of an arbiter: "
        "HOST:PORT of each member, with commas between.",
        "",
        OURS,
    ),
    _P(
        "etcd_prefix",
        Text(longest=200, fault=etcd.prefix_fault),
        "What the pair's keys begin with: the same on both servers, and no other pair's.",
        "",
        OURS,
    ),
    _P(
        "etcd_user",
        Text(longest=63),
        "The user of etcd, where it asks for one.",
        "",
        OURS,
    ),
    _P(
        "etcd_password",
        Text(spaces=True, secret=True),
        "That user's password.",
        "",
        OURS,
    ),
    _P(
        "etcd_ssl_ca_file",
        Text(spaces=True),
        "TLS with etcd: the CA that has signed the members' certificates.",
        "",
        OURS,
    ),
    _P(
        "etcd_ssl_cert_file",
        Text(spaces=True),
        "This server's certificate, where etcd asks for one.",
        "",
        OURS,
    ),
    _P(
        "etcd_ssl_key_file",
        Text(spaces=True),
        "The certificate's key, of mode 0600 or 0400.",
        "",
        OURS,
    ),
    _P(
        "etcd_timeout",
        _SECONDS,
        "How long one member may take for one answer, before the next is asked.",
        "1",
        OURS,
    ),
    _P(
        "fencing_command_timeout",
        _SECONDS,
        "How long fencing_command may take.",
        "20",
        OURS,
    ),
    _P(
        "arbitration_command_timeout",
        _SECONDS,
        "How long arbitration_command may take.",
        "30",
        OURS,
    ),
    _P(
        "status_transition_command_timeout",
        _SECONDS,
        "How long post_switch_command, post_attach_command and pre_detach_command may take, each.",
        "20",
        OURS,
    ),
)
OURS_FOR_LATER = (
    _P(
        "arbitration_timeout",
        _SECONDS,
        "How long the arbiter has to decide.",
        "30",
        OURS,
        later=True,
    ),
    _P(
        "arbiter_connect_interval",
        _MS,
        "The time between two tries to reach the arbiter.",
        "16000",
        OURS,
        later=True,
    ),
    _P(
        "arbiter_connect_timeout",
        _SECONDS,
        "How long such a try may take.",
        "20",
        OURS,
        later=True,
    ),
    _P(
        "arbiter_alive_interval",
        _MS,
        "The time between two heartbeats to the arbiter.",
        "16000",
        OURS,
        later=True,
    ),
    _P(
        "arbiter_alive_timeout",
        _SECONDS,
        "How long each may go without an answer.",
        "20",
        OURS,
        later=True,
    ),
    _P(
        "arbiter_alive_retry",
        _COUNT,
        "How often each is tried again.",
        "0",
        OURS,
        later=True,
    ),
    _P(
        "agent_alive_timeout",
        Whole(2, unit="s", never=0),
        "How long the controller may hang before its watcher ends it.",
        "0",
        OURS,
        later=True,
    ),
    _P(
        "db_instance_timeout_action",
        _ACTION,
        "What a database server leads to that does not answer.",
        "failover",
        OURS,
        later=True,
    ),
    _P(
        "disk_check_max_threads",
        Whole(1),
        "How many disks are looked at together.",
        "1",
        OURS,
        later=True,
    ),
    _P(
        "tablespace_directory_error_action",
        _RATHER,
        "What an error of a tablespace's disk leads to.",
        "failover",
        OURS,
        later=True,
    ),
    _P(
        "shutdown_detached_synchronous_standby",
        Switch(),
        "Whether a standby that is disconnected is stopped.",
        "off",
        OURS,
        later=True,
    ),
    _P(
        "check_synchronous_standby_names_validation",
        Switch(),
        "Whether synchronous_standby_names is looked at as the server runs.",
        "on",
        OURS,
        later=True,
    ),
)
