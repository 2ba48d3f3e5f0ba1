"""The simulator itself: each planted fault is found within a few seeds, under the invariant that it breaks.

A fault stands in the product, in the place of what is right there, or in one machine alone (``kinds``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date

import pytest

import common.case.effects
import common.clock
import common.node.evidence
from common.calendar import Calendar
from common.case.acts import FIRM
from common.case.commands import OfferCase
from common.case.state import State
from common.case.tree import Tree
from common.case.view import CaseView
from common.events import Event
from common.node import Node
from common.node.asking import Truths
from common.node.evidence import Evidence
from common.node.lines import Checker, Line
from common.node.settling import Settling
from common.offices import township_of
from common.store.database import Database
from common.store.feeds import Writer
from sync.headers import Offer
from sync.parent import Parent, Sender
from tests.simulator import lies, people
from tests.simulator.broken import Broken
from tests.simulator.lies import Liar
from tests.simulator.machines import Machine, template
from tests.simulator.simulation import Simulation

pytestmark = pytest.mark.slow
SEEDS = 20
EVERY = 3


@pytest.fixture(autouse=True, scope="module")
def county():
    """The county that runs begin with is built by a product without faults."""
    template()


def breaks(*invariants: int, kinds: Mapping[str, type[Parent]] | None = None, first: int = 1) -> None:
    """One of so many seeds ends with this invariant broken.

    Args:
        first: where to begin: a seed that finds it today saves those that do not.
    """
    found = []
    for seed in range(first, first + SEEDS):
        try:
            Simulation(seed, kinds=kinds or {}).run()
        except Broken as broken:
            found.append(str(broken).partition("\n")[0])
            if broken.invariant in invariants:
                return
    pytest.fail("\n".join(("not found", *found)))


# -- 1: what was acknowledged


class _PowerFails(Exception):
    pass


class AnswersTooEarly(Parent):
    """Now and then the answer is out before anything of the message is on its disk, and the power fails."""

    asked = 0

    def exchange(self, message: bytes) -> bytes:
        self.asked += 1
        if self.asked % EVERY:
            return super().exchange(message)
        with suppress(_PowerFails), self.node.store.write():
            answer = super().exchange(message)
            raise _PowerFails
        return answer


class LosesPapers(Parent):
    """It says that it has a paper, and then its file is gone."""

    def exchange(self, message: bytes) -> bytes:
        answer = super().exchange(message)
        folder = self.desk._room.path("0" * 64).parent.parent
        for path in folder.glob("[0-9a-f][0-9a-f]/*"):
            path.unlink()
        return answer


def test_a_parent_that_acknowledges_before_it_stores_is_found():
    breaks(1, kinds={"township": AnswersTooEarly})


def test_a_county_that_loses_papers_is_found():
    breaks(1, kinds={"hub": LosesPapers})


def test_a_receipt_for_what_the_county_does_not_hold_is_found(monkeypatch):
    real = Evidence._to_receipt

    def claims_more(self, office, nodes):
        heads, feed = real(self, office, nodes)
        return {origin: (seq + 1, id[::-1]) for origin, (seq, id) in heads.items()}, feed

    monkeypatch.setattr(Evidence, "_to_receipt", claims_more)
    breaks(1)


def test_writes_that_are_not_one_transaction_are_found(monkeypatch):
    """Each statement is committed by itself: a stop leaves half of an act."""

    @contextmanager
    def each_by_itself(self, kind):
        yield

    monkeypatch.setattr(Database, "_transaction", each_by_itself)
    breaks(0, 2, 6)


# -- 2: the same state everywhere


def test_a_fold_that_goes_by_the_order_of_arrival_is_found(monkeypatch):
    def first_come(self, event):
        return self.children[event.base].index(event)

    monkeypatch.setattr(Tree, "_rank", first_come)
    breaks(2)


def test_views_that_are_not_brought_up_to_date_are_found(monkeypatch):
    real = Settling._project

    def only_new_cases(self, cases):
        real(self, [case for case in cases if case.fresh])

    monkeypatch.setattr(Settling, "_project", only_new_cases)
    breaks(2, first=5)


# -- 3: one holder


def test_an_offer_that_hands_over_before_it_is_taken_is_found(monkeypatch):
    real = common.case.effects._EFFECTS["case.offered"]

    def moves_at_once(state: State, event: Event, day: date) -> State:
        return real(state, event, day)._replace(holder=event.body["to"])

    monkeypatch.setitem(common.case.effects._EFFECTS, "case.offered", moves_at_once)
    breaks(3)


def test_a_declined_offer_that_stays_with_who_declined_is_found(monkeypatch):
    real = common.case.effects._EFFECTS["case.declined"]

    def stays(state: State, event: Event, day: date) -> State:
        return real(state, event, day)._replace(holder=event.body["office"])

    monkeypatch.setitem(common.case.effects._EFFECTS, "case.declined", stays)
    breaks(3)


# -- 5: relays


def test_signatures_that_nobody_checks_are_found(monkeypatch):
    def believes(self: Checker, lines: Iterable[Line]) -> None:
        for one in lines:
            one.signer = one.event.node if one.event else ""
            one.verdict = ""

    monkeypatch.setattr(Checker, "_check_signed", believes)
    breaks(5)


def test_a_node_that_does_not_see_what_is_withheld_is_found(monkeypatch):
    monkeypatch.setattr(Node, "withheld", lambda self: {})
    breaks(5)


def test_a_node_that_takes_its_townships_word_for_the_countys_is_found(monkeypatch):
    monkeypatch.setattr(Truths, "receipted", property(lambda self: self.shown(self.below())))
    breaks(5, first=9)


def test_a_node_that_keeps_the_receipts_of_its_neighbours_is_found(monkeypatch):
    """A liar hands them on; later the node shows as withheld what is there."""
    monkeypatch.setattr(common.node.evidence, "is_read_in", lambda home, office: True)
    monkeypatch.setattr(lies, "_LIES", (Liar._shows_old_receipts,))
    breaks(5, first=4)


# -- 6: what concerns a node


class TellsNeighbours(Parent):
    """It answers a village as if it were the township: with the feeds of all villages."""

    def _sender(self, id: str | None, offer: Offer) -> Sender:
        sender = super()._sender(id, offer)
        return replace(sender, office=township_of(sender.office) or sender.office)


def test_a_parent_that_gives_other_divisions_feeds_is_found():
    breaks(6, kinds={"township": TellsNeighbours})


def test_a_case_that_goes_on_being_sent_after_it_has_left_is_found(monkeypatch):
    monkeypatch.setattr(Writer, "leave", lambda self, division, case, events: None)
    monkeypatch.setitem(people._COMMANDS, "case.offered", offer_anywhere)
    for kind in ("case.offered", "case.declined", "case.recalled"):
        monkeypatch.setitem(people.OFTEN, kind, 20)
    breaks(6)


def offer_anywhere(they: people.People, machine: Machine, view: CaseView) -> OfferCase | None:
    """Cases go to and fro."""
    to = they.draw.choice(sorted(node.office for node in machine.here.reference.nodes.values()))
    return OfferCase(to) if to != view.state.holder else None


# -- 7: one due date


def test_days_by_the_machines_own_zone_are_found(monkeypatch):
    def here(milliseconds: int) -> date:
        return date.fromtimestamp(milliseconds / 1000)  # noqa: DTZ012  the fault that is planted

    monkeypatch.setattr(common.clock, "_date_of_ms", here)
    breaks(7)


def test_working_days_by_the_machines_own_zone_are_found(monkeypatch):
    real = Calendar.is_working_day

    def as_seen_here(self: Calendar, day: date) -> bool:
        midnight = (day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400
        return real(self, date.fromtimestamp(midnight))  # noqa: DTZ012  the fault that is planted

    monkeypatch.setattr(Calendar, "is_working_day", as_seen_here)
    breaks(7)


# -- 8: what is final


def test_a_fold_that_does_not_heed_the_county_is_found(monkeypatch):
    monkeypatch.setattr(Tree, "_pin", lambda self, event_id, place: None)
    breaks(8)


def test_a_page_that_calls_final_what_the_county_has_not_confirmed_is_found(monkeypatch):
    real = Tree.path

    def final_at_once(self: Tree) -> tuple[str, ...]:
        path = real(self)
        self.pins.update({act: 1 for act in path if self.moves[act].type in FIRM and act not in self.pins})
        return path

    monkeypatch.setattr(Tree, "path", final_at_once)
    breaks(8, first=4)
