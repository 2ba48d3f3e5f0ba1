"""Random lives of one case among nodes that see each other's acts late, out of order, or never.

Every node acts on what it has.  Some acts are what the pages offer, some are attempts that do not fit; the hub
confirms, rules, takes over, and may lose its past; a township's node may be revoked, a township merged.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from common.case import CaseView, due_automatic, fold
from common.case.acting import allowed_acts
from common.case.acts import ADOPTABLE, is_receipt
from common.case.automatic import confirmation, receipt_body
from common.case.commands import AcceptCase, DecideCase, OfferCase, TakeCase
from common.events import Event
from tests.builders import (
    COUNTY,
    DAY,
    MZ,
    OTHER_TOWNSHIP,
    OTHER_VILLAGE,
    TOWNSHIP,
    VILLAGE,
    Case,
    Officer,
    World,
    register,
)
from tests.model import Facts

ITEM = "MZ-001"  # reviewed by the township, decided by the county; one kind of pause
NODES = (COUNTY, TOWNSHIP, OTHER_TOWNSHIP, VILLAGE)
STAFF = {
    COUNTY: ("mz_chief", "mz_window", "operator"),
    TOWNSHIP: ("lead",),
    OTHER_TOWNSHIP: ("other_lead",),
    VILLAGE: ("agent",),
}
# Who may try what, so that the only questions left are those of state and holder.
WHOLE = {
    "agent": "submitted cancelled recalled noted handed_in withdrawal delivered",
    "lead": "accepted correction_asked not_accepted offered taken declined recalled paused resumed suspended restarted "
    "extended override_granted terminated stepped answered noted handed_in",
    "other_lead": "accepted correction_asked not_accepted offered taken declined recalled paused resumed suspended "
    "restarted terminated stepped",
    "mz_window": "offered taken declined recalled paused resumed suspended restarted stepped terminated",
    "mz_chief": "decided decided revoked taken declined offered extended answered",
    "operator": "taken_over adopted adopted dismissed dated offered correction_asked accepted recalled",
}
# Acts that the first model of the design knows; pauses one at a time.
PLAIN = "suspended restarted extended override_granted terminated stepped revoked dated".split()
_FULL = {"handed_in": "correction.handed_in", "withdrawal": "withdrawal.asked", "answered": "ask.answered",
         "dismissed": "ruling.dismissed", "dated": "ruling.dated"}  # fmt: skip

_ANSWERS = ("case.accepted", "case.correction_asked", "case.not_accepted")
_ENDS = ("case.cancelled", "case.not_accepted", "case.terminated", "withdrawal.asked", "case.recalled")


@dataclass
class Schedule:
    """One random life.  ``known`` by home division; ``everything`` is their union."""

    seed: int
    steps: int = 60
    plain: bool = False  # only what the first model knows
    turmoil: bool = True  # revocation, merger, a hub that lost its past
    world: World = field(default_factory=World.new)
    known: dict[str, dict[str, Event]] = field(default_factory=dict)
    day: date = DAY
    pinned: dict[str, str] = field(default_factory=dict)  # confirmed act -> path before it

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.known = {home: {} for home in NODES}
        self.world.appoint("other_lead", "lead", OTHER_TOWNSHIP, COUNTY)
        case = Case(self.world, automatic=False)
        case.do("agent", register(ITEM, submit=self.random.random() < 0.9))
        self.case = case.id
        self._head_start(case)
        for home in NODES if len(case.events) > 2 else (VILLAGE,):
            self.known[home].update(case.events)
        for _ in range(self.steps):
            self._step()

    def _head_start(self, case: Case) -> None:
        """As far as chance will have it, the usual way."""
        usual = (
            ("lead", AcceptCase()),
            ("lead", OfferCase(MZ)),
            ("mz_chief", TakeCase()),
            ("mz_chief", DecideCase(True)),
        )
        if case.view.state.offer is None or self.random.random() < 0.3:
            return
        case.settle(confirm=False)
        for who, command in usual[: self.random.randint(0, len(usual))]:
            case.do(who, command)

    @property
    def everything(self) -> dict[str, Event]:
        return {x: event for held in self.known.values() for x, event in held.items()}

    @property
    def facts(self) -> Facts:
        reference = self.world.reference
        item = reference.editions[self.world.editions[ITEM]].item
        from common.case.grading import steps_to_finish

        return Facts(
            generations={origin: age for origin, (age, _) in reference.origins.items()},
            cuts={node.id: node.cuts for node in reference.nodes.values() if node.cuts is not None},
            singly={id: counts for node in reference.nodes.values() for id, counts in node.singly.items()},
            canon=reference.canon,
            pause_kinds=frozenset(item.excluded_kinds),
            steps=frozenset(step.number for step in steps_to_finish(item)),
        )

    # -- one step

    def _step(self) -> None:
        draw = self.random.random()
        if draw < 0.35:
            self._exchange()
        elif draw < 0.52:
            self._automatic(self.random.choice(NODES))
        elif draw < 0.93:
            self._act(self._whose_turn() if self.random.random() < 0.6 else self.random.choice(NODES))
        elif draw < 0.985 or not self.turmoil:
            self.day += timedelta(days=self.random.choice((0, 1, 1, 3, 8, 30)))
        else:
            self.random.choice((self._merge, self._revoke, self._restore))()

    def _whose_turn(self) -> str:
        """The node that holds the case, or is to take it, as some node sees it."""
        state = self.view(self.random.choice(NODES)).state
        home = self.world.home_of(state.offer_to or state.holder or VILLAGE)
        return home if home in NODES else COUNTY

    def _exchange(self) -> None:
        giver, taker = self.random.sample(NODES, 2)
        lacking = [x for x in self.known[giver] if x not in self.known[taker]]
        if self.random.random() < 0.3 and lacking:
            lacking = self.random.sample(lacking, self.random.randint(1, len(lacking)))
        for x in lacking:
            self.known[taker][x] = self.known[giver][x]

    def view(self, home: str) -> CaseView:
        return fold(self.known[home].values(), self.world.reference)

    def _automatic(self, home: str) -> None:
        view = self.view(home)
        serves = self.world.serves(home)
        draft = due_automatic(view, self.world.reference, serves, self.day, timers=self.random.random() < 0.7)
        if draft is None and home == COUNTY:
            draft = confirmation(view, self.world.reference, self.day)
        if draft is not None and view.path:
            self._keep(home, self.world.seal(draft, self.world.streams[home], self.case))

    def _keep(self, home: str, event: Event) -> None:
        self.known[home][event.id] = event

    def _act(self, home: str) -> None:
        view = self.view(home)
        if not view.path:
            return
        officer = self.world.officers[self.random.choice(STAFF[home])]
        wanted = [
            _FULL.get(kind, f"case.{kind}") for kind in WHOLE[officer.name].split() if not self._out(kind)
        ]
        appointment = self.world.reference.appointments[officer.id]
        if self.random.random() < 0.85:
            wanted = [
                kind for kind in allowed_acts(view, appointment, self.world.reference) if kind in wanted
            ] or wanted
        kind = self.random.choice(wanted)
        if kind in _ENDS and self.random.random() < 0.8:
            return  # or most lives would be short
        self._try(home, view, officer, kind)

    def _out(self, kind: str) -> bool:
        return self.plain and kind in PLAIN

    def _try(self, home: str, view: CaseView, officer: Officer, kind: str) -> None:
        office = officer.office
        if view.state.holder == COUNTY and officer.name == "operator":
            office = COUNTY
        if self.plain and office == COUNTY and kind in _ANSWERS and not view.state.taken_over:
            return
        body = self._body(view, office, kind)
        if body is None:
            return
        base = view.tip
        if self.random.random() < 0.08 and len(view.path) > 1 and not self.plain and home != COUNTY:
            base = self.random.choice(view.path)  # a stale page
        whole = {"office": office, "day": self._a_day(), **body}
        event = self.world.write(officer, kind, whole, case=self.case, base=base)
        self._keep(home, event)

    def _a_day(self) -> str:
        wrong_clock = self.random.random() < 0.1
        return (self.day - timedelta(days=self.random.randint(1, 40) if wrong_clock else 0)).isoformat()

    def _body(self, view: CaseView, office: str, kind: str) -> dict[str, Any] | None:
        state, pick = view.state, self.random.choice
        of_offer = state.offer or view.id
        match kind.partition(".")[2]:
            case "submitted":
                return {"to": TOWNSHIP}
            case "cancelled":
                asked = [x for x in view.asks if view.events[x].type == "withdrawal.asked"]
                return {"reason": "不办了", **({"of": pick(asked)} if asked else {})}
            case "correction_asked":
                last = self.day + timedelta(days=pick((5, 20)))
                return {"correct_by": last.isoformat(), "wanted": [{"what": "收入证明"}]}
            case "offered":
                canon = self.world.reference.canon if self.plain else str
                mine = (canon(state.holder), canon(office))
                others = [to for to in (TOWNSHIP, OTHER_TOWNSHIP, MZ) if canon(to) not in mine]
                return {"to": pick(others), "direction": "side"} if others else None
            case "taken" | "recalled":
                return (
                    {"of": of_offer}
                    if state.status.value != "REGISTERED" or kind.endswith("recalled")
                    else None
                )
            case "declined":
                return (
                    {"of": of_offer, "reason": "不属本单位"} if state.status.value != "REGISTERED" else None
                )
            case "paused":
                if self.plain and state.paused:
                    return None
                return {"kind": "publicity", "reason": "公示", "announced_days": 7}
            case "resumed":
                still = [stop.id for stop in state.pauses if stop.end is None]
                return {"of": pick(still)} if still else None
            case "restarted":
                still = [stop.id for stop in state.suspensions if stop.end is None]
                return {"of": pick(still)} if still else None
            case "extended":
                return {"days": pick((5, 10, 11)), "reason": "案情复杂", "approved_by": "李强"}
            case "stepped":
                return {"step": pick((2, 3, 4, 5, 6, 7))}
            case "decided":
                granted = self.random.random() < 0.7
                return {"result": "granted"} if granted else {"result": "refused", "reasons": "不符合条件"}
            case "revoked":
                return {"of": state.result or view.id, "reason": "骗取"}
            case "taken_over":
                return {"reason": "停机", **receipt_body(self.world.reference, ITEM, self.day)}
            case "adopted":
                return self._ruling(view)
            case "dismissed":
                return {"of": pick(view.aside).id, "reason": "重复"} if view.aside else None
            case "dated":
                dated = [x for x in view.events if x != view.id]
                return {"of": pick(dated), "to": self._a_day(), "reason": "钟表错误"} if dated else None
            case "handed_in":
                return {"papers": []}
            case "answered":
                held = view.state.holder == office
                return (
                    {"of": pick(view.asks), "reason": "已办"}
                    if view.asks and (held or not self.plain)
                    else None
                )
            case "delivered":
                if state.result is None:
                    return None
                return {"of": state.result, "way": "agent", "received_by": "王芳"}
            case "noted":
                return {"text": "已电话告知"}
        return {"reason": "理由"}

    def _ruling(self, view: CaseView) -> dict[str, Any] | None:
        listed = [act.id for act in view.aside if view.events[act.id].type in ADOPTABLE or not self.plain]
        if self.plain:
            stops = ("case.paused", "case.resumed", *(("case.taken",) if view.state.received is None else ()))
            listed = [x for x in listed if view.events[x].type not in stops]
            listed = [x for x in listed if view.events[x].body["office"] != COUNTY]
            receipts = [x for x in listed if is_receipt(view.events[x])]
            listed = [x for x in listed if x not in receipts[1:]]
        if not listed:
            return None
        acts = self.random.sample(listed, min(len(listed), self.random.choice((1, 1, 2))))
        body: dict[str, Any] = {"acts": acts, "reason": "以此为准"}
        if self.random.random() < 0.3 and not self.plain:
            body["dates"] = {acts[0]: self._a_day()}
        return body

    # -- turmoil

    def _merge(self) -> None:
        if not self.world.reference.heirs:
            self.world.publish("office.merged", old=OTHER_TOWNSHIP, new=TOWNSHIP)

    def _revoke(self) -> None:
        stream = self.world.streams[OTHER_TOWNSHIP]
        if self.world.reference.nodes[stream.node].cuts is None and stream.seq:
            cuts = {stream.origin: [self.random.randint(0, stream.seq), "f" * 64]}
            self.world.publish("node.revoked", node=stream.node, cuts=cuts)

    def _restore(self) -> None:
        """The hub goes on from an old copy, in a new epoch of the next generation."""
        if len(self.world.reference.origins) > 2:
            return
        keep = list(self.known[COUNTY])
        keep = keep[: self.random.randint(0, len(keep))]
        self.known[COUNTY] = {x: self.known[COUNTY][x] for x in keep}
        generation = 1 + max(age for age, _ in self.world.reference.origins.values())
        self.world.new_epoch(COUNTY, f"RESTQRE{generation}", generation)


def shuffled(events: dict[str, Event], seed: int) -> list[Event]:
    """The events in another order, some of them twice."""
    draw = random.Random(seed)
    listed = list(events.values())
    listed += draw.sample(listed, len(listed) // 3)
    draw.shuffle(listed)
    return listed


__all__ = ["ITEM", "NODES", "OTHER_VILLAGE", "Schedule", "shuffled"]
