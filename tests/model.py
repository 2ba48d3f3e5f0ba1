"""A second, small model of the fold, to compare with: the same rules, written another way.

It reads the acts backwards: ``state(x)`` asks for the state at its base.  It knows nothing of roles, appointments or
nodes (its authors are in order), and of the procedure only what ``Facts`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.events import Event

END = {"GRANTED", "REFUSED", "NOT_ACCEPTED", "RETURNED", "CANCELLED", "TERMINATED", "REVOKED"}
WORK = {"RECEIVED", "SUPPLIED", "CORRECTING", "ACCEPTED"}
MOVING = (
    "registered submitted cancelled arrived accepted correction_asked not_accepted lapsed expired stepped offered "
    "taken declined recalled paused resumed suspended restarted extended override_granted decided revoked terminated "
    "taken_over adopted"
).split()
WHEN = {
    "registered": {"NONE"}, "submitted": {"REGISTERED"}, "cancelled": {"REGISTERED"},
    "accepted": {"RECEIVED", "SUPPLIED"}, "correction_asked": {"RECEIVED", "SUPPLIED"},
    "not_accepted": {"RECEIVED", "SUPPLIED"}, "lapsed": {"RECEIVED", "SUPPLIED"}, "expired": {"CORRECTING"},
    "override_granted": {"SUPPLIED"}, "offered": WORK, "taken": WORK, "declined": WORK, "terminated": WORK,
    "revoked": {"GRANTED"}, "recalled": WORK | {"REGISTERED"}, "taken_over": WORK | {"REGISTERED"},
    "adopted": WORK | {"REGISTERED"},
}  # fmt: skip
SELF = {"arrived", "lapsed", "expired"}
NEVER_ADOPTED = {
    "registered",
    "submitted",
    "offered",
    "declined",
    "recalled",
    "taken_over",
    "adopted",
    "revoked",
}


@dataclass
class Facts:
    """What the model is told of the world: the hub's origins, cut-offs, successors, the item's kinds and steps."""

    generations: Mapping[str, int]
    cuts: Mapping[str, Mapping[str, int]] = field(
        default_factory=dict
    )  # node -> origin -> last seq that counts
    singly: Mapping[str, bool] = field(default_factory=dict)  # events named one by one -> do they count?
    canon: Callable[[str], str] = str
    pause_kinds: frozenset[str] = frozenset()
    steps: frozenset[int] = frozenset()


def name(event: Event) -> str:
    return event.type.removeprefix("case.")


def is_receipt(event: Event) -> bool:
    return name(event) == "arrived" and event.body["of_kind"] == "submit"


class Model:
    """The fold of some events; ``result`` is what is compared."""

    def __init__(self, events: Iterable[Event], facts: Facts) -> None:
        self.all = {event.id: event for event in events}
        self.facts = facts
        self.moving = {x: e for x, e in self.all.items() if name(e) in MOVING}
        self.memo: dict[str | None, dict[str, Any] | str | None] = {
            None: {"status": "NONE", "holder": "", "heard": set()}
        }
        self.pins: dict[str, int] = {}
        self.dismissed, self.days = set(), {}
        self._rulings()

    def _rulings(self) -> None:
        hub = [e for e in self.all.values() if e.origin in self.facts.generations]
        hub.sort(key=lambda e: (self.facts.generations[e.origin], e.seq))
        for age, event in enumerate(hub):
            if event.id in self.moving or event.type in (
                "case.confirmed",
                "ruling.dismissed",
                "ruling.dated",
            ):
                step = event.id if event.id in self.moving else event.base
                while step in self.moving:
                    self.pins[step] = min(age, self.pins.get(step, age))
                    step = self.moving[step].base
            if event.type == "ruling.dismissed":
                self.dismissed.add(event.body["of"])
            if event.type == "ruling.dated":
                self.days.setdefault(event.body["of"], []).append(event.body["to"])

    # -- judging: a state, a reason (text), or None while it waits

    def state(self, x: str | None) -> dict[str, Any] | str | None:
        if x not in self.memo:
            self.memo[x] = self._judge(self.moving[x]) if x in self.moving else None
        return self.memo[x]

    def _cut(self, event: Event, node: str) -> bool:
        singly = self.facts.singly.get(event.id)
        return not singly if singly is not None else event.seq > self.facts.cuts[node].get(event.origin, 0)

    def _judge(self, event: Event) -> dict[str, Any] | str | None:
        before = self.state(event.base)
        if before is None:
            return None
        if isinstance(before, str):
            return "base"
        node, _, _ = event.origin.partition("/")
        if event.id not in self.pins:
            if event.id in self.dismissed:
                return "dismissed"
            if node in self.facts.cuts and self._cut(event, node):
                return "cut"
        if name(event) == "adopted" and any(x not in self.all for x in event.body["acts"]):
            return None
        days = [event.body["day"], *self.days.get(event.id, [])]
        wrong = self._wrong(before, event, days) or self._not_entitled(before, event)
        if wrong:
            return wrong
        if name(event) != "adopted":
            return self._next(before, event, days[-1])
        state = before
        for other in (self.all[x] for x in event.body["acts"]):
            said = (event.body.get("dates") or {}).get(other.id)
            of_other = [other.body["day"], *([said] if said else []), *self.days.get(other.id, [])]
            earlier = is_receipt(other) and state.get("received") and state["status"] not in END
            if name(other) in NEVER_ADOPTED or other.id not in self.moving:
                return "unfit"
            if not earlier and self._wrong(state, other, of_other):
                return "unfit"
            if earlier:
                first = min(state["received"], of_other[-1])
                state = {**state, "received": first}
                if state.get("deemed"):
                    state["accepted"] = first
            else:
                state = self._next(state, other, of_other[-1])
        return state

    def _wrong(self, s: Mapping[str, Any], e: Event, days: list[str]) -> str | None:
        kind, body = name(e), e.body
        if s["status"] in END and not (kind == "revoked" and s["status"] == "GRANTED"):
            return "ended"
        if kind == "arrived":
            fit = {"submit": {"REGISTERED"}, "supply": {"CORRECTING"}, "withdrawal": WORK | {"REGISTERED"}}
            return None if s["status"] in fit[body["of_kind"]] else "state"
        if s["status"] not in WHEN.get(kind, {"ACCEPTED"}):
            return "state"
        open_stops = {x for x, (_, end) in s.get("stops", {}).items() if end is None}
        resting = any(self.all[x].type == "case.suspended" for x in open_stops)
        checks = {
            "correction_asked": lambda: (
                not (s.get("noticed") and not s.get("override")) and min(days) <= s["notice_by"]
            ),
            "not_accepted": lambda: min(days) <= s["notice_by"],
            "override_granted": lambda: not s.get("override"),
            "lapsed": lambda: max(days) > s["notice_by"],
            "expired": lambda: max(days) > s["correct_by"],
            "offered": lambda: body["to"] not in (s["holder"], body["office"]),
            "stepped": lambda: not resting and body["step"] in self.facts.steps - set(s.get("steps", ())),
            "paused": lambda: not resting and body["kind"] in self.facts.pause_kinds,
            "suspended": lambda: not resting,
            "extended": lambda: not resting and not s.get("extension") and 1 <= body["days"] <= 10,
            "decided": lambda: not resting,
            "resumed": lambda: body["of"] in open_stops and self.all[body["of"]].type == "case.paused",
            "restarted": lambda: body["of"] in open_stops and self.all[body["of"]].type == "case.suspended",
            "revoked": lambda: body["of"] == s["result"],
        }
        if (
            kind in ("accepted", "correction_asked", "not_accepted")
            and len(body["office"]) == 6
            and not s.get("over")
        ):
            return "intake"  # the county's centre answers only what it has taken over
        return None if checks.get(kind, lambda: True)() else "unfit"

    def _not_entitled(self, s: Mapping[str, Any], e: Event) -> str | None:
        kind, body, canon = name(e), e.body, self.facts.canon
        if kind in ("registered", "taken_over", "adopted"):
            return None
        if kind in ("taken", "declined") or is_receipt(e):
            return (
                None
                if s.get("offer") == body["of"] and canon(s["to"]) == canon(body["office"])
                else "addressee"
            )
        if canon(s["holder"]) != canon(body["office"]):
            return "holder"
        if kind == "recalled":
            return None if s.get("offer") == body["of"] else "offer"
        return "offer" if s.get("offer") and kind not in SELF else None

    def _next(self, s: Mapping[str, Any], e: Event, day: str) -> dict[str, Any]:
        kind, b = name(e), e.body
        no_offer = {"offer": None, "to": None}
        receipt = {"status": "RECEIVED", "received": day, "notice_by": b.get("notice_by")}
        over = {
            **no_offer,
            "result": e.id,
            "stops": {x: (a, end or day) for x, (a, end) in s.get("stops", {}).items()},
        }
        match kind:
            case "registered":
                new = {"status": "REGISTERED", "holder": b["office"]}
            case "submitted" | "offered":
                new = {"offer": e.id, "to": b["to"]}
            case "declined" | "recalled":
                new = no_offer
            case "taken":
                new = {"holder": b["office"], **no_offer}
            case "arrived" if b["of_kind"] == "submit":
                new = {"holder": b["office"], **no_offer, **receipt}
            case "arrived" if b["of_kind"] == "supply":
                new = {**receipt, "status": "SUPPLIED", "heard": s["heard"] | {b["of"]}}
            case "arrived":
                status = "TERMINATED" if s.get("received") else "CANCELLED"
                new = {**over, "status": status, "heard": s["heard"] | {b["of"]}}
            case "cancelled":
                new = {**over, "status": "CANCELLED", "heard": s["heard"] | {b.get("of")}}
            case "accepted" | "lapsed":
                late = kind == "lapsed" or day > s["notice_by"]
                new = {"status": "ACCEPTED", "accepted": s["received"] if late else day, "deemed": late}
            case "correction_asked":
                new = {
                    "status": "CORRECTING",
                    "noticed": True,
                    "override": False,
                    "correct_by": b["correct_by"],
                }
            case "override_granted":
                new = {"override": True}
            case "not_accepted" | "expired" | "terminated":
                ends = {"not_accepted": "NOT_ACCEPTED", "expired": "RETURNED", "terminated": "TERMINATED"}
                new = {**over, "status": ends[kind]}
            case "decided":
                new = {**over, "status": b["result"].upper()}
            case "revoked":
                new = {"status": "REVOKED", "result": e.id}
            case "paused" | "suspended":
                new = {"stops": {**s.get("stops", {}), e.id: (day, None)}}
            case "resumed" | "restarted":
                new = {"stops": {**s["stops"], b["of"]: (s["stops"][b["of"]][0], day)}}
            case "extended":
                new = {"extension": b["days"]}
            case "stepped":
                new = {"steps": (*s.get("steps", ()), b["step"])}
            case _:  # taken over
                new = {"holder": b["office"], "over": True, **no_offer}
                new.update(receipt if s["status"] == "REGISTERED" else {})
        return {**s, **new}

    # -- choosing

    def result(self) -> dict[str, Any]:
        """Status, holder, days, path, moving acts aside (with nothing said of why), asks, loose papers."""
        good = {x for x in self.moving if isinstance(self.state(x), dict)}
        by_person = set()
        for x in good:
            step: str | None = x
            while step is not None and name(self.moving[x]) not in SELF:
                by_person.add(step)
                step = self.moving[step].base

        def order(x: str) -> tuple[Any, ...]:
            e = self.moving[x]
            place = {"taken": 1, "declined": 3, "arrived": 4, "lapsed": 5, "expired": 5}.get(name(e), 2)
            return (self.pins.get(x, 1 << 30), 1 if is_receipt(e) else place, x not in by_person, x)

        path: list[str] = []
        while here := [x for x in good if self.moving[x].base == (path[-1] if path else None)]:
            path.append(min(here, key=order))
        state = self.state(path[-1] if path else None)
        assert isinstance(state, dict)
        adopted = {y for x in path if name(self.moving[x]) == "adopted" for y in self.moving[x].body["acts"]}
        judged = {x for x in self.moving if self.state(x) is not None}
        aside = {
            x
            for x in judged - set(path) - adopted - self.dismissed
            if name(self.moving[x]) not in SELF or self._earlier(state, self.moving[x])
        }
        added = {
            x: e for x, e in self.all.items() if path and x not in self.moving
        }  # nothing is added to no case
        answered = {e.body["of"] for e in added.values() if e.type == "ask.answered" and self._held(e)}
        asking = {x for x, e in added.items() if e.type in ("correction.handed_in", "withdrawal.asked")}
        loose = {
            x
            for x, e in added.items()
            if e.type == "case.delivered" and e.body["of"] not in path and e.body["of"] not in adopted
        }
        return {
            "status": state["status"],
            "holder": self.facts.canon(state["holder"]) if state["holder"] else "",
            "received": state.get("received"),
            "accepted": state.get("accepted"),
            "path": tuple(path),
            "aside": aside,
            "waiting": set(self.moving) - judged,
            "asks": asking - state["heard"] - answered,
            "loose": loose,
            "pinned": set(self.pins),
        }

    def _held(self, event: Event) -> bool:
        """Did the author's office hold the case in the state that he saw?"""
        state = self.state(event.base)
        return isinstance(state, dict) and self.facts.canon(state["holder"]) == self.facts.canon(
            event.body["office"]
        )

    def _earlier(self, state: Mapping[str, Any], event: Event) -> bool:
        days = [event.body["day"], *self.days.get(event.id, [])]
        return is_receipt(event) and bool(state.get("received")) and days[-1] < state["received"]
