"""Nothing that an officer wrote is lost when his login has ended: each page that takes words shows them again.

What the login frame does with such a form stands in test_login.py; here are the pages themselves, in the real programs.
"""

from __future__ import annotations

import pytest

from common.case import commands as c
from common.web.rights import right_of
from tests.county import build_county
from tests.desks import Journey
from tests.hub import PASSWORD
from tests.page import PageClient
from tests.programs import Programs

WORDLESS = {
    "account.change_password": "passwords alone",
    "account.set_password": "passwords alone",
    "substitutes.switch_on": "passwords alone",
    "account.end_others": "a button",
    "account.answer_telephone": "digits that somebody reads out again",
    "cases.do_rate": "the villager's own words and score, which no officer is shown (R-802)",
    "cases.reveal": "a button",
    "papers.fetch": "a button",
    "people.import_list": "a file alone",
    "registration.drop": "a button",
    "web.sync_now": "a button",
    "worklists.take": "ticks",
}
"""Forms in which no officer writes anything that he would miss."""


@pytest.fixture
def programs(tmp_path):
    return Programs(build_county(tmp_path))


@pytest.fixture
def county(programs):
    return programs.county


def left_open(programs, node, name: str, path: str, action: str | None = None):
    """(the browser, the form that stood open on this page when the officer's login ended)."""
    client = programs.client(node, name)
    page = client.get(path)
    form = next(
        f
        for f in page.forms
        if f.element.inside("main") and f.method == "post" and action in (None, f.action)
    )
    programs.program(node).accounts.end_all(programs.officer(node, name).id)
    return client, form


def logged_in_again(client: PageClient, form, **written):
    """Sends the form, and gives the password; the page that comes."""
    button = form.buttons[0].text
    page = client.submit(form, status=401, button=button, **written)
    assert page.h1 == "登录已经结束"
    page = client.submit(next(f for f in page.forms if "_unlock" in f.names), _unlock=PASSWORD)
    assert "这一页还没有办" in page.text
    return page


def pos(*nodes) -> list[int]:
    return [node.store.ledger.pos() for node in nodes]


def form_with(page, name: str):
    return next(f for f in page.forms if name in f.names)


def test_every_page_that_takes_words_can_show_them_again(programs, county):
    for node in (county.village, county.township, county.hub):
        app = programs.app(node)
        forgets = {
            rule.endpoint
            for rule in app.url_map.iter_rules()
            if "POST" in rule.methods
            and not rule.rule.startswith("/api/")
            and right_of(app.view_functions[rule.endpoint]) not in ("public", "sync")
            and not hasattr(app.view_functions[rule.endpoint], "__shown_again__")
        }
        assert forgets <= set(WORDLESS), forgets - set(WORDLESS)


def test_an_opinion_comes_back_with_what_has_happened_since(programs, county):
    journey = Journey.start(county)
    journey.at_township(c.AcceptCase())
    client, form = left_open(programs, county.township, "王丽", f"/cases/{journey.number}/report-up")
    journey.at_township(c.SuspendCase("等法院判决"))
    journey.at_township(c.RestartCase())
    before = pos(county.township)
    page = logged_in_again(client, form, opinion="符合条件,建议准予")
    assert form_with(page, "opinion").fields["opinion"] == "符合条件,建议准予"
    assert "你打开这一页以后,这件又有了新的动作" in page.text
    assert "等法院判决" in page.text
    assert pos(county.township) == before
    page = client.submit(form_with(page, "opinion"))
    assert "已上报,等对方接收" in page.text


def test_an_opinion_on_a_case_that_has_gone_on_can_still_be_copied(programs, county):
    journey = Journey.start(county)
    client, form = left_open(programs, county.township, "王丽", f"/cases/{journey.number}/accept")
    journey.at_township(c.AcceptCase())
    page = logged_in_again(client, form, note="材料当面看过")
    assert "现在不能受理" in page.text
    assert "材料当面看过" in page.text


def test_the_grounds_of_a_decision_come_back_and_the_password_does_not(programs, county):
    journey = Journey.start(county, "MZ-003")
    journey.at_township(c.AcceptCase())
    path = f"/cases/{journey.number}/decide"
    client, form = left_open(programs, county.township, "王丽", path)
    before = pos(county.township)
    page = logged_in_again(client, form, result="refused", reasons="家庭收入超过标准")
    assert form_with(page, "reasons").fields["reasons"] == "家庭收入超过标准"
    assert form_with(page, "reasons").fields["result"] == "refused"
    assert pos(county.township) == before


def test_an_application_comes_back_as_typed_and_is_kept_once_it_is_sent_again(programs, county):
    client = programs.client(county.village, "陈会计")
    form = form_with(client.get("/register/MZ-005"), "applicant_name")
    programs.program(county.village).accounts.end_all(programs.officer(county.village, "陈会计").id)
    salt = client.page.path.rpartition("/")[2]
    page = logged_in_again(client, form, applicant_name="王秀英")
    assert form_with(page, "applicant_name").fields["applicant_name"] == "王秀英"
    assert county.village.store.local.draft(salt) is None
    client.submit(form_with(page, "applicant_name"), button="存下")
    assert county.village.store.local.draft(salt).data["inputs"]["applicant_name"] == ["王秀英"]


def test_a_correction_comes_back_and_is_not_handed_in_by_itself(programs, county):
    journey = Journey.start(county)
    wanted = ({"what": "申请表「联系电话」", "why": "打不通", "field": "mobile"},)
    journey.at_township(c.AskCorrection(wanted))
    county.level()
    path = f"/cases/{journey.made.id}/hand-in"
    client, form = left_open(programs, county.village, "陈会计", path)
    before = pos(county.village)
    page = client.submit(form, status=401, button="交上去", mobile="13900000002", _note="号码换了")
    page = client.submit(form_with(page, "_unlock"), _unlock=PASSWORD)
    assert form_with(page, "_note").fields["mobile"] == "13900000002"
    assert form_with(page, "_note").fields["_note"] == "号码换了"
    assert pos(county.village) == before


def test_an_appointment_a_slip_and_a_revocation_come_back(programs, county):
    hub, before = county.hub, pos(county.hub)
    machine = county.township.id
    for path, action, name, words in (
        ("/people/appoint", "/people/appoint", "name", "周新来"),
        ("/slips", "/slips", "addresses", "http://192.168.1.5:8000"),
        ("/slips", "/slips/url", "url", "https://bm.example"),
        (
            f"/nodes/{county.township.office}",
            f"/nodes/{county.township.office}/{machine}/revoke",
            f"reason.{machine}",
            "机器被偷",
        ),
    ):
        client, form = left_open(programs, hub, "何开明", path, action)
        page = logged_in_again(client, form, **{name: words})
        assert form_with(page, name).fields[name] == words
    assert pos(hub) == before


def test_what_a_villager_rates_is_shown_to_no_officer(programs, county):
    journey = Journey.start(county, "MZ-003")
    journey.at_township(c.AcceptCase())
    journey.at_township(c.DecideCase(granted=True))
    county.level()
    journey.do(county.village, "陈会计", c.Deliver("agent", "王芳", "本人"))
    client, form = left_open(programs, county.village, "陈会计", f"/cases/{journey.number}/rate")
    page = client.submit(form, status=401, button="非常不满意", text="跑了三趟")
    assert "跑了三趟" not in page.source
