"""What the pages of registration ask of the node: earlier applications, duplicates, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.catalogue.conditions import AGENT
from common.events import Event
from common.node import CaseFile, Node
from common.store.views import CaseRow
from common.web.registration.application import proxy_of

# -- earlier applications of the same applicant


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier application that may lend identity, address, telephone and account.

    Args:
        form: stored values.  types: type of each field as it was then.
    """

    case: str
    number: str
    item: str
    day: str
    name: str
    form: Mapping[str, Any]
    types: Mapping[str, str]


def registration_of(file: CaseFile) -> Event | None:
    """The registering event of a case, if it is here."""
    return next((event for event in file.events if event.id == file.id), None)


def printable(file: CaseFile) -> tuple[tuple[str, str], ...]:
    """The sheets that can be printed of a case again and again, with their names: the proxy where an agent acts."""
    made = registration_of(file)
    if made is None or file.edition is None:
        return ()
    proxy = made.body.get("mandate") or (
        made.body["channel"] == AGENT and proxy_of(file.edition.item) is not None
    )
    return (("slip", "收件凭证"), ("form", "申请表"), *((("proxy", "代办委托书"),) if proxy else ()))


def earlier(node: Node, number: str | None) -> Earlier | None:
    """The newest application here with this id number or credit code."""
    if not number:
        return None
    for row in node.search(number, limit=20):
        known = earlier_case(node, row.case_id) if row.id_number == number else None
        if known is not None:
            return known
    return None


def earlier_case(node: Node, case: str) -> Earlier | None:
    """This case, as far as it can lend anything.  NotFound ``case.not_found``."""
    file = node.case(case)
    made = registration_of(file)
    if made is None or file.edition is None:
        return None
    return Earlier(
        case=file.id,
        number=file.row.number,
        item=file.edition.item.name,
        day=str(made.body["day"]),
        name=file.row.applicant,
        form=made.body["form"],
        types={f.id: f.type for f in file.edition.item.form},
    )


def duplicates(node: Node, item: str, body: Mapping[str, Any], village: str | None) -> list[CaseRow]:
    """Open cases of the same applicant and item (R-213): by id number or credit code, else by name and village."""
    number = body.get("id_number") or body.get("credit_code")
    found = []
    for row in node.search(str(number or body["name"]), limit=50):
        same = row.id_number == number if number else (row.applicant, row.village) == (body["name"], village)
        if row.item == item and not row.ended and same:
            found.append(row)
    return found
