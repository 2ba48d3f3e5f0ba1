"""A small county in memory: its reference ledger, its nodes and officers, and cases that travel through it.

Nothing is signed; events are made through ``common.events.encode`` as any author makes them.  Places, items and the
calendar are those of the shipped pack.

    world = World.new()                       the county: hub, two townships, three villages, officers, items
    case = Case(world)                        one case that all nodes see at once
    case.do("agent", register("MZ-005"))      decide, write, settle
    case.view, case.label, case.types, case.events
    case.add("clerk", "case.noted", {...})    any event, whatever it says
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import pytest

from common.case import (
    Author,
    CaseView,
    Command,
    Draft,
    Moment,
    confirmation,
    decide,
    due_automatic,
    fold,
    label,
    office_for,
)
from common.case.commands import KIND_OF, AcceptCase, RegisterCase
from common.errors import AppError
from common.event_types import EVENT_TYPES
from common.events import Event, compose, decode
from common.offices import division
from common.packs import with_item_ids
from common.reference import Reference
from common.store import Store
from tests.builders_forms import fill_form, item, shipped

DAY = date(2026, 3, 4)  # a Wednesday; the calendar is published for the year
START_MS = 1_772_582_400_000  # 2026-03-04 08:00 in Asia/Shanghai

COUNTY = "511322"
TOWNSHIP, OTHER_TOWNSHIP = (township.code for township in shipped().demo_townships())
VILLAGE, VILLAGE_2 = (code for code, _ in shipped().demo_townships()[0].villages[:2])
OTHER_VILLAGE = shipped().demo_townships()[1].villages[0][0]
POST = f"{TOWNSHIP}/MZ"
MZ, CL, GA, SJ = (f"{COUNTY}/{unit}" for unit in ("MZ", "CL", "GA", "SJ"))

# One item of each authority, and those that rules speak of: pauses, a joint one, calendar days, instant.
ITEMS = (
    "MZ-001", "MZ-003", "MZ-005", "MZ-006", "MZ-008", "CL-001", "RS-003", "CW-001", "NY-006", "GA-002", "GA-004",
    "SJ-003", "WJ-004", "YB-004",
)  # fmt: skip

# name -> role, office, and who appoints: the hub, or the township in its own origin
PEOPLE: Mapping[str, tuple[str, str, str]] = {
    "agent": ("agent", VILLAGE, TOWNSHIP),
    "agent_2": ("agent", VILLAGE_2, TOWNSHIP),
    "clerk": ("clerk", TOWNSHIP, TOWNSHIP),
    "lead": ("lead", TOWNSHIP, COUNTY),
    "post": ("clerk", POST, TOWNSHIP),
    "other_agent": ("agent", OTHER_VILLAGE, COUNTY),
    "other_clerk": ("clerk", OTHER_TOWNSHIP, COUNTY),
    "window": ("window", COUNTY, COUNTY),
    "mz_window": ("window", MZ, COUNTY),
    "mz_chief": ("chief", MZ, COUNTY),
    "cl_chief": ("chief", CL, COUNTY),
    "ga_chief": ("chief", GA, COUNTY),
    "sj_chief": ("chief", SJ, COUNTY),
    "operator": ("operator", COUNTY, COUNTY),
    "supervisor": ("supervisor", COUNTY, COUNTY),
    "technician": ("technician", COUNTY, COUNTY),
}
HOMES = (COUNTY, TOWNSHIP, VILLAGE, VILLAGE_2, OTHER_TOWNSHIP, OTHER_VILLAGE)
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(slots=True)
class Stream:
    """One origin: a node's epoch, with the seq and id of its newest event."""

    origin: str
    home: str
    seq: int = 0
    head: str | None = None

    @property
    def node(self) -> str:
        return self.origin.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Officer:
    """An appointed officer and the stream on which his acts are written."""

    name: str
    id: str
    office: str
    role: str
    stream: Stream


