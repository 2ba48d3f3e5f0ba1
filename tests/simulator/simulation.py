"""One run: a county of machines in one process, all from one seed.

    Simulation(7).run()      raises Broken, with the steps, if something does not hold

Steps come one after the other; while a message is on its way others may act, on the same machine too.  In the end all
machines are switched on, all links are good, nobody lies, and everybody syncs until nothing moves: then it is checked.
Nothing depends on the real time, on a zone or locale, or on the order of a hash table.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from common.calendar import Calendar
from common.clock import local_date
from common.errors import AppError, BadInput
from common.node import Node
from common.offices import Level, within
from common.papers import Papers
from common.store.database import StoreTrouble
from county_hub.nodes.rulings import revoke, rule, stretches
from sync.child import SyncReport, sync_once
from sync.enrolling import begin, enrol, issue_slip, pending
from sync.parent import Parent
from sync.slips import read_slip
from tests.builders import ids_held
from tests.forger import Forger
from tests.simulator.broken import Broken, hold
from tests.simulator.disk import Disk, Stopped, make_folder
from tests.simulator.lies import Liar
from tests.simulator.links import SimulatedLink, Traffic, Weather
from tests.simulator.machines import DAY_MS, WRONG_BY_MS, Machine, machines, settled, template
from tests.simulator.people import People
from tests.simulator.watch import Watch, beside

STEPS = 150
ROUNDS = 30
LONGEST_STOP = 300
ROOM_LEFT = 12  # pages, on a disk that is nearly full
MOST_NEW = 2
THEFTS = 0.05  # how often in a step somebody writes with a machine that is out of service
RULED, RULINGS = 0.4, 4  # how often the county rules once all is level, and on how many acts


@dataclass
class Simulation:
    """A run.  ``met`` counts what happened; ``trace`` has its steps.

    Args:
        steps: how many, before all is healed.
        kinds: machine -> the kind of Parent that it answers with, for machines that are to be wrong.
    """

    seed: int
    steps: int = STEPS
    kinds: Mapping[str, type[Parent]] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)

    def run(self) -> Counter[str]:
        """What happened, by name.  Raises Broken."""
        self.folder = make_folder()
        self.machines: dict[str, Machine] = {}
        try:
            self._begin()
            for step in range(self.steps):
                self._step_number = step
                self._step()
                self._look()
            self._say("all is healed")
            self._heal()
            if self._rule_on_the_lost():
                self._heal()
            if self.draw.random() < RULED and self._rule():
                self._heal()
            self._check()
        except Broken as broken:
            broken.seed, broken.trace = self.seed, self.trace
            raise
        except (Exception, Stopped) as exc:
            broken = Broken(0, f"{type(exc).__name__}: {exc}")
            broken.seed, broken.trace = self.seed, self.trace
            raise broken from exc
        finally:
            self._end()
        return self.met

    def _end(self) -> None:
        for machine in self.machines.values():
            machine.switch_off()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _begin(self) -> None:
        self.draw = random.Random(f"simulation {self.seed}")
        self.machines = machines(self.seed, self.folder, self.kinds)
        self.hub = self.machines["hub"]
        self.time = self.hub.clock.time
        self.people = People(random.Random(f"people {self.seed}"))
        self.thief = random.Random(f"thief {self.seed}")
        self.watch = Watch(random.Random(f"watch {self.seed}"))
        self.weather = Weather(random.Random(f"weather {self.seed}"), bad=self.draw.choice((0, 0.1, 0.3)))
        self.liars: dict[str, Liar] = {}
        self.traffic = Traffic(self.weather, self._exchanged, self._meanwhile, self._fault, self._twist)
        self.depth = self._step_number = 0
        self.new = 0
        self.newcomers: set[str] = set()
        self.out_of_service: set[str] = set()
        self.images = 0
        self.lied_to: set[str] = set()
        self._healing = False
        for machine in self.machines.values():
            self.watch.genuine |= {one.id for one in machine.here.store.ledger.log()}
            self._note_surroundings(machine)

    def _note_surroundings(self, machine: Machine) -> None:
        self.met[f"zone {machine.zone}"] += 1
        self.met[f"locale {machine.locale}"] += 1
        self.met["wrong clocks"] += machine.clock.wrong_by_ms != 0

    # -- steps

    def _step(self) -> None:
        self.time.now += self.draw.randrange(1, 40) * 60_000
        steps, weights = zip(*self._choices(), strict=True)
        self.draw.choices(steps, weights)[0]()
        if self.out_of_service and self.thief.random() < THEFTS:
            self._theft()

    def _choices(self) -> list[tuple[Callable[[], None], float]]:
        return [
            (self._act, 60),
            (self._sync, 40),
            (self._tick, 3),
            (self._time_passes, 4),
            (self._clock_jumps, 2),
            (self._stop_soon, 5),
            (self._start_one, 8),
            (self._disk_fills, 4),
            (self._weather_turns, 5),
            (self._deliver_late, 3),
            (self._take_image, 3),
            (self._put_back, 2),
            (self._lie, 3),
            (self._office_work, 3),
            (self._ask_for_paper, 3),
            (self._new_machine, 2),
            (self._out_of_service, 0.5),
            (self._ruling, 1),
            (self._parents_change, 1),
        ]

    def _up(self, *, hub: bool = True, enrolled: bool = True) -> list[Machine]:
        return [
            m
            for m in self.machines.values()
            if m.up and (hub or m is not self.hub) and (not enrolled or m.enrolled)
        ]

    def _act(self) -> None:
        if up := self._up():
            machine = self.draw.choice(up)
            self._run(machine, lambda: self._act_at(machine))

    def _act_at(self, machine: Machine) -> None:
        acted = self.people.act(machine)
        if acted is None:
            return
        machine.acked.update(event.id for event in acted.events)
        self.met["refused" if acted.code else "acts"] += 1
        if any(event.actor in self.newcomers for event in acted.events):
            self.met["acts of substitutes" if machine.level is Level.VILLAGE else "acts of newcomers"] += 1
        self._say(f"{machine.name}: {acted.words}")

    def _sync(self) -> None:
        up = [m for m in self._up(hub=False, enrolled=False) if m.parents]
        if up:
            machine = self.draw.choice(up)
            self._run(machine, lambda: self._sync_at(machine, machine.parents))

    def _sync_at(self, machine: Machine, parents: list[Machine]) -> SyncReport | None:
        if pending(machine.here):
            return self._join(machine, parents)
        links = [SimulatedLink(machine, parent, self.traffic) for parent in parents]
        if machine.room is None:
            return None
        report = sync_once(machine.here, links, machine.room)
        self.met[report.result] += 1
        code = f" {report.code}" if report.code else ""
        by = (report.parent or "").removeprefix("http://")
        self._say(f"{machine.name}: sync {by} {report.result}{code}, {report.sent} up, {report.taken} down")
        if report.result == "level" and machine.enrolled and self.hub.up:
            self.watch.check_withheld(machine, self.hub, lied=bool(self.liars or self.lied_to))
        return report

    def _join(self, machine: Machine, parents: list[Machine]) -> None:
        links = [SimulatedLink(machine, parent, self.traffic) for parent in parents]
        try:
            enrol(machine.here, links)
            self.met["enrolled"] += 1
            self._say(f"{machine.name}: enrolled")
        except AppError as exc:
            self._say(f"{machine.name}: enrols, {exc.code}")
            if exc.code == "slip.expired" and self.hub.up:
                self._begin_again(machine)

    def _begin_again(self, machine: Machine) -> None:
        """The operator gives out another slip."""
        addresses = [p.url for p in machine.parents]
        issued = issue_slip(self.hub.here, machine.home, addresses, self.hub.draw.randbytes)
        begin(machine.here, read_slip(issued.text), machine.draw.randbytes)
        self._say(f"{machine.name}: a new slip")

    def _tick(self) -> None:
        if up := self._up():
            machine = self.draw.choice(up)
            self._run(machine, lambda: self._tick_at(machine))

    def _tick_at(self, machine: Machine) -> None:
        written = machine.here.tick()
        if written:
            self._say(f"{machine.name}: {written} timers")

    def _time_passes(self) -> None:
        days = self.draw.choice((1, 1, 2, 4, 8, 35))
        self.time.now += days * DAY_MS
        self._say(f"{days} days pass")

    def _clock_jumps(self) -> None:
        machine = self.draw.choice(list(self.machines.values()))
        jumps = WRONG_BY_MS if machine is not self.hub else (0, 0, 3_600_000, -DAY_MS, DAY_MS)
        machine.clock.wrong_by_ms = self.draw.choice(jumps)
        self.met["wrong clocks"] += machine.clock.wrong_by_ms != 0
        self._say(f"{machine.name}: its clock is wrong by {machine.clock.wrong_by_ms // 1000} s")

    def _stop_soon(self) -> None:
        if up := self._up(enrolled=False):
            machine = self.draw.choice(up)
            commits = self.draw.random() < 0.3
            beats = int((LONGEST_STOP / 20 if commits else LONGEST_STOP) * self.draw.random() ** 2)
            machine.disk.stop_after(beats, commits=commits)
            self._say(f"{machine.name}: will stop after {beats} {'commits' if commits else 'writes'}")

    def _disk_fills(self) -> None:
        """A disk is nearly full, or has room again."""
        full = [m for m in self.machines.values() if m.up and m.disk.full]
        if full and self.draw.random() < 0.7:
            machine = self.draw.choice(full)
            machine.disk.make_room()
            self._say(f"{machine.name}: its disk has room again")
        elif idle := [m for m in self._up(enrolled=False) if not (m.busy or m.disk.full)]:
            machine = self.draw.choice(idle)
            pages = self.draw.randrange(ROOM_LEFT)
            machine.disk.fill(pages)
            self._say(f"{machine.name}: its disk takes {pages} pages more")

    def _start_one(self) -> None:
        stopped = [m for m in self.machines.values() if not m.up and not m.busy]
        if stopped:
            self._start(self.draw.choice(stopped))

    def _start(self, machine: Machine) -> None:
        machine.start()
        self._say(f"{machine.name}: starts again{' (its last commit was torn)' if machine.disk.torn else ''}")
        self.watch.started_again(machine)

    def _weather_turns(self) -> None:
        self.weather.bad = self.draw.choice((0, 0, 0.1, 0.2, 0.5))
        pairs = [(m.name, p.name) for m in self.machines.values() for p in m.parents]
        self.weather.down = {
            pair for pair in pairs if self.draw.random() < self.draw.choice((0, 0, 0.1, 0.4))
        }
        self._say(f"links: {self.weather.bad} bad, down {sorted(self.weather.down)}")

    def _deliver_late(self) -> None:
        """A message that lay somewhere on its way arrives, long after the ones that were sent later."""
        if not self.weather.delayed:
            return
        child, far, message = self.weather.delayed.pop(self.draw.randrange(len(self.weather.delayed)))
        if far.up and not far.busy:
            self.met["delivered late"] += 1
            self._say(f"{far.name}: gets an old message of {child.name}")
            self._run(far, lambda: self._answer_late(child, far, message))

    def _answer_late(self, child: Machine, far: Machine, message: bytes) -> None:
        if far.parent is not None:
            answer = far.parent.exchange(message)
            self.weather.answers.setdefault((child.name, far.name), []).append(answer)

    # -- disks: of villages alone, since a parent gets back from its children nothing that it lost (yet)

    def _take_image(self) -> None:
        idle = [m for m in self._up(hub=False) if not m.busy and m.level is Level.VILLAGE]
        if idle:
            machine = self.draw.choice(idle)
            self.images += 1
            self.met["images"] += 1
            machine.images.append(machine.disk.image(str(self.images)))
            self._say(f"{machine.name}: image {self.images} taken")

    def _put_back(self) -> None:
        having = [m for m in self.machines.values() if m.images and not m.busy]
        if not having:
            return
        machine = self.draw.choice(having)
        if not machine.up:
            self._start(machine)  # what it wrote before it stopped may be on its way
        image = self.draw.choice(machine.images)
        machine.put_back(image)
        self.met["put back"] += 1
        self._say(f"{machine.name}: image {image.name} put back")
        store = machine.here.store
        machine.acked &= ids_held(store) | store.waiting.has(machine.acked)
        self.watch.look_at(machine)

    # -- lies

    def _lie(self) -> None:
        """A township begins to lie, or is honest again."""
        if self.liars and self.draw.random() < 0.5:
            name = self.draw.choice(list(self.liars))
            self._tell_truth(name)
        elif not self.liars:
            name = self.draw.choice(("township", "other-township", "township-2"))
            self.liars[name] = Liar(random.Random(f"liar {self.seed} {self._step_number}"))
            self.lied_to.add(name)
            self._say(f"{name}: lies")

    def _tell_truth(self, name: str) -> None:
        self.met.update({f"lie: {lie}": count for lie, count in self.liars.pop(name).told.items()})
        self._say(f"{name}: tells the truth")

    def _twist(self, child: Machine, parent: Machine, data: bytes, upward: bool) -> bytes:
        if not (child.up and parent.up):
            return data
        if (liar := self.liars.get(parent.name)) is not None:
            twist = liar.swallow if upward else liar.answer
            return twist(parent.here, child.here, data)
        if upward and (liar := self.liars.get(child.name)) is not None:
            return liar.offer(child.here, parent.here, data)
        return data

    # -- the county's own work

    def _office_work(self) -> None:
        """Somebody comes, somebody goes, a calendar is published anew."""
        offices = [m for m in self._up() if m.level is not Level.VILLAGE]
        if offices:
            machine = self.draw.choice(offices)
            self._run(machine, lambda: self._office_work_at(machine))

    def _office_work_at(self, machine: Machine) -> None:
        node, draw = machine.here, self.draw
        if node.is_hub and draw.random() < 0.4:
            body = self._other_calendar(node)
            event = node.publish("calendar.published", body)
            self.met["calendars"] += 1
            self._say(f"hub: calendar {event.id[:6]} without {body['off_days'][-1:]}")
            return
        there = [o for o in sorted(node.reference.appointments.values(), key=lambda o: o.id) if not o.ended]
        mine = [o for o in there if node.is_hub or o.origin.partition("/")[0] == node.id]
        places = Counter((o.office, o.role) for o in there)
        leaving = [o for o in mine if places[o.office, o.role] > 1]
        if leaving and draw.random() < 0.5:
            officer = draw.choice(leaving)
            node.end_appointment(officer.id)
            self.met["officers ended"] += 1
            self._say(f"{machine.name}: {officer.role} of {officer.office} {officer.id[:6]} leaves")
        elif mine:
            officer = draw.choice(mine)
            event = node.appoint(f"新人{self._step_number}", officer.office, officer.role)
            self.newcomers.add(event.id)
            self.met["officers appointed"] += 1
            self._say(f"{machine.name}: {officer.role} of {officer.office} {event.id[:6]} comes")

    def _other_calendar(self, node: Node) -> dict[str, Any]:
        """The calendar with one more day off, soon."""
        newest = node.reference.newest_calendar()
        calendar = newest[1] if newest else Calendar.from_body({})
        day = local_date(self.time.now) + timedelta(days=self.draw.randrange(1, 30))
        body = calendar.to_body()
        return {
            **body,
            "version": f"v{self._step_number}",
            "off_days": sorted({*body["off_days"], day.isoformat()}),
        }

    def _ask_for_paper(self) -> None:
        """Somebody wants to see a paper that is not on his machine (取回)."""
        if up := self._up(hub=False):
            machine = self.draw.choice(up)
            self._run(machine, lambda: self._ask_for_paper_at(machine))

    def _ask_for_paper_at(self, machine: Machine) -> None:
        node = machine.here
        known = {
            row.hash: row.size for case in node.store.ledger.cases() for row in node.store.views.papers(case)
        }
        away = sorted(hash for hash in known if machine.room is not None and not machine.room.whole(hash))
        if away:
            hash = self.draw.choice(away)
            Papers(node.store.local, machine.disk.papers, machine.clock).want(hash, known[hash])
            machine.asked.add(hash)
            self.met["papers asked for"] += 1
            self._say(f"{machine.name}: asks for paper {hash[:6]}")

    def _new_machine(self) -> None:
        """A slip for a new machine: another village, or one beside an old machine."""
        if self.new >= MOST_NEW or not self.hub.up or self.hub.busy:
            return
        township = self.machines["township"]
        first, second = template().places
        office, parents = self.draw.choice(
            (
                (first.villages[3][0], [township]),
                (first.villages[0][0], [township, self.hub]),
                (second.code, [self.hub]),
            )
        )
        self._run(self.hub, lambda: self._slip(office, parents))

    def _slip(self, office: str, parents: list[Machine]) -> None:
        issued = issue_slip(self.hub.here, office, [p.url for p in parents], self.hub.draw.randbytes)
        self.new += 1
        name = f"new-{self.new}"
        own = random.Random(f"{self.seed} {name}")
        disk = Disk(name, self.folder / name, random.Random(f"disk {self.seed} {name}"))
        clock = self.time.clock(self.draw.choice(WRONG_BY_MS))
        machine = Machine(name, disk, clock, *settled(self.draw), own)
        machine.parents = parents
        node = Node.create(disk.open(), machine.clock, own.randbytes, root=issued.root)
        begin(node, read_slip(issued.text), own.randbytes)
        machine.run(node)
        self.machines[name] = machine
        self._note_surroundings(machine)
        self._say(f"{name}: set up with a slip for {office}, parents {[p.name for p in parents]}")

    def _out_of_service(self) -> None:
        """A machine is lost, and the operator says so; whoever has it goes on with it (R-112)."""
        if self.out_of_service or not self.hub.up or self.hub.busy:
            return
        if lost := [m for m in self._up(hub=False) if m.level is Level.VILLAGE or m.name == "township-2"]:
            machine = self.draw.choice(lost)
            self._run(self.hub, lambda: self._revoke(machine))

    def _revoke(self, machine: Machine) -> None:
        revoke(self.hub.here, machine.here.id, "丢失")
        self.out_of_service.add(machine.name)
        self.met["machines out of service"] += 1
        self._say(f"hub: {machine.name} is out of service")

    def _theft(self) -> None:
        """Who has a machine that is out of service writes beside its line; the parent may not have heard of it."""
        up = [m for name in sorted(self.out_of_service) if (m := self.machines[name]).up and m.enrolled]
        lost = [m for m in up if m.level is Level.VILLAGE]
        if not lost:
            return
        machine = self.thief.choice(lost)
        above = [m for m in self._up() if m is not machine and within(machine.home, m.home)]
        reference, ledger = machine.here.reference, machine.here.store.ledger
        officers = sorted(one.id for one in reference.appointments.values() if one.office == machine.home)
        forger = Forger(machine.here)
        if not (above and officers and self.hub.up and forger.seq > 1):
            return
        cases = sorted({*ledger.cases()} & {*self.hub.here.store.ledger.cases()})
        if not cases:
            return
        forger.seq = self.thief.randrange(1, forger.seq)
        forger.head = ledger.at(forger.origin, forger.seq)
        for _ in range(self.thief.randint(1, 3)):
            case = self.thief.choice(cases)
            body = {"office": machine.home, "day": machine.here.today().isoformat(), "text": "冒充"}
            forger.write("case.noted", body, actor=self.thief.choice(officers), case=case, base=case)
        self.watch.genuine |= {event.id for event in forger.written}
        parent = self.thief.choice(above)
        if forger.written[0].prev != parent.here.store.ledger.at(forger.origin, forger.written[0].seq - 1):
            return  # it waits there for what goes before
        lines = [event.line for event in forger.written]
        self._run(parent, lambda: parent.here.take(lines, machine.here.id, upward=True))
        self.met["thefts"] += 1
        self._say(f"{machine.name}: a thief writes beside its line, to {parent.name}")

    def _ruling(self) -> None:
        """The operator asks who wrote what came of a machine since it was out of service, and lets some of it count.

        Of what the county holds: of the rest nobody knows whether it will ever come.
        """
        if not self.out_of_service or not self.hub.up or self.hub.busy:
            return
        node = self.hub.here
        named = {m.here.id for name in self.out_of_service if (m := self.machines[name]).up}
        ruled = [
            x for x in sorted(named) if (known := node.reference.nodes.get(x)) and known.cuts is not None
        ]
        if not ruled:
            return
        record = node.reference.nodes[self.draw.choice(ruled)]
        counts = {}
        for stretch in stretches(node, record):
            last = self.draw.choice((None, *stretch.late))
            counts[stretch.origin] = (last.seq, last.late.event.id[:16]) if last else (stretch.counts, "")
        self._run(self.hub, lambda: self._let_count(record.id, counts))

    def _let_count(self, node: str, counts: Mapping[str, tuple[int, str]]) -> None:
        try:
            rule(self.hub.here, node, counts, "问清了")
        except BadInput as refused:
            hold(refused.code == "node.no_such_record", 0, f"a ruling is refused: {refused}")
            self.met["rulings that must wait"] += 1
            return
        self.met["rulings on machines"] += 1
        self._say(f"hub: of what was lost count {counts}")

    def _hear_who_is_out_of_service(self) -> None:
        """The hub may have stopped when the word was written and nobody had seen it yet."""
        nodes = self.hub.here.reference.nodes
        for name, machine in self.machines.items():
            if (record := nodes.get(machine.here.id)) is not None and record.cuts is not None:
                self.out_of_service.add(name)

    def _parents_change(self) -> None:
        """A village uses its township, the county, or both, in any order."""
        villages = [m for m in self._up(hub=False) if m.level is Level.VILLAGE]
        if villages:
            machine = self.draw.choice(villages)
            above = [
                m for m in self._up() if m.level is not Level.VILLAGE and machine.home.startswith(m.home)
            ]
            machine.parents = self.draw.sample(above, min(len(above), self.draw.choice((1, 2)))) or [self.hub]
            self.met["parents changed"] += 1
            self._say(f"{machine.name}: parents {[p.name for p in machine.parents]}")

    # -- what happens on the way

    def _run(self, machine: Machine, work: Callable[[], object]) -> None:
        """The machine's program runs, until it has done or the machine stops."""
        try:
            with machine.at_work():
                work()
        except StoreTrouble as trouble:
            if trouble.code != "store.full" or not machine.disk.full:
                raise
            self.met["disk full"] += 1
            self._say(f"{machine.name}: its disk is full")
        except Stopped as stop:
            if stop.disk is not machine.disk or machine.busy:
                raise
        finally:
            if machine.disk.stopped and not machine.busy and machine.node is not None:
                machine.switch_off()
                self.met["torn commits" if machine.disk.torn else "stops"] += 1
                self.met[f"stopped before {machine.disk.before or 'the next transaction'}"] += 1
                self._say(f"{machine.name}: stopped")

    def _meanwhile(self, child: Machine) -> None:
        """Others act while a message is on its way."""
        if self.depth >= 2 or self.draw.random() > 0.06 or self._healing:
            return
        self.depth += 1
        self.met["meanwhile"] += 1
        self.trace.append("    meanwhile")
        try:
            if self.draw.random() < 0.3 and child.enrolled:
                self._run(child, lambda: self._act_at(child))
            else:
                self.draw.choices((self._act, self._sync, self._tick), (5, 3, 1))[0]()
        finally:
            self.depth -= 1

    def _exchanged(self, child: Machine, parent: Machine, message: bytes, answer: bytes) -> None:
        self.met["messages"] += 1
        if not (child.up and parent.up) or {child.name, parent.name} & self.liars.keys():
            return
        self.watch.exchanged(child, parent, self.hub, message, answer)
        if self.draw.random() < 0.02:
            others = [m for m in self.machines.values() if m.up and m is not parent]
            self.watch.check_sealed(message, others)

    def _fault(self, fault: str) -> None:
        self.met[f"link: {fault}"] += 1
        self.trace.append(f"    link: {fault}")

    def _look(self) -> None:
        """After each step, at each machine on which something is new."""
        for machine in self.machines.values():
            if machine.up:
                self.watch.look_at(machine)
        if self.draw.random() < 0.02 and self.hub.up and (up := self._up(hub=False)):
            self.watch.check_truths(self.draw.choice(up), self.hub)

    def _say(self, words: str) -> None:
        self.trace.append(f"{self._step_number:3} {'  ' * self.depth}{words}")

    # -- the end

    def _heal(self) -> None:
        """All on, all links good, nobody lies: everybody syncs until nothing moves."""
        self._healing = True
        self.weather.calm()
        for name in list(self.liars):
            self._tell_truth(name)
        for machine in self.machines.values():
            machine.disk.spare()
            machine.disk.make_room()
            if not machine.up:
                self._start(machine)
        self._hear_who_is_out_of_service()
        for machine in self._in_service.values():
            if gone := [p for p in machine.parents if p.name in self.out_of_service]:
                machine.parents = [p for p in machine.parents if p not in gone] or [self.hub]
        before, reports = None, {}
        for _ in range(ROUNDS):
            before = self._positions()
            for machine in reversed(self._in_service.values()):  # up before down
                self._run(machine, lambda m=machine: reports.update({m.name: self._heal_at(m)}))
            level = all(report in ("level", None) for report in reports.values())
            if level and before == self._positions():
                return
        hold(False, 0, f"the county does not get level: {reports}")

    def _rule_on_the_lost(self) -> bool:
        """The operator lets nothing more count of what waits; True if some of it counted somewhere."""
        hub = self.hub.here
        if not any(beside(machine.here, hub) for machine in self._in_service.values()):
            return False
        for name in sorted(self.out_of_service):
            self._run(self.hub, lambda node=self.machines[name].here.id: rule(hub, node, {}, "不知道是谁"))
        return True

    def _rule(self) -> bool:
        """The county rules on what has no effect; True if anything came of it."""
        before = self.met["rulings"]
        for _ in range(RULINGS):
            self._run(self.hub, self._rule_at_hub)
        return self.met["rulings"] > before

    def _rule_at_hub(self) -> None:
        if (acted := self.people.rule(self.hub)) is not None:
            self.hub.acked.update(event.id for event in acted.events)
            self.met["refused" if acted.code else "rulings"] += 1
            self._say(f"hub: {acted.words}")

    @property
    def _in_service(self) -> dict[str, Machine]:
        return {name: m for name, m in self.machines.items() if name not in self.out_of_service}

    def _heal_at(self, machine: Machine) -> str | None:
        if machine.enrolled:
            self._tick_at(machine)
        if not machine.parents:
            return None
        honest = [p for p in machine.parents if p.name not in self.lied_to]
        report = self._sync_at(machine, machine.parents)
        if len(honest) < len(machine.parents):  # what was withheld comes from the county alone
            report = self._sync_at(machine, [self.hub])
        return report.result if report else "enrolling"

    def _positions(self) -> list[tuple[int, int]]:
        """How far each has got: events, and papers that it waits for."""
        stores = [m.here.store for m in self._in_service.values()]
        return [(store.ledger.pos(), len(store.local.papers_wanted())) for store in stores]

    def _check(self) -> None:
        for machine in self.machines.values():
            self.watch.look_at(machine)
        machines = self._in_service
        thorough = self.watch.draw.sample(sorted(machines), 2)
        self.watch.check(machines, thorough, lied=bool(self.lied_to))
        self.met["cases"] += len(self.hub.here.store.ledger.cases())
        self.met["events"] += self.hub.here.store.ledger.pos()
        self.met.update({f"wrote {kind}": count for kind, count in self.watch.written.items()})
        for machine in self.machines.values():
            self.met["papers fetched"] += sum(1 for hash in machine.asked if machine.room.whole(hash))
        for row, _, reason in self.hub.here.store.views.set_aside():
            self.met[f"aside: {reason}"] += bool(row)
        for row in self.hub.here.store.views.all():
            self.met[f"label: {row.label}"] += 1
