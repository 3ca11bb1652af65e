"""`pgx_pclrsc -m` of a resource that is Online: its monitor takes the settings over as it is."""

from __future__ import annotations

import os
import signal

import pytest

from fixtures.processes import kill, wait_until
from fixtures.server import Server
from pgx_pclrsc import runentry
from pgx_pclrsc.core import codec, live, more
from pgx_pclrsc.core.definition import ResourceDefinition
from tests.fix_resource import FAULTED, ONLINE, MakeResource, Resource, Result
from tests.postgres.adopted import adopt, monitor_of, stays_online, stopped, warned
from tests.postgres.test_monitor_endings import noted
from tests.postgres.test_monitor_faults import watches_checkpointer
from tests.postgres.test_monitor_passwords import passfile as passfile
from tests.postgres.test_monitor_passwords import passwords

pytestmark = [pytest.mark.postgres, pytest.mark.one_postgres]


def change(resource: Resource, *words: str) -> Result:
    return resource.run("pgx_pclrsc", "-m", "-c", resource.name, *words, limit=60)


def taken_over(resource: Resource, *words: str) -> str:
    """Change settings, and have the same monitor go by them."""
    monitor = monitor_of(resource)
    result = change(resource, *words)
    assert result.returncode == 0, result.stderr
    if not waited_in_vain(resource, result):
        assert result.stderr == ""
        assert result.stdout.count("the monitor has taken it over") == len(words)
    assert monitor_of(resource) == monitor
    assert settings(resource) == live.word(definition(resource))
    return result.stdout


def waited_in_vain(resource: Resource, result: Result) -> bool:
    """Whether the command has given a busy machine's monitor up; it is waited for then."""
    if "has not taken over the settings" not in result.stderr:
        return False
    wanted = live.word(definition(resource))
    wait_until(lambda: settings(resource) == wanted, "it has taken them over")
    return True


def definition(resource: Resource) -> ResourceDefinition:
    path = resource.registry / resource.name / "definition.toml"
    return codec.decode(path.read_text())


@pytest.fixture
def online(make_resource: MakeResource, server: Server) -> Resource:
    """One that waits for ever for an answer, as the manual's default has it."""
    resource = make_resource(server)
    assert resource.online().returncode == 0
    return resource


def test_a_question_that_waits_for_ever_gets_a_time_out_under_the_same_monitor(
    online: Resource,
) -> None:
    monitor = monitor_of(online)
    with stopped(online.known().postmaster):
        stays_online(online, 4)
        taken_over(online, "--response-timeout=1", "--timeout-retry-count=1")
        online.wait_for(FAULTED)
        assert monitor_of(online) == monitor
    assert "no answer within 1 s" in online.known().reason
    assert (
        "has other settings: watch_interval = 1, response_timeout = 1" in online.trace()
    )
    assert "facts=1 of=settings watch_interval=1 response_timeout=1" in online.trace()


def test_an_interval_of_an_hour_becomes_a_second(
    make_resource: MakeResource, server: Server
) -> None:
    server.configure(log_disconnections="on")
    resource = make_resource(server, watch_interval=3600)
    assert resource.online().returncode == 0
    for database in ("template1", "postgres"):  # both are asked at the beginning
        wait_until(lambda name=database: has_answered(resource, name), database)  # type: ignore[misc]
    for _ in range(2):  # the second time the record says what was known the first time
        written_again(resource)
    answered = last_answer(resource)
    stays_online(resource, 2.5)
    assert last_answer(resource) == answered

    taken_over(resource, "--watch-interval=1")
    for _ in range(3):
        asked_again(resource)


def has_answered(resource: Resource, database: str) -> bool:
    """Whether the monitor has left *database* again, as it does with an answer."""
    lines = resource.server_log().splitlines()
    return any("disconnection:" in x and f"database={database} " in x for x in lines)


def written_again(resource: Resource) -> None:
    before = resource.known().good_until
    wait_until(lambda: resource.known().good_until > before, "the record is written")


def asked_again(resource: Resource) -> None:
    before = last_answer(resource)
    wait_until(lambda: last_answer(resource) > before, "it is asked again")


def last_answer(resource: Resource) -> int:
    noted = more.decode(resource.known().more)
    return noted.answered if noted else 0


def test_a_trace_that_is_larger_than_it_may_be_now_is_put_aside(
    online: Resource,
) -> None:
    trace = online.work / "trace.log"
    with trace.open("a") as file:
        file.write(f"{'x' * 99}\n" * 1000)
    online.server.user.own(trace)
    taken_over(online, "--trace-max-file-size=64")
    wait_until((online.work / "trace.log.1").exists, "it is put aside")
    said = "has other settings"
    wait_until(lambda: trace.exists() and said in trace.read_text(), "it is begun anew")
    assert trace.stat().st_size < 64 * 1024


