"""Login by tile, the locked screen that keeps the page, the forgotten password."""

from __future__ import annotations

import io

import pytest
from flask import render_template_string, request

from common.accounts import FREE_FAILURES, IDLE_MS, reset_answer
from common.web.login import MOST_KEPT
from common.web.rights import right, shown_again
from tests.page import PageClient, read_page
from tests.web_app import AGENT, CLERK, LEAD, PASSWORD, TECHNICIAN, FakeNode, make_world

JSON = {"Accept": "application/json"}
RESET_KEY = bytes(range(32))
FORM = """{% extends "base.html" %}{% from "macros/forms.html" import token, line with context %}
{% block title %}登记{% endblock %}{% block main %}<h1>登记</h1>
<form method="post"{% if request.path != "/register" %} action="/opinion"{% endif %}>{{ token() }}
{{ line("name", "姓名", request.form.get("name", "")) }}<button>报送</button></form>{% endblock %}"""


@pytest.fixture
def world():
    world = make_world(reset_keys=lambda: [RESET_KEY])
    world.sent = []

    @world.app.get("/register")
    @right("login")
    def register():
        return render_template_string(FORM)

    @world.app.post("/register")
    @right("role:clerk")
    def registered():
        world.sent.append(request.form.to_dict(flat=False))
        return "", 204

    @world.app.get("/opinion")
    @right("role:clerk,lead")
    def opinion():
        return render_template_string(FORM)

    @world.app.post("/opinion")
    @right("role:clerk,lead")
    @shown_again(lambda: render_template_string(FORM))
    def given():
        world.sent.append(request.form.to_dict(flat=False))
        return "", 204

    @world.app.post("/opinion/clerks")
    @right("role:clerk")
    @shown_again(lambda: render_template_string(FORM))
    def clerks():
        world.sent.append(request.form.to_dict(flat=False))
        return "", 204

    return world


@pytest.fixture
def client(world):
    return PageClient(world.app)


def test_each_officer_is_a_tile_with_his_post(client):
    form = client.get("/login").form("/login")
    assert form.options("officer") == {
        CLERK.id: "王丽A岗",
        LEAD.id: "李强负责人",
        TECHNICIAN.id: "周工技术员",
    }


def test_a_login_leads_on_to_the_page_that_was_asked_for(client):
    page = client.get("/register")
    assert page.path == "/login"
    page = client.submit(page.form("/login"), officer=CLERK.id, password=PASSWORD)
    assert (page.path, page.h1) == ("/register", "登记")
    assert "民政岗 王丽" in page.root.text


def test_an_officer_who_is_alone_at_his_machine_need_not_choose_himself():
    client = PageClient(make_world(AGENT, node=FakeNode(name="双河村便民服务代办点")).app)
    page = client.submit(client.get("/login").form("/login"), password=PASSWORD)
    assert page.path == "/account"


def test_a_wrong_password_keeps_the_tile_and_says_what_to_do(client):
    page = client.submit(client.get("/login").form("/login"), officer=CLERK.id, password="guess", status=401)
    assert page.errors == ["口令不对。看看大写锁定和输入法,再输一次。"]
    assert page.form("/login").fields["officer"] == CLERK.id
    assert "guess" not in page.source


def test_who_was_given_his_password_is_told_at_login_to_change_it(client, world):
    assert "现在的口令是管理员给的" not in client.log_in(CLERK.id, PASSWORD).text
    world.accounts.set_password(LEAD.id, "given by somebody")
    page = PageClient(world.app).log_in(LEAD.id, "given by somebody")
    [said] = page.root.classed("said")
    assert "管理员给的" in said.text


def test_an_empty_password_is_no_guess(client):
    form = client.get("/login").form("/login")
    for _ in range(FREE_FAILURES + 1):
        page = client.submit(form, officer=CLERK.id, password="", status=400)
    assert page.errors == ["还没有输口令。请输入口令。"]
    assert client.submit(page.form("/login"), officer=CLERK.id, password=PASSWORD).path == "/account"