@dataclass(slots=True)
class World:
    """The county.  ``streams`` by home division; the hub's acting one is ``streams[COUNTY]``."""

    reference: Reference = field(default_factory=Reference)
    streams: dict[str, Stream] = field(default_factory=dict)
    officers: dict[str, Officer] = field(default_factory=dict)
    ledger: Stream = field(default_factory=lambda: Stream(f"{node_id(COUNTY)}/REFERENC", COUNTY))
    editions: dict[str, str] = field(default_factory=dict)  # item code -> id of its newest edition
    calendar: str = ""
    appointments: list[Event] = field(default_factory=list)  # of townships, in their own origins
    log: list[Event] = field(default_factory=list)  # of the reference ledger

    @classmethod
    def new(cls) -> World:
        """A world of its own: what is published or written in it stays in it."""
        made = _made()
        shared = (
            *made.reference.editions.values(),
            *made.log,
            *made.appointments,
            *made.reference.offices.values(),
        )
        calendars = (calendar for _, _, calendar in made.reference.calendars)
        return copy.deepcopy(made, {id(each): each for each in (*shared, *calendars)})

    # -- the reference ledger

    def publish(self, kind: str, /, **body: Any) -> Event:
        """The next event of the reference ledger."""
        event = self._event(self.ledger, kind, body, moves=False, actor=None, ref=self.reference.head)
        self.log.append(event)
        self.reference.apply(event)
        return event

    def appoint(self, name: str, role: str, office: str, by: str) -> Officer:
        """Appoint an officer in the reference ledger, or in a township's own origin."""
        body = {"name": name, "office": office, "role": role}
        if by == COUNTY:
            event = self.publish("officer.appointed", **body)
        else:
            event = self.write(self.streams[by], "officer.appointed", body)
            self.appointments.append(event)
            self.reference.apply(event)
        home = COUNTY if office.startswith(COUNTY + "/") else division(office)
        self.officers[name] = Officer(name, event.id, office, role, self.streams[home])
        return self.officers[name]

    def new_epoch(self, home: str, epoch: str, generation: int | None = None) -> Stream:
        """The node begins a new epoch; at the hub one of this generation."""
        old = self.streams[home]
        self.streams[home] = Stream(f"{old.node}/{epoch}", home)
        if generation is not None:
            self.publish("origin.opened", origin=self.streams[home].origin, generation=generation)
        for name, officer in self.officers.items():
            if officer.stream is old:
                self.officers[name] = Officer(
                    name, officer.id, officer.office, officer.role, self.streams[home]
                )
        return self.streams[home]

    # -- writing

    def write(
        self,
        author: Officer | Stream,
        kind: str,
        body: Mapping[str, Any],
        *,
        case: str | None = None,
        base: str | None = None,
        moves: bool | None = None,
        actor: str | None = "",
        ref: str | None = "",
    ) -> Event:
        """Any event on an author's stream; ``actor``, ``ref`` and ``moves`` as they should be, unless given."""
        stream = author if isinstance(author, Stream) else author.stream
        known = EVENT_TYPES.get(kind)
        if actor == "":
            automatic = isinstance(author, Stream) or (known is not None and known.automatic)
            actor = None if automatic or isinstance(author, Stream) else author.id
        if moves is None:
            moves = known is not None and known.moves
        ref = self.reference.head if ref == "" else ref
        return self._event(stream, kind, body, moves=moves, actor=actor, ref=ref, case=case, base=base)

    def seal(
        self, draft: Draft, author: Officer | Stream, case: str | None, previous: str | None = None
    ) -> Event:
        """The event of a draft; ``previous``: id of the one before it."""
        bound = draft.bound(previous)
        stream = author if isinstance(author, Stream) else author.stream
        who = stream if draft.automatic else author
        return self.write(who, bound.type, bound.body, case=case, base=bound.base, moves=bound.moves)

    def _event(
        self,
        stream: Stream,
        kind: str,
        body: Mapping[str, Any],
        *,
        moves: bool,
        actor: str | None,
        ref: str | None,
        case: str | None = None,
        base: str | None = None,
    ) -> Event:
        stream.seq += 1
        payload = compose(
            type=kind,
            moves=moves,
            origin=stream.origin,
            seq=stream.seq,
            prev=stream.head,
            at=START_MS + stream.seq * 1000,
            seen=None,
            ref=ref,
            actor=actor,
            case=case,
            base=base,
            body=body,
        ).payload
        event = decode(payload, "")
        stream.head = event.id
        return event

    # -- asking

    def serves(self, home: str) -> Callable[[str], bool]:
        """Does the node at home in a division serve an office?"""
        return lambda office: division(self.reference.canon(office)) == home or division(office) == home

    def home_of(self, office: str) -> str:
        """The home division of the node that serves an office now."""
        return division(self.reference.canon(office))


