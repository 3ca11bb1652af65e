"""Make packages: `python -m tools.packaging [--deb] [--rpm] [--revision N] [--into dist]`.

They hold what the installer makes of a bundle: of `--bundle DIRECTORY`, where one was
unpacked, else of one that is made of this checkout, for which pip needs a network.

The same checkout and the same SOURCE_DATE_EPOCH (the last commit's time, unless it is set)
make the same bytes.  Debian's needs dpkg-deb, RPM's rpmbuild, neither needs root.  They are
for the interpreter that runs this, and for this machine's architecture.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from pathlib import Path

_SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_SOURCE / "base"))

from pgx_base.failure import Failure  # noqa: E402
from pgx_base.version import VERSION  # noqa: E402
from tools import commands  # noqa: E402
from tools.bundle import fetching, payload  # noqa: E402
from tools.installer import here, layout, making, tags  # noqa: E402
from tools.installer.contents import SUMS, Contents  # noqa: E402
from tools.packaging import deb, rpm, tree  # noqa: E402
from tools.packaging.product import Product, Refused, built  # noqa: E402

BUILDERS = {"deb": deb.build, "rpm": rpm.build}


def make(
    kinds: list[str], revision: str, into: Path, bundle: Path | None
) -> list[Path]:
    """Make packages in directory *into*, and return their paths.

    Raises Failure, Refused, OSError.
    """
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pgx-package-") as work:
        bundle = bundle or _bundle(Path(work, "bundle"))
        sums = hashlib.sha256((bundle / SUMS).read_bytes()).hexdigest()
        python, machine = commands.base_interpreter(), os.uname().machine
        product = Product(revision, python, machine, built(), sums)
        root = Path(work, "root")
        tree.arrange(_installed(bundle, Path(work, "prefix")), root, product)
        return [BUILDERS[kind](root, product, into) for kind in kinds]


def _bundle(directory: Path) -> Path:
    (directory / "wheels").mkdir(parents=True)
    # Not what would do for this machine's own, perhaps newer, C library.
    target = fetching.options_for(sys.version_info[1], os.uname().machine)
    fetching.fetch(_SOURCE, directory / "wheels", [target])
    payload.gather(_SOURCE, VERSION, directory)
    return directory


def _installed(bundle: Path, prefix: Path) -> Path:
    """Return the version that the installer makes of *bundle*; it does not count anywhere."""
    contents = Contents(bundle)
    contents.check()
    wheels, missing = tags.chosen(contents.below("wheels"), here.interpreter())
    if missing:
        raise Refused(f"no wheel for this interpreter of: {', '.join(missing)}")
    layout.versions(prefix).mkdir(parents=True)
    version = making.new(prefix)
    making.fill(version, contents, wheels, compiled=False)
    return version


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="packaging", description=__doc__)
    for kind in BUILDERS:
        parser.add_argument(
            f"--{kind}", dest="kinds", action="append_const", const=kind
        )
    parser.add_argument("--revision", default="1", help="of this version's package")
    parser.add_argument("--bundle", type=Path, help="unpacked; else one is made")
    parser.add_argument("--into", type=Path, default=_SOURCE / "dist")
    return parser.parse_args()


def main() -> None:
    """Make what the command line asks for."""
    os.umask(0o022)
    asked = _arguments()
    kinds = asked.kinds or list(BUILDERS)
    try:
        made = make(kinds, asked.revision, asked.into.absolute(), asked.bundle)
    except (Refused, Failure, OSError) as ex:
        sys.exit(f"packaging: error: {ex}")
    for path in made:
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path}")


if __name__ == "__main__":
    main()
