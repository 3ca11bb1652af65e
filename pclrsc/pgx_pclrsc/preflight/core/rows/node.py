"""The node: its name, the OS user, programs, what systemd does at boot and at a logout."""

from __future__ import annotations

from collections.abc import Iterator

from pgx_pclrsc.preflight.core.disk_facts import Work
from pgx_pclrsc.preflight.core.facts import (
    Account,
    BootStart,
    Machine,
    Programs,
    Registered,
)
from pgx_pclrsc.preflight.core.verdict import Row, Verdict, error, warning

_MB = 1024
_ANEW = "Register the resource anew: pgx_pclrsc -d, then -a."


def _user(wanted: Registered, found: Account) -> Iterator[Verdict]:
    if not found.there:
        yield error(
            f"OS user {wanted.os_user} does not exist on this node",
            f"Create it with uid {wanted.uid} and gid {wanted.gid}, as on every node.",
        )
        return
    for what, old, new in (
        ("uid", wanted.uid, found.uid),
        ("gid", wanted.gid, found.gid),
        ("home directory", wanted.home, found.home),
    ):
        if old != new:
            yield error(f"its {what} is {new}; registered is {old}", _ANEW)
    if set(wanted.groups) != set(found.groups):
        yield warning("its groups are others than when it was registered", _ANEW)


def _node(wanted: Registered, here: Machine) -> Iterator[Verdict]:
    if here.node not in wanted.nodes:
        yield error(
            f"this node, {here.node}, is not one of {', '.join(wanted.nodes)}",
            "Register the resource anew with the node in -n, or set RELIANT_HOSTNAME.",
        )
    if len(wanted.nodes) < 2:
        yield warning(
            "-n names one node alone", "Name all nodes of the cluster with -n."
        )


def _readable(closed: str) -> Iterator[Verdict]:
    if closed:
        yield error(
            f"the OS user cannot enter {closed}",
            "Open it, or install and register where every user can enter.",
        )


def _programs(found: Programs) -> Iterator[Verdict]:
    if found.problem:
        yield error(
            found.problem,
            "Install this version's programs on this node, or give --bin-dir.",
        )


def _remove_ipc(wanted: Registered, here: Machine) -> Iterator[Verdict]:
    if not here.logind or wanted.uid <= here.last_system_uid:
        return
    if here.remove_ipc != "no":
        yield error(
            f"logind removes shared memory of uid {wanted.uid}, which is no system user's, "
            "when its last session ends: the server crashes then",
            "Set RemoveIPC=no in /etc/systemd/logind.conf and restart systemd-logind, or "
            "give the OS user a uid of the system's.",
        )


def _boot(found: tuple[BootStart, ...]) -> Iterator[Verdict]:
    for one in found:
        yield error(
            f"{one.unit} starts an instance on the same data directory at boot",
            f"Disable it; {one.file} says so. The cluster application alone starts it.",
        )


def _work(wanted: Registered, found: Work) -> Iterator[Verdict]:
    if found.problem:
        yield error(found.problem, "The OS user must reach the work directory.")
    elif not found.there:
        yield error(f"{wanted.work_directory} is not there", _ANEW)
    elif not found.directory:
        yield error(f"{wanted.work_directory} is no directory, or a link", _ANEW)
    else:
        yield from _work_rights(wanted, found)


def _work_rights(wanted: Registered, found: Work) -> Iterator[Verdict]:
    if found.owner != wanted.uid:
        yield error(
            f"it belongs to uid {found.owner}, and not to {wanted.uid}",
            f"chown {wanted.os_user} {wanted.work_directory}",
        )
    if found.mode & 0o077:
        yield error(
            f"its mode is {found.mode:04o}: others have rights there",
            f"chmod 0700 {wanted.work_directory}",
        )


def _room(wanted: Registered, found: Work) -> Iterator[Verdict]:
    if not found.there or found.problem:
        return
    needed = 2 * wanted.trace_max_file_size - found.traces_kb
    if found.free_kb < needed:
        yield warning(
            f"{found.free_kb // _MB} MB are free at {found.point}; two traces need "
            f"{max(needed, 0) // _MB} MB more than they have",
            "Make room, or register with a smaller --trace-max-file-size.",
        )


ROWS = (
    Row(
        "user",
        "2.3.5",
        ("registered", "account"),
        _user,
        "uid, gid and home are as registered",
    ),
    Row("node", "2.3.8", ("registered", "machine"), _node, "this node is one of -n"),
    Row(
        "installed",
        "2.3.1",
        ("closed",),
        _readable,
        "the OS user can read programs and registry",
    ),
    Row(
        "programs",
        "2.3.1",
        ("programs",),
        _programs,
        "programs of the right version are here",
    ),
    Row(
        "work_directory", "2.3.8", ("registered", "work"), _work, "the OS user's alone"
    ),
    Row("work_room", "2.3.8", ("registered", "work"), _room, "room for two traces"),
    Row(
        "remove_ipc",
        "ours",
        ("registered", "machine"),
        _remove_ipc,
        "logind leaves its shared memory",
    ),
    Row(
        "boot_start",
        "3.4",
        ("boot",),
        _boot,
        "nothing else starts this instance at boot",
    ),
)
