"""A package for Debian, by dpkg-deb alone."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pgx_base.version import VERSION
from tools.packaging import product as about
from tools.packaging import scripts
from tools.packaging.product import Product, Refused

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
# Several threads cut the archive into as many blocks.
_ARCHIVE = ("--root-owner-group", "-Zxz", "-z3", "--threads-max=1")


def build(root: Path, product: Product, where: Path) -> Path:
    """Make a package of the tree *root* in the directory *where*.  Raises Refused."""
    machine = _MACHINES[product.machine]
    package = where / f"{about.NAME}_{VERSION}-{product.revision}_{machine}.deb"
    control = root / "DEBIAN"
    try:
        _write_control(control, root, product, machine)
        called = ["dpkg-deb", *_ARCHIVE, "--build", str(root), str(package)]
        environ = os.environ | {"SOURCE_DATE_EPOCH": str(product.built)}
        built = subprocess.run(called, env=environ, capture_output=True, text=True)
    finally:
        shutil.rmtree(control)
    if built.returncode:
        raise Refused(f"dpkg-deb: {built.stderr.strip()}")
    return package


def _write_control(control: Path, root: Path, product: Product, machine: str) -> None:
    files = dict(_regular_files(root))
    sizes = sum(-(-path.stat().st_size // 1024) for path in files.values())
    texts = {
        "control": _control(product, machine, sizes),
        "md5sums": "".join(f"{_md5(path)}  {name}\n" for name, path in files.items()),
    }
    control.mkdir(mode=0o755)
    control.chmod(0o755)
    for name, text in (texts | scripts.debian(product)).items():
        path = control / name
        path.write_text(text)
        path.chmod(0o644 if name in texts else 0o755)
        os.utime(path, (product.built, product.built))
    os.utime(control, (product.built, product.built))
    os.utime(root, (product.built, product.built))


def _regular_files(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(root)), path


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _control(product: Product, machine: str, kilobytes: int) -> str:
    python = product.interpreter.rpartition("/")[2]
    described = "".join(f" {line}\n" for line in about.DESCRIPTION)
    return (
        f"Package: {about.NAME}\n"
        f"Version: {VERSION}-{product.revision}\n"
        f"Architecture: {machine}\n"
        f"Maintainer: {product.maintainer}\n"
        f"Installed-Size: {kilobytes}\n"
        f"Depends: {python}, libc6 (>= {about.LIBC})\n"
        "Section: database\n"
        "Priority: optional\n"
        f"Description: {about.SUMMARY}\n"
        f"{described}"
    )
