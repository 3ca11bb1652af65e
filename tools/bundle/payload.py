"""What a bundle holds, as a directory: wheels, installer, pages, and the list of checksums."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.bundle import wheel
from tools.installer.contents import SUMS
from tools.installer.layout import DOCUMENTS

# What of tools the installer is made of.
_TOOLS = (
    "__init__.py",
    "commands.py",
    "install.py",
    "interpreter.py",
    "pick-python.sh",
)
_ABOUT = ("README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "LICENSE")
_PAGES = "tools.man"  # writes manual pages and completions
EXECUTABLE = ("install", "pick-python.sh")


def gather(source: Path, version: str, into: Path) -> None:
    """Put all but other projects' wheels of the checkout *source* into directory *into*.

    Those are in its `wheels` already.
    """
    wheel.build(source, version, into / "wheels")
    tools = into / "tools"
    shutil.copytree(
        source / "tools" / "installer", tools / "installer", ignore=_no_cache
    )
    for name in _TOOLS:
        shutil.copy(source / "tools" / name, tools)
    shutil.copy(source / "tools" / "bundle" / "install", into)
    shutil.copy(source / "docs" / "installation.md", into / "INSTALL.md")
    _share(source, into / "share")
    (into / SUMS).write_text(_sums(into))
    _set_modes(into)


def _no_cache(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "__pycache__"]


def _share(source: Path, share: Path) -> None:
    documents = share / DOCUMENTS
    (documents / "docs").mkdir(parents=True)
    for name in _ABOUT:
        shutil.copy(source / name, documents)
    for path in source.glob("docs/*.md"):
        shutil.copy(path, documents / "docs")
    with tempfile.TemporaryDirectory() as made:
        _make_pages(source, Path(made))
        for path in Path(made, "man").rglob("*.[178]"):
            _add(path, share / "man" / f"man{path.suffix[1:]}")
        for path in Path(made).glob("completion/*"):
            _add(path, share / "bash-completion" / "completions")


def _make_pages(source: Path, into: Path) -> None:
    if importlib.util.find_spec(_PAGES) is not None:
        words = [sys.executable, "-B", "-m", _PAGES, str(into)]
        subprocess.run(words, cwd=source, check=True)


def _add(path: Path, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, directory)


def _set_modes(top: Path) -> None:
    """Let every user read it, whatever the modes in the checkout are."""
    for path in (top, *top.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.name in EXECUTABLE else 0o644)


def _sums(top: Path) -> str:
    files = sorted(path for path in top.rglob("*") if path.is_file())
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(top)}\n"
        for path in files
    )
