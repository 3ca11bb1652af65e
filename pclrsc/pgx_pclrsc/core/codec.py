"""A definition as the text of definition.toml, and back.  Pure.

The settings stand at the top in the order of the synopsis, what is known of the OS
user in the table [os_user_identity], variables in the table [env].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_pclrsc.core import key_value
from pgx_pclrsc.core.definition import (
    CHECKS,
    IDENTITY,
    REQUIRED,
    SETTINGS,
    ResourceDefinition,
    problems,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

IDENTITY_TABLE = "os_user_identity"


class Unsound(Failure):
    """A text that is no definition; *all_problems* says everything that is wrong with it."""

    def __init__(self, all_problems: Iterable[Failure]) -> None:
        self.all_problems = list(all_problems)
        super().__init__(
            primary="could not read definition",
            detail=_sentence("; ".join(map(_in_one_line, self.all_problems))),
            hint="Remove the resource with -d, and register it again with -a.",
        )


def _in_one_line(problem: Failure) -> str:
    if not problem.detail:
        return problem.primary
    return f"{problem.primary} ({problem.detail.rstrip('.')})"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def settings(definition: ResourceDefinition) -> dict[str, object]:
    """Return what was set, defaults included, as lists, tables, numbers and strings."""
    values = {key: getattr(definition, key) for key in SETTINGS}
    return values | {"nodes": list(definition.nodes), "env": dict(definition.env)}


def encode(definition: ResourceDefinition) -> str:
    """Return the text of definition.toml for *definition*."""
    identity = {key: getattr(definition, key) for key in IDENTITY}
    identity["groups"] = list(definition.groups)
    values = settings(definition)
    tables = {"env": values.pop("env"), IDENTITY_TABLE: identity}
    return key_value.written(values | tables)


def decode(text: str) -> ResourceDefinition:
    """Return the definition that *text* holds.  Raises Unsound, naming every problem."""
    values = _flat(_parse(text))
    found = [*_unexpected(values), *_missing(values), *problems(values)]
    if found:
        raise Unsound(found)
    return _build(values)


def _parse(text: str) -> dict[str, object]:
    try:
        return key_value.read(text)
    except key_value.Unreadable as ex:
        problem = Failure(f"line {ex.line} cannot be understood: {ex.reason}")
        raise Unsound([problem]) from ex


def _flat(document: Mapping[str, object]) -> dict[str, object]:
    """Lift the keys of [os_user_identity] beside the others; a stray key keeps its table."""
    values: dict[str, object] = {}
    for key, value in document.items():
        if key == IDENTITY_TABLE and isinstance(value, Mapping):
            values |= {_lifted(inner): value[inner] for inner in value}
        else:
            values[_at_top(key)] = value
    return values


def _at_top(key: str) -> str:
    return f"{key} outside {IDENTITY_TABLE}" if key in IDENTITY else key


def _lifted(key: str) -> str:
    return key if key in IDENTITY else f"{IDENTITY_TABLE}.{key}"


def _unexpected(values: Mapping[str, object]) -> list[Failure]:
    strange = [key for key in values if key not in CHECKS]
    return [Failure(f"unrecognized key {quoted(key)}") for key in strange]


def _missing(values: Mapping[str, object]) -> list[Failure]:
    absent = [key for key in REQUIRED if key not in values]
    return [Failure(f"missing key {quoted(key)}") for key in absent]


def _build(values: Mapping[str, Any]) -> ResourceDefinition:
    lists = {key: tuple(values[key]) for key in ("nodes", "groups")}
    return ResourceDefinition(**{**values, **lists})
