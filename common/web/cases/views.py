"""The page of a case, and the page of each act.

A form carries the state that its page showed (``base``).  If the case has moved on meanwhile, the page is
shown anew with what happened in between, and what was typed is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from common.case.choices import GROUNDS, RELATIONS, WAYS
from common.case.commands import AskWithdrawal, Deliver
from common.errors import AppError, BadInput, CommandRefused, NotPermitted
from common.events import Event
from common.texts import say as say_of
from common.web import visitor
from common.web.bar import say
from common.web.cases.acts import ACTS, Act
from common.web.cases.blueprint import blueprint
from common.web.cases.desk import Desk
from common.web.cases.looks import record_look
from common.web.cases.page import CasePage, since
from common.web.cases.reached import reached
from common.web.cases.reading import RULINGS, Commands, Read, Untyped
from common.web.cases.titles import printed_after
from common.web.papers_view import papers_of, seen_case, the_node
from common.web.registration.capture import MAX_REQUEST_BYTES, take_files
from common.web.registration.tiles import paper_body
from common.web.rights import body_limit, local_path, right, shown_again

BASE = "_base"
"""Name of the input that carries the id of the newest act in effect that the page showed."""
MAX_FORM_BYTES = 256 * 1024
OWN_PAGES = frozenset({"decide", "rate"})
"""Acts whose pages are views of their own."""

CHOICES = {"grounds": GROUNDS, "ways": WAYS, "relations": RELATIONS, "rulings": RULINGS}
"""What may be chosen on the pages of acts: value -> words."""


def desk_of(key: str) -> Desk:
    """The officer who asks, before a case that he may see."""
    node = the_node()
    return Desk(seen_case(key), node.reference, node.today(), visitor.me(), key)


@blueprint.get("/cases/<key>")
@right("login")
def page(key: str) -> ResponseReturnValue:
    """Two copies of a machine may have given one number (R-1007): then the cases are told apart by who applied."""
    try:
        return _case_page(desk_of(key))
    except CommandRefused as error:
        if error.code != "case.number_repeated":
            raise
        files = [the_node().case(str(case)) for case in cast("list[str]", error.detail["ids"])]
        return render_template("cases/which.html", number=key, files=files), error.http_status


@blueprint.post("/cases/<key>")
@right("login")
def reveal(key: str) -> ResponseReturnValue:
    """查看: the numbers in full, for this once; who looked is logged (R-1202)."""
    desk = desk_of(key)
    record_look(the_node(), desk.officer.id, desk.file.id)
    return _case_page(desk, revealed=True)


@blueprint.get("/cases/<key>/glance")
@right("login")
def glance(key: str) -> ResponseReturnValue:
    """What stands beside a worklist on a wide screen: the heart of the page, without its frame."""
    desk = desk_of(key)
    return render_template("cases/glance.html", page=_gathered(desk), desk=desk)


def _case_page(desk: Desk, *, revealed: bool = False) -> str:
    return render_template("cases/case.html", page=_gathered(desk, revealed=revealed), desk=desk)


def _gathered(desk: Desk, *, revealed: bool = False) -> CasePage:
    return CasePage(desk, revealed, reached(the_node(), desk.file))


# -- acts


def show_act(
    desk: Desk,
    act: Act,
    typed: MultiDict[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    stale_base: str | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The page of an act; with errors, or with what happened since ``stale_base``, it shows again what was typed."""
    case = CasePage(desk)
    answer = render_template(
        f"cases/{act.slug}.html" if act.slug in OWN_PAGES else "cases/act.html",
        desk=desk,
        act=act,
        page=case,
        typed=typed,
        errors=errors or {},
        written=[words for name, words in typed.items(multi=True) if _is_words(name, words)] if typed else [],
        between=list(since(case, stale_base)) if stale_base is not None else [],
        fits=act.fits(desk),
        choices=CHOICES,
    )
    return answer, status


def show_again(key: str, act: Act) -> ResponseReturnValue:
    """The act's page with what was written on it and not done, and with what has happened since."""
    return show_act(desk_of(key), act, request.form, stale_base=request.form.get(BASE) or None)


def _is_words(name: str, value: str) -> bool:
    """Is it a sentence that somebody wrote, no choice and no address of ours?"""
    return not name.startswith("_") and name != "next" and not value.isascii()


