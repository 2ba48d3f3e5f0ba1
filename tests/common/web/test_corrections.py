"""What is handed in later: exactly what the notice wants (R-205), and papers that nobody asked for."""

from __future__ import annotations

import io

import pytest

from common.case import label
from common.case.commands import AskCorrection
from common.web.papers_view import papers_of
from tests.common.web.test_registration import PAPERS, Table
from tests.page import PageClient
from tests.registering import app_of, file
from tests.web_app import PASSWORD

WANTED = (
    {"what": "居民户口簿", "why": "缺本人页", "material": "hukou"},
    {"what": "申请表「联系电话」", "why": "打不通", "field": "mobile"},
)


@pytest.fixture
def table(county):
    table = Table(county, county.village)
    table.fill_in(mobile="13812345678")
    table.hand_over(*PAPERS)
    table.check()
    table.register()
    table.case = table.file.id
    county.carry_up(county.village, county.township)
    return table


def ask(table, *wanted):
    """The township's one notice, as it reaches the village."""
    county = table.county
    county.township.act(AskCorrection(wanted or WANTED), county.clerk(county.township), case=table.case)
    county.carry_down(county.township, county.village)
    return f"/cases/{table.case}/hand-in"


def submit(table, page, button=None, files=None, status=200, **fields):
    form = page.form(page.path.partition("?")[0])
    return table.client.submit(form, button=button, files=files, status=status, **fields)


def newest(table, kind: str):
    return [e for e in table.node.case(table.case).events if e.type == kind][-1]


def test_the_page_shows_exactly_what_the_notice_wants_why_and_by_when(table):
    page = table.client.get(ask(table))
    assert page.h1 == "补正"
    assert "缺本人页" in page.text
    assert "最迟" in page.text
    tiles = [tile.get("data-place") for tile in page.root.classed("take")]
    assert tiles == ["hukou"]
    assert "mobile" in page.form(page.path).names
    assert "applicant_name" not in page.form(page.path).names
    assert page.form(page.path).fields["mobile"] == "13812345678"


def test_what_is_to_be_signed_is_printed_from_the_page_that_wants_it(table):
    path = ask(table, {"what": "代办委托书", "why": "没有签名", "material": "proxy"})
    page = table.client.get(table.client.get(path).link("打印代办委托书"))
    assert page.h1 == "代办委托书"
    assert page.link("返回") == path


def test_nothing_is_printed_where_nothing_is_wanted_that_is_signed(table):
    assert "打印" not in table.client.get(ask(table)).root.all("main")[0].text


def test_what_was_wanted_is_handed_in_and_heard_by_the_township(table):
    page = table.client.get(ask(table))
    page = submit(table, page, "存一下", files={"_paper.hukou": file()}, mobile="13900000002")
    page = submit(table, page, "存一下", **{"_seen.hukou": "true"})
    page = submit(table, page, "交上去", _note="本人页补上了")
    assert page.path.startswith("/cases/5113")
    name = table.node.reference.office_name(table.county.township.office)
    assert f"存在本机,同步后传到{name}" in page.text
    body = newest(table, "correction.handed_in").body
    assert [(p["material"], p["original_seen"], p["grade"]) for p in body["papers"]] == [("hukou", True, "B")]
    assert body["form"] == {"mobile": "13900000002"}
    assert body["note"] == "本人页补上了"
    table.county.carry_up(table.county.village, table.county.township)
    assert label(table.county.township.case(table.case).view) == "RECEIVED"
    assert table.node.store.local.draft(table.case[:32]) is None


def test_what_is_brought_to_the_office_that_asked_is_not_said_to_be_on_its_way(table):
    path = ask(table)
    county = table.county
    table.client = PageClient(app_of(county.township))
    table.client.log_in(county.officers[f"{county.township.office} clerk"], PASSWORD)
    page = submit(
        table, table.client.get(path), "存一下", files={"_paper.hukou": file()}, mobile="13900000002"
    )
    page = submit(table, page, "交上去")
    assert "补正材料已收到" in page.text
    assert label(county.township.case(table.case).view) == "RECEIVED"


