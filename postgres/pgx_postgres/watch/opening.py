"""Does the server that Online judges let anybody in?

Both databases are asked at once.  A reply shuts everybody out when its error is none that
would follow the data to another node: a locale or a library that this node lacks.

    template1 lets in, or its error moves along      Online
    template1 shut, `postgres` lets in               Online, with a warning
    both shut, the server was adopted                Online, with a warning
    both shut, the server was started here           Shut: the start has failed
    template1 shut, `postgres` says nothing          a failure, and both are asked again
"""

from __future__ import annotations

from pgx_base.light.dataclasses import dataclass, replace
from pgx_postgres.watch.states import Asked, Watching
from pgx_postgres.watch.watched import (
    OPENING,
    PATIENCE,
    POSTGRES,
    TEMPLATE1,
    Answered,
    Ask,
    Consult,
    Effect,
    Event,
    Failed,
    Ignored,
    Ready,
    Shut,
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known of both databases: an error code that shuts, empty for none.

    *held* is template1's reply while that of `postgres` is waited for until *until*.
    """

    started: bool
    template1: str | None = None
    postgres: str | None = None
    held: Answered | None = None
    until: float = 0.0

    def warning(self) -> str:
        """Return which databases let nobody in, nothing where both do."""
        shut = [
            f'database "{name}" replied with SQLSTATE {code}'
            for name, code in ((TEMPLATE1, self.template1), (POSTGRES, self.postgres))
            if code
        ]
        return ", ".join(shut)


Result = tuple[Opening, tuple[Event, ...]]


def hear(opening: Opening, event: Event, now: float) -> Result:
    """Return *opening* after *event*, and what the watch is to be told of."""
    match event:
        case Ready():
            return opening, (event, Consult())
        case Answered(database=database, shut=shut) if database == POSTGRES:
            after = replace(opening, postgres=shut)
            return (after, (event,)) if after.held is None else _decide(after, event)
        case Answered(shut=shut):
            after = replace(opening, template1=shut)
            if not (shut and opening.started):
                return after, (event,)
            after = replace(after, held=event, until=now + PATIENCE)
            return (after, ()) if after.postgres is None else _decide(after)
        case Failed(number=number) | Ignored(number=number) if number == OPENING:
            return _give_up(opening, event)
        case _:
            return opening, (event,)


def tick(opening: Opening, now: float) -> Result:
    """Wait for `postgres` no longer than it is allowed."""
    return _give_up(opening) if now >= opening.until else (opening, ())


def _decide(opening: Opening, *events: Event) -> Result:
    held = opening.held
    if held is None:
        return opening, events
    after = replace(opening, held=None)
    return after, (*events, Shut(after.warning()) if after.postgres else held)


def _give_up(opening: Opening, *events: Event) -> Result:
    """Count template1's reply as a failure: it is asked again, and `postgres` with it."""
    held = opening.held
    if held is None:
        return opening, events
    failed = Failed(held.number, opening.warning())
    return replace(opening, held=None), (*events, failed, Consult())


def consult(state: Watching) -> tuple[Watching, tuple[Effect, ...]]:
    """Ask `postgres`, unless it is being asked."""
    if state.question.second is not None:
        return state, ()
    question = replace(state.question, second=Asked(OPENING))
    return replace(state, question=question), (Ask(OPENING, POSTGRES),)
