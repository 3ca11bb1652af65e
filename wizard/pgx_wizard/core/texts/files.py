"""The files that an application needs beside hvw's settings: their lines.  Pure.

What hvw itself keeps on disk is not public, and no such file is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgx_wizard.core.application import Application
from pgx_wizard.core.mount_table import fstab_line, fstab_pcl_line
from pgx_wizard.core.parts.network import NetworkAddress

HVIPALIAS = "/opt/SMAW/SMAWRrms/etc/hvipalias"
# Name of what is written, and the node's own file that its lines are for.
TARGETS = {
    "fstab": "/etc/fstab",
    "fstab.pcl": "/etc/fstab.pcl",
    "hvipalias": HVIPALIAS,
    "hosts": "/etc/hosts",
}
SETUP = "hvgdsetup.sh"


def lines(app: Application) -> dict[str, list[str]]:
    """Return the lines for each file of TARGETS that the application needs."""
    found = {
        "fstab": [fstab_line(mount) for mount in app.mounts],
        "fstab.pcl": [fstab_pcl_line(mount) for mount in app.mounts],
        "hvipalias": list(_hvipalias(app)),
        "hosts": list(_hosts(app)),
    }
    return {name: some for name, some in found.items() if some}


def one_application_lines(app: Application) -> list[str]:
    """Return the lines of fstab.pcl that keep the file systems for *app* alone."""
    return [fstab_pcl_line(mount, app.name) for mount in app.mounts]


def contents(app: Application) -> dict[str, str]:
    """Return the text of each file that `files` writes, by its name."""
    texts = {
        name: "".join(f"{line}\n" for line in some) for name, some in lines(app).items()
    }
    if app.mounts:
        one = "".join(f"{line}\n" for line in one_application_lines(app))
        texts["fstab.pcl.one-application"] = one
    if app.gds and app.gds.disk_classes:
        texts[SETUP] = setup_script(app)
    return texts


def setup_script(app: Application) -> str:
    """Return a script of hvgdsetup commands, one for every disk class (A.1.1)."""
    commands = app.gds.preparation if app.gds else ()
    head = [
        "#!/bin/sh",
        f"# Disk classes of application {app.name}: before RMS is stopped for hvw (A.1.1).",
        "set -e",
    ]
    return "".join(f"{line}\n" for line in (*head, *commands))


def _hvipalias(app: Application) -> Iterator[str]:
    """Yield a line for each node and address: activation copies this node's file to all."""
    for address in app.network.addresses if app.network else ():
        for machine in app.machines:
            node = machine.removesuffix("RMS")
            yield f"{node} {address.name} {address.device} {mask(address)}"


def mask(address: NetworkAddress) -> str:
    """Return what hvipalias has: eight hex digits for IPv4, the prefix for IPv6."""
    if ":" in address.address:
        return str(address.prefix)
    hosts = max(0, 32 - address.prefix)
    return f"0x{0xFFFFFFFF >> hosts << hosts:08x}"


def _hosts(app: Application) -> Iterator[str]:
    """Yield the addresses that are declared; of machines and GLS names only the names are."""
    for address in app.network.addresses if app.network else ():
        yield f"{address.address} {address.name}"
    for machine in app.machines:
        yield f"# <address of {machine.removesuffix('RMS')}> {machine}"
    for gls in app.gls.addresses if app.gls else ():
        yield f"# <takeover address> {gls.name}"


def missing(wanted: list[str], present: str) -> list[str]:
    """Return those of the lines *wanted* that the file with the text *present* lacks."""
    held = {" ".join(line.split()) for line in present.splitlines()}
    return [line for line in wanted if " ".join(line.split()) not in held]


def contradicted(wanted: list[str], present: str, field: int) -> list[str]:
    """Return the lines of *present* that have a line's key, in *field*, and differ from it."""
    held = [line for line in present.splitlines() if line.strip()]
    exact = {" ".join(line.split()) for line in wanted}
    keys = {line.split()[field] for line in wanted if not line.startswith("# ")}
    return [
        line
        for line in held
        if len(line.split()) > field
        and line.split()[field] in keys
        and " ".join(line.split()) not in exact
    ]


def difference(name: str, wanted: list[str], present: str) -> str:
    """Return, as a diff, what is to be done to the node's file: nothing gives ""."""
    path = TARGETS[name]
    away = contradicted(wanted, present, 1) if name != "hvipalias" else []
    added = [line for line in missing(wanted, present) if not line.startswith("# ")]
    if not added:
        return ""
    body = [*(f"-{line}" for line in away), *(f"+{line}" for line in added)]
    return "\n".join([f"--- {path}", f"+++ {path}", *body]) + "\n"
