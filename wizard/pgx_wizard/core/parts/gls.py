"""Gls: takeover addresses of Global Link Services (manual A.1.5).  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pgx_wizard.core.parts import kinds
from pgx_wizard.core.parts.setting import seconds, setting, several, table
from pgx_wizard.core.parts.sub_application import Entry, SubApplication


@dataclass(frozen=True, slots=True)
class GlsAddress:
    """A takeover address of GLS."""

    name: str = setting(toml="name", kind=kinds.word, required=True, unique=True)
    auto_recover: bool = setting(False, toml="AUTORECOVER", kind=kinds.boolean)


def _shown(address: GlsAddress) -> str:
    """Return `N,name`; what hvw prints with AUTORECOVER set is not known."""
    return f"{'<AUTORECOVER>' if address.auto_recover else 'N'},{address.name}"


def _read(value: str) -> GlsAddress:
    flags, name = value.split(",", 1)
    return GlsAddress(name, auto_recover="A" in flags)


@dataclass(frozen=True, slots=True)
class Gls(SubApplication):
    """The takeover addresses of GLS.  Timeout in seconds."""

    addresses: tuple[GlsAddress, ...] = setting(
        (),
        toml="address",
        tables=table(GlsAddress),
        required=True,
        made=several(GlsAddress),
        hvw="TakeoverIpaddress",
        listed=True,
        shown=_shown,
        read=_read,
    )
    timeout: int = seconds(60, "Timeout")

    declared_as = "gls"
    label = "Gls:Global-Link-Services"
    title = "Gls"
    prefix = "Gls"
    section = "A.1.5"
    additional = "AdditionalTakeoverIpaddress"
    key = "TakeoverIpaddress"
    offered_by = "Register the takeover address with GLS first."
    example = """\
# Takeover addresses of GLS; leave the table out if there is none.
[gls]
# Timeout = 60
[[gls.address]]
name = "takeoverip"
# AUTORECOVER = false

"""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The addresses, each with its flag."""
        return tuple(
            Entry(one.name, frozenset({"AUTORECOVER"} if one.auto_recover else ()))
            for one in self.addresses
        )

    def objects(self) -> dict[str, tuple[int, int]]:
        """Return how many resource objects it has."""
        return {"Gls": (len(self.addresses), 64)}

    @classmethod
    def held_name(cls, value: str) -> str:
        """Return the address of `N,takeoverip`."""
        return value.partition(",")[2]

    @classmethod
    def held_flags(cls, value: str) -> frozenset[str]:
        """Return the flags of `N,takeoverip`: that AUTORECOVER shows as an A is inferred."""
        return frozenset({"AUTORECOVER"} if "A" in value.partition(",")[0] else ())
