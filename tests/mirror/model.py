#!/usr/bin/env python3
"""Exhaustive model of the pair's protocol: docs/pair.md in code, its adversary included.  No dependencies.

A and B each have a data directory (durable: role, mark, epoch, names in the conf, WAL) and, while they
run, a server and a controller.  R is the register: an arbiter's or etcd's one compare-and-set cell.
Everything is asynchronous: a message once sent may be delivered at any later time, any number of times,
or never (loss, delay, duplication, replay, partition of any link, also of one direction); any process may
crash and restart at any time, or not be scheduled (freeze, thaw, VM pause); suspicion is arbitrary, so every
detector and every clock is covered.  Anyone may start a server by hand and send SIGHUP at any time; the
checkpointer reads the conf and applies what it read in two steps.  Foes, each within a budget of events:
  old_conf a walsender of the real name is stopped before it acts on a diverged bearer's reply, and goes on at any later time
  poison   a diverged bearer of the name reports a position ahead: until the server's memory is made anew commits
           do not wait.  Such acknowledgements are not claimed, until the standby confirms them after all
  hand     a standby is promoted by hand            unable   a standby can no more be promoted (pg_promote ends it)
  disks    B's directory is copied (cp -a), or a setup goes into another one; either is put in B's place, and back
  oscrash  the host loses what of the conf was not yet durable        lost_write   flushed WAL was only written
Usage: model.py [-v] [--jobs N] [--table] [scenario ...] | --list | --quick | --long
--long: the larger bounds as well; --table: rows for docs/pair_model.md.
exit 0: every scenario came out as its line says, and as docs/pair_model.md has it counted.
"""
import gc, re, sys, time
from collections import Counter, deque, namedtuple
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

Srv = namedtuple("Srv", "role mk ep old pg gen names dn log srv eff rd poi inf ack arm vol able off oc rg")
# role P primary, S standby (standby.signal) | mk the mark: PAIR ALONE GIVEN (primary's) SYNC OUT NEW (standby's)
# ep epoch | old the pair's epoch that GIVEN or a standby's ALONE came from | pg the peer's generation that PAIR means
# gen generation of this directory | names in the conf: 0 out, 1 the peer's, 2 a name that nobody bears | dn durable conf
# log what is flushed, a string of commit ids | eff what commits see | rd what the checkpointer has read and not applied
# poi shared memory is poisoned | inf, ack position confirmed by the peer: on its way, arrived
# arm None, or (-1 or barrier, peer's generation) | vol volatile, 1 met the peer in this incarnation, 2 and fenced it
# oc a walsender of the peer's name has stopped between its conf and a reply: it will act on that as the conf then said
# rg the register that the epoch of PAIR or SYNC means: a grant of another is none
# able can be promoted | off primary: a probe has returned since the names went out; standby: pg_promote is under way
St = namedtuple("St", "A B C R msgs acked n builds events")  # C: another directory of B's, not in place: (Srv, is a copy)
OTHER = {"A": "B", "B": "A"}
WORDS = {"top", "holds", "asks", "grant", "give", "out"}
IDS = "xyz"


class Violation(Exception):
    pass


def replace_by_index(cls):
    """namedtuple's _replace, a little faster: it is called for every step."""
    at, new = {name: i for i, name in enumerate(cls._fields)}, tuple.__new__

    def _replace(self, **changes):
        values = list(self)
        for name, value in changes.items():
            values[at[name]] = value
        return new(cls, values)

    cls._replace = _replace


replace_by_index(Srv)
replace_by_index(St)


