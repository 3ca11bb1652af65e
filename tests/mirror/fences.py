"""A fence for pairs on one host: it ends all processes of a server, and sees that they have."""

from __future__ import annotations

import sys
from pathlib import Path

from fixtures.os_user import OsUser
from pgx_mirror.core import commands
from tests.mirror.programs import script

CHECKOUT = Path(__file__).parents[2]
_FENCE = """
import sys
from pathlib import Path
from fixtures import processes
home = Path(sys.argv[1])
for path in (home / sys.argv[2], home / f"mc-{sys.argv[2]}"):
    while found := processes.of_directory(path):
        for pid in found:
            processes.kill(pid)
"""


class Fences:
    """fencing_command and arbitration_command in *place*, and what they were called with.

    Each ends with the status that stands in a file of its name; that of a fence is looked
    at before anything is ended.
    """

    def __init__(self, place: Path, home: Path, user: OsUser) -> None:
        self.place, self.calls = place, place / "calls"
        for path in (
            self.calls,
            *map(self._status, (commands.FENCING, commands.ARBITRATION)),
        ):
            path.write_text("" if path == self.calls else "0")
            user.own(path)
        (place / "fence.py").write_text(_FENCE)
        fence = f"PYTHONPATH={CHECKOUT}:{CHECKOUT}/base {sys.executable} {place}/fence.py {home} $4"
        self._script(commands.FENCING, fence)
        self._script(commands.ARBITRATION, "true")

    def _script(self, kind: str, does: str) -> None:
        script(
            self.place / kind,
            f'echo "{kind} $*" >> {self.calls}\n'
            f'status=$(cat {self._status(kind)})\n[ "$status" = 0 ] || exit "$status"\n{does}',
        )

    def _status(self, kind: str) -> Path:
        return self.place / f"{kind}.status"

    def ends(self, kind: str, status: int) -> None:
        """Have *kind* end with *status* from now on."""
        self._status(kind).write_text(f"{status}")

    def called(self) -> list[str]:
        """Return the calls so far, a line each."""
        return self.calls.read_text().splitlines()

    def conf(self) -> dict[str, object]:
        """Return the parameters that name them."""
        kinds = (commands.FENCING, commands.ARBITRATION)
        return {kind: f"'{self.place / kind}'" for kind in kinds}
