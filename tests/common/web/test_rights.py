"""Every view states its right, and nothing gets past it."""

from __future__ import annotations

import pytest
from flask import Flask

from common.accounts import IDLE_MS
from common.web.rights import body_limit, local_path, may, right, right_of, routes_without_right
from tests.page import PageClient
from tests.web_app import CLERK, LEAD, PASSWORD, TECHNICIAN, make_world

PAGE = '<!doctype html><html lang="zh-CN"><title>x</title><main><h1>x</h1></main></html>'
STATED = {
    "public": "public",
    "login": "login",
    "lead": "role:lead",
    "some": "role:clerk,lead",
    "act": "act:case.accepted",
    "operator": "operator",
}
MAY = {  # who gets in where
    None: {"public"},
    CLERK: {"public", "login", "some", "act"},
    LEAD: {"public", "login", "lead", "some", "act"},
    TECHNICIAN: {"public", "login", "operator"},
}


@pytest.fixture
def world():
    world = make_world(
        may_act=lambda officer, act: officer.role in ("clerk", "lead") and act == "case.accepted"
    )
    for name, stated in STATED.items():
        world.app.get(f"/for/{name}", endpoint=name)(right(stated)(lambda: PAGE))
        world.app.post(f"/for/{name}", endpoint=f"post_{name}")(right(stated)(lambda: "done"))
        world.app.get(f"/api/v1/for/{name}", endpoint=f"api_{name}")(right(stated)(lambda: {"ok": True}))
        world.app.post(f"/api/v1/for/{name}", endpoint=f"api_post_{name}")(
            right(stated)(lambda: {"ok": True})
        )
    world.app.post("/sync", endpoint="sync")(right("sync")(lambda: b"signed"))
    world.app.get("/may", endpoint="may")(right("public")(lambda: {n: may(s) for n, s in STATED.items()}))
    return world


def client_of(world, officer):
    client = PageClient(world.app)
    if officer is not None:
        client.log_in(officer.id, PASSWORD)
    return client.http


@pytest.mark.parametrize("officer", MAY, ids=lambda o: o.role if o else "nobody")
@pytest.mark.parametrize("name", STATED)
def test_a_page_opens_to_those_who_have_its_right_and_to_nobody_else(world, officer, name):
    answer = client_of(world, officer).get(f"/for/{name}")
    if name in MAY[officer]:
        assert answer.status_code == 200
    elif officer is None:
        assert answer.status_code == 303
        assert answer.location == f"/login?next=/for/{name}"
    else:
        assert answer.status_code == 403
        assert officer.name in answer.text


@pytest.mark.parametrize("officer", MAY, ids=lambda o: o.role if o else "nobody")
def test_what_a_page_offers_is_what_it_would_open(world, officer):
    offered = client_of(world, officer).get("/may").json
    assert {name for name, may in offered.items() if may} == MAY[officer]


@pytest.mark.parametrize("name", STATED)
def test_the_api_asks_for_a_token_and_takes_no_cookie(world, name):
    by_cookie = client_of(world, LEAD).get(f"/api/v1/for/{name}")
    if name == "public":
        assert by_cookie.status_code == 200
    else:
        assert by_cookie.status_code == 401
        assert by_cookie.json["code"] == "web.token_needed"
        assert by_cookie.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("officer", [CLERK, LEAD, TECHNICIAN], ids=lambda o: o.role)
