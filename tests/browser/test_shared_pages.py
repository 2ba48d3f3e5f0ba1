"""The shared pages and their script in a real Chromium: by keyboard, on a phone, under the strict policy."""

from __future__ import annotations

import re
import threading

import pytest
from playwright.sync_api import expect

from common.web.words import SyncState
from tests.browser.conftest import DESK, PHONE, WALL
from tests.style_guide import app as style_guide
from tests.style_guide.app import make_guide
from tests.web_app import AGENT, CLERK, NOON, PASSWORD

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/worklist",
    "/worklist?empty",
    "/case",
    "/form",
    "/form?wrong",
    "/parts",
    "/document",
    "/slip",
    "/account",
)


@pytest.fixture
def township():
    return make_guide(village=False)


@pytest.fixture
def village():
    return make_guide()


@pytest.mark.parametrize("size", [DESK, WALL, PHONE], ids=["desk", "wall", "phone"])
def test_nothing_is_blocked_fetched_elsewhere_or_wider_than_the_screen(visit, village, size):
    with visit(village.app, size) as it:
        it.log_in(AGENT.id, PASSWORD)
        for path in PAGES:
            it.page.goto(path)
            assert it.page.evaluate("document.documentElement.scrollWidth") <= size[0], path


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing_serious(visit, village, axe, size):
    with visit(village.app, size, bypass_csp=True) as it:
        it.page.goto("/login")
        assert axe(it.page) == []
        it.log_in(AGENT.id, PASSWORD)
        for path in PAGES:
            it.page.goto(path)
            assert axe(it.page) == [], path


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_what_one_presses_is_large_enough(visit, village, size):
    """44 px, but for links in running text and small buttons in rows (38)."""
    with visit(village.app, size) as it:
        it.log_in(AGENT.id, PASSWORD)
        for path in ("/", "/form", "/account"):
            it.page.goto(path)
            low = it.page.evaluate(
                """() => [...document.querySelectorAll("main .act:not(.small), .frame nav a, .who button, main input")]
                .filter((e) => e.type !== "hidden" && e.checkVisibility() && !e.closest("label"))
                .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])
                .filter(([, height]) => height < 44)"""
            )
            assert low == [], path


# -- a worklist by keys


def at(it) -> str:
    return it.page.evaluate("document.querySelector('tr.at')?.cells[1].textContent ?? ''")


def test_a_worklist_is_worked_by_keys_alone(visit, township):
    with visit(township.app) as it:
        it.log_in(CLERK.id, PASSWORD)
        it.page.goto("/worklist")
        keys = it.page.keyboard
        keys.press("j")
        assert at(it) == "张*福"
        keys.press("j")
        keys.press("j")
        keys.press("k")
        assert at(it) == "刘*珍"
        keys.press("/")
        keys.type("jk")
        assert it.page.input_value("[data-search]") == "jk"
        assert at(it) == "刘*珍", "typing moves nothing"
        keys.press("Escape")
        keys.press("?")
        assert it.page.locator("#help-sheet").is_visible()
        keys.press("Escape")
        assert not it.page.locator("#help-sheet").is_visible()
        keys.press("Enter")
        it.page.wait_for_url("**/case")


def test_the_keys_stop_at_both_ends_of_the_list(visit, township):
    with visit(township.app) as it:
        it.log_in(CLERK.id, PASSWORD)
        it.page.goto("/worklist")
        for _ in range(9):
            it.page.keyboard.press("j")
        assert at(it) == "欧阳**"
        for _ in range(9):
            it.page.keyboard.press("k")
        assert at(it) == "张*福"


def test_a_row_opens_by_a_click_anywhere_in_it(visit, township):
    with visit(township.app) as it:
        it.log_in(CLERK.id, PASSWORD)
        it.page.goto("/worklist")
        it.page.click("tbody tr:nth-child(3) td:nth-child(4)")
        it.page.wait_for_url("**/case")


# -- forms


def test_the_error_summary_has_the_focus_and_its_links_lead_into_the_field(visit, village):
    with visit(village.app) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/form?wrong")
        assert it.page.evaluate("document.activeElement.className") == "summary"
        it.page.click("text=第 17 位可能看错了 >> nth=0")
        assert it.page.evaluate("document.activeElement.name") == "id_number"
        it.page.click(".summary >> text=至少选一种")
        assert it.page.evaluate("document.activeElement.name") == "kinds"


