"""What is handed in later: 补正, exactly what the notice wants (R-205), and 补充材料, what nobody asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.case import Author, office_for
from common.case.commands import AddPapers, HandInCorrection
from common.case.file import acts_in_effect, form_of
from common.catalogue.field_types import FormContext
from common.catalogue.forms import check_form
from common.catalogue.items import Field, Item, Material
from common.catalogue.showing import as_typed
from common.errors import AppError, CommandRefused, NotPermitted
from common.node import CaseFile, Node
from common.reference import Appointment
from common.texts import words
from common.web import fields, visitor
from common.web.bar import say
from common.web.cases.wanted import handed_in
from common.web.items.queries import divisions, places_for
from common.web.papers_view import papers_of, the_node
from common.web.registration.capture import (
    MAX_REQUEST_BYTES,
    check_room,
    draft_picture,
    take_dropped,
    take_files,
)
from common.web.registration.drafts import ADD, HAND_IN, Drafts, StaleDraft, Typed
from common.web.registration.pages import blueprint, drafts_of, stamp_of
from common.web.registration.queries import printable
from common.web.registration.state import named
from common.web.registration.tiles import OF_FIELD, PAPER, SEEN_WORDS, Tile, paper_body
from common.web.rights import body_limit, right, shown_again, wants_json

KINDS = {HAND_IN: "correction.handed_in", ADD: "paper.added"}
OTHER = "other"
"""A paper that is not in the item's list."""


