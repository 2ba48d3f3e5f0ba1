"""``make_app``: the Flask application that both programs start from, with all that holds for every page.

Every route states its right when it is added (common/web/rights.py).  Every page carries the same strict headers:
nothing is loaded from elsewhere, no script or style stands in a page, no other site frames it or posts to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from jinja2 import StrictUndefined

from common.accounts import Accounts
from common.web import errors, furnish, rights, visitor
from common.web.account import account_pages
from common.web.bar import web
from common.web.login import login_pages
from common.web.settings import Settings, WebNode

YEAR_S = 365 * 24 * 3600

# Eight by hand.  Framing and sniffing are off twice, for old and for new browsers.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Extension:
    """What the pages find the node by: ``current_app.extensions["bianmin"]``."""

    node: WebNode
    accounts: Accounts
    settings: Settings


class WebApp(Flask):
    """Flask that takes no route without a right and logs failures under the number that the page shows."""

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        if view_func is not None and _is_static(endpoint):
            view_func = rights.right("public")(_plain_function(view_func))
        if view_func is not None and rights.right_of(view_func) is None:
            raise ValueError(f"{rule} states no right: put @right(...) right below its address")
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]
    ) -> None:
        errors.log(self, exc_info)


def make_app(import_name: str, node: WebNode, accounts: Accounts, *, settings: Settings) -> Flask:
    """An application with the shared pages; the program adds its own blueprints.

    Args:
        import_name: the program's package: its ``templates/`` come before the shared ones, its ``static/`` beside them.
    Errors:
        ValueError: the secret is too short.
    """
    if len(settings.secret) < 16:
        raise ValueError("the secret has at least 16 bytes")
    app = WebApp(import_name)
    app.extensions["bianmin"] = Extension(node, accounts, settings)
    app.jinja_options = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    app.secret_key = settings.secret
    app.config.update(
        SESSION_COOKIE_NAME=f"bianmin_{node.id}_said",  # only words carried over a redirect
        SESSION_COOKIE_SAMESITE="Strict",
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=None,  # the whole request is bounded already
        TRUSTED_HOSTS=list(settings.hosts) or None,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.before_request(_check_right)
    app.after_request(_finish)
    app.url_defaults(_name_static_by_content(app))
    errors.register(app)
    furnish.furnish(app)
    for blueprint in (web, login_pages, account_pages):
        app.register_blueprint(blueprint)
    return app


def _check_right() -> ResponseReturnValue | None:
    if request.routing_exception is not None or request.endpoint is None:
        if not visitor.is_api():
            visitor.recognise()  # the answer says so, in the frame of who asked
        return None
    return rights.enforce(current_app.view_functions[request.endpoint])


def _finish(response: Response) -> Response:
    if g.get("right") == "sync":
        return response  # nodes do not read page headers, and on a bad link each byte counts
    if _is_static(request.endpoint):
        kept = f"public, max-age={YEAR_S}, immutable" if "v" in request.args else "no-cache"
        response.headers["Cache-Control"] = kept
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_S}")
    visitor.set_cookie(response)
    return response


def _is_static(endpoint: str | None) -> bool:
    return (endpoint or "").rpartition(".")[2] == "static"


def _plain_function(view: Callable[..., Any]) -> Callable[..., Any]:
    """Flask's own static view may be a bound method, which takes no mark."""

    def static(**kwargs: Any) -> Any:
        return view(**kwargs)

    return static


def _name_static_by_content(app: Flask) -> Callable[[str, dict[str, Any]], None]:
    """Adds a hash of the file to its address, so that it can be kept for a year and a new one is fetched at once."""
    known: dict[tuple[Path, int], str] = {}

    def add_hash(endpoint: str, values: dict[str, Any]) -> None:
        if not _is_static(endpoint) or "filename" not in values or "v" in values:
            return
        holder = app.blueprints[endpoint.rpartition(".")[0]] if "." in endpoint else app
        path = Path(holder.static_folder or "") / values["filename"]
        if path.is_file():
            key = (path, path.stat().st_mtime_ns)
            if key not in known:
                known[key] = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            values["v"] = known[key]

    return add_hash
