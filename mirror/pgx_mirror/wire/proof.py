"""What both ends of a connection compute from the secret and what was said in the clear.

Everything that was said is in each of these values: the purpose, both identifiers with
their sides, both challenges, and what binds the connection to its TLS certificates.  So a
proof cannot be reflected, nor be used by another purpose, side, server or connection.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

NONCE = 32
PROOF = 32
SHORTEST_SECRET = 16


def framed(text: bytes) -> bytes:
    """Return *text* after its length in two bytes, so that no two lists look the same."""
    return len(text).to_bytes(2, "big") + text


@dataclass(frozen=True, slots=True)
class Said:
    """What was said in the clear by both ends."""

    purpose: bytes
    binding: bytes
    server: str
    client: str
    server_nonce: bytes
    client_nonce: bytes

    def value(self, secret: bytes, label: bytes) -> bytes:
        """Return 32 bytes that only a holder of *secret* can compute, different by *label*."""
        names = self.server.encode(), self.client.encode()
        nonces = self.server_nonce, self.client_nonce
        parts = (b"pgx_mirror 1", label, self.purpose, self.binding, *names, *nonces)
        return hmac.digest(secret, b"".join(map(framed, parts)), "sha256")


def same(one: bytes, other: bytes) -> bool:
    """Return whether two proofs are the same, in a time that does not tell how far."""
    return hmac.compare_digest(one, other)
