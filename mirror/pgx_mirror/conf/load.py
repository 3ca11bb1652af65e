"""From a management directory to its settings, with all that is wrong at once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from pgx_base.text import quoted
from pgx_mirror.conf import (
    arbitration,
    commands,
    local,
    network,
    ports,
    private,
    secret,
    server,
)
from pgx_mirror.conf.arbitration import Arbitration
from pgx_mirror.conf.network import Member, Network
from pgx_mirror.conf.parameters import Given
from pgx_mirror.conf.place import directory_problems, nested_by_name
from pgx_mirror.conf.problem import (
    Problem,
    Unsound,
    doubtful,
    errors,
    in_order,
    warnings,
    wrong,
)
from pgx_mirror.conf.rows import ARBITRATION
from pgx_mirror.conf.server import Server
from pgx_mirror.conf.settings import ArbiterSettings, Settings


def load(mcdir: str, local_server: str | None = None) -> Settings:
    """Return what *mcdir* says of the server *local_server*, or of the one on this host.

    The data directory is not touched, since its disk may hang: see `place.instance_problems`.
    Raises Unsound.
    """
    mcdir, problems = _directory(mcdir)
    path = os.path.join(mcdir, network.FILE)
    found, faults = _network(path)
    problems += faults
    here, name = None, local_server
    if found:
        here, faults = local.find(found, local_server)
        problems += _at(faults, path)
    if here:
        name = here.identifier
        problems += _at(ports.doubts(here), path)
    values = None
    if name and not network.identifier_fault(name) and (here or not found):
        values, faults = _server(mcdir, name, found)
        problems += faults
    key, faults = secret.read(mcdir)
    problems = in_order([*problems, *faults])
    if found is None or here is None or values is None or errors(problems):
        raise Unsound(problems)
    return Settings(mcdir, found, here, values, key, warnings(problems))


def load_arbiter(mcdir: str) -> ArbiterSettings:
    """Return what *mcdir* says of the arbiter.  Raises Unsound."""
    mcdir, problems = _directory(mcdir)
    path = os.path.join(mcdir, network.FILE)
    found, faults = _network(path)
    problems += faults
    here = found.arbiter if found else None
    if found and not here:
        problems.append(wrong(0, "there is no line of an arbiter").at(path))
    if here:
        problems += _at(ports.doubts(here), path)
    values, faults = _arbitration(mcdir, here)
    key, more = secret.read(mcdir)
    problems = in_order([*problems, *faults, *more])
    if found is None or here is None or values is None or errors(problems):
        raise Unsound(problems)
    return ArbiterSettings(mcdir, found, here, values, key, warnings(problems))


def _at(problems: Iterable[Problem], path: str) -> list[Problem]:
    return [problem.at(path) for problem in problems]


def _directory(mcdir: str) -> tuple[str, list[Problem]]:
    """Return *mcdir* as an absolute path, and what of it keeps nobody from reading its files.

    Raises Unsound where nothing can be read.
    """
    mcdir = os.path.abspath(mcdir)
    problems = directory_problems(mcdir)
    if errors(problems) and not os.path.isdir(mcdir):
        raise Unsound(problems)
    return mcdir, problems


def _network(path: str) -> tuple[Network | None, list[Problem]]:
    data, problems = private.read(path)
    if data is None:
        return None, problems
    found, faults = network.read(data)
    return found, [*problems, *_at(faults, path)]


def _server(
    mcdir: str, identifier: str, found: Network | None
) -> tuple[Server | None, list[Problem]]:
    path = os.path.join(mcdir, f"{identifier}.conf")
    data, problems = private.read(path)
    if data is None:
        return None, problems
    values, given, faults = server.read(data)
    if found is not None:
        faults += _policy(given, found, os.path.join(mcdir, network.FILE))
    if values is not None:
        values = _resolved(values, mcdir)
        faults += _tls_files(values, given)
        faults += commands.problems(given)
        faults += nested_by_name(mcdir, values.db_instance, given.at["db_instance"])
    return values, [*problems, *_at(faults, path)]


def _policy(given: Given, found: Network, path: str) -> list[Problem]:
    """Return what heartbeat_error_action lacks in network.conf, which is *path*."""
    if given.values["heartbeat_error_action"] != ARBITRATION:
        return []
    at = given.at["heartbeat_error_action"]
    etcd = bool(given.values["etcd_endpoints"])
    if found.arbiter is None and not etcd:
        return [
            wrong(
                at,
                "heartbeat_error_action is arbitration, and network.conf has no arbiter",
                hint="Add the arbiter's line to network.conf, of type arbiter; or give "
                "etcd's members by etcd_endpoints.",
            )
        ]
    if found.arbiter is not None and etcd:
        return [
            wrong(
                at,
                "heartbeat_error_action is arbitration, and there are an arbiter and etcd",
                "One of them decides: network.conf has an arbiter, and etcd_endpoints is set.",
                "Take one of them out, on both servers.",
            )
        ]
    if etcd:
        return []
    return [
        doubtful(
            one.line,
            f"server {quoted(one.identifier)} has no address in the arbitration network",
            "Its address in the admin network serves for both: when that network fails, "
            "the arbiter is out of reach as well.",
        ).at(path)
        for one in found.servers
        if one.arbitration is None
    ]


def _resolved(values: Server, mcdir: str) -> Server:
    """Return *values* with the paths that begin in the management directory."""

    def path(name: str) -> str:
        return os.path.join(mcdir, name) if name else ""

    return replace(
        values,
        core_file_path=values.core_file_path or mcdir,
        admin_ssl_cert_file=path(values.admin_ssl_cert_file),
        admin_ssl_key_file=path(values.admin_ssl_key_file),
        admin_ssl_ca_file=path(values.admin_ssl_ca_file),
        etcd_ssl_ca_file=path(values.etcd_ssl_ca_file),
        etcd_ssl_cert_file=path(values.etcd_ssl_cert_file),
        etcd_ssl_key_file=path(values.etcd_ssl_key_file),
    )


_CERTIFICATES = (
    "admin_ssl_cert_file",
    "admin_ssl_ca_file",
    "etcd_ssl_cert_file",
    "etcd_ssl_ca_file",
)


def _tls_files(values: Server, given: Given) -> list[Problem]:
    """Return why a certificate, a key or a CA cannot be read."""
    found: list[Problem] = []
    for key in filter(None, (values.admin_ssl_key_file, values.etcd_ssl_key_file)):
        found += private.read(key)[1]
    for name in _CERTIFICATES:
        path = str(getattr(values, name))
        if path and not (os.path.isfile(path) and os.access(path, os.R_OK)):
            found.append(
                wrong(
                    given.at[name],
                    f"file {quoted(path)} of parameter {quoted(name)} cannot be read",
                )
            )
    return found


def _arbitration(
    mcdir: str, here: Member | None
) -> tuple[Arbitration | None, list[Problem]]:
    path = os.path.join(mcdir, arbitration.FILE)
    data, problems = private.read(path)
    if data is None:
        return None, problems
    values, given, faults = arbitration.read(data)
    if here is not None:
        faults += arbitration.contradictions(given, here)
    if values is not None and not values.core_file_path:
        values = replace(values, core_file_path=mcdir)
    return values, [*problems, *_at(faults, path)]
