"""What the register is called towards people: an arbiter, or etcd."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Called:
    """Words for one kind of register.

    name      in a sentence
    state     what of it is another one where it has lost its state
    enrolled  what is to be brought back then
    anew      what is named where it is lost for good
    look      how one looks at it
    """

    name: str
    state: str
    enrolled: str
    anew: str
    look: str


ARBITER = Called(
    "the arbiter",
    "the arbiter",
    "the arbiter that the pair has enrolled, with its management directory",
    "a new one with an empty directory",
    "mc_ctl status --arbiter, and mc_arb status on the arbitration server",
)
ETCD = Called(
    "etcd",
    "etcd's register",
    "etcd with the register that the pair has enrolled",
    "another etcd_prefix, or other members",
    "mc_ctl status --arbiter, and etcdctl endpoint health",
)
