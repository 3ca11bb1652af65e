"""Every definition survives its text, and no text does anything but that or be refused."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pgx_pclrsc import fstab
from pgx_pclrsc.core import codec
from pgx_pclrsc.core.definition import CHECKS, ResourceDefinition, problems
from pgx_pclrsc.core.limits import LARGEST_COUNT, LONGEST_SECONDS
from pgx_pclrsc.tool import request

LINES = st.text(
    st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=15
)  # no surrogates, no control characters
PATHS = LINES.map(lambda text: "/" + text).filter(lambda path: ".." not in path)
SECONDS = st.integers(10, LONGEST_SECONDS)
IDS = st.integers(1, 2**32 - 2)

DEFINITIONS = st.builds(
    ResourceDefinition,
    name=st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,15}", fullmatch=True),
    os_user=LINES,
    data_directory=PATHS.map(lambda path: "/data" + path),
    work_directory=PATHS.map(lambda path: "/work" + path),
    nodes=st.lists(
        st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}RMS", fullmatch=True),
        min_size=1,
        max_size=4,
        unique=True,
    ).map(tuple),
    db_user=LINES,
    response_timeout=SECONDS,
    timeout_retry_count=st.integers(0, LARGEST_COUNT),
    trace_max_file_size=st.integers(64, LARGEST_COUNT),
    watch_interval=SECONDS,
    online_timeout=SECONDS,
    offline_timeout=SECONDS,
    bin_dir=st.just("") | PATHS,
    config_file=st.just("") | PATHS,
    server_log_max_file_size=st.integers(0, LARGEST_COUNT),
    auth_failure=st.sampled_from(["fault", "warn"]),
    switch_mode=st.sampled_from(["immediate", "fast"]),
    broken_pid_file=st.sampled_from(["remove", "refuse"]),
    env=st.dictionaries(st.from_regex(r"X[A-Z0-9]{0,5}", fullmatch=True), LINES),
    uid=IDS,
    gid=IDS,
    groups=st.lists(IDS, max_size=4).map(tuple),
    home=LINES,
    shell=LINES,
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANYTHING: Any = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(DEFINITIONS.filter(lambda found: not found.check()))
def test_a_definition_survives_its_text(found: ResourceDefinition) -> None:
    assert codec.decode(codec.encode(found)) == found


@given(st.text() | st.from_regex(r"(name|nodes|\[env\]|[a-z]+) ?= ?.{0,20}\n"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        codec.decode(text)
    except codec.Unsound as ex:
        assert ex.all_problems


@given(st.dictionaries(st.sampled_from(list(CHECKS)), ANYTHING))
def test_any_value_is_judged(values: dict[str, object]) -> None:
    for problem in problems(values):
        assert problem.primary.splitlines() == [problem.primary]


@given(
    st.lists(st.text(max_size=6) | st.sampled_from(["-a", "-c", "-n", "--env", "-p"]))
)
def test_any_command_line_is_read(arguments: list[str]) -> None:
    request.parse(arguments)


@given(st.text() | st.from_regex(r"(#RMS(:x)?#)?[^\s]* /[\\0-9a-z]* ext4 [a-z,]* 0 0"))
def test_any_fstab_is_read(text: str) -> None:
    for entry in fstab.parse(text):
        assert entry.mount_point.startswith("/")
