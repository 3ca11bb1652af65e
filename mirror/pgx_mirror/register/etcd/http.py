"""HTTP with one member of etcd: a POST, and the JSON object that it answers.

The one module that knows urllib3.  It waits: the controller's loop never calls it.
"""

from __future__ import annotations

import json
import re
import ssl
import time
from http.client import RemoteDisconnected
from typing import Any

import urllib3
from urllib3 import exceptions

from pgx_mirror.conf.network import Endpoint
from pgx_mirror.register.etcd.place import TlsFiles

NOT_ETCD = "what answers there is not etcd"
# What etcd answers in plain text: its gateway takes no name from a certificate.
_COMMON_NAME = b"CommonName of client"
COMMON_NAME = (
    "beside users it takes no client certificate with a common name (CN) in its subject"
)
REFUSES = "it refuses TLS: it may not take this server's certificate"
_LATER = (2, 4, 14)  # gRPC's codes: unknown, deadline exceeded, unavailable
LARGEST = 256 * 1024  # bytes of an answer
_PIECE = 16 * 1024


class NoAnswer(Exception):
    """There is none, and why: whether what was asked has been done nobody knows."""


class Denied(Exception):
    """etcd says no: its words, and gRPC's code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code

    @property
    def later(self) -> bool:
        """Whether it may be otherwise in a moment: there is no leader, or it takes too long."""
        return self.code in _LATER


def context(files: TlsFiles) -> ssl.SSLContext:
    """Return what TLS goes by; the member's certificate must name its host.

    Raises OSError, ValueError: a file is not what it must be.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_verify_locations(files.authority)
    if files.certificate:
        made.load_cert_chain(files.certificate, files.key, password=_no_password)
    return made


def reason_of(ex: OSError | ValueError) -> str:
    """Return the words of OpenSSL, or of the system."""
    if isinstance(ex, ssl.SSLError):
        return (ex.reason or "it failed").lower().replace("_", " ")
    return getattr(ex, "strerror", None) or str(ex)


def _no_password() -> str:
    """Refuse a key with a passphrase: the library would ask for it on the terminal."""
    raise ValueError("the key has a passphrase")


class Http:
    """The connection to *endpoint*, made when it is needed and kept."""

    def __init__(self, endpoint: Endpoint, tls: ssl.SSLContext | None) -> None:
        host, port = endpoint.host, endpoint.port
        self._pool: urllib3.HTTPConnectionPool = (
            urllib3.HTTPConnectionPool(host, port, maxsize=1)
            if tls is None
            else urllib3.HTTPSConnectionPool(host, port, maxsize=1, ssl_context=tls)
        )

    def post(
        self, path: str, body: dict[str, Any], token: str, seconds: float
    ) -> dict[str, Any]:
        """Return what it answers to *body* within *seconds*.  Raises NoAnswer, Denied."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = token
        try:
            response = self._pool.urlopen(
                "POST",
                path,
                body=json.dumps(body).encode(),
                headers=headers,
                timeout=urllib3.Timeout(total=seconds),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            with response:
                data = _read(response, time.monotonic() + seconds)
        except (exceptions.HTTPError, OSError, ValueError) as ex:
            raise NoAnswer(_why(ex, seconds)) from ex
        return _judged(response.status, data)

    def close(self) -> None:
        """End the connection."""
        self._pool.close()


def _read(response: urllib3.BaseHTTPResponse, until: float) -> bytes:
    data = b""
    for piece in response.stream(_PIECE):
        data += piece
        if len(data) > LARGEST:
            raise NoAnswer("its answer is too long")
        if time.monotonic() > until:
            raise NoAnswer("its answer takes too long")
    return data


def _judged(status: int, data: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer.  Raises NoAnswer, Denied."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if data.startswith(_COMMON_NAME):
        raise Denied(COMMON_NAME, 0)
    if not isinstance(found, dict):
        raise NoAnswer(f"{NOT_ETCD} (HTTP status {status})")
    if status == 200 and "error" not in found:
        return found
    text, code = found.get("error", found.get("message")), found.get("code")
    if isinstance(stream := text, dict):  # the answer of one
        text, code = stream.get("message"), stream.get("grpc_code", stream.get("code"))
    words = _printable(text) if isinstance(text, str) else f"HTTP status {status}"
    raise Denied(words, code if type(code) is int else 0)


def _printable(text: str) -> str:
    """Return etcd's words, which may be anybody's: cut, and on one line."""
    return re.sub(r"[^ -~]+", " ", text.removeprefix("etcdserver: "))[:120]


def _why(ex: Exception, seconds: float) -> str:
    if isinstance(ex, exceptions.NameResolutionError):
        return "its name cannot be resolved"
    late = isinstance(ex, exceptions.TimeoutError)
    if late and not isinstance(ex, exceptions.NewConnectionError):
        return f"no answer within {seconds:g} s"
    cause = _cause(ex)
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = str(cause.verify_message).rstrip(".")
        return f"its certificate is refused: {why}"
    if isinstance(cause, ssl.SSLError):
        reason = reason_of(cause)
        refuses = isinstance(cause, ssl.SSLEOFError) or " alert " in reason
        return REFUSES if refuses else f"TLS: {reason}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    if any(isinstance(part, RemoteDisconnected) for part in ex.args):
        return "it has closed the connection"
    return f"{NOT_ETCD} ({type(ex).__name__})"


def _cause(ex: BaseException) -> BaseException:
    """Return the system's or OpenSSL's error within *ex*."""
    inner = ex.__cause__ or ex.__context__ or next(iter(ex.args[-1:]), None)
    found = inner
    while isinstance(found, BaseException):
        if isinstance(found, OSError) and (
            found.strerror or isinstance(found, ssl.SSLError)
        ):
            return found
        found = found.__cause__ or next(iter(found.args[-1:]), None)
    return ex
