"""The bar at the foot of a node's pages: how far its work has got, and 立即同步.  Also static files and healthz."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from common.errors import NotFound
from common.web import visitor
from common.web.rights import local_path, right, wants_json
from common.web.words import SyncWords, sync_words

web = Blueprint(
    "web", __name__, template_folder="templates", static_folder="static", static_url_path="/static/web"
)


@web.get("/favicon.ico")
@right("public")
def icon() -> ResponseReturnValue:
    """For what is no page of ours in the browser, such as a picture opened by itself: it asks here."""
    return web.send_static_file("icon.svg")


@web.get("/healthz")
@right("public")
def healthz() -> ResponseReturnValue:
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@web.get("/sync-state")
@right("login")
def sync_state() -> ResponseReturnValue:
    """The bar as JSON, for the page's script; ``?active`` says that a person is at work on the page."""
    bar = bar_words()
    if bar is None:
        raise NotFound("web.not_found")
    done, total = bar.running or (0, 0)
    running = bar.running is not None
    return jsonify(truth=bar.truth, head=bar.head, rest=bar.rest, running=running, done=done, total=total)


@web.post("/sync-now")
@right("login")
def sync_now() -> ResponseReturnValue:
    """立即同步: starts an exchange; the bar says how it goes.  Without our script the page is loaded again."""
    start = visitor.settings().sync_now
    if start is None:
        raise NotFound("web.not_found")
    start()
    if wants_json():
        return "", 204
    say("已开始同步。进展在页面最下面,刷新就能看到。")
    return redirect(local_path(request.form.get("next")) or visitor.settings().start, 303)


def bar_words() -> SyncWords | None:
    """None where there is nobody above to exchange with."""
    state = visitor.settings().sync_state
    return sync_words(state(), visitor.node().now()) if state else None


def say(text: str, *links: tuple[str, str]) -> None:
    """A sentence on the page that comes next: what was done, in the words of the work.

    ``links``: (words, address) of what can be done with it now, such as its print.
    """
    flash((text, links))  # type: ignore[arg-type]  # Flask keeps any value that its session can
