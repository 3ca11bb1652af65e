"""pgx_pclrsc: register, change, remove, print, check and watch the resources of this node."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from pgx_base import program, report
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc import registry
from pgx_pclrsc.tool import changes, commands, registering, request
from pgx_pclrsc.tool.refused import Refused

PROGRAM = "pgx_pclrsc"

HELP = """\
pgx_pclrsc registers PostgreSQL instances as resources of PRIMECLUSTER.

Usage:
  pgx_pclrsc -a -c NAME -u OSUSER -D DATADIR -w WORKDIR -n NODE[,NODE...] [OPTION]...
  pgx_pclrsc -m -c NAME OPTION...
  pgx_pclrsc -d -c NAME
  pgx_pclrsc -p [-c NAME] [--output=FORMAT]
  pgx_pclrsc --check -c NAME [--output=FORMAT] [--peer=FILE]
  pgx_pclrsc --status [-c NAME] [--output=FORMAT] [--watch[=SECONDS]]
  pgx_pclrsc --report -c NAME [--since=TIME] [--switchlog=FILE] [-o FILE]
  pgx_pclrsc --export [-c NAME]
  pgx_pclrsc --import=FILE
  pgx_pclrsc --collect -c NAME -o FILE.tar.gz
  pgx_pclrsc --restart-monitor -c NAME

Actions:
  -a                        register a resource, on every node
  -m                        change settings of a resource, which may be Online
  -d                        remove a resource; its work directory stays
  -p                        print the settings of a resource, or the names of all
      --check               look whether this node is ready for a resource (manual 2.3)
      --status              show the state of a resource, or of all as a table
      --report              write a page (HTML) of what happened to a resource
      --export              print the definition of a resource, or of all, for another
                            node
      --import=FILE         register every resource of FILE, which --export has written
      --collect             write what support asks for into an archive, without secrets
      --restart-monitor     end the monitor of a resource: the next pgx_check starts one
                            of the version that is installed

Options for every action:
  -c NAME                   name of the resource: up to 16 letters, digits and _
  -V, --version             output version information, then exit
  -?, --help                show this help, then exit

Options for registering; -m takes them too, and says which cannot be changed in place:
  -u OSUSER                 OS user that the instance runs as
  -D DATADIR                data directory of the instance, on the shared disk
  -w WORKDIR                work directory, on a local file system; created if missing
  -n NODE[,NODE...]         all nodes of the cluster: node1RMS,node2RMS
      --db-user=NAME        database superuser that the monitor connects as
                            (default: OSUSER)
      --response-timeout=SECONDS
                            time that a reply may take; 0 is for ever (default: 0)
      --timeout-retry-count=COUNT
                            questions put again before silence is a fault (default: 6)
      --trace-max-file-size=KB
                            size of each of the two trace files (default: 10240)
      --watch-interval=SECONDS
                            interval between two questions (default: 3)
      --online-timeout=SECONDS
                            time that RMS allows pgx_online (default: 3600)
      --offline-timeout=SECONDS
                            time that RMS allows pgx_offline (default: 1800)
      --bin-dir=DIR         directory of the PostgreSQL programs
                            (default: found by the version of the data directory)
      --config-file=FILE    configuration file (default: DATADIR/postgresql.conf)
      --server-log-max-file-size=KB
                            size beyond which pgx_online rotates server.log; 0 is
                            never (default: 102400)
      --auth-failure=fault|warn
                            what a failed authentication of the monitor is
                            (default: fault)
      --switch-mode=immediate|fast
                            stop mode of a forced switch (default: immediate)
      --broken-pid-file=remove|refuse
                            what is done about a postmaster.pid that names nobody
                            (default: remove)
      --env=NAME=VALUE      variable for server and monitor; can be repeated

Options for printing, checking and status:
      --output=text|json|prometheus
                            form of the output (default: text); the last for the
                            status alone
      --peer=FILE           compare with what --check --output=json has said on the
                            other node
  -o FILE                   archive that --collect writes
      --watch[=SECONDS]     show the status again and again (default: each 2 s),
                            until ^C

Options for a report:
      --since=TIME          from when on: "2026-11-29 17:00", 17:00, 90min, 6h, 7d
                            (default: as far back as the trace goes)
      --switchlog=FILE      show beside it what RMS has written into FILE
  -o FILE                   write the page into FILE (default: standard output)

Exit status:
  0  done
  1  refused, failed, wrong usage, or --check has found an error
  3  --status: a resource is Faulted, or its state is not known

