"""etcd's JSON gateway over several endpoints: tried in turn, with bounded times.

An endpoint that does not answer, or cannot at present, is followed by the next; whoever
answered last is asked first.  So something may be asked twice: transactions compare what
they have read, so that the second changes nothing.
"""

from __future__ import annotations

import ssl
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any

from pgx_mirror.conf.network import Endpoint
from pgx_mirror.register.etcd.http import NOT_ETCD, Denied, Http, NoAnswer
from pgx_mirror.register.etcd.place import Place

_TXN, _GRANT, _KEEP = "/v3/kv/txn", "/v3/lease/grant", "/v3/lease/keepalive"
_LOG_IN = "/v3/auth/authenticate"
# gRPC's codes.
_UNAUTHENTICATED, _PERMISSION, _PRECONDITION, _ARGUMENT = 16, 7, 9, 3
_STALE = ("invalid auth token", "revision of auth store is old")
_REFUSED = "authentication failed"


class Away(Exception):
    """etcd gives no answer, and why; *refused*: it will not soon."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Found:
    """A key's value, and the revision of its last change."""

    value: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A transaction's: whether its comparisons held, etcd's revision, and what was read."""

    done: bool
    revision: int
    cluster: str
    found: tuple[Found | None, ...]


class Gateway:
    """etcd, for one caller; *first*: the number of the endpoint that is tried first.

    token  what it shows now, "" before it has logged in
    """

    def __init__(
        self, place: Place, tls: ssl.SSLContext | None, first: int = 0
    ) -> None:
        self._place = place
        self._members = [(end, Http(end, tls)) for end in place.endpoints]
        self._at = first % len(self._members)
        self.token = ""

    # ---- what is asked -------------------------------------------------------------------

    def read(self, keys: tuple[str, ...], *, written: str = "") -> Outcome:
        """Return what *keys* are at one instant, which is not before now.  Raises Away.

        Never serializable: a member that is behind must not answer from its own memory.
        *written*: a key that could be written as well, and is not: Away where etcd takes no
        write, as with its space used up, though it reads and keeps leases.
        """
        body = reading(keys)
        if written:  # else: nothing is compared, so this is never done
            never = {"key": _b64(written), "value": ""}
            body["failure"] = [{"request_put": never}]
        found = self._txn(body)
        if len(found.found) != len(keys):
            raise Away(NOT_ETCD)
        return found

    def put(
        self,
        key: str,
        value: bytes,
        *,
        lease: int = 0,
        where: dict[str, int] | None = None,
    ) -> Outcome:
        """Write *key* if the keys of *where* were changed last at those revisions.

        Revision 0: it is not there.  The key lives as long as *lease*.  Raises Away.
        """
        wanted = {"key": _b64(key), "value": b64encode(value).decode()}
        if lease:
            wanted["lease"] = str(lease)
        compare = tuple(_compared(*one) for one in (where or {}).items())
        body = {"compare": list(compare), "success": [{"request_put": wanted}]}
        return self._txn(body)

    def grant(self, seconds: int) -> int:
        """Return a new lease.  Raises Away."""
        return _number(self._call(_GRANT, {"TTL": str(seconds)}), "ID")

    def keep(self, lease: int) -> bool:
        """Keep *lease* alive; False where it lives no more.  Raises Away."""
        found = self._call(_KEEP, {"ID": str(lease)}).get("result")
        return isinstance(found, dict) and _number(found, "TTL") > 0

    def close(self) -> None:
        """End all connections."""
        for _, http in self._members:
            http.close()

    # ---- how -----------------------------------------------------------------------------

    def _txn(self, body: dict[str, Any]) -> Outcome:
        try:
            return _outcome(self._call(_TXN, body))
        except (AttributeError, KeyError, TypeError, ValueError) as ex:
            raise Away(NOT_ETCD) from ex

    def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask one endpoint after the other.  Raises Away, with what each has said."""
        reasons: dict[Endpoint, str] = {}
        for _ in self._members:
            endpoint, http = self._members[self._at]
            try:
                return self._answered(http, path, body)
            except NoAnswer as ex:
                reasons[endpoint] = str(ex)
            except Denied as ex:
                if _is_final(ex):
                    raise Away(_denied(ex, self._place), refused=True) from ex
                reasons[endpoint] = str(ex)
            self._at = (self._at + 1) % len(self._members)
        raise Away(_in_words(self._place.endpoints, reasons))

    def _answered(self, http: Http, path: str, body: dict[str, Any]) -> dict[str, Any]:
        seconds = self._place.timeout
        if self._place.user and not self.token:
            self._log_in(http)
        try:
            return http.post(path, body, self.token, seconds)
        except Denied as ex:
            if not self._place.user or not _is_stale(ex):
                raise
        self._log_in(http)  # the token has expired, or the member has forgotten it
        return http.post(path, body, self.token, seconds)

    def _log_in(self, http: Http) -> None:
        body = {"name": self._place.user, "password": self._place.password}
        token = http.post(_LOG_IN, body, "", self._place.timeout).get("token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise NoAnswer(NOT_ETCD)
        self.token = token


def reading(keys: tuple[str, ...]) -> dict[str, Any]:
    """Return the transaction that reads *keys*."""
    return {"success": [{"request_range": {"key": _b64(key)}} for key in keys]}


def _is_stale(ex: Denied) -> bool:
    return ex.code == _UNAUTHENTICATED or any(words in str(ex) for words in _STALE)


def _is_final(ex: Denied) -> bool:
    """Whether every member would say the same, and do hard work for it."""
    if ex.code in (_PERMISSION, _PRECONDITION, _UNAUTHENTICATED):
        return True
    words = ("user name is empty", _REFUSED)
    return ex.code == _ARGUMENT and any(one in str(ex) for one in words)


def _denied(ex: Denied, place: Place) -> str:
    """Return in words for people what etcd refuses."""
    said = str(ex)
    if _REFUSED in said:
        return f'etcd refuses user "{place.user}": the user or the password is another'
    if "user name is empty" in said or (ex.code == _PERMISSION and not place.user):
        return "etcd asks for a user and a password"
    if ex.code == _PERMISSION:
        return f'etcd gives user "{place.user}" no right to keys below "{place.prefix}"'
    if "not enabled" in said:
        return f'etcd has authentication not enabled, and user "{place.user}" is given'
    return said


def _in_words(endpoints: tuple[Endpoint, ...], reasons: dict[Endpoint, str]) -> str:
    """Return what each endpoint has said, in the order of the configuration."""
    whys = [reasons.get(end, "") for end in endpoints]
    if len(set(whys)) == 1:
        return f"{', '.join(map(str, endpoints))}: {whys[0]}"
    return "; ".join(f"{end}: {why}" for end, why in zip(endpoints, whys, strict=True))


def _b64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _compared(key: str, revision: int) -> dict[str, str]:
    what = "mod" if revision else "create"
    return {
        "key": _b64(key),
        "target": what.upper(),
        "result": "EQUAL",
        f"{what}_revision": str(revision),
    }


def _number(found: dict[str, Any], name: str) -> int:
    """Return a 64-bit number, which JSON has as a text; 0 is left out."""
    try:
        return int(found.get(name, "0"))
    except (TypeError, ValueError) as ex:
        raise Away(NOT_ETCD) from ex


def _outcome(found: dict[str, Any]) -> Outcome:
    """Raises AttributeError, KeyError, TypeError, ValueError."""
    header = found["header"]
    ranges = [
        r["response_range"] for r in found.get("responses", ()) if "response_range" in r
    ]
    return Outcome(
        found.get("succeeded") is True,
        int(header["revision"]),
        str(int(header["cluster_id"])),
        tuple(_found(one) for one in ranges),
    )


def _found(answer: dict[str, Any]) -> Found | None:
    kvs = answer.get("kvs", [])
    if not kvs:
        return None
    (one,) = kvs
    return Found(
        b64decode(one.get("value", ""), validate=True), int(one["mod_revision"])
    )
