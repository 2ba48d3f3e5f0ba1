"""Drafts in a real browser: a word typed as the page is left is kept, and an older page wipes nothing."""

from __future__ import annotations

import time

import pytest
from flask import request
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Visit
from tests.county import build_county
from tests.registering import app_of, photo
from tests.serving import serving
from tests.web_app import PASSWORD

pytestmark = pytest.mark.browser

LINK = ".crumbs a"


class Desk:
    """The village agent's browser on a node that answers a save only after a while, if it is told so."""

    def __init__(self, county, browser, size=DESK) -> None:
        self.county, self.node, self.browser, self.size = county, county.village, browser, size
        self.app, self.answers_after_s = app_of(self.node), 0.0
        self.app.before_request(self._dawdle)

    def _dawdle(self) -> None:
        if request.method == "POST" and request.path.startswith("/register/"):
            time.sleep(self.answers_after_s)

    def __enter__(self) -> Desk:
        self._serving = serving(self.app)
        self.window = Visit(self.browser, self._serving.__enter__(), self.size)
        self.window.log_in(self.county.agent(self.node).actor, PASSWORD)
        self.page = self.window.page
        self.page.goto("/register/MZ-005")
        self.path = self.page.url.removeprefix(self.window.address)
        return self

    def __exit__(self, *failed) -> None:
        self.window.context.close()
        self._serving.__exit__(*failed)

    def another_tab(self):
        tab = self.window.context.new_page()
        tab.goto(self.path)
        return tab

    def kept(self, name: str) -> str:
        draft = self.node.store.local.draft(self.path.rpartition("/")[2])
        return draft.data["inputs"].get(name, [""])[0] if draft else ""

    def keeps(self, name: str, value: str, within_s: float = 4) -> bool:
        """Does the node come to keep this?"""
        end = time.monotonic() + within_s
        while self.kept(name) != value and time.monotonic() < end:
            time.sleep(0.02)
        return self.kept(name) == value


@pytest.fixture
def desk(tmp_path, browser):
    with Desk(build_county(tmp_path), browser) as it:
        yield it


def type_and(page, name: str, value: str, then: str = "") -> None:
    """Types, and in the same instant clicks on what ``then`` selects, or loads the page again."""
    page.evaluate(
        """([name, value, then]) => {
            const input = document.querySelector(`[name="${name}"]`);
            input.value = value;
            input.dispatchEvent(new Event("input", { bubbles: true }));
            if (then === "reload") location.reload();
            else if (then) document.querySelector(then).click();
        }""",
        [name, value, then],
    )


def saved(page) -> None:
    expect(page.locator("[data-saved]")).to_contain_text("已存在本机")


def notice(page):
    return page.locator("[data-stale]")


def overtaken(desk):
    """(older, newer) tab of one draft: the newer has written the applicant's name, which the older does not know."""
    older, newer = desk.page, desk.another_tab()
    newer.fill("#f-applicant_name", "王秀英")
    saved(newer)
    return older, newer


# -- leaving


def test_a_word_typed_in_the_instant_of_leaving_by_a_link_is_kept(desk):
    """A plain request of the page is dropped with it now and then; more than one try shows that."""
    for n in range(10):
        type_and(desk.page, "applicant_name", f"王秀英{n}", LINK)
        desk.page.wait_for_url("**/register")
        assert desk.keeps("applicant_name", f"王秀英{n}"), n
        desk.page.goto(desk.path)


def test_every_save_that_a_browser_can_carry_on_outlives_its_page(desk):
    desk.page.add_init_script(
        "{ const plain = fetch; window.carried = [];"
        " window.fetch = (where, how) => { carried.push(Boolean(how.keepalive)); return plain(where, how); }; }"
    )
    desk.page.reload()
    for words, carried in (("向阳村 3 组", True), ("王" * 8_000, False)):
        type_and(desk.page, "address", words)
        assert desk.keeps("address", words)
        assert desk.page.evaluate("carried.at(-1)") is carried


