"""Where the resources of this node are kept: one directory a resource.

    ROOT/NAME/definition.toml
    ROOT/NAME/work -> the work directory

pgx_check finds its record through `work` and parses no TOML, so this module imports
next to nothing.
"""

import os

from pgx_pclrsc.core import names
from pgx_pclrsc.core.names import is_name as is_name

TYPE_CHECKING = False  # collections.abc costs pgx_check more than all of ours together
if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_ROOT = "/etc/opt/pgx_pclrsc"
RUN_DIRECTORY = "/run/pgx_pclrsc"
VARIABLE = "PGX_PCLRSC_HOME"


def root(environ: "Mapping[str, str]") -> str:
    """Return the registry's directory: PGX_PCLRSC_HOME of *environ*, or the default."""
    return environ.get(VARIABLE) or DEFAULT_ROOT


def registry_root() -> str:
    """Return the registry's directory as this process's environment has it."""
    return root(os.environ)


def is_there(where: str) -> bool:
    """Whether there is a registry at *where*, also one that cannot be read."""
    try:
        os.stat(where)
    except FileNotFoundError:
        return os.path.islink(
            where
        )  # a link that leads nowhere: its disk is not mounted
    except OSError:
        pass
    return True


def entry(where: str, name: str) -> str:
    """Return the directory of resource *name*, a valid name, in the registry *where*."""
    return f"{where}/{name}"


def run_path(where: str, name: str) -> str:
    """Return the path of what is known under /run of *name* in the registry *where*."""
    escaped = os.path.abspath(where).replace("%", "%25").replace("/", "%2F")
    return f"{RUN_DIRECTORY}/{escaped}%2F{name}"


def beacon_path(where: str, name: str) -> str:
    """Return the path of the beacon of *name*, by which its monitor speaks without a disk."""
    return run_path(where, name) + ".beacon"


def definition_path(where: str, name: str) -> str:
    """Return the path of the definition of resource *name*."""
    return f"{where}/{name}/{names.DEFINITION}"


def work_link(where: str, name: str) -> str:
    """Return the path of the link to the work directory of resource *name*."""
    return f"{where}/{name}/{names.WORK_LINK}"
