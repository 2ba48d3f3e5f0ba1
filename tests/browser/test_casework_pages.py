"""The case, its acts, worklists and notices in a real Chromium: by keyboard, at three sizes, read by axe, printed."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from common.case import commands as c
from common.papers import Papers
from tests.browser.conftest import DESK, PHONE, WALL
from tests.county import County, build_county
from tests.desks import PASSWORD, Desks, Journey

pytestmark = pytest.mark.browser

LONG_NAME = "买买提艾力·阿卜杜热西提·吐尔逊江"
LONG_TEXT = "经核对,申请人户籍、年龄、银行账户均与所附材料一致。" * 12


def photographs(county: County) -> list[dict]:
    """Real pages for every paper of the high-age allowance, captured in the village."""
    node = county.village
    papers = Papers(node.store.local, node.store.path.parent / "papers", node.now)
    made = []
    for number, material in enumerate(node.reference.edition_in_force("MZ-005").item.materials):
        picture = Image.new("RGB", (600, 840), "#fbfaf4")
        ImageDraw.Draw(picture).rectangle((60, 60, 60 + 80 * (number + 1), 110), fill="#445")
        out = io.BytesIO()
        picture.save(out, "JPEG")
        page = papers.capture(out.getvalue())
        made.append(
            {"material": material.id, "name": material.name, "original_seen": number != 1, "pages": [page]}
        )
    return made


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    return build_county(tmp_path_factory.mktemp("county"))


@pytest.fixture(scope="module")
def desks(county):
    return Desks(county)


@pytest.fixture(scope="module")
def journeys(county):
    """Full, long and wrong: a case with pictures, one with rivals, one that waits, one that is decided."""
    person = {"kind": "person", "name": LONG_NAME, "id_number": "511322194403071226", "phone": "13900000000"}
    full = Journey.start(county, papers=tuple(photographs(county)), applicant=person)
    full.at_township(c.AcceptCase(("id",), LONG_TEXT))
    rival = Journey.start(county, applicant=person)
    county.carry(county.township, county.hub)
    rival.do(county.hub, "何开明", c.TakeOverCase("乡镇断网多日"), county.county)
    rival.at_township(c.AcceptCase())
    waits = Journey.start(county, papers=())
    waits.at_township(c.AskCorrection(({"what": "居民身份证", "why": LONG_TEXT[:52], "material": "id"},)))
    decided = Journey.start(county)
    decided.decided()
    return {"full": full, "rival": rival, "waits": waits, "decided": decided}


def log_in(it, desks, node, name):
    it.log_in(desks.officer(node, name).id, PASSWORD)


def paths(journeys) -> list[str]:
    numbers = [journey.number for journey in journeys.values()]
    full, decided = journeys["full"].number, journeys["decided"].number
    acts = ("report-up", "extend", "note", "terminate", "send-back", "hand-over")
    return [
        *(f"/cases/{number}" for number in numbers),
        *(f"/cases/{full}/{slug}" for slug in acts),
        f"/cases/{journeys['waits'].number}/ask-correction",
        f"/cases/{decided}/receipt",
        "/worklists/todo",
        "/worklists/incoming",
        "/worklists/all",
        "/search?q=511322",
    ]


@pytest.mark.parametrize("size", [DESK, WALL, PHONE], ids=["desk", "wall", "phone"])
def test_nothing_is_blocked_fetched_elsewhere_or_wider_than_the_screen(visit, county, desks, journeys, size):
    with visit(desks.app(county.township), size) as it:
        log_in(it, desks, county.township, "周大勇")
        for path in paths(journeys):
            it.page.goto(path)
            assert it.page.evaluate("document.documentElement.scrollWidth") <= size[0], path


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(visit, county, desks, journeys, axe, size):
    with visit(desks.app(county.township), size, bypass_csp=True) as it:
        log_in(it, desks, county.township, "周大勇")
        for path in paths(journeys):
            it.page.goto(path)
            assert axe(it.page) == [], path


def test_a_worklist_is_worked_by_keys_alone(visit, county, desks, journeys):
    with visit(desks.app(county.township)) as it:
        log_in(it, desks, county.township, "王丽")
        page = it.page
        page.goto("/worklists/todo")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        expect(page.locator("tr.at")).to_have_count(1)
        wanted = page.locator("tr.at").get_attribute("data-href")
        page.keyboard.press("Enter")
        page.wait_for_url("**" + wanted)
        page.goto("/worklists/todo")
        page.keyboard.press("/")
        page.keyboard.type(journeys["full"].number[-7:])
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?**")
        expect(page.locator("tbody tr")).to_have_count(1)
        page.keyboard.press("?")
        expect(page.locator("#help-sheet")).to_be_visible()


def test_a_case_is_accepted_by_keyboard_alone(visit, county, desks):
    journey = Journey.start(county)
    with visit(desks.app(county.township)) as it:
        log_in(it, desks, county.township, "王丽")
        page = it.page
        page.goto(f"/cases/{journey.number}")
        page.locator(".main-act a").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/accept")
        page.locator("main form button.act").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/cases/{journey.number}")
        expect(page.locator(".said")).to_contain_text("已受理")


def test_several_offers_are_selected_and_taken_by_keys(visit, county, desks):
    for _ in range(2):
        Journey.start(county).to_county()
    with visit(desks.app(county.hub)) as it:
        log_in(it, desks, county.hub, "罗小兰")
        page = it.page
        page.goto("/worklists/incoming")
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(page.locator("[data-chosen]")).to_have_text("选中 2 件")
        page.locator("#take button").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/worklists/incoming")
        expect(page.locator(".said")).to_contain_text("已接收 2 件")


def test_on_a_wide_screen_the_case_opens_beside_the_list_and_on_a_desk_it_does_not(
    visit, county, desks, journeys
):
    for size, shown in ((WALL, True), (DESK, False)):
        with visit(desks.app(county.township), size) as it:
            log_in(it, desks, county.township, "王丽")
            it.page.goto("/worklists/todo")
            it.page.keyboard.press("j")
            beside = it.page.locator("[data-beside] article")
            if shown:
                expect(beside).to_be_visible()
                expect(beside).to_contain_text("经过")
            else:
                it.page.wait_for_timeout(300)
                expect(beside).to_be_hidden()


def test_papers_open_large_turn_and_close_by_keys(visit, county, desks, journeys):
    with visit(desks.app(county.village)) as it:
        log_in(it, desks, county.village, "陈会计")
        page = it.page
        page.goto(f"/cases/{journeys['full'].number}")
        page.locator("[data-paper]").first.click()
        image = page.locator(".viewer img")
        expect(image).to_be_visible()
        assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") == 600
        page.keyboard.press("r")
        expect(image).to_have_class("turn-90")
        page.keyboard.press("ArrowRight")
        expect(page.locator(".viewer [role=status]")).to_contain_text("(2 / 6)")
        page.keyboard.press("Escape")
        expect(page.locator(".viewer")).to_be_hidden()


def test_without_a_script_a_paper_opens_by_its_link_and_every_act_works(visit, county, desks, journeys):
    with visit(desks.app(county.village), scripts=False, expected=("Content Security Policy",)) as it:
        it.page.goto("/login")
        it.page.check(f'input[value="{desks.officer(county.village, "陈会计").id}"]', force=True)
        it.page.fill('main input[type="password"]', PASSWORD)
        it.page.click("main form button.act")
        it.page.goto(f"/cases/{journeys['full'].number}/note")
        it.page.fill("textarea", "没有脚本也能写")
        it.page.click("main form button.act")
        assert "没有脚本也能写" in it.page.inner_text("main")
        it.page.locator("[data-paper]").first.click()
        it.page.wait_for_url("**/papers/**")


def test_what_was_typed_in_a_stale_page_stays(visit, county, desks):
    journey = Journey.start(county)
    with visit(desks.app(county.township), expected=("409",)) as it:
        log_in(it, desks, county.township, "王丽")
        page = it.page
        page.goto(f"/cases/{journey.number}/refuse-acceptance")
        page.check('input[value="not_needed"]')
        page.fill('textarea[name="reason"]', "此事无需审批")
        journey.at_township(c.OfferCase(f"{county.township.office}/MZ"), "周大勇")
        journey.at_township(c.RecallOffer(), "周大勇")
        page.click("main form button.act")
        expect(page.locator("main [role=alert]")).to_be_focused()
        expect(page.locator('textarea[name="reason"]')).to_have_value("此事无需审批")


def test_the_rating_page_is_large_and_has_nothing_else_on_it(visit, county, desks, journeys):
    journeys["decided"].do(county.village, "陈会计", c.Deliver("agent", "本人", "本人"))
    with visit(desks.app(county.village), PHONE) as it:
        log_in(it, desks, county.village, "陈会计")
        page = it.page
        page.goto(f"/cases/{journeys['decided'].number}/rate")
        assert page.locator("header.frame, footer.bar").count() == 0
        boxes = [button.bounding_box() for button in page.locator(".score").all()]
        assert len(boxes) == 5
        assert min(box["height"] for box in boxes) >= 44
        page.locator(".score").first.click()
        page.wait_for_url("**/thanks")
        expect(page.locator("h1")).to_have_text("谢谢您")


def test_a_notice_fits_one_sheet_of_a4(visit, county, desks, journeys):
    file = county.township.case(journeys["waits"].made.id)
    accepted = county.township.case(journeys["full"].made.id)
    with visit(desks.app(county.township)) as it:
        log_in(it, desks, county.township, "王丽")
        for number, event in (
            (journeys["waits"].number, next(e.id for e in file.events if e.type == "case.correction_asked")),
            (journeys["full"].number, next(e.id for e in accepted.events if e.type == "case.accepted")),
        ):
            it.page.goto(f"/cases/{number}/notices/{event}")
            pdf = it.page.pdf(format="A4", print_background=False)
            assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type/Page/") == 1
            it.page.emulate_media(media="print")
            assert it.page.locator(".frame").is_hidden()
            assert it.page.locator(".paper-sheet").is_visible()


def test_the_page_of_an_act_begins_at_its_first_input_and_one_with_a_fault_at_its_summary(
    county, desks, journeys, visit
):
    path = f"/cases/{journeys['full'].number}/note"
    with visit(desks.app(county.township), expected=("400",)) as it:
        log_in(it, desks, county.township, "王丽")
        it.page.goto(path)
        expect(it.page.locator("main textarea")).to_be_focused()
        it.page.click("main form button.act")
        expect(it.page.locator(".summary")).to_be_focused()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_each_line_of_a_summary_leads_to_its_input_where_the_same_words_stand(visit, county, desks, size):
    journey = Journey.start(county, papers=())
    with visit(desks.app(county.township), size, expected=("400",)) as it:
        log_in(it, desks, county.township, "王丽")
        page = it.page
        page.goto(f"/cases/{journey.number}/ask-correction")
        page.locator("details.more summary").click()
        page.locator('select[name="field.2"]').select_option(index=2)
        page.fill('input[name="field_why.3"]', "应填现住址")
        page.fill('input[name="correct_by"]', "")
        page.click("main form button.act")
        expect(page.locator(".summary")).to_be_focused()
        links = page.locator(".summary a").all()
        assert len(links) == 3
        for link in links:
            link.click()
            wanted = page.locator(link.get_attribute("href"))
            expect(wanted).to_be_focused()
            expect(wanted).to_be_in_viewport()
            said = page.locator(link.get_attribute("href") + "-error")
            expect(said).to_have_text(link.inner_text())
            expect(said).to_be_visible()


# -- a login that ends behind a page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_what_was_written_behind_an_ended_login_comes_back_and_is_sent_by_the_person(
    visit, county, desks, journeys, size, scripts
):
    number, officer = journeys["full"].number, desks.officer(county.township, "王丽")
    with visit(desks.app(county.township), size, scripts=scripts, expected=("401",)) as it:
        page = it.page
        log_in(it, desks, county.township, "王丽")
        page.goto(f"/cases/{number}/note")
        page.fill("textarea", "已打电话,下午来\n带户口簿")
        desks.app(county.township).extensions["bianmin"].accounts.end_all(officer.id)
        if scripts:  # the sheet over the page asks for the password, and finds that the login has ended
            page.click("form[data-lock] button")
            page.fill("#lock-password", PASSWORD)
            page.press("#lock-password", "Enter")
        else:
            page.click("main .act")
        expect(page.locator("h1")).to_have_text("登录已经结束")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.fill("main input[type=password]", PASSWORD)
        page.press("main input[type=password]", "Enter")
        expect(page.locator("h1")).to_have_text("备注")
        assert page.input_value("textarea").replace("\r", "") == "已打电话,下午来\n带户口簿"
        before = county.township.store.ledger.pos()
        page.click("main .act")
        page.wait_for_url(f"**/cases/{number}")
        assert county.township.store.ledger.pos() == before + 1


def test_the_page_after_an_ended_login_has_nothing_serious(visit, county, desks, journeys, axe):
    with visit(desks.app(county.township), bypass_csp=True, expected=("401",)) as it:
        log_in(it, desks, county.township, "王丽")
        it.page.goto(f"/cases/{journeys['full'].number}/note")
        officer = desks.officer(county.township, "王丽")
        desks.app(county.township).extensions["bianmin"].accounts.end_all(officer.id)
        it.page.fill("textarea", "已打电话")
        it.page.click("main .act")
        expect(it.page.locator("h1")).to_have_text("登录已经结束")
        assert axe(it.page) == []
