"""A channel: two ends prove to each other that they know the secret, then exchange payloads.

    server  challenge: purpose, its identifier, a nonce
    client  proof:     its identifier, a nonce, HMAC of all that was said
    server  answer:    HMAC of the same, with another label

The server speaks first, so whoever connects and proves nothing is given nothing that was
made from the secret.  Afterwards each direction has a key and a counter of its own.  A
refusal (one byte, unauthenticated) tells the other end why, so that it can say so too.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NoReturn

from pgx_mirror.wire.frames import Frames, frame
from pgx_mirror.wire.proof import NONCE, PROOF, SHORTEST_SECRET, Said, framed, same
from pgx_mirror.wire.refused import (
    Garbage,
    OtherPurpose,
    OtherSecret,
    Refused,
    UnknownPeer,
)
from pgx_mirror.wire.sealed import MORE, Opener, Sealer

CLIENT, SERVER = "client", "server"
LIMIT = 64 * 1024
LONGEST_NAME = 64
_LONGEST_BEFORE = 512
_CHALLENGE, _PROOF, _ANSWER, _REFUSAL = b"C", b"P", b"A", b"R"
_REFUSALS: dict[bytes, tuple[type[Refused], str]] = {
    b"p": (OtherPurpose, "the other end is not the program that was asked for"),
    b"n": (UnknownPeer, "the other end does not expect this server's identifier"),
    b"s": (OtherSecret, "the other end says that the secret differs"),
}
_CODES = {kind: code for code, (kind, _) in _REFUSALS.items()}


class Channel:
    """One end of a channel; bytes go in by `incoming` and out by `outgoing`.

    secret   what both servers have, at least 16 bytes
    me       this end's identifier;  known: those that the other may have, None for any
    side     CLIENT for who dialled, SERVER for who accepted
    nonce    32 random bytes, never used before
    purpose  what the connection is for: the other end's must be the same
    binding  what both ends know of the TLS connection around this one, if any
    """

    def __init__(
        self,
        secret: bytes,
        me: str,
        side: str,
        nonce: bytes,
        purpose: bytes,
        known: Collection[str] | None = None,
        binding: bytes = b"",
    ) -> None:
        if len(secret) < SHORTEST_SECRET or len(nonce) != NONCE:
            raise ValueError("a secret or a nonce that is too short")
        self.open = False
        self.who = ""
        self._secret, self._me, self._side = secret, me, side
        self._nonce, self._purpose, self._binding = nonce, purpose, binding
        self._known = known
        self._frames = Frames(_LONGEST_BEFORE)
        self._out = bytearray()
        self._said: Said | None = None
        self._why: Refused | None = None
        self._told = False
        if side == SERVER:
            self._write(_CHALLENGE, nonce, framed(purpose), framed(me.encode()))

    def outgoing(self) -> bytes:
        """Return what is to be sent now; it is forgotten here."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def send(self, payload: bytes) -> None:
        """Seal *payload*, at most LIMIT bytes, for the other end.  Raises ValueError."""
        if not self.open or len(payload) > LIMIT:
            raise ValueError(f"{len(payload)} bytes cannot be sent here")
        self._out += frame(self._sealer.seal(payload))

    def incoming(self, data: bytes) -> list[bytes]:
        """Return the payloads that *data* completes, authentic and in order.

        Raises Refused, and then `outgoing` may have a refusal for the other end: send it
        if it can be sent at once, and close.  What the same data had completed before is
        lost with the connection.  It raises the same whenever it is called again.
        """
        if self._why is not None:
            raise self._why
        self._frames.put(data)
        try:
            return self._taken()
        except Refused as ex:
            self._why = ex
            self._refuse(ex)
            raise

    def _taken(self) -> list[bytes]:
        found = []
        while (payload := self._frames.take()) is not None:
            if self.open:
                found.append(self._opener.open(payload))
            else:
                self._step(payload)
        return found

    def _refuse(self, why: Refused) -> None:
        """Tell the other end, unless it was it that refused, or the session has its key."""
        if not self.open and not self._told and type(why) in _CODES:
            self._write(_REFUSAL, _CODES[type(why)])

    def _step(self, payload: bytes) -> None:
        kind, body = payload[:1], payload[1:]
        if kind == _REFUSAL:
            self._refused(body)
        elif self._side == SERVER and kind == _PROOF:
            self._judge_proof(body)
        elif self._side == CLIENT and kind == _CHALLENGE and self._said is None:
            self._prove(body)
        elif self._side == CLIENT and kind == _ANSWER and self._said is not None:
            self._judge(self._said, body, b"server proves")
            self._start(self._said)
        else:
            raise Garbage("a message that has no place at this point")

    def _refused(self, code: bytes) -> NoReturn:
        self._told = True
        kind, text = _REFUSALS.get(code, (Garbage, "the other end refuses"))
        raise kind(text)

    def _prove(self, body: bytes) -> None:
        nonce, purpose, rest = _fields(body)
        if purpose != self._purpose:
            raise OtherPurpose("it is not the program that was asked for")
        server, rest = _name(rest)
        if rest:
            raise Garbage("a challenge with something behind it")
        self._recognize(server)
        self._said = self._all_said(server, self._me, nonce, self._nonce)
        proof = self._said.value(self._secret, b"client proves")
        self._write(_PROOF, self._nonce, framed(self._me.encode()), proof)

    def _judge_proof(self, body: bytes) -> None:
        nonce, rest = body[:NONCE], body[NONCE:]
        client, proof = _name(rest)
        self._recognize(client)
        said = self._all_said(self._me, client, self._nonce, nonce)
        self._judge(said, proof, b"client proves")
        self._write(_ANSWER, said.value(self._secret, b"server proves"))
        self._start(said)

    def _judge(self, said: Said, proof: bytes, label: bytes) -> None:
        if len(proof) != PROOF:
            raise Garbage("a proof of another length")
        if not same(proof, said.value(self._secret, label)):
            raise OtherSecret("the secret differs")

    def _all_said(
        self, server: str, client: str, server_nonce: bytes, client_nonce: bytes
    ) -> Said:
        return Said(
            purpose=self._purpose,
            binding=self._binding,
            server=server,
            client=client,
            server_nonce=server_nonce,
            client_nonce=client_nonce,
        )

    def _recognize(self, name: str) -> None:
        if name == self._me:
            raise UnknownPeer("it has this server's own identifier")
        if self._known is not None and name not in self._known:
            raise UnknownPeer(f'server identifier "{name}" is not expected')

    def _start(self, said: Said) -> None:
        """Begin the session: both have proved the secret."""
        up = said.value(self._secret, b"client to server")
        down = said.value(self._secret, b"server to client")
        mine, theirs = (up, down) if self._side == CLIENT else (down, up)
        self._sealer, self._opener = Sealer(mine), Opener(theirs)
        self._frames.longest = LIMIT + MORE
        self.who = said.server if self._side == CLIENT else said.client
        self.open = True

    def _write(self, kind: bytes, *parts: bytes) -> None:
        self._out += frame(kind + b"".join(parts))


def _cut(data: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(data[:2], "big")
    if len(data) < 2 + length:
        raise Garbage("a message that is cut off")
    return data[2 : 2 + length], data[2 + length :]


def _name(data: bytes) -> tuple[str, bytes]:
    name, rest = _cut(data)
    if not 0 < len(name) <= LONGEST_NAME or not all(
        0x20 < byte < 0x7F for byte in name
    ):
        raise Garbage("a server identifier that cannot be one")
    return name.decode("ascii"), rest


def _fields(challenge: bytes) -> tuple[bytes, bytes, bytes]:
    """Return nonce, purpose and what is left of *challenge*."""
    purpose, rest = _cut(challenge[NONCE:])
    return challenge[:NONCE], purpose, rest
