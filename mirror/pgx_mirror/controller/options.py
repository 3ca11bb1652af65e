"""How a controller is started: the command line of mc_main, which mc_ctl writes.  Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pgx_base.arguments import CommandLine
from pgx_base.failure import Failure

_FLAGS = frozenset({"-f", "--mc-only", "--as-primary"})
_VALUED = frozenset(
    {"-M", "--local-server", "--started-by", "--again", "--kept", "--why"}
)


@dataclass(frozen=True, slots=True)
class Options:
    """What mc_main is told.

    failover    errors lead to a switch or a disconnection (-f)
    mc_only     the server is left as it is
    as_primary  the operator's word that a directory without a mark is the primary
    started_by  a descriptor on which mc_ctl waits for the first word, -1 for none
    again       what a watcher hands on to a controller that it begins: descriptors of the
                watcher's lock, of the settings, and of the pipe to it
    kept, why   the last line of the controller before it, and why there has to be another
    """

    mcdir: str
    server: str
    failover: bool = False
    mc_only: bool = False
    as_primary: bool = False
    started_by: int = -1
    again: tuple[int, ...] = ()
    kept: str = ""
    why: str = ""

    def line(self) -> list[str]:
        """Return these options as arguments; a watcher adds its own."""
        flags = [
            flag
            for flag, is_set in (
                ("-f", self.failover),
                ("--mc-only", self.mc_only),
                ("--as-primary", self.as_primary),
            )
            if is_set
        ]
        where = ["-M", self.mcdir, "--local-server", self.server]
        if self.started_by < 0:
            return [*where, *flags]
        return [*where, *flags, "--started-by", str(self.started_by)]

    def lasting(self) -> list[str]:
        """Return the arguments of each later life: without what was said for one start alone.

        What made a data directory the primary's once must not do so weeks later, when its
        mark is lost or has been given.
        """
        return replace(self, as_primary=False, started_by=-1).line()


def parse(arguments: list[str]) -> Options:
    """Return the options in *arguments*.  Raises Failure."""
    line = CommandLine(_FLAGS, _VALUED)
    line.read(arguments)
    given, values = line.options(), dict(line.given)
    started_by, again = values.get("--started-by", "-1"), values.get("--again", "")
    wrong = line.problems or line.twice() or not {"-M", "--local-server"} <= given
    numbers = [started_by.removeprefix("-"), *(again.split(",") if again else [])]
    if wrong or not all(number.isdecimal() for number in numbers):
        raise Failure("mc_main is not a command to type", hint="Use mc_ctl start.")
    return Options(
        values["-M"],
        values["--local-server"],
        "-f" in given,
        "--mc-only" in given,
        "--as-primary" in given,
        int(started_by),
        tuple(map(int, again.split(","))) if again else (),
        values.get("--kept", ""),
        values.get("--why", ""),
    )
