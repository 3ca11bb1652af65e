"""The report as a page.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pgx_base import moments
from pgx_base.page import plot, timeline, whole
from pgx_base.page.axis import Axis
from pgx_base.page.markup import Content, Markup, element, joined
from pgx_base.page.plot import Point
from pgx_base.page.table import facts
from pgx_base.page.timeline import Lane, Mark, Span
from pgx_pclrsc.history.core import outages, told, words
from pgx_pclrsc.history.core.about import About
from pgx_pclrsc.history.core.outages import Outage
from pgx_pclrsc.history.core.period import Period
from pgx_pclrsc.history.core.switchlog import OUTPUT, Entry
from pgx_pclrsc.history.core.tables import beside, not_online, script_runs
from pgx_pclrsc.history.core.told import Fault, Run, Told
from pgx_pclrsc.history.core.words import Incident

_TONES = {
    told.ONLINE: "good",
    told.DOUBTED: "warn",
    told.FAULTED: "bad",
    told.STARTING: "busy",
    told.STOPPING: "busy",
    told.OFFLINE: "off",
    told.LEFT: "bad",
    told.UNKNOWN: "unknown",
}
_MEANINGS = (
    ("good", "Online"),
    ("warn", "Online, and questions fail"),
    ("bad", "Faulted, or a script that failed"),
    ("busy", "a script works"),
    ("off", "Offline"),
    ("unknown", "not known: nothing is written of that time"),
)
_RMS_TONES = {"NOTICE": "off", "WARNING": "warn", "ERROR": "bad", "FATAL ERROR": "bad"}
_TOLD = 40  # incidents in words


def draw(about: About, known: Told, rms: Sequence[Entry]) -> str:
    """Return the page that tells *known*, and what *rms* has said."""
    period = Period(about, known, rms)
    went_wrong = [one for one in words.wrong(known) if period.has(words.began(one))]
    told_last = [
        words.incident(one, known, rms, about.now) for one in went_wrong[-_TOLD:]
    ]
    away = [one for one in outages.find(known) if period.meets(one.begin, one.end)]
    axis = Axis(period.begin, period.end)
    return whole.page(
        f"{about.name} on {about.node}",
        [
            element("p", _lead(about, known, period, went_wrong), class_="lead"),
            _summary(about, known, period, away, went_wrong),
            whole.section("What went wrong", *_wrong(told_last, len(went_wrong))),
            whole.section("Timeline", *_timeline(axis, known, rms)),
            whole.section("Latency of answers", *_latency(about, axis, known, period)),
            whole.section("Not Online on this node", not_online(away, about.now)),
            whole.section("Script runs", script_runs(period.runs())),
            whole.section("RMS's view beside ours", *_beside(known, period)),
            whole.section("What was read", *_notes(about, known)),
        ],
        about.made,
    )


# --- above all --------------------------------------------------------------------


def _lead(
    about: About, known: Told, period: Period, wrong: Sequence[Fault | Run]
) -> Markup:
    if not known.states:
        return joined(["The trace of this resource tells nothing of this time."])
    faults = sum(isinstance(one, Fault) for one in wrong)
    failed = len(wrong) - faults
    counted = f"{_count(faults, 'fault')} and {_count(failed, 'failed script')}"
    state = known.states[-1]
    tone = {"good": "good", "bad": "bad"}.get(_TONES[state.state])
    since = f", since {moments.text(state.begin)}"
    return joined(
        [
            f"From {moments.text(period.begin)} to {moments.text(period.end)}: {counted}. "
            "By its trace it is now ",
            element("b", state.state, class_=tone),
            since if state.begin > known.states[0].begin else "",
            ".",
        ]
    )


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _summary(
    about: About,
    known: Told,
    period: Period,
    away: Sequence[Outage],
    wrong: Sequence[Fault | Run],
) -> Markup:
    by_fault = [one for one in away if one.kind == outages.FAULT]
    lengths = [one.seconds(about.now) for one in by_fault]
    longest = moments.length(max(lengths)) if lengths else "none"
    runs = period.runs()
    failed = sum(run.has_failed for run in runs)
    return facts(
        [
            ("Faults", str(sum(isinstance(one, Fault) for one in wrong))),
            (
                "Outages by faults, in all",
                moments.length(sum(lengths)) if lengths else "none",
            ),
            ("The longest of them", longest),
            ("Script runs", f"{len(runs)}, {failed or 'none'} of them failed"),
            ("Settings", about.settings),
        ]
    )


# --- what went wrong --------------------------------------------------------------


def _wrong(found: Sequence[Incident], count: int) -> Iterator[Content]:
    if not found:
        yield element("p", "Nothing: no fault and no script that failed.")
    if count > len(found):
        left = count - len(found)
        yield element("p", f"{left} earlier ones are left out.", class_="note")
    for one in found:
        title = f"{moments.text(one.at)} {one.title}"
        steps = whole.steps((moments.clock(at, 3), what) for at, what in one.steps)
        seen = whole.folded("What was seen then", one.evidence)
        yield element(
            "article",
            element("h3", title),
            steps,
            seen if one.evidence else "",
            class_=None if one.is_fault else "warn",
        )


# --- drawings ---------------------------------------------------------------------


def _timeline(axis: Axis, known: Told, rms: Sequence[Entry]) -> Iterator[Content]:
    states = [
        Span(one.begin, one.end, _TONES[one.state], one.state) for one in known.states
    ]
    lanes = [
        Lane("state", states),
        Lane("pgx_online", [_span(one, axis) for one in known.runs if _starts(one)]),
        Lane(
            "pgx_offline", [_span(one, axis) for one in known.runs if not _starts(one)]
        ),
    ]
    if rms:
        marks = [
            Mark(one.at, _RMS_TONES[one.kind], f"({one.code}) {one.text}")
            for one in rms
            if one.kind != OUTPUT
        ]
        lanes.append(Lane("RMS wrote", (), marks))
    yield timeline.draw(axis, lanes, "States of the resource and runs of scripts")
    yield timeline.legend(_MEANINGS)


def _starts(run: Run) -> bool:
    return run.script == "pgx_online"


def _span(run: Run, axis: Axis) -> Span:
    tone = "bad" if run.has_failed else "busy"
    end = axis.end if run.end is None and run.begin + 1 > axis.end else run.end
    text = f"{run.did or run.script}, {run.asked}"
    return Span(run.begin, end if end is not None else run.begin, tone, text)


def _latency(
    about: About, axis: Axis, known: Told, period: Period
) -> Iterator[Content]:
    answers = period.answers()
    if not answers:
        text = "The trace has no answers of this time; an older version kept none."
        yield element("p", text)
    else:
        yield element("p", _in_words(answers))
    failed = [(one.at, f"failed: {one.reason}") for one in known.failed]
    if answers or failed:
        shown = "How long answers took, on a logarithmic scale"
        yield plot.draw(axis, answers, failed, shown, about.limit)
        yield timeline.legend(
            (
                ("busy", "an answer, from the quickest to the slowest"),
                ("bad", "none came"),
            )
        )


def _in_words(answers: Sequence[Point]) -> str:
    counted: Counter[float] = Counter()
    for _, took in answers:
        counted.update(took)
    total = counted.total()

    def within(part: float) -> str:
        left = total * part
        for value in sorted(counted):
            left -= counted[value]
            if left <= 0:
                break
        return f"{value:g} ms" if value < 1000 else f"{value / 1000:.1f} s"

    return (
        f"{total:,} answers: half of them within {within(0.5)}, 99 of 100 within "
        f"{within(0.99)}, the slowest took {within(1.0)}."
    )


# --- the rest ---------------------------------------------------------------------


def _beside(known: Told, period: Period) -> Iterator[Content]:
    if not period.rms():
        text = "No switchlog was given, or it says nothing of this time (--switchlog FILE)."
        yield element("p", text, class_="note")
    yield beside(known, period)


def _notes(about: About, known: Told) -> Iterator[Content]:
    notes = [
        *about.notes,
        *(
            f"The clock was set back at {moments.text(was, 3)}, to {moments.text(now, 3)}:"
            " from there on times stand twice."
            for was, now in known.set_back[:5]
        ),
        "Times are those of this node's clock, as they were written.",
    ]
    yield element("ul", *(element("li", note) for note in notes))
