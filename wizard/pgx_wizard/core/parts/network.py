"""IpAddresses: the takeover network, whose screen no manual shows.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from pgx_wizard.core.parts import kinds
from pgx_wizard.core.parts.setting import seconds, setting, several, table
from pgx_wizard.core.parts.sub_application import Entry, Pairs, SubApplication


@dataclass(frozen=True, slots=True)
class NetworkAddress:
    """A takeover address of the takeover network: a line of hvipalias for each node."""

    name: str = setting(toml="name", kind=kinds.word, required=True, unique=True)
    address: str = setting(
        "", toml="address", kind=kinds.address, required=True, unique=True
    )
    device: str = setting("", toml="device", kind=kinds.word, required=True)
    # length of the network's prefix, in bits
    prefix: int = setting(0, toml="prefix", kind=kinds.prefix, required=True)


@dataclass(frozen=True, slots=True)
class TakeoverNetwork(SubApplication):
    """The takeover network.  hvw's words for its settings are not known.  Timeout in seconds."""

    addresses: tuple[NetworkAddress, ...] = setting(
        (),
        toml="address",
        tables=table(NetworkAddress),
        required=True,
        made=several(NetworkAddress),
        hvw="<name>",
        listed=True,
        shown=attrgetter("name"),
        read=NetworkAddress,
    )
    timeout: int = seconds(60, "Timeout", hvw="<Timeout>")

    declared_as = "network"
    label = title = "IpAddresses"
    inferred = True
    additional = "Additional"
    key = ""
    offered_by = "hvw offers what hvipalias has on this node."
    example = """\
# Or of the takeover network (hvw's IpAddresses): a line of hvipalias for each node.
# [network]
# [[network.address]]
# name = "dbhost"
# address = "192.0.2.10"
# device = "eth1"
# prefix = 24

"""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The names of the addresses."""
        return tuple(Entry(address.name) for address in self.addresses)

    @property
    def values(self) -> Pairs:
        """The time-out."""
        return (("Timeout", str(self.timeout)),)

    def objects(self) -> dict[str, tuple[int, int]]:
        """Return how many resource objects it has."""
        return {"takeover network": (len(self.addresses), 10)}
