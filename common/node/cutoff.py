"""Records after a cut-off 停用之后的记录: what a node wrote beyond what counts of it, or beside (docs/decisions/0021).

They wait, and no other event waits for them to be judged; the county's next word on the node says how many more count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from common.event_types import in_words
from common.events import REGISTERED, Event, decode, split_line
from common.node.intake import CUT_OFF
from common.reference import Reference
from common.store import Store
from common.store.holding import Held


@dataclass(frozen=True, slots=True)
class Late:
    """One of them.

    ``ruled``: the county has spoken since it came, and let it wait.  By the hub's clock, so it is told there alone.
    """

    held: Held
    event: Event
    ruled: bool


def late(store: Store, reference: Reference, waiting: Iterable[Held]) -> list[Late]:
    """Those of the waiting lines that a cut-off holds back, by origin and seq."""
    held = [one for one in waiting if one.reason == CUT_OFF]
    found = [(one, decode(payload, jws)) for one in held for jws, payload in (split_line(one.line),)]
    words = {event.node: _spoken(store, reference, event.node) for _, event in found}
    listed = [Late(one, event, one.since < words[event.node]) for one, event in found]
    return sorted(listed, key=lambda one: (one.event.origin, one.event.seq, one.event.id))


def _spoken(store: Store, reference: Reference, node: str) -> int:
    """When the county's newest word on a node was written, UTC ms; 0 without any."""
    word = store.ledger.get(reference.revoked[node]) if node in reference.revoked else None
    return word.at if word is not None else 0


@dataclass(frozen=True, slots=True)
class Told:
    """Such a record in the words of people.

    what     the act       number    of its case, "" if that is not known here       who    its author's name, or ""
    """

    late: Late
    what: str
    number: str
    who: str

    @property
    def seq(self) -> int:
        return self.late.event.seq


def told(store: Store, reference: Reference, records: Iterable[Late]) -> list[Told]:
    """The same records, each with what is known of it."""
    listed = list(records)
    numbers = {
        row.case_id: row.number
        for row in store.views.rows({one.event.case_id for one in listed if one.event.case_id}).values()
    }
    for one in listed:  # a case registered by such a record is in no view
        if one.event.type == REGISTERED and isinstance(number := one.event.body.get("number"), str):
            numbers.setdefault(one.event.id, number)
    return [
        Told(
            one,
            in_words(one.event.type),
            numbers.get(one.event.case_id or "", ""),
            person.name if (person := reference.appointments.get(one.event.actor or "")) else "",
        )
        for one in listed
    ]
