"""Which wheel an interpreter takes, by the tags in its name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools import packages
from tools.bundle import fetching
from tools.installer import here, tags
from tools.installer.tags import Interpreter

DEBIAN_12 = Interpreter(11, threads=False, machine="x86_64", glibc=(2, 36))
PSYCOPG = (
    "psycopg_binary-3.3.9-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"
)
PSUTIL = "psutil-7.2.2-cp36-abi3-manylinux2010_x86_64.manylinux_2_12_x86_64.whl"


@pytest.mark.parametrize(
    ("wheel", "fits"),
    [
        ("pgx_primecluster-0.1.0-py3-none-any.whl", True),
        ("lockfile-0.12.2-py2.py3-none-any.whl", True),
        ("old-1-py2-none-any.whl", False),
        ("built-1-7-py3-none-any.whl", True),
        (PSYCOPG, True),
        (PSYCOPG.replace("cp311", "cp312"), False),
        (PSYCOPG.replace("x86_64", "aarch64"), False),
        (
            PSYCOPG.replace("manylinux2014_x86_64.manylinux_2_17", "musllinux_1_2"),
            False,
        ),
        ("x-1-cp311-cp311-manylinux_2_36_x86_64.whl", True),
        ("x-1-cp311-cp311-manylinux_2_37_x86_64.whl", False),
        ("x-1-cp311-cp311-manylinux_3_0_x86_64.whl", False),
        (PSUTIL, True),
        (PSUTIL.replace("cp36", "cp312"), False),
        ("x-1-cp311-cp311t-manylinux2014_x86_64.whl", False),
        ("x-1-cp311-cp311-macosx_11_0_x86_64.whl", False),
        ("README.md", False),
        ("x-1-cp3x-abi3-any.whl", False),
    ],
)
def test_a_wheel_fits_by_its_name(wheel: str, fits: bool) -> None:
    assert tags.fits(wheel, DEBIAN_12) is fits


def test_without_the_global_lock_and_without_glibc_little_fits() -> None:
    free = Interpreter(13, threads=True, machine="x86_64", glibc=(2, 41))
    other = Interpreter(11, threads=False, machine="x86_64", glibc=(0, 0))

    assert not tags.fits(PSUTIL, free)
    assert tags.fits("x-1-cp313-cp313t-manylinux2014_x86_64.whl", free)
    assert not tags.fits(PSYCOPG, other)


def test_one_wheel_a_project_is_chosen_and_what_has_none_is_named() -> None:
    every = [PSYCOPG.replace("cp311", f"cp3{minor}") for minor in fetching.MINORS]
    abi3 = "psycopg_binary-3.3.9-cp310-abi3-manylinux2014_x86_64.whl"
    foreign = "only_arm-1-cp311-cp311-manylinux2014_aarch64.whl"

    assert tags.chosen([abi3, *every, foreign, PSUTIL], DEBIAN_12) == (
        [PSUTIL, PSYCOPG], ["only_arm"],
    )  # fmt: skip


def test_this_interpreter_takes_what_pip_would() -> None:
    """pip's own list of tags, for the interpreter that runs this."""
    said = subprocess.run(
        [sys.executable, "-m", "pip", "debug", "--verbose"],
        capture_output=True,
        text=True,
    )
    lines = [line.strip() for line in said.stdout.splitlines()]
    pips = {line for line in lines if line.count("-") == 2 and "linux" in line}
    assert pips
    refused = {
        tag for tag in pips if not tags.fits(f"x-1-{tag}.whl", here.interpreter())
    }

    # What only a build on this very machine is called.
    assert {tag for tag in refused if "-manylinux" in tag and "-abi3-" in tag} == set()
    assert {
        tag for tag in refused if f"cp3{sys.version_info[1]}-manylinux" in tag
    } == set()


def _locked() -> dict[str, str]:
    text = (packages.PROJECT.parent / fetching.LOCK).read_text()
    lines = [line.split() for line in text.splitlines() if "==" in line]
    return dict(words[0].split("==") for words in lines)


def test_the_lock_has_what_the_project_requires_and_a_checksum_of_each() -> None:
    """`make lock` writes it anew after a change of pyproject.toml."""
    from packaging.requirements import Requirement

    locked = _locked()
    for wanted in map(Requirement, packages.requirements([])):
        assert wanted.specifier.contains(locked[wanted.name.lower()]), wanted
        for extra in wanted.extras:
            assert locked[f"{wanted.name}-{extra}"] == locked[wanted.name]
    text = (packages.PROJECT.parent / fetching.LOCK).read_text()
    for entry in text.split("\n\n", 1)[-1].replace("\\\n", "").splitlines():
        assert entry.startswith("#") or "--hash=sha256:" in entry, entry


def test_a_bundle_is_for_the_interpreters_that_are_looked_for() -> None:
    script = (packages.PROJECT.parent / "tools" / "interpreter.py").read_text()

    assert f"\nNEWEST = {max(fetching.MINORS)} " in script
