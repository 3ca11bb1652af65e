"""What may be changed of a resource that is Online, and why all else may not.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc.core import live
from pgx_pclrsc.core.definition import SETTINGS, ResourceDefinition

# Which script goes by it, the next time that it runs.
BY_SCRIPT = {
    "online_timeout": "pgx_online",
    "offline_timeout": "pgx_offline",
    "switch_mode": "pgx_offline",
    "broken_pid_file": "pgx_online",
    "server_log_max_file_size": "pgx_online",
}
_OF_RMS = ("online_timeout", "offline_timeout")
_STARTED_WITH = (
    "A server that runs goes on with what it was started with; the definition would say "
    "something else of it than is so."
)
_REASONS = {
    "os_user": "The server, its monitor and all of their files are that user's.",
    "data_directory": "It is what makes the resource this instance and no other.",
    "work_directory": "Scripts, Check and the monitor know of each other by what is in it.",
    "nodes": "RMS has them in its own configuration, which is changed while it is stopped.",
    "db_user": "A login of the monitor that fails is a fault, and the resource is switched.",
    "bin_dir": _STARTED_WITH,
    "config_file": _STARTED_WITH,
    "env": _STARTED_WITH,
}


def judged() -> frozenset[str]:
    """Return every setting of which it is said here whether it may be changed."""
    return frozenset({*live.KEYS, *BY_SCRIPT, *_REASONS})


def refusals(name: object, keys: Collection[str]) -> list[Failure]:
    """Return why those of *keys* that resource *name* cannot change in place may not be."""
    return [
        Failure(
            f"setting {quoted(key)} of resource {quoted(name)} cannot be changed in place",
            detail=_REASONS[key],
            hint="Stop RMS, remove the resource with -d, and register it again with -a "
            "(manual 3.2).",
        )
        for key in SETTINGS
        if key in keys and key in _REASONS
    ]


def differing(
    definition: ResourceDefinition, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return those of *values* that *definition* has otherwise, in the order of the synopsis."""
    return {
        key: values[key]
        for key in SETTINGS
        if key in values and values[key] != getattr(definition, key)
    }


def is_watched_by(keys: Collection[str]) -> bool:
    """Whether the monitor goes by one of *keys*."""
    return not set(live.KEYS).isdisjoint(keys)


def warnings(
    definition: ResourceDefinition, changed: Mapping[str, Any]
) -> list[Failure]:
    """Return what to warn of where *definition* is *changed* so."""
    return [
        Failure(
            f"{key} of resource {quoted(definition.name)} is longer than before",
            detail="RMS ends a script that runs longer than RMS itself allows it.",
            hint="See that its time-out in RMS (hvw) is as long.",
        )
        for key in _OF_RMS
        if key in changed and changed[key] > getattr(definition, key)
    ]
