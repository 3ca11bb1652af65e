"""Doing something as the OS user: a child gives up root, does it, and tells its result.

Root itself opens nothing for writing in a directory that another user owns.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, NoReturn

from pgx_base import program, users
from pgx_base.failure import Failure
from pgx_base.text import quoted
from pgx_base.users import Account


def run(user: Account, work: Callable[[], Any]) -> Any:
    """Return what *work* returns (JSON's types) in a child that has become *user*.

    Raises the Failure that *work* raises.
    """
    reader, writer = os.pipe()
    pid = _fork()
    if pid == 0:
        os.close(reader)
        _child(user, work, writer)
    os.close(writer)
    with open(reader, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    return _result(user, said, status)


def _fork() -> int:
    try:
        return os.fork()
    except OSError as ex:
        raise Failure(f"could not start a child process: {ex.strerror}") from ex


def _child(user: Account, work: Callable[[], Any], writer: int) -> NoReturn:
    try:
        users.become(user)
        os.umask(0o077)
        answer = {"result": work()}
    except BaseException as ex:  # noqa: BLE001  # the child must not run on as a second parent
        problem = program.as_failure(ex)
        answer = {"failure": [problem.primary, problem.detail, problem.hint]}
    try:
        with open(writer, "wb") as pipe:
            pipe.write(json.dumps(answer).encode())
        os._exit(0)
    finally:
        os._exit(1)


def _result(user: Account, said: bytes, status: int) -> Any:
    if status != 0 or not said:
        code = os.waitstatus_to_exitcode(status)
        raise Failure(
            f"could not work as OS user {quoted(user.os_user)}",
            detail=f"The child process ended with status {code}.",
        )
    answer = json.loads(said)
    if "failure" in answer:
        primary, detail, hint = answer["failure"]
        raise Failure(primary, detail=detail, hint=hint)
    return answer["result"]
