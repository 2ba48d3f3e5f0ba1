"""当场办结: a village registers and decides in one go what its item's procedure leaves to it (R-101)."""

from __future__ import annotations

from common.case.commands import DecideCase, FinishNow
from common.catalogue.items import Item
from common.errors import CommandRefused
from common.offices import Level, level
from common.reference import Reference
from common.web.items.queries import intake_office
from common.web.items.words import basis_words
from common.web.registration.application import Application

FINISHED = "代办员当面核对,材料齐全,符合规定的条件。"
"""The grounds of what a village grants on the spot."""


def finishes_here(item: Item, office: str) -> bool:
    """The village decides it itself, and this is the village (what the procedure says: R-101)."""
    return item.village_decides and level(office) is Level.VILLAGE


def check_finish(application: Application, reference: Reference, village: str | None = None) -> None:
    """May this application be decided as it is registered?

    Args:
        village: the applicant's, where neither form nor office says it.
    Errors: CommandRefused ``case.not_finished_here`` (another office takes it in), ``register.not_at_counter``,
        ``register.papers_missing``, ``register.originals_unseen``.
    """
    item, office = application.item, application.office
    intake = intake_office(reference, item, office, application.village or village)
    if reference.canon(intake) != reference.canon(office):
        raise CommandRefused("case.not_finished_here", item=item.name, office=reference.office_name(intake))
    if not finishes_here(item, office):
        raise CommandRefused("register.not_at_counter", item=item.name)
    if missing := [tile.name for tile in application.missing]:
        raise CommandRefused("register.papers_missing", names=missing)
    if unseen := [tile.name for tile in application.unseen]:
        raise CommandRefused("register.originals_unseen", names=unseen)


def granted(item: Item) -> FinishNow:
    """The decision of who presses 登记并办结."""
    return FinishNow(DecideCase(granted=True, reasons=FINISHED, basis=basis_words(item) or None))
