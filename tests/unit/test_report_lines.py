"""Lines of a trace and of a switchlog, whole and damaged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fixtures.fake_rms.shell.switchlog import Logs
from pgx_base import moments, since, trace_lines
from pgx_base.failure import Failure
from pgx_base.trace import Trace, facts
from pgx_pclrsc.history.core import latency, switchlog

STAMP = "2026-11-29 17:31:13.123"
LATER = 1e10


def test_what_a_trace_has_written_is_read(tmp_path: Path) -> None:
    with Trace(str(tmp_path), 64, "pgx_online") as trace:
        trace.write("begins\n" + facts("online", step="Start", why='a "b"\n'))
    (first, second), unread = trace_lines.read(
        (tmp_path / "trace.log").read_text(), LATER
    )

    assert unread == 0
    assert (first.who, first.pid, first.text) == ("pgx_online", os.getpid(), "begins")
    assert first.is_for_people()
    assert first.facts() == {}
    assert second.facts()["why"] == 'a "b"\n'
    assert not second.is_for_people()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "cut off in its mid",
        "2026-11-29 17:31:13.123",
        f"{STAMP} pgx_online[] text",
        f"{STAMP} <script>[1] text",
        f"{STAMP[:5]}13-29 17:31:13.123 pgx_online[1] no such month",
        f"{STAMP} pgx_online[99999999999999] text",
        "\x00" * 4096,
        f"9999{STAMP[4:]} pgx_online[1] that is yet to come",
    ],
)
def test_another_line_is_counted_and_passed_over(line: str) -> None:
    whole = f"{STAMP} pgx_online[1] begins"
    found, unread = trace_lines.read(f"{line}\n{whole}\n{whole[:30]}", LATER)

    assert [one.text for one in found] == ["begins"]
    assert unread == bool(line) + 1


def test_facts_of_another_version_and_damaged_ones_say_nothing() -> None:
    for text in ('facts=1 of="', "facts=2 of=faulted", "facts=1 step=Kill"):
        (line,), _ = trace_lines.read(f"{STAMP} pgx_monitor[1] {text}", LATER)
        assert line.facts() == {}


def test_what_the_fake_rms_has_written_is_read(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    logs.message("DET", "3", "ERROR", "FAULT REASON: Resource <a> ...\nsecond line")
    logs.output("app1", b"pgx_online: error: no\n")
    logs.message("ADC", "6", "NOTICE", "Host <b> ...")
    found = switchlog.read((tmp_path / "switchlog").read_text())

    assert [(one.code, one.kind, one.text) for one in found] == [
        ("DET, 3", "ERROR", "FAULT REASON: Resource <a> ...\nsecond line"),
        ("", "output", "pgx_online: error: no"),
        ("ADC, 6", "NOTICE", "Host <b> ..."),
    ]
    assert found[1].at == found[0].at


def test_the_manuals_sample_is_read_and_the_form_with_a_blank() -> None:
    text = (
        "2012-05-14 11:08:22.060:(DET, 3): ERROR: FAULT REASON: x\n: ====\n"
        "2012-05-14 11:08:22.070: (BM, 12): FATAL ERROR: y\n"
    )
    assert [(one.code, one.kind, one.text) for one in switchlog.read(text)] == [
        ("DET, 3", "ERROR", "FAULT REASON: x"),
        ("BM, 12", "FATAL ERROR", "y"),
    ]


def test_garbage_is_no_message() -> None:
    assert switchlog.read("\x00\n: ====\n(DET, 3): ERROR: without a time\n") == []


def test_answers_of_a_minute_come_when_they_came() -> None:
    minute = latency.minute(1000.0, "57.1:1.2,54.0:30.0")

    assert minute is not None
    assert minute.first == pytest.approx(942.9)
    assert minute.last == 946.0
    assert minute.took() == [1.2, 30.0]
    assert [took for _, took in latency.points([minute], 943.0, 1000.0)] == [[30.0]]
    assert [took for _, took in latency.points([minute], 0.0, 1e6)] == [[1.2, 30.0]]


@pytest.mark.parametrize(
    "text", ["", "1.0", "1.0:", "1.0:1.0,", "-1.0:1.0", "1:1", "nan:1.0", "1.0:1e9"]
)
def test_damaged_answers_are_none(text: str) -> None:
    assert latency.minute(0.0, text) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-29", "2026-11-29 00:00:00"),
        ("2026-11-29 17:01", "2026-11-29 17:01:00"),
        ("2026-11-29T17:01:30", "2026-11-29 17:01:30"),
        ("08:15", "2026-11-30 08:15:00"),
        ("90min", "2026-11-30 10:30:00"),
        ("2h", "2026-11-30 10:00:00"),
        ("7d", "2026-11-23 12:00:00"),
    ],
)
def test_times_are_read_as_people_write_them(text: str, shown: str) -> None:
    now = moments.read("2026-11-30 12:00")
    assert now is not None
    found = since.read(text, now)

    assert since.problems(text) == []
    assert found is not None
    assert moments.text(found) == shown


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "25:00", "-1h", "1 h"])
def test_another_text_is_no_time(text: str) -> None:
    (problem,) = since.problems(text)

    assert isinstance(problem, Failure)
    assert problem.primary.startswith("invalid time")
