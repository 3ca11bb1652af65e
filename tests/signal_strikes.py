"""A command of ours struck by a signal in the midst of its own work, at one place after another.

A handler that raises does so wherever the interpreter looks for signals: behind a call, at
the beginning of a function, at the end of a turn.  The command runs under a trace that
counts such places in the files named, and has the signal come at one of them.  What it does
in other files counts as one place.

No strike depends on time: a place is known by its number within its function, and counts
once in each call of that, however often a loop comes by.  A function that is called more or
less often by time is none to strike in.  A strike that does not come fails.
"""

from __future__ import annotations

import dis
import importlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

Result = tuple[int, str, str]
ROOT = Path(__file__).resolve().parent.parent
# Behind these the interpreter looks for signals.
_LOOKS = ("CALL", "RESUME", "JUMP_BACKWARD", "POP_JUMP_BACKWARD", "SEND")
_RUN = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from tests.signal_strikes import main; main()"
)


@dataclass(frozen=True)
class Strike:
    """What is struck: the *number*-th place of *function* in *files* (ends of paths), 0 for none.

    log    the file that tells where that was; of number 0, where all places are
    again  how many places later, of whatever function, a second signal strikes, 0 for none
    """

    log: Path
    files: tuple[str, ...]
    function: str = ""
    number: int = 0
    signal: int = signal.SIGTERM
    again: int = 0

    def line(self, module: str, program: str, *words: str) -> list[str]:
        """Return the command line that has *module*'s main struck, as *program*."""
        told = [
            str(self.log),
            ",".join(self.files),
            self.function,
            self.number,
            self.signal,
            self.again,
        ]
        line = [sys.executable, "-c", _RUN, str(ROOT), json.dumps(told), module]
        # A set's order, and so the number of a place, is the same each time.
        return ["env", "PYTHONHASHSEED=0", *line, program, *words]

    def run(self, command: Callable[[Strike], Result]) -> Result:
        """Return how *command* has ended, which is struck by this, or the test fails."""
        self.log.write_text("")
        self.log.chmod(0o666)  # it may be another user's
        ended = command(self)
        wanted = f"place {self.number} of {self.function}"
        assert not self.number or self.where(), (f"{wanted} was not struck", ended)
        return ended

    def where(self) -> list[str]:
        """Return where it struck; of number 0, all places that there are, in order."""
        return self.log.read_text().splitlines()

    def picked(self, *functions: str, most: int = 2) -> Iterator[Strike]:
        """Yield strikes at the places that this one, of number 0, has counted.

        Of each of *functions*, all where none is named, *most* places, spread, its last
        first: there it has begun most.
        """
        places = Counter(place.rpartition(":")[2] for place in self.where())
        for name in functions or places:
            count = places[name]
            assert count, f"{name} is not called"
            apart = max(1, count // most)
            for number in range(count, 0, -1)[::apart][:most]:
                yield replace(self, function=name, number=number)


class _Tracer:
    """Counts, and strikes."""

    def __init__(self, strike: Strike) -> None:
        self._strike, self._seen = strike, 0
        self._since: int | None = None  # places since it struck
        self._pid = os.getpid()
        strike.log.write_text("")

    def begin(self) -> None:
        sys.settrace(self._called)

    def end(self) -> None:
        sys.settrace(None)
        sys.setprofile(None)

    def _tell(self, frame: FrameType) -> None:
        code = frame.f_code
        name = os.path.basename(code.co_filename)
        with self._strike.log.open("a") as file:
            file.write(f"{name}:{frame.f_lineno}:{code.co_qualname}\n")

    def _called(self, frame: FrameType, event: str, arg: object) -> Any:
        if not frame.f_code.co_filename.endswith(self._strike.files):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return _InFrame(self)

    def place(self, frame: FrameType) -> None:
        """Strike, if this is the place: the parent's alone, its children are not meant."""
        if os.getpid() != self._pid:
            return
        if not self._strike.number:
            self._tell(frame)
        elif self._strikes(frame.f_code.co_qualname):
            self._tell(frame)
            # What is raised in a trace function ends the trace; a profile goes on.
            sys.setprofile(self._go_on)
            signal.raise_signal(self._strike.signal)

    def _strikes(self, function: str) -> bool:
        if self._since is not None:
            self._since += 1
            return self._since == self._strike.again
        self._seen += function == self._strike.function
        if function != self._strike.function or self._seen != self._strike.number:
            return False
        self._since = 0
        return True

    def _go_on(self, frame: FrameType, event: str, arg: object) -> None:
        sys.setprofile(None)
        sys.settrace(self._called)
        found: FrameType | None = frame
        while found is not None:
            found.f_trace = self._called(found, "call", None)
            found = found.f_back


class _InFrame:
    """Follows one call: which instruction was the last, and which places it has been at."""

    def __init__(self, tracer: _Tracer) -> None:
        self._tracer, self._last = tracer, ""
        self._been = set[int]()

    def __call__(self, frame: FrameType, event: str, arg: object) -> Any:
        if event == "opcode":
            last = self._last
            self._last = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            if last.startswith(_LOOKS) and frame.f_lasti not in self._been:
                self._been.add(frame.f_lasti)
                self._tracer.place(frame)
        return self


def main() -> None:
    """Run what the command line says."""
    log, files, *where = json.loads(sys.argv.pop(1))
    module = importlib.import_module(sys.argv.pop(1))
    sys.argv.pop(0)
    strike = Strike(Path(log), tuple(files.split(",")), *where)
    tracer = _Tracer(strike)
    tracer.begin()
    try:
        module.main()
    finally:
        tracer.end()
