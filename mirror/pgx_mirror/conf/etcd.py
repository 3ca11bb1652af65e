"""Where etcd is, as serverIdentifier.conf has it: its members, and its keys' prefix.  Pure."""

from __future__ import annotations

from pgx_base.text import quoted
from pgx_mirror.conf.hosts import host_fault
from pgx_mirror.conf.network import Endpoint, port_fault

MOST = 16
_FORM = "Each is HOST:PORT, with a comma between two of them."


def members(text: str) -> tuple[Endpoint, ...]:
    """Return the members that *text* names; one without a fault."""
    return tuple(Endpoint(host, int(port)) for host, port in map(_split, _words(text)))


def members_fault(text: str) -> str:
    """Return why *text* names no members, a full sentence or several; "" when it does."""
    words = _words(text)
    faults = [f"{quoted(word)}: {fault}" for word in words if (fault := _fault(word))]
    if faults:
        return " ".join([*faults, _FORM])
    if len(words) > MOST:
        return f"It names at most {MOST} members."
    same = [(end.canonical) for end in members(text)]
    twice = [word for word, end in zip(words, same, strict=True) if same.count(end) > 1]
    return f"{quoted(twice[-1])} stands there twice." if twice else ""


def prefix_fault(text: str) -> str:
    """Return why *text* is no prefix of keys, a full sentence; "" when it is one."""
    if not text.startswith("/") or text.endswith("/") or "//" in text:
        return 'It begins with a slash, and ends with none: "/pgx_mirror/pair1".'
    return ""


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def _split(word: str) -> tuple[str, str]:
    host, _, port = word.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    return (host[1:-1] if bracketed else host), port


def _fault(word: str) -> str:
    """Return why *word* is no member's address, a full sentence."""
    if "://" in word:
        return "It is no URL here: with etcd_ssl_ca_file all are asked by TLS."
    host, port = _split(word)
    if not host:
        return "It has no host, or no port."
    if ":" in host and not word.startswith("["):
        return "An IPv6 address stands in brackets here."
    return host_fault(host) or port_fault(port)
