"""The addresses below ``/api/v1``: JSON in, JSON or ``application/problem+json`` (RFC 9457) out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from common.case import Author, allowed_acts, command_for, office_for
from common.case.commands import DecideCase, FinishNow, RegisterCase
from common.catalogue.field_types import FormContext, PaperFacts
from common.catalogue.forms import check_form
from common.catalogue.items import Item
from common.errors import BadInput, NotFound
from common.events import BadEvent, Event, parse_json
from common.node import CaseFile
from common.offices import Level, level
from common.papers import MAX_UPLOAD_BYTES
from common.store.views import CaseRow
from common.summary import case_summary
from common.web import visitor
from common.web.api.openapi import document
from common.web.api.repeats import Answer, once
from common.web.cases.deciding import signed, signs
from common.web.cases.desk import Desk
from common.web.items.queries import divisions
from common.web.papers_view import papers_of, seen_case, the_node
from common.web.registration import applicant, queries
from common.web.registration.application import CHANNELS
from common.web.rights import body_limit, right

MAX_BODY_BYTES = 256 * 1024
MAX_DEPTH = 12
PAGE_SIZE = 50

Sync = Callable[[], Mapping[str, Any]]


def api_pages(sync: Sync | None) -> Blueprint:
    """The blueprint.

    Args:
        sync: 立即同步: one exchange, its report as JSON; None where there is nobody above.
    """
    api = Blueprint("api", __name__, url_prefix="/api/v1")

    @api.get("/openapi.json")
    @right("public")
    def openapi() -> ResponseReturnValue:
        return jsonify(document())

    @api.get("/status")
    @right("login")
    def status() -> ResponseReturnValue:
        return jsonify(the_node().status().as_json())

    @api.get("/items")
    @right("login")
    def items() -> ResponseReturnValue:
        return jsonify(items=[_item_words(edition.item) for edition in the_node().reference.items()])

    @api.get("/items/<code>")
    @right("login")
    def item(code: str) -> ResponseReturnValue:
        edition = the_node().reference.edition_in_force(code)
        if edition is None:
            raise NotFound("item.unknown", item=code[:20])
        return jsonify(_plain(edition.item))

    @api.post("/papers")
    @right("act:case.registered")
    @body_limit(MAX_UPLOAD_BYTES + 1024)
    def capture() -> ResponseReturnValue:
        """A photo or a PDF; its descriptor, to be named in an act."""
        return jsonify(papers_of(the_node()).capture(request.get_data())), 201

    @api.post("/cases")
    @right("act:case.registered")
    @body_limit(MAX_BODY_BYTES)
    def register() -> ResponseReturnValue:
        body, status = once(the_node(), visitor.me().id, _register)
        return jsonify(body), status

    @api.get("/cases/<number>")
    @right("login")
    def case(number: str) -> ResponseReturnValue:
        return jsonify(_whole(seen_case(number)))

    @api.post("/cases/<number>/acts")
    @right("login")
    @body_limit(MAX_BODY_BYTES)
    def act(number: str) -> ResponseReturnValue:
        body, status = once(the_node(), visitor.me().id, lambda: _act(number))
        return jsonify(body), status

    @api.get("/worklists/<name>")
    @right("login")
    def worklist(name: str) -> ResponseReturnValue:
        node, officer = the_node(), visitor.me()
        offices = [
            o for o in node.offices if o == officer.office or level(officer.office) is not Level.COUNTY
        ]
        page = node.worklist(name, offices or [officer.office], page=_page_number(), size=PAGE_SIZE)
        return jsonify(
            cases=[_row(row) for row in page.rows], total=page.total, page=page.page, pages=page.pages
        )

    @api.post("/sync")
    @right("login")
    def sync_now() -> ResponseReturnValue:
        if sync is None:
            raise NotFound("api.no_parent")
        return jsonify(dict(sync()))

    return api


# -- registering


def _register() -> Answer:
    """``item, form, papers, ticked, kind, who, mandate, village, salt, submit, urgent, finish`` as OpenAPI says."""
    node, officer = the_node(), visitor.me()
    asked = _body(
        {"item", "form"},
        {"papers", "ticked", "kind", "who", "mandate", "village", "salt", "submit", "urgent", "finish"},
    )
    edition = node.reference.edition_in_force(_text(asked, "item"))
    if edition is None or edition not in node.reference.items():
        raise NotFound("item.unknown", item=str(asked["item"])[:20])
    made = node.act(
        _registration(asked, edition.item, edition.id, officer.office), Author(officer.id, officer.office)
    )
    file = node.case(made[0].id)
    return {**_whole(file), "query_code": made[0].body["query_code"]}, 201


def _registration(asked: Mapping[str, Any], item: Item, edition: str, office: str) -> RegisterCase:
    papers = _objects(asked, "papers")
    kind = applicant.kind_of(item, str(asked.get("kind", "")))
    context = _context(item, kind, papers)
    checked = check_form(item, _object(asked, "form"), context)
    who = _object(asked, "who")
    extra, wrong = applicant.check_extra(
        applicant.extra_fields(item, kind, guarded="guardian_name" in who), who, context
    )
    errors = {name: words for name, (_, words) in checked.errors.items()} | wrong
    if errors:
        raise BadInput("api.form_wrong", fields=errors)
    values = checked.values
    return RegisterCase(
        salt=str(asked.get("salt") or ""),
        number="",
        item=item.code,
        edition=edition,
        channel=CHANNELS[level(office)],
        applicant=applicant.applicant_body(item, kind, values, extra),
        form=values,
        query_code="",
        papers=tuple(papers),
        village=_village(asked, values, office),
        mandate=_object(asked, "mandate") or None,
        first_asked=visitor.me().id,
        ticked=tuple(str(one) for one in _list(asked, "ticked")),
        urgent=asked.get("urgent") is True,
        submit=asked.get("submit") is not False,
        finish=_finish(asked),
    )


def _context(item: Item, kind: applicant.Kind, papers: list[dict[str, Any]]) -> FormContext:
    pages = [page for paper in papers for page in paper.get("pages") or () if isinstance(page, dict)]
    facts = {
        page["hash"]: PaperFacts(page["size"], (page["width"], page["height"]) if "width" in page else None)
        for page in pages
        if isinstance(page.get("hash"), str) and isinstance(page.get("size"), int)
    }
    node = the_node()
    excused = {f.id for f in item.form if f.type in ("photo", "signature")}
    if kind is applicant.Kind.WITHOUT_ID:
        excused.add(applicant.ID_NUMBER)
    return FormContext(node.today(), divisions(node.reference), facts, frozenset(excused))


def _village(asked: Mapping[str, Any], values: Mapping[str, Any], office: str) -> str | None:
    village = asked.get("village") or values.get("village") or office
    return village if isinstance(village, str) and len(village) == 12 and village.isdigit() else None


def _finish(asked: Mapping[str, Any]) -> FinishNow | None:
    values = asked.get("finish")
    if values is None:
        return None
    given = dict(_object(asked, "finish"))
    checked = tuple(str(one) for one in _list(given, "checked"))
    given.pop("checked", None)
    decision = command_for("case.decided", given)
    if not isinstance(decision, DecideCase):
        raise BadInput("command.field", field="finish")
    return FinishNow(decision, checked)


# -- acting


def _act(number: str) -> Answer:
    node, officer = the_node(), visitor.me()
    asked = _body({"type", "body"}, {"base", "secret"})
    base = asked.get("base")
    if base is not None and not isinstance(base, str):
        raise BadInput("command.field", field="base")
    kind = _text(asked, "type")
    command = command_for(kind, _object(asked, "body"))
    file = seen_case(number)
    office = office_for(file.view, kind, officer, node.reference) or officer.office
    with node.store.write():
        if isinstance(command, DecideCase):
            command = _decision(command, Desk(file, node.reference, node.today(), officer), office, asked)
        made = node.act(command, Author(officer.id, office), base, file.id)
    return {**_whole(node.case(file.id)), "events": [event.id for event in made]}, 201


def _decision(command: DecideCase, desk: Desk, office: str, asked: Mapping[str, Any]) -> DecideCase:
    """With number, document and signature; a department's needs its chief representative's password as ``secret``."""
    if "case.decided" not in desk.allowed:
        return command  # the act itself says why not
    if signs(office):
        visitor.accounts().prove(desk.officer.id, _text(asked, "secret"))
    return signed(desk, command)


# -- what is shown


def _whole(file: CaseFile) -> dict[str, Any]:
    node, officer = the_node(), visitor.me()
    view = file.view
    made = queries.registration_of(file)
    return {
        **case_summary(file, node, node.today()),
        "base": view.tip,
        "applicant": file.row.applicant,
        "office": file.row.office,
        "offer_to": view.state.offer_to,
        "form": dict(made.body["form"]) if made else {},
        "allowed": list(allowed_acts(view, officer, node.reference, node.today())),
        "acts": [_event(event, file) for event in file.events],
        "papers": [
            {
                "hash": paper.hash,
                "material": paper.material,
                "size": paper.size,
                "event": paper.event,
                "here": paper.here,
                "synced": paper.truth.value,
            }
            for paper in file.papers
        ],
    }


def _event(event: Event, file: CaseFile) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "at": event.at,
        "day": event.body.get("day"),
        "office": event.body.get("office"),
        "actor": event.actor,
        "base": event.base,
        "in_effect": event.id in file.view.path or (not event.moves and event.id in file.view.added),
        "synced": file.truth[event.id].value,
    }


def _row(row: CaseRow) -> dict[str, Any]:
    kept = {f.name for f in fields(row)} - {"id_number", "phone", "edition", "updated"}
    return {name: getattr(row, name) for name in sorted(kept)}


def _item_words(item: Item) -> dict[str, Any]:
    return {
        "code": item.code,
        "name": item.name,
        "department": item.department,
        "authority": item.authority,
        "case_type": item.case_type,
        "edition": item.edition,
        "promised": {"days": item.promised_days, "unit": item.promised_unit},
    }


def _plain(value: Any) -> Any:
    """A pure value as JSON: dataclasses as objects, tuples as lists."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


# -- reading requests


def _body(wanted: set[str], optional: set[str]) -> dict[str, Any]:
    """The request's JSON object, strictly read, with these keys."""
    try:
        value = parse_json(request.get_data(), max_bytes=MAX_BODY_BYTES, max_depth=MAX_DEPTH)
    except BadEvent as exc:
        raise BadInput("api.not_json", why=exc.code) from exc
    if not isinstance(value, dict):
        raise BadInput("api.not_json", why="event.not_object")
    for field in sorted(wanted - value.keys()):
        raise BadInput("api.field_missing", field=field)
    for field in sorted(value.keys() - wanted - optional):
        raise BadInput("api.field_unknown", field=field[:60])
    return value


def _text(asked: Mapping[str, Any], field: str) -> str:
    value = asked.get(field)
    if not isinstance(value, str):
        raise BadInput("command.field", field=field)
    return value


def _object(asked: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = asked.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInput("command.field", field=field)
    return value


def _list(asked: Mapping[str, Any], field: str) -> list[Any]:
    value = asked.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadInput("command.field", field=field)
    return value


def _objects(asked: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    found = _list(asked, field)
    if not all(isinstance(one, dict) for one in found):
        raise BadInput("command.field", field=field)
    return found


def _page_number() -> int:
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
