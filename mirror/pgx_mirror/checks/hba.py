"""pg_hba.conf, by pg_hba_file_rules: who may take the write-ahead log, and from where.  Pure.

The file is to be the same on both servers, with a line for replication from each of them:
a switch turns them round (manual 6.3.2).  `all` is no name of that database.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pgx_base.failure import Failure
from pgx_mirror.checks.finding import Finding

# One column a line's field; file_name is there from PostgreSQL 16 on.  Lists have commas.
SQL = """select coalesce(to_jsonb(r)->>'file_name', 'pg_hba.conf'), r.line_number,
 coalesce(r.type, ''), coalesce(array_to_string(r.database, ','), ''),
 coalesce(array_to_string(r.user_name, ','), ''), coalesce(r.address, ''),
 coalesce(r.netmask, ''), coalesce(r.auth_method, ''), coalesce(r.error, '')
 from pg_hba_file_rules r order by r.line_number"""
_FIELDS = 9
_REPLICATION = "replication"
# Addresses of which only that host can tell whether they are meant.
_ITS_OWN = frozenset({"samehost", "samenet"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of pg_hba.conf, as PostgreSQL reads it; *error* where it cannot."""

    file: str
    line: str
    kind: str = ""
    databases: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    address: str = ""
    mask: str = ""
    method: str = ""
    error: str = ""

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.file.rpartition('/')[2]}, line {self.line}"


def rules(rows: Iterable[tuple[str | None, ...]]) -> list[Rule]:
    """Return the answer to SQL as values; a row of another form is passed over."""
    found = [tuple(str(field or "") for field in row) for row in rows]
    return [
        Rule(f, n, kind, _list(dbs), _list(users), *rest)
        for f, n, kind, dbs, users, *rest in (r for r in found if len(r) == _FIELDS)
    ]


def not_read(whose: str, why: str) -> Failure:
    """Return that pg_hba.conf of *whose* could not be looked at: no reason to stop."""
    return Failure(
        f"pg_hba.conf of {whose} is not looked at: {why}",
        detail="Whether a server of this pair is let in for replication without a password, "
        "or after a switch not at all, is not known.",
        hint="Have a superuser of the database asked, or look through it yourself.",
    )


def _list(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def judge(found: list[Rule], whose: str) -> Iterator[Finding]:
    """Yield lines that cannot be read, and those that let anybody take the whole database."""
    for rule in found:
        if rule.error:
            yield Finding(_broken(rule, whose), is_error=True)
        elif _REPLICATION in rule.databases and rule.method == "trust":
            yield Finding(_trusting(rule, whose), is_error=not _is_of_host(rule))


def _broken(rule: Rule, whose: str) -> Failure:
    return Failure(
        f"{rule.place}, of {whose} cannot be read by PostgreSQL",
        detail=f"{rule.error[0].upper()}{rule.error[1:]}.",
        hint="Correct that line, and pg_ctl reload: until then the file has no effect, and a "
        "server does not start with it.",
    )


def _trusting(rule: Rule, whose: str) -> Failure:
    who = f"from {rule.address}" if rule.address else "on that host"
    return Failure(
        f"{rule.place}, of {whose} trusts for replication",
        detail=f"Whoever is {who} can copy the whole database, without a password.",
        hint="Write scram-sha-256 there and the password into .pgpass of the instance "
        "administrator on both servers, or peer for local; then pg_ctl reload.",
    )


def _is_of_host(rule: Rule) -> bool:
    """Whether nobody on another host is meant."""
    if rule.kind == "local":
        return True
    try:
        return ipaddress.ip_address(rule.address).is_loopback
    except ValueError:
        return rule.address in ("localhost", "samehost")


def missing(
    found: list[Rule], user: str, address: str, whose: str
) -> Iterator[Finding]:
    """Yield that *address* is not let in for replication as *user*, where that can be told.

    The first line that fits counts; one of which it cannot be told lets in.
    """
    try:
        asked = ipaddress.ip_address(address)
    except ValueError:
        return  # a socket, or a name: nobody's address
    for rule in found:
        fits = _fits(rule, user, asked)
        if fits is None or (fits and rule.method != "reject"):
            return
        if fits:
            break
    yield Finding(
        Failure(
            f"pg_hba.conf of {whose} has no line for replication from {address}",
            detail=f"User {user} is not let in from there, so that the server at that "
            "address could not be this one's standby after a switch.",
            hint=f'Add "host replication {user} {address}/{asked.max_prefixlen} '
            'scram-sha-256" there on both servers, and pg_ctl reload.',
        )
    )


def _fits(
    rule: Rule, user: str, asked: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> bool | None:
    """Return whether *rule* is for that connection, None where that cannot be told."""
    if rule.kind == "local" or _REPLICATION not in rule.databases:
        return False
    if "all" not in rule.users and user not in rule.users:
        groups = any(name[:1] in ("+", "/") for name in rule.users)
        return None if groups else False
    if rule.address == "all":
        return True
    if rule.address in _ITS_OWN:
        return None
    return _is_within(rule, asked)


def _is_within(
    rule: Rule, asked: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> bool | None:
    try:
        first = ipaddress.ip_address(rule.address)
        mask = ipaddress.ip_address(rule.mask)
    except ValueError:
        return None  # a host name
    if first.version != asked.version:
        return False
    return int(first) & int(mask) == int(asked) & int(mask)