class Model:
    def __init__(self, mode, commits=1, epochs=4, builds=0, bugs=(), foes=(), events=1, start=None, crash=True, operator=None):
        self.mode, self.commits, self.epochs, self.builds, self.events = mode, commits, epochs, builds, events
        self.bugs, self.foes, self.crash, self.operator = frozenset(bugs), frozenset(foes), crash, operator
        self.said = {}
        bounds = [mode, f"{commits} commit{'s' * (commits != 1)}", f"epochs to {epochs}", f"{builds} setup{'s' * (builds != 1)}" * bool(builds),
                  "begins alone" * (start == "alone"), f"{events} of {', '.join(foes)}" if foes else "", f"operator {operator}" if operator else "",
                  ("with: " if bugs else "") + ", ".join(bugs)]
        self.bounds = "; ".join(filter(None, bounds))
        self.raw = "mark_in_mcdir" in self.bugs or "disks" in self.foes  # epochs, or generations, may go back
        self.back = self.raw or bool(self.bugs & {"arb_rollback", "arb_lost", "arb_lost_naive"})  # the register may
        a = Srv("P", "PAIR", 1, 0, 0, 0, 1, 1, "", 1, 1, None, 0, 0, 0, None, 1, 1, 0, 0, 0)
        b = a._replace(role="S", mk="SYNC", eff=0)
        if start == "alone":  # B not built in yet: the way from one server to a pair
            a, b = a._replace(mk="ALONE", names=0, dn=0, eff=0), b._replace(mk="NEW", ep=0)
        if "standby_names_off" in self.bugs:
            b = b._replace(names=0, dn=0)
        r = (1, "ALONE" if start == "alone" else "PAIR", "A", 0) if mode in ("arbiter", "mixed") else None
        self.init = St(a, b, None, r, frozenset(), frozenset(), 0, builds, events if foes else 0)

    # ---- invariants -------------------------------------------------------------------------------
    def check(self, s):
        A, B = s.A, s.B
        free = [v for v in (A, B) if v.srv and v.role == "P" and not v.eff]
        if len(free) == 2:
            raise Violation("split brain: both accept commits alone")
        if A.mk == B.mk == "ALONE":
            raise Violation("both hold the pen")
        for v in free:
            if not s.acked <= set(v.log):
                raise Violation(f"acknowledged commit lost: {v.mk}({v.ep}) serves without it")
        for v in (A, B):
            if v.mk == "ALONE" and not s.acked <= set(v.log):
                raise Violation(f"acknowledged commit lost: ALONE({v.ep}) holds the pen without it")

    def good(self, s):
        """Commits are possible now: alone, or as a pair."""
        for v, w in ((s.A, s.B), (s.B, s.A)):
            if v.srv and v.role == "P" and v.mk in ("ALONE", "PAIR") and (not v.eff or streams(v, w) and self.bears(v, w)):
                return True
        return False

    def whole(self, s):
        """The pair is whole: a primary, and a standby that knows it is in sync."""
        for v, w in ((s.A, s.B), (s.B, s.A)):
            if v.mk == "PAIR" and w.mk == "SYNC" and v.ep == w.ep and streams(v, w) and self.bears(v, w) and w.able:
                return True
        return False

    def bears(self, v, w):
        """Do w's replies count on v?  By the joining name, and the handshake at w's start, only those of v's own peer do."""
        return v.names == 1 and (w.gen == v.pg and v.mk != "ALONE" or "by_hand" in self.bugs or
                                 "no_joining" in self.bugs and w.mk == "NEW" or bool(v.arm) and v.arm[1] == w.gen)

    def ackn(self, s, x, ids):
        v = getattr(s, x)
        if not v.eff and not s.acked <= set(v.log):
            raise Violation(f"{x} acknowledges {ids} alone and has not {sorted(s.acked - set(v.log))}")
        return s._replace(acked=s.acked | set(ids))

    def challenge(self, s, x):
        """What was said to x's arming is void for the next one."""
        if not s.msgs or "no_challenge" in self.bugs:
            return s.msgs
        return frozenset(m for m in s.msgs if m[0] != "have" or m[1] == x)

    # ---- transitions ------------------------------------------------------------------------------
    def says(self, x, v, R):
        """What x's controller says with each heartbeat: consequences of its durable mark, and of its server being down."""
        key = x, v.mk, v.ep, v.old, v.pg, v.gen, v.srv, v.rg, R
        said = self.said.get(key)
        if said is None:
            words = []
            if v.mk in ("PAIR", "ALONE"):
                words += [("top" if v.mk == "PAIR" else "holds", x, v.ep)]
            if v.mk == "PAIR":
                words += [("asks", x, v.ep, v.pg, "PAIR")] + [("grant", x, v.ep, v.pg, v.rg)] * (R is None or R == (v.ep, "PAIR", x, v.rg))
            elif v.mk == "GIVEN":
                words += [("asks", x, v.old, v.pg, "GIVEN")] + [("give", x, v.old, v.pg)] * (not v.srv)
            elif v.mk == "OUT":
                words += [("out", x, v.ep, v.gen)]
            said = self.said[key] = frozenset(words)
        return said

    def heard(self, s, x):
        """(word, its label's end, whether it is late): all that x may hear, what the other says now and what it ever said."""
        y = OTHER[x]
        now = self.says(y, getattr(s, y), s.R)
        return [(m, "", False) for m in now] + [(m, ", a late word", True) for m in s.msgs if m[1] == y and m[0] in WORDS and m not in now]

    def read(self, s, x):
        """The register's cell as x may have read it: now, or at any time before."""
        return [(s.R, "", False)] + [(m[2:], ", read before", True) for m in s.msgs if m[0] == "cell" and m[1] == x]

    def steps(self, s):
        """Yield (label, next state, is a fault).  What was said, or read, and is so no more may arrive at any later time."""
        for label, t, fault in self.moves(s):
            A, B = s.A is t.A, s.B is t.B
            if t.R is not s.R or t.builds != s.builds or not (A or s.A[:6] == t.A[:6] and s.A.srv == t.A.srv) \
                    or not (B or s.B[:6] == t.B[:6] and s.B.srv == t.B.srv):  # says goes by nothing else, nor does matters
                more = (self.says("A", s.A, s.R) - self.says("A", t.A, t.R)) | (self.says("B", s.B, s.R) - self.says("B", t.B, t.R))
                if t.R is not s.R:
                    more |= {("cell", x, *s.R) for x in "AB"}
                t = self.tidy(t._replace(msgs=t.msgs | more) if more else t)
            elif t.msgs is not s.msgs:
                t = self.tidy(t)
            yield label, t, fault

    def moves(self, s):
        for x in "AB":
            v, w = getattr(s, x), getattr(s, OTHER[x])
            yield from self.server(s, x, v, w)
            if s.events:
                yield from self.foe(s._replace(events=s.events - 1), x, v, w)
            yield from self.controller(s, x, v, w)
            if v.mk in ("PAIR", "ALONE") and v.role == "P":
                yield from self.arming(s, x, v, w)
        if s.R is not None:
            yield from self.register(s)

    def server(self, s, x, v, w):
        """PostgreSQL, its clients, and what may befall it; no controller needed."""
        y, bugs = OTHER[x], self.bugs
        if v.srv:
            if v.role == "P":
                if s.n < self.commits and not (v.poi and v.eff and "poison_in_time" in bugs):
                    c = IDS[s.n]
                    t = put(s, x, v._replace(log=v.log + c))._replace(n=s.n + 1)
                    if not v.eff:
                        yield f"client commits {c} on {x}, acknowledged", self.ackn(t, x, c), False
                    elif v.poi:
                        t = self.ackn(t, x, c) if "poison_claimed" in bugs else t
                        yield f"client commits {c} on {x}, acknowledged at once by poisoned memory", t, False
                    else:
                        yield f"client commits {c} on {x}, waits", t, False
                if streams(v, w):
                    k, bears = len(w.log), self.bears(v, w)
                    if k < len(v.log):
                        t = put(s, y, w._replace(log=v.log[:k + 1]))
                        yield f"{y} flushes {v.log[k]}", put(t, x, v._replace(inf=max(v.inf, k + 1))) if bears else t, False
                    elif bears and v.inf < k:
                        yield f"{y} reports its position to {x}", put(s, x, v._replace(inf=k)), False
                if v.ack < v.inf and v.names == 1:
                    yield f"ack reaches {x}", self.ackn(put(s, x, v._replace(ack=v.inf)), x, v.log[:v.inf]), False
                if v.oc:
                    yield f"{x} the stopped walsender goes on, with its older conf: a position ahead of {x}", put(s, x, v._replace(poi=1, oc=0)), True
                    yield f"{x} the stopped walsender ends", put(s, x, v._replace(oc=0)), False
                if v.rd is not None:
                    t = put(s, x, v._replace(eff=v.rd, rd=None))
                    yield f"{x} checkpointer applies: names {'set' if v.rd else 'released'}", (
                        t if v.rd else self.ackn(t, x, v.log)), False
                elif v.eff != bool(v.names):
                    yield f"{x} checkpointer reads the conf: names {'set' if v.names else 'out'}", put(s, x, v._replace(rd=int(v.names > 0))), False
            elif v.off:  # pg_promote was called
                yield f"{x} pg_promote takes effect", put(s, x, v._replace(role="P", eff=0, inf=0, ack=0, off=0) if v.able else down(v)), False
            if self.crash:
                yield f"{x} server ends", put(s, x, down(v)), True
        else:
            race = "startup_race" in bugs
            yield f"{x} server starts", put(s, x, v._replace(srv=1, eff=int(v.role == "P" and v.names > 0 and not race))), False
            if s.builds:
                yield from self.build(s._replace(builds=s.builds - 1), x, v, w)
        if v.dn != v.names:
            yield f"{x} conf becomes durable", put(s, x, v._replace(dn=v.names)), False
        if self.crash and (v.arm or v.vol or v.off and v.role == "P"):  # one that knows nothing is the same as one not scheduled
            yield f"{x} controller crashes and starts", put(s, x, v._replace(arm=None, vol=0, off=0))._replace(msgs=self.challenge(s, x)), True
        if "mark_in_mcdir" in bugs and v.ep > 1:
            first = self.init.A if x == "A" else self.init.B
            yield f"{x} management directory restored", put(s, x, v._replace(mk=first.mk, ep=1, arm=None)), True

    def fresh(self, s, x, v, log):
        gen = max(v.gen, s.C[0].gen if s.C and x == "B" else 0) + 1
        return down(v)._replace(role="S", mk="NEW", ep=0, old=0, pg=0, gen=gen, names=1, dn=1, vol=0, able=1, log=log)

    def build(self, s, x, v, w):
        """setup: x's directory anew from a running holder, or rewound; or an operator restores an old backup of a standby."""
        y, bugs = OTHER[x], self.bugs
        if w.srv and w.role == "P" and (w.mk == "ALONE" or w.mk == "PAIR" and "setup_in_pair" in bugs) and v.mk != "ALONE" \
                and not (v.mk == "PAIR" and v.ep >= w.ep):
            new = self.fresh(s, x, v, w.log)
            if "copied_mark" in bugs and w.mk == "PAIR":  # a mark came along with the copy: SYNC, of the generation that is meant
                new = new._replace(mk="SYNC", ep=w.ep, gen=w.pg)
            yield f"setup of {x} from {y}", put(s, x, new), False
            if "disks" in self.foes and x == "B" and s.C is None and v.role == "S":
                yield f"setup of {x} from {y}, the old directory is kept", put(s, x, new)._replace(C=(down(v), 0)), False
            k = 0
            while k < min(len(v.log), len(w.log)) and v.log[k] == w.log[k]:
                k += 1
            if v.role == "P" and k < len(w.log):
                yield f"{x} is rewound to the fork", put(s, x, new._replace(log=v.log[:k])), False
        if v.role == "S" and v.mk != "ALONE" and v.log:
            new = self.fresh(s, x, v, "")
            yield f"old backup restored on {x}", put(s, x, new._replace(gen=v.gen) if "no_gen" in bugs else new), True

    def foe(self, s, x, v, w):
        y, foes, bugs = OTHER[x], self.foes, self.bugs
        if "poison" in foes and v.srv and v.role == "P" and v.eff and v.names == 1 and not v.poi:
            t = put(s, x, v._replace(poi=1))  # whoever waits is released
            t = self.ackn(t, x, v.log) if bugs & {"poison_claimed", "poison_waiters"} else t
            yield f"a diverged bearer of {y}'s name reports a position ahead of {x}, and goes", t, True
        if "old_conf" in foes and v.srv and v.role == "P" and v.names == 1 and not v.oc:
            yield f"{x} a walsender of {y}'s name stops before it acts on a diverged bearer's reply", put(s, x, v._replace(oc=1)), True
        if "hand" in foes and v.srv and v.role == "S":
            yield f"{x} promoted by hand (names {'set' if v.names else 'out'})", put(
                s, x, v._replace(role="P", eff=int(v.names > 0), inf=0, ack=0, off=0)), True
        if "unable" in foes and v.role == "S" and v.able:
            yield f"{x} can no more be promoted", put(s, x, v._replace(able=0)), True
        if "oscrash" in foes:
            yield f"{x} OS crashes" + (", its conf is an older one" if v.dn != v.names else ""), put(s, x, down(v)._replace(names=v.dn, vol=0)), True
        if "lost_write" in foes and v.role == "S" and v.log:
            yield f"{x} OS crashes: WAL written but not flushed is lost", put(s, x, down(v)._replace(log=v.log[:-1], vol=0)), True
        if "disks" in foes and x == "B" and v.role == "S":
            if s.C is None:
                yield f"{x} directory is copied (cp -a)", s._replace(C=(down(v)._replace(vol=0), 1)), True
            else:
                new, copy = s.C
                if copy and "no_inodes" not in bugs:  # inodes differ: NEW, of a generation of its own
                    new = new._replace(mk="NEW", ep=0, pg=0, old=0, gen=max(v.gen, new.gen) + 1)
                yield f"{x} {'copy' if copy else 'other directory'} is put in its place", put(s, x, new)._replace(C=(down(v)._replace(vol=0), 0)), True

    def controller(self, s, x, v, w):
        y, e, bugs = OTHER[x], v.ep, self.bugs
        mode = {"mixed": "message" if x == "A" else "arbiter"}.get(self.mode, self.mode)
        step = 1 if "same_epoch" in bugs else 2
        room = e + 2 <= self.epochs
        words = self.heard(s, x) if v.mk != "ALONE" else ()

        def mark(text, late=False, **k):
            return f"{x} {text}", put(s, x, v._replace(**k)), late

        # A holder's conf follows its mark: names out, unless it is arming.  (Also before a promotion.)
        if v.mk == "ALONE" and v.names and v.arm is None:
            yield mark("comments the names out", **self.conf(v, 0))
        if v.role == "S" and v.mk == "ALONE" and v.srv and not v.names:
            if "unable" not in self.foes:
                yield mark("promotes", role="P", eff=1, inf=0, ack=0)
            elif not v.off:
                yield mark("calls pg_promote", off=1)
            if v.off and "give_back_running" in bugs and room:
                yield mark("gives the pen back: mark OUT, pg_promote under way", names=1, dn=1, mk="OUT", ep=e + 2)
        if "unable" in self.foes and v.role == "S" and v.mk == "ALONE" and not v.srv and room and "no_give_back" not in bugs:
            yield mark("never promoted, stopped, names set: mark OUT, gives the pen back", names=1, dn=1, mk="OUT", ep=e + 2)
        if v.role == "P" and v.mk in ("SYNC", "OUT", "NEW") and v.srv and "hand_no_stop" not in bugs:
            yield f"{x} was promoted by hand: stopped", put(s, x, down(v)), False
        if v.mk in ("NEW", "OUT", "SYNC") and not (v.role == "P" and v.srv) and "no_answer" not in bugs:
            for m, end, late in words:  # asked about an epoch that it is not, and cannot be, in sync in
                if m[0] == "asks" and m[3] == v.gen:
                    never = v.role == "P" and "hand_no_out" not in bugs or v.mk == "OUT" and e >= m[2] or m[4] == "GIVEN" and not (v.mk == "SYNC" and e >= m[2])
                    new = max(e, m[2] + 2)
                    if never and new <= self.epochs and (v.mk, e) != ("OUT", new):
                        yield mark("cannot be in sync in that epoch: mark OUT" + end, late, mk="OUT", ep=new)
        if v.srv and v.poi and "poison_unseen" not in bugs:  # seen by section 6, after any number of commits
            yield f"{x} is poisoned: immediate stop", put(s, x, down(v))._replace(msgs=self.challenge(s, x)), False
        if v.mk == "GIVEN" and v.srv:
            yield f"{x} is deposed: immediate stop", put(s, x, down(v)), False
        if "release_first" in bugs and v.role == "P" and v.mk == "PAIR" and v.names:
            yield mark("comments the names out, before it asks", names=0, dn=0)

        # Renouncing and taking: the peer's own directory is the register.
        if v.role == "P" and v.mk == "PAIR" and not v.srv and room:
            yield mark("server is dead for sure: mark GIVEN", mk="GIVEN", ep=e + step, old=e, arm=None)
        if v.role == "S" and v.mk == "SYNC" and room:
            yield mark("mark OUT", mk="OUT", ep=e + step)
            for m, end, late in words if v.able else ():
                if m == ("give", y, e, v.gen):
                    yield mark("takes the pen given: mark ALONE" + end, late, mk="ALONE", ep=e + step, old=e)
        if v.role == "P" and v.mk in ("PAIR", "GIVEN"):
            pair = e if v.mk == "PAIR" else v.old
            for m, end, late in words:
                if m[0] == "out" and m[2] > pair and (m[3] == v.pg or "out_any_gen" in bugs):  # step: what it will promise at least
                    new = max(e, pair + step, m[2])
                    if new <= self.epochs and not (v.mk == "GIVEN" and "no_take_back" in bugs):
                        yield mark(("peer is out: mark ALONE" if v.mk == "PAIR" else "peer has renounced that epoch too: takes the pen back, mark ALONE")
                                   + end, late, mk="ALONE", ep=new)

        # Silence: what may be done without the peer.
        in_sync = (v.role, v.mk) in (("P", "PAIR"), ("S", "SYNC"))
        if in_sync and e + 1 <= self.epochs and v.able:
            if mode == "arbiter" and ("cas", x, e, v.rg) not in s.msgs and (self.back or s.R[0] <= e):
                yield f"{x} suspects, asks the register", s._replace(msgs=s.msgs | {("cas", x, e, v.rg)}), False
            if mode == "fallback" or (mode == "message" and v.role == "P" and (v.vol or "no_met" in bugs)):
                yield mark("suspects: mark ALONE", mk="ALONE", ep=e + 1, old=e)
            if self.operator and not w.srv and not w.vol and (
                    self.operator == "blind" or w.mk != "ALONE" and (self.operator != "strict" or (
                        w.gen == v.pg if v.role == "P" else e == (w.ep if w.mk == "PAIR" else w.old)))) \
                    and (mode != "arbiter" or "force_register" in bugs or s.R[1] == "LOST" and s.R[3] != v.rg):
                word = "detach" if v.role == "P" else "switch"
                label, t, late = mark(f"operator, having seen the peer switched off: {word} --force, mark ALONE", mk="ALONE", ep=e + 1, old=e)
                if mode == "arbiter":  # who is off learns nothing more of a register that is gone
                    t = t._replace(msgs=frozenset(m for m in t.msgs if m[0] != "cell"))
                yield label, t, late
            if mode == "command":
                if v.vol == 1:
                    dead = w if "fence_isolates" in bugs else down(w)._replace(vol=0)
                    yield f"{x} fences {y}", put(put(s, y, dead), x, v._replace(vol=2)), False
                    yield f"{x} fences {y}, reply lost", put(s, y, dead), False
                if v.vol == 2:
                    yield mark("peer is fenced: mark ALONE", mk="ALONE", ep=e + 1, old=e)
                if "fence_durable" in bugs and v.vol == 0:
                    yield f"{x} trusts its old mark and fences {y}", put(put(s, y, down(w)._replace(vol=0)), x, v._replace(vol=2)), False
        # Each hears for itself that the other is there in this life of its own; who was asked takes back a fence of its own.
        if mode in ("command", "message") and v.vol != 1 and e == w.ep and {(v.role, v.mk), (w.role, w.mk)} == {("P", "PAIR"), ("S", "SYNC")}:
            yield f"{x} meets {y} (challenge and answer)", put(put(s, x, v._replace(vol=1)), y, w._replace(vol=int(w.vol == 1))), False

        # A primary that hears of a later epoch is deposed: the mark first, then the stop.
        if v.role == "P" and v.mk == "PAIR":
            for m, end, late in words:
                if m[0] in ("top", "holds") and m[2] > e:
                    yield mark("is told that it is deposed: mark GIVEN" + end, late, mk="GIVEN", ep=m[2], old=e)

        # A standby in sync that hears of a holder takes over from it no more, by whatever road: its word is enough.
        if v.role == "S" and v.mk == "SYNC":
            for m, end, late in words:
                if m[0] == "holds" and m[2] > e:
                    yield mark("is told that the primary holds the pen: mark OUT" + end, late, mk="OUT", ep=m[2])

        # The standby's side of joining.
        if v.role == "S" and v.srv and v.able and w.arm and w.arm[0] >= 0 and ("have", x, v.gen, v.log) not in s.msgs:
            yield f"{x} says it has flushed {v.log or 'all'}", s._replace(msgs=s.msgs | {("have", x, v.gen, v.log)}), False
        if v.role == "S" and v.mk in ("NEW", "OUT", "SYNC"):
            for m, end, late in words:
                if m[0] == "grant" and m[2] > e and m[3] == v.gen:
                    yield mark(f"mark SYNC({m[2]})" + end, late, mk="SYNC", ep=m[2], rg=m[4], vol=0)

        # The register: a holder lifts it to its own epoch; what it says is obeyed.
        if s.R is not None:
            re = s.R[0]
            if v.mk in ("ALONE", "PAIR") and re < e and ("up", x, e, v.mk) not in s.msgs and (v.mk == "ALONE" or v.role == "P"):
                yield f"{x} tells the register {v.mk}({e})", s._replace(msgs=s.msgs | {("up", x, e, v.mk)}), False
            for (re, rk, rw, rid), end, late in self.read(s, x) if in_sync else ():
                if re <= e or rid != v.rg and "no_identity" not in bugs:
                    continue
                if rk == "ALONE" and rw == x and re == e + 1:
                    yield mark("has won the register: mark ALONE" + end, late, mk="ALONE", ep=re, old=e)
                elif rw == y and v.role == "P":
                    yield mark("reads that it is deposed: mark GIVEN" + end, late, mk="GIVEN", ep=re, old=e)
                elif rw == y and rk == "ALONE" and v.role == "S":
                    yield mark("reads that it is out: mark OUT" + end, late, mk="OUT", ep=re)

    def conf(self, v, names):
        """A conf written and renamed; durable at once, or (oscrash) at some later time."""
        return {"names": names, "off": 0, "dn": v.dn if "oscrash" in self.foes else names}

    def arming(self, s, x, v, w):
        """A primary on its way to PAIR.  Order is everything: docs/pair.md, "Forming a pair"."""
        y, e, bugs = OTHER[x], v.ep, self.bugs

        def mark(text, msgs=s.msgs, **k):
            return f"{x} {text}", put(s, x, v._replace(**k))._replace(msgs=msgs), False

        if v.mk == "PAIR":
            if v.names != 1 and "release_first" not in bugs:
                yield mark("writes the peer's name (mark says PAIR)" if v.names else "sets the names (mark says PAIR)", **self.conf(v, 1 if v.names else 2))
        elif v.srv and e + 1 <= self.epochs:
            if v.arm is None and not v.names:
                if "probe_off" in bugs and not v.off and not v.eff:
                    yield mark("sees a probe commit return", off=1)
                if w.role == "S" and w.mk in ("NEW", "OUT", "SYNC") and (  # the mended proof: a whole CHECKPOINT lies between
                        v.off if "probe_off" in bugs else "no_proof_off" in bugs or not v.eff and v.rd is None):
                    yield mark("arms: writes a name that nobody bears", arm=(-1, w.gen), **self.conf(v, 2))
            if v.arm and v.arm[0] == -1 and (v.eff and not v.poi and not (v.oc and "no_row_check" not in bugs) or "no_proof" in bugs):  # no row of the real name
                real = self.conf(v, 1) if "real_first" in bugs else {}
                yield mark("sees a probe commit wait, notes the barrier", **{"arm": (len(v.log), v.arm[1]), **real})
            if v.arm is not None:
                yield mark("gives up arming", self.challenge(s, x), arm=None)
            if v.arm and v.arm[0] >= 0 and (v.dn or "conf_lazy" in bugs):
                for m in s.msgs:
                    if m[0] == "have" and m[1] == y and len(m[3]) >= v.arm[0] and v.log.startswith(m[3]) and (
                            m[2] == v.arm[1] or "any_gen" in bugs):
                        if v.poi and v.names == 2 and "no_still_waits" not in bugs:
                            continue  # the commit that was seen to wait has been released: by whom, if nobody bears the name?
                        if v.poi:
                            raise Violation("an epoch begins on poisoned memory, the bearer gone: nothing will ever show it")
                        yield mark(f"{y} has {m[3] or 'all'}: mark PAIR", self.challenge(s, x), mk="PAIR", ep=e + 1, pg=m[2], rg=s.R[3] if s.R else 0, arm=None, vol=0)
                        if "register_first" in bugs and self.mode == "arbiter":
                            t = s._replace(R=(e + 1, "PAIR", x, 0), msgs=s.msgs | {("grant", x, e + 1, m[2], 0)})
                            yield f"{x} tells the register PAIR, before its own mark", t, False

    def register(self, s):
        re, rk, rw, rid = s.R
        bugs = self.bugs
        for m in s.msgs:
            if m[0] == "cas" and rk == "PAIR" and m[2] == re and (m[3] == rid or "no_identity" in bugs):
                yield f"register: ALONE({m[1]}) by compare-and-set", s._replace(R=(re + 1, "ALONE", m[1], rid)), False
            if m[0] == "up" and m[2] > re and rk != "LOST":
                yield f"register: {m[3]}({m[2]}) told by {m[1]}", s._replace(R=(m[2], m[3], m[1], rid)), False
        if "arb_rollback" in bugs and s.R != self.init.R:
            yield "arbiter restored from an old copy", s._replace(R=self.init.R), True
        if bugs & {"arb_lost", "arb_lost_naive"} and rk != "LOST" and not rid:  # once
            yield "arbiter loses its state", s._replace(R=(0, "LOST", "?", rid + 1)), True
        if rk == "LOST":
            for x in "AB":
                v, w = getattr(s, x), getattr(s, OTHER[x])
                prim = x if v.role == "P" else OTHER[x]
                if "arb_lost_naive" in bugs and v.mk in ("PAIR", "ALONE", "SYNC"):
                    yield f"{x} alone enrols the new arbiter", s._replace(R=(v.ep, "ALONE" if v.mk == "ALONE" else "PAIR", prim, rid)), False
                if "arb_lost" in bugs and v.mk in ("PAIR", "ALONE") and v.ep >= w.ep:
                    yield f"{x} and {OTHER[x]} together enrol the new arbiter", s._replace(R=(v.ep, v.mk, x, rid)), False

    def matters(self, s, m):
        """May this late word still change anything?  Generations of a directory in place only grow, and so do epochs of one."""
        k, x, e = m[:3]
        v, w = (s.B, s.A) if x == "A" else (s.A, s.B)  # whom it is for, and who said it
        if self.back and k in ("cas", "up"):
            return s.R[3] == 0 or k == "up" and (s.R[1] == "LOST" or e > s.R[0]) or k == "cas" and "no_identity" in self.bugs
        if k == "cas":
            return e >= s.R[0]
        if k == "up":
            return e > s.R[0]
        if k == "have":
            return True
        if k == "cell":
            w, v = v, w
            return m[2:] != s.R and m[3] != "LOST" and (s.builds > 0 or v.ep < e)
        if k in ("top", "holds"):
            return s.builds > 0 or v.ep < e
        if k == "out":  # there are never two directories of standbys in place
            if v.mk in ("PAIR", "GIVEN"):
                return (m[3] == v.pg or "out_any_gen" in self.bugs or m[3] == w.gen) and e > (v.ep if v.mk == "PAIR" else v.old)
            return v.mk == "ALONE" and m[3] == w.gen and e > v.ep + (v.role == "P")
        if v.gen > m[3] or v.role == "P" and v.mk in ("PAIR", "GIVEN", "ALONE"):  # a standby's no more
            return False
        if k == "give":
            return v.ep < e or v.mk == "SYNC" and v.ep == e
        if k == "grant":
            return v.ep < e
        return "hand" in self.foes or v.mk == "NEW" or v.ep < e + 2  # asks

    def tidy(self, s):
        """Drop messages that can never matter again: fewer states, the same behaviour."""
        if self.raw or not s.msgs:
            return s
        keep = [m for m in s.msgs if self.matters(s, m)]
        return s if len(keep) == len(s.msgs) else s._replace(msgs=frozenset(keep))


