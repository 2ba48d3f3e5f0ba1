"""The node itself.  See the package; each method says what it does in one transaction."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from common.case.automatic import confirmation, due_automatic
from common.case.commands import Command, RegisterCase
from common.case.decide import Author, Moment, decide
from common.case.state import Draft
from common.case.view import CaseView
from common.clock import local_date
from common.errors import CommandRefused, LedgerError, Misuse, NotFound, NotPermitted
from common.events import Event, Seen
from common.ids import new_device_code
from common.keys import SEED_BYTES, PublicKey, SealKey, SigningKey, node_id, read_public_jwk
from common.node import asking
from common.node.checking import STUMBLED, Check
from common.node.evidence import Evidence
from common.node.foldings import Foldings
from common.node.intake import Intake, Outcome, goes_on, places_of
from common.node.lines import Checker, Line, read
from common.node.numbers import Numbers
from common.node.pen import Pen
from common.node.references import References
from common.node.settling import FORKED, Settling
from common.node.touching import caught_up, touched, touching
from common.node.values import CaseFile, Fault, Outgoing, Receipt, Status, Taken
from common.node.withholding import lacking, unreceipted
from common.offices import Level, level, within
from common.reference import NodeRecord, Reference
from common.store import SCHEMA, Store
from common.store.database import StoreDamaged
from common.store.views import CaseRow, Page

Clock = Callable[[], int]  # UTC milliseconds
Random = Callable[[int], bytes]  # n random bytes

DEVICE_LENGTH = 4  # of an epoch's 8 characters (docs/decisions/0001)
EPOCH_DUE, ORIGIN, ROOT, BEHIND = "epoch_due", "origin", "root", "reference_behind"  # settings
SIGNING, SEALING = "signing_key", "seal_key"  # secrets
DAY_MS = 24 * 3_600_000
TIMERS_EARLIEST_MS, TIMERS_LATEST_MS = -DAY_MS, 40 * DAY_MS
"""A timer fires only while the clock lies so far from the newest checkpoint's time (design 4)."""


