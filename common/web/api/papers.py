"""Papers in requests: pages as ``POST /papers`` described them, each checked to be here before an event names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response

from common.catalogue.items import Item
from common.errors import BadInput, LedgerError, NotFound
from common.papers import MAX_PAGES, MAX_PAGES_IN_ALL, Page, kind_of
from common.web import visitor
from common.web.api.asked import Asked
from common.web.papers_view import may_see, page_named, papers_of, picture, the_node
from common.web.registration.tiles import MOST_SHEETS, OF_FIELD, paper_body

MOST_PIXELS = 100_000
MOST_BYTES = 32 * 1024 * 1024
OTHER = "other"
"""A paper that is not in the item's list."""


@dataclass(frozen=True, slots=True)
class Given:
    """A paper of a request.

    Args:
        material: id in the item's list, ``form.<field>``, or ``other``; ``name``: of the last.
        count: sheets of paper that were taken in, 0 where nobody counted.
    """

    material: str
    pages: tuple[Page, ...]
    original_seen: bool
    count: int
    name: str
    place: str


def papers_given(asked: Asked, key: str = "papers") -> list[Given]:
    """The papers under a key.

    Errors: BadInput ``paper.too_many_pages``, ``paper.too_many_pages_in_all``, ``api.paper_not_here``, and ``Asked``'s.
    """
    found = [_given(one) for one in asked.parts(key)]
    if sum(len(paper.pages) for paper in found) > MAX_PAGES_IN_ALL:
        raise BadInput("paper.too_many_pages_in_all", most=MAX_PAGES_IN_ALL)
    return found


def _given(asked: Asked) -> Given:
    asked.only("material", "pages", "original_seen", "count", "name")
    pages = asked.parts("pages")
    if len(pages) > MAX_PAGES:
        raise BadInput("paper.too_many_pages", most=MAX_PAGES)
    return Given(
        material=asked.text("material", most=100),
        pages=tuple(_page(page) for page in pages),
        original_seen=asked.flag("original_seen", False),
        count=asked.count("count", 0, most=MOST_SHEETS),
        name=asked.text("name", "", most=100).strip(),
        place=asked.place("material"),
    )


def _page(asked: Asked) -> Page:
    """A page that lies here, under its key and of its type."""
    asked.only("hash", "size", "key", "type", "width", "height")
    page: Page = {
        "hash": asked.text("hash", most=64),
        "size": asked.count("size", most=MOST_BYTES),
        "key": asked.text("key", most=64),
        "type": asked.text("type", most=40),
    }
    for side in ("width", "height"):
        if side in asked.value:
            page[side] = asked.count(side, most=MOST_PIXELS)
    try:
        papers = papers_of(the_node())
        papers.hold(page["hash"])
        content = papers.open_page(page)
        fits = kind_of(content) == page["type"] and _size_here(page["hash"]) == page["size"]
    except (BadInput, LedgerError, NotFound, ValueError) as exc:
        raise BadInput("api.paper_not_here", hash=page["hash"]) from exc
    if not fits:
        raise BadInput("api.paper_not_here", hash=page["hash"])
    return page


def _size_here(hash: str) -> int | None:
    known = the_node().store.local.paper(hash)
    return known.size if known else None


def papers_written(papers: Sequence[Given], item: Item, officer: str, office: str) -> list[dict[str, object]]:
    """The papers of an act as they stand in its event; BadInput ``command.field`` for one of no known place."""
    return [_written(paper, item, officer, office) for paper in papers]


def _written(paper: Given, item: Item, officer: str, office: str) -> dict[str, object]:
    material = item.material(paper.material)
    field = item.field(paper.material.removeprefix(OF_FIELD)) if paper.material.startswith(OF_FIELD) else None
    name = material.name if material else field.name if field else paper.name
    if not (material or field or paper.material == OTHER) or not name:
        raise BadInput("command.field", field=paper.place)
    keeps = material is not None and material.form == "original" and paper.original_seen
    return paper_body(
        paper.material,
        name,
        paper.pages,
        form="original" if keeps else "copy" if paper.count else "photo",
        count=paper.count or (material.copies if keeps and material else 0),
        officer=officer,
        office=office,
        electronic=material is not None and material.form == "photo",
        seen=paper.original_seen,
    )


def picture_of(hash: str) -> Response:
    """The page, for who may see a case that names it.

    Errors: NotFound ``paper.unknown``, ``paper.on_its_way``, ``paper.damaged``.
    """
    page = _named(hash)
    try:
        return picture(papers_of(the_node()).open_page(page), page)
    except LedgerError as exc:
        raise NotFound("paper.damaged") from exc


def want(hash: str) -> bool:
    """取回: the next exchange brings the page; True if it is here already.  NotFound ``paper.unknown``."""
    page, papers = _named(hash), papers_of(the_node())
    papers.want(hash, page["size"])
    return papers.here(hash)


def _named(hash: str) -> Page:
    """The page as a case describes it that the officer may see."""
    node, officer = the_node(), visitor.me()
    for row in node.store.views.papers_by_hash([hash]) if _is_hash(hash) else ():
        file = node.case(row.case)
        if may_see(file, officer, node.reference):
            return page_named(file, row.event, hash)
    raise NotFound("paper.unknown")


def _is_hash(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


__all__ = ["Given", "papers_given", "papers_written", "picture_of", "want"]
