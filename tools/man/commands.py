"""The commands that have a page: its section, their help, and the options of each mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pgx_agent.fronts import ocf_text
from pgx_agent.script import about
from pgx_mirror.backup import walcopy, walcopy_words
from pgx_mirror.command import arb_request, rcvall_request, request, std_request, texts
from pgx_pclrsc.tool import cli
from pgx_pclrsc.tool.request import ALLOWED
from pgx_wizard import cli as wizard
from pgx_wizard.core import request as wizard_request
from tools.man.help_text import Help, read

USERS, ADMINISTRATORS = 1, 8


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and where to read on.

    *by_mode*: the options of each mode or action, as it reads its command line.
    """

    section: int
    text: str
    documents: tuple[str, ...]
    by_mode: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def help(self) -> Help:
        """Its help, read.  Raises Odd."""
        return read(self.text)


def _script(name: str) -> Command:
    documents = ("scripts.md", "operations.md", "messages.md")
    return Command(ADMINISTRATORS, about.text(name), documents)


def _archiver(name: str) -> Command:
    text = walcopy_words.HELP.format(program=name)
    return Command(USERS, text, ("backup.md", "commands.md", "messages.md"))


COMMANDS = {
    "pgx_pclrsc": Command(
        ADMINISTRATORS,
        cli.HELP,
        ("commands.md", "definitions.md", "preflight.md", "messages.md"),
        ALLOWED,
    ),
    **{name: _script(name) for name in ("pgx_online", "pgx_offline", "pgx_check")},
    "pgx_ocf": Command(
        ADMINISTRATORS,
        ocf_text.HELP,
        ("scripts.md", "operations.md", "messages.md"),
        dict.fromkeys(ocf_text.ACTIONS, frozenset()),
    ),
    "pgx_wizard": Command(
        ADMINISTRATORS,
        wizard.HELP,
        ("commands.md", "definitions.md", "wizard.md", "messages.md"),
        {verb: wizard_request.allowed(verb) for verb in wizard_request.VERBS},
    ),
    "mc_ctl": Command(
        USERS,
        texts.MC_CTL,
        ("pair_administrators.md", "pair_commands.md", "messages.md"),
        {mode: request.allowed(mode) for mode in request.MODES},
    ),
    "mc_arb": Command(
        USERS,
        texts.MC_ARB,
        ("commands.md", "pair_register.md", "messages.md"),
        arb_request.ALLOWED,
    ),
    "pgx_rcvall": Command(
        USERS,
        rcvall_request.HELP,
        ("backup.md", "backup_all_stopped.md", "commands.md", "messages.md"),
    ),
    "mc_std": Command(
        USERS,
        texts.MC_STD,
        ("commands.md", "pair_administrators.md", "messages.md"),
        dict.fromkeys(std_request.MODES, frozenset()),
    ),
    "pgx_dmpall": Command(
        USERS, texts.PGX_DMPALL, ("commands.md", "pair_conf.md", "messages.md")
    ),
    **{name: _archiver(name) for name in walcopy.NAMES},
}