def streams(v, w):
    return v.srv and w.srv and v.role == "P" and w.role == "S" and v.log.startswith(w.log)


def down(v):
    return v._replace(srv=0, eff=0, rd=None, poi=0, inf=0, ack=0, arm=None, off=0, oc=0)


def put(s, x, v):
    return s._replace(A=v) if x == "A" else s._replace(B=v)


def explore(m, limit=3_000_000, live=False, seconds=900):  # of this process's own time
    """Breadth first; return (all states, depth, violation text and trace, stuck states, steps taken)."""
    seen, order, preds, parent, taken = {m.init: 0}, [m.init], [[]] if live else None, [None], Counter()
    i, t0, depth, end = 0, time.process_time(), [0], None
    while i < len(order) and end is None:
        s = order[i]
        try:
            m.check(s)
            for label, t, fault in m.steps(s):
                j = seen.get(t)
                if j is None:
                    j = seen[t] = len(order)
                    order.append(t)
                    depth.append(depth[i] + 1)
                    parent.append((i, label))
                    if live:
                        preds.append([])
                taken[label] += 1
                if live and not fault:
                    preds[j].append(i)
        except Violation as bad:
            path, k = [], i
            while parent[k] is not None:
                path.append(parent[k][1])
                k = parent[k][0]
            end = str(bad), path[::-1], s
        i += 1
        if len(order) > limit or (not i % 4096 and time.process_time() - t0 > seconds):
            end = "LIMIT", [], s
    stuck = None
    if live and end is None:
        can = [(m.whole if live == "whole" else m.good)(s) for s in order]
        todo = deque(k for k, g in enumerate(can) if g)
        while todo:
            for k in preds[todo.popleft()]:
                if not can[k]:
                    can[k] = True
                    todo.append(k)
        edge = m.epochs - (4 if live == "whole" else 2)  # beyond it the bound itself stops the pair
        stuck = [s for k, s in enumerate(order) if not can[k] and (live != "whole" or s.builds) and max(s.A.ep, s.B.ep, s.R[0] if s.R else 0) <= edge]
    return order, depth[i - 1], end, stuck, taken


