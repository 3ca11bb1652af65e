"""`make bundle`: dist/pgx-primecluster-VERSION-MACHINE.tar.gz, and its checksum beside it.

    python -m tools.bundle [--machine aarch64] [--into dist]
    python -m tools.bundle --unpacked DIRECTORY     for this interpreter alone: make install

Run in a checkout, by an environment that has pip.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

_SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_SOURCE / "base"))

from pgx_base.version import VERSION  # noqa: E402
from tools.bundle import archive, fetching, payload  # noqa: E402


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bundle", description=__doc__)
    machine = os.uname().machine
    parser.add_argument("--machine", choices=fetching.MACHINES, default=machine)
    parser.add_argument("--into", type=Path, default=_SOURCE / "dist")
    parser.add_argument("--unpacked", type=Path)
    return parser.parse_args()


def _bundle(machine: str, into: Path) -> None:
    name = f"pgx-primecluster-{VERSION}-{machine}"
    targets = [fetching.options_for(minor, machine) for minor in fetching.MINORS]
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        top = Path(work) / name
        (top / "wheels").mkdir(parents=True)
        fetching.fetch(_SOURCE, top / "wheels", targets)
        payload.gather(_SOURCE, VERSION, top)
        path = into / f"{name}.tar.gz"
        digest = archive.pack(top, path)
    print(f"{digest}  {path}")


def main() -> None:
    """Make what the command line asks for."""
    os.umask(0o022)
    asked = _arguments()
    if asked.unpacked is None:
        _bundle(asked.machine, asked.into)
        return
    (asked.unpacked / "wheels").mkdir(parents=True)
    # Not what would do for this machine's own, perhaps newer, C library: it is not locked.
    ours = fetching.options_for(sys.version_info[1], os.uname().machine)
    fetching.fetch(_SOURCE, asked.unpacked / "wheels", [ours])
    payload.gather(_SOURCE, VERSION, asked.unpacked)


if __name__ == "__main__":
    main()
