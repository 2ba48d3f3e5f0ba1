"""The fold of a case: what a set of events means (design 4).  Any order, duplicates and all: one view.

Three parts: the tree of moving acts is judged, one path through it is in effect, and what has no effect is on a list
with its reason.  Adding acts never lose: those that ask stay open until an act in effect hears them.  A ruling never
rewrites the past: it re-enacts a set-aside act on the tip, takes it off the list, or corrects its day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from common.case.acts import AUTOMATIC, FIRM, days_of, is_receipt, malformed
from common.case.evolve import adding_refusal
from common.case.state import DECIDED, Parties, State
from common.case.tree import HUB_WORDS, Tree, moving
from common.case.view import Aside, CaseView, Waiting
from common.event_types import EVENT_TYPES, Home
from common.events import REGISTERED, Event
from common.offices import feeds_of, is_office, township_of, upwards
from common.reference import Reference
from common.rights import RIGHTS, Relation

# Automatic acts that lose are written again where still due; these reasons say that something else is wrong.
_BROKEN = frozenset({"body.malformed", "act.wrong_moves", "act.node_not_serving", "act.automatic_with_actor"})
_ASKING = tuple(name for name, kind in EVENT_TYPES.items() if kind.asks)


def fold(events: Iterable[Event], reference: Reference) -> CaseView:
    """The view of one case.

    Args:
        events: of one case, all that are held; any order, any of them repeated or missing.
        reference: the reference ledger and the townships' appointments, as held.
    Errors:
        none, whatever stands in a stored event.
    """
    return Folding(reference, events).view()


class Folding:
    """A fold that goes on: each event added is judged once, if nothing judged before can change by it.

    Whatever was added in whatever order and pieces, ``view`` is what ``fold`` gives of all of it.

    Args:
        reference: as for ``fold``; a fold under another begins anew.
    """

    def __init__(self, reference: Reference, events: Iterable[Event] = ()) -> None:
        self.reference = reference
        self._known = {event.id: event for event in events}
        self._case = min((event.case_id or "" for event in self._known.values()), default=None)
        self._course: _Course | None = None
        self._tree = self._grown()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def ids(self) -> Set[str]:
        """Of the events that were added."""
        return self._known.keys()

    def add(self, events: Iterable[Event]) -> None:
        """More events of the case, in any order."""
        new = {event.id: event for event in events if event.id not in self._known}
        for event in _bases_first(new):
            self._known[event.id] = event
            case = event.case_id or ""
            self._case = case if self._case is None else min(self._case, case)
            if not self._tree.graft(event):
                self._known.update(new)
                self._case = min(event.case_id or "" for event in self._known.values())
                self._course, self._tree = None, self._grown()
                return
            if self._course is not None and self._course.changes_by(event):
                self._course = None

    def _grown(self) -> Tree:
        tree = Tree(self._known, self.reference)
        tree.grow()
        return tree

    def view(self) -> CaseView:
        """The view of what was added so far."""
        if self._course is None:
            self._course = _Course(self._tree, self._case or "")
        return _view(self._case or "", dict(self._known), self._tree, self._course)


def _bases_first(events: Mapping[str, Event]) -> Iterator[Event]:
    """Each after the one that it stands on, if that is among them."""
    given: set[str] = set()
    for event in events.values():
        if event.id in given:
            continue
        line = [event]
        given.add(event.id)
        while (base := events.get(line[-1].base or "")) is not None and base.id not in given:
            line.append(base)
            given.add(base.id)
        yield from reversed(line)


class _Course:
    """What follows from the moving acts alone: the path in effect, the state at its end, the offices."""

    def __init__(self, tree: Tree, case: str) -> None:
        known = tree.known
        self.path = path = tree.path()
        self.state = state = tree.after[path[-1] if path else None]
        self.present = _present(state, tree.reference)
        self.on_path = frozenset(path)
        self.effective = self.on_path.union(x for step in path for x in _adopted_by(known[step]))
        self.lost = {x: "act.rival" for x in tree.after if x is not None and x not in self.on_path}
        result_at = _result_at(state, path, known)
        self.since_result = frozenset(path[result_at:]) if result_at is not None else frozenset()
        self.offices = _Offices(tree, case, state)
        self.addressed = frozenset(tree.addressed())

    def changes_by(self, event: Event) -> bool:
        """May it be another with this act, which nothing but ``Tree.graft`` has looked at?

        An act that moves changes it; one by which the hub builds on another branch may; others do not.
        """
        return moving(event) or (event.type in HUB_WORDS and event.base not in self.on_path)


def _view(case: str, known: Mapping[str, Event], tree: Tree, course: _Course) -> CaseView:
    path, state, offices = course.path, course.state, course.offices
    added = _Added(tree, offices.parties)
    return CaseView(
        id=case,
        state=course.present,
        path=path,
        added=added.ids(),
        aside=_aside(tree, added, course),
        waiting=tuple(sorted((*tree.waits.values(), *added.waits))),
        asks=added.asks(state),
        loose=tuple(sorted(e.id for e in added.of("case.delivered") if e.body["of"] not in course.effective)),
        pinned=frozenset(tree.pins),
        unconfirmed=_unconfirmed(tree, path),
        frozen=bool(path) and path[-1] in tree.opaque,
        delivered=bool(course.since_result)
        and any(e.body["of"] == state.result for e in added.of("case.delivered")),
        rated=any(e.base in course.since_result for e in added.of("case.rated")),
        archived=any(e.base in course.since_result for e in added.of("case.archived")),
        parties=offices.parties,
        divisions=offices.divisions,
        addressed=course.addressed,
        used=frozenset({*tree.used, *added.used, *_used(tree, state, offices)}),
        events=known,
    )


def _adopted_by(event: Event) -> list[str]:
    return event.body["acts"] if event.type == "case.adopted" else []


def _result_at(state: State, path: tuple[str, ...], known: Mapping[str, Event]) -> int | None:
    """Where on the path the decision in effect stands, itself or adopted; None if there is none."""
    if state.status not in DECIDED:
        return None
    return next(
        i for i, step in enumerate(path) if step == state.result or state.result in _adopted_by(known[step])
    )


def _present(state: State, reference: Reference) -> State:
    """With the offices that now do the work (R-111)."""
    if not reference.heirs:
        return state
    to = state.offer_to
    return state._replace(holder=reference.canon(state.holder), offer_to=to and reference.canon(to))


def _unconfirmed(tree: Tree, path: tuple[str, ...]) -> str | None:
    newest = next((x for x in reversed(path) if tree.moves[x].type in FIRM), None)
    return None if newest in tree.pins else newest


def _aside(tree: Tree, added: _Added, course: _Course) -> tuple[Aside, ...]:
    return tuple(
        Aside(x, reason)
        for x, reason in sorted({**course.lost, **tree.why, **added.why}.items())
        if x not in course.effective
        and x not in tree.dismissed
        and _to_be_ruled(tree, course.state, tree.known[x], reason)
    )


def _to_be_ruled(tree: Tree, state: State, event: Event, reason: str) -> bool:
    """Of a machine's acts only what is wrong, or dates the receipt earlier (R-207), is for people."""
    if event.type not in AUTOMATIC or reason in _BROKEN:
        return True
    if state.received is None or not is_receipt(event) or malformed(event) is not None:
        return False
    return days_of(event, tree.ruled)[-1] < state.received


