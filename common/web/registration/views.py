"""Find the item, fill in, check, done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.case import Author
from common.case.commands import RegisterCase
from common.case.file import acts_in_effect
from common.errors import CommandRefused, NotFound
from common.node import CaseFile
from common.offices import Level, level
from common.reference import Edition
from common.texts import words
from common.web import fields, visitor
from common.web.bar import say
from common.web.cases.wanted import lacking
from common.web.codes import case_link, qr_svg
from common.web.items.queries import catalogue_of, intake_office, places_for
from common.web.items.queries import edition as edition_of
from common.web.items.queries import find as find_items
from common.web.items.views import takes_in
from common.web.papers_view import papers_of, seen_case, the_node
from common.web.registration import applicant, queries
from common.web.registration.application import Application
from common.web.registration.capture import MAX_REQUEST_BYTES, take_pages
from common.web.registration.drafts import StaleDraft, Typed, lend, new_salt
from common.web.registration.event import applicant_body, register_command
from common.web.registration.finishing import check_finish, finishes_here, granted
from common.web.registration.following import following
from common.web.registration.pages import application_of, blueprint, drafts_of, path_to, stamp_of, title_here
from common.web.registration.state import named, state_of
from common.web.registration.versions import Order, Stamp
from common.web.rights import body_limit, right, shown_again, wants_json

REGISTER = "act:case.registered"


# -- find


@blueprint.get("/register")
@right(REGISTER)
def find() -> ResponseReturnValue:
    node = the_node()
    asked = request.args.get("q", "").strip()
    return render_template(
        "registration/find.html",
        title=title_here(),
        words=asked,
        found=find_items(node.reference, asked) if asked else None,
        occasions=catalogue_of(node.reference, "occasion"),
        drafts=open_drafts(),
    )


@blueprint.get("/register/found")
@right(REGISTER)
def found() -> ResponseReturnValue:
    """The items that fit, as a part of the page, while one types."""
    asked = request.args.get("q", "").strip()
    items = find_items(the_node().reference, asked) if asked else None
    return render_template("registration/parts/found.html", words=asked, found=items)


def open_drafts() -> list[dict[str, Any]]:
    """Applications begun and not registered: ``name``, ``item``, ``at`` (UTC ms), ``path``."""
    node, officer = the_node(), visitor.me()
    lines = []
    for draft in drafts_of(node, officer).all():
        edition = node.reference.edition_in_force(draft.item)
        if edition is not None:
            name = application_of(node, officer, edition, draft).name
            lines.append(
                {
                    "name": name or "还没填姓名",
                    "item": edition.item.name,
                    "at": draft.at,
                    "path": path_to(draft),
                }
            )
    return lines


@blueprint.get("/register/<code>")
@right(REGISTER)
def begin(code: str) -> ResponseReturnValue:
    """A new application: its salt stands in the address before anything is typed.

    CommandRefused ``register.not_by_agent``: the applicant must come himself, for all of it (R-103).
    """
    item = _edition(code).item
    if not takes_in(item):
        raise CommandRefused("register.not_by_agent", item=item.name)
    return redirect(url_for("registration.fill", code=item.code, salt=new_salt()), 303)


# -- fill in


@blueprint.get("/register/<code>/<salt>")
@right(REGISTER)
def fill(code: str, salt: str) -> ResponseReturnValue:
    """``?check`` shows all that is still to be put right."""
    edition = _edition(code)
    draft = drafts_of(the_node(), visitor.me()).get(salt, code)
    if draft.case is not None:
        return redirect(_done(draft.case), 303)
    application = application_of(the_node(), visitor.me(), edition, draft)
    return _fill_page(
        application, draft, application.errors if "check" in request.args else application.live_errors
    )


def show_again(code: str, salt: str) -> ResponseReturnValue:
    """The page with what was typed on it and not kept; it is kept once it is sent again."""
    edition, node, officer = _edition(code), the_node(), visitor.me()
    draft = drafts_of(node, officer).shown(salt, code, request.form)
    if draft.case is not None:
        return redirect(_done(draft.case), 303)
    application = application_of(node, officer, edition, draft)
    return _fill_page(application, draft, application.live_errors)


@blueprint.post("/register/<code>/<salt>")
@right(REGISTER)
@body_limit(MAX_REQUEST_BYTES)
@shown_again(show_again)
def keep(code: str, salt: str) -> ResponseReturnValue:
    """Keeps what was typed and captured; then, as the button says: go on filling in, check, or leave it for later."""
    edition, node, officer = _edition(code), the_node(), visitor.me()
    drafts = drafts_of(node, officer)
    lender = queries.earlier_case(node, request.form["_reuse"]) if request.form.get("_reuse") else None
    try:
        draft = drafts.keep(salt, code, request.form, lambda typed: lend(typed, edition.item, lender))
    except StaleDraft as refused:
        return _stale(refused, edition, drafts.shown(salt, code, request.form))
    if draft.case is not None:
        return jsonify(case=_done(draft.case)) if wants_json() else redirect(_done(draft.case), 303)
    draft, errors = take_pages(drafts, application_of(node, officer, edition, draft), draft)
    application = application_of(node, officer, edition, draft)
    if wants_json():
        return jsonify(state_of(node, application, draft, errors, posted=request.form))
    if errors:
        return _fill_page(application, draft, {**errors, **application.live_errors}, files=errors), 400
    if fields.row_act(request.form):
        return _fill_page(application, draft, application.live_errors, rows=True)
    return _after_keeping(application, draft)


def _stale(refused: StaleDraft, edition: Edition, draft: Typed) -> ResponseReturnValue:
    """The page as it came, with where it differs from the newer version; nothing of it was kept."""
    application = application_of(the_node(), visitor.me(), edition, draft)
    extra, tiles = application.all_extra_fields, application.tiles
    differs = named(refused.inputs, edition.item.form, extra, tiles)
    if wants_json():
        raise CommandRefused(refused.code, differs=differs) from refused
    return _fill_page(application, draft, application.live_errors, differs=differs), refused.http_status


def _after_keeping(application: Application, draft: Typed) -> ResponseReturnValue:
    go = request.form.get("_go", "")
    if go == "later":
        say("已存在本机,以后接着填。")
        return redirect(url_for("registration.find"), 303)
    if go != "check":
        return redirect(path_to(draft, "papers" if "_drop_page" in request.form else ""), 303)
    if application.errors:
        return redirect(url_for("registration.fill", code=draft.item, salt=draft.salt, check=""), 303)
    return redirect(url_for("registration.check", code=draft.item, salt=draft.salt), 303)


def _fill_page(
    application: Application,
    draft: Typed,
    errors: dict[str, str],
    *,
    rows: bool = False,
    files: Mapping[str, str] | None = None,
    differs: str | None = None,
) -> str:
    """
    Args:
        files: what was wrong with the files that came, said at their tiles too.
        differs: of a page that does not know the newest version: what stands otherwise in that one.
    """
    node, item = the_node(), application.item
    values = fields.with_row_act(application.values, request.form, item.form) if rows else application.values
    places = {
        f.id: places_for(node.reference, f, application.office) for f in item.form if f.type == "division"
    }
    if applicant.VILLAGE in places and level(application.office) is Level.VILLAGE:
        values = {applicant.VILLAGE: application.office, **values}  # most who come are of this village
    return render_template(
        "registration/fill.html",
        title=title_here(),
        item=item,
        app=application,
        draft=draft,
        values=values,
        errors=errors,
        places=places,
        state=state_of(node, application, draft, files or {}),
        lacking=_lacking(application),
        kinds=[(kind.value, applicant.KIND_WORDS[kind]) for kind in applicant.kinds(item)],
        asked={f.id for f in application.extra_fields},
        no_space=_no_space(),
        stamp=stamp_of(draft),
        differs=differs,
    )


def _lacking(application: Application) -> str:
    """What becomes of an application whose papers are not complete (R-205)."""
    if finishes_here(application.item, application.office):
        return "不齐不能当场办结,可以先登记,补齐以后再办。"
    return f"不齐也可以登记,{_intake(application)}会一次性告知要补的。"


def _intake(application: Application) -> str:
    """Name of the office that takes the application in."""
    reference = the_node().reference
    office = intake_office(reference, application.item, application.office, application.village)
    return reference.office_name(office)


def _no_space() -> str | None:
    """Why no paper can be captured now, said before anybody starts to."""
    try:
        papers_of(the_node()).check_space()
    except CommandRefused as refused:
        return words(refused)
    return None


@blueprint.post("/register/<code>/<salt>/drop")
@right(REGISTER)
def drop(code: str, salt: str) -> ResponseReturnValue:
    drafts_of(the_node(), visitor.me()).give_up(salt, code, Stamp.of(request.form))
    say("这份没填完的申请已删掉。")
    return redirect(url_for("registration.find"), 303)


# -- check


@blueprint.get("/register/<code>/<salt>/check")
@right(REGISTER)
def check(code: str, salt: str) -> ResponseReturnValue:
    edition, node = _edition(code), the_node()
    draft = drafts_of(node, visitor.me()).get(salt, code)
    if draft.case is not None:
        return redirect(_done(draft.case), 303)
    application = application_of(node, visitor.me(), edition, draft)
    if application.errors:
        return redirect(url_for("registration.fill", code=code, salt=salt, check=""), 303)
    body = applicant_body(application, draft.reused)
    return render_template(
        "registration/check.html",
        title=title_here(),
        item=edition.item,
        app=application,
        draft=draft,
        applicant=body,
        duplicates=queries.duplicates(node, code, body, application.village),
        intake=_intake(application),
        finishes=finishes_here(edition.item, application.office),
        stamp=stamp_of(draft),
    )


@blueprint.post("/register/<code>/<salt>/register")
@right(REGISTER)
@shown_again(check)
def register(code: str, salt: str) -> ResponseReturnValue:
    """登记: with it, unless it is to wait, the submission; with an item of the village's own, the decision too.

    What has changed since it was checked is shown once more, and nothing is registered.
    """
    edition, node, officer = _edition(code), the_node(), visitor.me()
    drafts = drafts_of(node, officer)
    draft = drafts.get(salt, code)
    if draft.case is not None:
        return redirect(_done(draft.case), 303)
    if draft.empty:
        raise NotFound("draft.gone")
    application = application_of(node, officer, edition, draft)
    if application.errors:
        return redirect(url_for("registration.fill", code=code, salt=salt, check=""), 303)
    if Stamp.of(request.form).order(draft.version, draft.last) is Order.STALE:
        say("这份申请刚才在别处又改过,还没有登记。请再核对一遍。")
        return redirect(url_for("registration.check", code=code, salt=salt), 303)
    hold = request.form.get("_go") == "hold"
    with node.store.write():
        made = node.act(_command(application, edition, draft, hold=hold), Author(officer.id, officer.office))
        drafts.done(salt)
    return redirect(_done(made[0].id), 303)


def _command(application: Application, edition: Edition, draft: Typed, *, hold: bool) -> RegisterCase:
    officer, finish = visitor.me(), None
    if finishes_here(edition.item, officer.office) and not hold:
        check_finish(application, the_node().reference)
        finish = granted(edition.item)
    return register_command(
        application,
        edition,
        officer,
        salt=draft.salt,
        reused=draft.reused,
        submit=not hold,
        urgent="_urgent" in request.form,
        finish=finish,
    )


# -- done


@blueprint.get("/registered/<case>")
@right(REGISTER)
def done(case: str) -> ResponseReturnValue:
    node, file = the_node(), seen_case(case)
    made = queries.registration_of(file)
    if made is None or file.edition is None:
        raise NotFound("case.not_found")
    return render_template(
        "registration/done.html",
        title=title_here(),
        file=file,
        item=file.edition.item,
        body=made.body,
        prints=queries.printable(file),
        truth_kind=file.synced.value,
        qr=qr_svg(
            case_link(node.reference.address, file.row.number, made.body["query_code"]),
            "查询码",
        ),
        following=following(node, file),
        missing=_missing(file),
    )


def _missing(file: CaseFile) -> list[str]:
    """Names of the papers that are still wanted."""
    found = lacking(acts_in_effect(file.view), file.edition.item) if file.edition else []
    return [each.material.name for each in found]


def _done(case: str) -> str:
    return url_for("registration.done", case=case)


def _edition(code: str) -> Edition:
    return edition_of(the_node().reference, code)
