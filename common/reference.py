"""The reference ledger 基础数据 as a value: catalogue, calendar, divisions, offices, officers, nodes (design 4).

``Reference.apply`` takes its events in their order.  Every question about an author is asked *as of* a position: the
index of the event's own ``ref``.  Only three things act later: a cut-off, the succession of offices, and a newer
calendar for open cases' due dates.  A township's appointments stand in its own origin and are taken in here as
well; they are needed like a base.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from common.calendar import Calendar
from common.catalogue.items import Item
from common.event_types import APPOINTMENTS, check_body
from common.events import Event
from common.offices import Level, level, serves, within

ALWAYS = -1
_STANDINGS = 10_000  # remembered at most; a county's officers do a few hundred kinds of acts

Question = tuple[str, str | None, str, str, str | None]  # an act's type, ref, office, origin, actor
Standing = tuple[str | None, frozenset[str]]  # why its author may not do such an act; what was consulted


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """An enrolled node: its home division (``511322`` hub, 9 digits township, 12 village) and its keys as JWKs."""

    id: str
    office: str
    name: str
    sign: Mapping[str, Any]
    seal: Mapping[str, Any]
    event: str
    since: int
    # origin -> seq of the last event that counts; not None once revoked
    cuts: Mapping[str, int] | None = None
    # origin -> (seq, id) of the events named as the last
    lasts: Mapping[str, frozenset[tuple[int, str]]] = field(default_factory=dict)
    # events named one by one -> do they count?
    singly: Mapping[str, bool] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        return level(self.office)


class End(NamedTuple):
    """The event that ends an appointment; ``at``: its index in the reference ledger, ``ALWAYS`` if not there."""

    origin: str
    seq: int
    id: str
    at: int


@dataclass(frozen=True, slots=True)
class Appointment:
    """An officer's appointment; its id is the ``actor`` of his acts.

    It counts from ``since`` to ``until`` (indexes of the reference ledger).  Appointed by a township, ``origin`` and
    ``seq`` say where; ``ends`` are the township's own words that it has ended, each for what follows it in its origin.
    """

    id: str
    name: str
    office: str
    role: str
    post: str | None
    origin: str
    seq: int
    since: int
    until: int | None = None
    ends: frozenset[End] = frozenset()

    @property
    def ended(self) -> bool:
        return self.until is not None or bool(self.ends)


@dataclass(frozen=True, slots=True)
class Office:
    """A named office: a division or a county department (``post`` is the name of its post in a township)."""

    id: str
    name: str
    post: str | None = None
    window: bool = True
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """An item edition with the event that published it and its index in the reference ledger."""

    id: str
    item: Item
    since: int


@dataclass(slots=True)
class Reference:
    """See the module.  Mutable only through ``apply``.

    ``head`` is the id of the newest reference event, ``size`` their count; ``standings`` is remembered, not told.
    """

    head: str | None = None
    size: int = 0
    county: str = ""
    county_name: str = ""
    practice: bool = False
    hub: str = ""
    addresses: list[str] = field(
        default_factory=list
    )  # the hub's public address, as it named it from time to time
    positions: dict[str, int] = field(default_factory=dict)
    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    offices: dict[str, Office] = field(default_factory=dict)
    appointments: dict[str, Appointment] = field(default_factory=dict)
    editions: dict[str, Edition] = field(default_factory=dict)
    in_force: dict[str, list[str]] = field(default_factory=dict)  # item code -> edition ids, oldest first
    catalogue: Mapping[str, Any] = field(default_factory=dict)  # body of the newest catalogue.published
    catalogue_since: int = -1
    calendars: list[tuple[int, str, Calendar]] = field(default_factory=list)  # (index, event id, calendar)
    department_keys: dict[str, list[tuple[int, str, Mapping[str, Any]]]] = field(default_factory=dict)
    # the hub's acting origins -> (generation, event id)
    origins: dict[str, tuple[int, str]] = field(default_factory=dict)
    # node out of service -> the event that is the county's newest word on it
    revoked: dict[str, str] = field(default_factory=dict)
    heirs: dict[str, tuple[str, str]] = field(default_factory=dict)  # merged office -> (successor, event id)
    ended: dict[str, list[End]] = field(default_factory=dict)  # ends that came before their appointment
    standings: dict[Question, Standing] = field(default_factory=dict, init=False, repr=False, compare=False)

    # -- building

    def apply(self, event: Event) -> None:
        """Take in the next reference event, or a township's appointment.  Never raises on a stored event."""
        self.standings.clear()
        if event.type in APPOINTMENTS:
            self._people(event)
            if not self._is_reference(event):
                return
        if event.id in self.positions:
            return
        index = self.size
        self.positions[event.id] = index
        self.size += 1
        self.head = event.id
        if check_body(event.type, event.body) is None:
            handler = _HANDLERS.get(event.type)
            if handler is not None:
                handler(self, event, index)

    def _is_reference(self, event: Event) -> bool:
        return self.head is None or (event.prev == self.head and event.node == self.hub)

    def _people(self, event: Event) -> None:
        body = event.body
        if check_body(event.type, body) is not None:
            return
        index = self.size if self._is_reference(event) else ALWAYS
        if event.type == "officer.appointed":
            self.appointments.setdefault(
                event.id,
                Appointment(
                    id=event.id,
                    name=body["name"],
                    office=body["office"],
                    role=body["role"],
                    post=body.get("post"),
                    origin=event.origin,
                    seq=event.seq,
                    since=index,
                ),
            )
            for early in self.ended.pop(event.id, ()):
                self._end(event.id, early)
            return
        end = End(event.origin, event.seq, event.id, index)
        if body["of"] in self.appointments:
            self._end(body["of"], end)
        else:
            self.ended.setdefault(body["of"], []).append(end)

    def _end(self, officer: str, end: End) -> None:
        """The same in whatever order they come: the county's first word counts, and each of who appointed him."""
        old = self.appointments[officer]
        if end.at != ALWAYS:
            until = end.at if old.until is None else min(old.until, end.at)
            self.appointments[officer] = replace(old, until=until)
        elif end.origin.partition("/")[0] == old.origin.partition("/")[0]:
            self.appointments[officer] = replace(old, ends=old.ends | {end})

    # -- asking

    def remember_standing(self, question: Question, standing: Standing) -> None:
        """Keep what was found out of many acts alike (``acts.standing``) until the next event is applied."""
        if len(self.standings) >= _STANDINGS:
            self.standings.clear()
        self.standings[question] = standing

    def position(self, event_id: str | None) -> int | None:
        """Index of a reference event; None if it is not held here, ``ALWAYS`` for no reference at all."""
        return ALWAYS if event_id is None else self.positions.get(event_id)

    def node_serves(self, node_id: str, office: str, at: int) -> bool:
        """Did this node serve the office at that position: its home division, a unit of it, or one merged into it?"""
        node = self.nodes.get(node_id)
        if node is None or node.since > at:
            return False
        return serves(node.office, office) or serves(node.office, self.canon(office))

    def appointment_counts(self, appointment: Appointment, event: Event, at: int) -> bool:
        """Did the appointment count for this act: made by who may make it, begun, and not ended before?"""
        if not self._may_appoint(appointment):
            return False
        if appointment.since > at or (appointment.until is not None and appointment.until <= at):
            return False
        return not any(
            end.origin == event.origin
            and end.seq <= event.seq
            and not self.cut_at(end.origin, end.seq, end.id)
            for end in appointment.ends
        )

    def _may_appoint(self, appointment: Appointment) -> bool:
        author = self.nodes.get(appointment.origin.partition("/")[0])
        if author is None or author.level is Level.VILLAGE:
            return False
        return author.id == self.hub or within(appointment.office, author.office)

    def canon(self, office: str) -> str:
        """The office that now does the work of ``office`` (R-111); a unit follows its division by default."""
        while self.heirs and (heir := self.heir(office)) is not None:
            office = heir[0]
        return office

    def heir(self, office: str) -> tuple[str, str] | None:
        """(office that took over the work, event that says so); None if ``office`` still does it."""
        if not self.heirs:
            return None
        found = self.heirs.get(office)
        code, slash, unit = office.partition("/")
        if found is None and slash and (above := self.heirs.get(code)) is not None:
            return above[0] + slash + unit, above[1]
        return found

    def generation(self, origin: str) -> int | None:
        """The generation of one of the hub's acting origins; None for any other origin."""
        found = self.origins.get(origin)
        return found[0] if found else None

    def cut(self, event: Event) -> bool:
        """True if the event's node was revoked, and the event is not among those that count of it.

        That follows from the event and this ledger alone, so that it is the same wherever the event is held; whether
        it stands on the line that ends in the last one that counts is asked where it is taken in (``node.intake``).
        """
        return self.cut_at(event.origin, event.seq, event.id)

    def cut_at(self, origin: str, seq: int, id: str) -> bool:
        """``cut`` of an event of which no more is at hand."""
        if not self.revoked:
            return False
        node = self.nodes.get(origin.partition("/")[0])
        if node is None or node.cuts is None:
            return False
        counts = node.singly.get(id)
        return seq > node.cuts.get(origin, 0) if counts is None else not counts

    def appointment_cut(self, officer: str | None) -> bool:
        """True if the node that appointed was revoked, and the appointment is not among what counts of it."""
        found = self.appointments.get(officer or "") if self.revoked else None
        return found is not None and self.cut_at(found.origin, found.seq, found.id)

    def words_on(self, event: Event) -> tuple[str, ...]:
        """The county's newest words on the event's node, and on the node that appointed its author, if revoked."""
        if not self.revoked:
            return ()
        author = self.appointments.get(event.actor or "")
        nodes = {event.node, author.origin.partition("/")[0]} if author else {event.node}
        return tuple(self.revoked[node] for node in nodes if node in self.revoked)

    def calendar(self, event_id: str) -> Calendar | None:
        return next((c for _, known, c in self.calendars if known == event_id), None)

    def newest_calendar(self, at: int | None = None) -> tuple[str, Calendar] | None:
        """(event id, calendar) in force at a position, or the newest."""
        for index, known, calendar in reversed(self.calendars):
            if at is None or index <= at:
                return known, calendar
        return None

    def edition_in_force(self, code: str, at: int | None = None) -> Edition | None:
        """The newest edition of an item at a position (or now)."""
        for known in reversed(self.in_force.get(code, ())):
            edition = self.editions[known]
            if at is None or edition.since <= at:
                return edition
        return None

    @property
    def address(self) -> str | None:
        """The hub's public address, where it has named one."""
        return self.addresses[-1] if self.addresses else None

    def items(self) -> list[Edition]:
        """The editions that one may apply for now, in the catalogue's order."""
        listed: Iterable[str] = self.catalogue.get("items", {}).values() if self.catalogue else ()
        return [self.editions[known] for known in listed if known in self.editions]

    def office_name(self, office: str) -> str:
        """The name that people use for an office; its code where it has none."""
        if office in self.offices:
            return self.offices[office].name
        code, slash, unit = office.partition("/")
        if not slash:
            return code
        department = self.offices.get(f"{self.county}/{unit}")
        home = self.offices[code].name if code in self.offices else code
        return f"{home}{department.post if department and department.post else unit}"

    def key_owner(self, kid: str) -> NodeRecord | None:
        return next((n for n in self.nodes.values() if n.sign.get("kid") == kid), None)