def node_id(home: str) -> str:
    """A node's id of the right form, the same for the same division."""
    digits = "".join(_BASE32[int(digit)] for digit in home)
    return (digits + "z" * 12)[:12]


@lru_cache(maxsize=1)
def _made() -> World:
    world = World()
    pack = shipped()
    hub = node_id(COUNTY)
    key: dict[str, Any] = {"kty": "OKP"}
    world.publish(
        "hub.enrolled",
        county=COUNTY,
        name=pack.county_name,
        node=hub,
        root=key,
        sign=key,
        seal=key,
        generation=1,
        practice=True,
    )
    world.streams[COUNTY] = Stream(f"{hub}/ACTACT22", COUNTY)
    world.publish("origin.opened", origin=world.streams[COUNTY].origin, generation=1)
    ids: dict[str, str] = {}
    for kind, body in pack.reference_events(COUNTY):
        if kind == "item.published" and body["code"] in ITEMS:
            ids[body["code"]] = world.publish(kind, **body).id
        elif kind == "office.named" or body.get("code") in (COUNTY, TOWNSHIP, OTHER_TOWNSHIP):
            world.publish(kind, **body)
        elif kind == "calendar.published":
            world.calendar = world.publish(kind, **body).id
        elif kind == "catalogue.published":
            listed = {"items": [code for code in body["items"] if code in ITEMS]}
            world.publish(kind, **with_item_ids({**body, **listed}, ids))
    world.editions = ids
    for home in HOMES[1:]:
        world.streams[home] = Stream(f"{node_id(home)}/EPQCH222", home)
        world.publish("node.enrolled", node=node_id(home), office=home, name=home, sign=key, seal=key)
    for name, (role, office, by) in PEOPLE.items():
        world.appoint(name, role, office, by)
    return world


# -- cases


def register(code: str = "MZ-005", **changes: Any) -> RegisterCase:
    """A registration by the village's agent with every original seen; ``changes`` replace fields of the command."""
    wanted = item(code)
    papers = tuple({"material": m.id, "original_seen": True, "pages": []} for m in wanted.materials)
    fields: dict[str, Any] = {
        "salt": "c2FsdA",
        "number": "511322115203-20260304-K7QD-0001-57",
        "item": code,
        "edition": _made().editions[code],
        "channel": "village_agent",
        "village": VILLAGE,
        "applicant": {"kind": "person", "name": "王芳"},
        "form": fill_form(wanted, village=VILLAGE),
        "query_code": "123456",
        "papers": papers,
    }
    return RegisterCase(**{**fields, **changes})