@dataclass(frozen=True)
class Later:
    """What is being handed in to a case.

    Args:
        wanted: what the notice asks for: ``what``, ``why``, and ``material`` or ``field``; empty where nobody asked.
        draft: what was typed and captured so far; it is kept like that of an application.
    """

    kind: str
    file: CaseFile
    item: Item
    wanted: tuple[Mapping[str, Any], ...]
    draft: Typed
    node: Node
    officer: Appointment

    @cached_property
    def fields(self) -> list[Field]:
        """Fields of the form that are to be put right; pictures come as papers."""
        asked = [self.item.field(str(one["field"])) for one in self.wanted if one.get("field")]
        return [f for f in asked if f is not None and f.type not in ("photo", "signature")]

    @cached_property
    def tiles(self) -> list[Tile]:
        if self.kind == ADD:
            listed = [self._tile(m.id, m.name, m.note or "", m, wanted=False) for m in self.item.materials]
            return [*listed, self._tile(OTHER, "别的材料", "不在材料清单里的", None, wanted=False)]
        typed = {f.id for f in self.fields}
        return [
            self._asked(number, one)
            for number, one in enumerate(self.wanted)
            if str(one.get("field")) not in typed
        ]

    def _asked(self, number: int, one: Mapping[str, Any]) -> Tile:
        what, why = str(one.get("what", "")), str(one.get("why", ""))
        material = self.item.material(str(one.get("material")))
        if material is not None:
            return self._tile(material.id, what, why, material, wanted=True)
        place = OF_FIELD + str(one["field"]) if one.get("field") else f"wanted.{number}"
        return self._tile(place, what, why, None, wanted=True)

    @property
    def to_sign(self) -> list[tuple[str, str]]:
        """(sheet, name) of the prints, where a paper is wanted that is printed here and signed."""
        asked = {str(one.get("material")) for one in self.wanted}
        signed = any(m.id in asked and m.source == "form" for m in self.item.materials)
        return [each for each in printable(self.file) if each[0] != "slip"] if signed else []

    def _tile(self, place: str, name: str, why: str, material: Material | None, *, wanted: bool) -> Tile:
        inputs, pages = self.draft.inputs, tuple(self.draft.pages.get(place, ()))
        made_here = material is not None and material.source == "form"
        seen_words = None if material is None or made_here else SEEN_WORDS.get(material.form)
        return Tile(
            id=place,
            name=name,
            state="wanted" if wanted else "maybe",
            why=why,
            pages=pages,
            seen=bool(made_here and pages) or f"_seen.{place}" in inputs,
            seen_words=seen_words,
            count=inputs.get(f"_count.{place}", "").strip(),
            electronic=False,
            to_sign=made_here,
        )

    # -- the fields that are put right

    @cached_property
    def values(self) -> dict[str, Any]:
        """As typed; what was not touched yet stands as it was."""
        before = form_of(acts_in_effect(self.file.view))
        old = {f.id: as_typed(f, before[f.id]) for f in self.fields if f.id in before}
        return {**old, **fields.typed(self.fields, self.draft.inputs)}

    @cached_property
    def _checked(self) -> tuple[dict[str, Any], dict[str, str]]:
        """(the corrected fields as they are stored, words of what is wrong with them)."""
        if not self.fields:
            return {}, {}
        ids = {f.id for f in self.fields}
        whole = {**form_of(acts_in_effect(self.file.view)), **self.values}
        context = FormContext(self.node.today(), divisions(self.node.reference))
        checked = check_form(self.item, whole, context)
        errors = {key: said for key, (_, said) in checked.errors.items() if key.partition(".")[0] in ids}
        return {key: value for key, value in checked.values.items() if key in ids}, errors

    @property
    def form(self) -> dict[str, Any] | None:
        """What changes in the form: fields typed anew, and those that a paper fills in."""
        changed = dict(self._checked[0])
        for tile in self.tiles:
            f = self.item.field(tile.id.removeprefix(OF_FIELD)) if tile.id.startswith(OF_FIELD) else None
            if f is not None and tile.pages and f.type == "photo":
                changed[f.id] = [page["hash"] for page in tile.pages]
            elif f is not None and tile.pages:
                changed[f.id] = {"kind": "sheet", "paper": tile.pages[0]["hash"]}
        return changed or None

    # -- handing in

    @property
    def missing(self) -> list[str]:
        return [tile.name for tile in self.tiles if tile.missing]

    @property
    def errors(self) -> dict[str, str]:
        """What stands in the way of handing in: input name -> words."""
        found = dict(self._checked[1])
        given = [tile for tile in self.tiles if tile.given]
        if not given and not self.form:
            found[PAPER + self.tiles[0].id if self.tiles else ""] = "还没有材料。请拍照,或选一个文件。"
        elif self.kind == HAND_IN and self.missing and "_partial" not in self.draft.inputs:
            names = "、".join(self.missing)
            found["_partial"] = f"还差:{names}。补齐再交;确实只有这些的,勾「只有这些,先交」。"
        if (
            any(t.id == OTHER and t.given for t in self.tiles)
            and not self.draft.inputs.get("_name", "").strip()
        ):
            found["_name"] = "请写「别的材料」是什么。"
        return found

    @property
    def papers(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(self._paper(tile) for tile in self.tiles if tile.given)

    def _paper(self, tile: Tile) -> dict[str, Any]:
        material = self.item.material(tile.id)
        keeps = material is not None and material.form == "original" and tile.seen
        name = self.draft.inputs.get("_name", "").strip()[:100] if tile.id == OTHER else tile.name
        return paper_body(
            tile.id,
            name,
            tile.pages,
            form="original" if keeps else "copy" if tile.sheets else "photo",
            count=tile.sheets or (material.copies if keeps and material else 0),
            officer=self.officer.id,
            office=self.officer.office,
            electronic=material is not None and material.form == "photo",
            seen=tile.seen,
        )

    def command(self) -> HandInCorrection | AddPapers:
        note = self.draft.inputs.get("_note", "").strip() or None
        if self.kind == ADD:
            return AddPapers(self.papers, note)
        return HandInCorrection(self.papers, self.form, note)


def _later(kind: str, case: str) -> tuple[Later, Drafts]:
    """For who may hand in to this case.  NotPermitted, CommandRefused."""
    node, officer = the_node(), visitor.me()
    file = node.case(case)
    if file.edition is None:
        raise CommandRefused("case.no_edition")
    if office_for(file.view, KINDS[kind], officer, node.reference) is None:
        raise NotPermitted("case.not_yours", name=officer.name)
    asked = [act for act in acts_in_effect(file.view) if act.type == "case.correction_asked"]
    if kind == HAND_IN and not asked:
        raise CommandRefused("case.no_notice")
    drafts = drafts_of(node, officer)
    draft = drafts.get(_salt(kind, file.id), kind)
    wanted = tuple(asked[-1].body["wanted"]) if kind == HAND_IN else ()
    return Later(kind, file, file.edition.item, wanted, draft, node, officer), drafts


def _salt(kind: str, case: str) -> str:
    """What is typed for one case is one draft, whoever opens the page again."""
    return case[:32] if kind == HAND_IN else case[32:]


@blueprint.get("/cases/<case>/<any('hand-in', 'add-papers'):kind>")
@right("act:correction.handed_in")
def hand_in_page(case: str, kind: str) -> ResponseReturnValue:
    later, _ = _later(kind, case)
    return _page(later, later.errors if "check" in request.args else {})


def show_again(case: str, kind: str) -> ResponseReturnValue:
    """The page with what was typed on it and not kept; it is kept once it is sent again."""
    later, drafts = _later(kind, case)
    return _page(replace(later, draft=drafts.shown(later.draft.salt, kind, request.form)), {})


@blueprint.post("/cases/<case>/<any('hand-in', 'add-papers'):kind>")
@right("act:correction.handed_in")
@body_limit(MAX_REQUEST_BYTES)
@shown_again(show_again)
def hand_in(case: str, kind: str) -> ResponseReturnValue:
    """Keeps what was typed and captured; hands it in where the button says so."""
    later, drafts = _later(kind, case)
    try:
        draft = drafts.keep(later.draft.salt, kind, request.form)
    except StaleDraft as refused:
        return _stale(refused, replace(later, draft=drafts.shown(later.draft.salt, kind, request.form)))
    errors = _take(later, drafts, draft)
    later, drafts = _later(kind, case)
    if wants_json():
        return jsonify(_state(later, errors))
    if errors:
        return _page(later, errors), 400
    if request.form.get("_go") != "hand_in":
        return redirect(_path(later), 303)
    if later.errors:
        return redirect(_path(later) + "?check", 303)
    office = office_for(later.file.view, KINDS[kind], later.officer, later.node.reference)
    with later.node.store.write():
        author = Author(later.officer.id, office or later.officer.office)
        later.node.act(later.command(), author, case=later.file.id)
        drafts.done(later.draft.salt)
    say(_handed(later.node, later.file.id) if kind == HAND_IN else "补充材料已附上。")
    return redirect(url_for("cases.page", key=later.file.row.number), 303)


def _stale(refused: StaleDraft, later: Later) -> ResponseReturnValue:
    """The page as it came, with where it differs from the newer version; nothing of it was kept."""
    differs = named(refused.inputs, later.fields, (), later.tiles)
    if wants_json():
        raise CommandRefused(refused.code, differs=differs) from refused
    return _page(later, {}, differs), refused.http_status


def _handed(node: Node, case: str) -> str:
    """Where the papers are now: with the office that asked for them, or on their way to it."""
    view = node.case(case).view
    if not handed_in(view):
        return "补正材料已收到。"
    return f"补正材料已交,存在本机,同步后传到{node.reference.office_name(view.state.holder)}。"


def _take(later: Later, drafts: Drafts, draft: Typed) -> dict[str, str]:
    places = {tile.id for tile in later.tiles}
    taken, errors = take_files(places.__contains__, lambda place: None, papers_of(later.node))
    for place, pages in taken.items():
        try:
            check_room(draft, place, pages)
            draft = drafts.add_pages(draft.salt, later.kind, place, pages)
        except AppError as error:
            errors[PAPER + place] = words(error)
    take_dropped(drafts, draft)
    return errors


def _state(later: Later, errors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "errors": dict(errors),
        "missing": later.missing,
        "tiles": {tile.id: _tile_markup(later, tile, errors) for tile in later.tiles},
    }


def _tile_markup(later: Later, tile: Tile, errors: Mapping[str, str]) -> str:
    return render_template(
        "registration/parts/tile.html",
        tile=tile,
        picture=lambda page: url_for(
            "registration.handed_page", case=later.file.id, kind=later.kind, hash=page["hash"]
        ),
        error=errors.get(PAPER + tile.id),
    )


def _page(later: Later, errors: Mapping[str, str], differs: str | None = None) -> str:
    return render_template(
        "registration/hand_in.html",
        later=later,
        file=later.file,
        item=later.item,
        title="补正" if later.kind == HAND_IN else "补充材料",
        correct_by=later.file.view.state.correct_by,
        errors=errors,
        tiles=[_tile_markup(later, tile, errors) for tile in later.tiles],
        places={f.id: places_for(later.node.reference, f, later.officer.office) for f in later.fields},
        path=_path(later),
        prints=later.to_sign,
        name=later.draft.inputs.get("_name", ""),
        note=later.draft.inputs.get("_note", ""),
        other=OTHER,
        stamp=stamp_of(later.draft),
        differs=differs,
    )


def _path(later: Later) -> str:
    return url_for("registration.hand_in_page", case=later.file.id, kind=later.kind)


@blueprint.get("/cases/<case>/<any('hand-in', 'add-papers'):kind>/papers/<hash>")
@right("act:correction.handed_in")
def handed_page(case: str, kind: str, hash: str) -> ResponseReturnValue:
    """A page that was captured and not handed in yet."""
    later, _ = _later(kind, case)
    return draft_picture(later.draft, hash)
