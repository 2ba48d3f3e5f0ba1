"""Captured pages of a draft: what comes with a form is kept, and shown again."""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from flask.typing import ResponseReturnValue

from common.errors import AppError, BadInput, NotFound
from common.papers import MAX_PAGES, MAX_PAGES_IN_ALL, MAX_UPLOAD_BYTES, Page, Papers
from common.texts import words
from common.web import visitor
from common.web.papers_view import papers_of, picture, the_node
from common.web.registration.application import Application
from common.web.registration.drafts import Drafts, Typed
from common.web.registration.pages import blueprint, drafts_of
from common.web.registration.tiles import DRAWING, PAPER
from common.web.rights import right

DROP_PAGE = "_drop_page"
"""Name of the button that takes a page away; its value is ``<place> <hash>``."""
MAX_REQUEST_BYTES = MAX_UPLOAD_BYTES + 2 * 1024 * 1024


def take_files(
    place_known: Callable[[str], bool], max_bytes: Callable[[str], int | None], papers: Papers
) -> tuple[dict[str, list[Page]], dict[str, str]]:
    """Captures every file of the request: (place -> pages, input name -> what is wrong).  What is good is kept."""
    taken: dict[str, list[Page]] = {}
    errors: dict[str, str] = {}
    for name in request.files:
        place = name.removeprefix(PAPER)
        if not name.startswith(PAPER) or not place_known(place):
            continue
        for file in request.files.getlist(name):
            data = file.stream.read(MAX_UPLOAD_BYTES + 1)
            file.close()
            if not file.filename and not data:
                continue  # nothing was chosen
            try:
                page = papers.capture(data, max_bytes(place))
            except AppError as error:
                errors[name] = words(error)
            else:
                taken.setdefault(place, []).append(page)
    return taken, errors


def take_pages(drafts: Drafts, application: Application, draft: Typed) -> tuple[Typed, dict[str, str]]:
    """The files of the request go into the draft, and a page that is to go is dropped from it."""
    node = the_node()
    known = {tile.id: tile for tile in application.tiles}

    def limit(place: str) -> int | None:
        return known[place].max_bytes if place in known else None

    taken, errors = take_files(lambda place: place in known or place == DRAWING, limit, papers_of(node))
    for place, pages in taken.items():
        try:
            check_room(draft, place, pages)
            draft = drafts.add_pages(draft.salt, draft.item, place, pages, instead=place == DRAWING)
        except AppError as error:
            errors[PAPER + place] = words(error)
    return take_dropped(drafts, draft), errors


def take_dropped(drafts: Drafts, draft: Typed) -> Typed:
    """The draft without the page that is to go, if the request names one."""
    place, _, hash = request.form.get(DROP_PAGE, "").partition(" ")
    return drafts.drop_page(draft.salt, draft.item, place, hash) if hash else draft


def check_room(draft: Typed, place: str, pages: list[Page]) -> None:
    """Is there room for these pages?  BadInput ``paper.too_many_pages``, ``paper.too_many_pages_in_all``."""
    if place != DRAWING and len(draft.pages.get(place, ())) + len(pages) > MAX_PAGES:
        raise BadInput("paper.too_many_pages", most=MAX_PAGES)
    if sum(map(len, draft.pages.values())) + len(pages) > MAX_PAGES_IN_ALL:
        raise BadInput("paper.too_many_pages_in_all", most=MAX_PAGES_IN_ALL)


@blueprint.get("/register/<code>/<salt>/papers/<hash>")
@right("act:case.registered")
def draft_page(code: str, salt: str, hash: str) -> ResponseReturnValue:
    """A captured page of one's own draft."""
    return draft_picture(drafts_of(the_node(), visitor.me()).get(salt, code), hash)


def draft_picture(draft: Typed, hash: str) -> ResponseReturnValue:
    """The page with this hash, if it is the draft's.  NotFound."""
    page = next((p for pages in draft.pages.values() for p in pages if p["hash"] == hash), None)
    if page is None:
        raise NotFound("web.not_found")
    return picture(papers_of(the_node()).open_page(page), page)
