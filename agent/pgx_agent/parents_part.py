"""What the parent of a transition, which may be root, keeps under /run for its worker.

Only root can write there, so that nobody else can make Check believe anything.
"""

from __future__ import annotations

from pgx_pclrsc import codec, runentry
from pgx_pclrsc.definition import ResourceDefinition


def keep(words: list[str], root: str, definition: ResourceDefinition) -> str | None:
    """Do what the request *words* asks; return why that could not be done, or "".

    None where it asks for nothing of the kind.
    """
    name = definition.name
    try:
        match words:
            case ["entry", pid, start]:
                ident = int(pid), int(start)
                runentry.write(root, name, ident, codec.encode(definition))
            case ["forget"]:
                runentry.remove(root, name)
            case ["stopped"]:
                runentry.stop(root, name)
            case _:
                return None
    except OSError as ex:
        return ex.strerror or str(ex)
    return ""