Environment:
  PGX_PCLRSC_HOME           directory of the registry (default: /etc/opt/pgx_pclrsc)
"""


def _root() -> str:
    root = registry.registry_root()
    if not root.startswith("/"):
        raise Failure(
            f"{registry.VARIABLE} is not an absolute path: {quoted(root)}",
            detail="The scripts must find the registry from any working directory.",
        )
    changes.settle(root)
    return root


def _act(asked: request.Request) -> int:
    """Do what is asked for, and return the exit code.  Raises Failure or Refused."""
    name = asked.values.get("name")
    if asked.action == "-a":
        # What this node says of the values is told together with what is wrong with them.
        _warn(registering.register(_root(), asked.values, asked.problems))
        _done(f"resource {quoted(name)} registered")
        return 0
    if asked.action == "-m":
        return _change(asked)
    if asked.problems:
        raise Refused(asked.problems)
    if asked.action == "-d":
        _warn(commands.remove(_root(), str(name)))
        _done(f"resource {quoted(name)} removed")
        return 0
    return _ACTIONS[asked.action](asked.values)


def _change(asked: request.Request) -> int:
    from pgx_pclrsc.tool import modifying

    changed = modifying.change(_root(), asked.values, asked.problems)
    name = quoted(asked.values["name"])
    _warn(changed.warnings)
    if changed.lines:
        _done(f"resource {name} changed")
    report.to_stdout("\n".join(changed.lines) or f"resource {name} is so already")
    return 0


def _show(values: dict[str, Any]) -> int:
    output = values.get("output", "text")
    report.to_stdout(commands.show(_root(), values.get("name"), output))
    return 0


def _status(values: dict[str, Any]) -> int:
    from pgx_pclrsc.tool import status

    return status.show(_root(), values)


def _restart(values: dict[str, Any]) -> int:
    from pgx_pclrsc.tool import restarting

    _done(restarting.restart(_root(), values["name"]))
    return 0


def _export(values: dict[str, Any]) -> int:
    from pgx_pclrsc.tool import carrying

    report.to_stdout(carrying.export(_root(), values.get("name")))
    return 0


def _import(values: dict[str, Any]) -> int:
    from pgx_pclrsc.tool import carrying

    names, warnings = carrying.bring(_root(), values["import"])
    _warn(warnings)
    for name in names:
        _done(f"resource {quoted(name)} registered")
    return 0


def _collect(values: dict[str, Any]) -> int:
    from pgx_pclrsc.tool import collecting

    report.to_stdout(collecting.collect(_root(), values["name"], values["file"]))
    return 0


def _check(values: dict[str, Any]) -> int:
    # Here, not above: no other action needs what this loads.
    from pgx_pclrsc.tool import checking

    output, peer = values.get("output", "text"), values.get("peer", "")
    shown, sound = checking.check(_root(), values["name"], output, peer)
    report.to_stdout(shown)
    return 0 if sound else 1


def _report(values: dict[str, Any]) -> int:
    from pgx_pclrsc.tool import reporting

    if said := reporting.write(_root(), str(values["name"]), values):
        report.to_stdout(said)
    return 0


_ACTIONS: dict[str, Callable[[dict[str, Any]], int]] = {
    "-p": _show,
    request.CHECK: _check,
    request.STATUS: _status,
    request.REPORT: _report,
    request.RESTART: _restart,
    request.EXPORT: _export,
    request.IMPORT: _import,
    request.COLLECT: _collect,
}


def _done(what: str) -> None:
    report.to_system_log(PROGRAM, "info", Failure(what))
    try:
        report.to_stdout(what)
    except Failure:
        pass  # it is done, whoever reads that


def _warn(warnings: list[Failure]) -> None:
    for warning in warnings:
        report.show(PROGRAM, "warning", warning)


def _answer(arguments: list[str]) -> int:
    asked = request.parse(arguments)
    if program.answered(PROGRAM, HELP, asked.options):
        return 0
    try:
        return _act(asked)
    except Refused as ex:
        _warn(ex.warnings)
        return program.refuse(PROGRAM, ex.reasons, usage=bool(asked.problems))


def run(arguments: list[str]) -> int:
    """Return the exit code for *arguments*: 0 done; 1 refused, an error found, wrong usage.

    A status: 3 where a resource is Faulted or not known.
    """
    return program.exit_code(PROGRAM, lambda: _answer(arguments))


def main() -> None:
    """Do what the command line asks for, and exit."""
    program.begin(tidies_up=False)
    sys.exit(run(sys.argv[1:]))
