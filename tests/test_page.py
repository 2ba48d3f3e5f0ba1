"""The page test helper finds what it is there to find."""

from __future__ import annotations

import pytest
from flask import Flask, Response, redirect, request

from common.web.app import HEADERS
from tests.page import PageClient, check_page

GOOD = """<!doctype html><html lang="zh-CN"><head><title>登记 · 村</title></head><body><main><h1>登记</h1>
<form method="post" action="/to"><input type="hidden" name="_token" value="t">
<label for="a">姓名</label><input id="a" name="name" value="李"><textarea name="why" aria-label="理由">
为何</textarea>
<select name="place" aria-label="村"><option value="1">甲<option value="2" selected>乙</select>
<label><input type="checkbox" name="kinds" value="x" checked>甲</label>
<label><input type="checkbox" name="kinds" value="y">乙</label>
<button name="act" value="go">报送</button></form></main></body></html>"""


def answer(html: str, **headers: str):
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: Response(html, headers={**HEADERS, **headers}))
    return app.test_client().get("/")


def test_a_good_page_passes():
    page = check_page(answer(GOOD))
    assert (page.title, page.h1, page.form().action) == ("登记 · 村", "登记", "/to")


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("<!doctype html>", "", "no doctype"),
        ('lang="zh-CN"', 'lang="en"', "language"),
        ("<title>登记 · 村</title>", "<title> · 村</title>", "no title"),
        ("<h1>登记</h1>", "<h2>登记</h2>", "0 h1"),
        ("<h1>登记</h1>", "<h1>一</h1><h1>二</h1>", "2 h1"),
        ("<main>", "<main></main><main>", "not one main"),
        ('<label for="a">', '<label for="b">', "no label: <input name=name>"),
        (' aria-label="理由"', "", "no label: <textarea name=why>"),
        ('value="t"', 'value=""', "without its token"),
        ('name="_token"', 'name="_tok"', "without its token"),
        ("<h1>", '<p id="a"></p><h1>', "id a is given 2 times"),
        ("<h1>", '<img src="https://other.example/x.png" alt=""><h1>', "outside address"),
        ("<h1>", '<a href="//other.example">x</a><h1>', "outside address"),
        ("<h1>", '<a href="javascript:alert(1)">x</a><h1>', "outside address"),
        ("<h1>", "<script>alert(1)</script><h1>", "a script in the page"),
        ("<h1>", "<style>p{}</style><h1>", "a style in the page"),
        ("<h1>", '<p style="color:red">x</p><h1>', "<p style=...> is blocked"),
        ("<h1>", '<p onclick="x()">x</p><h1>', "<p onclick=...> is blocked"),
        ("<h1>", '<iframe src="/x"></iframe><h1>', "<iframe> is blocked"),
        ("<h1>", '<img src="/x"><h1>', "without alt"),
        ("报送", "", "<button> says nothing"),
        ("<h1>", '<a href="#nowhere">x</a><h1>', "leads nowhere"),
        ("<h1>", '<p aria-describedby="b">x</p><h1>', "names nothing"),
        ("</h1>", "</p>", "closes nothing"),
        ("<h1>", "<div><h1>", "is closed by"),
        ('name="name"', 'name="name" name="x"', "has name twice"),
    ],
)
def test_what_is_wrong_with_a_page_is_named(good, bad, said):
    assert good in GOOD
    with pytest.raises(AssertionError, match="(?s)" + said.replace(".", r"\.")):
        check_page(answer(GOOD.replace(good, bad, 1)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Security-Policy", ""),
        ("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'"),
        ("X-Content-Type-Options", ""),
        ("Cache-Control", "max-age=60"),
    ],
)
def test_a_page_without_its_headers_is_caught(name, value):
    with pytest.raises(AssertionError):
        check_page(answer(GOOD, **{name: value}))


def test_a_form_sends_what_a_browser_would_send():
    assert check_page(answer(GOOD)).form().fields.to_dict(flat=False) == {
        "_token": ["t"],
        "name": ["李"],
        "why": ["为何"],
        "place": ["2"],
        "kinds": ["x"],
    }


@pytest.fixture
def client():
    app = Flask(__name__)
    app.sent = []

    @app.after_request
    def headers(response):
        response.headers.update(HEADERS)
        return response

    @app.get("/")
    def form():
        return GOOD

    @app.post("/to")
    def to():
        app.sent.append(request.form.to_dict(flat=False))
        return redirect("/", 303)

    return PageClient(app)


def test_the_client_types_presses_and_follows(client):
    page = client.submit(client.get("/").form(), button="报送", name="王芳", kinds=["x", "y"])
    assert page.h1 == "登记"
    [sent] = client.http.application.sent
    assert (sent["name"], sent["kinds"], sent["act"], sent["place"]) == (["王芳"], ["x", "y"], ["go"], ["2"])


def test_the_client_types_only_where_there_is_an_input(client):
    with pytest.raises(AssertionError, match="no input 'age'"):
        client.submit(client.get("/").form(), age="80")
    with pytest.raises(AssertionError, match="no button"):
        client.submit(client.get("/").form(), button="删去")


def test_the_client_wants_the_status_that_was_named(client):
    with pytest.raises(AssertionError, match="answered 404"):
        client.get("/nothing")


def test_the_words_of_a_page_are_those_that_are_shown():
    html = GOOD.replace(
        "<h1>", "<p hidden>暗</p><template><p>模</p></template><dialog><p>框</p></dialog><h1>"
    )
    assert check_page(answer(html)).text == "登记 姓名 为何 甲 乙 甲 乙 报送"