def test_a_word_typed_while_an_earlier_save_is_on_its_way_is_kept_when_the_page_is_left(desk):
    desk.answers_after_s = 0.5
    with desk.page.expect_request(lambda asked: asked.method == "POST"):
        desk.page.fill("#f-applicant_name", "王")
    type_and(desk.page, "applicant_name", "王秀英", LINK)
    desk.page.wait_for_url("**/register")
    assert desk.keeps("applicant_name", "王秀英")
    time.sleep(0.6)
    assert desk.kept("applicant_name") == "王秀英"  # nor does the earlier one come after it


def test_a_word_typed_in_a_tab_that_is_closed_is_kept(desk):
    tab = desk.another_tab()
    tab.fill("#f-applicant_name", "王秀英")
    tab.close(run_before_unload=True)
    assert desk.keeps("applicant_name", "王秀英")


def test_a_form_too_large_to_be_carried_on_is_asked_after_and_sent_meanwhile(desk):
    desk.answers_after_s = 0.3
    long, asked = "王" * 8_000, []
    desk.page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.page.click("#f-address")
    type_and(desk.page, "address", long, LINK)
    assert desk.keeps("address", long)
    assert asked == ["beforeunload"]
    assert desk.page.url.endswith(desk.path)
    saved(desk.page)
    desk.page.click(LINK)  # nothing is asked any more
    desk.page.wait_for_url("**/register")


def test_a_page_loaded_again_right_after_typing_goes_on_without_an_alarm(desk):
    for n in range(5):
        type_and(desk.page, "applicant_name", f"王秀英{n}", "reload")
        assert desk.keeps("applicant_name", f"王秀英{n}")
        desk.page.wait_for_load_state()
        expect(desk.page.locator("#f-applicant_name")).to_have_value(f"王秀英{n}")
        desk.page.fill("#f-address", f"{n} 组")
        assert desk.keeps("address", f"{n} 组")
        expect(notice(desk.page)).to_be_hidden()


# -- two pages with one draft


def test_an_older_tab_is_told_so_and_the_newer_words_stay(desk):
    older, newer = overtaken(desk)
    older.fill("#f-address", "向阳村 3 组")
    expect(notice(older)).to_be_visible()
    assert "联系电话" not in notice(older).inner_text()
    assert "申请人姓名、现居住地址" in notice(older).inner_text()
    assert (desk.kept("applicant_name"), desk.kept("address")) == ("王秀英", "")
    older.fill("#f-address", "向阳村 4 组")  # it stays as it is typed, and is sent no more
    newer.fill("#f-mobile", "13900000002")
    assert desk.keeps("mobile", "13900000002")
    assert older.input_value("#f-address") == "向阳村 4 组"
    assert desk.window.blocked
    assert all("409" in said for said in desk.window.blocked)


def test_from_an_older_tab_the_newer_version_opens_beside_it(desk):
    older, _ = overtaken(desk)
    older.fill("#f-address", "向阳村 3 组")
    expect(notice(older)).to_be_visible()
    with older.expect_popup() as opened:
        notice(older).locator("a").click()
    expect(opened.value.locator("#f-applicant_name")).to_have_value("王秀英")
    assert older.input_value("#f-address") == "向阳村 3 组"
    opened.value.fill("#f-address", "向阳村 3 组")
    assert desk.keeps("address", "向阳村 3 组")
    assert desk.kept("applicant_name") == "王秀英"


def test_an_older_tab_is_not_left_without_being_asked(desk):
    older, _ = overtaken(desk)
    older.fill("#f-address", "向阳村 3 组")
    expect(notice(older)).to_be_visible()
    asked = []
    older.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    older.click(LINK)
    assert asked == ["beforeunload"]
    assert older.input_value("#f-address") == "向阳村 3 组"


def test_an_older_tab_that_goes_to_the_check_comes_back_with_its_words(desk):
    older, _ = overtaken(desk)
    older.fill("#f-address", "向阳村 3 组")
    older.click("button:has-text('核对')")
    expect(notice(older)).to_be_visible()
    expect(notice(older)).to_be_focused()
    assert older.input_value("#f-address") == "向阳村 3 组"
    older.fill("#f-address", "向阳村 4 组")
    time.sleep(1)
    assert (desk.kept("applicant_name"), desk.kept("address")) == ("王秀英", "")


