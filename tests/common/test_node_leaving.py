"""Who was offered a case hears that it has left, whichever parent he goes to (docs/decisions/0018)."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass

import pytest

from common.case.commands import (
    AcceptCase,
    AddNote,
    Command,
    DeclineCase,
    OfferCase,
    RecallOffer,
    TakeCase,
    TakeOverCase,
)
from common.case.decide import Author
from common.errors import AppError
from common.events import Event
from common.node import Node
from tests.county import County
from tests.forger import Forger


def at_the_township(county: County) -> Event:
    """A case of the township's own counter, accepted; everybody is level."""
    clerk = county.clerk(county.township)
    first = county.register(county.township, "MZ-003", author=clerk, channel="township_window")
    county.township.act(AcceptCase(), clerk, case=first.id)
    county.level()
    return first


def offered(county: County, case: Event) -> Event:
    """By the township to the second village, which has heard of it, and the county has not."""
    clerk, village = county.clerk(county.township), county.village_2
    (offer,) = county.township.act(OfferCase(village.office, "请补办"), clerk, case=case.id)
    county.carry(village, county.township)
    assert incoming(village) == [case.id]
    return offer


def recalled(county: County, case: Event) -> None:
    county.township.act(RecallOffer("自行补办"), county.clerk(county.township), case=case.id)


def incoming(node: Node) -> list[str]:
    """待接收"""
    return [row.case_id for row in node.worklist("incoming", node.offices).rows]


def entries(parent: Node, child: Node) -> list[tuple[str | None, str | None]]:
    """(case, id) in the child's feed at the parent."""
    return [(each.case, each.id) for each in parent.store.feeds.page(child.office, 0, 1 << 30)]


def agree(county: County, village: Node) -> None:
    """The county counts of the village's feed what the village counts, and nobody withholds anything."""
    there, here = county.hub.store.feeds.tip(village.office), village.store.feeds.tip(village.office)
    assert (there.count, there.sum) == (here.count, here.sum)
    assert village.withheld() == {}


def test_an_offer_that_reaches_the_county_already_recalled_leaves_a_village_that_goes_there(
    county: County,
) -> None:
    """The county never had the case in the village's scope; its township, which did, is gone."""
    case, village = at_the_township(county), county.village_2
    offered(county, case)
    recalled(county, case)
    county.carry_up(county.township, county.hub)
    county.carry(village, county.hub)
    assert village.case(case.id).left
    assert incoming(village) == []
    agree(county, village)


def test_an_offer_of_the_county_that_reaches_the_township_already_recalled_leaves_a_village_that_goes_there(
    county: County,
) -> None:
    case, village, hub = at_the_township(county), county.village_2, county.hub
    county.township.act(OfferCase(f"{hub.office}/MZ"), county.clerk(county.township), case=case.id)
    county.level()
    window = Author(county.officers[f"{hub.office} window"], f"{hub.office}/MZ")
    hub.act(TakeCase(), window, case=case.id)
    hub.act(OfferCase(village.office, "请补办"), window, case=case.id)
    county.carry(village, hub)
    assert incoming(village) == [case.id]
    hub.act(RecallOffer("自行补办"), window, case=case.id)
    county.carry(county.township, hub)
    county.carry(village, county.township)
    assert village.case(case.id).left
    agree(county, village)


def test_an_offer_that_lost_to_an_act_of_the_county_leaves_a_village_that_goes_there(county: County) -> None:
    """The county had taken the case over when it heard of the offer: there it never had effect."""
    case, village, hub = at_the_township(county), county.village_2, county.hub
    hub.act(TakeOverCase("中心停办"), county.author(hub.office, "operator"), case=case.id)
    offer = offered(county, case)
    county.carry_up(county.township, hub)
    assert [act.id for act in hub.case(case.id).view.aside] == [offer.id]
    county.carry(village, hub)
    assert village.case(case.id).left
    agree(county, village)


def test_a_case_that_has_left_is_told_no_more(county: County) -> None:
    case, hub, village = at_the_township(county), county.hub, county.village_2
    offered(county, case)
    recalled(county, case)
    county.carry_up(county.township, hub)
    told = entries(hub, village)
    assert told[-1] == (case.id, None)
    county.township.act(AddNote("已办"), county.clerk(county.township), case=case.id)
    county.carry_up(county.township, hub)
    assert entries(hub, village) == told


