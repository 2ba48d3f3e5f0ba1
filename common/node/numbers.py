"""Numbers that a node gives: of cases (R-1007) and of decisions (R-511), inside the transaction that uses them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from common.case.commands import Command, DecideCase, RegisterCase
from common.errors import CommandRefused
from common.ids import MAX_SERIAL, CaseNumber, new_query_code
from common.offices import division
from common.store.local import Local


@dataclass(frozen=True, slots=True)
class Numbers:
    """The series of one epoch.  A number given in a transaction that fails is free again; no other is given twice.

    Args:
        device: four characters drawn with the epoch: they make every series the epoch's own.
        office_name: what people call an office.
    """

    local: Local
    device: str
    today: date
    random: Callable[[int], bytes]
    office_name: Callable[[str], str]

    def complete(self, command: Command, office: str) -> Command:
        """The command with the numbers that its author left to the node; ``office``: for whom he acts."""
        if isinstance(command, RegisterCase):
            return self._registration(command, office)
        return self._decided(command, office) if isinstance(command, DecideCase) else command

    def _decided(self, command: DecideCase, office: str) -> DecideCase:
        return command if command.number is not None else replace(command, number=self.decision(office))

    def _registration(self, command: RegisterCase, office: str) -> RegisterCase:
        finish = command.finish
        return replace(
            command,
            salt=command.salt or self.random(16).hex(),
            number=command.number or self.case(division(office).ljust(12, "0")),
            query_code=command.query_code or new_query_code(self.random(8)),
            finish=finish and replace(finish, decision=self._decided(finish.decision, office)),
        )

    def case(self, place: str) -> str:
        """The day's next number of this device; the serial goes on where it was if the clock jumps back to a day."""
        serial = self.local.next_number(f"case {self.device} {self.today.isoformat()}")
        if serial > MAX_SERIAL:
            raise CommandRefused("case.serials_used_up", most=MAX_SERIAL)
        return CaseNumber(place, self.today, self.device, serial).text

    def decision(self, office: str) -> str:
        """The next number of the office's own series at this node."""
        number = self.local.next_number(f"decision {office} {self.device} {self.today.year}")
        return f"{self.office_name(office)}〔{self.today.year}〕{self.device}{number:04}号"
