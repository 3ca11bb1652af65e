"""Every file that is made for the commands, by its path.  Pure."""

from __future__ import annotations

from pgx_base.version import VERSION
from tools.man import completion, messages, roff
from tools.man.commands import COMMANDS


def all_files(date: str, document: str) -> dict[str, str]:
    """Return path and text of each man page, dated *date*, and of each completion.

    *document*: docs/messages.md.
    """
    name = f"man/man{messages.SECTION}/{messages.NAME}.{messages.SECTION}"
    files = {name: messages.page(document, VERSION, date)}
    for name, command in COMMANDS.items():
        path = f"man/man{command.section}/{name}.{command.section}"
        files[path] = man_page(name, date)
        files[f"completion/{name}"] = completion.script(command.help, command.by_mode)
    return files


def man_page(name: str, date: str) -> str:
    """Return the page of the command *name*, which points to all others."""
    command = COMMANDS[name]
    others = [(other, of.section) for other, of in COMMANDS.items() if other != name]
    others.append((messages.NAME, messages.SECTION))
    return roff.page(
        command.help, command.section, VERSION, date, others, command.documents
    )
