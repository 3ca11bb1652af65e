"""What a resource is: the settings that `pgx_pclrsc -a` takes, and who its OS user is.

Pure.  The fields stand in the order of the command's synopsis; their names are the
keys of definition.toml and of `pgx_pclrsc -p`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pgx_base.failure import Failure
from pgx_base.light.dataclasses import dataclass, names, required
from pgx_base.text import quoted
from pgx_pclrsc.core import limits
from pgx_pclrsc.core.limits import LARGEST_COUNT, LONGEST_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceDefinition:
    """One registered resource.  Times are seconds, sizes of files are KB."""

    name: str
    os_user: str
    data_directory: str
    work_directory: str
    nodes: tuple[str, ...]
    db_user: str
    response_timeout: int = 0  # 0: a question never times out
    timeout_retry_count: int = 6
    trace_max_file_size: int = 10240
    watch_interval: int = 3
    online_timeout: int = 3600
    offline_timeout: int = 1800
    bin_dir: str = ""  # empty: found at each Online by the major version
    config_file: str = ""  # empty: postgresql.conf in the data directory
    server_log_max_file_size: int = 102400  # 0: pgx_online never rotates it
    auth_failure: str = "fault"
    switch_mode: str = "immediate"
    broken_pid_file: str = "remove"
    env: Mapping[str, str] = MappingProxyType({})

    # The OS user as it was at registration: nobody asks for users later on.
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str
    shell: str

    def check(self) -> list[Failure]:
        """Return everything that is wrong with this definition."""
        return problems({name: getattr(self, name) for name in names(type(self))})


IDENTITY = ("uid", "gid", "groups", "home", "shell")
SETTINGS = tuple(name for name in names(ResourceDefinition) if name not in IDENTITY)

# A definition that an earlier version wrote lacks what came later, and gets its default.
REQUIRED = required(ResourceDefinition)


def _groups(value: object) -> list[Failure]:
    if isinstance(value, (list, tuple)) and all(
        type(gid) is int and 0 <= gid < 2**32 - 1 for gid in value
    ):
        return []
    return [Failure("groups is not a list of group ids")]


CHECKS: Mapping[str, limits.Check] = {
    "name": limits.name,
    "os_user": limits.os_user,
    "data_directory": limits.path("data directory"),
    "work_directory": limits.path("work directory"),
    "nodes": limits.nodes,
    "db_user": limits.db_user,
    "response_timeout": limits.number("response-timeout", 0, LONGEST_SECONDS),
    "timeout_retry_count": limits.number("timeout-retry-count", 0, LARGEST_COUNT),
    "trace_max_file_size": limits.number("trace-max-file-size", 64, LARGEST_COUNT),
    "watch_interval": limits.number("watch-interval", 1, LONGEST_SECONDS),
    "online_timeout": limits.number("online-timeout", 10, LONGEST_SECONDS),
    "offline_timeout": limits.number("offline-timeout", 10, LONGEST_SECONDS),
    "bin_dir": limits.path("bin-dir", optional=True),
    "config_file": limits.path("config-file", optional=True),
    "server_log_max_file_size": limits.number(
        "server-log-max-file-size", 0, LARGEST_COUNT
    ),
    "auth_failure": limits.word("auth-failure", "fault", "warn"),
    "switch_mode": limits.word("switch-mode", "immediate", "fast"),
    "broken_pid_file": limits.word("broken-pid-file", "remove", "refuse"),
    "env": limits.env,
    # uid 0 would make every script start the server as root.
    "uid": limits.number("uid", 1, 2**32 - 2),
    "gid": limits.number("gid", 0, 2**32 - 2),
    "groups": _groups,
    "home": limits.line("home directory"),
    "shell": limits.line("shell"),
}


def problems(values: Mapping[str, object]) -> list[Failure]:
    """Return everything that is wrong with those settings that *values* has."""
    found = [
        problem
        for key, check in CHECKS.items()
        if key in values
        for problem in check(values[key])
    ]
    return found + _inside(values.get("work_directory"), values.get("data_directory"))


def _inside(work: object, data: object) -> list[Failure]:
    if isinstance(work, str) and isinstance(data, str) and is_under(work, data):
        return [inside_data_directory(work, data)]
    return []


def is_under(path: str, directory: str) -> bool:
    """Whether *path* is *directory* or lies below it, going by the names alone."""
    parts, above = _parts(path), _parts(directory)
    return parts[: len(above)] == above


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def plain(path: str) -> str:
    """Return *path* without repeated and final slashes and without `.`."""
    return "/" + "/".join(_parts(path)) if path.startswith("/") else path


def inside_data_directory(work: str, data: str) -> Failure:
    """Return the refusal of a work directory inside the data directory."""
    return Failure(
        f"work directory {quoted(work)} is inside data directory {quoted(data)}",
        detail="An open trace would keep the shared disk from being unmounted, and the "
        "standby would find no work directory.",
        hint="Choose a directory on a local file system.",
    )
