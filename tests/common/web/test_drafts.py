"""Drafts that stand open twice: no save wipes what its page has not seen, and no page is told so without cause."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.case import commands as c
from common.web.registration.versions import Order, Stamp, Version
from tests.common.web.test_registration import Table
from tests.desks import Journey
from tests.hub import PASSWORD
from tests.page import PageClient
from tests.programs import Programs
from tests.registering import file


@pytest.fixture
def table(county):
    return Table(county, county.village)


@pytest.fixture
def older(table):
    """A page with a draft that another page has gone on with since."""
    table.begin()
    page = table.send("存一下", applicant_name="王秀英", mobile="13812345678")
    table.client.get(table.path)
    table.send("存一下", mobile="13900000002")
    table.client.page = page
    return table


def typed(table, name: str) -> str | None:
    return table.draft.data["inputs"].get(name, [None])[0]


def save(table, page: dict, number: int | None = None, **written):
    """The script's save of a page's form: as its n-th."""
    fields = {**page, **written}
    if number is not None:
        fields["_save"] = f"{page['_save'].partition('.')[0]}.{number}"
    return table.client.http.post(table.path, data=fields, headers={"Accept": "application/json"})


# -- an older page


def test_a_save_from_an_older_page_is_refused_and_the_newer_version_stays(older):
    before = older.draft
    answer = save(older, older.form.fields, 1, address="向阳村 3 组")
    assert answer.status_code == 409
    assert answer.get_json()["code"] == "draft.stale"
    assert "这一页不是最新的" in answer.get_json()["detail"]
    assert answer.get_json()["differs"] == "联系电话、现居住地址"
    assert older.draft == before


def test_a_plain_form_from_an_older_page_comes_back_with_all_that_was_written(older):
    before = older.draft
    page = older.send("核对", status=409, address="向阳村 3 组")
    assert "这一页不是最新的" in page.text
    assert "两边写得不一样的:联系电话、现居住地址" in page.text
    assert page.link("打开新的那一份") == older.path
    assert (older.form.fields["mobile"], older.form.fields["address"]) == ("13812345678", "向阳村 3 组")
    assert older.draft == before


def test_of_many_differences_the_first_are_named_and_all_are_counted(table):
    table.begin()
    old = table.form.fields
    table.client.get(table.path)
    table.send("存一下", **table.answers())
    answer = save(table, old, 1, applicant_name="李桂芳").get_json()
    assert answer["differs"].startswith("公民身份号码、")
    assert answer["differs"].endswith(" 项")


def test_an_older_page_that_came_back_stays_older(older):
    """It shows what it wrote, and knows no more of the newer version than it did."""
    before = older.draft
    older.send("核对", status=409, address="向阳村 3 组")
    older.send("存一下", status=409)
    assert older.draft == before


def test_the_newer_version_opened_from_an_older_page_is_gone_on_with(older):
    page = older.send("核对", status=409, address="向阳村 3 组")
    older.client.get(page.link("打开新的那一份"))
    assert older.form.fields["mobile"] == "13900000002"
    older.send("存一下", address="向阳村 3 组")
    assert (typed(older, "mobile"), typed(older, "address")) == ("13900000002", "向阳村 3 组")


def test_no_photo_comes_into_or_goes_from_the_newer_version_by_an_older_page(older):
    older.client.get(older.path)
    older.send("存一下", files={"_paper.id": file()}, address="向阳村 3 组")
    pages = older.draft.data["pages"]
    old = {**older.form.fields, "_base": "", "_save": "0123456789abcdef.3", "mobile": "1"}
    older.client.http.post(older.path, data={**old, "_drop_page": f"id {pages['id'][0]['hash']}"})
    older.client.http.post(older.path, data={**old, "_paper.hukou": file()})
    assert older.draft.data["pages"] == pages


def test_two_windows_on_a_draft_that_nobody_has_begun_are_two_pages(table):
    table.begin()
    first, second = table.form.fields, table.client.get(table.path).form(table.path).fields
    assert save(table, first, 1, applicant_name="王秀英").status_code == 200
    assert save(table, second, 1, applicant_name="李桂芳").status_code == 409
    assert typed(table, "applicant_name") == "王秀英"


def test_a_form_that_names_no_version_changes_no_draft(older):
    before = older.draft
    token = older.form.fields["_token"]
    older.client.http.post(older.path, data={"_token": token, "applicant_name": "李桂芳"})
    assert older.draft == before


def test_an_older_page_deletes_no_newer_draft(older):
    form = next(f for f in older.client.page.forms if f.action.endswith("/drop"))
    page = older.client.submit(form, status=409)
    assert "这一页不是最新的" in page.text
    assert older.draft is not None


def test_what_came_back_after_login_knows_no_newer_version(county):
    programs = Programs(county)
    client = programs.client(county.village, "陈会计")
    page = client.get("/register/MZ-005")
    client.submit(page.form(page.path), button="存一下", applicant_name="王秀英")
    old = client.page.form(page.path)
    client.submit(client.get(page.path).form(page.path), button="存一下", mobile="13900000002")
    programs.program(county.village).accounts.end_all(programs.officer(county.village, "陈会计").id)
    client.submit(old, status=401, button="存一下", address="向阳村 3 组")
    again = client.submit(next(f for f in client.page.forms if "_unlock" in f.names), _unlock=PASSWORD)
    assert again.form(page.path).fields["address"] == "向阳村 3 组"
    shown = client.submit(again.form(page.path), status=409, button="存一下")
    assert "两边写得不一样的:联系电话、现居住地址" in shown.text


def test_a_correction_from_an_older_page_is_not_handed_in(county):
    programs = Programs(county)
    journey = Journey.start(county)
    wanted = ({"what": "申请表「联系电话」", "why": "打不通", "field": "mobile"},)
    journey.at_township(c.AskCorrection(wanted))
    county.level()
    path = f"/cases/{journey.made.id}/hand-in"
    older, newer = (programs.client(county.village, "陈会计") for _ in range(2))
    old = older.get(path).form(path)
    newer.submit(newer.get(path).form(path), button="存一下", _note="号码换了")
    before = county.village.store.ledger.pos()
    page = older.submit(old, status=409, button="交上去", mobile="13900000002")
    assert "两边写得不一样的:联系电话、说明" in page.text
    assert page.form(path).fields["mobile"] == "13900000002"
    assert county.village.store.ledger.pos() == before
    assert newer.get(path).form(path).fields["_note"] == "号码换了"


def test_what_changed_since_it_was_checked_is_checked_again_before_it_is_registered(table):
    table.fill_in()
    checked = table.check()
    other = PageClient(table.app)
    other.log_in(table.officer, PASSWORD)
    other.submit(other.get(table.path).form(table.path), button="存一下", mobile="13900000002")
    table.client.page = table.page = checked
    page = table.register()
    assert page.h1 == "核对"
    assert "还没有登记" in page.source
    assert "13900000002" in page.text
    assert table.node.store.views.counts()[0] == 0
    table.register()
    assert table.node.store.views.counts()[0] == 1


# -- no alarm without cause


def test_a_save_whose_answer_was_lost_is_sent_again_and_taken(table):
    table.begin()
    page = table.form.fields
    assert save(table, page, 1, applicant_name="王").status_code == 200
    assert save(table, page, 1, applicant_name="王").status_code == 200
    assert save(table, page, 2, applicant_name="王秀英").status_code == 200
    assert typed(table, "applicant_name") == "王秀英"


def test_a_save_that_comes_after_a_later_one_of_its_page_changes_nothing(table):
    table.begin()
    page = table.form.fields
    save(table, page, 2, applicant_name="王秀英")
    assert save(table, page, 1, applicant_name="王").status_code == 200
    assert typed(table, "applicant_name") == "王秀英"


def test_a_photo_that_comes_late_is_taken_and_what_was_typed_since_stays(table):
    table.begin()
    page = table.form.fields
    save(table, page, 2, applicant_name="王秀英")
    assert save(table, page, 1, **{"_paper.id": file()}).status_code == 200
    assert typed(table, "applicant_name") == "王秀英"
    assert len(table.draft.data["pages"]["id"]) == 1


def test_a_plain_form_sent_twice_or_again_by_the_back_button_is_taken(table):
    table.begin()
    page = table.page
    table.send("存一下", applicant_name="王")
    table.client.page = page
    table.send("存一下", applicant_name="王秀英")
    assert typed(table, "applicant_name") == "王秀英"


def test_a_save_that_changes_no_word_makes_no_version(table):
    """Who only looked at the draft elsewhere, or took a photo for it there, disturbs nobody."""
    table.begin()
    save(table, table.form.fields, 1, applicant_name="王秀英")
    mine, looking = table.form.fields, table.client.get(table.path).form(table.path).fields
    assert save(table, looking, 1, **{"_paper.id": file()}).status_code == 200
    assert save(table, mine, 2, applicant_name="王秀英", mobile="13900000002").status_code == 200
    assert save(table, {**looking, "mobile": "13900000002"}, 2).status_code == 200  # says what is kept anyway


def test_a_repeat_that_comes_after_another_page_was_served_makes_that_page_no_older(table):
    table.begin()
    page = table.form.fields
    save(table, page, 1, applicant_name="王秀英")
    served = table.client.get(table.path).form(table.path).fields
    save(table, page, 2, applicant_name="王秀英")
    assert save(table, served, 1, mobile="13900000002").status_code == 200
    assert typed(table, "mobile") == "13900000002"


def test_a_draft_that_was_given_up_elsewhere_is_kept_anew_by_a_page_that_is_still_typed_on(older):
    client = PageClient(older.app)
    client.log_in(older.officer, PASSWORD)
    page = client.get(older.path)
    client.submit(next(f for f in page.forms if f.action.endswith("/drop")))
    assert older.draft is None
    assert save(older, older.form.fields, 1).status_code == 200
    assert typed(older, "mobile") == "13812345678"


# -- the law


@pytest.mark.parametrize(
    "text", [None, "", "x", "0123456789abcdef", "0123456789ABCDEF.1", "0123456789abcdef.٣", "0" * 99]
)
def test_what_names_no_version_is_none(text):
    assert Version.read(text) is None


@given(st.lists(st.tuples(st.sampled_from("open write repeat late".split()), st.integers(0, 3)), max_size=40))
def test_each_kept_save_knew_all_that_was_kept_before_it(steps):
    """Pages are opened and save in any order: what a save replaces, its page had been served with or had written."""
    kept: Version | None = None
    last = 0
    pages: dict[int, Stamp] = {}
    knows: dict[str, set[Version | None]] = {}
    for act, who in steps:
        if act == "open" or who not in pages:
            pages[who] = stamp = Stamp.new(kept)
            knows[stamp.save.page] = {None, kept}
        stamp = pages[who]
        if act == "open":
            continue
        number = stamp.save.number - 1 if act == "late" else stamp.save.number + 1
        sent = Stamp(stamp.base, Version(stamp.save.page, max(0, number)))
        if act != "late":
            pages[who] = sent
        order = sent.order(kept, last)
        if order is Order.NEXT:
            assert kept in knows[sent.save.page]
            kept, last = sent.after(kept, last, changed=act != "repeat")
            knows[sent.save.page].add(kept)
        elif order is Order.STALE:
            assert kept not in knows[sent.save.page]
        else:
            assert act == "late"
