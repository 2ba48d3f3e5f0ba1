"""What holds for every answer: headers, errors in words, static files by their content."""

from __future__ import annotations

import logging
import re

import pytest

from common.errors import BadInput, CommandRefused, NotFound
from common.web.app import HEADERS, make_app
from common.web.rights import right
from common.web.settings import NavLink, Settings
from tests.page import PageClient, check_page
from tests.style_guide.app import make_guide
from tests.web_app import AGENT, CLERK, PASSWORD, FakeNode, accounts_of, make_world

JSON = {"Accept": "application/json"}


@pytest.fixture
def world():
    world = make_world()

    @world.app.get("/raise/<kind>")
    @right("public")
    def raise_it(kind):
        raise {
            "bad": BadInput("citizen_id.length", length=17),
            "stale": CommandRefused("case.unheard_of", tip="abc", at=object()),
            "gone": NotFound("web.not_found"),
        }[kind]

    @world.app.get("/broken")
    @right("public")
    def broken():
        raise RuntimeError("a secret of the program")

    @world.app.get("/api/v1/broken")
    @right("public")
    def api_broken():
        raise RuntimeError("a secret of the program")

    return world


@pytest.fixture
def http(world):
    return world.app.test_client()


def test_every_page_carries_the_eight_headers(http):
    answer = http.get("/login")
    assert len(HEADERS) == 8
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_nothing_may_be_loaded_framed_or_posted_elsewhere():
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert (
        policy["script-src"]
        == policy["style-src"]
        == policy["form-action"]
        == policy["connect-src"]
        == "'self'"
    )


def test_transport_security_is_asked_for_over_tls_alone(http):
    assert "Strict-Transport-Security" not in http.get("/login").headers
    assert "Strict-Transport-Security" in http.get("/login", base_url="https://localhost").headers


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_names_its_node(http, world):
    cookie = http.get("/login").headers["Set-Cookie"]
    assert cookie.startswith(f"bianmin_{world.node.id}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert "Secure" in http.get("/login", base_url="https://other.example").headers["Set-Cookie"]


def test_two_nodes_on_one_machine_do_not_take_each_others_logins():
    """Browsers keep one jar for all ports of 127.0.0.1."""
    one, other = make_world(node=FakeNode(id="one")), make_world(node=FakeNode(id="other"))
    client = PageClient(one.app)
    client.log_in(CLERK.id, PASSWORD)
    cookies = [(c.key, c.value) for c in client.http._cookies.values()]
    second = other.app.test_client()
    for key, value in cookies:
        second.set_cookie(key, value)
    assert second.get("/account").status_code == 303
    second.get("/login")
    assert client.get("/account").status == 200


def test_the_icon_that_a_browser_asks_for_by_itself_is_there(http):
    with http.get("/favicon.ico") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


def test_healthz_is_open_and_short(http):
    answer = http.get("/healthz")
    assert (answer.status_code, answer.data) == (200, b"ok\n")


# -- errors


@pytest.mark.parametrize(("kind", "status"), [("bad", 400), ("stale", 409), ("gone", 404)])
def test_a_refusal_is_a_page_in_words(http, kind, status):
    page = check_page(http.get(f"/raise/{kind}"))
    assert page.status == status
    assert "代码" in page.text
    assert "object at 0x" not in page.source


def test_a_refused_form_leads_back_to_the_page_it_came_from_and_nowhere_else(world):
    @world.app.post("/refuse")
    @right("public")
    def refuse():
        raise CommandRefused("case.unheard_of")

    client = PageClient(world.app)
    token = {"_token": client.get("/login").form("/login").fields["_token"]}

    def back(referrer: str) -> list[str]:
        page = check_page(client.http.post("/refuse", data=token, headers={"Referer": referrer}))
        return [a.get("href") for a in page.main.all("a") if "刚才" in a.text]

    assert back("http://localhost/cases/7?tab=2") == ["/cases/7?tab=2"]
    assert back("http://other.example/cases/7") == []
    assert back("http://localhost//other.example/") == []
    assert back("nonsense") == back("") == []


def test_a_refusal_to_a_script_is_a_problem_of_rfc_9457(http):
    answer = http.get("/raise/bad", headers=JSON)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "urn:x-bianmin:error:citizen_id.length",
        "title": "没有看懂",
        "status": 400,
        "detail": "身份证号应是 18 位,现在是 17 位。请对照证件再看一次。",
        "code": "citizen_id.length",
        "length": 17,
    }


