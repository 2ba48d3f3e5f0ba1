"""Login by one's name as a tile, the locked screen, logout, and the forgotten password that a telephone call resets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from common.accounts import LoginNeeded
from common.errors import AppError, BadInput
from common.reference import Appointment
from common.texts import words
from common.web import visitor
from common.web.bar import say
from common.web.errors import answer
from common.web.rights import UNLOCK, LoginEnded, ScreenLocked, local_path, right, wants_json

login_pages = Blueprint("login", __name__)

Kept = Sequence[tuple[str, str]]
MOST_KEPT = 200_000
"""Characters of a form that are carried over a login: more than anybody types, less than would hurt."""


@login_pages.get("/login")
@right("public")
def log_in() -> ResponseReturnValue:
    if visitor.officer_or_none() is not None:
        return redirect(_next(), 303)
    return _login_page()


@login_pages.post("/login")
@right("public")
def do_log_in() -> ResponseReturnValue:
    officer = request.form.get("officer", "")
    try:
        if not officer:
            raise BadInput("account.nobody_chosen")
        visitor.log_in(officer, request.form.get("password", ""))
    except AppError as error:
        return _login_page(error), error.http_status
    if not visitor.accounts().has_own_password(officer):
        say("现在的口令是管理员给的。请点右上角自己的名字,改成只有自己知道的。")
    return redirect(_next(), 303)


@login_pages.post("/logout")
@right("public")
def log_out() -> ResponseReturnValue:
    if visitor.login() is not None:
        visitor.accounts().log_out(visitor.cookie_token())
    visitor.give_new_cookie()
    return redirect(url_for("login.log_in"), 303)


def _login_page(error: AppError | None = None) -> str:
    people = visitor.accounts().people.here()
    chosen = request.form.get("officer") or (people[0].id if len(people) == 1 else "")
    at_the_name = ("account.no_such_officer", "account.nobody_chosen")
    field = "officer" if error and error.code in at_the_name else "password"
    return render_template(
        "login.html",
        groups=grouped(people),
        chosen=chosen,
        errors={field: words(error)} if error else {},
        next=local_path(request.values.get("next")) or "",
        can_reset=_can_reset(),
    )


def grouped(people: Sequence[Appointment]) -> Mapping[str, list[Appointment]]:
    """The officers by the name of their office (a post's without its centre's), in the order of the offices' ids."""
    node = visitor.node()
    groups: dict[str, list[Appointment]] = {}
    for person in sorted(people, key=lambda p: (p.office, p.name, p.id)):
        name = node.reference.office_name(person.office)
        groups.setdefault(name.removeprefix(node.name) or name, []).append(person)
    return groups


def _next() -> str:
    return local_path(request.values.get("next")) or visitor.settings().start


# -- the locked screen


@login_pages.post("/lock")
@right("public")
def lock() -> ResponseReturnValue:
    """锁屏, by the button or by the page itself after idle time; the page behind it stays."""
    if visitor.login() is not None:
        visitor.accounts().lock(visitor.cookie_token())
    if wants_json():
        return "", 204
    return redirect(url_for("login.locked", next=_next()), 303)


@login_pages.get("/locked")
@right("public")
def locked() -> ResponseReturnValue:
    login = visitor.login()
    if login is None or not login.locked:
        return redirect(_next(), 303)
    return _lock_page(login.officer)


@login_pages.post("/locked")
@right("public")
def unlock() -> ResponseReturnValue:
    """The same officer's password; answers our script with 204, so that the page behind is not loaded again."""
    login = visitor.login()
    if login is None:
        return answer(LoginNeeded("web.log_in"))
    try:
        visitor.unlock(request.form.get(UNLOCK, ""))
    except AppError as error:
        return answer(error) if wants_json() else (_lock_page(login.officer, error), error.http_status)
    return ("", 204) if wants_json() else redirect(_next(), 303)


@login_pages.app_errorhandler(ScreenLocked)
def _form_came_while_locked(error: ScreenLocked) -> ResponseReturnValue:
    """The lock, with all that was typed behind it: the password sends it on to where it was going."""
    login = visitor.login()
    if wants_json() or login is None:
        return answer(error)
    return _lock_page(login.officer, error.error, kept=_kept()), error.http_status


