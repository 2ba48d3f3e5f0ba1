"""What must hold (design 9), looked at from outside: while a run goes on, and when all is level."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from common.case import CaseView, due, fold
from common.case.grading import steps_to_finish
from common.case.view import digest
from common.errors import AppError
from common.events import Event, decode, event_id, split_line
from common.node import Node
from common.node.evidence import read_receipt
from common.node.values import Truth
from common.offices import township_of, within
from common.reference import Reference
from common.store.ledger import OWN, Stored
from common.store.views import PaperRow
from sync import wire
from sync.child import papers_left
from sync.headers import read_answer
from tests.builders import ids_held
from tests.model import Facts, Model
from tests.simulator.acts import built_on, check_day, check_holder, concerned, in_scope, named, offered, short
from tests.simulator.broken import hold
from tests.simulator.machines import Machine

Machines = Mapping[str, Machine]


@dataclass
class Watch:
    """What a run's machines have said so far.

    genuine   ids of all events that a machine of the county wrote
    written   how many of each type
    final     case -> ids of acts that some machine has shown as final
    """

    draw: random.Random
    genuine: set[str] = field(default_factory=set)
    written: Counter[str] = field(default_factory=Counter)
    final: dict[str, set[str]] = field(default_factory=dict)
    _compared: dict[str, tuple[int, ...]] = field(default_factory=dict)

    # -- while it goes on

    def look_at(self, machine: Machine) -> None:
        if machine.here.store.ledger.pos() != machine.seen_pos:
            with machine.at_work():
                self._look_at(machine)

    def _look_at(self, machine: Machine) -> None:
        """What is new at a machine: its own events, and the cases that they touch."""
        node = machine.here
        touched: dict[str, None] = {}
        for one in node.store.ledger.log(machine.seen_pos + 1):
            machine.seen_pos = one.pos
            if one.source == OWN and one.id not in self.genuine:
                self.genuine.add(one.id)
                self.written[one.event.type] += 1
                check_day(one.event)
            if case := one.event.case_id:
                touched[case] = None
        machine.note_reference()
        for case in touched:
            view = fold(node.store.ledger.of_case(case), node.reference)
            check_holder(view, node.reference)
            self._check_final(machine, view)

    def _check_final(self, machine: Machine, view: CaseView) -> None:
        """What was shown as final is in effect, and all on which the county has built."""
        shown, case = machine.final.setdefault(view.id, set()), view.id[:6]
        lost = shown - set(view.path)
        hold(not lost, 8, f"{machine.name} shows {short(lost)} of case {case} no longer as final")
        lost = built_on(view, machine.here.reference.hub) - set(view.path)
        hold(
            not lost,
            8,
            f"at {machine.name} {short(lost)} of case {case} has no effect: the county built on it",
        )
        shown.update(x for x in view.path if x in view.pinned)
        self.final.setdefault(view.id, set()).update(shown)

    def started_again(self, machine: Machine) -> None:
        """After a stop: what it had acknowledged is there."""
        self._check_acknowledged(machine)
        self.look_at(machine)

    def exchanged(self, child: Machine, parent: Machine, hub: Machine, message: bytes, answer: bytes) -> None:
        """A signed answer acknowledges the lines of the message that it answers, but for those that it names.

        It also says which heads the parent holds, and the county's receipts in it which ones the county does.
        """
        try:
            _, lines = wire.read(wire.unseal(message, parent.here.seal_key))
            header, told = wire.read(wire.unseal(answer, child.here.seal_key))
            said = read_answer(header)
        except AppError:
            return
        if said.refusal is None:
            refused = {id for id, _ in said.refused}
            sent = {event_id(line.partition(b" ")[2]) for line in lines}
            acked = sent - refused | {id for _, id in (said.heads or {}).values()}
            self._check_held(parent, acked)
            parent.acked |= acked
            self._check_told(child, parent, told)
        for line in said.receipts:
            hub.acked |= {id for _, id in read_receipt(line.encode("utf-8")).heads.values()}

    def _check_told(self, child: Machine, parent: Machine, lines: Iterable[bytes]) -> None:
        """Of a case out of the child's scope it is told what came to the parent before the case left, and no more.

        Or, where the case never was in its scope, with or before the act that would have brought it in or out.
        What nodes of the child's own division have written concerns it in any case.
        """
        nodes, home = parent.here.reference.nodes, child.home
        told: dict[str, set[str]] = {}
        for event in map(_event_of, lines):
            if event.case_id and not (event.node in nodes and within(nodes[event.node].office, home)):
                told.setdefault(event.case_id, set()).add(event.id)
        for case, ids in told.items():
            stored = parent.here.store.ledger.stored_of_case(case)
            if in_scope(fold([one.event for one in stored], parent.here.reference), home):
                continue
            left = [
                one for one in stored if one.id in ids and not self._was_in_scope(parent, stored, one, home)
            ]
            words = f"{parent.name} tells {child.name} {short(one.id for one in left)} of case {case[:6]}"
            hold(not left, 6, f"{words}, which does not concern it any more")

    def _was_in_scope(self, parent: Machine, stored: list[Stored], told: Stored, home: str) -> bool:
        """Before the parent took the event in, with what came along and what it wrote upon it, or at any time since.

        Or the child is offered the case since, or the offer answered, though never in effect here.
        """
        since = stored.index(told)
        while since and stored[since].source == OWN:
            since -= 1
        while since and stored[since - 1].source == stored[since].source:
            since -= 1
        return offered([one.event for one in stored], since, home) or any(
            in_scope(fold([one.event for one in stored[:upto]], parent.here.reference), home)
            for upto in range(since, len(stored))
        )

    def check_sealed(self, message: bytes, others: Iterable[Machine]) -> None:
        """Nobody but the reader reads a message."""
        for other in others:
            try:
                wire.unseal(message, other.here.seal_key)
            except AppError:
                continue
            hold(False, 5, f"{other.name} reads a message for another")

    def check_truths(self, machine: Machine, hub: Machine) -> None:
        """● 「已传到县」 is said of nothing that the county does not have."""
        node = machine.here
        said = {
            id
            for case in node.store.ledger.cases()
            for id, truth in node.case(case).truth.items()
            if truth is Truth.COUNTY
        }
        lies = said - ids_held(hub.here.store) - beside(node, hub.here)
        hold(not lies, 5, f"{machine.name} says that {short(lies)} is at the county")

    def check_withheld(self, child: Machine, hub: Machine, *, lied: bool) -> None:
        """What the county signed for and the child does not have shows at the child, and nothing else does.

        Args:
            lied: a relay has lied: it may hide receipts too, which shows as well.
        """
        node = child.here
        held = (
            node.store.ledger.pos(),
            hub.here.store.ledger.pos(),
            *(r.size for r in node.store.evidence.receipts()),
        )
        if self._compared.get(child.name) == held or beside(node, hub.here):
            return
        self._compared[child.name] = held
        shown = node.withheld()
        for office, receipt in node._evidence.receipts().items():
            if not within(office, node.office):
                continue
            told = _signed_for(hub, office, receipt.feed[0])
            missing = told - ids_held(node.store)
            words = f"{child.name} lacks {short(missing)} of {office} and shows {shown.get(office, 0)} as withheld"
            hold(missing or lied or office not in shown, 5, words)
            hold(not missing or office in shown or self._hidden(child, hub, office, told), 5, words)

    def _hidden(self, child: Machine, hub: Machine, office: str, told: set[str]) -> bool:
        """Something that the county had not signed for stands in for what is missing: a fork, or another's new act."""
        node = child.here
        if child.here.store.ledger.counts()[1] or hub.here.store.ledger.counts()[1]:
            return True
        receipts = node._evidence.receipts()
        for origin, (seq, id) in receipts[office].heads.items():
            if node.store.ledger.ids_at(origin, seq) - {id}:
                return True  # a fork that nobody has seen yet: its disk was put back
        above = receipts.get(township_of(office) or "")
        if above is not None and above.size > receipts[office].size:
            return (
                True  # it does not know what the township's acts were at the county when this one was signed
            )
        held = [
            event for case in node.store.feeds.cases_of(office) for event in node.store.ledger.of_case(case)
        ]
        known = node.reference.nodes
        own = {id for id, record in known.items() if record.office in (office, township_of(office))}
        return any(event.node not in own for event in held if event.id not in told)

    # -- when all is level

    def check(self, machines: Machines, thorough: Iterable[str], *, lied: bool) -> None:
        """All that must hold once every machine is level with the county.

        A case with acts of a machine after it was taken out of service is left out: they wait at the county for a
        ruling, and stand, without effect, where they were taken before that was known.

        Args:
            machines: those in service.
            thorough: names of machines whose whole store is checked.
        """
        hub = machines["hub"]
        self._check_people_and_reference(machines)
        views = {name: _views(machine) for name, machine in machines.items()}
        for machine in machines.values():
            self._check_acknowledged(machine)
            self._check_authors(machine)
        self._check_nothing_waits(machines)
        cut = {
            case
            for found in views.values()
            for case, view in found.items()
            if any(hub.here.reference.cut(event) for event in view.events.values())
        }
        cut |= _awaiting_a_ruling(hub.here)
        for case in sorted(views["hub"].keys() - cut):
            holders = {name: found[case] for name, found in views.items() if case in found}
            self._check_case(case, holders, machines)
        for name, found in views.items():
            stray = found.keys() - views["hub"].keys() - cut
            hold(not stray, 2, f"{name} has cases that the county lacks: {short(stray)}")
        for machine in machines.values():
            self._check_papers(machine, hub)
            if machine is not hub:
                stray = beside(machine.here, hub.here)
                hold(
                    lied or not stray,
                    2,
                    f"at {machine.name} {short(stray)} counts beside the line that the county named",
                )
                self._check_strays(machine, views["hub"], cut)
                self.check_truths(machine, hub)
                self.check_withheld(machine, hub, lied=lied)
                hold(not machine.here.withheld(), 5, f"{machine.name}: {machine.here.withheld()} withheld")
        for name in thorough:
            with machines[name].at_work():
                _, _, fault = machines[name].here.verify()
            hold(fault is None, 2, f"{name}: {fault}")

    def _check_people_and_reference(self, machines: Machines) -> None:
        heads = {machine.here.reference.head for machine in machines.values()}
        hold(len(heads) == 1, 2, "the reference ledger differs")

    def _check_acknowledged(self, machine: Machine) -> None:
        self._check_held(machine, machine.acked)

    def _check_held(self, machine: Machine, ids: set[str]) -> None:
        store = machine.here.store
        gone = ids - ids_held(store)
        gone -= store.waiting.has(gone) | store.stubs.has(gone)
        hold(not gone, 1, f"{machine.name} has lost {short(gone)}")

    def _check_authors(self, machine: Machine) -> None:
        forged = {one.id for one in machine.here.store.ledger.log()} - self.genuine
        hold(not forged, 5, f"{machine.name} has taken {short(forged)}, which nobody of the county wrote")

    def _check_nothing_waits(self, machines: Machines) -> None:
        """But for what a liar made up, what follows on an event that was lost with the only disk that had it, and what
        a machine out of service wrote that the county does not have, since it waits for a ruling."""
        reference = machines["hub"].here.reference
        county = ids_held(machines["hub"].here.store)
        there = {one.id for machine in machines.values() for one in machine.here.store.ledger.log()}
        for machine in machines.values():
            held = {one.id: one for one in machine.here.store.waiting.list() if one.id in self.genuine}
            stuck = [
                one
                for one in held.values()
                if (one.needs in there or one.reason != "wait.prev")
                and (one.id in county or reference.nodes[_event_of(one.line).node].cuts is None)
            ]
            hold(not stuck, 0, f"{machine.name}: {[(one.id[:6], one.reason) for one in stuck]} wait")

    def _check_papers(self, machine: Machine, hub: Machine) -> None:
        node = machine.here
        if machine is not hub:
            hold(papers_left(node) == 0, 1, f"{machine.name} still owes {papers_left(node)} papers")
        named = {row.hash for case in node.store.ledger.cases() for row in node.store.views.papers(case)}
        whole = {hash for hash in named if machine.room is not None and machine.room.whole(hash)}
        at_hub = {hash for hash in named if hub.room is not None and hub.room.whole(hash)}
        hold(whole <= at_hub, 1, f"papers at {machine.name} that the county lacks: {short(whole - at_hub)}")
        asked = {file.hash for file in node.store.local.papers_wanted(1000)}
        late = {
            hash
            for hash in asked & at_hub
            for row in node.store.views.papers_by_hash([hash])
            if not _left(machine, row.case) and not _after_cutoff(node, hub.here, row)
        }
        hold(not late, 0, f"{machine.name} has asked for {short(late)} and does not get it")

    def _check_strays(self, machine: Machine, views: dict[str, CaseView], cut: set[str]) -> None:
        """What lies beside the ledger, lines that wait and papers, is of cases that may be here too.

        And receipts are of divisions of which a parent hands down newer ones.
        """
        node = machine.here
        allowed = cut | {
            case for case, view in views.items() if any(within(x, node.office) for x in named(view))
        }
        ours = {each.id for each in node.reference.nodes.values() if within(each.office, node.office)}
        waiting = [_event_of(one.line) for one in node.store.waiting.list() if one.id in self.genuine]
        stray = {
            event.id for event in waiting if event.node not in ours and event.case_id not in {None, *allowed}
        }
        hold(not stray, 6, f"at {machine.name} {short(stray)} waits of cases that do not concern it")
        named_here = {row.hash for case in allowed for row in node.store.views.papers(case)}
        lying = {path.name for path in machine.disk.papers.glob("[0-9a-f][0-9a-f]/*")}
        stray = lying - named_here - machine.captured
        hold(not stray, 6, f"papers at {machine.name} of cases that do not concern it: {short(stray)}")
        signed_for = {kept.office for kept in node.store.evidence.receipts()} - {township_of(node.office)}
        others = sorted(code for code in signed_for if not within(code, node.office))
        hold(not others, 5, f"{machine.name} keeps the receipts of {others}, which nobody renews for it")

    # -- one case

    def _check_case(self, case: str, holders: dict[str, CaseView], machines: Machines) -> None:
        hub_view, reference = holders["hub"], machines["hub"].here.reference
        present = {name: view for name, view in holders.items() if not _left(machines[name], case)}
        self._check_same(case, present, machines)
        self._check_order(case, hub_view, reference)
        self._check_model(case, hub_view, reference)
        check_holder(hub_view, reference)
        self._check_scope(case, hub_view, holders, present, machines)
        self._check_due(case, present, machines)
        lost = self.final.get(case, set()) - set(hub_view.path)
        hold(not lost, 8, f"case {case[:6]}: {short(lost)} had been confirmed")
        for name in present:
            self._check_final(machines[name], present[name])

    def _check_same(self, case: str, present: dict[str, CaseView], machines: Machines) -> None:
        digests = {name: digest(view) for name, view in present.items()}
        if len(set(digests.values())) > 1:
            whole = set().union(*(view.events for view in present.values()))
            lacks = {name: short(whole - set(view.events)) for name, view in present.items()}
            hold(False, 2, f"case {case[:6]} differs: {digests}; lacking: {lacks}")
        for name in present:
            row = machines[name].here.store.views.get(case)
            view = present[name]
            hold(
                row is not None and row.holder == view.state.holder,
                2,
                f"{name}: the view of {case[:6]} is old",
            )

    def _check_order(self, case: str, view: CaseView, reference: Reference) -> None:
        listed = [*view.events.values()]
        listed += self.draw.sample(listed, len(listed) // 3)
        self.draw.shuffle(listed)
        hold(fold(listed, reference) == view, 2, f"the fold of case {case[:6]} depends on the order")

    def _check_model(self, case: str, view: CaseView, reference: Reference) -> None:
        """The second model of the fold agrees on what is in effect."""
        edition = reference.editions.get(view.state.edition)
        facts = Facts(
            generations={origin: age for origin, (age, _) in reference.origins.items()},
            cuts={node.id: node.cuts for node in reference.nodes.values() if node.cuts is not None},
            singly={id: counts for node in reference.nodes.values() for id, counts in node.singly.items()},
            canon=reference.canon,
            pause_kinds=frozenset(edition.item.excluded_kinds if edition else ()),
            steps=frozenset(step.number for step in steps_to_finish(edition.item))
            if edition
            else frozenset(),
        )
        said = Model(view.events.values(), facts).result()
        same = said["path"] == view.path and said["holder"] == view.state.holder
        hold(same, 2, f"case {case[:6]}: the model has {short(said['path'])}, the fold {short(view.path)}")

    def _check_scope(
        self,
        case: str,
        view: CaseView,
        holders: dict[str, CaseView],
        present: dict[str, CaseView],
        machines: Machines,
    ) -> None:
        """Who must hold a case, and who may, worked out from the acts in effect and from all acts."""
        must, may = concerned(view), named(view)
        for name, machine in machines.items():
            home = machine.here.office
            wanted = any(within(code, home) for code in must)
            allowed = any(within(code, home) for code in may)
            hold(name in present or not wanted, 6, f"{name} lacks case {case[:6]}, which concerns it")
            hold(
                name not in holders or allowed, 6, f"{name} holds case {case[:6]}, which does not concern it"
            )

    def _check_due(self, case: str, present: dict[str, CaseView], machines: Machines) -> None:
        said = {}
        for name, view in present.items():
            machine = machines[name]
            with machine.at_work():
                limits = due(view, machine.here.reference)
            row = machine.here.store.views.get(case)
            shown = (row.accepted_on, row.due, row.provisional) if row else None
            said[name] = (limits and (limits.accepted_on, limits.promised, limits.statutory), shown)
        hold(len(set(said.values())) <= 1, 7, f"case {case[:6]}: {said}")


def _views(machine: Machine) -> dict[str, CaseView]:
    ledger = machine.here.store.ledger
    with machine.at_work():
        return {case: fold(ledger.of_case(case), machine.here.reference) for case in ledger.cases()}


def beside(node: Node, hub: Node) -> set[str]:
    """What a node took in of a machine before it heard of the cut-off, the county lacks, and nobody has ruled on yet.

    Nothing tells it from what counts, where it is held (docs/decisions/0021).
    """
    nodes = hub.reference.nodes
    revoked = {name for name, record in nodes.items() if record.cuts is not None and name != node.id}
    if not revoked:
        return set()
    held = [one for one in node.store.ledger.log() if one.origin.partition("/")[0] in revoked]
    there = ids_held(hub.store)
    return {one.id for one in held if one.id not in there and not node.reference.cut(one.event)}


def _awaiting_a_ruling(node: Node) -> set[str]:
    """Cases of which an act waits here for a ruling: who took it in before it knew of the cut-off has more of them."""
    events = [_event_of(one.line) for one in node.store.waiting.list(10_000) if one.reason == "wait.cut"]
    return {event.case_id or event.id for event in events}


def _after_cutoff(node: Node, hub: Node, row: PaperRow) -> bool:
    """Does a paper belong to an act that waits for a ruling at the county, which gives nothing of it until then?"""
    named = next(event for event in node.store.ledger.of_case(row.case) if event.id == row.event)
    return hub.reference.cut(named)


def _left(machine: Machine, case: str) -> bool:
    row = machine.here.store.views.get(case)
    return row is not None and row.left


def _signed_for(hub: Machine, office: str, number: int) -> set[str]:
    """What concerned a division when its feed at the county had got to this number."""
    feeds, cases = hub.here.store.feeds, dict[str, set[str]]()
    others = set()
    for entry in feeds.page(office, 0, 1 << 40, 1 << 20):
        if entry.number > number:
            break
        if entry.case is None:
            others.add(entry.id or "")
        elif entry.id is None:
            cases.pop(entry.case, None)
        else:
            cases.setdefault(entry.case, set()).add(entry.id)
    return feeds.counted(office, others).union(*cases.values())


def _event_of(line: bytes) -> Event:
    return decode(split_line(line)[1])
