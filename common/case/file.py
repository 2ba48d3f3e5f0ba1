"""The file of a case as it stands: form, papers, originals, from the acts in effect (R-107, R-208)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from common.case.view import CaseView
from common.catalogue.conditions import materials_required
from common.catalogue.items import Item, Material
from common.event_types import EVENT_TYPES
from common.events import REGISTERED, Event


def acts_in_effect(view: CaseView) -> list[Event]:
    """Moving and adding acts, in the order of their days."""
    found = (view.events[x] for x in (*view.path, *view.added))
    return sorted(
        (event for event in found if event.type in EVENT_TYPES),
        key=lambda event: (event.body["day"], event.at, event.id),
    )


def form_of(acts: Iterable[Event]) -> Mapping[str, Any]:
    """The form's stored values, later corrections over earlier ones."""
    values: dict[str, Any] = {}
    for event in acts:
        if event.type in (REGISTERED, "correction.handed_in"):
            values.update(event.body.get("form") or {})
    return values


def papers_of(acts: Iterable[Event]) -> Iterator[tuple[Event, Mapping[str, Any]]]:
    """Each paper with the act that brought it."""
    for event in acts:
        for paper in event.body.get("papers") or ():
            yield event, paper


def originals_seen(acts: Sequence[Event]) -> frozenset[str]:
    """Ids of the materials whose original someone has seen: at the capture, the counter, the acceptance."""
    seen = {paper.get("material") for _, paper in papers_of(acts) if paper.get("original_seen") is True}
    for event in acts:
        listed = event.body.get(_LISTS_SEEN.get(event.type, ""))
        seen.update(x for x in listed or () if isinstance(x, str))
    return frozenset(x for x in seen if isinstance(x, str))


_LISTS_SEEN = {"paper.original_seen": "materials", "case.accepted": "checked"}


def originals_missing(acts: Sequence[Event], item: Item) -> tuple[Material, ...]:
    """原件未到: the required originals that nobody has seen, in the item's order."""
    made = next((event for event in acts if event.type == REGISTERED), None)
    if made is None:
        return ()
    ticked = [x for x in made.body.get("ticked") or () if isinstance(x, str)]
    applied = date.fromisoformat(made.body["day"])
    wanted = materials_required(item, form_of(acts), made.body["channel"], ticked, today=applied)
    seen = originals_seen(acts)
    return tuple(
        each.material
        for each in wanted
        if each.required and each.material.original_needed and each.material.id not in seen
    )
