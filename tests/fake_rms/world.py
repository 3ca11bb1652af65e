"""A world without processes: what the model asks for happens at once, as the test says.

The model sees scripts end and Checks answer; what "runs" is a set.  Time moves only
when the test or a deadline moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fixtures.fake_rms import hv
from fixtures.fake_rms.facts import Knobs
from fixtures.fake_rms.model.cluster import Cluster, initial, next_deadline
from fixtures.fake_rms.model.config import (
    Application,
    Attributes,
    Config,
    Flags,
    Object,
    configure,
)
from fixtures.fake_rms.model.display import application_state
from fixtures.fake_rms.model.events import (
    Accepted,
    Checked,
    Effect,
    End,
    Event,
    Exited,
    Kill,
    Log,
    NodeDown,
    OpenLog,
    Refused,
    RunCheck,
    RunScript,
    ScriptEnded,
    StartRms,
    Tick,
    Where,
)
from fixtures.fake_rms.model.names import Kind, Script, SwitchOver
from fixtures.fake_rms.model.step import step

NODES = ("node1RMS", "node2RMS")
NODE1, NODE2 = NODES
ALL = frozenset(SwitchOver)
APP = "app1"
HERE, THERE = Where(APP, NODE1), Where(APP, NODE2)
CODES = Flags(all_exit_codes=True)
EVERY_SCRIPT = {script: script.value for script in Script}


def resource(
    name: str, *, children: tuple[str, ...] = (), flags: Flags | None = None
) -> Object:
    """Return a resource that has every script."""
    return Object(
        name,
        Kind.RESOURCE,
        children,
        {s: v for s, v in EVERY_SCRIPT.items() if s is not Script.INIT},
        "check",
        flags or CODES,
        online_timeout=60,
        offline_timeout=30,
    )


def application(
    *objects: Object, attributes: Attributes | None = None, name: str = APP
) -> Application:
    """Return an application over *objects*, which are siblings where nothing needs them."""
    below = {child for each in objects for child in each.children}
    tops = tuple(each.name for each in objects if each.name not in below)
    scripts = dict(EVERY_SCRIPT)
    root = Object(name, Kind.USER_APPLICATION, tops, scripts)
    return Application(
        name,
        NODES,
        {each.name: each for each in (*objects, root)},
        attributes or Attributes(auto_start_up=True, switch_over=ALL, halt=True),
    )


DISK, DATABASE = resource("disk"), resource("db", children=("disk",))


@dataclass
class World:
    """The model, and what really runs."""

    config: Config
    cluster: Cluster
    now: float = 100.0
    running: set[tuple[Where, str]] = field(default_factory=set)
    standing: set[tuple[Where, str]] = field(default_factory=set)
    otherwise: int = 1  # what Check exits with where neither is so
    ends: dict[tuple[Where, str, Script], End] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    answers: list[Effect] = field(default_factory=list)
    held: list[Effect] = field(default_factory=list)
    hold: Callable[[Effect], bool] = lambda effect: False
    breaks: set[tuple[Where, str]] = field(default_factory=set)
    watch: Callable[[World], None] = lambda world: None

    def happen(self, event: Event) -> None:
        """Let *event* happen, and everything that it leads to."""
        queue = [event]
        while queue:
            self.cluster, effects = step(
                self.config, self.cluster, queue.pop(0), self.now
            )
            self.effects += effects
            self.watch(self)
            for effect in effects:
                queue += self.react(effect)

    def type(self, command: str, node: str = NODE1) -> None:
        """Type one of RMS's commands on *node*."""
        program, *argv = command.split()
        asked = hv.parse(self.config, node, program, argv)
        assert not isinstance(asked, hv.Display)
        if isinstance(asked, hv.Start):
            for each in asked.nodes:
                self.happen(StartRms(each))
        else:
            self.happen(asked)

    def react(self, effect: Effect) -> list[Event]:
        """Return what the world does about *effect*."""
        if self.hold(effect):
            self.held.append(effect)
            return []
        match effect:
            case RunScript(where, name, script, _, given):
                standby = given.get("HV_INTENDED_STATE") == "Standby"
                return [self.script(where, name, script, standby=standby)]
            case RunCheck(where, name):
                return [self.check(where, name)]
            case Kill(node):
                return [self.down(node, killed=True)]
            case Accepted() | Refused():
                self.answers.append(effect)
            case Log() | OpenLog():
                pass
        return []

    def script(
        self, where: Where, name: str, script: Script, *, standby: bool = False
    ) -> Event:
        """Run a script: Online and Offline do what they are for when they exit 0."""
        end = self.ends.get((where, name, script), Exited(0))
        if end == Exited(0) and (where, name) not in self.breaks:
            if script in (Script.ONLINE, Script.OFFLINE):
                self.running.discard((where, name))
                self.standing.discard((where, name))
            if script is Script.ONLINE:
                (self.standing if standby else self.running).add((where, name))
        return ScriptEnded(where, name, script, end)

    def check(self, where: Where, name: str, code: int | None = None) -> Event:
        """Ask Check."""
        found = 4 if (where, name) in self.standing else self.otherwise
        if (where, name) in self.running:
            found = 0
        return Checked(where, name, found if code is None else code)

    def down(self, node: str, *, killed: bool = False) -> Event:
        """Return that *node* went down, with all that ran on it."""
        self.running = {each for each in self.running if each[0].node != node}
        self.standing = {each for each in self.standing if each[0].node != node}
        return NodeDown(node, killed)

    def poll(self) -> None:
        """Run every Check once."""
        for app in self.config.applications.values():
            for node in app.machines:
                for each in app.detected():
                    if self.cluster.nodes[node].rms:
                        self.happen(self.check(Where(app.name, node), each.name))

    def wait(self) -> None:
        """Let time pass until RMS wants nothing any more."""
        for _ in range(50):
            due = next_deadline(self.cluster, self.config.knobs.connect_timeout)
            if due is None:
                return
            self.now = max(self.now, due)
            self.happen(Tick())

    def release(self) -> None:
        """Let the scripts that were held back end now; a dead node's have ended with it."""
        self.hold = lambda effect: False
        while self.held:
            effect = self.held.pop(0)
            assert isinstance(effect, RunScript)
            if self.cluster.nodes[effect.where.node].up:
                for event in self.react(effect):
                    self.happen(event)

    def start(self) -> None:
        """Start RMS everywhere."""
        self.type("hvcm -a")

    def state(self, where: Where) -> str:
        """Return what hvdisp shows."""
        return application_state(self.config, self.cluster, where)

    def scripts(self, where: Where | None = None) -> list[str]:
        """Return the scripts that were run, as `Type:object`."""
        return [
            f"{e.script}:{e.name}"
            for e in self.effects
            if isinstance(e, RunScript) and where in (None, e.where)
        ]

    def logged(self, component: str) -> list[str]:
        """Return the numbers of the messages of *component*."""
        return [
            e.number
            for e in self.effects
            if isinstance(e, Log) and e.component == component
        ]

    def environment(self, script: Script, name: str) -> Mapping[str, str]:
        """Return the variables of the last *script* of *name*."""
        return next(
            e.environment
            for e in reversed(self.effects)
            if isinstance(e, RunScript) and e.script is script and e.name == name
        )

    def forget(self) -> None:
        """Forget the effects so far."""
        self.effects.clear()


def world(
    *objects: Object,
    attributes: Attributes | None = None,
    knobs: Knobs | None = None,
) -> World:
    """Return a world with one application, and no RMS yet."""
    app = application(*(objects or (DISK, DATABASE)), attributes=attributes)
    config = configure([app], knobs)
    return World(config, initial(config))


MANUAL = Attributes(switch_over=ALL, halt=True)
BARE = Attributes(auto_start_up=True)


def started(objects: tuple[Object, ...] = (), **options: object) -> World:
    made = world(*objects, **options)  # type: ignore[arg-type]
    made.start()
    made.forget()
    return made


def crash(made: World, where: Where = HERE, name: str = "db", code: int = 2) -> None:
    made.running.discard((where, name))
    made.happen(made.check(where, name, code))


def states(made: World) -> tuple[str, str]:
    return made.state(HERE), made.state(THERE)


def of_type(made: World, *kinds: str) -> list[str]:
    return [s for s in made.scripts() if s.split(":")[0] in kinds]
