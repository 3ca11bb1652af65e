"""What mc_ctl tells on stderr while it works; stdout has the result alone."""

from __future__ import annotations

from pgx_base import report
from pgx_base.failure import Failure
from pgx_mirror.controller import words

PROGRAM = "mc_ctl"


def warn(what: Failure) -> None:
    """Show a warning."""
    report.show(PROGRAM, "warning", what, log=False)


def progress(text: str) -> None:
    """Show what is being done."""
    report.to_stderr(f"{PROGRAM}: {text}")


def tell(said: words.Progress | words.Warned) -> None:
    """Show what the controller says before its last word."""
    if isinstance(said, words.Warned):
        warn(said.what)
    else:
        progress(said.text)


def done(text: str) -> None:
    """Print what was done; it is done, whoever reads that."""
    try:
        report.to_stdout(text)
    except Failure:
        pass