def test_what_is_typed_is_kept_as_it_is_typed(visit, village):
    with visit(village.app) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/form")
        it.page.fill("#f-name", "李秀英")
        it.page.wait_for_selector("text=/已存在本机 \\d\\d:\\d\\d/")
        assert style_guide.guide.kept["name"] == "李秀英"


def test_a_draft_that_could_not_be_kept_is_said(visit, village):
    with visit(village.app, expected=("500",)) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/form")
        it.page.route("**/form/draft", lambda route: route.fulfill(status=500, body="{}"))
        it.page.fill("#f-name", "李秀英")
        it.page.wait_for_selector("text=没有存上。先别关这一页")


def test_conditions_open_fields_and_what_follows_is_filled_in(visit, village):
    with visit(village.app) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/form")
        assert not it.page.is_visible("#f-plate")
        it.page.check('input[name="vehicle"][value="true"]')
        it.page.wait_for_selector("#f-plate", state="visible")
        it.page.fill("#f-id_number", "511322193912180026")
        expect(it.page.locator("#f-birth")).to_have_value("1939-12-18")


def test_rows_are_added_and_taken_away_without_loading_the_page(visit, village):
    with visit(village.app) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/form")
        it.page.fill('[name="members.0.name"]', "李秀英")
        it.page.click("text=加一行")
        assert it.page.evaluate("document.activeElement.name") == "members.1.name"
        it.page.keyboard.type("欧阳娜娜")
        it.page.click("tbody tr:nth-child(1) [data-drop]")
        expect(it.page.locator("[data-rows] tbody tr")).to_have_count(1)
        assert it.page.input_value('[name="members.1.name"]') == "欧阳娜娜"
        for _ in range(3):
            it.page.click("text=加一行")
        assert not it.page.is_visible("text=加一行"), "full"


def test_a_signature_drawn_on_the_screen_becomes_the_file_of_its_field(visit, village):
    with visit(village.app) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/form")
        it.page.click("button:has-text('在屏幕上写')")
        it.page.locator("canvas").scroll_into_view_if_needed()
        box = it.page.locator("canvas").bounding_box()
        it.page.mouse.move(box["x"] + 20, box["y"] + 40)
        it.page.mouse.down()
        it.page.mouse.move(box["x"] + 120, box["y"] + 90, steps=5)
        it.page.mouse.up()
        it.page.click("text=就用这个签名")
        it.page.wait_for_selector("text=已写好,重写")
        [name, size] = it.page.locator("#f-signature").evaluate("(e) => [e.files[0].name, e.files[0].size]")
        assert name == "drawing.png"
        assert size > 500


def test_a_form_pressed_twice_is_sent_once(visit, village):
    sent = []
    gate = threading.Event()

    @village.app.after_request
    def count(response):
        from flask import request

        if request.path == "/again":
            sent.append(1)
            gate.wait(2)
        return response

    with visit(village.app) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/parts")
        form = it.page.locator('form[action="/again"]')
        form.evaluate(
            "(f) => { const b = f.appendChild(document.createElement('button')); b.click(); b.click(); }"
        )
        gate.set()
        it.page.wait_for_url(lambda url: url.endswith("/"))
    assert sent == [1]


# -- the bar and the lock


def test_the_bar_follows_the_exchange_by_itself(visit):
    state = {"now": SyncState(waiting=3, running=(1, 8))}
    world = make_guide(sync_state=lambda: state["now"])
    with visit(world.app) as it:
        it.log_in(AGENT.id, PASSWORD)
        assert it.page.is_visible("text=正在上传和取回,1 / 8")
        assert it.page.is_visible("progress")
        state["now"] = SyncState(waiting=0, last_peer_name="回龙镇", last_at_ms=NOON, all_at_county=True)
        it.page.wait_for_selector("text=全部已传到县", timeout=20_000)
        assert it.page.locator("footer .truth.county svg path").count() == 0
        assert not it.page.is_visible("progress")


def test_a_sync_by_hand_answers_at_once_and_leaves_what_is_typed(visit):
    started = []
    states = iter([SyncState(waiting=1, running=(0, 0))])
    calm = SyncState(waiting=0, last_peer_name="回龙镇", last_at_ms=NOON, all_at_county=True)
    world = make_guide(
        sync_state=lambda: next(states, calm) if started else calm, sync_now=lambda: started.append(1)
    )
    with visit(world.app) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/form")
        it.page.fill("#f-name", "写了一半的")
        it.page.click("text=立即同步")
        it.page.wait_for_selector("text=正在和上级核对")
        it.page.wait_for_selector("text=今天 12:00 已与回龙镇同步")
        assert started == [1]
        assert it.page.input_value("#f-name") == "写了一半的"


