"""An application in a request: read, checked by the same rules as the page's, and registered as the page registers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from werkzeug.datastructures import MultiDict

from common.case.commands import DecideCase, FinishNow, RegisterCase
from common.catalogue.items import Item
from common.errors import BadInput, CommandRefused
from common.reference import Appointment
from common.web import visitor
from common.web.api.asked import Asked
from common.web.api.papers import Given, papers_given
from common.web.items.queries import divisions
from common.web.items.queries import edition as edition_of
from common.web.items.views import takes_in
from common.web.papers_view import the_node
from common.web.registration.applicant import PREFIX
from common.web.registration.application import CAPTURED, Application
from common.web.registration.event import register_command
from common.web.registration.finishing import check_finish, granted
from common.web.registration.tiles import DRAWING, OF_FIELD, PAPER

KEYS = (
    "item", "form", "kind", "who", "papers", "ticked", "village", "salt", "submit", "urgent", "finish",
)  # fmt: skip
MOST_WORDS = 1_500


def command_asked(asked: Asked) -> RegisterCase:
    """The command that a request comes to.

    Errors: NotFound ``item.unknown``; CommandRefused ``register.not_by_agent``, and ``check_finish``'s; BadInput
    ``api.form_wrong`` (detail ``fields``: place -> words), and ``Asked``'s.
    """
    asked.only(*KEYS)
    node, officer = the_node(), visitor.me()
    edition = edition_of(node.reference, asked.text("item", most=80))
    if not takes_in(edition.item):
        raise CommandRefused("register.not_by_agent", item=edition.item.name)
    village = _village(asked)
    application = _application(asked, edition.item, officer, node.today())
    if faults := dict(application.faults()):
        raise BadInput("api.form_wrong", fields=faults)
    return register_command(
        application,
        edition,
        officer,
        salt=asked.text("salt", "", most=64),
        village=village,
        submit=asked.flag("submit", True),
        urgent=asked.flag("urgent", False),
        finish=_finish(asked, application, village),
    )


class AskedApplication(Application):
    """An application whose values come as JSON: as typed, or as they are stored.

    Args:
        form: field id -> value.  given: its papers, of places that this item has (``canonical``).
        said: what stands beside the form, as the page's own inputs.
    """

    def __init__(
        self, item: Item, form: Mapping[str, Any], given: list[Given], said: MultiDict[str, str], **rest: Any
    ) -> None:
        super().__init__(item, typed=said, pages={}, **rest)
        self._form = form
        self._given = given
        pages: dict[str, list[dict[str, Any]]] = {}
        for paper in given:
            pages.setdefault(self.canonical(paper.material), []).extend(paper.pages)
        self.pages = {place: found for place, found in pages.items() if found}

    @cached_property
    def values(self) -> dict[str, Any]:
        return dict(self._form)

    def canonical(self, place: str) -> str:
        """Where the page of registration keeps what is given for a place: one picture is asked for once."""
        field = self.item.field(place.removeprefix(OF_FIELD)) if place.startswith(OF_FIELD) else None
        if field is None or field.type not in CAPTURED:
            return place
        return self._sheet_key if field.type == "signature" else self._photo_key(field)

    def faults(self) -> Iterator[tuple[str, str]]:
        """(place in the request, what is wrong there), each in words."""
        for name, words in self.errors.items():
            yield _place_of(name), words
        unknown = "这一版表格里没有这一栏。"
        yield from ((key[:80], unknown) for key in self._form if self.item.field(key) is None)
        places = {tile.id for tile in self.tiles} | ({DRAWING} if self.can_sign else set())
        for paper in self._given:
            if self.canonical(paper.material) not in places or paper.name:
                yield paper.place, "材料清单里没有这一项。"
        asked = {PREFIX + f.id for f in self.all_extra_fields}
        for name in self.typed:
            if name.startswith(PREFIX) and name not in asked:
                yield _place_of(name), "这个事项不问这一项。"
        if self.typed.get("_kind") not in (None, self.kind):
            yield "kind", "这个事项不能由这一类申请人申请。"


def _place_of(name: str) -> str:
    """An input's name as a place in the request: ``_who.phone`` is ``who.phone``."""
    for prefix, place in ((PREFIX, "who."), (PAPER, "papers.")):
        if name.startswith(prefix):
            return place + name.removeprefix(prefix)
    return name


def _application(asked: Asked, item: Item, officer: Appointment, today: date) -> AskedApplication:
    given = papers_given(asked)
    return AskedApplication(
        item,
        asked.mapping("form"),
        given,
        _said(asked, given),
        office=officer.office,
        today=today,
        divisions=divisions(the_node().reference),
    )


def _said(asked: Asked, given: list[Given]) -> MultiDict[str, str]:
    """What is said beside the form, by the names of the page's inputs."""
    said: MultiDict[str, str] = MultiDict()
    if kind := asked.text("kind", "", most=40):
        said["_kind"] = kind
    if (who := asked.part("who")) is not None:
        for key in who.value:
            said[PREFIX + key] = who.text(key, most=200)
        if any(key.startswith("guardian") for key in who.value):
            said["_guarded"] = "on"
    said.setlist("_ticked", asked.texts("ticked"))
    for paper in given:
        if paper.original_seen:
            said[f"_seen.{paper.material}"] = "on"
        if paper.count:
            said[f"_count.{paper.material}"] = str(paper.count)
    return said


def _village(asked: Asked) -> str | None:
    """The applicant's village, where neither form nor office says it."""
    village = asked.text("village", None, most=12)
    if village is not None and not (len(village) == 12 and village in divisions(the_node().reference)):
        raise asked.wrong("village")
    return village  # type: ignore[no-any-return]


def _finish(asked: Asked, application: Application, village: str | None) -> FinishNow | None:
    """The decision on the spot, where the item is the village's own and every paper is there (R-101)."""
    if (decision := asked.part("finish")) is None:
        return None
    decision.only("granted", "reasons", "basis")
    check_finish(application, the_node().reference, village)
    usual = granted(application.item).decision
    is_granted = decision.flag("granted", True)
    reasons = decision.text("reasons", usual.reasons if is_granted else None, most=MOST_WORDS)
    basis = decision.text("basis", usual.basis, most=MOST_WORDS)
    return FinishNow(DecideCase(is_granted, reasons, basis))


__all__ = ["command_asked"]
