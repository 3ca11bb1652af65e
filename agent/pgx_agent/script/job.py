"""What a script was called for."""

from __future__ import annotations

from pgx_base.light.dataclasses import dataclass
from pgx_pclrsc.core.definition import ResourceDefinition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pgx_agent.core.request import Request


@dataclass(frozen=True, slots=True)
class Job:
    """*program* does what *request* asks for the resource of *definition*.

    *root* is the registry's directory, *timeout* the registered one of the script, seconds.
    """

    program: str
    definition: ResourceDefinition
    root: str
    request: Request
    timeout: int
