"""Looking up a case by number and query code: guesses are slowed and limited, and learn of no number that exists."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_address, ip_network

from common.accounts import Throttle, TooMany
from common.case import due
from common.case.state import Status
from common.errors import NotPermitted
from common.ids import mask_name, parse_case_number, parse_query_code
from common.node import CaseFile, Node
from common.store.views import CaseRow
from county_hub.public.words import told

FREE_FROM_ONE_PLACE = 20
"""Wrong codes from one address in a day that cost no wait: a village shares one, and old eyes misread."""
_NO_CODE = "      "


class WrongCode(NotPermitted):
    """The number or the code is wrong; nobody is told which."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What who has the code is shown.

    state, meaning    in words       name    masked       due    the promised last day, with whether it is provisional
    """

    number: str
    name: str
    item: str
    item_code: str
    state: str
    meaning: str
    registered_on: date | None
    due: date | None
    provisional: bool
    open: bool


def look_up(node: Node, number: str, code: str, address: str) -> Progress:
    """How the case stands.

    Args:
        address: of the client; guesses are counted by it and by the number.
    Errors:
        BadInput ``case_number.*``, ``query_code.*``: mistyped, which anybody could see; WrongCode ``query.wrong``;
        TooMany ``query.too_many`` (wait, wait_ms).
    """
    number, code = parse_case_number(number).text, parse_query_code(code)
    file = _judge(node, number, code, _Limits(node, number, address))
    limits = due(file.view, node.reference)
    state, meaning = told(file.row.label, granted=file.view.state.status is Status.GRANTED)
    return Progress(
        number=number,
        name=mask_name(file.row.applicant),
        item=file.edition.item.name if file.edition else file.row.item,
        item_code=file.row.item,
        state=state,
        meaning=meaning,
        registered_on=date.fromisoformat(file.row.registered_on) if file.row.registered_on else None,
        due=limits.due if limits and not file.row.ended else None,
        provisional=bool(limits and limits.provisional),
        open=not file.row.ended,
    )


def _judge(node: Node, number: str, code: str, limits: _Limits) -> CaseFile:
    """The case of this number with this code; the try is counted before it is judged."""
    limits.count()
    found = next((row for row in node.store.views.by_number(number) if _has(node, row, code)), None)
    if found is None:
        _same(code, _NO_CODE)
        limits.wrong()
        raise WrongCode("query.wrong")
    limits.right()
    return node.case(found.case_id)


def _has(node: Node, row: CaseRow, code: str) -> bool:
    made = node.store.ledger.registration(row.case_id)
    return made is not None and _same(str(made.body.get("query_code", _NO_CODE)), code)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


class _Limits:
    """The counts of one try.

    By the number: a right code clears it.  By the client's address, and the day: wrong ones alone, never cleared,
    so that who knows the code of one case cannot guess at others for ever.
    """

    def __init__(self, node: Node, number: str, address: str) -> None:
        store = node.store.local
        self._number, self._place = f"query {number}", f"query from {_network(address)} {node.today()}"
        self._by_number = Throttle(store, node.now)
        self._by_place = Throttle(store, node.now, FREE_FROM_ONE_PLACE)

    def count(self) -> None:
        try:
            self._by_place.check(self._place)
            self._by_number.count(self._number)
        except TooMany as exc:
            raise TooMany("query.too_many", wait=exc.detail["wait"], wait_ms=exc.detail["wait_ms"]) from exc

    def wrong(self) -> None:
        try:
            self._by_place.count(self._place)
        except TooMany:  # others from there failed meanwhile: it waits already
            pass

    def right(self) -> None:
        self._by_number.clear(self._number)


def _network(address: str) -> str:
    """The client's address; of IPv6 the part that one customer has."""
    try:
        known = ip_address(address)
    except ValueError:
        return "?"
    return address if known.version == 4 else str(ip_network((int(known) >> 64 << 64, 64)))