def _hub_enrolled(ref: Reference, event: Event, index: int) -> None:
    body = event.body
    ref.county, ref.county_name, ref.practice, ref.hub = (
        body["county"],
        body["name"],
        body["practice"],
        body["node"],
    )
    ref.nodes[body["node"]] = NodeRecord(
        body["node"],
        body["county"],
        body["name"] + "政务服务中心",
        body["sign"],
        body["seal"],
        event.id,
        index,
    )
    ref.offices[body["county"]] = Office(body["county"], body["name"] + "政务服务中心")


def _hub_addressed(ref: Reference, event: Event, index: int) -> None:
    ref.addresses.append(event.body["url"])


def _origin_opened(ref: Reference, event: Event, index: int) -> None:
    ref.origins.setdefault(event.body["origin"], (event.body["generation"], event.id))


def _division(ref: Reference, event: Event, index: int) -> None:
    body = event.body
    if len(body["code"]) == 9:
        ref.offices[body["code"]] = Office(body["code"], body["name"] + "便民服务中心", kind=body.get("kind"))
    for village in body.get("villages") or ():
        if (
            isinstance(village, list)
            and len(village) >= 2
            and all(isinstance(part, str) for part in village[:2])
        ):
            ref.offices[village[0]] = Office(village[0], short_village(village[1]) + "便民服务代办点")


