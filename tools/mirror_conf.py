"""Write the samples of the pair, and print its parameters for docs/pair_conf.md.

python -m tools.mirror_conf [--print]    # --print: nothing is written
"""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
SHARE = CHECKOUT / "mirror" / "pgx_mirror" / "share"
sys.path[:0] = [str(CHECKOUT / part) for part in ("base", "postgres", "mirror")]


def main() -> None:
    """Write the one, print the other."""
    from pgx_mirror.command import boot_files
    from pgx_mirror.conf import arbitration, rows, sample

    if "--print" not in sys.argv:
        (SHARE / "mc_server.conf.sample").write_text(sample.server())
        (SHARE / "mc_arbitration.conf.sample").write_text(sample.arbiter())
        example = boot_files.EXAMPLE
        (SHARE / "mcoi.service.sample").write_text(boot_files.unit(example))
        arbiter = boot_files.arbiter_unit(boot_files.ARBITER_EXAMPLE)
        (SHARE / "mc_arb.service.sample").write_text(arbiter)
        (SHARE / "rc_mcoi.sample").write_text(boot_files.rc_script(example))
    print("\n".join(sample.document(rows.TABLE)), end="\n\n")
    print("\n".join(sample.document(arbitration.TABLE)))


if __name__ == "__main__":
    main()
