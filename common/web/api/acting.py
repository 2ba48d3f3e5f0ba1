"""An act in a request: the command that it asks for, and who must prove himself before it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from common.accounts import LoginNeeded
from common.case.commands import (
    KIND_OF,
    AcceptCase,
    AskCorrection,
    Command,
    DecideCase,
    HandInCorrection,
    RegisterCase,
    SeeOriginals,
    command_for,
)
from common.case.file import form_of
from common.catalogue.field_types import FormContext
from common.catalogue.forms import check_form
from common.errors import BadInput, CommandRefused, NotPermitted
from common.events import Event
from common.web import visitor
from common.web.api.asked import Asked
from common.web.api.papers import Given, papers_given, papers_written
from common.web.cases.deciding import signed, signs
from common.web.cases.desk import Desk
from common.web.items.queries import divisions
from common.web.papers_view import seen_case, the_node

KEYS = ("type", "base", "body", "secret")
DECISION = "case.decided"
KINDS = frozenset(KIND_OF.values()) - {KIND_OF[RegisterCase]}


@dataclass(frozen=True, slots=True)
class Ready:
    """An act that is ready to be done.

    Args:
        kind, base, body: as asked.  papers: those of the body, each here; None where it names none.
        proved: the chief representative has given his own password.
    """

    number: str
    kind: str
    base: str | None
    body: Mapping[str, Any]
    papers: list[Given] | None
    proved: bool


def prepare(number: str, asked: Asked) -> Ready:
    """Read the request, look at its papers, ask for the password: all that needs no transaction.

    Errors: BadInput ``command.unknown``, ``api.*``; NotFound, NotPermitted as for the case's page; and ``_prove``'s.
    """
    asked.only(*KEYS)
    kind, body = asked.text("type", most=80), asked.mapping("body")
    if kind not in KINDS:
        raise BadInput("command.unknown", type=kind)
    base, desk = _base(asked), _desk(number)
    papers = papers_given(Asked(body, "body")) if body.get("papers") is not None else None
    return Ready(number, kind, base, body, papers, kind == DECISION and _prove(desk, asked))


def _prove(desk: Desk, asked: Asked) -> bool:
    """Ask the chief representative's own password, where a department's signature is needed (R-507); True if so.

    Outside any transaction, so that a wrong one stays counted.
    Errors: NotPermitted ``account.wrong_password``, ``account.no_password``; TooMany ``account.locked``; BadInput
    ``api.field_missing``.
    """
    if DECISION not in desk.allowed or not signs(desk.author(DECISION).office):
        return False
    try:
        visitor.accounts().prove(desk.officer.id, asked.text("secret", most=1000))
    except LoginNeeded as exc:  # the token is good: it is not he who holds it
        raise NotPermitted(exc.code, **exc.detail) from exc
    return True


def act(ready: Ready) -> tuple[str, tuple[Event, ...]]:
    """Do the act, in the transaction that the caller holds: (the case's id, the events that it made).

    Errors: CommandRefused ``case.stale`` (detail ``tip``); BadInput ``command.*``, ``api.*``; what the node refuses.
    """
    desk = _desk(ready.number)
    command, author = _command(ready, desk), desk.author(ready.kind)
    if isinstance(command, DecideCase) and DECISION in desk.allowed:
        if signs(author.office) and not ready.proved:  # it came within reach just now
            raise CommandRefused("case.stale", tip=desk.view.tip)
        command = signed(desk, command)
    return desk.file.id, the_node().act(command, author, ready.base, desk.file.id)


def _desk(number: str) -> Desk:
    node = the_node()
    return Desk(seen_case(number), node.reference, node.today(), visitor.me())


def _base(asked: Asked) -> str | None:
    """The act that the program knows as the newest; null as a case shows it where none is in effect, is none given."""
    base = asked.text("base", None, most=64)
    if base is not None and not (len(base) == 64 and set(base) <= set("0123456789abcdef")):
        raise asked.wrong("base")
    return base  # type: ignore[no-any-return]


def _command(ready: Ready, desk: Desk) -> Command:
    """The command, with its papers as an event has them and its details as the page would have read them."""
    said = dict(ready.body)
    if ready.papers is not None:
        said["papers"] = papers_written(ready.papers, desk.item, desk.officer.id, desk.officer.office)
    command = command_for(ready.kind, said)
    read = _READ.get(type(command))
    return read(command, desk) if read else command


def _decision(command: DecideCase, desk: Desk) -> Command:
    """Number, document and signature come at the signing, from the node alone (R-507, R-511)."""
    for field in ("document", "number", "signature", "key"):
        if getattr(command, field) is not None:
            raise BadInput("command.field", field=field)
    return command


def _notice(command: AskCorrection, desk: Desk) -> Command:
    """Each thing that is wanted in words, and what it is about if it is about one (R-205, R-210)."""
    for place, wanted in enumerate(command.wanted):
        known = Asked(wanted, f"body.wanted.{place}").only("what", "why", "material", "field")
        for key in wanted:
            known.text(key, most=300)
        if "field" in wanted and desk.item.field(wanted["field"]) is None:
            raise known.wrong("field")
    return command


def _accepted(command: AcceptCase, desk: Desk) -> Command:
    _listed("checked", command.checked, desk)
    return command


def _originals(command: SeeOriginals, desk: Desk) -> Command:
    _listed("materials", command.materials, desk)
    return command


def _listed(field: str, materials: Sequence[str], desk: Desk) -> None:
    """Originals are those of the item's list.  BadInput ``command.choice``."""
    if any(desk.item.material(material) is None for material in materials):
        raise BadInput("command.choice", field=field, known=[each.id for each in desk.item.materials])


def _correction(command: HandInCorrection, desk: Desk) -> Command:
    """The corrected fields as they are stored.  BadInput ``api.form_wrong``."""
    if command.form is None:
        return command
    node = the_node()
    before = form_of(desk.acts)
    checked = check_form(
        desk.item, {**before, **command.form}, FormContext(desk.today, divisions(node.reference))
    )
    wrong = {
        place: words
        for place, (_, words) in checked.errors.items()
        if place.partition(".")[0] in command.form or desk.item.field(place) is None
    }
    if wrong:
        raise BadInput("api.form_wrong", fields=wrong)
    changed = {key: checked.values[key] for key in command.form if key in checked.values}
    return replace(command, form=changed or None)


_READ: Mapping[type[Any], Callable[[Any, Desk], Command]] = {
    AcceptCase: _accepted,
    SeeOriginals: _originals,
    DecideCase: _decision,
    AskCorrection: _notice,
    HandInCorrection: _correction,
}

__all__ = ["Ready", "act", "prepare"]