def test_what_was_taken_is_kept_until_it_is_handed_in(table):
    path = ask(table)
    submit(table, table.client.get(path), "存一下", files={"_paper.hukou": file()}, _note="先拍了一页")
    again = PageClient(app_of(table.county.reopened(table.node)))
    again.log_in(table.officer, PASSWORD)
    page = again.get(path)
    assert "已拍 1 页" in page.text
    assert "先拍了一页" in page.source
    picture = page.root.classed("shots")[0].all("img")[0].get("src")
    assert again.http.get(picture).content_type == "image/jpeg"


def test_less_than_was_wanted_is_handed_in_only_knowingly(table):
    path = ask(table, *WANTED, {"what": "居民身份证", "why": "照片看不清", "material": "id"})
    page = submit(table, table.client.get(path), "存一下", files={"_paper.hukou": file()})
    page = submit(table, page, "交上去")
    assert page.errors == ["还差:居民身份证。补齐再交;确实只有这些的,勾「只有这些,先交」。"]
    page = submit(table, page, "交上去", _partial="true")
    assert [p["material"] for p in newest(table, "correction.handed_in").body["papers"]] == ["hukou"]


def test_nothing_is_handed_in_without_anything(table):
    page = submit(table, table.client.get(ask(table, WANTED[0])), "交上去", _partial="true")
    assert page.errors == ["还没有材料。请拍照,或选一个文件。"]


def test_a_corrected_field_is_checked_and_the_others_are_left_alone(table):
    page = submit(table, table.client.get(ask(table)), "存一下", files={"_paper.hukou": file()}, mobile="123")
    page = submit(table, page, "交上去")
    assert any("「联系电话」:号码不对" in error for error in page.errors)
    assert page.form(page.path).fields["mobile"] == "123"


def test_a_signature_that_was_wanted_fills_in_its_field(table):
    path = ask(table, {"what": "申请人签名", "why": "没有签", "field": "signature"})
    page = submit(table, table.client.get(path), "存一下", files={"_paper.form.signature": file()})
    submit(table, page, "交上去")
    body = newest(table, "correction.handed_in").body
    assert body["form"]["signature"] == {"kind": "sheet", "paper": body["papers"][0]["pages"][0]["hash"]}


def test_a_wrong_file_is_told_at_its_tile(table):
    page = submit(
        table,
        table.client.get(ask(table)),
        "存一下",
        files={"_paper.hukou": (io.BytesIO(b"x"), "x")},
        status=400,
    )
    assert "只收照片" in page.errors[0]


def test_without_a_notice_there_is_nothing_to_correct(table):
    page = table.client.get(f"/cases/{table.case}/hand-in", status=409)
    assert "没有等着补正" in page.text


def test_papers_that_nobody_asked_for_are_added(table):
    page = table.client.get(f"/cases/{table.case}/add-papers")
    assert page.h1 == "补充材料"
    page = submit(table, page, "存一下", files={"_paper.other": file()})
    page = submit(table, page, "附上")
    assert page.errors == ["请写「别的材料」是什么。"]
    submit(table, page, "附上", _name="医院证明")
    body = newest(table, "paper.added").body
    assert [(p["material"], p["name"], p["grade"]) for p in body["papers"]] == [("other", "医院证明", "C")]


def test_a_page_taken_by_mistake_is_taken_away(table):
    path = f"/cases/{table.case}/add-papers"
    page = submit(table, table.client.get(path), "存一下", files={"_paper.id": file()})
    hash = page.root.classed("shots")[0].all("img")[0].get("src").rpartition("/")[2]
    page = submit(table, page, "删掉居民身份证第 1 页")
    assert not page.root.classed("shots")
    assert not papers_of(table.node).here(hash)


def test_an_office_that_has_nothing_to_do_with_the_case_hands_in_nothing(table):
    ask(table)
    stranger = Table(table.county, table.county.other_village)
    assert stranger.client.http.get(f"/cases/{table.case}/hand-in").status_code == 404
