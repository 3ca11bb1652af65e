"""What ocf:pgx:pgsql does besides a monitor, in words where it is refused."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping

from pgx_agent.core.request import Request
from pgx_agent.fronts import ocf_absent, ocf_codes, ocf_names, ocf_text
from pgx_agent.fronts.ocf_codes import (
    CONFIGURED,
    GENERIC,
    INSTALLED,
    PERM,
    PROGRAM,
    REASON,
    SUCCESS,
    UNIMPLEMENTED,
)
from pgx_agent.script import front
from pgx_base import report
from pgx_base.failure import Failure
from pgx_base.program import answered, as_failure, exit_code
from pgx_base.text import printable, quoted
from pgx_pclrsc import registry
from pgx_pclrsc.core.definition import ResourceDefinition
from pgx_postgres import binaries

_MANAGER = "the cluster manager"
_OLDEST, _NEWEST = 10, 41  # majors that are looked for where no directory is given
_NAMES = "Give name=NAME, one that pgx_pclrsc -p lists."
_USERS_WITHIN = 5.0  # seconds
_GETENT = "/usr/bin/getent"
_NO_SUCH_KEY = 2  # of getent


def request(environ: Mapping[str, str]) -> Request:
    """Return what the OCF_* variables of *environ* ask for.

    Why a resource is stopped no manager tells by OCF: the record alone chooses the mode.
    """
    words = sorted(k for k in environ if k.startswith("OCF_RESKEY_CRM_meta_"))
    asked = " ".join(f"{k}={environ[k]}" for k in words) or "without OCF_ variables"
    within = ocf_codes.seconds(environ.get(ocf_codes.TIMEOUT, ""))
    return Request(
        _MANAGER, "OCF tells no reason", asked=printable(asked), within=within
    )


def act(action: str, name: str) -> int:
    """Start, stop or validate resource *name*; return OCF's code."""
    report.reasons_as(REASON)
    root = registry.root(os.environ)
    try:
        if action == "stop" and ocf_absent.is_unknown(root, name):
            return SUCCESS
        definition = front.definition_of(PROGRAM, root, name)
        front.check_caller(definition)
        if action == "start":
            ocf_names.keep(os.environ, name)
    except front.WrongCaller as ex:
        return _refused(ex, PERM)
    except (Failure, OSError) as ex:
        if action == "stop" and _nothing_began(root, name):
            report.show(PROGRAM, "warning", as_failure(ex))
            return SUCCESS
        return _refused(ex, GENERIC if action == "stop" else INSTALLED)
    return _ACTIONS[action](name, definition)


def _nothing_began(root: str, name: str) -> bool:
    return ocf_absent.nothing_started(root, name) or ocf_names.never_began(
        os.environ, root, name
    )


def stop(given: str) -> int:
    """Stop resource *given*, and what the manager's instance was before; return OCF's code."""
    kept = ocf_names.kept(os.environ)
    asked = [name for name in (kept, given) if registry.is_name(name)]
    if not asked:
        return no_name("stop", given)
    code = max(act("stop", name) for name in dict.fromkeys(asked))
    if code == SUCCESS:
        ocf_names.forget(os.environ)
    return code


def _start(name: str, definition: ResourceDefinition) -> int:
    from pgx_agent.online import main

    def start() -> bool:
        return main.run(name, request(os.environ), break_guard=False)

    if _done(start):
        return SUCCESS
    return INSTALLED if missing(definition) else GENERIC


def _stop(name: str, _definition: ResourceDefinition) -> int:
    from pgx_agent.offline import main

    return SUCCESS if _done(lambda: main.run(name, request(os.environ))) else GENERIC


def _validate(name: str, definition: ResourceDefinition) -> int:
    what = missing(definition)
    if not what:
        return SUCCESS
    return _refused(
        Failure(
            f"resource {quoted(name)} cannot run on this node: {what}",
            hint=f"pgx_pclrsc --check -c {name} looks at everything else as well.",
        ),
        INSTALLED,
    )


_ACTIONS = {"start": _start, "stop": _stop, "validate-all": _validate}


def missing(definition: ResourceDefinition) -> str:
    """Return what an installation lacks for *definition* on this node, "" for nothing.

    Asked where nothing is to be waited for any more: users may be a directory service's.
    """
    majors = range(_OLDEST, _NEWEST)
    every = [
        p for major in majors for p in binaries.programs(definition.bin_dir, major)
    ]
    if not any(os.access(program, os.X_OK) for program in every):
        where = definition.bin_dir or "its usual places"
        return f"there is no server program of PostgreSQL in {where}"
    if _is_no_user(definition.uid):
        return f"there is no user with UID {definition.uid}"
    return ""


def _is_no_user(uid: int) -> bool:
    line = [_GETENT, "passwd", str(uid)]  # by no path of the caller's
    try:
        done = subprocess.run(line, capture_output=True, env={}, timeout=_USERS_WITHIN)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == _NO_SUCH_KEY


def _done(do: Callable[[], bool]) -> bool:
    """Return whether it was done; what it raises is shown."""
    return exit_code(PROGRAM, lambda: int(not do())) == 0


def _refused(problem: BaseException, code: int) -> int:
    report.show(PROGRAM, "error", as_failure(problem))
    return code


def refused() -> int:
    """Say that a monitor was asked for by somebody else than root or the OS user."""
    report.reasons_as(REASON)
    return _refused(
        front.WrongCaller("must be run as root or as the OS user of the resource"), PERM
    )


def no_name(action: str, given: str) -> int:
    """Say that the parameter is missing, or is no name anywhere.

    Pacemaker stops what a probe has called misconfigured: that costs no node.
    """
    report.reasons_as(REASON)
    what = f"is no resource's name: {quoted(given)}" if given else "is missing"
    problem = Failure(f"parameter name {what}", hint=_NAMES)
    if action == "stop":
        report.show(PROGRAM, "warning", problem)
        return SUCCESS
    return _refused(problem, CONFIGURED)


def describe(arguments: list[str]) -> int:
    """Print the meta-data, help or version; else say that there is no such action."""
    if arguments == ["meta-data"]:
        return exit_code(PROGRAM, lambda: _print(ocf_text.meta_data()))
    if len(arguments) == 1 and arguments[0].startswith("-"):
        return int(not answered(PROGRAM, ocf_text.HELP, arguments))
    report.reasons_as(REASON)
    said = quoted(" ".join(arguments))
    *others, last = ocf_text.ACTIONS
    hint = f"There are {', '.join(others)} and {last}."
    return _refused(Failure(f"there is no action {said}", hint=hint), UNIMPLEMENTED)


def _print(text: str) -> int:
    report.to_stdout(text)
    return SUCCESS