# -- offices


def _registering_office(tree: Tree, case: str) -> str | None:
    made = tree.known.get(case)
    office = made.body.get("office") if made is not None and made.type == REGISTERED else None
    return office if is_office(office) else None


class _Offices:
    """The offices of the case, as named by acts that are valid on their branch."""

    def __init__(self, tree: Tree, case: str, state: State) -> None:
        registered, held = _registering_office(tree, case), tree.held
        self.named = held | tree.named
        if registered is not None and held:
            self.named.update(upwards(registered))
        township = {code} if registered is not None and (code := township_of(registered)) else set()
        canon = tree.reference.canon
        self.parties = Parties(frozenset(map(canon, self.named)), frozenset(map(canon, held | township)))
        addressee = {state.offer_to} if state.offer_to is not None else set()
        own = {registered} if registered is not None else set()
        self.divisions = frozenset(code for office in held | addressee | own for code in feeds_of(office))


def _used(tree: Tree, state: State, offices: _Offices) -> Iterator[str]:
    """What is consulted at the tip: the calendar of its term, and the mergers of the offices."""
    if state.calendar in tree.reference.positions:
        yield str(state.calendar)
    for office in offices.named if tree.reference.heirs else ():
        while (heir := tree.reference.heir(office)) is not None:
            office, by = heir
            yield by


# -- adding acts


class _Added:
    """Which adding acts have their effect by now; the others join those set aside or waiting."""

    def __init__(self, tree: Tree, parties: Parties) -> None:
        self._tree, self._parties = tree, parties
        self.why: dict[str, str] = {}
        self.waits: list[Waiting] = []
        self.used: set[str] = set()
        for event in [*tree.idle.values()]:
            reason = self._refusal(event) if EVENT_TYPES[event.type].home is Home.CASE else "act.wrong_type"
            if reason is None:
                tree.added.setdefault(event.type, []).append(tree.idle.pop(event.id))
            elif reason.startswith("wait."):
                needs = {"wait.ref": event.ref, "wait.actor": event.actor, "wait.case": event.case}
                self.waits.append(Waiting(event.id, reason, needs.get(reason, event.base)))
            else:
                self.why[event.id] = reason

    def _refusal(self, event: Event) -> str | None:
        tree, parties = self._tree, self._parties
        if not parties.concerned and event.case not in tree.why:
            return "wait.case"
        if RIGHTS[event.type].relation is Relation.HOLDER and not tree.judged(event.base):
            return "wait.base"
        used: set[str] = set()
        used.update(tree.reference.words_on(event))
        reason = adding_refusal(event, tree.after.get(event.base), parties, tree.reference, used)
        (tree.used if reason is None else self.used).update(used)
        return reason

    def of(self, kind: str) -> Sequence[Event]:
        return self._tree.added.get(kind, ())

    def ids(self) -> frozenset[str]:
        return frozenset(event.id for each in self._tree.added.values() for event in each)

    def asks(self, state: State) -> tuple[str, ...]:
        """What was asked and nobody has heard or answered."""
        asked = [event.id for kind in _ASKING for event in self.of(kind)]
        if not asked:
            return ()
        answered = {event.body["of"] for event in self.of("ask.answered")}
        return tuple(sorted(x for x in asked if x not in state.heard and x not in answered))
