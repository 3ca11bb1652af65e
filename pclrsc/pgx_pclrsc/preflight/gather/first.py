"""The first look: at what needs nothing but the definition."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

from pgx_base import reach
from pgx_pclrsc.core import codec
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_pclrsc.preflight.core import borrowing
from pgx_pclrsc.preflight.core.disk_facts import Data, FileSystems, Work
from pgx_pclrsc.preflight.core.facts import (
    Account,
    BootStart,
    Configuration,
    Facts,
    Instance,
    Listening,
    Machine,
    Registered,
    Services,
)
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather import boot, disks, node, server
from pgx_pclrsc.preflight.gather.children import Asked, Job, ask

_LATER = Unknown("it was not come to")


def registered(definition: ResourceDefinition) -> Registered:
    """Return the definition as a fact."""
    told = codec.settings(definition).items()
    texts = tuple((key, json.dumps(value, sort_keys=True)) for key, value in told)
    return Registered(
        definition.name,
        definition.os_user,
        definition.uid,
        definition.gid,
        definition.groups,
        definition.home,
        definition.data_directory,
        definition.work_directory,
        definition.nodes,
        definition.response_timeout,
        definition.timeout_retry_count,
        definition.trace_max_file_size,
        definition.watch_interval,
        definition.online_timeout,
        definition.offline_timeout,
        definition.auth_failure,
        texts,
    )


def _closed(root: str) -> str:
    return reach.closed_program(reach.programs()) or reach.closed(root)


def look(definition: ResourceDefinition, root: str) -> Facts:
    """Look at what needs nothing but the definition."""
    data, user = definition.data_directory, definition
    said = ask(
        {
            "machine": Job(partial(node.machine, user.os_user)),
            "account": Job(partial(node.account, user.os_user)),
            "closed": Job(partial(_closed, root), user),
            "file_systems": Job(node.file_systems),
            "services": Job(node.services),
            "listening": Job(node.listening),
            "boot": Job(partial(boot.starts, data), user),
            "data": Job(partial(disks.data, data), user),
            "configuration": Job(
                partial(server.configuration, data, definition.config_file), user
            ),
            "work": Job(partial(disks.work, definition.work_directory), user),
            "instance": Job(partial(server.instance, user.uid, data), user),
        }
    )
    return _with_disk(_of_first(definition, said))


def _of_first(definition: ResourceDefinition, said: Asked) -> Facts:
    return Facts(
        registered=registered(definition),
        machine=said.take("machine", Machine),
        account=said.take("account", Account),
        closed=said.take("closed", str),
        file_systems=said.take("file_systems", FileSystems),
        data=said.take("data", Data),
        places=_LATER,
        devices=(),
        programs=_LATER,
        configuration=said.take("configuration", Configuration),
        named=_LATER,
        libraries=_LATER,
        services=said.take("services", Services),
        listening=said.take("listening", Listening),
        work=said.take("work", Work),
        instance=said.take("instance", Instance),
        answers=(),
        collations=_LATER,
        locales=_LATER,
        boot=said.take("boot", tuple[BootStart, ...]),
    )


def _with_disk(found: Facts) -> Facts:
    """Say of a data directory whose file system is not mounted here that this is all."""
    missing = borrowing.unmounted(found.file_systems, found.registered.data_directory)
    if not missing or not (isinstance(found.data, Data) and found.data.problem):
        return found
    away = Unknown(f"{missing} is not mounted on this node", expected=True)
    return replace(found, data=away, configuration=away, places=away)