def test_who_has_not_chosen_his_name_is_told_so_at_the_names(client):
    page = client.submit(client.get("/login").form("/login"), password=PASSWORD, status=400)
    assert page.errors == ["还没有选姓名。请先点自己的名字,再输口令。"]
    assert "wrong" in next(f for f in page.root.all("fieldset") if f.get("id") == "f-officer").get("class")


def test_too_many_guesses_are_told_how_long_to_wait(client):
    for _ in range(FREE_FAILURES + 1):
        client.submit(client.get("/login").form("/login"), officer=CLERK.id, password="guess", status=401)
    page = client.submit(client.page.form("/login"), officer=CLERK.id, password=PASSWORD, status=429)
    assert page.errors == ["口令连续输错 5 次,先等 30 秒再试。忘了口令,点「忘记口令」。"]


@pytest.mark.parametrize("officer", ["nobody", "0" * 64, "é" * 100])
def test_nobody_logs_in_as_someone_who_is_not_here(client, officer):
    page = client.submit(client.get("/login").form("/login"), officer=officer, password=PASSWORD, status=400)
    assert page.errors == ["这里没有这位工作人员,或任命已经结束。请另选姓名。"]


def test_a_node_without_officers_says_where_they_come_from():
    world = make_world()
    world.accounts.people.officers.clear()
    page = PageClient(world.app).get("/login")
    assert page.forms == []
    assert "任命由上级发来" in page.text


def test_a_login_gives_a_new_cookie_so_that_a_planted_one_gains_nothing(client):
    client.get("/login")
    [planted] = [c.value for c in client.http._cookies.values()]
    client.log_in(CLERK.id, PASSWORD)
    [now] = [c.value for c in client.http._cookies.values() if not c.key.endswith("_said")]
    assert now != planted


def test_another_officer_in_the_same_browser_ends_the_first_ones_session(client, world):
    client.log_in(CLERK.id, PASSWORD)
    world.accounts.lock(next(c.value for c in client.http._cookies.values()))
    client.log_in(LEAD.id, PASSWORD)
    assert world.accounts.sessions(CLERK.id) == []


def test_who_is_logged_in_is_not_asked_again(client):
    client.log_in(CLERK.id, PASSWORD)
    assert client.get("/login").path == "/account"
    assert client.get("/login?next=/register").path == "/register"


@pytest.mark.parametrize("to", ["//other.example", "https://other.example/", "\\\\other.example"])
def test_a_login_leads_nowhere_else(client, to):
    form = client.get("/login").form("/login")
    answer = client.http.post(
        "/login", data={**form.fields, "officer": CLERK.id, "password": PASSWORD, "next": to}
    )
    assert answer.location == "/account"


def test_logout_ends_the_session_at_the_node(client, world):
    client.log_in(CLERK.id, PASSWORD)
    page = client.submit(client.get("/account").form("/logout"))
    assert page.path == "/login"
    assert world.accounts.sessions(CLERK.id) == []
    assert client.http.get("/register").status_code == 303


# -- the locked screen


def go_idle(world):
    world.clock.go(seconds=IDLE_MS / 1000 + 1)


def test_the_lock_gives_the_page_back(client, world):
    client.log_in(CLERK.id, PASSWORD)
    go_idle(world)
    page = client.get("/register?draft=7")
    assert page.path == "/locked"
    assert "王丽" in page.text
    page = client.submit(page.form("/locked"), _unlock="guess", status=401)
    assert page.errors == ["口令不对。看看大写锁定和输入法,再输一次。"]
    page = client.submit(page.form("/locked"), _unlock=PASSWORD)
    assert (page.path, page.h1) == ("/register", "登记")


