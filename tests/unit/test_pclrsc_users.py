"""Becoming the OS user, for good."""

from __future__ import annotations

import os

import pytest

from fixtures.os_user import OsUser
from pgx_base import as_user, users
from pgx_base.failure import Failure


def _look() -> list[object]:
    return [os.getresuid(), os.getresgid(), sorted(os.getgroups()), _can_be_root()]


def _can_be_root() -> bool:
    try:
        os.seteuid(0)
    except PermissionError:
        return False
    return True


def test_a_child_is_the_os_user_and_nobody_else(os_user: OsUser) -> None:
    user = users.look_up(os_user.name)
    uids, gids, groups, root_again = as_user.run(user, _look)

    assert uids == [user.uid] * 3
    assert gids == [user.gid] * 3
    assert root_again is False
    if os.geteuid() == 0:
        assert groups == sorted(user.groups)


def test_the_parent_stays_what_it_was(os_user: OsUser) -> None:
    before = os.getresuid()
    as_user.run(users.look_up(os_user.name), _look)

    assert os.getresuid() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="only for an ordinary user")
def test_an_ordinary_user_becomes_nobody_else() -> None:
    daemon = users.look_up("daemon")

    assert not users.may_become(daemon)
    with pytest.raises(Failure, match="could not become OS user"):
        as_user.run(daemon, _look)


def test_what_a_child_refuses_is_raised_in_the_parent(os_user: OsUser) -> None:
    def refuse() -> None:
        raise Failure("no", detail="It is \udc80.", hint="Try.")

    with pytest.raises(Failure) as caught:
        as_user.run(users.look_up(os_user.name), refuse)
    assert (caught.value.primary, caught.value.detail, caught.value.hint) == (
        "no",
        "It is \udc80.",
        "Try.",
    )


@pytest.mark.parametrize("number", [9, 15])
def test_a_child_that_dies_is_a_failure(os_user: OsUser, number: int) -> None:
    with pytest.raises(Failure) as caught:
        as_user.run(users.look_up(os_user.name), lambda: os.kill(os.getpid(), number))
    assert caught.value.detail == f"The child process ended with status -{number}."


def test_a_child_that_fails_unexpectedly_says_how(os_user: OsUser) -> None:
    with pytest.raises(Failure, match="internal error: ZeroDivisionError"):
        as_user.run(users.look_up(os_user.name), lambda: 1 // 0)


@pytest.mark.parametrize("name", ["no_such_user", "", "a\0b", "\udc80", "root"])
def test_nobody_else_is_found(name: str) -> None:
    with pytest.raises(Failure):
        users.look_up(name)
