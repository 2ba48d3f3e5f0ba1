"""Who there is, and where one may appoint."""

from __future__ import annotations

from dataclasses import dataclass

from common import people
from common.accounts import Accounts
from common.node import Node
from common.offices import Level, division, level, parent, township_of, within
from common.reference import Appointment, Reference
from common.rights import AGENT, CLERK, ROLES, Place
from common.texts import ROLES as ROLE_WORDS
from common.web.items.queries import place_name

Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Person:
    """An officer as the list shows him.

    here        he works at this node       password    he has one here
    may_end     this node may end the appointment
    """

    officer: Appointment
    office: str
    here: bool
    password: bool
    may_end: bool


def area(node: Node, asked: str) -> str:
    """The division whose people are looked at: the county's centre or a township, the node's own by default."""
    home = node.office
    known = asked in node.reference.offices and "/" not in asked and level(asked) is not Level.VILLAGE
    return asked if known and within(asked, home) else home


def areas(node: Node) -> Choices:
    """(code, name) of the node's own division and, for the county, of every township."""
    home, reference = node.office, node.reference
    below = [
        code for code in reference.offices if "/" not in code and parent(code) == home and len(code) == 9
    ]
    return [(code, _area_name(reference, code)) for code in (home, *sorted(below))]


def _area_name(reference: Reference, code: str) -> str:
    return "县中心" if code == reference.county else place_name(reference, code)


def staff(node: Node, accounts: Accounts, area: str) -> list[Person]:
    """The officers of a division, a township's with those of its villages, by office."""
    reference = node.reference
    found = []
    for officer in reference.appointments.values():
        home = township_of(officer.office) or division(officer.office)
        if home == area and not officer.ended:
            here = people.serves_here(node, officer.office)
            found.append(
                Person(
                    officer,
                    reference.office_name(officer.office),
                    here,
                    here and accounts.has_password(officer.id),
                    node.is_hub or officer.origin.partition("/")[0] == node.id,
                )
            )
    return sorted(found, key=lambda person: (person.officer.office, person.officer.name))


def offices(node: Node, area: str) -> dict[str, Choices]:
    """Where in a division one may appoint: group -> (office, name)."""
    reference = node.reference
    known = reference.offices
    if level(area) is Level.COUNTY:
        departments = sorted(code for code in known if division(code) == area and code != area)
        return {
            "中心": [(area, known[area].name)],
            "部门": [(code, known[code].name) for code in departments],
        }
    posts = [f"{area}/{o.id.partition('/')[2]}" for o in known.values() if o.post]
    villages = sorted(code for code in known if "/" not in code and parent(code) == area)
    return {
        "中心": [(area, known[area].name)],
        "岗位": [(code, reference.office_name(code)) for code in sorted(posts)],
        "村": [(code, known[code].name) for code in villages],
    }


def roles(area: str) -> Choices:
    """(role, words) of the roles that have their place in a division."""
    county = level(area) is Level.COUNTY
    places = {Place.CENTRE, Place.DEPARTMENT} if county else {Place.TOWNSHIP, Place.VILLAGE}
    return [
        (role, f"{ROLE_WORDS[role]}({_where(role, places)})")
        for role in ROLES
        if people.PLACES[role] & places
    ]


def _where(role: str, places: set[Place]) -> str:
    words = {Place.CENTRE: "中心", Place.DEPARTMENT: "部门", Place.TOWNSHIP: "乡镇", Place.VILLAGE: "村"}
    return "、".join(words[p] for p in Place if p in places & people.PLACES[role])


def example(node: Node) -> list[tuple[str, str, str]]:
    """Two rows as they may stand in a list: of a township and of a village here."""
    known = sorted(code for code in node.reference.offices if "/" not in code and within(code, node.office))
    rows = (("王丽", 9, CLERK), ("陈国秀", 12, AGENT))
    return [
        (name, next((code for code in known if len(code) == digits), ""), role) for name, digits, role in rows
    ]
