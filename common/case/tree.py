"""The tree of a case's moving acts: each judged where it was written, one branch in effect (design 4).

* A moving act stands on its ``base`` and is judged only in the state that its author saw, the path to its base, so
  no act's validity ever depends on what arrives beside it.
* At each fork one branch goes on: what the hub has built on (pinned), then by class, by person, by id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from common.case.acts import AUTOMATIC, after_cutoff, days_of, from_hub, is_receipt, malformed, standing
from common.case.effects import apply
from common.case.evolve import refusal, unadoptable
from common.case.state import State
from common.case.view import Waiting
from common.event_types import EVENT_TYPES, Home
from common.events import Event
from common.offices import is_office
from common.reference import Reference

_NOT_PINNED = 1 << 60  # sorts after every place
_RULINGS = frozenset({"ruling.dismissed", "ruling.dated"})
_MOVES = frozenset(name for name, kind in EVENT_TYPES.items() if kind.moves)
_OFFERS = frozenset({"case.submitted", "case.offered"})
HUB_WORDS = _RULINGS | {"case.confirmed"}


@dataclass(slots=True)
class Tree:
    """The work of one fold.  ``grow`` judges all acts, ``graft`` one more, ``path`` chooses those in effect.

    Args:
        moves: the acts that claim to move the case; those of known types that do not add to it.
        offers: those that offer the case -> to which office.
        after: moving act -> the state after it, if it is valid on its branch; None -> before the first.
        why: act -> the reason why it is set aside.  waits: act -> what it waits for.
        opaque: valid acts of types not known here; nothing built on them is judged.
        words: the hub's moves, confirmations and rulings on the case, its older ones first.
        spoken_of: the acts that these stand on.
        pins: act -> place in ``words`` of the oldest that builds on it.
        dismissed: acts ruled off the list.  ruled: act -> days by ruling.
        held: offices that held the case in a state that somebody saw.  named: offices that valid acts name.
        added: type -> the adding acts that have their effect, and so for good; ``idle``: the others.
        used: ids of reference events and appointments consulted.
    """

    known: Mapping[str, Event]
    reference: Reference
    moves: dict[str, Event] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    children: dict[str | None, list[Event]] = field(default_factory=dict)
    after: dict[str | None, State] = field(default_factory=lambda: {None: State()})
    why: dict[str, str] = field(default_factory=dict)
    waits: dict[str, Waiting] = field(default_factory=dict)
    opaque: set[str] = field(default_factory=set)
    words: list[tuple[int, int, str]] = field(default_factory=list)
    spoken_of: set[str | None] = field(default_factory=set)
    pins: dict[str, int] = field(default_factory=dict)
    dismissed: set[str] = field(default_factory=set)
    ruled: dict[str, tuple[date, ...]] = field(default_factory=dict)
    worked: set[str] = field(default_factory=set)  # acts with a person's act on their branch
    held: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    added: dict[str, list[Event]] = field(default_factory=dict)
    idle: dict[str, Event] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def grow(self) -> None:
        for event in self.known.values():
            self._plant(event)
        self._hear_the_hub()
        roots = [
            base for base in self.children if base is None or (base in self.known and base not in self.moves)
        ]
        queue: list[str | None] = list(roots)
        for base in queue:
            for event in self.children.get(base, ()):
                self._place(event, self._judge(event, base))
                queue.append(event.id)
        for event in self.moves.values():
            if not (event.id in self.after or event.id in self.why or event.id in self.waits):
                self.waits[event.id] = Waiting(event.id, "wait.base", event.base)

    def graft(self, event: Event) -> bool:
        """Judge one more act, already among ``known``, if nothing that was judged before it can change by it.

        False if it may: then a tree is to be grown anew.
        """
        if self.waits or event.id in self.spoken_of:
            return False  # another act waits, or the hub has spoken of this one before it came
        word, moves = self._hear(event), moving(event)
        if word is None and not moves:
            self._plant(event)
            return True
        if event.type in _RULINGS or event.base not in self.after or event.base in self.opaque:
            return False
        if word is not None and not self._newest_and_plain(word, event.base):
            return False
        self._plant(event)
        if word is not None:
            self.words.append(word)
            self._pin(event, len(self.words) - 1)
        if moves:
            self._place(event, self._judge(event, event.base))
        return True

    def _newest_and_plain(self, word: tuple[int, int, str], base: str | None) -> bool:
        """Does the hub's word come after its others, and pin only what nobody needs to ask about a cut-off?"""
        newest = not self.words or word > self.words[-1]
        return newest and not any(self.reference.words_on(self.moves[x]) for x in self._unpinned(base))

    def addressed(self) -> Iterator[tuple[str, str]]:
        """(act, office) of each act that offers the case to an office, or stands on one that does."""
        for offer, to in self.offers.items():
            for event in (self.moves[offer], *self.children.get(offer, ())):
                yield event.id, to

    def path(self) -> tuple[str, ...]:
        """The acts in effect, in order."""
        path: list[str] = []
        tip: str | None = None
        while rivals := [event for event in self.children.get(tip, ()) if event.id in self.after]:
            tip = rivals[0].id if len(rivals) == 1 else min(rivals, key=self._rank).id
            path.append(tip)
            if tip in self.opaque:
                break
        return tuple(path)

    # -- before the judging

    def _plant(self, event: Event) -> None:
        """What claims to move stands in the tree, whatever it is; the rest adds."""
        if moving(event):
            self.moves[event.id] = event
            self.children.setdefault(event.base, []).append(event)
            if event.type in _OFFERS and is_office(to := event.body.get("to")):
                self.offers[event.id] = str(to)
        elif event.type in EVENT_TYPES:
            self.idle[event.id] = event

    def _hear_the_hub(self) -> None:
        """The hub's moves, confirmations and rulings pin their whole past; of two, the older word counts."""
        self.words = sorted(word for event in self.known.values() if (word := self._hear(event)))
        for place, (_, _, event_id) in enumerate(self.words):
            event = self.known[event_id]
            self._pin(event, place)
            if event.type in _RULINGS:
                self._rule(event)

    def _hear(self, event: Event) -> tuple[int, int, str] | None:
        """Where the event stands among the hub's words, if it is one."""
        generation = from_hub(event, self.reference)
        if generation is None:
            return None
        self.used.add(self.reference.origins[event.origin][1])
        return (generation, event.seq, event.id) if moving(event) or event.type in HUB_WORDS else None

    def _pin(self, word: Event, place: int) -> None:
        self.spoken_of.add(word.base)
        for x in [*self._unpinned(word.id if word.id in self.moves else word.base)]:
            self.pins[x] = place

    def _unpinned(self, event_id: str | None) -> Iterator[str]:
        """The act and its past; where a pin stands already, an older word has pinned it and all before it."""
        while event_id is not None and event_id in self.moves and event_id not in self.pins:
            yield event_id
            event_id = self.moves[event_id].base

    def _rule(self, event: Event) -> None:
        if malformed(event) or standing(event, self.reference, self.used):
            return
        of = event.body["of"]
        if event.type == "ruling.dismissed":
            self.dismissed.add(of)
        else:
            self.ruled[of] = (*self.ruled.get(of, ()), date.fromisoformat(event.body["to"]))

    # -- judging

    def _place(self, event: Event, reason: str | None) -> None:
        if reason is None:
            if event.type not in AUTOMATIC:
                self._work_on(event.id)
        elif reason.startswith("wait."):
            self.waits[event.id] = Waiting(event.id, reason, self._needed(event, reason))
        else:
            self.why[event.id] = reason

    def _judge(self, event: Event, base: str | None) -> str | None:
        """Why the act has no effect on its branch; None once its state stands in ``after``."""
        if base is not None and base not in self.after:
            if base in self.waits:
                return "wait.base"
            return "act.base_aside" if base in self.why else "act.wrong_base"
        if base in self.opaque:
            return "wait.unknown"
        if reason := self._barred(event):
            return reason
        state = self.after[base]
        if event.type not in EVENT_TYPES:
            if base is None:
                return "act.wrong_state"  # every case begins with its registration
            self.opaque.add(event.id)
            self.after[event.id] = state
        elif reason := self._refusal(event, state):
            return reason
        else:
            after = self.after[event.id] = apply(state, event, self.known, self.ruled)
            self.held.add(after.holder)  # every case has one from its registration on
            self.named.add(event.body["office"])
            if (to := event.body.get("to")) is not None:
                self.named.add(to)
        return None

    def _barred(self, event: Event) -> str | None:
        """What the county ruled against an act on which it has not built."""
        if event.id in self.pins:
            return None
        if event.id in self.dismissed:
            return "act.dismissed"
        self.used.update(self.reference.words_on(event))
        return after_cutoff(event, self.reference)

    def judged(self, base: str | None) -> bool:
        """Is it known what became of the act that another one stands on?"""
        return base is None or (base in self.known and base not in self.waits)

    def _refusal(self, event: Event, state: State) -> str | None:
        if EVENT_TYPES[event.type].home is not Home.CASE:
            return "act.wrong_type"
        if reason := malformed(event) or standing(event, self.reference, self.used):
            return reason
        if event.type != "case.adopted":
            if (edition := event.body.get("edition")) in self.reference.editions:
                self.used.add(str(edition))
            return refusal(state, event, days_of(event, self.ruled), self.reference)
        if not all(x in self.known for x in event.body["acts"]):
            return "wait.acts"
        return refusal(state, event, days_of(event, self.ruled), self.reference) or unadoptable(
            state, event, self.known, self.ruled, self.reference, self.used
        )

    def _needed(self, event: Event, reason: str) -> str | None:
        match reason:
            case "wait.ref":
                return event.ref
            case "wait.actor":
                return event.actor
            case "wait.edition":
                return str(event.body["edition"])
            case "wait.acts":
                return next((x for x in event.body["acts"] if x not in self.known), None)
        return event.base

    def _work_on(self, event_id: str) -> None:
        step: str | None = event_id
        while step is not None and step not in self.worked:
            self.worked.add(step)
            step = self.moves[step].base

    # -- choosing

    def _rank(self, event: Event) -> tuple[int, int, bool, str]:
        """The order of rivals on one base: the least goes on."""
        pin = self.pins.get(event.id, _NOT_PINNED)
        return (pin, self._class(event), event.id not in self.worked, event.id)

    def _class(self, event: Event) -> int:
        if event.id in self.opaque:
            return 0  # it may be anything: better a case that stands still than acts on a wrong state
        if event.type == "case.taken" or is_receipt(event):
            return 1  # a hand-over completed
        if event.type == "case.declined":
            return 3  # gives back what a recall gives back too
        if event.type in AUTOMATIC:
            return 4 if event.type == "case.arrived" else 5  # yields to any person's; a timer to an arrival
        return 2  # the holder's act


def moving(event: Event) -> bool:
    """Does it claim to move the case, whatever it is?"""
    return event.moves or event.type in _MOVES
