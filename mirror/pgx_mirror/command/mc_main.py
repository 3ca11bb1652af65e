"""mc_main: the resident program; started by mc_ctl start, never by hand."""

from __future__ import annotations

from pgx_mirror.controller.main import main as main