def test_a_case_offered_again_and_recalled_again_is_told_from_where_it_had_left(county: County) -> None:
    case, hub, village = at_the_township(county), county.hub, county.village_2
    for _ in range(2):
        offered(county, case)
        recalled(county, case)
        county.carry_up(county.township, hub)
    told = [id for of, id in entries(hub, village) if of == case.id]
    assert [id for id in told if id] == [event.id for event in hub.store.ledger.of_case(case.id)]
    assert (told.count(None), told[-1]) == (2, None)
    assert hub.verify()[2] is None


@dataclass
class Restless:
    """A village that goes now to this parent, now to that one, while three of them offer it a case and take it back."""

    county: County
    second: Node
    case: str
    draw: random.Random

    @property
    def parents(self) -> tuple[Node, ...]:
        return (self.county.township, self.second, self.county.hub)

    def step(self) -> None:
        if self.draw.random() < 0.5:
            self.sync(self.draw.choice(self.parents))
        else:
            self.act(self.draw.choice((*self.parents, self.county.village_2)))

    def sync(self, parent: Node) -> None:
        """The village with this parent, or this one with the county."""
        if parent is self.county.hub or self.draw.random() < 0.6:
            self.county.carry(self.county.village_2, parent)
        else:
            self.county.carry(parent, self.county.hub)

    def act(self, node: Node) -> None:
        if node.store.views.get(self.case) is None:
            return
        office = node.case(self.case).view.state.holder
        who = {
            self.county.hub: Author(self.county.officers[f"{self.county.county} window"], office),
            self.county.village_2: self.county.agent(self.county.village_2),
        }.get(node, self.county.clerk(self.county.township))
        if node is self.county.village_2:
            command: Command = DeclineCase("不属本村")
        elif node.case(self.case).view.state.offer_to is not None:
            command = RecallOffer()
        elif node is self.county.hub and office == self.county.township.office:
            command, who = TakeOverCase("中心停办"), self.county.author(node.office, "operator")
        else:
            command = OfferCase(self.draw.choice((self.county.village_2.office, f"{node.office[:6]}/MZ")))
        with suppress(AppError):
            node.act(command, who, case=self.case)

    def settle(self, parent: Node) -> None:
        """All is level, the village with this parent alone."""
        before: list[int] = []
        while before != (
            before := [node.store.ledger.pos() for node in (*self.parents, self.county.village_2)]
        ):
            self.county.carry(self.county.village_2, parent)
            self.county.carry(self.county.township, self.county.hub)
            self.county.carry(self.second, self.county.hub)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_parents_a_village_goes_to_it_hears_that_a_case_has_left(county: County, seed: int) -> None:
    draw = random.Random(seed)
    second = county.enrol("township-2", county.township.office, county.hub)
    case, village, hub = at_the_township(county), county.village_2, county.hub
    county.carry_down(hub, second)
    restless = Restless(county, second, case.id, draw)
    for _ in range(40):
        restless.step()
    restless.settle(draw.choice(restless.parents))
    if village.store.views.get(case.id) is not None:
        here, there = village.case(case.id), hub.case(case.id)
        assert here.left or here.digest == there.digest
        assert here.left == (village.office not in there.view.divisions)
    agree(county, village)
    assert all(node.verify()[2] is None for node in (*restless.parents, village))
    second.store.close()


def test_an_offer_by_who_has_no_right_to_it_tells_nobody_of_the_case(county: County) -> None:
    """Invariant 6: with it the case comes into nobody's scope anywhere."""
    case, hub, stranger = at_the_township(county), county.hub, county.other_village
    forger = Forger(county.village)
    body = {"office": county.village.office, "to": stranger.office, "day": "2026-03-04", "direction": "side"}
    base = hub.case(case.id).view.tip
    actor = county.officers[f"{county.village.office} agent"]
    offer = forger.write("case.offered", body, moves=True, case=case.id, base=base, actor=actor)
    hub.take([offer.line], county.village.id, upward=True)
    assert [(act.id, act.reason) for act in hub.case(case.id).view.aside] == [(offer.id, "act.not_holder")]
    assert all(of != case.id for of, _ in entries(hub, stranger))
