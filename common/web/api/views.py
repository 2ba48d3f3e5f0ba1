"""The addresses below ``/api/v1``: JSON in, JSON or ``application/problem+json`` (RFC 9457) out; see ``openapi``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from common.case import Author
from common.case.commands import RegisterCase
from common.errors import BadInput, NotFound
from common.papers import MAX_UPLOAD_BYTES
from common.web import visitor
from common.web.api import acting, papers
from common.web.api.asked import MAX_BODY_BYTES, body, canonical, flag_in_query, page_number
from common.web.api.openapi import LISTS, document
from common.web.api.registering import command_asked
from common.web.api.repeats import Answer, Repeats
from common.web.api.showing import in_full, item_line, line, whole_case
from common.web.items.queries import edition
from common.web.papers_view import papers_of, seen_case, the_node
from common.web.rights import body_limit, right
from common.web.worklists.lists import SIZE, listing, offices_listed

Sync = Callable[[], Mapping[str, Any]]


def api_pages(sync: Sync | None) -> Blueprint:
    """The blueprint.

    Args:
        sync: 立即同步: one exchange, its report as JSON; None where there is nobody above.
    """
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    api.before_request(_strict_query)

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
        return jsonify(items=[item_line(edition.item) for edition in the_node().reference.items()])

    @api.get("/items/<code>")
    @right("login")
    def item(code: str) -> ResponseReturnValue:
        """The edition that one may apply for now, as it was published."""
        node = the_node()
        published = node.store.ledger.get(edition(node.reference, code).id)
        if published is None:
            raise NotFound("item.unknown", item=code[:40])
        return jsonify(dict(published.body))

    @api.post("/papers")
    @right("act:case.registered")
    @body_limit(MAX_UPLOAD_BYTES + 1024)
    def capture() -> ResponseReturnValue:
        """A photo or a PDF; its page, to be named in a registration or an act."""
        data, kept = request.get_data(), papers_of(the_node())
        page, status = _repeats().once_outside(
            data, lambda: (kept.capture(data), 201), lambda second: kept.discard(second[0]["hash"])
        )
        return jsonify(page), status

    @api.get("/papers/<hash>")
    @right("login")
    def paper(hash: str) -> ResponseReturnValue:
        return papers.picture_of(hash)

    @api.post("/papers/<hash>")
    @right("login")
    def want_paper(hash: str) -> ResponseReturnValue:
        """取回."""
        return jsonify(here=papers.want(hash)), 202

    @api.post("/cases")
    @right("act:case.registered")
    @body_limit(MAX_BODY_BYTES)
    def register() -> ResponseReturnValue:
        asked = body()
        answer, status = _repeats().once(canonical(asked), lambda: command_asked(asked), _register)
        return jsonify(answer), status

    @api.get("/cases/<number>")
    @right("login")
    def case(number: str) -> ResponseReturnValue:
        """``?full=true`` tells the form and the applicant's numbers too."""
        full, file = flag_in_query("full"), seen_case(number)
        node, officer = the_node(), visitor.me()
        found = whole_case(file, node, officer)
        return jsonify({**found, **in_full(file, node, officer)} if full else found)

    @api.post("/cases/<number>/acts")
    @right("login")
    @body_limit(MAX_BODY_BYTES)
    def act(number: str) -> ResponseReturnValue:
        asked = body()
        content = canonical(asked, without="secret")
        answer, status = _repeats().once(content, lambda: acting.prepare(number, asked), _act)
        return jsonify(answer), status

    @api.get("/worklists/<name>")
    @right("login")
    def worklist(name: str) -> ResponseReturnValue:
        page = page_number()
        if name not in LISTS:
            raise NotFound("worklist.unknown", name=name[:40])
        return jsonify(_worklist(name, page))

    @api.post("/sync")
    @right("login")
    def sync_now() -> ResponseReturnValue:
        if sync is None:
            raise NotFound("api.no_parent")
        answer, status = _repeats().once_outside(b"", lambda: (dict(sync()), 200), lambda second: None)
        return jsonify(answer), status

    return api


_QUERY: Mapping[str, tuple[str, ...]] = {"api.case": ("full",), "api.worklist": ("page",)}


def _strict_query() -> None:
    """A name behind the ? that this address does not know is refused: it was meant to do something."""
    for name in request.args:
        if name not in _QUERY.get(request.endpoint or "", ()):
            raise BadInput("api.field_unknown", field=name[:80])


def _repeats() -> Repeats:
    return Repeats(the_node(), visitor.me().id)


def _register(command: RegisterCase) -> Answer:
    node, officer = the_node(), visitor.me()
    made = node.act(command, Author(officer.id, officer.office))
    file = node.case(made[0].id)
    return {**whole_case(file, node, officer), "query_code": made[0].body["query_code"]}, 201


def _act(ready: acting.Ready) -> Answer:
    node, officer = the_node(), visitor.me()
    case, made = acting.act(ready)
    file = node.case(case)
    return {**whole_case(file, node, officer), "events": [event.id for event in made]}, 201


def _worklist(name: str, page: int) -> dict[str, Any]:
    """``todo`` is what the page of that name shows; the others are the store's own lists."""
    node, officer = the_node(), visitor.me()
    if name == "todo":
        todo = listing(node, officer, name, "", page)
        rows, total, page, pages = [row.case for row in todo.rows], todo.total, todo.page, todo.pages
    else:
        found = node.worklist(name, offices_listed(name, officer, node), page, SIZE)
        rows, total, pages = list(found.rows), found.total, found.pages
    return {"cases": [line(row, officer) for row in rows], "total": total, "page": page, "pages": pages}
