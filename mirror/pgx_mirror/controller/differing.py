"""What the two servers do not have in common: who is told, and that no pair is formed.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pgx_mirror.conf.network import Network, network_difference
from pgx_mirror.core.report import Report
from pgx_mirror.messages import peer as messages
from pgx_mirror.messages.message import Message
from pgx_mirror.peer.hello import ERROR, Difference, Hello

NETWORK, CLOCK = "network.conf", "clock"
SYSTEM, MAJOR = "system identifier", "major version"
PREFIX = "etcd_prefix"
BLOCKS, WAL_BLOCKS = "block size", "WAL block size"


def facts(system: str, major: int, blocks: tuple[int, int]) -> dict[str, str]:
    """Return what must agree, by the words that people are told; 0 is for not known."""
    sizes = {BLOCKS: blocks[0], WAL_BLOCKS: blocks[1]}
    known = {what: str(size) for what, size in sizes.items() if size}
    return {SYSTEM: system, MAJOR: str(major)} | known


def news(
    found: Sequence[Difference], hello: Hello, network: Network
) -> Iterator[tuple[Message, dict[str, Any]]]:
    """Yield a message for each difference, of network.conf one that names the first line."""
    if any(one.what == NETWORK for one in found):
        text = network_difference(network, hello.network)
        yield messages.OTHER_NETWORK, {"difference": text}
    for one in found:
        values = {"mine": one.mine, "theirs": one.theirs}
        match one.what:
            case "network.conf":
                pass
            case "clock":
                yield messages.CLOCK, {"seconds": one.theirs}
            case "system identifier":
                yield messages.OTHER_SYSTEM, values
            case "major version":
                yield messages.OTHER_MAJOR, values
            case "backup_destination":
                yield messages.OTHER_DESTINATION, _shown(values)
            case "etcd_prefix":
                yield messages.OTHER_PREFIX, values
            case what:
                yield messages.OTHER_BLOCKS, values | {"what": what}


def _shown(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text or "not set" for name, text in values.items()}


def hindrances(found: Sequence[Difference]) -> tuple[str, ...]:
    """Return why no pair is formed, each once; others are only warned of."""
    errors = [one.what for one in found if one.level == ERROR]
    return tuple(dict.fromkeys(f"its {what} is another" for what in errors))


def with_hindrances(report: Report, why: tuple[str, ...]) -> Report:
    """Return *report* as of a server that could not be promoted, where there is a reason.

    So it is neither joined nor switched to, and still heard: silence would mean more.
    """
    return replace(report, unable=(*report.unable, *why)) if why else report