class Node:
    """One installation: keys, an origin, a ledger, and the offices of one division.

    Args:
        store: opened; one that no node was created in raises Misuse ``node.not_created``.
        clock: () -> UTC ms.  random: n -> n bytes.  Both injected; nothing else here asks for time or chance.

    Safe to use from several threads; several processes may each have a Node on one store.
    """

    def __init__(self, store: Store, clock: Clock, random: Random) -> None:
        signing, sealing = store.local.secret(SIGNING), store.local.secret(SEALING)
        if signing is None or sealing is None:
            raise Misuse("node.not_created", path=str(store.path))
        self.store, self._clock, self._random = store, clock, random
        self.signing_key, self.seal_key = SigningKey(signing), SealKey(sealing)
        self.id = node_id(self.signing_key.public_jwk())
        self._references = References(store)
        self._evidence = Evidence(store)
        self._foldings = Foldings(store)

    # -- a new life

    @classmethod
    def create(cls, store: Store, clock: Clock, random: Random, *, root: str) -> Node:
        """A village's or township's node: draws its keys and its epoch.

        ``root`` is the root key's thumbprint, from the slip.  It has no office until it has taken its own
        ``node.enrolled``.  Misuse ``node.exists`` if one was created before.
        """
        with store.write():
            if store.local.secret(SIGNING) is not None:
                raise Misuse("node.exists", path=str(store.path))
            store.local.set_secret(SIGNING, random(SEED_BYTES))
            store.local.set_secret(SEALING, random(SEED_BYTES))
            store.local.set_setting(ROOT, root)
            node = cls(store, clock, random)
            store.local.set_setting(ORIGIN, node._new_origin())
        return node

    @classmethod
    def create_hub(
        cls, store: Store, clock: Clock, random: Random, *, county: str, name: str, practice: bool
    ) -> tuple[Node, SigningKey]:
        """The county's node and the root key, which is not kept here.  Opens both origins."""
        with store.write():
            root = SigningKey(random(SEED_BYTES))
            node = cls.create(store, clock, random, root=root.kid)
            origin = node._new_origin()
            body = {
                "county": county,
                "name": name,
                "node": node.id,
                "root": root.public_jwk(),
                "sign": node.signing_key.public_jwk(),
                "seal": node.seal_key.public_jwk(),
                "generation": 1,
                "practice": practice,
            }
            store.ledger.mark_reference(origin)
            pen = Pen(store, root, origin, at=node.now(), seen=None)
            pen.write("hub.enrolled", body, ref=None)
            pen.flush()
            node._in_order()
        return node, root

    def _new_origin(self) -> str:
        """An origin whose epoch is drawn now; its first half is the device code of case numbers (R-1007)."""
        return f"{self.id}/{new_device_code(self._random(8))}{new_device_code(self._random(8))}"

    # -- who it is

    @property
    def reference(self) -> Reference:
        """The reference ledger as held now; brought up to date if the store has grown."""
        return self._references.current()

    @property
    def _record(self) -> NodeRecord:
        record = self.reference.nodes.get(self.id)
        if record is None:
            raise NotFound("node.not_enrolled", node=self.id)
        return record

    @property
    def enrolled(self) -> bool:
        return self.id in self.reference.nodes

    @property
    def office(self) -> str:
        """Its home division.  NotFound ``node.not_enrolled`` before enrolment, as the next three."""
        return self._record.office

    @property
    def level(self) -> Level:
        return self._record.level

    @property
    def name(self) -> str:
        return self._record.name

    @property
    def offices(self) -> tuple[str, ...]:
        """All offices that it serves: its division, the units of it, and those merged into these (R-111)."""
        home, reference = self.office, self.reference
        if level(home) is Level.TOWNSHIP:
            posts = [f"{home}/{o.id.partition('/')[2]}" for o in reference.offices.values() if o.post]
        else:
            posts = []
        known = dict.fromkeys([home, *posts, *reference.offices, *reference.heirs])
        return tuple(office for office in known if self.serves(office))

    def serves(self, office: str) -> bool:
        """Does this node serve the office now?"""
        reference = self.reference
        return reference.node_serves(self.id, office, reference.size)

    @property
    def practice(self) -> bool:
        return self.reference.practice

    @property
    def root(self) -> str:
        """The thumbprint of the root key that this node trusts."""
        return str(self.store.local.setting(ROOT))

    @property
    def origin(self) -> str:
        """``<node>/<epoch>`` that it now writes on (at the hub its acting origin)."""
        return str(self.store.local.setting(ORIGIN))

    @property
    def reference_origin(self) -> str | None:
        """The hub's reference origin, once known: also the name of the county's tree."""
        return self.store.ledger.reference_origin()

    @property
    def is_hub(self) -> bool:
        return self.reference.hub == self.id

    def now(self) -> int:
        """The device's clock, UTC ms."""
        return self._clock()

    def today(self) -> date:
        """The later of the device's date and the newest checkpoint's, Asia/Shanghai (design 4)."""
        seen = self.store.evidence.seen()
        return max(local_date(self.now()), local_date(seen.time)) if seen else local_date(self.now())

    def author(self, officer: str, office: str | None = None) -> Author:
        """The officer of this appointment, acting for the office (his own if None).  NotFound ``officer.unknown``."""
        appointment = self.reference.appointments.get(officer)
        if appointment is None:
            raise NotFound("officer.unknown", officer=officer)
        return Author(officer, office or appointment.office)

    # -- acting

    def act(
        self, command: Command, author: Author, base: str | None = None, case: str | None = None
    ) -> tuple[Event, ...]:
        """One act of a person: the events that it made, in order.  Automatic acts that follow are not among them.

        Args:
            case: id or number; None for a registration.
            base: the tip that the page showed; None takes the present one.
        Errors:
            NotFound ``case.not_found``; CommandRefused ``case.stale`` (detail ``tip``); what ``decide`` refuses.

        A registration whose salt this office has used gives its events back and writes nothing (lesson 11).
        """
        with self.store.write():
            self._in_order()
            if isinstance(command, RegisterCase):
                if repeated := self._registered(command.salt, author.office):
                    return repeated
                view = None
            else:
                view = self._view(case or "")
                if base is not None and base != view.tip:
                    raise CommandRefused("case.stale", tip=view.tip)
            return self._write_acts(self._numbers.complete(command, author.office), author, view)

    def _write_acts(self, command: Command, author: Author, view: CaseView | None) -> tuple[Event, ...]:
        pen, reference = self._pen(), self.reference
        moment = Moment(self.today(), pen.origin, pen.seq + 1)
        settling = self._settling(pen)
        made: list[Event] = []
        for draft in decide(view, command, author, reference, moment):
            bound = draft.bound(made[-1].id if made else None)
            case = view.id if view else made[0].id if made else None
            made.append(settling.write(bound, case=case, actor=author.actor))
        pen.flush()
        settling.run({made[0].case_id or made[0].id}, {event.id: event for event in made})
        return tuple(made)

    def _view(self, key: str) -> CaseView:
        row = asking.find_case(self.store, key)
        found = self._foldings.of((row.case_id,), self.reference, {})
        self._foldings.keep(found)
        return found[row.case_id].folding.view()

    def _registered(self, salt: str, office: str) -> tuple[Event, ...]:
        """What this office registered from the draft with this salt, and submitted with it."""
        row = self.store.views.by_salt(salt, office) if salt else None
        if row is None:
            return ()
        first, *later = self.store.ledger.of_case(row.case_id)
        return (first, *(event for event in later if event.origin == first.origin and event.at == first.at))

    def decision_number(self, office: str) -> str:
        """The next number of the office's own series at this node (R-511); free again if its transaction fails."""
        return self._numbers.decision(office)

    @property
    def _numbers(self) -> Numbers:
        return Numbers(self.store.local, self._device, self.today(), self._random, self.reference.office_name)

    @property
    def _device(self) -> str:
        return self.origin.partition("/")[2][:DEVICE_LENGTH]

    # -- writing what belongs to no case

    def publish(self, kind: str, body: Mapping[str, Any]) -> Event:
        """At the hub: one event of the reference ledger.

        Errors: NotPermitted ``reference.not_hub``; CommandRefused ``reference.behind``: a child holds more of it.
        """
        return self.publish_many([(kind, body)])[0]

    def publish_many(self, bodies: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[Event, ...]:
        """At the hub: several, in order, in one transaction."""
        with self.store.write():
            self._in_order()
            return self._publish(bodies)

    def _publish(self, bodies: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[Event, ...]:
        origin = self.reference_origin
        if not self.is_hub or origin is None:
            raise NotPermitted("reference.not_hub")
        if (lost := self.store.local.setting(BEHIND)) and self.store.ledger.at(origin, lost[0]) != lost[1]:
            raise CommandRefused("reference.behind", seq=lost[0])
        pen = self._pen(origin)
        events = tuple(pen.write(kind, body, ref=pen.head) for kind, body in bodies)
        pen.flush()
        before = self.store.ledger.pos()
        intake = Intake(self.store, self._references, self.root, self.now())
        intake.go_on(events)
        self._settle_taken(intake.outcome, [*events, *self._forks(before)])
        return events

    def record(self, kind: str, body: Mapping[str, Any], actor: str | None = None) -> Event:
        """One event of the node's own origin that belongs to no case (``officer.appointed`` at a township)."""
        with self.store.write():
            self._in_order()
            pen = self._pen()
            event = pen.write(kind, body, ref=self.reference.head, actor=actor)
            pen.flush()
            self._settle((), (event,))
            return event

    def appoint(self, name: str, office: str, role: str, post: str | None = None) -> Event:
        """An appointment: at the hub in the reference ledger, at a township in its own origin.

        NotPermitted ``officer.village_appoints_none`` at a village.
        """
        return self._for_people(
            "officer.appointed", {"name": name, "office": office, "role": role, "post": post}
        )

    def end_appointment(self, officer: str, reason: str | None = None) -> Event:
        """The end of an appointment, written where this node writes its appointments."""
        return self._for_people("officer.ended", {"of": officer, "reason": reason})

    def _for_people(self, kind: str, body: Mapping[str, Any]) -> Event:
        if self.level is Level.VILLAGE:
            raise NotPermitted("officer.village_appoints_none")
        said = {key: value for key, value in body.items() if value is not None}
        return self.publish(kind, said) if self.is_hub else self.record(kind, said)

    # -- taking in

    def take(self, lines: Sequence[bytes], source: str, upward: bool) -> Taken:
        """Take in the lines of a message; see ``common.node.intake``.

        Args:
            source: id of the node they came from.
            upward: from a child: each origin of its own and below it gapless; else a parent's selection, gaps stand.
        """
        with _no_collection():
            return self._take(lines, source, upward)

    def _take(self, lines: Sequence[bytes], source: str, upward: bool) -> Taken:
        intake = Intake(self.store, self._references, self.root, self.now())
        checker = intake.checker()
        read_lines, refused = _read(lines, source, upward, checker)
        ids = {one.id for one in read_lines}
        here = ids & self.store.ledger.at_places(places_of(read_lines)).keys()
        waiting = self.store.waiting.reasons(ids)
        here |= self.store.stubs.has(ids) | {id for id in waiting if not goes_on(waiting[id], upward)}
        if ids <= here:
            return Taken(known=tuple(one.id for one in read_lines), refused=refused)
        checker.check([one for one in read_lines if one.id not in here])
        with self.store.write():
            before = self.store.ledger.pos()
            intake.sort(read_lines)
            outcome = intake.outcome
            outcome.refused = [*refused, *outcome.refused]
            self._own_past(outcome.new.values())
            self._in_order()
            return outcome.taken(self._settle_taken(outcome, self._forks(before)))

    def _settle_taken(self, outcome: Outcome, written: Iterable[Event]) -> set[str]:
        """Settle the cases that what was taken in concerns, with what was written here upon it; which cases."""
        cases = {case for event in outcome.new.values() if (case := event.case_id)}
        cases |= self.store.views.needing(outcome.new)
        self._settle(cases, [*outcome.new.values(), *written])
        return cases

    def _own_past(self, events: Iterable[Event]) -> None:
        """What comes from others and is ours, or says that ours forked: another life has written on this origin."""
        mine = self.origin
        if any(e.origin == mine or (e.type == FORKED and e.body.get("origin") == mine) for e in events):
            self.store.local.set_setting(EPOCH_DUE, True)

    def _forks(self, before: int) -> list[Event]:
        """Write the evidence of each fork that begins with an event after this position, unless it is known.

        Not of what came from above, where it is known; but what came from below may have waited for that.
        """
        sides = self.store.ledger.sides(before, 1 << 62)
        if not sides or not self.enrolled or self.level is Level.VILLAGE:
            return []
        sides = [one for one in sides if not self._from_above(one.source)]
        known = {(e.body.get("origin"), e.body.get("seq")) for e in self.store.ledger.of_type(FORKED)}
        written = []
        pen = self._pen()
        for one in sides:
            main, place = self.store.ledger.at(one.origin, one.seq), (one.origin, one.seq)
            prev = one.event.prev
            begins = prev is None or self.store.ledger.at(one.origin, one.seq - 1) == prev
            if main is not None and begins and place not in known:
                known.add(place)
                body = {"origin": one.origin, "seq": one.seq, "ids": [main, one.id]}
                written.append(pen.write(FORKED, body, ref=self.reference.head))
        pen.flush()
        return written

    def _from_above(self, source: str) -> bool:
        teller, reference = self.reference.nodes.get(source), self.reference
        return teller is not None and not within(reference.canon(teller.office), self.office)

    def tick(self) -> int:
        """Write the timers whose day has come (R-206, R-209); how many acts were written."""
        due = self.store.views.timers(self.today().isoformat())
        if not due or not self._timers_may_fire():
            return 0
        with self.store.write():
            self._in_order()
            before = self.store.ledger.pos()
            self._settle(due, ())
            return self.store.ledger.pos() - before

    def _timers_may_fire(self) -> bool:
        """Is the clock within tolerance of the newest checkpoint?  Without any, nobody can say."""
        seen = self.store.evidence.seen()
        return seen is not None and TIMERS_EARLIEST_MS <= self.now() - seen.time <= TIMERS_LATEST_MS

    # -- what follows from events

    def _settle(self, cases: Iterable[str], new: Iterable[Event]) -> None:
        events = {event.id: event for event in new}
        acting = [*filter(touching, events.values())]
        for event in acting:
            events.update((old.id, old) for old in caught_up(self.store, event, self.id))
        later = (case for event in acting for case in touched(self.store, event, self.id))
        self._settling(self._pen()).run({*cases, *later}, events)

    def _settling(self, pen: Pen) -> Settling:
        reference = self.reference
        record = reference.nodes.get(self.id)
        acting = record is not None and record.cuts is None
        hub, today, timers = self.is_hub, self.today(), self._timers_may_fire()

        def serves(office: str) -> bool:
            return reference.node_serves(self.id, office, reference.size)

        def due(view: CaseView) -> Draft | None:
            """The automatic act that this node has to write now on a case."""
            if not acting:
                return None
            draft = due_automatic(view, reference, serves, today, timers=timers)
            return draft or (confirmation(view, reference, today) if hub else None)

        home = record.office if record else None
        return Settling(
            self.store, reference, pen, self._foldings, home=home, hub=hub, serves=serves, due=due
        )

    def _pen(self, origin: str | None = None) -> Pen:
        seen = self.store.evidence.seen()
        return Pen(self.store, self.signing_key, origin or self.origin, at=self.now(), seen=seen)

    # -- epochs

    def _in_order(self) -> None:
        """Before anything is written: an epoch is open, and no other life has written on it."""
        if self.enrolled and (
            self.store.local.setting(EPOCH_DUE) or self.store.ledger.head(self.origin) is None
        ):
            self.open_epoch()

    def heads_shown(self, peer: str, heads: Mapping[str, tuple[int, str]]) -> bool:
        """A peer shows heads.  True if it holds what we lack of our own: the next write opens an epoch first."""
        with self.store.write():
            self.store.peers.show_heads(peer, heads)
            if self.is_hub and (lost := self._lacked(heads, self.reference_origin or "")):
                self.store.local.set_setting(BEHIND, list(lost))
            if not self._lacked(heads, self.origin):
                return False
            self.store.local.set_setting(EPOCH_DUE, True)
            return True

    def _lacked(self, heads: Mapping[str, tuple[int, str]], origin: str) -> tuple[int, str] | None:
        """The head shown of an origin of ours, if it is not on our main line."""
        seq, id = heads.get(origin, (0, ""))
        return (seq, id) if seq and self.store.ledger.at(origin, seq) != id else None

    def open_epoch(self) -> Event:
        """Start a new epoch now, from the tips of the old ones; at the hub it is announced in the reference ledger."""
        with self.store.write():
            tips = [[o, *head] for o, head in sorted(self._own_heads().items())]
            if tips or self.store.local.setting(EPOCH_DUE):
                self.store.local.set_setting(ORIGIN, self._new_origin())
            self.store.local.set_setting(EPOCH_DUE, None)
            body: dict[str, Any] = {
                "tips": tips,
                "device": self._device,
                "program": asking.program_version(),
            }
            if self.is_hub:
                body["generation"] = max((g for g, _ in self.reference.origins.values()), default=0) + 1
                self._publish([("origin.opened", {"origin": self.origin, "generation": body["generation"]})])
            pen = self._pen()
            event = pen.write("epoch.opened", body, ref=self.reference.head)
            pen.flush()
            self._settle((), (event,))
            return event

    def _own_heads(self) -> dict[str, tuple[int, str]]:
        mine = self.store.ledger.heads_of((self.id,))
        mine.pop(self.reference_origin or "", None)
        return mine

    # -- evidence

    @property
    def hub_key(self) -> PublicKey:
        """The hub's signing key.  NotFound ``node.no_hub`` before the reference ledger has come."""
        hub = self.reference.nodes.get(self.reference.hub)
        if hub is None:
            raise NotFound("node.no_hub")
        return read_public_jwk(hub.sign)

    def sign_receipts(self, divisions: Iterable[str]) -> None:
        """At the hub: have a receipt for each of these divisions that says what is held now.

        Its heads are those of the division's own nodes; who stands above them has a receipt of its own.
        """
        nodes: dict[str, list[str]] = {division: [] for division in divisions}
        for node in self.reference.nodes.values():
            if node.office in nodes and node.id != self.id:
                nodes[node.office].append(node.id)
        self._evidence.sign_receipts(self.signing_key, nodes, self.now())

    def receipt(self, division: str) -> bytes:
        """At the hub: the signed receipt for a division; the last one if it would say the same."""
        self.sign_receipts((division,))
        return self.receipt_line(division) or b""

    def take_receipt(self, line: bytes) -> Receipt | None:
        """Keep a receipt if it is newer than the one held; None if it is of a division that is no concern of this node.

        Errors: BadSignature, or BadReceipt, if it is not the hub's.
        """
        return self._evidence.take_receipt(line, self.hub_key, self.office)

    def receipt_line(self, division: str) -> bytes | None:
        """The newest receipt held for a division: what a township hands down unchanged."""
        kept = self.store.evidence.receipt(division)
        return kept.line if kept else None

    def withheld(self) -> dict[str, int]:
        """division -> how many of its events the county signed for and this node lacks, at the least.

        Events may still be on their way; once an exchange says that all is level, somebody withholds them.
        """
        with self.store.read():
            receipts, reference = self._evidence.receipts(), self.reference
            beyond = unreceipted(self.store, receipts, reference)
            lacks = {
                office: lacking(self.store, receipt, beyond)
                for office, receipt in receipts.items()
                if within(office, self.office)
            }
        return {office: count for office, count in lacks.items() if count}

    def checkpoint(self) -> bytes:
        """The newest checkpoint: at the hub signed anew if the tree has grown, elsewhere the newest held, or b""."""
        if self.is_hub:
            return self._evidence.sign_checkpoint(
                self.signing_key, self.reference_origin or "", self.now()
            ).encode()
        kept = self.store.evidence.checkpoint()
        return kept[1].encode("utf-8") if kept else b""

    def remember_checkpoint(self, note: bytes) -> Seen:
        """Keep a checkpoint of the hub if it is newer; gives the newest known.

        Errors: BadNote, BadSignature; LedgerError ``checkpoint.other_root``: the county rewrote its history.
        """
        try:
            text = note.decode("utf-8")
        except UnicodeDecodeError as exc:
            raise LedgerError("note.wrong_form") from exc
        return self._evidence.take_checkpoint(text, self.hub_key, self.reference_origin or "")

    # -- asking

    def truths(self) -> asking.Truths:
        """How far events have got, as known now: for one page."""
        reference = self.reference
        record = reference.nodes.get(self.id)
        return asking.Truths(self.store, reference, record.office if record else None, county=self.is_hub)

    def case(self, key: str) -> CaseFile:
        """A case by its id or number.  NotFound ``case.not_found``; CommandRefused ``case.number_repeated``."""
        with self.store.read():
            row = asking.find_case(self.store, key)
            return asking.case_file(self.store, self.reference, self.truths(), row)

    def worklist(
        self, name: str, offices: Sequence[str], page: int = 1, size: int = 50, text: str = ""
    ) -> Page:
        """A named list of cases for these offices (``views.WORKLISTS``).  NotFound ``worklist.unknown``."""
        return self.store.views.worklist(name, offices, page, size, text)

    def search(self, text: str, limit: int = 20) -> list[CaseRow]:
        """Cases by part of the applicant's name, of the number, of the id number, or of the telephone number."""
        return self.store.views.search(text, limit)

    def outbox(self, limit: int = 200) -> list[Outgoing]:
        """What the county has not receipted of this node's acts and of those below it, the oldest first."""
        with self.store.read():
            return [] if self.is_hub else asking.outbox(self.store, self.truths(), limit)

    def status(self) -> Status:
        """The contract's ``status``."""
        with self.store.read():
            store, record, truths = self.store, self.reference.nodes.get(self.id), self.truths()
            seq, head = store.ledger.head(self.origin) or (0, None)
            cases, set_aside, asks = store.views.counts()
            return Status(
                node=self.id,
                name=record.name if record else "",
                level=record.level.value if record else "",
                offices=self.offices if record else (),
                origin=self.origin,
                seq=seq,
                head=head,
                pos=store.ledger.pos(),
                ref=self.reference.head,
                cases=cases,
                unsent_events=0 if self.is_hub else asking.unsent_events(store, truths),
                unsent_papers=0 if self.is_hub else len(store.views.papers_owed(limit=1_000_000)),
                refused=len(store.peers.refusals()),
                waiting=store.waiting.count(),
                set_aside=set_aside,
                asks=asks,
                parents=() if self.is_hub else asking.parents(store, self.reference),
                program=asking.program_version(),
                schema=SCHEMA,
            )

    def log(self, from_pos: int = 1, case: str | None = None) -> Iterator[bytes]:
        """Event lines without their newline, in the order of ``pos``; ``case`` is an id."""
        return (one.line for one in self.store.ledger.log(from_pos, case))

    # -- checking

    def verify(self) -> tuple[int, int, Fault | None]:
        """(events, cases, first fault): signatures, chains, keys, tree, feeds, and views equal to the fold."""
        try:
            if wrong := next(self.store.checks.kinds(), None):
                return 0, 0, Fault(*wrong)
            expected, home = self._settling(self._pen()), self.office if self.enrolled else None
            check = Check(self.store, self.reference, self.root, expected, home=home, hub=self.is_hub)
            return check.run()
        except StoreDamaged as exc:
            return 0, 0, Fault(str(exc.detail["what"]), exc.code)
        except STUMBLED as exc:
            return 0, 0, Fault(f"{type(exc).__name__}: {exc}", "store.damaged_now")

    def rebuild(self) -> int:
        """Make the views from the ledger; how many cases.  Feeds, receipts and local tables stay."""
        with self.store.write():
            self.store.views.clear()
            settling = self._settling(self._pen())
            cases = self.store.ledger.cases()
            for start in range(0, len(cases), _REBUILD_BATCH):
                settling.project(cases[start : start + _REBUILD_BATCH])
            return len(cases)


_REBUILD_BATCH = 200
_READ_BATCH = 64


@contextmanager
def _no_collection() -> Iterator[None]:
    """All events of a page live until it is settled: whoever looked through them for garbage would find none."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _read(
    lines: Sequence[bytes], source: str, upward: bool, checker: Checker
) -> tuple[list[Line], tuple[tuple[None, str], ...]]:
    """Lines as read, and the codes of those that are none.  Of many the signatures are looked at meanwhile."""
    found: list[Line] = []
    refused: list[tuple[None, str]] = []
    for start in range(0, len(lines), _READ_BATCH):
        first = len(found)
        for data in lines[start : start + _READ_BATCH]:
            try:
                found.append(read(data, source, upward))
            except LedgerError as exc:
                refused.append((None, exc.code))
        if len(lines) > _READ_BATCH:
            checker.begin(found[first:])
    return found, tuple(refused)