def short_village(name: str) -> str:
    """大同村村委会 → 大同村, 万寿社区居民委员会 → 万寿社区: the place, not its committee."""
    for ending in ("居民委员会", "村民委员会", "居委会", "村委会"):
        if name.endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name


def _office(ref: Reference, event: Event, index: int) -> None:
    body = event.body
    window = body.get("window") is not False
    ref.offices[body["office"]] = Office(body["office"], body["name"], body.get("post"), window)


def _calendar(ref: Reference, event: Event, index: int) -> None:
    try:
        ref.calendars.append((index, event.id, Calendar.from_body(event.body, event.id)))
    except (ValueError, KeyError, TypeError):
        return


def _item(ref: Reference, event: Event, index: int) -> None:
    try:
        item = Item.from_body(event.body)
    except (ValueError, KeyError, TypeError):
        return
    ref.editions[event.id] = Edition(event.id, item, index)
    ref.in_force.setdefault(item.code, []).append(event.id)


def _catalogue(ref: Reference, event: Event, index: int) -> None:
    ref.catalogue, ref.catalogue_since = event.body, index


def _node(ref: Reference, event: Event, index: int) -> None:
    body = event.body
    ref.nodes.setdefault(
        body["node"],
        NodeRecord(body["node"], body["office"], body["name"], body["sign"], body["seal"], event.id, index),
    )


