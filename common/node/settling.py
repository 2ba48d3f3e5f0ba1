"""What follows from new events, in the transaction that brings them (design 4, 5).

Each touched case is folded; automatic acts that are due are written and it is folded again, until nothing more is due;
then views, feeds and the hub's tree are brought up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from common.case.fold import Folding
from common.case.state import Draft
from common.case.view import CaseView, scope
from common.events import Event
from common.node.foldings import Foldings, Placed
from common.node.pen import Pen
from common.node.projecting import facts as case_facts
from common.node.touching import OF_NO_CASE
from common.offices import feeds_of, within
from common.reference import Reference
from common.store import Store
from common.store.feeds import News, Writer
from common.store.views import CaseFacts

FORKED = "origin.forked"
MAX_ROUNDS = 12  # automatic acts on one case at a time; it settles after two or three
_NEVER = (0, False)  # no event of a case stands in a feed, and the case does not concern its division

Due = Callable[[CaseView], Draft | None]


@dataclass(slots=True)
class _Case:
    id: str
    pos: dict[str, int]  # of each event
    new: list[Event]  # what of it has come
    fresh: bool  # nothing of it was here before
    folding: Folding
    view: CaseView


class Settling:
    """One settling of some cases.

    Args:
        reference: with everything that this transaction has brought.
        home: the node's division; None before it is enrolled.
        hub: does this node keep the county's tree.
        serves: does this node serve that office.
        due: the automatic acts that this node is to write now on a case.
    """

    def __init__(
        self,
        store: Store,
        reference: Reference,
        pen: Pen,
        foldings: Foldings,
        *,
        home: str | None,
        hub: bool,
        serves: Callable[[str], bool],
        due: Due,
    ) -> None:
        self._store, self._reference, self._pen, self._foldings = store, reference, pen, foldings
        self._home, self._hub, self._serves, self._due = home, hub, serves, due

    def run(self, cases: Iterable[str], new: Mapping[str, Event]) -> dict[str, CaseView]:
        """Settle these cases, ``new`` events of this transaction among theirs; the views after it."""
        loaded = self._load(cases, new)
        written = self._automatic(loaded)
        positions = self._pen.flush()
        for case, events in written:
            case.pos.update((event.id, positions[event.id]) for event in events)
        self._feed(loaded, new.values())
        self._project(loaded)
        if self._hub:
            self._store.evidence.grow(self._store.ledger.ids_after(self._store.evidence.tree().size))
        self._foldings.keep({case.id: Placed(case.folding, case.pos) for case in loaded})
        return {case.id: case.view for case in loaded}

    # -- folding

    def _load(self, cases: Iterable[str], new: Mapping[str, Event]) -> list[_Case]:
        found = self._foldings.of(frozenset(cases), self._reference, new)
        return [
            _Case(case, one.pos, came, len(came) == len(one.pos), one.folding, one.folding.view())
            for case, one in found.items()
            for came in ([new[id] for id in one.pos if id in new],)
        ]

    def _automatic(self, cases: Sequence[_Case]) -> list[tuple[_Case, list[Event]]]:
        """Write the automatic acts that are due, one after the other; which cases got which."""
        written = []
        for case in cases:
            events: list[Event] = []
            while len(events) < MAX_ROUNDS and (draft := self._due(case.view)) is not None:
                event = self.write(draft, case=case.id)
                events.append(event)
                case.folding.add((event,))
                case.view = case.folding.view()
            if events:
                written.append((case, events))
        return written

    def write(self, draft: Draft, *, case: str | None, actor: str | None = None) -> Event:
        """Sign a draft, bound as it is."""
        return self._pen.write(
            draft.type,
            draft.body,
            ref=self._reference.head,
            moves=draft.moves,
            actor=None if draft.automatic else actor,
            case=case,
            base=draft.base,
        )

    # -- feeds

    def _feed(self, cases: Sequence[_Case], new: Iterable[Event]) -> None:
        """Put into each division's feed what now concerns it: whole pasts, new events, what left, and who acted."""
        if self._home is None:
            return
        writer = self._store.feeds.writer(silent=() if self._hub else (self._home,))
        people = _People(self._store, self._reference, writer)
        known = self._store.feeds.scopes(case.id for case in cases)
        for case in cases:
            self._feed_case(writer, people, case, known.get(case.id, {}))
        for event in filter(_of_no_case, new):
            for code in self._concerned(event):
                if event.type == FORKED:
                    people.bring(code, event.id, counted=True)
                else:
                    people.bring_appointment(code, str(event.body.get("of", event.id)))
        writer.flush()

    def _feed_case(
        self, writer: Writer, people: _People, case: _Case, known: Mapping[str, tuple[int, bool]]
    ) -> None:
        """To a division that it concerns from now on the whole case, else what is new; and that it has left, if so.

        An offer may be heard of and taken back between two exchanges with this node.  Who was offered the case may have
        heard of it elsewhere, and hears here what became of it (docs/decisions/0018).
        """
        view = case.view
        scope_now = self.divisions(view)
        codes = {*scope_now, *(code for code, (_, there) in known.items() if there)}
        for act, office in view.addressed:
            to, pos = self._reference.canon(office), case.pos[act]
            if to in view.parties.concerned:
                untold = (x for x in feeds_of(to) - codes if pos > known.get(x, _NEVER)[0])
                codes.update(x for x in untold if self._has_feed(x))
        actors = sorted({event.actor for event in view.events.values() if event.actor})
        news: dict[int, News] = {}  # by the position after which it is new: most often one for all divisions
        for code in sorted(codes):
            upto, there = known.get(code, _NEVER)
            for actor in actors:
                people.bring_appointment(code, actor)
            since = 0 if code in scope_now and not there else upto
            if since not in news:
                news[since] = News.since(case.pos, since)
            if news[since].pos:
                writer.bring(code, case.id, news[since])
            if code not in scope_now:
                writer.leave(code, case.id, case.pos.keys() if there else news[since].ids)

    def divisions(self, view: CaseView) -> frozenset[str]:
        """Whose feeds here have the case in scope."""
        return frozenset(code for code in scope(view) if self._has_feed(code))

    def _has_feed(self, code: str) -> bool:
        """A division below this node; its own too, of which only the tip is kept (not at the hub)."""
        home = self._home or ""
        if self._hub and code == home:
            return False
        return within(code, home) or within(self._reference.canon(code), home)

    def _concerned(self, event: Event) -> list[str]:
        """The divisions that an event of no case concerns."""
        reference = self._reference
        found: list[str] = []
        if event.type == "officer.appointed" and event.id not in reference.positions:
            found = [appointed.office] if (appointed := reference.appointments.get(event.id)) else []
        elif event.type == "officer.ended" and event.id not in reference.positions:
            of = event.body.get("of")
            found = (
                self._store.feeds.with_extra(of)
                if isinstance(of, str) and of in reference.appointments
                else []
            )
        elif event.type == FORKED:
            node = reference.nodes.get(str(event.body.get("origin")).partition("/")[0])
            found = [node.office] if node else []
        codes = {code for office in found for code in feeds_of(office)}
        return [code for code in sorted(codes) if self._has_feed(code)]

    # -- views

    def _project(self, cases: Sequence[_Case]) -> None:
        for fresh in (True, False):
            found = [
                self.facts(case.view, max(case.pos.values()), case.new)
                for case in cases
                if case.fresh is fresh
            ]
            self._store.views.write(found, fresh=fresh)

    def project(self, cases: Iterable[str]) -> None:
        """Make the views of these cases, and nothing else; there were none of them."""
        self._project(
            [
                _Case(case, {one.id: one.pos for one in stored}, events, True, folding, folding.view())
                for case, stored in self._store.ledger.of_cases(cases).items()
                for events in ([one.event for one in stored],)
                for folding in (Folding(self._reference, events),)
            ]
        )

    def facts(self, view: CaseView, updated: int, events: Iterable[Event] | None = None) -> CaseFacts:
        """What the views keep of a case.

        Args:
            updated: where its newest event stands.
            events: of these the papers; None of all.
        """
        return case_facts(
            view,
            self._reference,
            view.events.values() if events is None else events,
            node=self._pen.origin.partition("/")[0],
            updated=updated,
            left=self._left(view),
            serves=self._serves,
        )

    def _left(self, view: CaseView) -> bool:
        """No division of this node or below it is in the case's scope: no more of it will come."""
        if self._hub or self._home is None:
            return False
        return not any(self._has_feed(code) for code in scope(view))


def _of_no_case(event: Event) -> bool:
    return event.type in OF_NO_CASE


class _People:
    """Brings events of no case into feeds, each once in a transaction: who acted, and whether he still may."""

    def __init__(self, store: Store, reference: Reference, writer: Writer) -> None:
        self._store, self._reference, self._writer = store, reference, writer
        self._done: set[tuple[str, str]] = set()

    def bring_appointment(self, code: str, actor: str) -> None:
        """A township's appointment, and its end if it has one.  The hub's stand in the reference ledger."""
        appointed = self._reference.appointments.get(actor)
        if appointed is None or actor in self._reference.positions:
            return
        counted = code in feeds_of(appointed.office)
        for id in (actor, *(end.id for end in sorted(appointed.ends))):
            self.bring(code, id, counted=counted)

    def bring(self, code: str, id: str, *, counted: bool) -> None:
        if (code, id) not in self._done:
            self._done.add((code, id))
            for pos in self._store.ledger.positions((id,)).values():
                self._writer.bring_extra(code, pos, id, counted=counted)