def do_act(
    key: str, act: Act, commands: Commands, typed: MultiDict[str, str], base: str | None
) -> ResponseReturnValue:
    """Does what was asked, in one transaction, and goes back to the case; refusals become the act's page again."""
    node, desk = the_node(), desk_of(key)
    done: list[Event] = []
    try:
        with node.store.write():
            for command in commands:
                done += node.act(command, desk.author(act.kind), base, desk.file.id)
                base = None  # the next stands on the one before it
    except AppError as error:
        return refused(key, act, typed, error, typed.get(BASE))
    say(act.told, *to_print(desk, done))
    return redirect(next_page(desk), 303)


def to_print(desk: Desk, done: Iterable[Event]) -> list[tuple[str, str]]:
    """(words, address) of the papers that these acts give the applicant; they lead back where the act was done from."""
    return [
        (f"打印{title}", url_for("notices.notice", key=desk.key, event=event.id, next=next_page(desk)))
        for event in done
        if (title := printed_after(event)) is not None
    ]


def refused(
    key: str, act: Act, typed: MultiDict[str, str], error: AppError, base: str | None
) -> ResponseReturnValue:
    """The act's page with the words of the refusal at their input; of a stale one with what happened meanwhile."""
    if not isinstance(error, BadInput | CommandRefused | NotPermitted):
        raise error
    if error.code == "case.stale":
        return show_act(desk_of(key), act, typed, stale_base=base or "", status=error.http_status)
    desk = desk_of(key)
    errors = {act.errors.get(error.code, ""): say_of(error.code, _named(desk, error.detail))}
    return show_act(desk, act, typed, errors, status=error.http_status)


def _named(desk: Desk, detail: Mapping[str, object]) -> dict[str, object]:
    """A refusal's details with the names of materials and offices in the place of their ids."""

    def name(value: object) -> object:
        if isinstance(value, list | tuple):
            return [name(one) for one in value]
        if not isinstance(value, str):
            return value
        material = desk.item.material(value)
        return material.name if material else desk.name(value) if value in desk.reference.offices else value

    return {key: name(value) for key, value in detail.items()}


def _with_photo(act: Act, commands: Commands) -> Commands:
    """The photograph that came with the form, on the act that it belongs to.  Untyped says what is wrong with it."""
    if act.photo is None:
        return commands
    material, name = act.photo
    taken, errors = take_files(lambda place: place == material, lambda place: None, papers_of(the_node()))
    if errors:
        raise Untyped(errors)
    if material not in taken:
        return commands
    officer = visitor.me()
    paper = paper_body(
        material,
        name,
        tuple(taken[material]),
        form="original",
        count=0,
        officer=officer.id,
        office=officer.office,
        electronic=False,
        seen=True,
    )
    return tuple(
        replace(one, papers=(paper,)) if isinstance(one, Deliver | AskWithdrawal) else one for one in commands
    )


def next_page(desk: Desk) -> str:
    """Back to the list that the act was done from, else to the case."""
    return local_path(request.form.get("next")) or url_for("cases.page", key=desk.key)


def _add(act: Act, read: Read) -> None:
    """The two routes of an act's page."""

    @blueprint.get(f"/cases/<key>/{act.slug}", endpoint=act.slug)
    @right(f"act:{act.kind}")
    def ask(key: str) -> ResponseReturnValue:
        return show_act(desk_of(key), act)

    @blueprint.post(f"/cases/<key>/{act.slug}", endpoint=f"do-{act.slug}")
    @right(f"act:{act.kind}")
    @body_limit(MAX_REQUEST_BYTES if act.photo else MAX_FORM_BYTES)
    @shown_again(lambda key: show_again(key, act))
    def do(key: str) -> ResponseReturnValue:
        typed = request.form
        try:
            commands = read(desk_of(key), typed)
            commands = _with_photo(act, commands)
        except Untyped as missing:
            return show_act(desk_of(key), act, typed, missing.errors, status=400)
        return do_act(key, act, commands, typed, typed.get(BASE) or None)


for _act in ACTS:
    if _act.read is not None and _act.slug not in OWN_PAGES:
        _add(_act, _act.read)
