"""Whatever stands in a trace and in a switchlog, the report is a sound page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pgx_base import moments
from tests.html import Page
from tests.report_pages import drawn
from tests.traces import BEGIN

ODD = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("<>&\"'=/ \\"),
    max_size=40,
)
WORDS = st.sampled_from(
    """begins HV=1
ends with 0
ends with 1
ends with
fast stop: x
facts=1 of=
facts=1 of=watched postmaster=1
facts=1 of=answers failures=2
facts=1 of=ended reason=x
facts=1 of=latency answers=57.1:1.2,0.1:99999.9
facts=1 of=latency answers=""
facts=1 of=offline mode=fast
facts=1 of=online step=Start
facts=1 of=stop step=Kill because=x""".splitlines()
)


@st.composite
def line(draw: st.DrawFn) -> str:
    """Return a line of a trace, often a sound one."""
    at = BEGIN + draw(st.floats(-1e5, 1e5) | st.floats(-6e10, 6e10))
    who = draw(
        st.sampled_from(["pgx_online", "pgx_offline", "pgx_monitor", "pgx_check"])
    )
    odd = draw(ODD)
    escaped = odd.replace("\\", "").replace('"', "").replace("\n", "")
    text = draw(
        WORDS
        | st.just(odd)
        | st.just(f'facts=1 of=faulted reason="{escaped}"')
        | st.just(f'facts=1 of=failed failures=1 allowed="{escaped}" reason=x')
    )
    whole = f"{moments.text(at, 3)} {who}[{draw(st.integers(1, 3))}] {text}"
    return whole[: draw(st.sampled_from([len(whole), len(whole) // 2]))]


ENTRY = st.builds(
    "{}:(DET, {}): {}: {}\n: ====\n{}\n".format,
    st.floats(BEGIN - 1e5, BEGIN + 1e5).map(lambda at: moments.text(at, 3)),
    st.integers(0, 99),
    st.sampled_from(["NOTICE", "WARNING", "ERROR", "FATAL ERROR", "other"]),
    ODD,
    ODD,
)


@given(
    st.lists(line(), max_size=30),
    st.lists(ENTRY, max_size=4),
    st.none() | st.floats(BEGIN - 1e6, BEGIN + 1e6),
)
def test_a_report_is_a_page(
    trace: list[str], rms: list[str], since: float | None
) -> None:
    html = drawn("\n".join(trace), BEGIN + 2e5, "".join(rms), since)

    page = Page(html)
    assert page.elements["section"] == 7
    assert "NaN" not in html
