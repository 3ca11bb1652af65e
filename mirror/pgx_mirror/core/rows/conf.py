"""What postgresql.conf and primary_conninfo are to hold."""

from __future__ import annotations

from pgx_mirror.core.effects import Bear, WriteNames
from pgx_mirror.core.known import bearing, names
from pgx_mirror.core.rows.row import Row

NAMES = (
    Row(
        "conf follows the mark",
        lambda f, n: f.mark is not None and not names.are(f, names.wanted_names(f, n)),
        lambda f, n: WriteNames(names.wanted_names(f, n)),
        "names are out for the holder of the pen alone, and barred while it arms",
    ),
)

BORNE = (
    Row(
        "bears its name",
        lambda f, _: bearing.has_other_name(f),
        lambda f, _: Bear(bearing.wanted_name(f)),
        "whoever bears the name confirms: a standby that is not in sync streams under another",
    ),
)
