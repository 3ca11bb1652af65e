"""Which programs are told of what happens to the pair; they decide nothing."""

from __future__ import annotations

from pgx_mirror.core import commands
from pgx_mirror.core.known import notices
from pgx_mirror.core.known.notices import role
from pgx_mirror.core.rows.row import Row

PRE_DETACHES = (
    Row(
        "tells of a disconnection",
        notices.is_leaving,
        lambda f, _: commands.pre_detach(f.terms.me, role(f), f.terms.other),
        "the mark that ends the pair is held meanwhile, whatever comes of the program",
    ),
)

POST_ATTACHES = (
    Row(
        "tells of the pair",
        notices.is_attached,
        lambda f, _: commands.post_attach(f.terms.me, role(f), f.terms.other),
        "both servers' marks say that they are one",
    ),
)

POST_SWITCHES = (
    Row(
        "tells of the switch",
        notices.is_switched,
        lambda f, _: commands.post_switch(f.terms.me),
        "it was promoted in this life, and a commit has returned since",
    ),
)