def test_a_detail_that_json_cannot_say_does_not_break_the_answer(http):
    assert http.get("/raise/stale", headers=JSON).json["tip"] == "abc"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/no/such/page", 404),
        ("post", "/no/such/page", 404),
        ("get", "/logout", 405),
        ("delete", "/login", 405),
    ],
)
def test_what_the_web_layer_refuses_is_said_in_words_too(http, method, path, status):
    page = check_page(getattr(http, method)(path))
    assert page.status == status
    assert re.search(r"[一-鿿]{6}", page.text)
    problem = getattr(http, method)(path, headers=JSON)
    assert (problem.status_code, problem.json["status"]) == (status, status)


def test_a_page_that_does_not_exist_keeps_the_header_of_who_is_logged_in():
    client = PageClient(make_guide().app)
    assert client.get("/no/such/page", status=404).root.all("nav") == []
    client.log_in(AGENT.id, PASSWORD)
    page = client.get("/no/such/page", status=404)
    assert "今天" in page.root.all("nav")[0].text
    assert page.root.classed("bar")


def test_a_405_names_what_is_allowed(http):
    assert "POST" in http.get("/logout").headers["Allow"]


def test_a_failure_of_ours_shows_a_number_that_the_log_has_and_nothing_else(http, caplog):
    with caplog.at_level(logging.ERROR):
        page = check_page(http.get("/broken?q=secret"))
    assert page.status == 500
    number = re.search(r"编号 ([A-Z2-9]{6})", page.text)[1]
    assert f"error {number} at GET /broken" in caplog.text
    assert "q=secret" not in caplog.text.split("Traceback")[0]
    assert "a secret of the program" not in page.source
    assert "Traceback" not in page.source


def test_a_failure_under_the_api_is_a_problem(http):
    answer = http.get("/api/v1/broken")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert set(answer.json) == {"type", "title", "status", "detail", "code", "id"}


def test_a_failure_of_the_page_that_tells_of_failures_is_still_told(world, monkeypatch):
    monkeypatch.setitem(world.app.extensions, "bianmin", None)
    answer = world.app.test_client().get("/login")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "multipart/form-data; boundary="},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/x-www-form-urlencoded; charset=klingon"},
        {"Cookie": "bianmin_nnnnnnnnnnnn=\xff"},
        {"Content-Length": "x"},
        {"Host": "no such/host"},
        {"Accept": "nonsense;q=x, */*;q=9"},
    ],
)
def test_broken_requests_are_refused_and_never_an_error_of_ours(http, headers):
    assert http.post("/login", data=b"\xff%%%&&==", headers=headers).status_code < 500


def test_a_request_that_is_too_large_is_told_the_limit(http):
    answer = http.post("/login", data=b"x" * 1_000_001, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (403, 413)
    client = PageClient(http.application)
    client.get("/login")
    answer = client.http.post("/login", data={"password": "x" * 1_000_001})
    assert answer.status_code == 413
    assert "1.0 MB" in check_page(answer).text


def test_only_named_hosts_are_answered_where_some_are_named():
    http = make_world(hosts=("127.0.0.1",)).app.test_client()
    assert http.get("/healthz", base_url="http://127.0.0.1:8000").status_code == 200
    assert http.get("/healthz", base_url="http://evil.example").status_code == 400


def test_an_app_without_a_real_secret_does_not_start():
    with pytest.raises(ValueError, match="16 bytes"):
        make_app("tests.web_app", FakeNode(), accounts_of(CLERK), settings=Settings(secret=b"short"))


# -- static files


def test_static_files_are_named_by_their_content_and_kept(http):
    page = check_page(http.get("/login"))
    [sheet] = [e.get("href") for e in page.root.all("link") if e.get("rel") == "stylesheet"]
    assert re.fullmatch(r"/static/web/app\.css\?v=[0-9a-f]{12}", sheet)
    with http.get(sheet) as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with http.get("/static/web/app.css") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/web/../app.py", "/static/web/%2e%2e/app.py", "/static/web/nothing.css"]
)
def test_no_other_file_is_served(http, path):
    assert http.get(path).status_code == 404


