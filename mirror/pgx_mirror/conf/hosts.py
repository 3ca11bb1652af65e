"""A host as it is written in a file: a name, or an IPv4 or IPv6 address.  Pure."""

from __future__ import annotations

import ipaddress
import re

_LONGEST_NAME = 253
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address(host: str) -> Address | None:
    """Return *host* as an address, None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def host_fault(host: str) -> str:
    """Return why *host* cannot be connected to, "" when it can."""
    found = address(host)
    if found is not None:
        if (
            found.is_unspecified
            or found.is_multicast
            or str(found) == "255.255.255.255"
        ):
            return "It is no address of one host."
        return ""
    if host.startswith("["):
        return "An IPv6 address stands without brackets here."
    if re.fullmatch(r"[0-9.]+|.*:.*", host):
        return "It is no IPv4 or IPv6 address."
    if len(host) > _LONGEST_NAME:
        return f"A host name has at most {_LONGEST_NAME} characters."
    if not all(_LABEL.fullmatch(label) for label in host.removesuffix(".").split(".")):
        return (
            'A host name is of ASCII letters, digits, "-" and "_", with dots between.'
        )
    return ""


def is_loopback(host: str) -> bool:
    """Whether *host* is an address that other hosts cannot reach."""
    found = address(host)
    return found is not None and found.is_loopback


def same_host(host: str) -> str:
    """Return one text for all ways to write the same address, or the same name."""
    found = address(host)
    return str(found) if found is not None else host.removesuffix(".").lower()