def test_who_is_chosen_by_a_tap_goes_on_to_the_password(visit):
    with visit(make_guide(village=False).app) as it:
        it.page.goto("/login")
        it.page.get_by_role("radio", name="张建国").click()
        assert it.page.evaluate("document.activeElement.type") == "password"


def test_the_lock_covers_the_page_and_gives_it_back_as_it_was(visit, village):
    with visit(village.app, expected=("401",)) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/form")
        it.page.fill("#f-name", "没填完的名字")
        it.page.click("text=锁屏")
        it.page.wait_for_selector("#lock-sheet[open]")
        assert not it.page.is_visible("#f-name")
        assert it.page.title() == "已锁屏"
        it.page.keyboard.press("Escape")
        it.page.keyboard.press("Escape")
        it.page.wait_for_selector("#lock-sheet[open]")
        assert not it.page.is_visible("#f-name")
        it.page.fill("#lock-password", "a guess")
        it.page.keyboard.press("Enter")
        it.page.wait_for_selector("text=口令不对")
        it.page.fill("#lock-password", PASSWORD)
        it.page.keyboard.press("Enter")
        it.page.wait_for_selector("#lock-sheet", state="hidden")
        assert it.page.input_value("#f-name") == "没填完的名字"
        assert "填表" in it.page.title()
        it.page.goto("/case")
        assert it.page.is_visible("text=经过"), "unlocked at the node as well"


def test_an_idle_page_locks_by_itself(visit, village):
    village.accounts.idle_ms = 1_000
    with visit(village.app, expected=("401",)) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.wait_for_selector("#lock-sheet[open]", timeout=20_000)
        [session] = village.accounts.sessions(AGENT.id)
        assert session.last_seen == 0


# -- print


def test_documents_print_on_their_paper_without_the_screens_frame(visit, village):
    with visit(village.app) as it:
        it.log_in(AGENT.id, PASSWORD)
        for path, paper in (("/document", (595, 842)), ("/slip", (227, 567))):
            it.page.goto(path)
            it.page.emulate_media(media="print")
            for gone in (".frame", ".bar", "button"):
                assert not it.page.locator(gone).first.is_visible()
            pdf = it.page.pdf(prefer_css_page_size=True)
            boxes = {
                tuple(round(float(n)) for n in box.split())
                for box in re.findall(rb"/MediaBox \[([^\]]+)\]", pdf)
            }
            assert boxes == {(0, 0, *paper)}
            assert len(re.findall(rb"/Type /Page\b", pdf)) == 1


def test_every_printed_sheet_of_a_practice_county_says_so(visit):
    world = make_guide(village=False, practice=True)
    with visit(world.app) as it:
        it.log_in(CLERK.id, PASSWORD)
        it.page.goto("/case")
        it.page.emulate_media(media="print")
        across = it.page.locator(".practice").evaluate(
            "(e) => { const s = getComputedStyle(e, '::after'); return [s.position, s.content]; }"
        )
        assert across == ["fixed", '"演练"'], "what is fixed is printed on each sheet"


def test_on_paper_today_is_a_date(visit, village):
    with visit(village.app) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/case")
        it.page.emulate_media(media="print")
        said = it.page.locator(".trail time").first.evaluate(
            "(e) => [getComputedStyle(e).fontSize, getComputedStyle(e, '::after').content]"
        )
        assert said == ["0px", '"2026年3月4日 周三 09:00:00"']


# -- without a script


def test_every_page_works_without_a_script(browser, village, visit):
    with visit(village.app, scripts=False) as it:
        it.log_in(AGENT.id, PASSWORD)
        it.page.goto("/form")
        it.page.fill('[name="members.0.name"]', "李秀英")
        it.page.click("text=加一行")
        assert it.page.input_value('[name="members.0.name"]') == "李秀英"
        assert it.page.locator('[name="members.1.name"]').count() == 1
        it.page.click("text=锁屏")
        it.page.fill('main input[type="password"]', PASSWORD)
        it.page.click("text=开锁")
        it.page.wait_for_url("**/form")
