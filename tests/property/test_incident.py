"""Whatever traces and switchlogs hold, the fake RMS takes what is made of them."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fixtures.fake_rms.incident import switchlog, trace
from fixtures.fake_rms.incident.command import text_of
from fixtures.fake_rms.incident.events import Run, Told, ordered
from fixtures.fake_rms.incident.story import Story
from fixtures.fake_rms.model.names import Script
from fixtures.fake_rms.replay import grammar
from fixtures.fake_rms.replay.meaning import plan
from tests.fake_rms.incident_logs import BEGIN, OURS, Logs

AT = OURS.parent / "incident.rms"
USE = ["use database.toml", "use second_database.toml"]
PLAN = plan(grammar.parse(str(AT), "\n".join([*USE, "start"])))
NODES = st.sampled_from(("node1RMS", "node2RMS"))
REASONS = st.sampled_from(("STOP", "SHUT", "DEACT", "SWITCH", "FAULT", "", "x y"))
OBJECTS = st.sampled_from(
    ("Cmdline_pgxtest", "Fsystem001_Lfs_APP1", "Gls000_Gls_APP1", "app1", "none")
)
ENDS = st.sampled_from(("ends with 0", "ends with 1", "pgx_online: error: x", "on"))
WORDS = st.text() | st.sampled_from(
    ("no answer within 1 s", "has ended", "login refused", "a\npanic node1RMS")
)
STEPS = st.one_of(
    st.tuples(st.just("online"), NODES, ENDS, st.sampled_from(("Online", "Offline"))),
    st.tuples(st.just("offline"), NODES, REASONS, st.just("")),
    st.tuples(st.just("judged"), NODES, WORDS, st.just("")),
    st.tuples(st.just("fault"), NODES, st.sampled_from("1234567"), OBJECTS),
    st.tuples(st.just("joined"), NODES, NODES | st.text(), st.just("")),
    st.tuples(st.just("down"), NODES, NODES, st.just("")),
    st.tuples(st.just("hand"), NODES, st.just(""), st.just("")),
)


def written(steps: list[tuple[str, str, str, str]]) -> Logs:
    """Return the logs of *steps*."""
    logs = Logs(Path("/"))
    for kind, node, one, two in steps:
        match kind:
            case "online":
                logs.online(node, one, LAST_DET_REPORT=two)
            case "offline":
                logs.offline(node, one)
            case "judged":
                logs.judged(node, one)
            case "fault":
                logs.fault(node, one, two)
            case "joined":
                logs.rms(node, "ADC", "6", f"Host <{one}> with configuration <c> x")
            case "down":
                logs.rms(node, "US", "0", f"SysNode {one} is down")
            case _:
                logs.trace(node, "pgx_offline", "begins without HV_ variables")
    return logs


def read(files: dict[str, str]) -> list[Told]:
    """Return what the files tell, each as its name says."""
    found = []
    for name, text in files.items():
        kind, _, node = name.partition("-")
        reader = trace.read if kind == "trace" else switchlog.read
        found.append(reader(node, text))
    return found


def made_of(told: list[Told]) -> str:
    """Return the transition file, which must be sound."""
    page = Story(PLAN.config, ordered(told), bed=True).tell()
    text = text_of(USE, page, told) if ordered(told) else "\n".join([*USE, *page.lines])
    plan(grammar.parse(str(AT), text))
    return text


@given(st.lists(STEPS, max_size=12))
def test_whatever_happened_can_be_played(
    steps: list[tuple[str, str, str, str]],
) -> None:
    lines = made_of(read(written(steps).files)).splitlines()

    assert "start" in lines
    lost = any(step[0] in ("online", "joined", "down", "hand") for step in steps)
    assert lost or not any(line.startswith("panic") for line in lines)


@given(st.lists(STEPS, max_size=8), st.data())
def test_logs_that_are_cut_anywhere_can_be_played(
    steps: list[tuple[str, str, str, str]], data: st.DataObject
) -> None:
    files = written(steps).files
    cut = {
        name: text[
            slice(*sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2))))
        ]
        for name, text in files.items()
    }
    made_of(read(cut))


@given(st.lists(STEPS, max_size=8))
def test_the_order_of_the_files_is_no_matter(
    steps: list[tuple[str, str, str, str]],
) -> None:
    files = written(steps).files
    backwards = dict(reversed(list(files.items())))

    assert made_of(read(files)) == made_of(read(backwards))


@given(st.text())
def test_text_of_anything_tells_nothing_and_stops_nothing(text: str) -> None:
    for reader in (trace.read, switchlog.read):
        assert reader("node1RMS", text).events == ()


@given(st.lists(STEPS, max_size=8))
def test_every_run_is_read_with_its_end(steps: list[tuple[str, str, str, str]]) -> None:
    told = read(written(steps).files)
    runs = [each for one in told for each in one.events if isinstance(each, Run)]
    asked = [step for step in steps if step[0] in ("online", "offline", "hand")]

    assert len(runs) == len(asked)
    assert all(run.time > BEGIN for run in runs if run.asked)
    wanted = {"ends with 0": 0, "ends with 1": 1, "pgx_online: error: x": 1}
    for node in ("node1RMS", "node2RMS"):
        mine = [r.code for r in runs if r.script is Script.ONLINE and r.node == node]
        assert mine == [wanted.get(s[2]) for s in asked if s[:2] == ("online", node)]