@login_pages.app_errorhandler(LoginEnded)
def _form_came_after_the_end(error: LoginEnded) -> ResponseReturnValue:
    """The form with all that was typed, for the password of who wrote it: it is shown to him again, and not done."""
    kept = [*_kept(), (visitor.WRITTEN, visitor.written_under())]
    if sum(len(name) + len(value) for name, value in kept) > MOST_KEPT:
        return answer(LoginNeeded(error.code))
    return _lock_page(error.writer, error.error, kept=kept, ended=True), error.http_status


def _kept() -> Kept:
    """What was typed; never a password, nor what belongs to the login."""
    own = (UNLOCK, "password", visitor.FORM_TOKEN, visitor.WRITTEN)
    return [(name, value) for name, value in request.form.items(multi=True) if name not in own]


def _lock_page(
    officer: Appointment, error: AppError | None = None, *, kept: Kept | None = None, ended: bool = False
) -> str:
    """``kept``: of the form that came; it goes on to where it was going.  ``ended``: its login, before it came."""
    return render_template(
        "lock.html",
        officer=officer,
        errors={UNLOCK: words(error)} if error else {},
        kept=kept or (),
        action=request.path if kept is not None else None,
        files=any(file.filename for file in request.files.values()),  # an empty input is a file without name
        ended=ended,
        next=local_path(request.values.get("next")) or "",
    )


# -- the forgotten password


@login_pages.get("/forgotten")
@right("public")
def forgotten() -> ResponseReturnValue:
    """Who has forgotten it; where no one above can help by telephone, the page says who can."""
    return _forgotten_page()


@login_pages.post("/forgotten")
@right("public")
def start_reset() -> ResponseReturnValue:
    _need_reset_keys()
    officer = request.form.get("officer", "")
    try:
        visitor.accounts().start_reset(officer)
    except AppError as error:
        return _forgotten_page(error), error.http_status
    return redirect(url_for("login.reset", officer=officer), 303)


@login_pages.get("/forgotten/<officer>")
@right("public")
def reset(officer: str) -> ResponseReturnValue:
    _need_reset_keys()
    return _reset_page(officer)


@login_pages.post("/forgotten/<officer>")
@right("public")
def finish_reset(officer: str) -> ResponseReturnValue:
    _need_reset_keys()
    form = request.form
    try:
        if form.get("new", "") != form.get("again", ""):
            raise BadInput("account.passwords_differ")
        keys = visitor.settings().reset_keys()
        visitor.accounts().finish_reset(officer, form.get("answer", ""), form.get("new", ""), keys)
    except AppError as error:
        if error.code in ("account.code_expired", "account.code_used", "account.no_such_officer"):
            return _forgotten_page(error), error.http_status
        return _reset_page(officer, error), error.http_status
    say("新口令已经设好,请用它登录。")
    return redirect(url_for("login.log_in"), 303)


def _can_reset() -> bool:
    return any(True for _ in visitor.settings().reset_keys())


def _need_reset_keys() -> None:
    if not _can_reset():
        raise BadInput("account.no_reset_here")


def _forgotten_page(error: AppError | None = None) -> str:
    people = visitor.accounts().people.here()
    return render_template(
        "forgotten.html",
        groups=grouped(people),
        chosen=request.values.get("officer") or (people[0].id if len(people) == 1 else ""),
        errors={"officer": words(error)} if error else {},
        can_reset=_can_reset(),
    )


def _reset_page(officer: str, error: AppError | None = None) -> str:
    person = visitor.accounts().people.get(officer)
    challenge = visitor.accounts().reset_under_way(officer)
    if person is None or challenge is None:
        raise BadInput("account.code_expired")
    return render_template(
        "reset.html",
        officer=person,
        challenge=challenge,
        answer=request.form.get("answer", "")[:20],
        errors={_at(error): words(error)} if error else {},
    )


def _at(error: AppError) -> str:
    """The input that the error speaks of."""
    if error.code == "account.passwords_differ":
        return "again"
    return "new" if error.code.startswith("account.password_") else "answer"
