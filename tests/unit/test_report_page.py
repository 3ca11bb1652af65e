"""The report as a page: each fault in words, RMS beside it, nothing of a log gets through."""

from __future__ import annotations

import pytest

from pgx_pclrsc.history.core import words
from pgx_pclrsc.history.core.switchlog import read
from tests.html import Page
from tests.report_pages import drawn, fault_reason, message
from tests.traces import REASON, Written, failover

EVIL = "</style></title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def incidents(trace: Written, rms: str = "") -> list[words.Incident]:
    """Return what went wrong, in words."""
    known, entries = trace.read(), read(rms)
    return [
        words.incident(one, known, entries, trace.now + 1) for one in words.wrong(known)
    ]


def test_a_fault_is_told_from_the_last_answer_to_the_next() -> None:
    trace = failover()
    known = trace.read()
    (told,) = incidents(trace, fault_reason(known.faults[0].at + 2))
    said = [what for _, what in told.steps]

    assert told.title == f"Faulted: {REASON}"
    assert said[0] == "The server answered for the last time."
    assert said[1].startswith("Questions began to fail, 6 of 7 times until ")
    assert said[1].endswith(f": {REASON}.")
    assert said[2] == f"The monitor judged it Faulted: {REASON}."
    assert said[3].startswith("RMS wrote (DET, 2) ERROR: FAULT REASON")
    assert said[4] == "pgx_offline began (HV_OFFLINE_REASON=FAULT)."
    assert said[5] == (
        "It chose the immediate stop, because HV_OFFLINE_REASON is FAULT."
    )
    assert said[6].startswith("It requested an immediate shutdown")
    assert said[7] == "pgx_offline ended with 0 after 1.5 s."
    assert said[8] == "pgx_online began (HV_SCRIPT_TYPE=Online)."
    assert said[-2] == "pgx_online ended with 0 after 1.2 s. It started the server."
    assert said[-1] == (
        "It was Online here again. The outage was 41 s, from the last answer on."
    )
    times = [at for at, _ in told.steps]
    assert times[:-1] == sorted(times[:-1])
    assert told.evidence[0].startswith("postmaster 4711: state T")


def test_a_fault_that_is_not_over_says_so() -> None:
    trace = Written()
    trace.online()
    trace.fault()
    (told,) = incidents(trace)

    assert told.steps[-1][1].startswith("It has not been Online on this node since")


def test_a_script_that_fails_is_told_with_its_reason() -> None:
    trace = Written()
    trace.online(code=1, problem='could not start instance "pg1": no space')
    (told,) = incidents(trace)

    assert not told.is_fault
    assert told.title == 'pgx_online failed: could not start instance "pg1": no space'
    assert told.steps[-1][1].endswith("no space. Look at it.")


def test_each_of_two_faults_has_its_own_scripts() -> None:
    trace = failover()
    trace.fault()
    trace.offline("FAULT", after=4)
    one, two = incidents(trace)

    assert sum(" began (" in what for _, what in one.steps) == 2
    assert sum(" began (" in what for _, what in two.steps) == 1


def test_the_page_has_all_of_it() -> None:
    trace = failover()
    fault = trace.read().faults[0].at
    rms = fault_reason(fault + 2) + "pgx_offline: info: Offline\n"
    rms += message(fault + 9, "NOTICE", "Host <node2RMS> joins", "ADC, 6")
    html = drawn(trace.text, trace.now, rms)
    page = Page(html)

    for title in ("What went wrong", "Timeline", "Latency of answers", "Script runs"):
        assert title in page.text
    assert "1 fault and no failed scripts" in page.text
    assert page.classes["rect", "bad"] >= 1
    assert page.classes["path", "bad"] == 1  # what RMS wrote
    assert "FAULT REASON: Resource <Cmd_pg1>" in page.text
    assert "a script printed: pgx_offline: info: Offline" in page.text
    assert "(ADC, 6) NOTICE: Host <node2RMS> joins" in page.text
    assert "1,800 answers" in page.text
    assert "the slowest took 3.2 ms" in page.text
    assert "Made by pgx_pclrsc" in page.text


def test_only_what_was_asked_for_is_shown() -> None:
    trace = failover()
    trace.answers(600)
    html = drawn(trace.text, trace.now, since=trace.now - 3600)

    page = Page(html)
    assert "no faults and no failed scripts" in page.text
    assert "Nothing: no fault" in page.text
    assert "No script ran in this time." in page.text
    assert "At no time" in page.text
    assert "1,200 answers" in page.text


def test_a_page_of_nothing_says_so() -> None:
    page = Page(drawn("", 1e9))

    assert "The trace of this resource tells nothing of this time." in page.text
    assert "No switchlog was given" in page.text
    assert "an older version kept none" in page.text


@pytest.mark.parametrize("evil", [EVIL, "\u202e\x00\x1b[31m", "x" * 100_000])
def test_what_a_log_says_stays_a_text(evil: str) -> None:
    trace = Written()
    trace.online(code=1, problem=evil)
    trace.online()
    trace.fault(evil)
    trace.write("pgx_monitor", 900, f"server log: {evil}")
    trace.write("pgx_offline", 200, f"begins HV_OFFLINE_REASON={evil}")
    trace.write("pgx_offline", 200, "ends with 0", 1)
    rms = message(trace.now, "ERROR", evil) + evil + "\n"
    html = drawn(trace.text, trace.now, rms)

    page = Page(html)
    assert html.count("<script") == 0
    assert html.count("</style>") == 1
    assert len(html) < 300_000
    assert html.isprintable() or set(filter(lambda c: not c.isprintable(), html)) == {
        "\n"
    }
    if evil == EVIL:
        assert evil in page.text


def test_a_page_of_very_much_can_still_be_opened() -> None:
    trace = Written()
    for _ in range(400):
        trace.online()
        trace.answers(1)
        trace.fault(after=0.1)
        trace.offline("FAULT")
    html = drawn(trace.text, trace.now)

    page = Page(html)
    assert page.elements["article"] == 40
    assert "360 earlier ones are left out." in page.text
    assert "more rows are left out." in page.text
    assert len(html) < 2_000_000