def test_a_form_sent_to_a_locked_screen_is_kept_and_goes_on_in_one_step(client, world):
    client.log_in(CLERK.id, PASSWORD)
    form = client.get("/register").form("")
    go_idle(world)
    page = client.submit(form, name="李秀英", status=401)
    assert world.sent == []
    assert "刚才填的都还在" in page.text
    page = client.submit(page.form("/register"), _unlock="guess", status=401)
    assert world.sent == []
    client.http.post("/register", data={**page.form("/register").fields, "_unlock": PASSWORD})
    assert [sent["name"] for sent in world.sent] == [["李秀英"]]


def test_several_values_of_one_name_are_all_kept(client, world):
    client.log_in(CLERK.id, PASSWORD)
    form = client.get("/register").form("").fields
    go_idle(world)
    page = client.http.post("/register", data={**form, "kinds": ["a", "b"]})
    assert page.text.count('name="kinds"') == 2


def test_a_forged_form_does_not_unlock(client, world):
    client.log_in(CLERK.id, PASSWORD)
    go_idle(world)
    answer = client.http.post("/register", data={"_unlock": PASSWORD, "name": "x"})
    assert answer.status_code == 403
    assert world.sent == []
    assert client.get("/register").path == "/locked"


def test_unlocking_gives_no_right_that_was_not_there(client, world):
    client.log_in(LEAD.id, PASSWORD)
    form = client.get("/register").form("").fields
    go_idle(world)
    answer = client.http.post("/register", data={**form, "_unlock": PASSWORD})
    assert answer.status_code == 403
    assert world.sent == []


def test_the_button_locks_at_once_and_keeps_the_page(client, world):
    client.log_in(CLERK.id, PASSWORD)
    page = client.get("/register")
    page = client.submit(page.form("/lock"))
    assert page.path == "/locked"
    assert client.submit(page.form("/locked"), _unlock=PASSWORD).path == "/register"


def test_our_script_locks_and_unlocks_without_loading_the_page(client, world):
    client.log_in(CLERK.id, PASSWORD)
    headers = {**JSON, "X-Form-Token": client.get("/register").form("/lock").fields["_token"]}
    assert client.http.post("/lock", headers=headers).status_code == 204
    assert client.http.post("/register", headers=headers).json["code"] == "web.locked"
    wrong = client.http.post("/locked", headers=headers, data={"_unlock": "guess"})
    assert (wrong.status_code, wrong.json["code"]) == (401, "account.wrong_password")
    assert client.http.post("/locked", headers=headers, data={"_unlock": PASSWORD}).status_code == 204
    assert client.get("/register").h1 == "登记"


def test_who_is_not_logged_in_cannot_be_locked_or_unlocked(client):
    token = client.get("/login").form("/login").fields["_token"]
    assert client.get("/locked").path == "/login"
    assert client.http.post("/lock", data={"_token": token}).status_code == 303
    assert client.http.post("/locked", data={"_token": token, "_unlock": PASSWORD}).status_code == 401


def test_a_form_sent_without_a_session_says_to_log_in(client):
    assert client.http.post("/register", data={"name": "x"}).status_code == 401


def test_a_form_that_comes_after_the_session_ended_says_where_the_typed_words_are(client, world):
    client.log_in(CLERK.id, PASSWORD)
    form = client.get("/register").form()
    world.accounts.end_all(CLERK.id)
    page = client.submit(form, status=401)
    assert "登录已经结束" in page.text
    assert "「返回」" in page.text
    assert page.link("登录") == "/login"
    assert world.sent == []


# -- a form whose login has ended is not done, and nothing of it is lost


@pytest.fixture
def left(client, world):
    """王丽's form, open in her browser after her login has ended."""
    client.log_in(CLERK.id, PASSWORD)
    form = client.get("/opinion").form("/opinion")
    world.accounts.end_all(CLERK.id)
    return form


def as_clerk(page):
    return next(f for f in page.forms if "_unlock" in f.names)


