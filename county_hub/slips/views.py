"""启用单: for one place, or for a township with its villages; what is open can be printed again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.errors import BadInput, NotFound
from common.node import Node
from common.offices import Level, level, parent
from common.texts import say as say_of
from common.texts import words
from common.web import visitor
from common.web.bar import say
from common.web.codes import qr_svg
from common.web.items.queries import full_place_name, place_name
from common.web.rights import right, shown_again
from county_hub.slips import making
from sync.slips import check_address

blueprint = Blueprint("slips", __name__)


def the_node() -> Node:
    return cast(Node, visitor.node())


@blueprint.get("/slips")
@right("operator")
def index() -> ResponseReturnValue:
    return _index_page()


@blueprint.post("/slips")
@right("operator")
@shown_again(lambda: _index_page())
def make() -> ResponseReturnValue:
    """One slip, or (``whole``) one for each place of a township that has neither a machine nor an open slip."""
    node, form = the_node(), request.form
    office = form.get("office", "")
    if not office:
        return _index_page({"office": say_of("slip.no_place")}), 400
    try:
        addresses = [check_address(address) for address in form.get("addresses", "").split()]
        if not (addresses or node.reference.address):
            raise BadInput("slip.no_parent")
    except BadInput as error:
        return _index_page({"addresses": words(error)}), error.http_status
    try:
        offices = _without_machine(node, office) if "whole" in form else [office]
        made = making.make(node, offices, addresses)
    except BadInput as error:
        at = "addresses" if error.code == "slip.too_many_parents" else "office"
        return _index_page({at: words(error)}), error.http_status
    say(f"开了 {len(made)} 张。")
    return redirect(url_for("slips.printed", office=office, whole="1" if "whole" in form else None), 303)


def _without_machine(node: Node, township: str) -> list[str]:
    at_work = {record.office for record in node.reference.nodes.values() if record.cuts is None}
    places = making.divisions(node, township)
    open_ = making.open_slips(node, places)
    return [place for place in places if place not in at_work and place not in open_]


@blueprint.post("/slips/url")
@right("operator")
@shown_again(lambda: _index_page())
def set_url() -> ResponseReturnValue:
    """The county's lasting address: in slips, in the codes on prints, and last among the nodes' parents."""
    url = request.form.get("url", "").strip()
    try:
        making.set_address(the_node(), url)
    except BadInput as error:
        return _index_page({"url": words(error)}), error.http_status
    say("县里的地址已记下。以后开的启用单都写它;已启用的机器下次同步时知道。")
    return redirect(url_for("slips.index"), 303)


@blueprint.get("/slips/<office>")
@right("operator")
def printed(office: str) -> ResponseReturnValue:
    """The open slips of a place, each on a sheet of its own; ``?whole`` those of a township's villages as well."""
    node = the_node()
    places = making.divisions(node, office) if "whole" in request.args else [office]
    slips = [slip for found in making.open_slips(node, places).values() for slip in found]
    if not slips:
        raise NotFound("slip.none_open")
    return render_template(
        "slips/printed.html",
        slips=[
            (slip, full_place_name(node.reference, slip.office), qr_svg(slip.text, "启用单"))
            for slip in slips
        ],
        place=place_name(node.reference, office),
    )


def _index_page(errors: Mapping[str, str] | None = None) -> str:
    node = the_node()
    reference = node.reference
    open_ = making.open_slips(node, making.divisions(node))
    return render_template(
        "slips/index.html",
        choices=_choices(node),
        chosen=request.values.get("office", ""),
        url=reference.address,
        open=[(place, full_place_name(reference, place), found) for place, found in open_.items()],
        errors=errors or {},
    )


def _choices(node: Node) -> dict[str, list[tuple[str, str]]]:
    """Township -> (code, name) of itself and its villages."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for code in making.divisions(node):
        township = code if level(code) is Level.TOWNSHIP else parent(code) or code
        name = place_name(node.reference, code)
        groups.setdefault(place_name(node.reference, township), []).append((code, name))
    return groups