@dataclass(slots=True)
class Case:
    """One case that all nodes see at once.  ``do`` is a person's command, ``settle`` what the nodes then write.

    ``automatic``: settle after each command.  ``day``: the day of the next act.
    """

    world: World = field(default_factory=World.new)
    events: dict[str, Event] = field(default_factory=dict)
    day: date = DAY
    automatic: bool = True

    # -- reading

    @property
    def view(self) -> CaseView:
        return fold(self.events.values(), self.world.reference)

    @property
    def id(self) -> str:
        return next(event.case_id or "" for event in self.events.values())

    @property
    def label(self) -> str:
        return label(self.view)

    @property
    def types(self) -> list[str]:
        """The acts in effect, without ``case.``."""
        view = self.view
        return [view.events[x].type.removeprefix("case.") for x in view.path]

    def reason(self, event: Event) -> str | None:
        """Why an event is set aside, or what it waits for."""
        view = self.view
        listed: Iterator[tuple[Any, ...]] = iter((*view.aside, *view.waiting))
        return next((entry[1] for entry in listed if entry[0] == event.id), None)

    def last(self, kind: str) -> Event:
        """The newest event of this type that was added here."""
        return [event for event in self.events.values() if event.type == kind][-1]

    # -- acting

    def do(
        self, who: str, command: Command, *, day: date | None = None, office: str | None = None
    ) -> list[Event]:
        """One command by an officer, for the office that fits unless given; the events written for it."""
        self.day = day or self.day
        view = self.view if self.events else None
        drafts = decide(
            view, command, self.author(who, command, office), self.world.reference, self.moment(who)
        )
        made = self.seal(drafts, self.world.officers[who])
        if self.automatic:
            self.settle()
        return made

    def seal(self, drafts: Iterable[Draft], author: Officer | Stream) -> list[Event]:
        made: list[Event] = []
        for draft in drafts:
            case = self.id if self.events else None
            event = self.world.seal(draft, author, case, made[-1].id if made else None)
            self.events[event.id] = event
            made.append(event)
        return made

    def author(self, who: str, command: Command, office: str | None = None) -> Author:
        officer = self.world.officers[who]
        if office is None and self.events:
            appointment = self.world.reference.appointments[officer.id]
            office = office_for(self.view, KIND_OF[type(command)], appointment, self.world.reference)
        return Author(officer.id, office or officer.office)

    def moment(self, who: str) -> Moment:
        stream = self.world.officers[who].stream
        return Moment(self.day, stream.origin, stream.seq + 1)

    def settle(self, *, timers: bool = False, confirm: bool = True) -> None:
        """Automatic acts of all nodes, and the hub's confirmations, until nothing more is due."""
        while (made := self._due(timers, confirm)) is not None:
            self.seal([made[0]], made[1])

    def _due(self, timers: bool, confirm: bool) -> tuple[Draft, Stream] | None:
        view = self.view
        for home, stream in self.world.streams.items():
            serves = self.world.serves(home)
            due = due_automatic(view, self.world.reference, serves, self.day, timers=timers)
            if due is not None:
                return due, stream
        confirmed = confirmation(view, self.world.reference, self.day) if confirm else None
        return (confirmed, self.world.streams[COUNTY]) if confirmed is not None else None

    def add(self, author: Officer | Stream | str, kind: str, body: Mapping[str, Any], **keys: Any) -> Event:
        """Any event of this case, judged by nobody; on the tip unless ``base`` is given, with office and day."""
        who = self.world.officers[author] if isinstance(author, str) else author
        office = who.home if isinstance(who, Stream) else who.office
        keys.setdefault("base", self.view.tip if self.events else None)
        keys.setdefault("case", self.id if self.events else None)
        whole = {"office": office, "day": self.day.isoformat(), **body}
        event = self.world.write(who, kind, {k: v for k, v in whole.items() if v is not None}, **keys)
        self.events[event.id] = event
        return event

    def later(self, days: int) -> date:
        """Move the day of the next act on; the new day."""
        self.day += timedelta(days=days)
        return self.day


def accepted(code: str = "MZ-005", **changes: Any) -> Case:
    """A case of the village that its township has accepted."""
    case = Case()
    case.do("agent", register(code, **changes))
    case.do("clerk", AcceptCase())
    return case


@contextmanager
def refused(error: type[AppError], code: str) -> Iterator[pytest.ExceptionInfo[AppError]]:
    """What is inside must be refused with this error and exactly this code."""
    with pytest.raises(error) as info:
        yield info
    assert info.value.code == code, info.value


def ids_held(store: Store) -> set[str]:
    """Of all events in a store."""
    return set(store.ledger.ids_after(0))
