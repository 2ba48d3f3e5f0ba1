"""What a case wants of people: papers, as its page and its notices list them (R-107, R-210), and to be put away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from common.case import CaseView
from common.case.file import form_of, papers_of
from common.catalogue.conditions import Requirement, materials_required
from common.catalogue.items import Item
from common.events import REGISTERED, Event


def registration(acts: Sequence[Event]) -> Event | None:
    """The registering act, if it is in effect."""
    return next((event for event in acts if event.type == REGISTERED), None)


def papers_wanted(acts: Sequence[Event], item: Item) -> list[Requirement]:
    """The papers of the item's published list that this application needs, in the list's order."""
    made = registration(acts)
    if made is None:
        return []
    ticked = [each for each in made.body.get("ticked") or () if isinstance(each, str)]
    applied = date.fromisoformat(made.body["day"])
    wanted = materials_required(item, form_of(acts), str(made.body["channel"]), ticked, today=applied)
    return [each for each in wanted if each.required]


def given(acts: Sequence[Event]) -> frozenset[str]:
    """Ids of the materials of which something was handed in; that an original was only looked at is not enough."""
    return frozenset(str(paper.get("material")) for _, paper in papers_of(acts))


def lacking(acts: Sequence[Event], item: Item) -> list[Requirement]:
    """The papers that the application needs and of which nothing was handed in."""
    there = given(acts)
    return [each for each in papers_wanted(acts, item) if each.material.id not in there]


def on_the_way(view: CaseView) -> frozenset[str]:
    """Ids of the asks that their arrival at the holder hears: corrections and, before a decision, withdrawals."""
    heard_by_arrival = {"correction.handed_in"} | (
        {"withdrawal.asked"} if view.state.decision is None else set()
    )
    asks = (view.events[ask] for ask in view.asks if ask in view.events)
    return frozenset(event.id for event in asks if event.type in heard_by_arrival)


def put_away(view: CaseView) -> bool:
    """Was its decision archived, or, where it ended without one, its end?"""
    if view.state.decision is not None:
        return view.archived
    return any(view.events[act].type == "case.archived" for act in view.added)


def handed_in(view: CaseView) -> bool:
    """Was a correction handed in that has not arrived at the holder yet (R-209)?"""
    return any(view.events[ask].type == "correction.handed_in" for ask in on_the_way(view))
