"""A resource with a real instance on a clean machine, and what RMS asks of it meanwhile."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.packages.clean_machine import CleanMachine

NAME = "pg1"
REGISTRY = "/etc/opt/pgx_pclrsc"
DATA, WORK = "/srv/pg1", "/var/lib/pgx_pg1"
_BIN = "/usr/local/pgsql/bin"
_STOP = "/tmp/stop"
CHECK = (
    f"/opt/pgx_pclrsc/bin/pgx_check {NAME}"  # as RMS asks: by the name under PREFIX/bin
)
# One answer a line.
_ASK = f"""
while [ ! -e {_STOP} ]; do
    $1 2>/dev/null; echo $?
done
"""


def make(machine: CleanMachine) -> None:
    """Have an instance, and register it."""
    machine.give_postgres()
    machine.good("install", "-d", "-o", "postgres", "-m", "700", DATA)
    machine.good(f"{_BIN}/initdb", "-A", "trust", "--no-sync", DATA, user="postgres")
    settings = "listen_addresses = ''\nunix_socket_directories = '/tmp'\nfsync = off\n"
    with (machine.root / DATA[1:] / "postgresql.conf").open("a") as file:
        file.write(settings)
    where = ("-D", DATA, "-w", WORK, "-n", "cleanRMS")
    machine.good("pgx_pclrsc", "-a", "-c", NAME, "-u", "postgres", *where)


def status(machine: CleanMachine) -> dict[str, Any]:
    """Return what `pgx_pclrsc --status` says of it."""
    said = machine.good("pgx_pclrsc", "--status", "-c", NAME, "--output=json")
    found: dict[str, Any] = json.loads(said)
    return found


@contextmanager
def asked(machine: CleanMachine, asks: str = CHECK) -> Iterator[list[str]]:
    """Run what *asks* again and again; its exit codes are in the list at the end."""
    answers: list[str] = []
    (machine.root / _STOP[1:]).unlink(missing_ok=True)
    called = machine.argv("sh", "-c", _ASK, "sh", asks)
    with subprocess.Popen(called, stdout=subprocess.PIPE, text=True) as asking:
        try:
            yield answers
        finally:
            (machine.root / _STOP[1:]).touch()
            answers += asking.communicate(timeout=60)[0].split("\n")[:-1]


def definition(machine: CleanMachine) -> Path:
    """Return where its definition lies."""
    return machine.root / REGISTRY[1:] / NAME / "definition.toml"
