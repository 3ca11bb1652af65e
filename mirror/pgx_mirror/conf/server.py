"""serverIdentifier.conf: what one server's controller goes by.  Pure.  Manual B.4.

Each field is called as the parameter is; times are in seconds.  `rows` has the ranges and
the defaults, as the file has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pgx_base.text import quoted
from pgx_mirror.conf import parameters
from pgx_mirror.conf.parameters import Given
from pgx_mirror.conf.problem import Problem, doubtful, errors, wrong
from pgx_mirror.conf.rows import TABLE


@dataclass(frozen=True, slots=True)
class Server:
    """The values of one serverIdentifier.conf: seconds, counts, texts, "" for none.

    remote_call_timeout and agent_alive_timeout are None for no limit, and
    heartbeat_error_action where it is not given.
    """

    db_instance: str
    db_instance_password: str = field(repr=False)
    remote_call_timeout: float | None
    core_file_path: str
    syslog_facility: str
    syslog_ident: str
    heartbeat_interval: float
    heartbeat_timeout: float
    heartbeat_retry: int
    target_db: str
    db_instance_username: str
    enable_hash_in_password: bool
    heartbeat_error_action: str | None
    arbiter_connect_timeout: float
    agent_alive_timeout: float | None
    db_instance_check_interval: float
    db_instance_check_timeout: float
    db_instance_check_retry: int
    db_instance_timeout_action: str
    disk_check_interval: float
    disk_check_retry: int
    disk_check_max_threads: int
    tablespace_directory_error_action: str
    arbitration_timeout: float
    arbiter_alive_interval: float
    arbiter_alive_timeout: float
    arbiter_alive_retry: int
    arbiter_connect_interval: float
    fencing_command: str
    fencing_command_timeout: float
    arbitration_command: str
    arbitration_command_timeout: float
    shutdown_detached_synchronous_standby: bool
    post_switch_command: str
    post_promote_command: str
    post_attach_command: str
    pre_detach_command: str
    status_transition_command_timeout: float
    check_synchronous_standby_names_validation: bool
    admin_ssl_cert_file: str
    admin_ssl_key_file: str
    admin_ssl_ca_file: str
    bin_dir: str
    backup_destination: str
    etcd_endpoints: str
    etcd_prefix: str
    etcd_user: str
    etcd_password: str = field(repr=False)
    etcd_ssl_ca_file: str
    etcd_ssl_cert_file: str
    etcd_ssl_key_file: str
    etcd_timeout: float

    @property
    def silence(self) -> float:
        """After how many seconds without a word the other side counts as silent."""
        return (self.heartbeat_interval + self.heartbeat_timeout) * (
            self.heartbeat_retry + 1
        )

    @property
    def tls(self) -> bool:
        """Whether the admin network is encrypted."""
        return bool(self.admin_ssl_cert_file)


_TLS = ("admin_ssl_cert_file", "admin_ssl_key_file", "admin_ssl_ca_file")


def of(db_instance: str, **changes: Any) -> Server:
    """Return the defaults for *db_instance*, with fields *changes* in their own units."""
    data = f"db_instance = '{db_instance}'".encode()
    return Server(**{**parameters.read(data, TABLE)[0].values, **changes})


def read(data: bytes) -> tuple[Server | None, Given, list[Problem]]:
    """Return the values of a serverIdentifier.conf, None where it has errors, and its problems."""
    given, problems = parameters.read(data, TABLE)
    problems += [*_hash(given), *_tls(given), *_etcd(given)]
    if errors(problems):
        return None, given, problems
    values: dict[str, Any] = dict(given.values)
    return Server(**values), given, problems


def _hash(given: Given) -> list[Problem]:
    """A `#` begins a comment for the newer manuals' program, even in a password."""
    password = given.values["db_instance_password"]
    if "#" not in str(password) or given.values["enable_hash_in_password"]:
        return []
    return [
        wrong(
            given.at["db_instance_password"],
            'password has a "#" in it, and "enable_hash_in_password" is off',
            hint="Set enable_hash_in_password = on.",
        )
    ]


def _tls(given: Given) -> list[Problem]:
    there = [name for name in _TLS if given.values[name]]
    missing = [name for name in _TLS if not given.values[name]]
    if not there or not missing:
        return []
    return [
        wrong(
            given.at[there[0]],
            f"parameter {quoted(there[0])} needs {quoted(missing[0])}",
            "TLS between the controllers needs a certificate, its key, and the CA of both.",
        )
    ]


# What each parameter of etcd is of no use without.
_NEEDS = (
    ("etcd_endpoints", "etcd_prefix"),
    ("etcd_prefix", "etcd_endpoints"),
    ("etcd_user", "etcd_endpoints"),
    ("etcd_user", "etcd_password"),
    ("etcd_password", "etcd_user"),
    ("etcd_ssl_ca_file", "etcd_endpoints"),
    ("etcd_ssl_cert_file", "etcd_ssl_key_file"),
    ("etcd_ssl_key_file", "etcd_ssl_cert_file"),
    ("etcd_ssl_cert_file", "etcd_ssl_ca_file"),
)


def _etcd(given: Given) -> list[Problem]:
    """Return what of etcd is given by half, and what is doubtful of the rest."""
    values = given.values
    found = [
        wrong(
            given.at[name],
            f"parameter {quoted(name)} needs {quoted(other)}",
            "etcd is given by its members and the prefix of the pair's keys; a user goes with "
            "a password, a certificate with its key and with the CA of the members'.",
        )
        for name, other in _NEEDS
        if values[name] and not values[other] and name in given.at
    ]
    if values["etcd_user"] and not values["etcd_ssl_ca_file"]:
        found.append(
            doubtful(
                given.at["etcd_user"],
                "the password of etcd's user goes over the network in the clear",
                hint="Give etcd certificates, and set etcd_ssl_ca_file.",
            )
        )
    return found
