"""节点: all of them with what is wrong at the top, one place with its machines, and taking a machine out of service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.errors import BadInput
from common.node import Node
from common.texts import words
from common.web import visitor
from common.web.bar import say
from common.web.rights import right, shown_again
from common.web.words import duration_words
from county_hub.nodes import queries, rulings
from county_hub.slips import making

blueprint = Blueprint("nodes", __name__)

SHOWN = {"": "全部", "troubled": "有问题", "enrolled": "已启用", "missing": "没全启用"}
MOST_NAMED = 12
"""Places named for one kind of trouble; the others are in the list below."""
UPTO = "upto."
"""Before an origin: the field that asks how far it counts."""
WATCH = "role:operator,technician,supervisor"


def the_node() -> Node:
    return cast(Node, visitor.node())


@blueprint.get("/nodes")
@right(WATCH)
def overview() -> ResponseReturnValue:
    found = queries.overview(the_node())
    show = request.args.get("show", "")
    chosen = {
        "troubled": [t for t in found.townships if t.troubled],
        "enrolled": [t for t in found.townships if any(p.machine for p in t.all)],
        "missing": [t for t in found.townships if not all(p.machine for p in t.all)],
    }
    counts = {"": len(found.townships), **{name: len(list_) for name, list_ in chosen.items()}}
    return render_template(
        "nodes/overview.html",
        overview=found,
        townships=chosen.get(show, found.townships),
        most=MOST_NAMED,
        filters=[
            (said, url_for("nodes.overview", show=name or None), name == show, counts[name])
            for name, said in SHOWN.items()
        ],
    )


@blueprint.get("/nodes/<office>")
@right(WATCH)
def place(office: str) -> ResponseReturnValue:
    return _place_page(office)


@blueprint.post("/nodes/<office>/<machine>/revoke")
@right("operator")
@shown_again(lambda office, machine: _place_page(office))
def revoke(office: str, machine: str) -> ResponseReturnValue:
    """停用: a machine that was lost, sold, or put aside."""
    place = queries.place(the_node(), office)
    try:
        rulings.revoke(the_node(), machine, request.form.get(f"reason.{machine}", "").strip()[:500])
    except BadInput as error:
        return _place_page(office, {f"reason.{machine}": words(error)}), error.http_status
    say(f"{place.name}的这台机器已停用。要换一台,请开一张新的启用单。")
    return redirect(url_for("nodes.place", office=office), 303)


@blueprint.post("/nodes/<office>/<machine>/rule")
@right("operator")
@shown_again(lambda office, machine: _place_page(office))
def rule(office: str, machine: str) -> ResponseReturnValue:
    """裁定: how many of the records count that a machine wrote after it was put out of service."""
    node = the_node()
    place = queries.place(node, office)
    counts: dict[str, tuple[int, str]] = {}
    errors: dict[str, str] = {}
    for name, said in request.form.items():
        if not name.startswith(UPTO):
            continue
        if found := re.fullmatch(r"([0-9]{1,15})(?:\s+([0-9a-f]{4,64}))?", said.strip().lower()):
            counts[name.removeprefix(UPTO)] = int(found[1]), found[2] or ""
        else:
            errors[name] = words(BadInput("node.no_number"))
    reason = f"ruling.{machine}"
    try:
        if not errors:
            rulings.rule(node, machine, counts, request.form.get(reason, "").strip()[:500])
    except BadInput as error:
        origin = error.detail.get("origin")
        errors[f"{UPTO}{origin}" if origin else reason] = words(error)
    if errors:
        return _place_page(office, errors), 400
    say(f"{place.name}那台停用的机器,已经裁定。")
    return redirect(url_for("nodes.place", office=office), 303)


def _place_page(office: str, errors: Mapping[str, str] | None = None) -> str:
    node = the_node()
    place = queries.place(node, office)
    return render_template(
        "nodes/place.html",
        place=place,
        township=queries.township(node, office),
        waiting={
            m.record.id: queries.waiting_of(node, m.record.id)
            for m in place.machines
            if m.known.waiting and not m.revoked
        },
        stubs={m.record.id: queries.stubs_of(node, m.record.id) for m in place.machines if m.known.stubs},
        stretches={m.record.id: rulings.stretches(node, m.record) for m in place.machines if m.revoked},
        slips=making.open_slips(node, [office]).get(office, ()),
        errors=errors or {},
    )


# -- what these templates say


@blueprint.app_template_filter("duration")
def _duration(ms: int) -> str:
    return duration_words(ms)


@blueprint.app_template_filter("space")
def _space(mb: int) -> str:
    """820 MB, 12 GB."""
    return f"{mb} MB" if mb < 10_000 else f"{mb // 1000} GB"


@blueprint.app_template_filter("reason")
def _reason(code: str) -> str:
    return queries.why(code)