# -- the frame


def test_the_header_marks_the_page_that_is_shown():
    world = make_guide()
    client = PageClient(world.app)
    client.log_in(AGENT.id, PASSWORD)
    page = client.get("/form")
    assert [a.text for a in page.root.all("a") if a.get("aria-current") == "page"] == ["事项目录"]


def test_of_links_that_fit_the_longest_is_marked():
    links = [NavLink("首页", "/"), NavLink("账号", "/account"), NavLink("别的", "/acc")]
    world = make_world(nav=lambda officer: links)
    client = PageClient(world.app)
    client.log_in(CLERK.id, PASSWORD)
    assert [a.text for a in client.get("/account").root.all("a") if a.get("aria-current")] == ["账号"]


def test_a_practice_county_says_so_on_every_page_and_the_public_ones_too():
    world = make_guide(practice=True)
    client = PageClient(world.app)
    assert "演练" in client.get("/login").root.text
    client.log_in(AGENT.id, PASSWORD)
    for path in ("/", "/case", "/document", "/slip", "/account"):
        assert "演练" in client.get(path).root.text
    assert "演练" in client.get("/refused", status=409).root.text
    assert "演练" not in PageClient(make_guide().app).get("/login").root.text


def test_where_the_key_lies_beside_the_data_login_and_start_say_not_to_enter_real_people():
    world = make_guide(key_beside_data=True)
    client = PageClient(world.app)
    assert "不得录入真实个人信息" in client.get("/login").text
    assert "不得录入真实个人信息" in client.log_in(AGENT.id, PASSWORD).text
    client = PageClient(make_guide().app)
    assert "不得录入" not in client.log_in(AGENT.id, PASSWORD).text


def test_the_bar_says_how_far_the_work_has_got_and_starts_an_exchange():
    started = []
    world = make_guide(sync_now=lambda: started.append(1))
    client = PageClient(world.app)
    page = client.log_in(AGENT.id, PASSWORD)
    assert "3 件待上传" in page.root.text
    assert client.submit(page.form("/sync-now"), next="/case").path == "/case"
    assert started == [1]
    assert "已开始同步" in client.page.text, "without a script the page itself says that the click was heard"
    token = {"X-Form-Token": page.form("/sync-now").fields["_token"]}
    assert client.http.post("/sync-now", headers={**JSON, **token}).status_code == 204
    assert started == [1, 1]
    assert client.http.get("/sync-state", headers=JSON).json == {
        "truth": "here",
        "head": "3 件待上传",
        "rest": "今天 09:00 已与回龙镇便民服务中心同步",
        "running": False,
        "done": 0,
        "total": 0,
    }


def test_a_node_with_nobody_above_has_no_bar():
    world = make_guide(sync_state=None, sync_now=None)
    client = PageClient(world.app)
    page = client.log_in(AGENT.id, PASSWORD)
    assert page.root.classed("bar") == []
    assert client.http.get("/sync-state").status_code == 404


def test_a_page_that_asks_by_itself_does_not_keep_the_screen_open():
    world = make_guide()
    client = PageClient(world.app)
    client.log_in(AGENT.id, PASSWORD)
    for _ in range(4):
        world.clock.go(minutes=5)
        answer = client.http.get("/sync-state")
    assert answer.status_code == 303
    client = PageClient(world.app)
    client.log_in(AGENT.id, PASSWORD)
    for _ in range(4):
        world.clock.go(minutes=5)
        assert client.http.get("/sync-state?active").status_code == 200
