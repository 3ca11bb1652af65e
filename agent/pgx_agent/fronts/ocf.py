"""ocf:pgx:pgsql: the agent under a cluster manager that calls OCF resource agents, Pacemaker say.

    pgx_ocf start|stop|monitor|validate-all|meta-data

What it says stands in OCF_* variables, which are read here and in `ocf_actions` and nowhere
else; the one parameter is `name`, everything else is the registry's.  Exit codes are OCF's,
chosen by what Pacemaker makes of them:

    0  it runs, or what was asked for is done
    1  a fault: Pacemaker stops it, and starts it again, here or elsewhere
    3  an action that there is not
    4  not root
    5  what differs by node is missing: Pacemaker tries another node
    6  no name: it is given up everywhere, so nothing that may differ by node says this; nor
       does a stop of what was never here, which would cost the node
    7  it does not run here, which a probe hears where nothing is registered or mounted, and
       nowhere where a server of it runs
A monitor is pgx_check, and costs what that costs: what only other actions need is loaded late.
"""

import os
import sys

from pgx_agent.check import main as check
from pgx_agent.fronts.ocf_codes import (
    GENERIC,
    INTERVAL,
    NAME,
    NOT_RUNNING,
    REASON,
    SUCCESS,
)
from pgx_base import prologue
from pgx_pclrsc import look, registry
from pgx_pclrsc.core import verdict

_SAID = {
    verdict.ONLINE: SUCCESS,
    verdict.OFFLINE: NOT_RUNNING,
    verdict.FAULTED: GENERIC,
}
_OTHERS = ("start", "stop", "validate-all")


def monitor(root: str, name: str) -> int:
    """Return the code of a monitor, or of a probe, whatever its OCF_CHECK_LEVEL."""
    try:
        judged = look.judge(root, name)
        if judged.code == verdict.FAULTED:
            return _SAID[_faulted(root, name, judged)]
        return _SAID[_surely(root, name, check.done(root, name, judged))]
    except look.Unknown:
        return NOT_RUNNING
    except look.Refused:
        from pgx_agent.fronts import ocf_actions

        return ocf_actions.refused()
    except Exception as ex:  # noqa: BLE001  # Python's exit code 1 would be a fault of it
        return _by_processes(root, name, ex)


def _faulted(root: str, name: str, judged: look.Judged) -> int:
    """A fault, unless its server has ended and another answers: nobody was told of either.

    Where the other has ended as well before it answered, the fault stands, unless an
    Offline has finished meanwhile.
    """
    from pgx_agent.fronts import ocf_probe
    from pgx_base import report

    report.reasons_as(REASON)
    limit = ocf_probe.until()
    if ocf_probe.succeeded(root, name, judged, limit):
        code = ocf_probe.look_again(root, name, limit)
        if code != verdict.OFFLINE or ocf_probe.was_cleared(root, name, judged):
            return code
    return check.done(root, name, judged)


def _probed(name: str, code: int) -> int:
    """Keep what a probe has found: it may be stopped without its name."""
    if code in (SUCCESS, GENERIC):
        from pgx_agent.fronts import ocf_names

        ocf_names.keep(os.environ, name)
    return code


def _surely(root: str, name: str, code: int) -> int:
    if code != verdict.OFFLINE:
        return code
    from pgx_agent.fronts import ocf_probe

    return ocf_probe.look_again(root, name, ocf_probe.until())


def _by_processes(root: str, name: str, problem: Exception) -> int:
    """A fault of ours is not the instance's; and it is not said to be stopped unseen."""
    try:
        return _SAID[check.by_processes(root, name, problem)]
    except look.Unknown:
        return NOT_RUNNING
    except Exception:  # noqa: BLE001  # nothing is left to ask
        return GENERIC


def run(arguments: list[str]) -> int:
    """Return OCF's code for *arguments*."""
    action = arguments[0] if len(arguments) == 1 else ""
    name = os.environ.get(NAME, "")
    if action == "monitor" and registry.is_name(name):
        code = monitor(registry.registry_root(), name)
        return _probed(name, code) if os.environ.get(INTERVAL) == "0" else code
    from pgx_agent.fronts import ocf_actions

    if action not in ("monitor", *_OTHERS):
        return ocf_actions.describe(arguments)
    if action == "stop":
        return ocf_actions.stop(name)
    if not registry.is_name(name):
        return ocf_actions.no_name(action, name)
    return ocf_actions.act(action, name)


def main() -> None:
    """Answer and leave."""
    prologue.first_statements()
    os._exit(run(sys.argv[1:]))