@pytest.mark.parametrize("browser", ["same", "started anew"])
def test_what_was_written_comes_back_after_login_and_is_sent_by_the_person(client, world, left, browser):
    if browser == "started anew":  # it has forgotten the cookie, and shows its pages of last time
        client = PageClient(world.app)
    page = client.submit(left, name="李秀英,情况属实", status=401)
    assert page.h1 == "登录已经结束"
    assert "王丽" in page.text
    assert "刚才写的都还在" in page.text
    page = client.submit(as_clerk(page), _unlock="guess", status=401)
    assert page.errors == ["口令不对。看看大写锁定和输入法,再输一次。"]
    page = client.submit(as_clerk(page), _unlock=PASSWORD)
    assert (page.path, page.h1) == ("/opinion", "登记")
    assert page.form("/opinion").fields["name"] == "李秀英,情况属实"
    assert "还没有办" in page.text
    assert world.sent == []  # never by itself
    client.http.post("/opinion", data=page.form("/opinion").fields)
    assert [sent["name"] for sent in world.sent] == [["李秀英,情况属实"]]


def test_who_has_logged_in_again_elsewhere_is_shown_his_form_again_at_once(client, world, left):
    client.log_in(CLERK.id, PASSWORD)
    page = client.submit(left, name="李秀英")
    assert page.form("/opinion").fields["name"] == "李秀英"
    assert "还没有办" in page.text
    assert world.sent == []


def test_another_officer_is_told_whose_form_it_is_and_cannot_send_it_as_his_own(client, world, left):
    world.accounts.set_password(LEAD.id, "another made-up one")
    client.log_in(LEAD.id, "another made-up one")
    page = client.submit(left, name="李秀英", status=401)
    assert "这一页是王丽写的" in " ".join(page.text.split())
    assert "现在登录的是李强" in page.text
    page = client.submit(as_clerk(page), _unlock="another made-up one", status=401)  # his own opens nothing
    assert world.sent == []
    page = client.submit(as_clerk(page), _unlock=PASSWORD)
    assert page.form("/opinion").fields["name"] == "李秀英"
    assert "王丽" in page.root.classed("who")[0].text


def test_another_officers_locked_screen_gives_the_form_to_who_wrote_it_alone(client, world, left):
    client.log_in(LEAD.id, PASSWORD)
    go_idle(world)
    page = client.submit(left, name="李秀英", status=401)
    assert "王丽" in page.text
    assert client.submit(as_clerk(page), _unlock=PASSWORD).form("/opinion").fields["name"] == "李秀英"
    assert world.sent == []


def test_every_value_is_kept_but_passwords_and_photos_which_the_page_says(client, world, left):
    sent = {**left.fields, "kinds": ["a", "b"], "password": "hidden words", "_unlock": "hidden words"}
    answer = client.http.post("/opinion", data={**sent, "photo": (io.BytesIO(b"picture"), "a.jpg")})
    assert answer.text.count('name="kinds"') == 2
    assert "hidden words" not in answer.text
    assert "照片要再选一次" in answer.text
    assert "picture" not in answer.text


def test_an_empty_choice_of_photos_is_not_said_to_be_lost(client, world, left):
    answer = client.http.post("/opinion", data={**left.fields, "photo": (io.BytesIO(), "")})
    assert "刚才写的都还在" in answer.text
    assert "照片要再选一次" not in answer.text


def test_what_comes_back_opens_only_with_the_right_that_it_needs(client, world):
    client.log_in(LEAD.id, PASSWORD)
    form = client.get("/opinion").form("/opinion").fields
    world.accounts.end_all(LEAD.id)
    page = read_page(client.http.post("/opinion/clerks", data=form))
    sent = {**as_clerk(page).fields, "_unlock": PASSWORD}
    assert client.http.post("/opinion/clerks", data=sent).status_code == 403
    assert world.sent == []


