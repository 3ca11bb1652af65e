"""The control socket: who may speak, one action at a time, and nobody does harm."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.os_user import OsUser
from fixtures.processes import wait_until
from pgx_base.failure import Failure
from pgx_mirror.controller import control, place, words
from pgx_mirror.controller.control import Gone, Listener, Request
from tests.mirror.short import descriptors_left

TEXTS = st.text(max_size=20)
FAILURES = st.builds(
    lambda p, d, h: Failure(p, detail=d or None, hint=h or None),
    st.text(min_size=1, max_size=20),
    TEXTS,
    TEXTS,
)
ANSWERS = st.one_of(
    st.builds(words.Accepted, st.integers(0, 1 << 22)),
    st.builds(words.Progress, TEXTS),
    st.builds(words.Warned, FAILURES),
    st.builds(words.Done, st.dictionaries(TEXTS, TEXTS)),
    st.builds(words.Refused, st.lists(FAILURES).map(tuple)),
)


def plain(said: words.Answer) -> object:
    """A Failure is equal to itself alone."""
    match said:
        case words.Warned(what):
            return vars(what)
        case words.Refused(reasons):
            return [vars(reason) for reason in reasons]
        case _:
            return said


@given(ANSWERS)
def test_an_answer_is_heard_as_it_was_said(said: words.Answer) -> None:
    line = words.answer(said)

    assert line.count(b"\n") == 1
    assert plain(words.answered(line)) == plain(said)


@given(st.sampled_from(words.VERBS), st.frozensets(TEXTS))
def test_a_question_is_heard_as_it_was_asked(
    verb: str, options: frozenset[str]
) -> None:
    question = words.Question(verb, options)

    assert words.asked(words.ask(question)) == question


@given(st.binary(max_size=60) | st.just(b"[" * 5000))
def test_what_is_not_ours_is_garbled(data: bytes) -> None:
    for read in (words.asked, words.answered):
        with pytest.raises(words.Garbled):
            read(data)


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    made = Listener.open(str(tmp_path), "nd1")
    yield made
    made.close()


def connect(directory: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with place.opened(str(directory)) as dir_fd:
        sock.connect(place.through(dir_fd, place.socket_name("nd1")))
    return sock


def step(listener: Listener) -> list[control.Event]:
    """Let the listener do all that it can do now."""
    found: list[control.Event] = []
    while True:
        poll = select.poll()
        for fd, mask in listener.interests():
            poll.register(fd, mask)
        ready = poll.poll(0)
        if not ready:
            return found
        for fd, mask in ready:
            found += listener.ready(fd, mask)


def ask(directory: Path, verb: str) -> socket.socket:
    sock = connect(directory)
    sock.sendall(words.ask(words.Question(verb)))
    return sock


def hear(sock: socket.socket) -> list[words.Answer]:
    data = b""
    sock.settimeout(0.05)
    try:
        while more := sock.recv(4096):
            data += more
    except TimeoutError:
        pass
    return [words.answered(line) for line in data.splitlines()]


def test_a_question_is_told_with_the_pid_of_who_asks(
    listener: Listener, tmp_path: Path
) -> None:
    with connect(tmp_path) as sock:
        question = words.ask(words.Question("stop", frozenset({"all"})))
        sock.sendall(question[:9])
        assert step(listener) == []
        sock.sendall(question[9:])
        (request,) = step(listener)

        assert request == Request(1, "stop", frozenset({"all"}), os.getpid())
        listener.progress(1, "stopping")
        listener.reply(1, words.Done({}))
        said = hear(sock)
        assert said == [
            words.Accepted(os.getpid()),
            words.Progress("stopping"),
            words.Done({}),
        ]


def test_one_action_at_a_time_and_status_any_number(
    listener: Listener, tmp_path: Path
) -> None:
    switch = ask(tmp_path, "switch")
    (first,) = step(listener)
    others = [ask(tmp_path, "status") for _ in range(30)]
    assert {event.verb for event in step(listener)} == {"status"}
    with ask(tmp_path, "detach") as second:
        assert step(listener) == []
        (said,) = hear(second)

    assert isinstance(said, words.Refused)
    assert said.reasons[0].primary == "mc_ctl switch is being executed"
    listener.reply(first.connection, words.Done({}))
    with ask(tmp_path, "detach"):
        assert [event.verb for event in step(listener)][:1] == ["detach"]
    for sock in (switch, *others):
        sock.close()


def test_the_lock_ends_with_whoever_holds_it(
    listener: Listener, tmp_path: Path
) -> None:
    switch = ask(tmp_path, "switch")
    (first,) = step(listener)
    switch.close()

    assert step(listener) == [Gone(first.connection, "switch")]
    with ask(tmp_path, "switch"):
        assert [type(event) for event in step(listener)] == [Request]


def test_a_reply_to_whoever_has_left_is_no_error(
    listener: Listener, tmp_path: Path
) -> None:
    sock = ask(tmp_path, "status")
    (request,) = step(listener)
    sock.close()
    listener.progress(request.connection, "x")
    listener.reply(request.connection, words.Done({}))

    assert step(listener) in ([], [Gone(request.connection, "status")])
    listener.reply(request.connection, words.Done({}))


def test_who_never_reads_is_left_and_holds_no_memory(
    listener: Listener, tmp_path: Path
) -> None:
    with ask(tmp_path, "switch"):
        (request,) = step(listener)
        for _ in range(2000):
            listener.progress(request.connection, "x" * 1000)
        assert step(listener) == [Gone(request.connection, "switch")]
        with ask(tmp_path, "switch"):
            assert [type(event) for event in step(listener)] == [Request]


@pytest.mark.parametrize(
    "data", [b"x\n", b"{}\n", b"x" * 5000, words.ask(words.Question("status")) * 2]
)
def test_who_says_what_is_not_understood_is_left(
    listener: Listener, tmp_path: Path, data: bytes
) -> None:
    with connect(tmp_path) as sock:
        sock.sendall(data)
        assert step(listener) == []
        sock.settimeout(60)
        try:
            assert sock.recv(1) == b""
        except ConnectionResetError:
            pass  # it was left with something unread


def test_a_crowd_of_the_silent_keeps_nobody_out(
    listener: Listener, tmp_path: Path
) -> None:
    switch = ask(tmp_path, "switch")
    (request,) = step(listener)
    crowd = []
    for _ in range(3 * control.MOST):
        crowd.append(connect(tmp_path))
        step(listener)
    with ask(tmp_path, "status") as sock:
        (status,) = step(listener)
        listener.reply(status.connection, words.Done({"status": {}}))
        assert hear(sock)[-1] == words.Done({"status": {}})

    assert len(listener.interests()) <= control.MOST + 1
    listener.reply(request.connection, words.Done({}))
    assert hear(switch)[-1] == words.Done({})
    for each in (*crowd, switch):
        each.close()


def test_a_socket_that_was_left_is_replaced_and_another_file_is_not(
    tmp_path: Path,
) -> None:
    left = Listener.open(str(tmp_path), "nd1")
    left._door.close()  # as a killed controller leaves it
    Listener.open(str(tmp_path), "nd1").close()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "nd1.control").write_text("mine")
    with pytest.raises(Failure, match="could not listen on control socket"):
        Listener.open(str(tmp_path), "nd1")
    assert (tmp_path / "nd1.control").read_text() == "mine"


def test_a_management_directory_may_have_a_long_path(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    listener = Listener.open(str(deep), "n" * 64)
    try:
        assert (deep / f"{'n' * 64}.control").stat().st_mode & 0o777 == 0o600
    finally:
        listener.close()


_ASKS = """
import socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.connect(sys.argv[1])
try:
    sock.sendall(b'{"verb": "status", "options": []}\\n')
    print(sock.recv(100))
except ConnectionError:  # it may be turned away before it has asked
    print(b"")
"""


@pytest.mark.root
def test_another_user_is_not_heard(open_tmp: Path, os_user: OsUser) -> None:
    listener = Listener.open(str(open_tmp), "nd1")
    path = open_tmp / "nd1.control"
    path.chmod(0o777)
    child = subprocess.Popen(
        [sys.executable, "-c", _ASKS, path],
        stdout=subprocess.PIPE,
        **os_user.popen_options(),
    )
    while child.poll() is None:
        assert step(listener) == []
    assert child.communicate() == (b"b''\n", None)
    listener.close()


@pytest.mark.timeout(180)
def test_without_a_free_descriptor_nobody_is_let_in_for_a_while_and_nothing_spins(
    listener: Listener, tmp_path: Path
) -> None:
    """A listener that cannot accept stays ready: a loop that polls it would never rest."""
    client = connect(tmp_path)
    with descriptors_left(0):  # looked at again where it took longer than that while
        wait_until(lambda: not (step(listener) or listener.interests()), "it is shut")
    wait_until(lambda: step(listener) or len(listener.interests()) == 2, "it is let in")
    client.close()
