"""The parts that all pages are made of, looked at in the style guide."""

from __future__ import annotations

import pytest
from flask import render_template_string

from tests.page import PageClient
from tests.style_guide.app import FORM, TYPED, make_guide
from tests.web_app import AGENT, CLERK, PASSWORD

PAGES = [
    "/", "/worklist", "/worklist?empty", "/case", "/form", "/form?wrong", "/parts", "/document", "/document?draft",
    "/slip", "/account",
]  # fmt: skip


@pytest.fixture(scope="module")
def village():
    world = make_guide()
    client = PageClient(world.app)
    client.log_in(AGENT.id, PASSWORD)
    return client


@pytest.fixture(scope="module")
def township():
    world = make_guide(village=False)
    client = PageClient(world.app)
    client.log_in(CLERK.id, PASSWORD)
    return client


def drawn(client, source: str, **values) -> str:
    with client.http.application.test_request_context("/"):
        return render_template_string(source, **values)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_guide_is_a_good_page_big_and_small(village, township, path):
    assert village.get(path).root.all("html")[0].get("class").startswith("big")
    assert township.get(path).root.all("html")[0].get("class").startswith("desk")


def test_the_three_truths_have_a_shape_and_words_in_the_same_place_everywhere(village):
    source = '{% from "macros/marks.html" import truth %}{{ truth(kind) }}'
    seen = {
        kind: drawn(village, source, kind=kind)
        for kind in ("here", "stick", "township", "county", "confirmed")
    }
    for kind, words in {
        "here": "只在本机",
        "stick": "已拷U盘,未回执",
        "township": "已传到乡镇",
        "county": "已传到县",
        "confirmed": "已传到县 · 县级确认",
    }.items():
        assert words in seen[kind]
    shapes = {svg.split("</svg>")[0].split("<svg")[1] for svg in seen.values()}
    assert len(shapes) == 5, "told apart without colour and without words"


def test_lamps_have_a_shape_and_a_word_each(village):
    source = '{% from "macros/marks.html" import lamp %}{{ lamp(colour, "还有 1 天") }}'
    seen = [drawn(village, source, colour=colour) for colour in ("green", "yellow", "red")]
    assert ["绿灯" in seen[0], "黄灯" in seen[1], "红灯" in seen[2]] == [True] * 3
    assert len({s.split('focusable="false">')[1].split("</svg>")[0] for s in seen}) == 3
    assert "svg" not in drawn(village, source, colour=None), "R-704"


def test_an_act_without_effect_stands_in_the_trail_with_why_and_who_will_rule(township):
    page = township.get("/case")
    [aside] = page.root.classed("aside")
    assert aside.text == "3月2日 11:00 李强 受理 未生效,待裁定 已传到县 同一时刻王丽已接收此件;由县对账台裁定"


def test_dates_carry_their_full_form_for_hover_and_print(township):
    times = township.get("/case").root.all("time")
    assert times[0].text == "3月2日 周一"
    assert {t.get("title")[:5] for t in times} == {"2026年"}
    assert all(t.get("datetime") for t in times)


def test_where_the_time_went_is_said_in_words_too(township):
    page = township.get("/case")
    [bar] = page.root.classed("time-bar")
    assert bar.all("svg")[0].get("aria-label") == "村 1 天,路上 1 天,乡镇 5 天,群众补材料 7 天"
    widths = [float(rect.get("width")) for rect in bar.all("svg")[0].all("rect")]
    assert sum(widths) == pytest.approx(1000, abs=0.5)


def test_a_document_that_is_not_confirmed_says_so_and_no_seal_is_drawn(township):
    """R-507, design 4"""
    draft, final = township.get("/document?draft").main, township.get("/document").main
    assert "待县级确认" in draft.text
    assert "待县级确认" not in final.text
    assert "(盖章)" in final.text
    assert "系统签名,可核验" in final.text
    assert final.all("img") == []


def test_a_slip_says_that_it_is_no_acceptance(township):
    """R-201"""
    assert "本凭证不是受理通知书" in township.get("/slip").text


