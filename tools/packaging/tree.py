"""The tree of a package: the version that `make install` would make, the same bytes each time."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools import commands
from tools.installer import layout, making, ocf
from tools.packaging.product import CHECKOUT, NAME, PREFIX, Product
from tools.packaging.scripts import PROGRAM

# Nobody types them: they are started by others of ours.
_NOT_TYPED = {"pgx_monitor", "mc_main"}
# What of PREFIX/share man and bash look for under /usr/share.
_LOOKED_FOR = ("share/man/", "share/bash-completion/")
# What a package has besides, to let itself count.
_OURS = ("__init__.py", "activating.py", "packaged.py")


def arrange(version: Path, root: Path, product: Product) -> None:
    """Make of *version*, as the installer has made it, a package's files below *root*."""
    package = root / PREFIX[1:] / layout.PACKAGE / product.content
    shutil.copytree(version, package, symlinks=True)
    (package / making.UNINSTALL).unlink()  # the package manager does that
    for script in (package / "venv" / "bin").glob("[Aa]ctivate*"):
        script.unlink()  # for a shell; it quotes the place where it was made, if it must
    _add_program(package)
    _rename(package, str(version), f"{PREFIX}/versions/{product.content}")
    _lead_there(root, layout.shown(package))
    _say_what_it_is(root)
    _settle(root, product.built)
    _compile(package, product)
    _settle(root, product.built)


def _add_program(package: Path) -> None:
    """Add what dpkg and rpm run, which works before the version counts."""
    ours = package / "tools" / "packaging"
    ours.mkdir()
    for name in _OURS:
        shutil.copyfile(Path(__file__).with_name(name), ours / name)
    there = f"{PREFIX}/{layout.PACKAGE}/{package.name}"
    site = commands.site_packages(Path(there, "venv"))
    text = (
        commands.first_lines(commands.base_interpreter())
        + f"import sys\nsys.path[:0] = {[str(site), there]!a}\n"
        + "sys.dont_write_bytecode = True\n"
        + "from tools.packaging.packaged import main\nmain(__file__)\n"
    )
    commands.write(package / PROGRAM, text, 0o755)


def _rename(package: Path, before: str, after: str) -> None:
    """Have every file say *after* where it says *before*, the place where it was built."""
    old, new = before.encode(), after.encode()
    for path in _files(package):
        content = path.read_bytes()
        if old in content:
            path.write_bytes(content.replace(old, new))


def _lead_there(root: Path, shown: list[str]) -> None:
    """Put links where a shell, man, bash's completion and a cluster manager look."""
    for name in shown:
        place, _, last = name.partition("/")
        if (place == "bin" and last not in _NOT_TYPED) or name.startswith(_LOOKED_FOR):
            link = root / "usr" / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"{PREFIX}/{name}")
    if ocf.COMMAND in shown:  # whether a cluster manager is there yet, or comes later
        found = root / ocf.USUAL.relative_to("/")
        found.parent.mkdir(parents=True)
        found.symlink_to(f"{PREFIX}/{ocf.COMMAND}")


def _say_what_it_is(root: Path) -> None:
    papers = root / "usr/share/doc" / NAME
    papers.mkdir(parents=True)
    shutil.copyfile(CHECKOUT / "LICENSE", papers / "copyright")
    (papers / "pgx_pclrsc").symlink_to(f"{PREFIX}/share/{layout.DOCUMENTS}")


def _compile(package: Path, product: Product) -> None:
    """Compile as for the place where it will run, the same bytes whoever does it."""
    options = ["-q", "-f", "--invalidation-mode", "timestamp"]
    places = ["-s", str(package.parent), "-p", f"{PREFIX}/versions"]
    called = [product.interpreter, "-I", "-m", "compileall", *options, *places]
    subprocess.run([*called, str(package / "venv/lib")], env={}, check=True)


def _settle(root: Path, built: int) -> None:
    """Give every file the same time, and a mode that the builder's umask has no part in."""
    for directory, names, files in os.walk(root, topdown=False):
        for name in files:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                os.chmod(path, 0o755 if os.stat(path).st_mode & 0o100 else 0o644)
        for name in (*names, *files):
            os.utime(
                os.path.join(directory, name), (built, built), follow_symlinks=False
            )
        os.chmod(directory, 0o755)
    os.utime(root, (built, built))


def _files(top: Path) -> Iterator[Path]:
    """Yield the regular files below *top*, in order."""
    for path in sorted(top.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path
