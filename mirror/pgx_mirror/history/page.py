"""The report of a pair as a page.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pgx_base import moments
from pgx_base.page import timeline, whole
from pgx_base.page.axis import Axis
from pgx_base.page.markup import Content, element
from pgx_base.page.table import facts, table
from pgx_base.page.timeline import Lane, Mark, Span
from pgx_mirror.core.mark import ALONE, GIVEN, NEW, OUT, PAIR, SYNC
from pgx_mirror.history.told import UNKNOWN, Gap, Role, Said, Server, Told
from pgx_mirror.history.words import TONES, Incident, incidents

_ROLES = {
    PAIR: ("good", "primary, in sync"),
    ALONE: ("warn", "primary, alone"),
    SYNC: ("good", "standby, in sync"),
    OUT: ("warn", "standby, not in sync"),
    NEW: ("busy", "standby, new"),
    GIVEN: ("bad", "primary no more"),
    UNKNOWN: ("unknown", "not known"),
}
_MEANINGS = (
    ("good", "in sync: primary or standby"),
    ("warn", "a primary alone; a standby not in sync"),
    ("bad", "primary no more; the other server is not heard"),
    ("busy", "a new standby"),
    ("off", "its database server does not run"),
    ("unknown", "not known: no controller tells"),
)
_TOLD = 40  # incidents in words


@dataclass(frozen=True, slots=True)
class About:
    """What a report is of: which time, by which clock, made of what."""

    since: float | None
    now: float
    notes: tuple[str, ...]
    made: str


def draw(about: About, told: Told) -> str:
    """Return the page."""
    end = max(told.end, about.now)
    first = told.begin if told.begin is not None else end
    begin = min(first if about.since is None else about.since, end)
    said = [one for one in told.said if begin <= one.at <= end]
    wrong = incidents(said)
    names = " and ".join(sorted(told.servers)) or "no server"
    return whole.page(
        f"Pair of {names}",
        [
            element("p", _lead(told, begin, end, wrong), class_="lead"),
            _summary(told, said),
            whole.section("What went wrong", *_wrong(wrong)),
            whole.section("Timeline", *_timeline(told, said, Axis(begin, end))),
            whole.section("Roles and epochs", _roles(told, begin)),
            whole.section("Not heard", _gaps(told, begin)),
            whole.section("Messages of both servers", _messages(told, said)),
            whole.section("What was read", _notes(about)),
        ],
        about.made,
    )


def _lead(told: Told, begin: float, end: float, wrong: Sequence[Incident]) -> str:
    count = f"{len(wrong) or 'no'} incident{'' if len(wrong) == 1 else 's'}"
    period = f"From {moments.text(begin)} to {moments.text(end)}: {count}."
    if not told.servers:
        return "The traces tell nothing of this time."
    last = (
        f"{name} is {_words(server.roles[-1])}"
        for name, server in sorted(told.servers.items())
    )
    return f"{period} By what was told last, {', '.join(last)}."


def _words(role: Role) -> str:
    if role.state == UNKNOWN and role.down:
        return "down"
    named = _ROLES.get(role.state, ("", role.state))[1]
    epoch = f" (epoch {role.epoch})" if role.epoch else ""
    return f"{named}{epoch}{', down' if role.down else ''}"


def _tone(role: Role) -> str:
    return "off" if role.down else _ROLES.get(role.state, ("unknown", ""))[0]


def _summary(told: Told, said: Sequence[Said]) -> Content:
    kinds = [(kind, sum(one.kind == kind for one in said)) for kind in TONES]
    servers = [
        (name, _words(server.roles[-1]))
        for name, server in sorted(told.servers.items())
    ]
    return facts(
        [*servers, *((f"Messages: {kind}", str(count)) for kind, count in kinds)]
    )


def _wrong(found: Sequence[Incident]) -> Iterator[Content]:
    if not found:
        yield element("p", "Nothing: no warning and no error.")
    if len(found) > _TOLD:
        left = len(found) - _TOLD
        yield element("p", f"{left} earlier ones are left out.", class_="note")
    for one in found[-_TOLD:]:
        title = f"{moments.text(one.said[0].at)} {one.gravest.text}"
        steps = whole.steps((moments.clock(at, 3), what) for at, what in one.steps())
        class_ = None if one.is_bad else "warn"
        yield element("article", element("h3", title), steps, class_=class_)


def _timeline(told: Told, said: Sequence[Said], axis: Axis) -> Iterator[Content]:
    lanes = []
    for name, server in sorted(told.servers.items()):
        roles = [Span(r.begin, r.end, _tone(r), _words(r)) for r in server.roles]
        gaps = [Span(g.begin, g.end, *_gap(g)) for g in server.gaps]
        marks = [
            Mark(one.at, TONES.get(one.kind, "off"), f"{one.kind}: {one.text}")
            for one in said
            if one.server == name
        ]
        lanes += [Lane(name, roles, marks), Lane("not heard", gaps)]
    yield timeline.draw(
        axis, lanes, "Roles of both servers, and when they were not heard"
    )
    yield timeline.legend(_MEANINGS)


def _gap(gap: Gap) -> tuple[str, str]:
    if gap.late:
        return "warn", "this controller did not run"
    return "bad", "the other server is not heard"


def _roles(told: Told, begin: float) -> Content:
    rows = [
        (role.begin, name, role)
        for name, server in told.servers.items()
        for role in server.roles
        if role.end >= begin and (role.end > role.begin or role.state != UNKNOWN)
    ]
    rows.sort(key=lambda row: row[0])
    shown = [
        (moments.text(at, 3), name, role.epoch, _words(role), _length(role))
        for at, name, role in rows
    ]
    return table(("from", "server", "epoch", "what it was", "for"), shown)


def _length(of: Role | Gap) -> str:
    return moments.length(max(of.end - of.begin, 0.0))


def _gaps(told: Told, begin: float) -> Content:
    found = [
        (gap.begin, name, gap, server)
        for name, server in told.servers.items()
        for gap in server.gaps
        if gap.end >= begin
    ]
    if not found:
        return element("p", "Each heard the other all the time.")
    found.sort(key=lambda row: row[0])
    rows = [
        (moments.text(at, 3), name, _gap(gap)[1], _length(gap) + _still(gap, server))
        for at, name, gap, server in found
    ]
    return table(("from", "server", "what", "for"), rows)


def _still(gap: Gap, server: Server) -> str:
    return ", and is not yet" if server.deaf and gap is server.gaps[-1] else ""


def _messages(told: Told, said: Sequence[Said]) -> Content:
    names = sorted(told.servers)
    rows = []
    for one in said:
        text = f"{one.kind}: {one.text} ({one.number})"
        cells = [text if name == one.server else "" for name in names]
        rows.append((moments.text(one.at, 3), *cells))
    return table(("time", *names), rows)


def _notes(about: About) -> Content:
    clocks = (
        "Times are those of each server's own clock, as they were written: where the clocks "
        "differ, so does the order."
    )
    return element("ul", *(element("li", note) for note in (*about.notes, clocks)))
