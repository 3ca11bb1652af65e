"""TLS around a connection, as an option: Python's ssl on bytes, no socket.

Both ends show a certificate of the authority that both are given; who dials also checks
that the other's is for the host of network.conf.  The secret is proved inside all the same,
and over both certificates: whoever is between the two with a certificate of its own is
found.
"""

from __future__ import annotations

import hashlib
import ssl

from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_mirror.peer.settings import TlsFiles
from pgx_mirror.wire.refused import TlsRefused

_PIECE = 64 * 1024


class Tls:
    """What is made of the files once, at a start; *host*: the peer's, in network.conf."""

    def __init__(self, files: TlsFiles, host: str) -> None:
        """Read *files*.  Raises Failure."""
        self._host = host.partition("%")[0]
        try:
            self._server = _context(files, ssl.PROTOCOL_TLS_SERVER)
            self._client = _context(files, ssl.PROTOCOL_TLS_CLIENT)
            self._mine = _own_certificate(files.certificate)
            self.dialled()  # a host that cannot be one is found here, not in the loop
        except (OSError, ValueError) as ex:  # ssl.SSLError is an OSError
            raise _unusable(files, ex) from ex

    def accepted(self) -> Layer:
        """Return the layer of a connection that was accepted."""
        return Layer(self._server, None, self._mine)

    def dialled(self) -> Layer:
        """Return the layer of a connection to the peer, whose certificate must name its host."""
        return Layer(self._client, self._host, self._mine)


class Layer:
    """One connection's TLS: bytes of the socket on one side, of the channel on the other."""

    def __init__(self, context: ssl.SSLContext, host: str | None, mine: bytes) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._in, self._out, server_side=host is None, server_hostname=host
        )
        self._server_side, self._mine = host is None, mine
        self.ready = False
        self.binding = b""
        if not self._server_side:
            self._shake()  # who dials speaks first

    def incoming(self, data: bytes) -> bytes:
        """Return what *data* decrypts to.  Raises TlsRefused."""
        self._in.write(data)
        try:
            if not self.ready:
                self._shake()
            return self._read() if self.ready else b""
        except ssl.SSLError as ex:
            raise TlsRefused(f"TLS: {_why(ex)}") from ex

    def outgoing(self, data: bytes) -> bytes:
        """Return the bytes for the socket, *data* encrypted among them."""
        if data:
            self._tls.write(data)
        return self._out.read()

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        theirs = self._tls.getpeercert(binary_form=True) or b""
        both = (self._mine, theirs) if self._server_side else (theirs, self._mine)
        self.binding = b"".join(hashlib.sha256(one).digest() for one in both)
        self.ready = True

    def _read(self) -> bytes:
        found = bytearray()
        try:
            while piece := self._tls.read(_PIECE):
                found += piece
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return bytes(found)


def _context(files: TlsFiles, protocol: ssl._SSLMethod) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(files.authority)
    context.load_cert_chain(files.certificate, files.key, password=_no_password)
    return context


def _no_password() -> str:
    """Refuse a key with a passphrase: the library would ask for it on the terminal."""
    raise ValueError("the key has a passphrase")


def _own_certificate(path: str) -> bytes:
    with open(path, encoding="ascii", errors="replace") as file:
        text = file.read(1 << 20)
    end = "-----END CERTIFICATE-----"
    begin = text.index("-----BEGIN CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(text[begin : text.index(end) + len(end)])


def _why(ex: ssl.SSLError) -> str:
    if isinstance(ex, ssl.SSLCertVerificationError):
        return f"the other end's certificate is refused: {ex.verify_message}"
    return (ex.reason or "it failed").lower().replace("_", " ")


def _unusable(files: TlsFiles, ex: Exception) -> Failure:
    reason = getattr(ex, "reason", None) or getattr(ex, "strerror", None) or str(ex)
    names = ", ".join(map(quoted, (files.certificate, files.key, files.authority)))
    return Failure(
        f"TLS of the admin network cannot be set up: {reason}",
        detail=f"Certificate, key and authority are {names}.",
        hint="Each is a PEM file that this user can read, the key without a passphrase.",
    )