# -- forms


def test_all_fields_are_there_with_what_is_optional_said(village):
    page = village.get("/form")
    names = page.form("/form").names
    for field in FORM:
        wanted = field.id if field.type != "table" else f"{field.id}.0.name"
        assert wanted in names, field.type
    labels = [e.text for e in page.root.all("label", "legend")]
    assert "申请人姓名" in labels
    assert "民族 (选填)" in labels


def test_what_was_typed_stays_in_every_kind_of_input(village):
    sent = village.get("/form?wrong").form("/form").fields
    for name, value in TYPED.items():
        if name != "members":
            assert sent.getlist(name) == (value if isinstance(value, list) else [value]), name
    assert sent["members.1.name"] == "欧阳娜娜"
    assert sent["members.0.relation"] == "0"


def test_the_summary_says_the_same_words_as_the_fields_and_jumps_to_them(village):
    page = village.get("/form?wrong")
    assert len(page.errors) == 5
    at_fields = {e.text for e in page.root.classed("error") if e.text}
    assert set(page.errors) == at_fields
    by_id = {e.get("id"): e for e in page.root.walk() if e.get("id")}
    for link in page.root.classed("summary")[0].all("a"):
        assert link.get("href")[1:] in by_id
    assert by_id["f-mobile"].get("aria-invalid") == "true"
    assert by_id["f-mobile"].get("aria-describedby") == "f-mobile-error"


def test_a_table_grows_and_shrinks_by_plain_buttons(village):
    page = village.get("/form")
    form = page.form("/form")
    row = {"members.0.name": "李秀英", "members.0.income": "120"}
    page = village.submit(form, button="加一行", **row)
    form = page.form("/form")
    assert form.fields["members.0.name"] == "李秀英"
    assert "members.1.name" in form.names
    page = village.submit(form, button="删去", **{"members.1.name": "欧阳娜娜"})
    assert page.form("/form").fields["members.0.name"] == "欧阳娜娜"
    for _ in range(4):
        if any("加一行" in b.text for b in page.form("/form").buttons):
            page = village.submit(page.form("/form"), button="加一行")
    assert "members.3.name" in page.form("/form").names
    assert not any("加一行" in b.text for b in page.form("/form").buttons), "full"


def test_papers_that_are_there_already_are_named_and_shown(village):
    source = """{% from "macros/forms.html" import field with context %}
    {{ field(f, {"photo": ["aa", "bb"]}, there={"photo": [("/p/aa", "第 1 张"), ("/p/bb", "第 2 张")]}) }}"""
    seen = drawn(village, source, f=next(f for f in FORM if f.type == "photo"))
    assert seen.count('type="hidden" name="photo"') == 2
    assert 'value="aa"' in seen
    assert 'alt="第 2 张"' in seen


def test_a_field_that_a_condition_closed_is_not_asked_for(village):
    page = village.get("/form")
    [entry] = [e for e in page.root.walk() if e.get("data-field") == "plate"]
    assert "hidden" in entry.attributes


def test_what_people_typed_is_shown_and_never_run(village):
    nasty = '"><script>alert(1)</script>'
    page = village.submit(
        village.get("/form").form("/form"), name=nasty, address=nasty, reason="</textarea>" + nasty
    )
    assert "<script>alert" not in page.source
    assert page.form("/form").fields["name"] == nasty
    assert page.form("/form").fields["reason"] == "</textarea>" + nasty


def test_pages_of_a_list_are_links_that_say_where_they_lead(village):
    source = (
        """{% from "macros/parts.html" import pagination with context %}{{ pagination(page, 3, path) }}"""
    )
    path = "/worklist?page={}".format
    assert "上一页" not in drawn(village, source, page=1, path=path)
    middle = drawn(village, source, page=2, path=path)
    assert 'href="/worklist?page=1"' in middle
    assert 'href="/worklist?page=3"' in middle
    assert "第 2 页,共 3 页" in middle
    assert "下一页" not in drawn(village, source, page=3, path=path)