@pytest.mark.parametrize("name", STATED)
def test_a_bearer_has_the_rights_of_the_officer_and_needs_no_form_token(world, officer, name):
    token, _ = world.accounts.issue_token(officer.id, 1)
    answer = world.app.test_client().post(f"/api/v1/for/{name}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == (200 if name in MAY[officer] else 403)


@pytest.mark.parametrize("header", ["Bearer x", "bearer", "Bearer", "Bearer  ", "Bearer " + "x" * 5000])
def test_a_token_that_is_none_is_told_so(world, header):
    answer = world.app.test_client().get("/api/v1/for/login", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json["code"] == "web.token_wrong"


def test_an_expired_token_is_no_token(world):
    token, _ = world.accounts.issue_token(CLERK.id, 1)
    world.clock.go(days=1)
    answer = world.app.test_client().get("/api/v1/for/login", headers={"Authorization": f"Bearer {token}"})
    assert answer.json["code"] == "web.token_wrong"


def test_other_schemes_are_as_good_as_none(world):
    answer = world.app.test_client().get("/api/v1/for/login", headers={"Authorization": "Basic eDp5"})
    assert answer.json["code"] == "web.token_needed"


# -- the form's token


@pytest.mark.parametrize("name", ["public", "login", "act"])
def test_a_forged_form_is_refused_whoever_sends_it(world, name):
    http = client_of(world, LEAD)
    for sent in ({}, {"_token": ""}, {"_token": "forged"}, {"_token": "伪造"}):
        answer = http.post(f"/for/{name}", data=sent)
        assert answer.status_code == 403
        assert "没有存上" in answer.text


def test_a_form_of_another_browser_is_refused(world):
    mine, other = PageClient(world.app), PageClient(world.app)
    mine.log_in(CLERK.id, PASSWORD)
    token = other.log_in(LEAD.id, PASSWORD).form("/logout").fields["_token"]
    assert mine.http.post("/login", data={"_token": token}).status_code == 403


def test_a_form_from_before_login_is_refused_after_it(world):
    client = PageClient(world.app)
    before = client.get("/login").form("/login").fields["_token"]
    client.log_in(CLERK.id, PASSWORD)
    assert client.http.post("/login", data={"_token": before}).status_code == 403


def test_the_token_may_come_in_a_header_so_that_scripts_can_send_anything(world):
    client = PageClient(world.app)
    token = client.log_in(CLERK.id, PASSWORD).form("/logout").fields["_token"]
    assert client.http.post("/login", data=b"", headers={"X-Form-Token": "x"}).status_code == 403
    assert client.http.post("/for/some", data=b"raw", headers={"X-Form-Token": token}).status_code == 200


def test_nodes_need_neither_cookie_nor_token_and_get_no_page_headers(world):
    answer = world.app.test_client().post("/sync", data=b"sealed")
    assert answer.data == b"signed"
    assert "Content-Security-Policy" not in answer.headers
    assert "Set-Cookie" not in answer.headers


# -- closed where nothing is stated


def test_a_route_without_a_right_stops_the_program_at_its_start(world):
    with pytest.raises(ValueError, match="/open states no right"):
        world.app.get("/open")(lambda: "")


def test_the_guard_finds_a_route_that_slipped_in(world):
    assert routes_without_right(world.app) == []
    bare = Flask(__name__)
    bare.add_url_rule("/open", "open", lambda: "")
    assert "open" in routes_without_right(bare)


def test_a_view_that_lost_its_right_is_not_shown(world):
    world.app.view_functions["login.log_in"] = lambda: "open"
    assert world.app.test_client().get("/login").status_code == 500


@pytest.mark.parametrize(
    "stated", ["", "everyone", "role:", "role:clerk,", "act:", "act:accept", "Public", "login "]
)
def test_words_that_state_no_right_are_a_mistake_of_ours(stated):
    with pytest.raises(ValueError, match="no right"):
        right(stated)


def test_the_right_is_left_on_the_view_itself():
    def view(): ...

    assert right("login")(view) is view
    assert right_of(view) == "login"


# -- the size of a request


def test_a_view_that_takes_more_says_so(world):
    world.app.post("/small", endpoint="small")(right("public")(lambda: "ok"))
    world.app.post("/large", endpoint="large")(body_limit(3_000_000)(right("public")(lambda: "ok")))
    client = PageClient(world.app)
    token = client.get("/login").form("/login").fields["_token"]
    sent = {"_token": token, "much": "x" * 2_000_000}
    refused = client.http.post("/small", data=sent)
    assert refused.status_code == 413
    assert "1.0 MB" in refused.text
    assert client.http.post("/large", data=sent).status_code == 200


# -- where one is led after login


@pytest.mark.parametrize("path", ["/", "/cases?q=%E6%9D%8E&page=2", "/a/b#c"])
def test_a_path_of_this_node_is_kept(path):
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "x",
        "//other.example/",
        "/\\other.example",
        "http://other.example/",
        "/a b",
        "/\n//x",
        "javascript:1",
    ],
)
def test_no_one_is_led_away_after_login(path):
    assert local_path(path) is None


def test_a_locked_screen_shows_no_page(world):
    http = client_of(world, CLERK)
    world.clock.go(seconds=IDLE_MS / 1000 + 1)
    assert http.get("/for/some").location == "/locked?next=/for/some"
    assert http.get("/for/public").status_code == 200
    answer = http.get("/for/some", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (401, "web.locked")
