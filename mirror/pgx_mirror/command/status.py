"""mc_ctl status: asked of the controller, without a connection to any database."""

from __future__ import annotations

import json

from pgx_base import report
from pgx_mirror.command import forms
from pgx_mirror.command.finding import find
from pgx_mirror.command.request import Request
from pgx_mirror.command.settings import loaded

NOT_WELL = 3


def show(asked: Request) -> int:
    """Print the status, and return 0 if it is switchable, else 3; 0 where it was watched.

    Of the arbiter: 0 if it is online, else 3.  Raises Failure, Refused, Unsound.
    """
    settings, output = loaded(asked), asked.values.get("--output", "text")
    if seconds := asked.values.get("--watch"):
        from pgx_mirror.command import watching

        return watching.watch(asked, settings, float(seconds))
    found = find(settings)
    match output:
        case "json":
            report.to_stdout(json.dumps(forms.plain(found, asked), indent=2))
        case "prometheus":
            report.to_stdout(forms.prometheus(found))
        case _:
            report.to_stdout(forms.text(found, asked))
    return 0 if forms.is_well(found, asked) else NOT_WELL
