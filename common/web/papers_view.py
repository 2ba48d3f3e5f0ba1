"""A page of a paper, decrypted for who may see the case; or the words that it is still on its way, and 取回."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.errors import NotFound, NotPermitted
from common.node import CaseFile, Node
from common.node.projecting import pages
from common.offices import Level, division, level
from common.papers import Page, Papers
from common.reference import Appointment, Reference
from common.rights import TECHNICIAN
from common.vault import DamagedPaper
from common.web import visitor
from common.web.bar import say
from common.web.rights import local_path, right

blueprint = Blueprint("papers", __name__)


def the_node() -> Node:
    """The node that serves the page, with all that it offers."""
    return cast(Node, visitor.node())


def papers_of(node: Node) -> Papers:
    """The papers beside the node's store."""
    return Papers(node.store.local, node.store.path.parent / "papers", node.now)


def picture(data: bytes, page: Page) -> Response:
    """A page as the browser shows it: of the type that was found at its capture, never guessed at, never kept."""
    response = Response(data, content_type=page["type"])
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "no-store"
    return response


def may_see(file: CaseFile, officer: Appointment, reference: Reference) -> bool:
    """May the officer read the case's papers: his office is concerned with it (R-1201).

    Villages and townships share what their node holds among their posts; a department of the county sees what came
    to it; the county's centre sees all.  A technician keeps machines, and reads no papers.
    """
    if officer.role == TECHNICIAN:
        return False
    home = reference.canon(officer.office)
    concerned = file.view.parties.concerned
    if level(home) is Level.COUNTY and division(home) != home:
        return home in concerned
    return any(division(office) == division(home) for office in concerned)


def seen_case(key: str) -> CaseFile:
    """The case, for who may see it.  NotFound ``case.not_found``; NotPermitted ``case.not_yours``."""
    node, officer = the_node(), visitor.me()
    file = node.case(key)
    if not may_see(file, officer, node.reference):
        raise NotPermitted("case.not_yours", name=officer.name)
    return file


@blueprint.get("/papers/<case>/<event>/<hash>")
@right("login")
def page(case: str, event: str, hash: str) -> ResponseReturnValue:
    file = seen_case(case)
    found = page_named(file, event, hash)
    papers = papers_of(the_node())
    damaged = False
    if papers.here(hash):
        try:
            return picture(papers.open_page(found), found)
        except DamagedPaper:
            damaged = True
    paper = next((p for p in file.papers if p.hash == hash), None)
    wanted = paper is not None and paper.wanted
    return render_template(
        "papers/on_its_way.html", file=file, event=event, page=found, wanted=wanted, damaged=damaged
    ), 404


@blueprint.post("/papers/<case>/<event>/<hash>")
@right("login")
def fetch(case: str, event: str, hash: str) -> ResponseReturnValue:
    """取回: the next exchange brings it."""
    found = page_named(seen_case(case), event, hash)
    papers_of(the_node()).want(hash, found["size"])
    say("已记下,下次同步时取来。")
    back = local_path(request.form.get("next"))
    return redirect(back or url_for("papers.page", case=case, event=event, hash=hash), 303)


def page_named(file: CaseFile, event: str, hash: str) -> Page:
    """The page's descriptor in this event of the case."""
    for one in file.events:
        if one.id == event:
            for _, found in pages(one):
                if found["hash"] == hash and isinstance(found.get("key"), str) and found.get("type") in TYPES:
                    return dict(found)
    raise NotFound("paper.unknown")


TYPES = frozenset({"image/jpeg", "image/png", "application/pdf"})
"""What is shown; an event may say anything."""
