"""`make lock`: requirements.lock, the newest of what pyproject.toml allows, with checksums.

One version of each project serves all interpreters and machines; the checksums are those of
every wheel that any of them takes.  Run in a checkout, by an environment that has pip.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import product
from pathlib import Path

from tools import packages
from tools.bundle import fetching

_HEAD = """\
# What is installed, to the byte: `make lock` writes this, `make install` and `make bundle` take
# nothing else.  For CPython {pythons} on {machines}.
"""
Wheels = dict[str, tuple[str, set[str]]]


def _asked(target: list[str]) -> list[dict[str, object]]:
    """Return what pip would install for *target*."""
    words = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--quiet",
    ]
    options = ["--dry-run", "--ignore-installed", "--report=-", "--only-binary=:all:"]
    wanted = packages.requirements([])
    done = subprocess.run(
        [*words, *options, "--target=/nonexistent", *target, *wanted],
        stdout=subprocess.PIPE,
        check=True,
    )
    return list(json.loads(done.stdout)["install"])


def _add(found: Wheels, item: dict[str, object]) -> None:
    about, got = item["metadata"], item["download_info"]
    assert isinstance(about, dict) and isinstance(got, dict)
    name, version = about["name"].lower().replace("_", "-"), about["version"]
    known, sums = found.setdefault(name, (version, set()))
    if known != version:
        sys.exit(f"lock: error: {name} {known} is not for every interpreter: {version}")
    sums.add(got["archive_info"]["hashes"]["sha256"])


def text(found: Wheels) -> str:
    """Return the file's text."""
    pythons = ", ".join(f"3.{minor}" for minor in fetching.MINORS)
    lines = [_HEAD.format(pythons=pythons, machines=" and ".join(fetching.MACHINES))]
    for name, (version, sums) in sorted(found.items()):
        words = [
            f"{name}=={version}",
            *(f"--hash=sha256:{one}" for one in sorted(sums)),
        ]
        lines.append(" \\\n    ".join(words) + "\n")
    return "".join(lines)


def main() -> None:
    """Ask pip for each interpreter and machine, and write the file."""
    found: Wheels = {}
    for minor, machine in product(fetching.MINORS, fetching.MACHINES):
        print(f"  looking for CPython 3.{minor} on {machine}", flush=True)
        for item in _asked(fetching.options_for(minor, machine)):
            _add(found, item)
    Path(fetching.LOCK).write_text(text(found))


if __name__ == "__main__":
    main()
