"""What the page is told of its draft: which fields and papers are asked now, what follows, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import render_template, url_for
from werkzeug.datastructures import MultiDict

from common.catalogue.items import Field
from common.node import Node
from common.web.registration import applicant, queries
from common.web.registration.applicant import PREFIX
from common.web.registration.application import Application
from common.web.registration.drafts import Typed
from common.web.registration.tiles import PAPER, Tile


def state_of(
    node: Node,
    application: Application,
    draft: Typed,
    errors: Mapping[str, str],
    *,
    posted: MultiDict[str, str] | None = None,
) -> dict[str, Any]:
    """For the page's script, and for the page itself when it is made.

    Args:
        errors: of what came with the request (files); input name -> words.
        posted: what the browser holds; what was filled in beyond it is told back.
    Returns:
        closed   names of the inputs that are not asked now
        outputs  field -> its value in words, of fields that follow from others
        derived  input name -> what was filled in from the earlier application
        errors   input name -> words, of what is there and wrong
        missing  names of the papers that are still wanted
        known    markup that offers the earlier application, or empty
        tiles    id -> markup of a paper's tile
    """
    wrong = {**application.live_errors, **errors}

    def picture(page: Mapping[str, Any]) -> str:
        return url_for("registration.draft_page", code=draft.item, salt=draft.salt, hash=page["hash"])

    return {
        "closed": [*_closed(application)],
        "outputs": {e.field.id: e.output for e in application.entries if e.output is not None},
        "derived": _filled_in(draft, posted),
        "errors": wrong,
        "missing": [tile.name for tile in application.missing],
        "known": render_template("registration/parts/known.html", **_known(node, application, draft)),
        "tiles": {
            tile.id: render_template(
                "registration/parts/tile.html",
                tile=tile,
                picture=picture,
                error=wrong.get(PAPER + tile.id),
            )
            for tile in application.tiles
        },
        "drawing": render_template("registration/parts/drawing.html", app=application, draft=draft),
    }


_NAMES = {
    "_kind": "申请人",
    "_guarded": "由监护人代为申请",
    "_reuse": "复用上次办件的资料",
    "_ticked": "材料",
    "_name": "别的材料",
    "_note": "说明",
    "_partial": "只有这些,先交",
}


_MOST_NAMED = 6


def named(
    inputs: Iterable[str], fields: Iterable[Field], extra: Iterable[Field], tiles: Iterable[Tile]
) -> str:
    """What inputs are called on the page, the first of them: of a table's cells the table, of a paper's the paper."""
    names = {
        **_NAMES,
        **{f.id: f.name for f in fields},
        **{PREFIX + f.id: f.name for f in extra},
        **{f"{key}.{tile.id}": tile.name for key in ("_seen", "_count") for tile in tiles},
    }
    found = [names.get(name) or names.get(name.partition(".")[0]) for name in inputs]
    each = list(dict.fromkeys(name for name in found if name))
    rest = f"等 {len(each)} 项" if len(each) > _MOST_NAMED else ""
    return "、".join(each[:_MOST_NAMED]) + rest


def _closed(application: Application) -> list[str]:
    asked = {f.id for f in application.extra_fields}
    extra = [PREFIX + f.id for f in application.all_extra_fields if f.id not in asked]
    entries = [e.field.id for e in application.entries if e.closed or e.output is not None]
    tiles = [PAPER + tile.id for tile in application.tiles if tile.state == "closed"]
    return [*entries, *extra, *tiles]


def _filled_in(draft: Typed, posted: MultiDict[str, str] | None) -> dict[str, str]:
    """What the draft holds otherwise than the browser: lent by an earlier application, or taken back."""
    if posted is None:
        return {}
    return {name: value for name, value in draft.inputs.items() if posted.get(name) != value}


def _known(node: Node, application: Application, draft: Typed) -> dict[str, Any]:
    """The earlier application of the same applicant, if the number typed leads to one."""
    if draft.reused:
        return {"known": queries.earlier_case(node, draft.reused["from"]), "reused": True}
    values = application.checked.values
    number = values.get(applicant.ID_NUMBER) or values.get(applicant.CREDIT_CODE)
    return {"known": queries.earlier(node, number), "reused": False}
