"""Registration in a real browser: 高龄津贴 in a few minutes, by a practised agent, with keys and camera."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from common.web.papers_view import papers_of
from tests import chromium
from tests.browser.conftest import DESK, FLAGS, PHONE, Visit
from tests.common.web.test_registration import Table, register
from tests.county import build_county
from tests.registering import app_of, old_person, photo
from tests.serving import serving
from tests.web_app import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def county(tmp_path):
    return build_county(tmp_path)


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "sheet.jpg"
    path.write_bytes(photo())
    return str(path)


@pytest.fixture
def desk(county, visit):
    """The village agent, logged in."""
    with visit(app_of(county.village)) as it:
        it.log_in(county.agent(county.village).actor, PASSWORD)
        it.county, it.node = county, county.village
        it.person = old_person(county.village.today())
        yield it


def take(page, place: str, path: str, count: int = 1) -> None:
    page.set_input_files(f'[data-place="{place}"] input[multiple]', [path] * count)
    page.wait_for_selector(f'[data-place="{place}"] .shots li:nth-child({count})')


def sign(page) -> None:
    page.click("text=在屏幕上写")
    pad = page.locator("canvas.pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 150)
    page.mouse.down()
    for x, y in ((90, 40), (140, 150), (200, 60)):
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    page.click("text=就用这个签名")
    page.wait_for_selector(".drawn img")


def test_a_practised_agent_needs_few_inputs_and_three_page_changes_for_a_repeat_applicant(
    county, desk, sheet
):
    """At most 40 inputs and 3 page changes for 高龄津贴 (the way it should feel to use)."""
    before = Table(county, county.village)
    register(before, mobile="13812345678", group_no="4")
    page, inputs, changes = desk.page, 0, []

    def did(count: int = 1) -> None:
        nonlocal inputs
        inputs += count

    page.goto("/register")
    page.on("framenavigated", lambda frame: changes.append(frame.url) if frame == page.main_frame else None)
    page.fill("#f-q", "gljt")
    did()
    page.wait_for_selector(".found")
    page.press("#f-q", "Enter")
    did()
    page.wait_for_selector("#f-id_number")
    changes[:] = changes[-1:]  # the address of a new application is drawn on the way to it
    page.fill("#f-id_number", desk.person.id_number)
    did()
    page.wait_for_selector("#known input")
    page.check("#known input")
    did()
    expect(page.locator("#f-mobile")).to_have_value("13812345678")
    assert page.input_value("#f-applicant_name") == desk.person.name
    assert page.input_value("#f-group_no") == "4"
    for place, count in (("id", 1), ("hukou", 3), ("bank", 1), ("photo1", 1)):
        take(page, place, sheet, count)
        did()
        if page.query_selector(f'[name="_seen.{place}"]'):
            page.check(f'[name="_seen.{place}"]')
            did()
    sign(page)
    did(3)
    page.click("button:has-text('核对')")
    did()
    page.wait_for_url("**/check")
    assert "还差" not in page.inner_text("main")
    page.click("button:has-text('登记并报送')")
    did()
    page.wait_for_url("**/registered/*")
    assert inputs <= 40, inputs
    assert len(changes) <= 3, changes
    case = county.village.case(page.url.rpartition("/")[2])
    body = case.events[0].body
    assert len(body["papers"]) == 7  # six of the list, and the signature
    assert body["applicant"]["reused"]["agreed"] is True


def test_what_is_typed_is_kept_as_it_is_typed_without_any_button(desk):
    page = desk.page
    page.goto("/register/MZ-005")
    address = page.url
    page.fill("#f-applicant_name", "王秀英")
    page.wait_for_selector("[data-saved]:visible")
    assert "已存在本机" in page.inner_text("[data-saved]")
    page.goto("/items")
    page.goto(address)
    assert page.input_value("#f-applicant_name") == "王秀英"


def test_what_was_typed_when_the_screen_locked_is_kept_once_it_is_opened(county, visit):
    with visit(app_of(county.village), expected=("401",)) as it:
        it.log_in(county.agent(county.village).actor, PASSWORD)
        page = it.page
        page.goto("/register/MZ-005")
        address = page.url
        page.fill("#f-applicant_name", "王秀英")
        page.click("text=锁屏")  # before it was sent
        expect(page.locator("[data-saved]")).to_contain_text("已锁屏")
        page.fill("#lock-password", PASSWORD)
        page.press("#lock-password", "Enter")
        expect(page.locator("[data-saved]")).to_contain_text("已存在本机")
        page.goto("/items")
        page.goto(address)
        assert page.input_value("#f-applicant_name") == "王秀英"


def test_what_follows_from_the_id_number_shows_at_once_and_a_wrong_one_is_told(desk):
    page = desk.page
    page.goto("/register/MZ-005")
    page.fill("#f-id_number", desk.person.id_number)
    page.wait_for_selector('[data-output="gender"]:visible')
    assert re.search(r"\d{4}年\d+月\d+日", page.inner_text(".outputs"))
    page.fill("#f-id_number", "511322194403071220")
    page.press("#f-id_number", "Tab")
    page.wait_for_selector("text=身份证号对不上")
    assert page.is_hidden('[data-output="gender"]')


def test_a_card_reader_that_ends_with_enter_goes_on_to_the_next_field(desk):
    page = desk.page
    page.goto("/register/MZ-005")
    expect(page.locator("#f-id_number")).to_be_focused()  # it types at once
    page.keyboard.type(desk.person.id_number)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "f-applicant_name"
    assert "/register/MZ-005/" in page.url


def test_enter_opens_no_item_of_several_that_fit(desk):
    page = desk.page
    page.goto("/register")
    page.fill("#f-q", "临时救助")
    page.press("#f-q", "Enter")
    page.wait_for_selector(".found li:nth-child(2)")
    expect(page.locator(".found li:first-child a.act:not(.quiet)")).to_be_focused()
    assert page.url.endswith("/register")


def test_choosing_somebody_without_an_id_opens_reason_birth_and_sex(desk):
    page = desk.page
    page.goto("/register/MZ-005")
    assert page.is_hidden("#f-birth_date")
    page.check('input[value="person_without_id"]')
    page.wait_for_selector("#f-birth_date:visible")
    assert page.is_visible("#f-_who-reason")
    assert page.is_hidden("#f-id_number")


def test_a_photo_is_shown_as_it_is_taken_and_taken_away_again(desk, sheet):
    page = desk.page
    page.goto("/register/MZ-005")
    page.fill("#f-applicant_name", "王秀英")
    take(page, "hukou", sheet, 2)
    assert page.inner_text('[data-place="hukou"] .tag') == "已拍 2 页"
    page.click('[data-place="hukou"] [data-drop-page] >> nth=0')
    page.wait_for_selector('[data-place="hukou"] .shots li:nth-child(2)', state="detached")
    assert "居民户口簿" not in page.inner_text("[data-missing]")
    assert page.input_value("#f-applicant_name") == "王秀英"


def test_a_wrong_file_is_told_at_its_tile_and_nothing_typed_is_lost(desk, tmp_path):
    page = desk.page
    wrong = tmp_path / "x.jpg"
    wrong.write_bytes(b"GIF89a")
    page.goto("/register/MZ-005")
    page.fill("#f-applicant_name", "王秀英")
    page.set_input_files('[data-place="id"] input[multiple]', str(wrong))
    page.wait_for_selector('[data-place="id"] .error')
    assert "只收照片" in page.inner_text('[data-place="id"]')
    assert page.input_value("#f-applicant_name") == "王秀英"


def test_errors_are_listed_at_the_top_and_lead_to_their_fields(desk):
    page = desk.page
    page.goto("/register/MZ-005")
    page.fill("#f-mobile", "123")
    page.click("button:has-text('核对')")
    page.wait_for_selector(".summary")
    assert page.evaluate("document.activeElement.classList.contains('summary')")
    page.click(".summary a:has-text('联系电话')")
    assert page.evaluate("document.activeElement.id") == "f-mobile"
    assert page.input_value("#f-mobile") == "123"


def test_an_error_that_is_put_right_leaves_no_trace_and_one_that_is_not_stays(desk):
    page = desk.page
    page.goto("/register/MZ-005")
    page.click("button:has-text('核对')")
    page.wait_for_selector(".summary")
    page.fill("#f-applicant_name", "王秀英")
    page.locator("#f-address").focus()
    name, mobile = page.locator("#f-applicant_name"), page.locator("#f-mobile")
    expect(name).not_to_have_attribute("aria-invalid", "true")
    assert name.get_attribute("aria-describedby") is None
    expect(mobile).to_have_attribute("aria-invalid", "true")
    assert page.is_visible("#f-mobile-error"), "still empty, still wanted"
    page.fill("#f-mobile", "1381234")
    page.locator("#f-address").focus()
    expect(page.locator("#f-mobile-error")).to_contain_text("11 位")
    assert mobile.get_attribute("aria-describedby") == "f-mobile-error"


def test_a_drawing_becomes_the_signature_and_can_be_made_again(desk):
    page = desk.page
    page.goto("/register/MZ-005")
    page.fill("#f-applicant_name", "王秀英")
    sign(page)
    assert page.inner_text('[data-place="form"] .tag') == "已在屏幕上签名"
    page.click(".drawn [data-drop-page]")
    page.wait_for_selector(".drawn", state="detached")
    assert page.inner_text('[data-place="form"] .tag') == "还差"


def test_a_picture_is_pasted_into_the_paper_that_was_touched_last(desk):
    page = desk.page
    page.goto("/register/MZ-005")
    page.fill("#f-applicant_name", "王秀英")
    page.focus('[data-place="bank"] input[multiple]')
    page.evaluate(
        """async () => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 300, height: 200 });
          const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
          const data = new DataTransfer();
          data.items.add(new File([blob], "pasted.png", { type: "image/png" }));
          document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
        }"""
    )
    page.wait_for_selector('[data-place="bank"] .shots li')


def test_the_print_of_a_draft_shows_what_was_typed_a_moment_ago(desk):
    page = desk.page
    page.goto("/register/MZ-005")
    page.fill("#f-applicant_name", "王秀英")
    with page.expect_popup() as opened:
        page.click("text=打印申请表")
    printed = opened.value
    printed.wait_for_selector(".answers")
    assert "王秀英" in printed.inner_text("main")


def test_everything_works_without_a_script(county, browser, sheet):
    with serving(app_of(county.village)) as address:
        context = browser.new_context(base_url=address, java_script_enabled=False)
        page = context.new_page()
        page.goto("/login")
        page.check(f'input[value="{county.agent(county.village).actor}"]', force=True)
        page.fill('main input[type="password"]', PASSWORD)
        page.press('main input[type="password"]', "Enter")
        page.goto("/register?q=gljt")
        page.click("a:has-text('登记：高龄津贴申领'), a.act:not(.quiet) >> nth=0")
        person = old_person(county.village.today())
        page.fill("#f-id_number", person.id_number)
        page.fill("#f-applicant_name", person.name)
        page.fill("#f-mobile", "13812345678")
        page.fill("#f-address", "4 组")
        page.select_option("#f-bank_name", index=1)
        page.fill("#f-bank_account", "6214831234567890")
        page.fill("#f-account_holder", person.name)
        for place in ("form", "id", "hukou", "bank", "photo1", "proxy"):
            page.set_input_files(f'[data-place="{place}"] input[multiple]', sheet)
        for place in ("id", "hukou", "bank"):
            page.check(f'[name="_seen.{place}"]')
        page.click("button:has-text('核对')")
        assert page.inner_text("h1") == "核对"
        assert "还差" not in page.inner_text("main")
        page.click("button:has-text('登记并报送')")
        assert page.inner_text("h1") == "已登记"
        context.close()


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_no_page_is_wider_than_its_screen(county, visit, sheet, size):
    table = Table(county, county.village)
    register(table)
    case = table.file.id
    paths = (
        "/register", "/register?q=bz", "/items", "/items/MZ-001", "/register/MZ-001", "/register/WJ-004",
        f"/registered/{case}", f"/cases/{case}/print/slip", f"/cases/{case}/add-papers",
    )  # fmt: skip
    with visit(table.app, size=size) as it:
        it.log_in(table.officer, PASSWORD)
        for path in paths:
            it.page.goto(path)
            width = it.page.evaluate("document.documentElement.scrollWidth")
            assert width <= size[0], f"{path} is {width} px wide on {size}"


@pytest.mark.parametrize(
    "path", ["/register", "/items", "/items/CL-001", "/register/MZ-001", "/register/CW-001"]
)
def test_pages_have_no_serious_fault_for_those_who_see_or_hear_otherwise(county, visit, path):
    from axe_playwright_python.sync_playwright import Axe

    with visit(app_of(county.village)) as it:
        it.log_in(county.agent(county.village).actor, PASSWORD)
        it.page.context.close()
        context = it.page.context.browser.new_context(base_url=it.address, bypass_csp=True)
        page = context.new_page()
        page.goto("/login")
        page.check(f'input[value="{county.agent(county.village).actor}"]', force=True)
        page.fill('main input[type="password"]', PASSWORD)
        page.press('main input[type="password"]', "Enter")
        page.goto(path)
        found = Axe().run(page).response["violations"]
        context.close()
    serious = [
        (v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_a_captured_page_lies_encrypted_beside_the_store(desk, sheet):
    page = desk.page
    page.goto("/register/MZ-005")
    take(page, "id", sheet)
    files = list((desk.node.store.path.parent / "papers").rglob("*"))
    data = b"".join(f.read_bytes() for f in files if f.is_file())
    assert data
    assert b"JFIF" not in data
    assert papers_of(desk.node)


def test_a_document_camera_takes_page_after_page(county, browser):
    fake = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with serving(app_of(county.village)) as address:
        other = browser.browser_type.launch(executable_path=chromium.find(), args=[*FLAGS, *fake])
        it = Visit(other, address, DESK)
        it.log_in(county.agent(county.village).actor, PASSWORD)
        page = it.page
        page.goto("/register/MZ-005")
        page.click('[data-place="hukou"] [data-scan]')
        page.wait_for_selector("#scan-sheet[open]")
        for count in (1, 2):
            page.wait_for_timeout(300)
            page.click("[data-shoot]")
            page.wait_for_selector(f'[data-place="hukou"] .shots li:nth-child({count})', state="attached")
        page.click("#scan-sheet [data-close]")
        assert page.inner_text('[data-place="hukou"] .tag') == "已拍 2 页"
        assert it.blocked == []
        other.close()