@pytest.mark.parametrize("token", ["", "forged", "伪造"])
def test_a_form_of_no_login_of_this_node_is_not_kept(client, world, token):
    """Another site's form, sent from an officer's browser: what it says is never shown as his."""
    for sent in ({"_token": token}, {"_written": token}):
        answer = client.http.post("/opinion", data={**sent, "name": "planted"})
        assert answer.status_code == 401
        assert "planted" not in answer.text
    client.log_in(CLERK.id, PASSWORD)
    for sent in ({"_token": token}, {"_written": token}):
        answer = client.http.post("/opinion", data={**sent, "name": "planted"})
        assert answer.status_code == 403
        assert "planted" not in answer.text
    assert world.sent == []


def test_a_form_marked_as_left_is_shown_again_even_if_the_login_still_goes_on(client, world):
    client.log_in(CLERK.id, PASSWORD)
    form = client.get("/opinion").form("/opinion").fields
    answer = client.http.post("/opinion", data={**form, "_written": form["_token"], "name": "李秀英"})
    assert read_page(answer).form("/opinion").fields["name"] == "李秀英"
    assert world.sent == []


def test_a_form_too_long_to_be_carried_says_where_the_typed_words_are(client, world, left):
    page = client.submit(left, name="x" * (MOST_KEPT + 1), status=401)
    assert "「返回」" in page.text
    assert len(page.source) < 20_000


def test_a_form_of_who_works_here_no_more_is_not_kept(client, world, left):
    world.accounts.people.officers.pop(CLERK.id)
    assert "登录已经结束" in client.submit(left, name="李秀英", status=401).text


def test_our_script_is_answered_as_before(client, world, left):
    answer = client.http.post("/opinion", headers=JSON, data=left.fields)
    assert (answer.status_code, answer.json["code"]) == (401, "web.log_in")


# -- the forgotten password


def test_a_village_without_a_network_sets_a_new_password_over_the_telephone():
    key = bytes(range(50, 82))
    world = make_world(AGENT, node=FakeNode(name="双河村便民服务代办点"), reset_keys=lambda: [key])
    client = PageClient(world.app)
    page = client.get(client.get("/login").link("忘记口令"))
    page = client.submit(page.form("/forgotten"), officer=AGENT.id)
    assert "双河村便民服务代办点" in page.text
    [shown] = page.root.classed("dictation")
    challenge = shown.text.replace(" ", "")
    assert len(challenge) == 8
    answer = reset_answer(key, challenge, AGENT.id)
    page = client.submit(page.form(), answer=answer, new="chosen by me", again="chosen by m", status=400)
    assert page.errors == ["两次输入的新口令不一样。请再输一次。"]
    assert page.form().fields["answer"] == answer
    page = client.submit(
        page.form(), answer=answer[::-1], new="chosen by me", again="chosen by me", status=401
    )
    assert page.errors[0].startswith("回复码不对")
    page = client.submit(
        page.form(), answer=f"{answer[:4]} {answer[4:]}", new="chosen by me", again="chosen by me"
    )
    assert page.path == "/login"
    assert "新口令已经设好" in page.text
    assert client.submit(page.form("/login"), password="chosen by me").path == "/account"


def test_an_answer_that_is_late_leads_back_to_a_new_code(client, world):
    page = client.submit(client.get("/forgotten").form("/forgotten"), officer=CLERK.id)
    form = page.form()
    world.clock.go(hours=3)
    page = client.submit(form, answer="12345678", new="chosen by me", again="chosen by me", status=400)
    assert page.errors == ["核对码已过期。请重新取一个核对码,再打电话。"]


def test_where_no_one_above_can_help_the_page_says_who_can():
    client = PageClient(make_world().app)
    assert "管理员" in client.get("/forgotten").text
    token = client.get("/login").form("/login").fields["_token"]
    assert client.http.post("/forgotten", data={"_token": token, "officer": CLERK.id}).status_code == 400
    assert client.http.get(f"/forgotten/{CLERK.id}").status_code == 400


@pytest.mark.parametrize("officer", ["nobody", CLERK.id])
def test_there_is_no_reset_page_before_a_code_was_drawn(client, officer):
    assert client.get(f"/forgotten/{officer}", status=400)
