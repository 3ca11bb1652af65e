"""All that a controller, or an arbiter, is told by its management directory, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from pgx_base.text import quoted
from pgx_mirror.conf import etcd
from pgx_mirror.conf.arbitration import Arbitration
from pgx_mirror.conf.network import Endpoint, Member, Network
from pgx_mirror.conf.problem import Problem
from pgx_mirror.conf.rows import ARBITRATION, MESSAGE
from pgx_mirror.conf.server import Server


@dataclass(frozen=True, slots=True)
class Settings:
    """What `load` has found.

    mcdir     the management directory, absolute
    network   network.conf
    local     the line of this server in it
    server    this server's serverIdentifier.conf
    secret    32 bytes, what the controllers prove to each other
    warnings  what is told at a start and does no harm
    """

    mcdir: str
    network: Network
    local: Member
    server: Server
    secret: bytes = field(repr=False)
    warnings: tuple[Problem, ...] = ()

    @property
    def identifier(self) -> str:
        """This server's identifier."""
        return self.local.identifier

    @property
    def peer(self) -> Member:
        """The other server's line."""
        return self.network.peer(self.local.identifier)

    @property
    def arbiter(self) -> Member | None:
        """The arbiter's line, None without one."""
        return self.network.arbiter

    @property
    def etcd(self) -> tuple[Endpoint, ...]:
        """etcd's members, where they are the register; empty where an arbiter is, or nothing."""
        given = self.server.etcd_endpoints
        return etcd.members(given) if given and self.policy == ARBITRATION else ()

    @property
    def register_name(self) -> str:
        """Who decides, as people know it."""
        if self.etcd:
            return "etcd"
        return (
            f"arbiter {quoted(self.arbiter.identifier)}" if self.arbiter else "arbiter"
        )

    @property
    def policy_given(self) -> bool:
        """Whether heartbeat_error_action stands in the file: `start -f` is refused without."""
        return self.server.heartbeat_error_action is not None

    @property
    def policy(self) -> str:
        """heartbeat_error_action; "message" where it is not given: nothing is automatic then."""
        return self.server.heartbeat_error_action or MESSAGE

    @property
    def silence(self) -> float:
        """After how many seconds without a word the other side counts as silent."""
        return self.server.silence


@dataclass(frozen=True, slots=True)
class ArbiterSettings:
    """What `load_arbiter` has found; *local* is network.conf's line of the arbiter."""

    mcdir: str
    network: Network
    local: Member
    arbitration: Arbitration
    secret: bytes = field(repr=False)
    warnings: tuple[Problem, ...] = ()