def _revoked(ref: Reference, event: Event, index: int) -> None:
    """Of several words on a node the farthest last event counts, of a single one the newest (docs/decisions/0021)."""
    node = ref.nodes.get(event.body["node"])
    if node is None:
        return
    cuts, lasts = dict(node.cuts or {}), dict(node.lasts)
    for origin, last in event.body["cuts"].items():
        match last:
            case [seq, str() as id] if type(seq) is int:
                cuts[origin] = max(seq, cuts.get(origin, 0))
                lasts[origin] = lasts.get(origin, frozenset()) | {(seq, id)}
    single = event.body.get("records") or {}
    singly = {**node.singly, **{id: counts for id, counts in single.items() if type(counts) is bool}}
    ref.nodes[node.id] = replace(node, cuts=cuts, lasts=lasts, singly=singly)
    ref.revoked[node.id] = event.id


def _department(ref: Reference, event: Event, index: int) -> None:
    ref.department_keys.setdefault(event.body["office"], []).append((index, event.id, event.body["key"]))


def _merged(ref: Reference, event: Event, index: int) -> None:
    """The first word on an office stands, a division goes into a division, and no succession runs in a circle."""
    old, new = event.body["old"], event.body["new"]
    if old in ref.heirs or old == new or ("/" not in old and "/" in new):
        return
    ref.heirs[old] = (new, event.id)
    if any(_runs_in_a_circle(ref, office) for office in (old, *(unit for unit in ref.heirs if "/" in unit))):
        del ref.heirs[old]


def _runs_in_a_circle(ref: Reference, office: str) -> bool:
    seen = {office}
    while (heir := ref.heir(office)) is not None:
        office = heir[0]
        if office in seen:
            return True
        seen.add(office)
    return False


_HANDLERS = {
    "hub.enrolled": _hub_enrolled,
    "hub.addressed": _hub_addressed,
    "origin.opened": _origin_opened,
    "division.published": _division,
    "office.named": _office,
    "calendar.published": _calendar,
    "item.published": _item,
    "catalogue.published": _catalogue,
    "node.enrolled": _node,
    "node.revoked": _revoked,
    "department.keyed": _department,
    "office.merged": _merged,
}
