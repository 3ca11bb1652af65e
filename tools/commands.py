"""Write the commands into a bin directory, with the paths to the packages in them.

pip's console scripts start Python with `site`, which costs pgx_check, that RMS runs
every 10 s, as much again as it needs itself; and an editable install's finder costs
more.  So the commands are stubs of four lines, and a plain `.pth` serves the rest.

    python tools/commands.py --venv .venv --bin .venv/bin --path base --path pclrsc
"""

from __future__ import annotations

import argparse
import compileall
import os
import sys
from pathlib import Path

# The directories of our packages, each of which imports only from those before it.
PACKAGES = ("base", "postgres", "pclrsc", "mirror", "agent", "wizard")
# Module and function of each command; main() where none is named.  It takes nothing and
# exits by itself.
COMMANDS = {
    "pgx_pclrsc": "pgx_pclrsc.tool.cli",
    "pgx_online": "pgx_agent.fronts.rms:online",
    "pgx_offline": "pgx_agent.fronts.rms:offline",
    "pgx_check": "pgx_agent.check.main",
    "pgx_ocf": "pgx_agent.fronts.ocf",
    "pgx_monitor": "pgx_agent.monitor.main",
    "pgx_wizard": "pgx_wizard.cli",
    "mc_ctl": "pgx_mirror.command.mc_ctl",
    "mc_arb": "pgx_mirror.command.mc_arb",
    "mc_std": "pgx_mirror.command.mc_std",
    "mc_main": "pgx_mirror.command.mc_main",
    "pgx_dmpall": "pgx_mirror.command.pgx_dmpall",
    "pgx_walcopy.cmd": "pgx_mirror.backup.walcopy",
    "pgx_xlogcopy.cmd": "pgx_mirror.backup.walcopy",
    "pgx_rcvall": "pgx_mirror.command.pgx_rcvall",
}
# What testers type: the fake hvw and the fake RMS, which stay in the checkout.
FAKES = {
    "fake-hvw": "fixtures.fake_hvw.main",
    "fake-rms": "fixtures.fake_rms.cli",
    **dict.fromkeys(
        ("hvcm", "hvdisp", "hvshut", "hvswitch", "hvutil"),
        "fixtures.fake_rms.hv_command",
    ),
}
# Those that import nothing from other projects: their path would only be searched.
BARE = ("pgx_check", "pgx_walcopy.cmd", "pgx_xlogcopy.cmd")
# -I: nothing of the caller's environment or directory; -S: no `site`, whose .pth files and
# virtual environment cost 3 ms.  One word: the kernel hands on what follows as one argument.
OPTIONS = "-IS"
_LONGEST_FIRST_LINE = 127  # the kernel's limit before 5.1, without the newline
_NOT_IN_A_TRAMPOLINE = set("\"'$`\\\n\r\0")


class Refused(Exception):
    """A path that no first line can name."""


def first_lines(interpreter: str) -> str:
    """Return what makes the kernel run *interpreter* with our options.

    Raises Refused for a path that neither a first line nor a shell line can hold.
    """
    line = f"#!{interpreter} {OPTIONS}"
    blank = set(interpreter) & set(" \t\n\r")
    if len(os.fsencode(line)) <= _LONGEST_FIRST_LINE and not blank:
        return line + "\n"
    if set(interpreter) & _NOT_IN_A_TRAMPOLINE:
        raise Refused(f"no command can name the interpreter {interpreter!r}")
    # To sh this runs Python and ends there; to Python it is a string.
    return f"#!/bin/sh\n'''exec' \"{interpreter}\" {OPTIONS} \"$0\" \"$@\"\n' '''\n"


def stub(command: str, interpreter: str, ours: list[str], others: list[str]) -> str:
    """Return the text of *command*, with the paths to our packages and to those of others."""
    module, _, function = (COMMANDS | FAKES)[command].partition(":")
    return (
        first_lines(interpreter)
        + "import sys\n"
        # RMS runs it as root: it must not leave __pycache__ about.
        + "sys.dont_write_bytecode = True\n"
        + f"sys.path[:0] = {ours!a}\n"
        + (f"sys.path += {others!a}\n" if others else "")
        + f"from {module} import {function or 'main'}\n"
        + f"{function or 'main'}()\n"
    )


def base_interpreter() -> str:
    """Return the real interpreter behind the one that runs this."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def write(path: Path, text: str, mode: int) -> None:
    """Write *path* whole or not at all, with *mode* whatever the umask, if it is not so yet."""
    if (
        path.is_file()
        and path.read_text() == text
        and path.stat().st_mode & 0o777 == mode
    ):
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text)
    beside.chmod(mode)
    beside.replace(path)


def write_commands(venv: Path, bin_dir: Path, paths: list[str]) -> None:
    """Write every command into *bin_dir*.  Raises Refused, OSError."""
    bin_dir.mkdir(parents=True, exist_ok=True)
    site = str(site_packages(venv))
    for command in COMMANDS:
        others = [] if command in BARE or site in paths else [site]
        write(
            bin_dir / command, stub(command, base_interpreter(), paths, others), 0o755
        )


def write_fakes(venv: Path, bin_dir: Path, paths: list[str], checkout: str) -> None:
    """Write the testers' commands, which run from *checkout*.  Raises Refused, OSError."""
    others = [str(site_packages(venv))]
    for command in FAKES:
        text = stub(command, base_interpreter(), [*paths, checkout], others)
        write(bin_dir / command, text, 0o755)


def site_packages(venv: Path) -> Path:
    """Return the directory of *venv* that holds its packages."""
    return (
        venv
        / "lib"
        / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        / "site-packages"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, required=True)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument(
        "--path", action="append", default=[], help="where packages are"
    )
    parser.add_argument("--checkout", help="write the fake RMS's commands too")
    parser.add_argument(
        "--pth", action="store_true", help="make them known to the venv too"
    )
    return parser.parse_args()


def main() -> None:
    """Write the commands and compile the packages."""
    given = _arguments()
    venv = given.venv.absolute()
    paths = [os.path.abspath(path) for path in given.path] or [str(site_packages(venv))]
    try:
        write_commands(venv, given.bin.absolute(), paths)
        if given.checkout:
            checkout = os.path.abspath(given.checkout)
            write_fakes(venv, given.bin.absolute(), paths, checkout)
            paths.append(f"{checkout}/fixtures/plugin")  # for `pytest -p pgx_rms`
    except Refused as ex:
        sys.exit(f"setup: error: {ex}\nsetup: hint: Choose a path without quotes.")
    if given.pth:
        write(site_packages(venv) / "pgx.pth", "".join(f"{p}\n" for p in paths), 0o644)
    for path in given.path:
        compileall.compile_dir(path, quiet=1)


if __name__ == "__main__":
    main()