def test_a_photo_taken_in_an_older_tab_is_told_at_its_paper(desk, tmp_path):
    sheet = tmp_path / "sheet.jpg"
    sheet.write_bytes(photo())
    older, _ = overtaken(desk)
    older.set_input_files('[data-place="hukou"] input[multiple]', str(sheet))
    expect(notice(older)).to_be_visible()
    expect(older.locator('[data-place="hukou"] .error')).to_contain_text("没有存")
    assert desk.kept("applicant_name") == "王秀英"


def test_a_page_got_by_the_back_button_shows_what_is_kept_or_changes_nothing(desk):
    page = desk.page
    page.fill("#f-applicant_name", "王")
    page.select_option("#f-bank_name", index=1)
    saved(page)
    bank = page.input_value("#f-bank_name")
    page.click(LINK)
    page.click("text=接着填")
    page.fill("#f-applicant_name", "王秀英")
    page.select_option("#f-bank_name", index=2)
    assert desk.keeps("applicant_name", "王秀英")
    assert desk.keeps("bank_name", newest := page.input_value("#f-bank_name"))
    assert newest != bank
    page.go_back()
    page.go_back()
    page.fill("#f-mobile", "13900000002")
    time.sleep(1.2)
    assert (desk.kept("applicant_name"), desk.kept("bank_name")) == ("王秀英", newest)
    assert desk.kept("mobile") == "13900000002" or notice(page).is_visible()


# -- one page, and no alarm


def test_saves_and_photos_of_one_page_that_overlap_are_no_alarm(desk, tmp_path):
    sheet = tmp_path / "sheet.jpg"
    sheet.write_bytes(photo())
    desk.answers_after_s = 0.4
    page = desk.page
    for n in range(4):
        page.fill("#f-address", f"{n} 组")
        page.focus(
            '[data-place="hukou"] input[multiple]'
        )  # as who chooses a file does: the tile stays while he does
        page.set_input_files('[data-place="hukou"] input[multiple]', str(sheet))
        page.fill("#f-applicant_name", f"王秀英{n}")
        time.sleep(0.7)
    assert desk.keeps("applicant_name", "王秀英3")
    page.wait_for_selector('[data-place="hukou"] .shots li:nth-child(4)')
    page.fill("#f-mobile", "13900000002")
    assert desk.keeps("mobile", "13900000002")
    expect(notice(page)).to_be_hidden()
    page.click("button:has-text('核对')")  # with a save on its way
    page.wait_for_selector(".summary")
    page.fill("#f-address", "5 组")
    assert desk.keeps("address", "5 组")
    expect(notice(page)).to_be_hidden()


def test_a_save_whose_answer_was_lost_is_sent_again_without_an_alarm(desk):
    page, lost = desk.page, []

    def lose(route):
        if lost or route.request.method != "POST":
            return route.continue_()
        lost.append(route.fetch())
        return route.abort()

    page.route("**" + desk.path, lose)
    page.fill("#f-applicant_name", "王秀英")
    expect(page.locator("[data-saved]")).to_contain_text("没有应答")
    assert desk.kept("applicant_name") == "王秀英"
    page.fill("#f-applicant_name", "王秀英子")
    saved(page)
    assert desk.kept("applicant_name") == "王秀英子"
    expect(notice(page)).to_be_hidden()


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_what_an_older_page_is_told_fits_the_screen_and_stays_in_sight(tmp_path, browser, size):
    with Desk(build_county(tmp_path), browser, size) as desk:
        older, newer = desk.page, desk.another_tab()
        newer.fill("#f-applicant_name", "王秀英")
        saved(newer)
        older.fill("#f-account_holder", "王秀英")
        expect(notice(older)).to_be_visible()
        expect(notice(older)).to_be_in_viewport(ratio=1)
        expect(older.locator("#f-account_holder")).to_be_in_viewport()
        assert older.evaluate("document.documentElement.scrollWidth <= innerWidth")
