"""The environment of what we start: built from the definition, nothing of the caller's.

RMS runs scripts with root's environment.  HOME=/root or PGPASSFILE there must not
turn a good .pgpass into a fault, and LD_PRELOAD must reach nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

from pgx_pclrsc import registry
from pgx_pclrsc.core.definition import ResourceDefinition

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def build(
    definition: ResourceDefinition,
    caller: Mapping[str, str],
    bin_dir: str | None = None,
) -> dict[str, str]:
    """Return the environment for server and monitor; *bin_dir* comes first in PATH."""
    bin_dir = bin_dir or definition.bin_dir
    built = {
        "HOME": definition.home,
        "USER": definition.os_user,
        "LOGNAME": definition.os_user,
        "SHELL": definition.shell,
        "PATH": f"{bin_dir}:{_SYSTEM_PATH}" if bin_dir else _SYSTEM_PATH,
        "LANG": "C.UTF-8",
    }
    if caller.get(registry.VARIABLE):
        built[registry.VARIABLE] = caller[registry.VARIABLE]
    return built | dict(definition.env)
