"""How a start is followed from one controller to the next: who listens, who does not yet."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pgx_mirror.command import following
from pgx_mirror.controller import asking, holding, place, words

QUESTION = words.Question(words.AWAIT)


@pytest.fixture
def served(mcdir_path: Path) -> Iterator[Path]:
    """A management directory whose server nd1 has a watcher: this process."""
    fd = holding.take(str(mcdir_path), "nd1", holding.WATCHER)
    with open(fd, "rb"):
        yield mcdir_path


@pytest.fixture
def mcdir_path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


@contextmanager
def listening(mcdir: Path) -> Iterator[socket.socket]:
    """Have the control socket there, and nobody who serves it."""
    path = mcdir / place.socket_name("nd1")
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        made.listen()
        yield made


def hear(mcdir: Path, within: float = 60.0) -> list[str]:
    """Return what was told meanwhile."""
    told: list[str] = []

    def tell(said: words.Progress | words.Warned) -> None:
        told.append(said.what.primary if isinstance(said, words.Warned) else said.text)

    following.hear(str(mcdir), "nd1", QUESTION, tell, within)
    return told


def test_one_that_listens_and_does_not_serve_yet_is_waited_for(
    served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "HEARD_WITHIN", 1.0)

    def serve(made: socket.socket) -> None:
        time.sleep(2.5)  # who asked first has given up by then
        with suppress(OSError):
            while True:  # who is answered may be giving up just now
                peer, _ = made.accept()
                with peer, suppress(OSError):
                    peer.sendall(words.answer(words.Done({})))

    with listening(served) as made:
        serving = threading.Thread(target=serve, args=(made,))
        serving.start()
        try:
            assert hear(served) == []
        finally:
            made.shutdown(socket.SHUT_RDWR)
            serving.join(60)


def test_who_never_answers_is_told_in_time(served: Path) -> None:
    with pytest.raises(following.Late) as failed:
        hear(served, within=0.5)
    assert str(failed.value) == 'controller of server "nd1" does not answer yet'
    assert failed.value.detail == "It goes on by itself."


def test_where_there_is_none_nobody_is_waited_for(mcdir_path: Path) -> None:
    with pytest.raises(asking.NotRunning):
        hear(mcdir_path)


def test_one_that_ends_and_is_not_followed_has_ended(mcdir_path: Path) -> None:
    def end(made: socket.socket) -> None:
        made.accept()[0].close()

    with listening(mcdir_path) as made:
        ending = threading.Thread(target=end, args=(made,))
        ending.start()
        with pytest.raises(asking.Ended, match="ended while it started"):
            hear(mcdir_path)
        ending.join(60)