def solo(m, order):
    """The peer is dead for ever (it takes no step): from which marks does x reach commits by itself?"""
    table = {}
    for s in order[::max(1, len(order) // 1000)]:
        for x in "AB":
            if max(s.A.ep, s.B.ep) >= m.epochs:
                continue  # the bound stops it, not the protocol
            y = OTHER[x]
            dead = put(s, y, down(getattr(s, y)))
            todo, seen, found = [dead], {dead}, False
            while todo and not found and len(seen) < 1500:
                t = todo.pop()
                v = getattr(t, x)
                found = v.srv and v.role == "P" and not v.eff
                for label, u, fault in m.steps(t):
                    if not fault and u not in seen and (not label.startswith(y + " ") or "fences" in label) \
                            and "meet" not in label and "told that" not in label and "setup" not in label:
                        seen.add(u)
                        todo.append(u)
            v = getattr(s, x)
            key = (v.role, v.mk, f"vol={v.vol}" if m.mode in ("command", "message") else
                   "register says peer" if m.mode == "arbiter" and s.R[1:3] == ("ALONE", y) else "")
            yes, no = table.get(key, (0, 0))
            table[key] = (yes + bool(found), no + (not found))
    return table


SCENARIOS: dict[str, tuple] = {}
QUICK: list[str] = []
LONG: list[str] = []
DOCUMENT = Path(__file__).parents[2] / "docs" / "pair_model.md"


def scenario(name: str, expected: str, mode: str, live: object = False, quick: bool = False, long: bool = False, **k: object) -> None:
    SCENARIOS[name] = (expected, Model(mode, **k), live)
    if quick:
        QUICK.append(name)
    if long:
        LONG.append(name)


def row(name: str, came_out: str) -> str:
    """The scenario's line of the table in docs/pair_model.md."""
    _, m, live = SCENARIOS[name]
    way_back = "; a way back to " + ("a whole pair" if live == "whole" else "commits") if live else ""
    return f"| {name} | {m.bounds}{way_back}{' (--long)' * (name in LONG)} | {came_out} |"


def counted() -> dict[str, str]:
    """The table's lines as docs/pair_model.md has them, by scenario."""
    lines = DOCUMENT.read_text().splitlines() if DOCUMENT.exists() else []
    return {line.split(" | ")[0][2:]: line for line in lines if line.startswith("| ") and line.count(" | ") == 2}


def scenarios() -> None:
    """Expected: safe | safe+failback (and a rebuilt A is seen to serve alone) | stuck | violation."""
    q = {"quick": True}  # fewer than 20,000 states: a second
    for mode in ("arbiter", "message", "command"):
        small = mode != "arbiter"
        commits, last = (2, 4) if small else (1, 3)  # with --long arbiter has more: commits, an epoch of foes, disks
        scenario(mode, "safe", mode, commits=commits, epochs=4)
        scenario(f"{mode}-join", "safe", mode, epochs=5, start="alone", quick=small)
        scenario(f"{mode}-failback", "safe+failback", mode, epochs=6 if small else 5, builds=1)
        scenario(f"{mode}-poison", "safe", mode, foes=["poison"], epochs=last, events=2 if small else 1)
        scenario(f"{mode}-old-conf", "safe", mode, foes=["old_conf"], epochs=last)
        scenario(f"{mode}-hand", "safe", mode, foes=["hand"], epochs=last, events=2 if small else 1, quick=mode == "message")
        scenario(f"{mode}-oscrash", "safe", mode, foes=["oscrash"], events=2, start="alone")
        scenario(f"{mode}-unable", "safe", mode, live=True, foes=["unable"], epochs=6 if small else 5)
        scenario(f"{mode}-disks", "safe", mode, foes=["disks"], events=3 if small else 2, start="alone", operator="strict" if small else None)
        scenario(f"{mode}-live", "safe", mode, live=True, epochs=6 if small else 5)
        scenario(f"{mode}-join-live", "safe", mode, live=True, epochs=6, commits=1, start="alone", quick=mode == "message")
        scenario(f"{mode}-whole-live", "safe", mode, live="whole", epochs=8 if small else 7, commits=0, builds=1, long=not small)
    scenario("arbiter-long", "safe", "arbiter", commits=2, epochs=4, long=True)
    scenario("arbiter-old-conf-long", "safe", "arbiter", foes=["old_conf"], long=True)
    scenario("arbiter-poison-long", "safe", "arbiter", foes=["poison"], long=True)
    scenario("arbiter-hand-long", "safe", "arbiter", foes=["hand"], long=True)
    scenario("arbiter-disks-long", "safe", "arbiter", foes=["disks"], events=3, start="alone", long=True)
    scenario("arbiter-lost", "safe", "arbiter", epochs=3, bugs=["arb_lost"])
    scenario("arbiter-poison-join", "safe", "arbiter", foes=["poison"], events=2, start="alone", epochs=5)
    scenario("message-poison-failback", "safe+failback", "message", foes=["poison"], builds=1, epochs=6, long=True)
    scenario("message-oscrash-failback", "safe+failback", "message", foes=["oscrash"], builds=1, epochs=6, long=True)
    scenario("message-poison-in-time", "safe", "message", foes=["poison"], commits=2, bugs=["poison_in_time"])
    scenario("message-poison-unseen", "safe", "message", foes=["poison"], commits=2, bugs=["poison_unseen"])
    scenario("message-hand-live", "safe", "message", live=True, foes=["hand"], epochs=6, start="alone")
    scenario("arbiter-hand-live", "safe", "arbiter", live=True, foes=["hand"], epochs=5, commits=1, long=True)
    everything = ["poison", "hand", "oscrash", "unable"]  # of these one event in make model, more of them with --long
    scenario("command-all-foes", "safe", "command", foes=everything, long=True)
    scenario("command-all-foes-long", "safe", "command", foes=everything, events=2, long=True)
    scenario("arbiter-all-foes", "safe", "arbiter", foes=everything, epochs=3)  # one more epoch with --long
    scenario("arbiter-all-foes-long", "safe", "arbiter", foes=everything, long=True)
    scenario("message-all-foes", "safe", "message", foes=everything)  # a rebuilt A, and two more epochs, with --long
    scenario("message-all-foes-long", "safe+failback", "message", foes=everything, builds=1, epochs=6, long=True)
    scenario("row-check-alone", "safe", "message", foes=["old_conf"], bugs=["no_still_waits"])
    scenario("still-waits-alone", "safe", "message", foes=["old_conf"], bugs=["no_row_check"])
    scenario("out-of-any-generation", "safe", "message", builds=1, start="alone", bugs=["out_any_gen"])
    scenario("disks-setup-in-pair", "safe", "message", foes=["disks"], events=1, builds=1, operator="strict", bugs=["setup_in_pair"])
    scenario("disks-setup-in-pair-long", "safe", "message", foes=["disks"], events=2, builds=1, operator="strict", bugs=["setup_in_pair"], long=True)
    scenario("message-force-guarded", "safe", "message", commits=2, operator="guarded")
    scenario("arbiter-force-abandoned", "safe", "arbiter", epochs=4, bugs=["arb_lost"], operator="guarded")
    scenario("command-force-guarded", "safe", "command", commits=2, operator="guarded")
    scenario("same-epoch", "safe", "arbiter", epochs=3, bugs=["same_epoch"], long=True)
    scenario("any-generation", "safe", "message", builds=1, start="alone", bugs=["any_gen"])
    scenario("setup-in-pair", "safe", "message", epochs=5, builds=1, bugs=["setup_in_pair"])
    scenario("replayed-have", "safe", "message", epochs=4, builds=1, start="alone", bugs=["no_challenge"])
    # Mends of section 10 left out, one by one.
    scenario("bug-no-proof-off", "violation", "message", start="alone", bugs=["no_proof_off"], **q)
    scenario("bug-proof-off-by-probe", "violation", "message", start="alone", bugs=["probe_off"], **q)
    scenario("bug-real-name-first", "violation", "message", start="alone", foes=["poison"], bugs=["real_first"], **q)
    scenario("bug-no-row-check", "violation", "message", foes=["old_conf"], bugs=["no_row_check", "no_still_waits"], **q)
    scenario("bug-poison-no-proof", "violation", "message", epochs=5, foes=["poison"], bugs=["no_proof"])
    scenario("bug-copy-no-inodes", "violation", "message", foes=["disks"], events=3, operator="strict", bugs=["no_inodes"], **q)
    scenario("bug-copy-no-inodes-arbiter", "violation", "arbiter", foes=["disks"], events=3, bugs=["no_inodes"])
    scenario("bug-no-joining-name", "violation", "message", foes=["disks"], events=3, operator="strict", bugs=["no_joining"])
    scenario("bug-basebackup-bears-name", "violation", "message", foes=["disks"], events=1, builds=1, operator="strict",
             bugs=["no_joining", "setup_in_pair"])
    scenario("bug-conf-not-durable", "violation", "message", start="alone", foes=["oscrash"], bugs=["conf_lazy"], **q)
    scenario("bug-hand-names-off", "violation", "arbiter", foes=["hand"], bugs=["standby_names_off"], **q)
    scenario("bug-give-back-running", "violation", "arbiter", foes=["unable"], epochs=6, bugs=["give_back_running"])
    scenario("bug-force-blind", "violation", "message", operator="blind", **q)
    scenario("bug-force-blind-command", "violation", "command", operator="blind", **q)
    scenario("bug-force-old-disk", "violation", "message", foes=["disks"], events=3, start="alone", operator="guarded")
    scenario("stuck-no-give-back", "stuck", "message", live=True, foes=["unable"], epochs=6, bugs=["no_give_back"])
    scenario("stuck-hand-no-out", "stuck", "message", live=True, foes=["hand"], epochs=6, bugs=["hand_no_out"])
    scenario("stuck-hand-not-stopped", "stuck", "message", live=True, foes=["hand"], epochs=6, bugs=["hand_no_stop"])
    scenario("stuck-no-answer", "stuck", "message", live=True, epochs=6, start="alone", bugs=["no_answer"], **q)
    scenario("stuck-no-answer-whole", "stuck", "message", live="whole", epochs=8, commits=0, builds=1, bugs=["no_answer"], **q)
    scenario("stuck-no-take-back", "stuck", "arbiter", live=True, epochs=5, commits=1, bugs=["no_take_back"])
    # Not claimed: what the text says can happen, does.
    scenario("not-claimed-poison", "violation", "message", foes=["poison"], commits=2, bugs=["poison_claimed"], **q)
    scenario("not-claimed-poison-waiters", "violation", "message", foes=["poison"], bugs=["poison_in_time", "poison_waiters"], **q)
    scenario("not-claimed-copy-by-hand", "violation", "message", foes=["disks"], events=3, operator="strict", bugs=["by_hand"])
    scenario("not-claimed-remote-write", "violation", "arbiter", foes=["lost_write"], **q)
    scenario("not-claimed-arb-rollback", "violation", "arbiter", bugs=["arb_rollback"], **q)
    scenario("not-claimed-fallback", "violation", "fallback", **q)
    # The first model's.
    for name, mode, k in (
            ("no-proof", "arbiter", dict(start="alone", bugs=["no_proof"])), ("release-first", "arbiter", dict(bugs=["release_first"])),
            ("mark-in-mcdir", "message", dict(epochs=5, bugs=["mark_in_mcdir"])),
            ("register-first", "arbiter", dict(epochs=5, start="alone", bugs=["register_first"])),
            ("startup-race", "arbiter", dict(bugs=["startup_race"])),
            ("no-generation", "arbiter", dict(epochs=5, builds=1, start="alone", bugs=["no_gen"])),
            ("mixed-policy", "mixed", dict()), ("force-not-met", "message", dict(operator="guarded", bugs=["no_met"])),
            ("force-register", "arbiter", dict(operator="guarded", bugs=["force_register"])),
            ("any-generation", "message", dict(builds=1, start="alone", bugs=["any_gen", "real_first"])),
            ("copied-mark", "message", dict(epochs=5, builds=1, bugs=["copied_mark", "setup_in_pair"])),
            ("fence-isolates", "command", dict(bugs=["fence_isolates"])), ("fence-durable", "command", dict(bugs=["fence_durable"])),
            ("arbiter-lost-naive", "arbiter", dict(bugs=["arb_lost_naive", "no_identity"])),
            ("arbiter-lost-no-identity", "arbiter", dict(bugs=["arb_lost", "no_identity"]))):
        scenario(f"bug-{name}", "violation", mode, quick=name != "arbiter-lost-no-identity", **k)


def kind(label):
    """A step's kind: its label without names, ids and numbers."""
    label = re.sub(r"\b(commits|flushes) [xyz]\b", r"\1 a row", re.sub(r"\b(has flushed|has) ([xyz]+|all)\b", r"\1 all", label))
    return re.sub(r"\(\d+\)", "", re.sub(r"\b[AB]\b('s)?", "*", label))


def run(name: str, verbose: bool = False, table: bool = False) -> tuple[list[str], bool, int, set[str]]:
    """Explore one scenario; return (its lines, whether it came out as expected, states, kinds of steps of a safe one).

    States that are reached, depth and steps to a violation are the same each time, whatever the order of sets; what was
    seen before a violation is not.
    """
    expected, m, live = SCENARIOS[name]
    t = time.time()
    gc.disable()  # nothing here is cyclic
    order, depth, bad, stuck, taken = explore(m, live=live)
    got = "violation" if bad else "stuck" if stuck else "safe"
    pen = sum(s.A.gen > 0 and s.A.mk == "ALONE" for s in order)
    serves = sum(s.A.gen > 0 and s.A.mk == "ALONE" and s.A.role == "P" and s.A.srv and not s.A.eff for s in order)
    ok = got == expected.split("+")[0] and (bad is None or bad[0] != "LIMIT") and ("+failback" not in expected or serves > 0)
    came_out = f"found in {len(bad[1])} steps: {bad[0].partition(':')[0]}" if bad else f"{f'stuck in {len(stuck)}' if stuck else 'safe'}, {len(order)} states"
    came_out += f", rebuilt A serves alone in {serves}" * bool("+failback" in expected and serves)
    if table:
        return [row(name, came_out)], ok, len(order), set()
    lines = [f"{name:28} {got} ({'as expected' if ok else 'UNEXPECTED, not ' + expected}) {len(order)} states, depth {depth}, "
             f"{time.time() - t:.1f} s" + (f"; rebuilt A holds the pen in {pen}, serves alone in {serves}" if pen else "")]
    told = counted().get(name, row(name, came_out))
    if told != row(name, came_out):
        ok, lines = False, [*lines, f"    {DOCUMENT.name} has it otherwise:", f"    {told}", f"    {row(name, came_out)}"]
    if bad:
        lines += [f"    {bad[0]}, after {len(bad[1])} steps", *(f"      {i + 1}. {step}" for i, step in enumerate(bad[1]))]
    kinds = Counter()
    for label, count in taken.items():
        kinds[kind(label)] += count
    if verbose and not bad:
        lines.append(f"    {len(kinds)} kinds of steps: " + "; ".join(f"{k} {c}" for k, c in sorted(kinds.items())))
    if stuck is not None:
        lines += [f"    commits cannot come back without an operator from {len(stuck)} states", *("      " + show(s) for s in stuck[:3])]
        if verbose:
            alone = solo(m, order)
            lines += ["    peer dead for ever; goes on by itself (yes, no) from:",
                      *("      " + " ".join(map(str, (*key, alone[key]))) for key in sorted(alone))]
    return lines, ok, len(order), set(kinds) if got == "safe" else set()


def main(args: list[str]) -> int:
    scenarios()
    if "--list" in args:
        print("\n".join(f"{n:28} {SCENARIOS[n][0]:14} {'quick' if n in QUICK else 'long' if n in LONG else ''}".rstrip() for n in SCENARIOS))
        return 0
    verbose, table, jobs, args = "-v" in args, "--table" in args, 1, [a for a in args if a not in ("-v", "--table")]
    if "--jobs" in args:
        at = args.index("--jobs")
        jobs, args = int(args[at + 1]), args[:at] + args[at + 2:]
    long, args = "--long" in args, [a for a in args if a != "--long"]
    names = QUICK if "--quick" in args else args or [n for n in SCENARIOS if long or n not in LONG]
    if strange := [n for n in names if n not in SCENARIOS]:
        print(f"no such scenario: {', '.join(strange)}; --list shows all", file=sys.stderr)
        return 2
    wrong, total, started, everywhere = 0, 0, time.time(), Counter()
    with ProcessPoolExecutor(jobs, initializer=scenarios, max_tasks_per_child=1) as pool:  # a process each: memory goes back
        for lines, ok, states, kinds in pool.map(run, names, [verbose] * len(names), [table] * len(names)):
            print("\n".join(lines), flush=True)
            wrong += not ok
            total += states
            everywhere.update(kinds)
    if verbose:
        print("kinds of steps, and in how many of the safe scenarios each was taken:")
        print("".join(f"    {count:3} {k}\n" for k, count in sorted(everywhere.items())), end="")
    print(f"{len(names)} scenarios, {total} states, {time.time() - started:.0f} s, {wrong} unexpected", flush=True, file=sys.stderr if table else sys.stdout)
    return bool(wrong)


def show(s):
    f = lambda v: f"{v.role} {v.mk}({v.ep}) log={v.log or '-'} names={v.names} {'up' if v.srv else 'down'}" + ("" if v.able else " unable")
    return f"A {f(s.A)} | B {f(s.B)} | R {s.R} acked={''.join(sorted(s.acked)) or '-'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
