"""Officers 工作人员: appointing them, one by one or from a list, and who of them works at this node."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from common.accounts import Accounts
from common.departments import ensure_key
from common.errors import BadInput, CommandRefused, NotFound, NotPermitted
from common.node import Node
from common.offices import Level, is_office, level, within
from common.reference import Appointment
from common.rights import (
    AGENT,
    CHIEF,
    CLERK,
    LEAD,
    OPERATOR,
    ROLES,
    SUPERVISOR,
    TECHNICIAN,
    WINDOW,
    Place,
    place,
)

MAX_LIST_BYTES = 1_000_000
COLUMNS = ("name", "office", "role")
MAX_NAME = 60

# Where each role has its place.
PLACES = {
    AGENT: {Place.VILLAGE},
    CLERK: {Place.TOWNSHIP},
    LEAD: {Place.TOWNSHIP},
    WINDOW: {Place.DEPARTMENT, Place.CENTRE},
    CHIEF: {Place.DEPARTMENT},
    OPERATOR: {Place.CENTRE},
    SUPERVISOR: {Place.CENTRE},
    TECHNICIAN: set(Place),
}


class Here:
    """The officers who work at this node now (``common.accounts.People``)."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def get(self, officer: str) -> Appointment | None:
        found = self._node.reference.appointments.get(officer)
        return found if found and not found.ended and self._serves(found) else None

    def here(self) -> list[Appointment]:
        people = self._node.reference.appointments.values()
        return [person for person in people if not person.ended and self._serves(person)]

    def _serves(self, person: Appointment) -> bool:
        return serves_here(self._node, person.office)


def serves_here(node: Node, office: str) -> bool:
    """True if the node serves the office now, so that its officers log in here."""
    return node.reference.node_serves(node.id, office, node.reference.size)


def check_appointment(node: Node, name: str, office: str, role: str) -> None:
    """May this node appoint so?  BadInput or NotPermitted, in words that name what is wrong."""
    if node.level is Level.VILLAGE:
        raise NotPermitted("officer.village_appoints_none")
    if not name.strip():
        raise BadInput("officer.no_name")
    if len(name) > MAX_NAME or not name.isprintable():
        raise BadInput("officer.bad_name", name=name[:MAX_NAME])
    if not is_office(office) or not _known(node, office):
        raise BadInput("officer.unknown_office", office=office)
    if not role:
        raise BadInput("officer.no_role")
    if role not in ROLES:
        raise BadInput("officer.unknown_role", role=role, roles=", ".join(ROLES))
    if place(office) not in PLACES[role]:
        raise BadInput("officer.role_does_not_fit", role=role, office=node.reference.office_name(office))
    if node.level is Level.TOWNSHIP and not within(office, node.office):
        raise NotPermitted("officer.not_your_office", office=node.reference.office_name(office))


def _known(node: Node, office: str) -> bool:
    reference = node.reference
    if office in reference.offices:
        return True
    home, slash, unit = office.partition("/")
    department = reference.offices.get(f"{reference.county}/{unit}")
    has_post = bool(department and department.post)
    return bool(slash) and has_post and home in reference.offices and level(office) is Level.TOWNSHIP


def appoint(node: Node, name: str, office: str, role: str) -> tuple[str, bool]:
    """Appoint an officer; ``(id, new)``.  A repeat of an appointment that stands gives its id and changes nothing.

    The first chief representative of a department brings the department's signing key with him (R-507).
    """
    name = name.strip()
    check_appointment(node, name, office, role)
    with node.store.write():
        for person in node.reference.appointments.values():
            if (person.name, person.office, person.role) == (name, office, role) and not person.ended:
                return person.id, False
        event = node.appoint(name, office, role)
        if role == CHIEF:
            ensure_key(node, office)
    return event.id, True


def end(node: Node, accounts: Accounts, officer: str, reason: str | None = None) -> None:
    """End an appointment; the officer's sessions and tokens here end with it.

    Errors: NotFound ``officer.unknown``; CommandRefused ``officer.ended_already``; NotPermitted
    ``officer.not_your_appointment``: at a township, one that the county made; ``officer.village_appoints_none``.
    """
    person = node.reference.appointments.get(officer)
    if person is None:
        raise NotFound("officer.unknown", officer=officer)
    if person.ended:
        raise CommandRefused("officer.ended_already", name=person.name)
    if not node.is_hub and person.origin.partition("/")[0] != node.id:
        raise NotPermitted("officer.not_your_appointment", name=person.name)
    with node.store.write():
        node.end_appointment(officer, reason)
        accounts.end_all(officer)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list: ids newly appointed, how many stood already, and each bad row (line number, why)."""

    new: tuple[str, ...]
    known: int
    bad: tuple[tuple[int, BadInput | NotPermitted], ...]

    def words(self) -> str:
        """What was done; nothing was where a row is bad."""
        already = f",{self.known} 人原来就有" if self.known else ""
        return f"新任用 {len(self.new)} 人{already}。"


def import_list(node: Node, data: bytes) -> Imported:
    """Appoint from CSV with the columns ``name,office,role``.  Nothing is written if any row is bad; each is named."""
    if len(data) > MAX_LIST_BYTES:
        raise BadInput("officer.list_too_large", limit=MAX_LIST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")  # what a spreadsheet on a Chinese Windows saves
        except UnicodeDecodeError as exc:
            raise BadInput("officer.list_not_text") from exc
    rows, bad = _rows(node, text)
    if bad:
        return Imported((), 0, tuple(bad))
    with node.store.write():
        done = [appoint(node, *row) for row in rows]
    return Imported(tuple(id for id, new in done if new), sum(not new for _, new in done), ())


def _rows(
    node: Node, text: str
) -> tuple[list[tuple[str, str, str]], list[tuple[int, BadInput | NotPermitted]]]:
    """(name, office, role) of the good rows, (line, why) of the bad ones.  An empty line is none."""
    rows: list[tuple[str, str, str]] = []
    bad: list[tuple[int, BadInput | NotPermitted]] = []
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        if not set(COLUMNS) <= set(reader.fieldnames or ()):
            raise BadInput("officer.list_columns", columns=", ".join(COLUMNS))
        for row in reader:
            name, office, role = ((row[column] or "").strip() for column in COLUMNS)
            try:
                check_appointment(node, name, office, role)
            except (BadInput, NotPermitted) as exc:
                bad.append((reader.line_num, exc))
            else:
                rows.append((name, office, role))
    except csv.Error as exc:
        raise BadInput("officer.list_not_text") from exc
    return rows, bad
