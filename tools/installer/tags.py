"""Which wheels an interpreter takes, by the tags in their names (PEP 425, PEP 600).  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# The names that came before manylinux_X_Y, and the glibc that each stands for.
_LEGACY = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What of an interpreter decides which wheels it takes.

    minor     of CPython 3.minor
    threads   it was built without the global lock, which is another ABI
    machine   as uname calls it: x86_64, aarch64
    glibc     its version; (0, 0) where there is another C library
    """

    minor: int
    threads: bool
    machine: str
    glibc: tuple[int, int]

    def __str__(self) -> str:
        """Return it as a person would name it."""
        built = " without the global lock" if self.threads else ""
        library = ".".join(map(str, self.glibc)) if self.glibc[0] else "none"
        return f"CPython 3.{self.minor}{built} on {self.machine} with glibc {library}"


def project(wheel: str) -> str:
    """Return the name of the project that *wheel* (a file name) is of, as it is compared."""
    return wheel.split("-")[0].lower().replace(".", "_")


def chosen(wheels: Iterable[str], here: Interpreter) -> tuple[list[str], list[str]]:
    """Return the wheels for *here*, one a project, and the projects without one."""
    by_project: dict[str, list[str]] = {}
    for wheel in sorted(wheels):
        by_project.setdefault(project(wheel), []).append(wheel)
    found, missing = [], []
    for name, ones in by_project.items():
        fitting = [one for one in ones if fits(one, here)]
        # The one made for this version before one for several.
        fitting.sort(key=lambda one: f"-cp3{here.minor}-cp3{here.minor}-" not in one)
        found += fitting[:1]
        missing += [] if fitting else [name]
    return found, missing


def fits(wheel: str, here: Interpreter) -> bool:
    """Whether *here* takes *wheel*, a file name."""
    words = wheel.removesuffix(".whl").split("-")
    if len(words) not in (5, 6):
        return False
    pythons, abis, platforms = (word.split(".") for word in words[-3:])
    return any(
        _language_fits(python, abi, here) for python in pythons for abi in abis
    ) and any(_platform_fits(one, here) for one in platforms)


def _language_fits(python: str, abi: str, here: Interpreter) -> bool:
    if abi == "none":
        return python in ("py3", f"py3{here.minor}", f"cp3{here.minor}")
    if abi == "abi3":
        since = python.removeprefix("cp3")
        return not here.threads and since.isdigit() and int(since) <= here.minor
    ours = f"cp3{here.minor}"
    return python == ours and abi == ours + ("t" if here.threads else "")


def _platform_fits(platform: str, here: Interpreter) -> bool:
    if platform == "any":
        return True
    if not platform.endswith(f"_{here.machine}"):
        return False
    name = platform.removesuffix(f"_{here.machine}")
    if name in _LEGACY:
        return here.glibc >= _LEGACY[name]
    words = name.split("_")
    if len(words) != 3 or words[0] != "manylinux":
        return False
    return all(map(str.isdigit, words[1:])) and here.glibc >= (
        int(words[1]), int(words[2]),
    )  # fmt: skip
