"""A package for RPM, by rpmbuild."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pgx_base.version import VERSION
from tools.installer import ocf
from tools.packaging import product as about
from tools.packaging import scripts
from tools.packaging.product import Product, Refused

# The files are as they shall be: nothing is stripped, compiled, or searched for what it
# needs, and the builder's host, clock and directories are not written down.
_MACROS = """\
%global __os_install_post %{nil}
%global __brp_mangle_shebangs %{nil}
%global debug_package %{nil}
%global _build_id_links none
%global use_source_date_epoch_as_buildtime 1
%global clamp_mtime_to_source_date_epoch 1
%global source_date_epoch_from_changelog 0
%global _buildhost localhost
%global _binary_payload w3.xzdio
%global _source_filedigest_algorithm 8
%global _binary_filedigest_algorithm 8
"""


def build(root: Path, product: Product, where: Path) -> Path:
    """Make a package of the tree *root* in the directory *where*.  Raises Refused."""
    with tempfile.TemporaryDirectory(dir=where) as top:
        spec = Path(top, f"{about.NAME}.spec")
        spec.write_text(_spec(root, product))
        places = [f"--define=_topdir {top}", f"--define=_rpmdir {top}/out"]
        called = ["rpmbuild", "-bb", "--quiet", f"--target={product.machine}", *places]
        environ = os.environ | {"SOURCE_DATE_EPOCH": str(product.built), "LC_ALL": "C"}
        built = subprocess.run(
            [*called, str(spec)], env=environ, capture_output=True, text=True
        )
        found = sorted(Path(top).glob("out/*/*.rpm"))
        if built.returncode or len(found) != 1:
            raise Refused(f"rpmbuild: {built.stderr.strip()}")
        return Path(shutil.move(found[0], where / found[0].name))


def _spec(root: Path, product: Product) -> str:
    return (
        f"{_MACROS}"
        f"Name: {about.NAME}\n"
        f"Version: {VERSION}\n"
        f"Release: {product.revision}\n"
        f"Summary: {about.SUMMARY}\n"
        f"License: {about.LICENCE}\n"
        "AutoReqProv: no\n"
        f"Requires: {product.interpreter}\n"
        f"Requires: glibc >= {about.LIBC}\n"
        f"Requires(post): {product.interpreter}\n"
        f"Requires(preun): {product.interpreter}\n\n"
        "%description\n" + "\n".join(about.DESCRIPTION) + "\n\n"
        f'%install\ncp -a "{root}/." "%{{buildroot}}"\n\n'
        f"{scripts.rpm(product)}"
        "%files\n%defattr(-, root, root)\n" + "\n".join(_files(root)) + "\n"
    )


def _files(root: Path) -> Iterator[str]:
    """Yield a line for each file and link, and for each directory that may be ours alone."""
    ours = (root / about.PREFIX[1:], root / ocf.ROOT[1:])
    for path in sorted(root.rglob("*")):
        name = f'"/{path.relative_to(root)}"'
        if path.is_symlink() or not path.is_dir():
            yield name
        elif any(map(path.is_relative_to, ours)) or path.name == about.NAME:
            yield f"%dir {name}"
