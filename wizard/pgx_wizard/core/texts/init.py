"""A commented application file from a registered resource.  Pure."""

from __future__ import annotations

from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_wizard.core.application import TYPED
from pgx_wizard.core.parts.basics import EXAMPLE
from pgx_wizard.core.parts.database import MODELS

HEAD = """\
# The cluster application of resource {name}: one file for pgx_wizard.
# Disks, mount points and addresses are examples; what is behind # is optional, with its default.

name = "APP1"
configuration = "config"  # as hvw's first line has it
machines = [{machines}]  # the active node first

"""


def example(definition: ResourceDefinition, kind: str) -> str:
    """Return the file for the resource *definition*."""
    values = {
        "name": definition.name,
        "machines": ", ".join(f'"{node}"' for node in definition.nodes),
        "online": definition.online_timeout,
        "offline": definition.offline_timeout,
        "timeout": max(definition.online_timeout, definition.offline_timeout),
        "data": definition.data_directory,
        "mount_point": _mount_point(definition.data_directory),
    }
    others = {model for name, model in MODELS.items() if name != kind}
    tables = [model.example for model in TYPED if model not in others]
    return "".join([HEAD, EXAMPLE, *tables]).format(**values)


def _mount_point(data: str) -> str:
    """Return the likely mount point: the directory above the data directory."""
    above = data.rstrip("/").rpartition("/")[0]
    return above or data.rstrip("/")
