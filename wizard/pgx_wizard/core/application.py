"""A cluster application as values: what an application file declares.

Pure.  What hvw does not hold (devices, purposes) is empty in an application that was
read from a listing of hvw's settings.  Which sub-applications there are stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from pgx_wizard.core.parts import kinds
from pgx_wizard.core.parts.basics import ATTRIBUTES_TABLE, BASICS, declared_attributes
from pgx_wizard.core.parts.database import (
    DATABASES,
    Cmdline,
    Database,
    Symfoware,
    declared_database,
)
from pgx_wizard.core.parts.file_systems import FileSystems, Mount
from pgx_wizard.core.parts.gds import Gds
from pgx_wizard.core.parts.gls import Gls
from pgx_wizard.core.parts.network import TakeoverNetwork
from pgx_wizard.core.parts.setting import declared, setting, table
from pgx_wizard.core.parts.sub_application import SubApplication, part


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A cluster application; a part that it has not is None."""

    name: str = setting(toml="name", kind=kinds.application_name, required=True)
    configuration: str = setting(
        "config", toml="configuration", kind=kinds.application_name
    )
    # the active node first
    machines: tuple[str, ...] = setting(
        toml="machines", kind=kinds.list_of(kinds.machine), required=True
    )
    basics: Mapping[str, str] = setting(
        BASICS.copy,
        toml="attributes",
        table=ATTRIBUTES_TABLE,
        required=True,
        made=declared_attributes,
        hint="PersistentFault and OnlinePriority have no default (manual A.1.2).",
    )
    gds: Gds | None = part(Gds)
    database: Database | None = setting(
        None,
        toml=Cmdline.declared_as,
        table=DATABASES["cmdline"],
        variants=DATABASES,
        required=True,
        made=declared_database,
        hint='A [database] has a kind ("cmdline" runs this project\'s scripts) and a resource.',
    )
    gls: Gls | None = part(Gls)
    network: TakeoverNetwork | None = part(TakeoverNetwork)
    file_systems: FileSystems | None = part(FileSystems)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """All file systems."""
        return self.file_systems.mounts if self.file_systems else ()

    def parts(self, order: Order) -> list[SubApplication]:
        """Return the sub-applications that it has, in the *order* TYPED or LISTED."""
        held = (getattr(self, one.name) for one in fields(self))
        found = {type(part): part for part in held if isinstance(part, SubApplication)}
        return [found[model] for model in order if model in found]


Order = tuple[type[SubApplication], ...]
# From the disk up, the database before the addresses: A.1.3 to A.1.6.
TYPED: Order = (Gds, Symfoware, Cmdline, Gls, TakeoverNetwork, FileSystems)
# As the turnkey menu has them.
LISTED: Order = (Cmdline, Symfoware, Gls, TakeoverNetwork, FileSystems, Gds)

TABLE = table(Application)
build: Callable[[Mapping[str, Any]], Application] = partial(declared, Application)
