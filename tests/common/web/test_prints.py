"""申请表, 代办委托书 (R-102), 收件凭证 (R-201): of a draft, to be signed, and of a case."""

from __future__ import annotations

import io

import pytest

from common.web.codes import qr_svg
from tests.common.web.test_registration import PAPERS, Table, register
from tests.registering import drawing


@pytest.fixture
def table(county):
    return Table(county, county.village)


def prints(table, paper: str):
    return table.client.get(f"/cases/{table.file.id}/print/{paper}")


def test_the_form_of_a_draft_has_the_answers_and_lines_for_what_is_still_empty(table):
    table.begin()
    table.send("存一下", applicant_name="王秀英", mobile="13812345678")
    page = table.client.get(table.path + "/print/form")
    assert page.h1 == "高龄津贴申领申请表"
    rows = {tr.all("th")[0].text: tr.all("td")[0].text for tr in page.root.classed("answers")[0].all("tr")}
    assert (rows["申请人姓名"], rows["联系电话"], rows["现居住地址"]) == ("王秀英", "13812345678", "")
    assert "登记后填" in page.text
    assert "申请人(签名或按手印)" in page.text
    assert page.root.classed("rule")


def test_a_table_of_the_form_is_printed_as_a_table(table):
    table.begin("MZ-001")
    table.send("存一下", **{"household_members.0.name": "王小英"})
    page = table.client.get(table.path + "/print/form")
    assert page.root.classed("rows")


def test_the_proxy_names_both_sides_the_matter_the_scope_and_what_is_excluded(table):
    table.fill_in("CL-001")
    page = table.client.get(table.path + "/print/proxy")
    assert page.h1 == "代办委托书"
    for words in (
        table.person.name,
        table.person.id_number,
        "陈会计",
        "残疾人证办理(新办)",
        "代为填写申请、交材料",
        "须本人到场、不能代办的：残疾评定须本人到场(可上门评定)",
        "代办不收任何费用",
        "委托人(签名或按手印)",
        "受托人(签名)",
    ):
        assert words in page.text


def test_a_signature_on_the_screen_stands_on_form_and_proxy(table):
    table.fill_in()
    table.send("存一下", files={"_paper.drawing": (io.BytesIO(drawing()), "drawing.png")})
    page = table.client.get(table.path + "/print/proxy")
    (signed,) = page.root.classed("signed")
    assert table.client.http.get(signed.get("src")).content_type == "image/png"
    table.client.get(table.path)
    table.check()
    table.register()
    (signed,) = prints(table, "form").root.classed("signed")
    assert signed.get("src").startswith("/papers/")
    assert table.client.http.get(signed.get("src")).content_type == "image/png"


def test_the_slip_says_what_was_received_and_that_it_is_no_acceptance(table):
    register(table)
    page = prints(table, "slip")
    body = table.body
    assert page.h1 == "收件凭证"
    assert "本凭证不是受理通知书" in page.text
    assert body["number"] in page.text
    assert body["query_code"] in page.text
    assert "陈会计" in page.text
    assert table.person.id_number not in page.source
    assert table.person.id_number[:6] + "**********" + table.person.id_number[-2:] in page.text
    rows = [[td.text for td in tr.all("td")] for tr in page.root.classed("received")[0].all("tr")[1:]]
    assert rows[:3] == [
        ["申请表", "原件", "1 份"],
        ["居民身份证", "照片，已核验原件", "1 页"],
        ["居民户口簿", "照片，已核验原件", "1 页"],
    ]
    assert len(rows) == len(PAPERS)
    assert "2026年3月4日" in page.text


def test_what_was_signed_on_the_screen_is_no_sheet_of_paper_on_the_slip(table):
    table.fill_in()
    table.send("存一下", files={"_paper.drawing": (io.BytesIO(drawing()), "drawing.png")})
    table.check()
    table.register()
    rows = [
        [td.text for td in tr.all("td")]
        for tr in prints(table, "slip").root.classed("received")[0].all("tr")[1:]
    ]
    assert rows == [["申请表", "系统生成，已签名", "—"], ["代办委托书", "系统生成，已签名", "—"]]


def test_the_code_on_the_slip_leads_to_the_countys_public_address_where_one_is_known(table):
    register(table)
    number, code = table.body["number"], table.body["query_code"]
    assert qr_svg(number, "查询码").svg in prints(table, "slip").source
    table.county.hub.publish("hub.addressed", {"url": "https://bm.example.cn"})
    table.county.level()
    assert qr_svg(f"https://bm.example.cn/q/{number}#{code}", "查询码").svg in prints(table, "slip").source


def test_the_slip_fits_a_roll_of_80_mm(table):
    register(table)
    page = prints(table, "slip?width=80")
    assert "slip" in page.root.all("html")[0].get("class").split()
    assert "本凭证不是受理通知书" in page.text


def test_a_practice_countys_prints_say_so(table):
    register(table)
    for paper in ("slip", "form", "proxy"):
        assert "演练" in prints(table, paper).root.text


def test_a_mandate_that_is_still_to_be_signed_is_printed_after_the_registration(table):
    """R-102: without it the case waits for a correction, and the agent has to print what is to be signed."""
    table.fill_in()
    table.check()
    page = table.register()
    assert table.body.get("mandate") is None
    page = table.client.get(page.link("打印代办委托书"))
    assert page.h1 == "代办委托书"
    assert page.link("返回") == f"/registered/{table.file.id}"


def test_there_is_no_proxy_of_a_case_from_the_counter(county):
    table = Table(county, county.township, "clerk")
    table.fill_in()
    table.check()
    table.register("登记")
    assert table.client.http.get(f"/cases/{table.file.id}/print/proxy").status_code == 404
    assert "经办人 王丽" in prints(table, "slip").text


def test_another_villages_node_prints_nothing_of_the_case(county, table):
    register(table)
    case = table.file.id
    stranger = Table(county, county.other_village)
    assert stranger.client.http.get(f"/cases/{case}/print/slip").status_code == 404
