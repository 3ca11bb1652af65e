"""Install what pyproject.toml requires, with a line for each package that comes.

    packages.py [--extra NAME]... [PIP OPTION OR REQUIREMENT]...

pip takes a minute, and says either nothing or hundreds of lines.  What is there already
is not mentioned.  Run by the environment's own interpreter; the exit code is pip's.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def requirements(extras: list[str]) -> list[str]:
    """Return the dependencies and those of *extras*."""
    project = tomllib.loads(PROJECT.read_text())["project"]
    found = list(project["dependencies"])
    for extra in extras:
        found += project["optional-dependencies"][extra]
    return found


def said(line: str) -> str:
    """Return what one line of pip's tells of progress, "" for nothing."""
    match line.split():  # anything else is of no interest
        case ["Collecting", name, *_]:
            for end in "<>=!~[; ":
                name = name.partition(end)[0]
            return f"getting {name}"
        case ["Downloading", *_, size, unit] if unit.startswith(("MB", "GB")):
            return f"  {size.strip('(')} {unit.strip(')')}"
        case ["Building", "wheel", "for", name, *_, "started"]:
            return f"building {name}"
        case ["Installing", "collected", "packages:", *names]:
            return f"installing {len(names)} packages"
        case _:
            return ""


def pip(command: str, *arguments: str) -> int:
    """Run a pip *command* and return its exit code; what fails it says itself."""
    words = [sys.executable, "-m", "pip", command, "--disable-pip-version-check"]
    with subprocess.Popen(
        [*words, "--progress-bar=off", *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if text := said(line):
                print(f"  {text}", flush=True)
    return process.returncode


def main() -> int:
    """Read the command line and install."""
    given, extras = sys.argv[1:], []
    while given[:1] == ["--extra"]:
        extras.append(given[1])
        given = given[2:]
    if "--no-deps" not in given:
        given = [*given, *requirements(extras)]
    return pip("install", *given)


if __name__ == "__main__":
    sys.exit(main())