def test_a_failed_login_becomes_a_warning_but_no_fault_while_it_may_fail(
    server: Server, make_resource: MakeResource, passfile: None
) -> None:
    passwords(server, "wrong")
    resource = adopt(make_resource, server, db_user="probe", auth_failure="warn")
    warned(resource, "28P01")
    wait_until(lambda: standing(resource) > 0, "the warning is noted")

    result = change(resource, "--auth-failure=fault")
    assert result.returncode == 1
    assert 'monitor of resource "pgxtest" has warnings that stand' in result.stderr
    assert definition(resource).auth_failure == "warn"

    password(server, "right")
    wait_until(lambda: standing(resource) == 0, "the warning is over")
    taken_over(resource, "--auth-failure=fault")
    password(server, "wrong")
    resource.wait_for(FAULTED)


def standing(resource: Resource) -> int:
    noted = more.decode(resource.known().more)
    return noted.warned if noted else -1


def password(server: Server, word: str) -> None:
    path = os.path.expanduser(f"~{server.user.name}/.pgpass")
    with open(path, "w") as file:
        file.write(f"*:{server.port}:*:probe:{word}\n")


def test_a_monitor_that_does_not_hear_is_said_so_and_takes_over_when_it_does(
    online: Resource,
) -> None:
    monitor = monitor_of(online)
    with stopped(monitor):
        result = change(online, "--watch-interval=2")
        assert result.returncode == 0
        assert "has not taken over the settings" in result.stderr
        assert "from the monitor's next start on" in result.stdout
        assert definition(online).watch_interval == 2
        other = "goes by other settings than are registered"
        wait_until(lambda: other in status(online), "the status says so")
    wait_until(lambda: settings(online).startswith("2,"), "it has taken over")


def status(resource: Resource) -> str:
    return resource.run("pgx_pclrsc", "--status", "-c", resource.name).stdout


def settings(resource: Resource) -> str:
    noted = more.decode(resource.known().more)
    return noted.settings if noted else ""


def test_what_changed_before_a_monitor_could_hear_it_is_taken_over(
    online: Resource,
) -> None:
    """It may have read the definition just before: it looks once more by itself."""
    path = online.registry / online.name / "definition.toml"
    monitor = monitor_of(online)
    path.write_text(
        path.read_text().replace("watch_interval = 1", "watch_interval = 4")
    )
    kill(monitor, signal.SIGKILL)
    another_watches(online, monitor)
    wait_until(lambda: settings(online).startswith("4,"), "it goes by that")


def another_watches(resource: Resource, killed: int) -> None:
    """Run Checks as RMS does: to the first the one that was *killed* may live still."""
    wait_until(
        lambda: resource.check() == ONLINE and resource.monitor() not in (None, killed),
        "another monitor",
        60,
        0.15,
    )


def test_a_change_that_was_killed_before_the_monitor_heard_it_is_finished_by_the_next(
    online: Resource,
) -> None:
    """And the entry under /run has it too then."""
    taken_over(online, "--watch-interval=2")
    path = online.registry / online.name / "definition.toml"
    text = path.read_text().replace("watch_interval = 2", "watch_interval = 4")
    path.write_text(text)

    result = change(online, "--watch-interval=4")
    assert result.returncode == 0, result.stderr
    assert waited_in_vain(online, result) or result.stderr == ""
    assert settings(online).startswith("4,")
    if os.geteuid() == 0:
        entry = runentry.read(str(online.registry), online.name)
        assert entry is not None
        assert codec.decode(entry[1]) == definition(online)


def test_a_registry_that_is_gone_leaves_the_settings_as_they_are(
    online: Resource,
) -> None:
    taken_over(online, "--watch-interval=2")
    hidden = online.registry.with_name("hidden")
    online.registry.rename(hidden)
    os.kill(monitor_of(online), signal.SIGURG)
    try:
        asked_again(online)
        assert online.known().state == "online"
        assert settings(online).startswith("2,")
    finally:
        hidden.rename(online.registry)
    taken_over(online, "--watch-interval=3")


@pytest.mark.root
def test_the_entry_under_run_has_the_settings_too(online: Resource) -> None:
    taken_over(online, "--response-timeout=7")
    entry = runentry.read(str(online.registry), online.name)
    assert entry is not None
    assert codec.decode(entry[1]) == definition(online)
    assert entry[0][0] == online.known().postmaster


def test_no_process_and_no_descriptor_is_left_by_many_changes(online: Resource) -> None:
    monitor = monitor_of(online)
    wait_until(lambda: watches_checkpointer(online), "the checkpointer is watched")
    noted(online)
    taken_over(online, "--watch-interval=2")
    descriptors, children = left_by(monitor)
    said = [taken_over(online, f"--watch-interval={n}") for n in (1, 2, 1, 2, 1, 2)]
    # However busy the machine is, not every one has waited in vain.
    assert any("the monitor has taken it over" in text for text in said), said

    def is_all_gone() -> bool:  # but for a question or a look at settings, as before
        left = left_by(monitor)
        return left[0] <= descriptors and left[1] <= children

    wait_until(is_all_gone, "nothing is left")
    assert online.check() == ONLINE


def left_by(pid: int) -> tuple[int, set[str]]:
    children = {
        entry
        for entry in os.listdir("/proc")
        if entry.isdigit() and parent(entry) == pid
    }
    return len(os.listdir(f"/proc/{pid}/fd")), children


def parent(entry: str) -> int:
    try:
        with open(f"/proc/{entry}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0
