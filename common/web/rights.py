"""Who may see a page: stated on each view, enforced before any view runs, closed where nothing is stated.

    @pages.get("/worklist")
    @right("role:clerk,lead")
    def worklist(): ...

======================  ========================================================================
``public``              anybody
``login``               an officer who is logged in, and whose screen is not locked
``role:clerk,lead``     an officer of one of these roles
``act:case.accepted``   an officer whose role may do this act at all; the command is judged again on the case
``operator``            an officer who runs this node (``Settings.operator_roles``)
``sync``                nodes: what they send is signed and sealed; no cookie, no form token, no page headers
======================  ========================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.urls import iri_to_uri

from common.accounts import LoginNeeded
from common.errors import AppError, NotPermitted
from common.reference import Appointment
from common.web import visitor


class ScreenLocked(LoginNeeded):
    """A form came while the screen is locked: the answer asks for the password and keeps what was typed.

    Args:
        error: what was wrong with the password, if one came with the form.
    """

    def __init__(self, error: AppError | None) -> None:
        super().__init__("web.locked")
        self.error = error


class LoginEnded(LoginNeeded):
    """A form came whose login has ended: it is not done, and who wrote it gets it back with his password.

    Args:
        writer: who wrote it.  error: what was wrong with the password, if one came with the form.
    """

    def __init__(self, writer: Appointment, error: AppError | None) -> None:
        super().__init__("web.logged_out")
        self.writer = writer
        self.error = error


View = TypeVar("View", bound=Callable[..., Any])

_FORM = re.compile(r"public|login|operator|sync|role:[a-z]+(,[a-z]+)*|act:[a-z_]+\.[a-z_]+")
_RIGHT = "__right__"
_LIMIT = "__body_limit__"
_AGAIN = "__shown_again__"
UNLOCK = "_unlock"
"""Name of the password that unlocks the screen and lets the form that was sent go on, in one step."""


def right(stated: str) -> Callable[[View], View]:
    """States who may ask for a view; stands right below its address.  ValueError for words that say nothing."""
    if not _FORM.fullmatch(stated):
        raise ValueError(f"no right: {stated!r}")

    def mark(view: View) -> View:
        setattr(view, _RIGHT, stated)
        return view

    return mark


def body_limit(limit: int) -> Callable[[View], View]:
    """States the largest request of a view in bytes, where it is not ``Settings.max_body_bytes``."""

    def mark(view: View) -> View:
        setattr(view, _LIMIT, limit)
        return view

    return mark


def shown_again(page: Callable[..., ResponseReturnValue]) -> Callable[[View], View]:
    """States what shows a form that was written and not done, filled in as it came: nothing a person wrote is lost.

    Args:
        page: takes what the view takes; reads ``request.form``; does nothing but show, or keep as a draft.
    """

    def mark(view: View) -> View:
        setattr(view, _AGAIN, page)
        return view

    return mark


def right_of(view: Callable[..., Any]) -> str | None:
    return getattr(view, _RIGHT, None)


def routes_without_right(app: Flask) -> list[str]:
    """The endpoints whose view states no right; an app of ours refuses them when they are added."""
    return sorted(name for name, view in app.view_functions.items() if right_of(view) is None)


def may(stated: str) -> bool:
    """Has the one who asks this right?  For links and buttons that would only be refused."""
    return _allows(stated, visitor.officer_or_none())


def _allows(stated: str, officer: Appointment | None) -> bool:
    kind, _, value = stated.partition(":")
    if kind in ("public", "sync"):
        return True
    if officer is None:
        return False
    match kind:
        case "login":
            return True
        case "operator":
            return officer.role in visitor.settings().operator_roles
        case "role":
            return officer.role in value.split(",")
        case "act":
            return visitor.settings().may_act(officer, value)
    return False


def enforce(view: Callable[..., Any]) -> ResponseReturnValue | None:
    """Runs before every view: lets the request through (None), sends to login or to the lock, or raises.

    Errors:
        LoginNeeded ``web.log_in``, ``web.locked``, ``web.logged_out``, ``web.token_needed``, ``web.token_wrong``;
        NotPermitted ``web.form_expired``, ``web.not_permitted``.
    """
    stated = right_of(view)
    if stated is None:
        raise RuntimeError(f"{request.endpoint} states no right")
    g.right = stated
    if stated == "sync":
        return None
    request.max_content_length = getattr(view, _LIMIT, visitor.settings().max_body_bytes)
    visitor.recognise()
    page = getattr(view, _AGAIN, None)
    writer = visitor.writer() if page and request.method not in visitor.SAFE and not wants_json() else None
    if writer is not None:
        _prove(writer)
    elif stated != "public" and visitor.officer_or_none() is None:
        answer = _ask_who()
        if answer is not None:
            return answer
    elif request.method not in visitor.SAFE and not visitor.is_api():
        visitor.check_form_token()
    if not _allows(stated, visitor.officer_or_none()):
        officer = visitor.me()
        raise NotPermitted("web.not_permitted", name=officer.name, role=officer.role)
    return _show_again(page) if page and writer else None


def _prove(writer: Appointment) -> None:
    """Is it who wrote the form that asks?  Else his password, which comes with the form.  Raises LoginEnded."""
    officer = visitor.officer_or_none()
    if officer is not None and officer.id == writer.id:
        return
    if not (visitor.WRITTEN in request.form and UNLOCK in request.form and visitor.has_form_token()):
        raise LoginEnded(writer, None)
    try:
        visitor.log_in(writer.id, request.form[UNLOCK])
    except AppError as exc:
        raise LoginEnded(writer, exc) from exc


def _show_again(page: Callable[..., ResponseReturnValue]) -> ResponseReturnValue:
    flash(("登录结束过,这一页还没有办。刚才写的都在,请看一遍再办。", ()))  # type: ignore[arg-type]  # as bar.say
    return page(**(request.view_args or {}))


def _ask_who() -> ResponseReturnValue | None:
    """Nobody, or a locked screen: None once the form that was sent has unlocked it."""
    if visitor.is_api():
        raise LoginNeeded("web.token_needed")
    if visitor.login() is None:
        if request.method in visitor.SAFE and not wants_json():
            return redirect(url_for("login.log_in", next=here()), 303)
        raise LoginNeeded(
            "web.log_in" if request.method in visitor.SAFE or wants_json() else "web.logged_out"
        )
    if wants_json():
        raise LoginNeeded("web.locked")
    if request.method in visitor.SAFE:
        return redirect(url_for("login.locked", next=here()), 303)
    visitor.check_form_token()
    if UNLOCK not in request.form:
        raise ScreenLocked(None)
    try:
        visitor.unlock(request.form[UNLOCK])
    except AppError as exc:
        raise ScreenLocked(exc) from exc
    return None


def wants_json() -> bool:
    """Our own scripts ask for JSON; a browser that loads a page asks for HTML first."""
    return visitor.is_api() or request.accept_mimetypes.best in (
        "application/json",
        "application/problem+json",
    )


def here() -> str:
    """The path asked for, with its query."""
    return iri_to_uri(request.full_path.rstrip("?"))


def local_path(text: str | None) -> str | None:
    """The path if it leads to a page of this node, else None: no one is led away after login."""
    if text and re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", text):
        return text
    return None
