"""`pgx_pclrsc --export` and `--import`: definitions on their way to another node."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial

from pgx_base import whole_path
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.users import OsUser
from pgx_base.version import VERSION
from pgx_pclrsc import store
from pgx_pclrsc.core import carried
from pgx_pclrsc.core.carried import Carried
from pgx_pclrsc.preflight.core.unknown import Unknown
from pgx_pclrsc.preflight.gather.children import Job, ask
from pgx_pclrsc.tool import registering
from pgx_pclrsc.tool.refused import Refused

_LARGEST = 1 << 20  # bytes


def export(root: str, name: str | None) -> str:
    """Return the text of a file with the definition of *name*, or of all.  Raises Failure."""
    wanted = store.list_names(root) if name is None else [name]
    return carried.written([store.load(one, root) for one in wanted], VERSION)


def bring(root: str, file: str) -> tuple[list[str], list[Failure]]:
    """Register every resource of *file*; return their names, and what to warn of.

    Raises Refused with everything that is wrong, and then none is registered.
    """
    found, faults = carried.read(_read(file), VERSION)
    reasons, warnings = list(faults), []
    users: dict[str, OsUser] = {}
    for one in found:
        looked = registering.look(root, one.values, one.problems)
        warnings += _of(one, looked.warnings)
        if looked.user:
            looked.reasons += _other_ids(one, looked.user)
            users[one.name] = looked.user
        reasons += _of(one, looked.reasons)
    if reasons:
        raise Refused(reasons, warnings)
    wanted = [registering.build(one.values, users[one.name]) for one in found]
    try:
        registering.write(root, wanted)
    except Failure as ex:
        raise Refused([ex], warnings) from ex
    return [one.name for one in found], warnings


def _read(file: str) -> str:
    """Return the text of *file*, read in a child: its disk may hang.  Raises Failure."""
    job = Job(partial(_text, os.path.abspath(file)))
    text = ask({"file": job}).take("file", str)
    if isinstance(text, Unknown):
        raise Failure(f"could not read file {quoted(file)}: {text.why}")
    return text


def _text(path: str) -> str:
    """Raises OSError."""
    with open(whole_path.open_own(path), "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise OSError(0, "it is too large for definitions")
    return data.decode("utf-8", "replace")


def _other_ids(one: Carried, user: OsUser) -> list[Failure]:
    """What is on the shared disk belongs to numbers, not to names."""
    return [
        Failure(
            f"OS user {quoted(user.os_user)} has another {key} than on the other node",
            detail=f"It is {getattr(user, key)} here, and {value} there; files on the "
            "shared disk belong to the number.",
            hint="Give the user the same uid and gid on all nodes (manual 2.3).",
        )
        for key, value in one.ids.items()
        if value != getattr(user, key)
    ]


def _of(one: Carried, problems: Iterable[Failure]) -> list[Failure]:
    where = f"It is said of resource {quoted(one.name)} in the file."
    return [
        Failure(
            problem.primary,
            detail=f"{problem.detail} {where}" if problem.detail else where,
            hint=problem.hint,
        )
        for problem in problems
    ]
