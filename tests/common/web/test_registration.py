"""Registration on a real node: find, fill in, check, done.  Nothing typed is lost, nothing is registered twice."""

from __future__ import annotations

import io
import json

import pytest

from common import papers
from common.case import label
from common.catalogue.samples import fill_form
from common.catalogue.showing import as_typed
from common.node import Node
from common.web.papers_view import papers_of
from common.web.registration import event
from tests.builders_forms import shipped
from tests.county import build_county
from tests.page import PageClient
from tests.registering import app_of, drawing, file, old_person, photo
from tests.web_app import PASSWORD

ITEM = "MZ-005"  # 高龄津贴: six papers, a portrait, a signature, an account
NUMBER = "511322115"


class Table:
    """An agent's (or a clerk's) table: his browser, the node under it, and somebody who has come."""

    def __init__(self, county, node: Node, role: str = "agent") -> None:
        self.county, self.node = county, node
        self.app = app_of(node)
        self.officer = county.officers[f"{node.office} {role}"]
        self.client = PageClient(self.app)
        self.client.log_in(self.officer, PASSWORD)
        self.person = old_person(node.today())

    # -- filling in

    def begin(self, item: str = ITEM):
        self.page = self.client.get(f"/register/{item}")
        self.path = self.page.path
        return self.page

    @property
    def form(self):
        return next(f for f in self.client.page.forms if f.action == self.path)

    def send(self, button: str | None = None, files=None, status: int = 200, **fields):
        self.page = self.client.submit(self.form, button=button, files=files, status=status, **fields)
        return self.page

    def answers(self, item: str = ITEM, seed: int = 3, **changes) -> dict:
        """What is typed for a valid application of this item."""
        import random

        known = self.node.reference.edition_in_force(item).item
        draw = random.Random(seed).randrange
        values = fill_form(known, draw, today=self.node.today(), village=self.node.reference_village)
        typed: dict = {}
        for f in known.form:
            if f.id not in values or f.type in ("photo", "signature") or f.derive_from is not None:
                continue
            shown = as_typed(f, values[f.id])
            if f.type == "table":
                typed |= {
                    f"{f.id}.{n}.{key}": cell for n, row in enumerate(shown) for key, cell in row.items()
                }
            else:
                typed[f.id] = shown
        if known.field("id_number"):
            typed["id_number"] = self.person.id_number
        if known.field("applicant_name"):
            typed["applicant_name"] = self.person.name
        return {**typed, **changes}

    def fill_in(self, item: str = ITEM, **changes):
        self.begin(item)
        return self.send("存一下", **self.answers(item, **changes))

    def hand_over(self, *places: str, seen: bool = True) -> None:
        """Every paper is photographed, its original seen."""
        for place in places:
            self.send("存一下", files={f"_paper.{place}": file()})
        if seen:
            names = self.form.names
            ticks = {f"_seen.{place}": "true" for place in places if f"_seen.{place}" in names}
            self.send("存一下", **ticks)

    def check(self):
        return self.send("核对")

    def register(self, button: str = "登记并报送", **fields):
        form = next(f for f in self.page.forms if f.action.endswith("/register"))
        self.page = self.client.submit(form, button=button, **fields)
        return self.page

    # -- looking back

    @property
    def salt(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def draft(self):
        return self.node.store.local.draft(self.salt)

    @property
    def file(self):
        return self.node.case(self.page.path.rpartition("/")[2])

    @property
    def body(self):
        return self.file.events[0].body

    def post_json(self, path: str, fields: dict):
        """As the page's script does: with what the page says of itself."""
        page = self.form.fields
        stamp = {name: page[name] for name in ("_base", "_save")}
        headers = {"Accept": "application/json", "X-Form-Token": page["_token"]}
        return self.client.http.post(path, data={**stamp, **fields}, headers=headers)


Node.reference_village = property(lambda node: node.office if len(node.office) == 12 else node.office + "001")

PAPERS = ("form", "id", "hukou", "bank", "photo1", "proxy")


@pytest.fixture
def table(county):
    return Table(county, county.village)


# -- find


@pytest.mark.parametrize("words", ["高龄", "gaoling", "gljt", "寿星津贴", "MZ-005"])
def test_an_item_is_found_by_word_pinyin_initials_or_another_name(table, words):
    page = table.client.get(f"/register?q={words}")
    assert "高龄津贴申领" in page.text
    assert page.link("登记:高龄津贴申领") == f"/register/{ITEM}"
    assert page.link("指南:高龄津贴申领") == f"/items/{ITEM}"


def test_an_item_is_found_by_the_occasion_that_people_come_for(table):
    page = table.client.get("/register")
    elderly = next(d for d in page.root.all("details") if "养老" in d.text)
    assert f"/items/{ITEM}" in [a.get("href") for a in elderly.all("a")]


def test_words_that_fit_nothing_are_answered_with_where_to_look(table):
    page = table.client.get("/register?q=飞碟")
    assert "没有找到「飞碟」" in page.text
    assert "养老" in page.text, "the occasions are what there is to look at"
    assert page.source.count("全部事项目录") == 1


def test_who_must_come_himself_is_told_in_the_list_already(table):
    assert "本人到场" in table.client.get("/register?q=居民身份证").text
    assert "本人到场" not in table.client.get("/register?q=gljt").text


def test_the_list_under_the_box_comes_as_a_part_of_a_page(table):
    answer = table.client.http.get("/register/found?q=gljt").get_data(as_text=True)
    assert "高龄津贴申领" in answer
    assert "<html" not in answer


def test_an_item_that_does_not_exist_is_not_found_in_words(table):
    assert "没有这个事项" in table.client.get("/register/XX-999", status=404).text


# -- drafts: nothing typed is lost


def test_a_new_application_has_its_salt_in_its_address_and_no_draft_until_something_is_typed(table):
    table.begin()
    assert len(table.salt) == 32
    assert table.draft is None
    table.send("存一下", applicant_name="王秀英")
    assert table.draft.data["inputs"]["applicant_name"] == ["王秀英"]


def test_what_is_typed_wrong_is_kept_and_every_fault_is_named_at_the_top(table):
    table.begin()
    page = table.send(
        "核对", id_number="511322194403071220", applicant_name="王", mobile="123", bank_account="62"
    )
    assert page.h1 == "高龄津贴申领"
    assert page.errors[0].startswith("「公民身份号码」:身份证号对不上")
    assert "「联系电话」:号码不对" in "".join(page.errors)
    assert "「现居住地址」没有填。" in page.errors
    kept = table.form.fields
    assert (kept["id_number"], kept["mobile"], kept["bank_account"]) == ("511322194403071220", "123", "62")
    for link in page.root.classed("summary")[0].all("a"):
        assert link.get("href")[1:] in page.source


def test_a_draft_survives_a_restart_and_waits_in_the_list(county, table):
    table.fill_in()
    again = Table(county, county.reopened(county.village))
    page = again.client.get("/register")
    assert f"{table.person.name} 高龄津贴申领" in page.text
    page = again.client.get(page.link("接着填"))
    assert page.path == table.path
    assert again.client.page.form(table.path).fields["id_number"] == table.person.id_number


def test_leaving_it_for_later_leads_back_to_the_list(table):
    table.begin()
    page = table.send("存下,以后再填", applicant_name="王秀英")
    assert (page.path, "已存在本机" in page.text) == ("/register", True)


def test_a_draft_that_is_given_up_is_gone_with_its_photos(table):
    table.begin()
    table.send("存一下", files={"_paper.id": file()}, applicant_name="王秀英")
    hash = table.draft.data["pages"]["id"][0]["hash"]
    page = table.client.submit(next(f for f in table.page.forms if f.action.endswith("/drop")))
    assert "已删掉" in page.text
    assert table.draft is None
    assert not papers_of(table.node).here(hash)
    assert table.node.store.local.paper(hash) is None


def test_another_officer_of_the_node_does_not_open_the_draft(county, table):
    table.fill_in()
    other = county.appoint(county.township, "罗小芳", county.village.office, "agent")
    county.level()
    table.app = app_of(table.node)
    client = PageClient(table.app)
    client.log_in(other, PASSWORD)
    assert "是别人的" in client.get(table.path, status=404).text


@pytest.mark.parametrize("salt", ["x", "A" * 32, "0" * 31, "../../x"])
def test_an_address_with_no_salt_is_no_page(table, salt):
    assert table.client.http.get(f"/register/{ITEM}/{salt}").status_code == 404


def test_a_password_typed_over_the_locked_page_is_never_kept(table):
    table.begin()
    table.client.http.post(
        table.path, data={**table.form.fields, "_unlock": PASSWORD, "applicant_name": "王秀英"}
    )
    assert PASSWORD not in json.dumps(table.draft.data)


# -- what follows while one types


def state(table, **fields) -> dict:
    answer = table.post_json(table.path, fields)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def test_sex_birth_and_age_follow_from_the_id_number(table):
    table.begin()
    found = state(table, id_number=table.person.id_number)
    birth = table.person.birth
    assert found["outputs"]["birth_date"] == f"{birth.year}年{birth.month}月{birth.day}日"
    assert found["outputs"]["age_check"] == str(
        table.node.today().year - birth.year - ((birth.month, birth.day) > (3, 4))
    )
    assert found["outputs"]["gender"] in ("男", "女")
    assert "id_number" not in found["errors"]


def test_a_wrong_id_number_is_told_at_once_and_what_is_not_filled_in_yet_is_not(table):
    table.begin()
    found = state(
        table, id_number=table.person.id_number[:-1] + "0" if table.person.id_number[-1] != "0" else "1"
    )
    assert set(found["errors"]) == {"id_number"}


def test_somebody_too_young_is_told_so_before_the_papers_are_taken(table):
    young = old_person(table.node.today(), seed=9, ages=(30, 40))
    table.begin()
    assert "不能小于 80" in state(table, id_number=young.id_number)["errors"]["id_number"]


def test_a_condition_opens_and_closes_a_field(table):
    table.begin("CL-001")
    child = old_person(table.node.today(), ages=(5, 9))
    grown = old_person(table.node.today(), ages=(30, 40))
    assert "guardian_name" in state(table, id_number=grown.id_number)["closed"]
    assert "guardian_name" not in state(table, id_number=child.id_number)["closed"]
    assert "guardian_name" not in state(table, id_number=grown.id_number, guardian_name="王芳")["closed"]


def test_a_condition_opens_and_closes_a_paper(table):
    table.begin("MZ-001")
    assert "_paper.diag" in state(table, poverty_cause="disability")["closed"]
    found = state(table, poverty_cause="illness")
    assert "_paper.diag" not in found["closed"]
    assert "疾病诊断证明及病历资料" in found["missing"]


def test_a_paper_whose_condition_only_a_person_can_judge_is_wanted_once_he_ticks_it(table):
    table.begin("WJ-001")
    assert "结婚证" not in state(table, mobile="13800000000")["missing"]
    assert "结婚证" in state(table, _ticked="marriage")["missing"]


def test_somebody_without_an_id_at_hand_gives_the_reason_and_types_birth_and_sex(table):
    table.begin()
    found = state(table, _kind="person_without_id", id_number="junk")
    assert "id_number" in found["closed"]
    assert {"gender", "birth_date", "_who.reason"}.isdisjoint(found["closed"])
    assert "id_number" not in found["errors"]


def test_an_organisation_may_send_a_handler(table):
    page = table.begin("WJ-004")
    assert {"org_name", "uscc", "legal_person", "_who.handler_name", "_who.handler_phone"} <= table.form.names
    assert "_kind" not in table.form.names
    assert "监护人" not in page.text


def test_a_guardian_who_acts_is_asked_his_name_and_relation(table):
    table.begin()
    closed = state(table, mobile="13800000000")["closed"]
    assert "_who.guardian_name" in closed
    closed = state(table, _guarded="true")["closed"]
    assert "_who.guardian_name" not in closed


def test_rows_of_a_table_grow_without_a_script(table):
    table.begin("MZ-001")
    before = sum(name.startswith("household_members.") for name in table.form.names)
    page = table.send("加一行", **{"household_members.0.name": "王秀英"})
    names = [n for n in table.form.names if n.startswith("household_members.")]
    assert len(names) > before
    assert "王秀英" in page.source


# -- papers


def test_a_photo_is_kept_encrypted_shown_again_and_can_be_taken_away(table):
    table.begin()
    table.send("存一下", files={"_paper.id": file()}, applicant_name="王秀英")
    kept = table.draft.data["pages"]["id"]
    answer = table.client.http.get(f"{table.path}/papers/{kept[0]['hash']}")
    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    table.send("删掉居民身份证第 1 页")
    assert "id" not in table.draft.data["pages"]
    assert table.draft.data["inputs"]["applicant_name"] == ["王秀英"]
    assert not papers_of(table.node).here(kept[0]["hash"])


def test_a_wrong_file_is_refused_in_words_at_its_paper_and_what_was_typed_stays(table):
    table.begin()
    page = table.send(
        "存一下", files={"_paper.id": (io.BytesIO(b"<html>"), "id.jpg")}, status=400, applicant_name="王秀英"
    )
    assert page.errors == ["只收照片(JPEG、PNG)和 PDF,这个文件都不是。请拍照,或换一个文件。"]
    [tile] = [t for t in page.root.classed("take") if t.get("data-place") == "id"]
    assert page.errors[0] in tile.text
    assert table.draft.data["inputs"]["applicant_name"] == ["王秀英"]
    assert table.draft.data["pages"] == {}


def test_the_script_is_answered_with_the_tile_that_changed(table):
    table.begin()
    answer = table.post_json(table.path, {"applicant_name": "王秀英", "_paper.hukou": file()})
    assert "已拍 1 页" in answer.get_json()["tiles"]["hukou"]
    assert "居民户口簿" not in answer.get_json()["missing"]
    answer = table.post_json(table.path, {"_paper.hukou": (io.BytesIO(b"GIF89a"), "x.gif")})
    assert "只收照片" in answer.get_json()["tiles"]["hukou"]


def test_a_file_for_a_paper_that_is_not_asked_for_is_not_taken(table):
    table.begin()
    table.send("存一下", files={"_paper.nothing": file()}, applicant_name="王秀英")
    assert table.draft.data["pages"] == {}


def test_a_paper_has_at_most_thirty_pages(table):
    table.begin()
    table.send("存一下", files={"_paper.id": file(photo(80, 80))}, applicant_name="王秀英")
    data = table.draft.data
    page = data["pages"]["id"][0]
    data["pages"]["id"] = [{**page, "hash": f"{n:064x}"} for n in range(papers.MAX_PAGES)]
    table.node.store.local.save_draft(table.draft.__class__(table.salt, table.officer, ITEM, data, 1))
    answer = table.post_json(table.path, {"_paper.id": file(photo(80, 80))})
    assert "最多 30 页" in answer.get_json()["errors"]["_paper.id"]


def test_the_portrait_is_taken_once_for_the_form_and_for_the_list(table):
    table.fill_in()
    table.hand_over(*PAPERS)
    table.check()
    table.register()
    portrait = next(p for p in table.body["papers"] if p["material"] == "photo1")
    assert table.body["form"]["photo"] == [portrait["pages"][0]["hash"]]
    assert not [p for p in table.body["papers"] if p["material"] == "form.photo"]


def test_a_portrait_that_is_too_small_is_told_at_its_tile(table):
    table.fill_in()
    table.send("存一下", files={"_paper.photo1": file(photo(100, 120))})
    page = table.check()
    assert any("照片太小" in error for error in page.errors)


def test_a_disk_that_is_nearly_full_is_told_before_anybody_starts_to_take_photos(table):
    table.node.store.local.set_setting(papers.SETTING_RESERVE_MB, 10**9)
    page = table.begin()
    assert "硬盘快满了" in page.text
    answer = table.post_json(table.path, {"applicant_name": "王秀英", "_paper.id": file()})
    assert "硬盘快满了" in answer.get_json()["tiles"]["id"]
    assert table.draft.data["inputs"]["applicant_name"] == ["王秀英"]


# -- signing


def test_the_signed_sheet_photographed_is_the_signature_of_form_and_mandate(table):
    table.fill_in()
    table.hand_over(*PAPERS)
    table.check()
    table.register()
    sheet = {p["material"]: p["pages"][0]["hash"] for p in table.body["papers"]}
    assert table.body["form"]["signature"] == {"kind": "sheet", "paper": sheet["form"]}
    assert table.body["mandate"]["signature"] == {"kind": "sheet", "paper": sheet["proxy"]}


def test_a_signature_on_the_screen_signs_form_and_mandate_and_is_a_paper_of_its_own(table):
    table.fill_in()
    table.hand_over("id", "hukou", "bank", "photo1")
    table.send("存一下", files={"_paper.drawing": (io.BytesIO(drawing()), "drawing.png")})
    page = table.check()
    assert "还差" not in page.text
    table.register()
    by_material = {p["material"]: p for p in table.body["papers"]}
    drawn = by_material["form.signature"]["pages"][0]["hash"]
    assert table.body["form"]["signature"] == {"kind": "drawing", "paper": drawn}
    assert table.body["mandate"]["signature"] == {"kind": "drawing", "paper": drawn}
    assert (by_material["form"]["pages"], by_material["form"]["signed"]) == ([], drawn)
    assert (by_material["form"]["grade"], by_material["proxy"]["grade"]) == ("A", "A")


def test_typed_text_is_never_a_signature(table):
    table.fill_in()
    table.client.http.post(table.path, data={**table.form.fields, "signature": "drawing:" + "a" * 64})
    page = table.client.get(table.path)
    table.page = page
    page = table.check()
    assert "还差" in page.text
    assert "signature" not in json.dumps(table.draft.data["pages"])


def test_the_mandate_says_who_for_whom_for_what_and_what_he_must_do_himself(table):
    table.fill_in("CL-001")
    table.hand_over("form", "id", "hukou", "photo2", "proxy")
    table.check()
    table.register()
    mandate = table.body["mandate"]
    assert (mandate["principal"], mandate["agent"], mandate["item"]) == (
        table.person.name,
        "陈会计",
        "CL-001",
    )
    assert mandate["excluded"] == ["残疾评定须本人到场(可上门评定)"]
    assert mandate["day"] == table.node.today().isoformat()


# -- evidence


def test_the_grade_of_a_paper_says_what_was_seen(table):
    table.fill_in()
    table.hand_over("form", "id", "photo1")
    table.hand_over("hukou", seen=False)
    table.send("存一下", **{"_seen.bank": "true"})
    table.check()
    table.register()
    found = {
        p["material"]: (p["form"], p["grade"], p["original_seen"], p["seen_by"] is not None)
        for p in table.body["papers"]
    }
    assert found == {
        "form": ("original", "B", True, True),
        "id": ("photo", "B", True, True),
        "photo1": ("photo", "A", False, False),
        "hukou": ("photo", "C", False, False),
        "bank": ("photo", "D", True, True),
    }


def test_at_an_authoritys_counter_an_original_that_was_seen_makes_grade_a(county):
    table = Table(county, county.township, "clerk")
    table.fill_in()
    table.hand_over("form", "id")
    table.send("存一下", **{"_count.id": "1"})
    table.check()
    table.register("登记")
    found = {p["material"]: (p["form"], p["grade"], p["count"]) for p in table.body["papers"]}
    assert found == {"form": ("original", "A", 1), "id": ("copy", "A", 1)}


# -- check and register


def register(table, item: str = ITEM, **changes):
    table.fill_in(item, **changes)
    table.hand_over(*PAPERS)
    table.check()
    return table.register()


def test_the_check_page_shows_every_answer_with_the_way_to_change_it(table):
    table.fill_in(mobile="13812345678")
    table.hand_over(*PAPERS)
    page = table.check()
    assert page.h1 == "核对"
    assert {table.person.name, table.person.id_number, "13812345678"} <= set(page.text.split())
    changes = [a.get("href") for a in page.root.all("a") if a.text.startswith("改")]
    assert f"{table.path}#f-mobile" in changes
    assert f"{table.path}#f-_paper-id" in changes
    back = table.client.get(table.path)
    assert all(href.rpartition("#")[2] in back.source for href in changes)


def test_a_case_is_registered_and_submitted_in_one_step_with_all_that_was_given(table):
    page = register(table)
    assert page.h1 == "已登记"
    assert [e.type for e in table.file.events] == ["case.registered", "case.submitted"]
    body = table.body
    assert body["number"] in page.text
    assert body["query_code"] in page.text
    assert (body["item"], body["channel"], body["village"]) == (ITEM, "village_agent", table.node.office)
    assert body["salt"] == table.salt
    assert body["first_asked"] == table.officer
    assert body["applicant"]["name"] == table.person.name
    assert body["applicant"]["id_number"] == table.person.id_number
    assert [p["material"] for p in body["papers"]] == list(PAPERS)
    assert label(table.file.view) == "REGISTERED"
    assert table.draft is None


def test_the_last_page_says_what_comes_next_by_whom_and_by_when(table):
    page = register(table)
    assert "传到回龙镇便民服务中心,最迟 3月9日 周一" in page.text
    assert "收到后 5 个工作日内受理,或者一次性告知还要补什么" in page.text
    assert "承诺 15 个工作日办结" in page.text
    assert "只在本机" in page.text
    assert page.root.all("svg")


def test_it_can_be_registered_and_held_back(table):
    table.fill_in()
    table.check()
    page = table.register("只登记,先不报送")
    assert [e.type for e in table.file.events] == ["case.registered"]
    assert "还没有报送" in page.text


def test_an_urgent_matter_is_marked(table):
    table.fill_in()
    table.check()
    table.register(_urgent="true")
    assert table.file.row.urgent


def test_what_becomes_of_an_incomplete_application_is_said_by_who_takes_it_in(county, table):
    assert "不齐也可以登记,回龙镇便民服务中心会一次性告知要补的" in table.begin().text
    assert "不齐不能当场办结" in table.begin("CW-001").text
    counter = Table(county, county.hub, role="window")
    assert "不齐也可以登记,县" in counter.begin("GA-001").text


def test_missing_papers_are_listed_and_do_not_stop_the_registration(table):
    table.fill_in()
    table.hand_over("form", "id", "hukou", "bank", "proxy")
    page = table.check()
    assert "还差 1 份:一寸近期免冠彩色照片" in page.text
    page = table.register()
    assert "还差 1 份" in page.text
    assert "一寸近期免冠彩色照片" in page.text


def test_originals_that_nobody_saw_are_named_before_the_registration(table):
    table.fill_in()
    table.hand_over("id", seen=False)
    assert "原件还没核验:居民身份证" in table.check().text


def test_what_must_be_put_right_cannot_be_jumped_over(table):
    table.begin()
    table.send("存一下", applicant_name="王秀英")
    page = table.client.get(table.path + "/check")
    assert page.h1 == "高龄津贴申领"
    assert page.errors
    token = page.form(table.path).fields["_token"]
    answer = table.client.http.post(table.path + "/register", data={"_token": token})
    assert answer.headers["Location"].endswith("?check=")
    assert table.node.store.views.counts()[0] == 0


def test_a_stale_page_sent_twice_gives_the_same_case(table):
    table.fill_in()
    page = table.check()
    form = next(f for f in page.forms if f.action.endswith("/register"))
    first = table.client.submit(form, button="登记并报送")
    table.client.page = page
    second = table.client.submit(form, button="登记并报送")
    assert first.path == second.path
    assert table.node.store.views.counts()[0] == 1


def test_after_the_registration_the_old_page_and_its_autosave_lead_to_the_case(table):
    table.fill_in()
    old = table.form
    page = table.check()
    done = table.register()
    assert table.client.get(table.path).path == done.path
    answer = table.client.http.post(
        old.action, data={**old.fields, "applicant_name": "改了"}, headers={"Accept": "application/json"}
    )
    assert answer.get_json()["case"] == done.path
    assert table.draft is None
    assert page.h1 == "核对"


def test_two_tables_over_one_store_register_one_salt_once(county, table):
    table.fill_in()
    page = table.check()
    form = next(f for f in page.forms if f.action.endswith("/register"))
    other = PageClient(app_of(county.reopened(county.village)))
    other.log_in(table.officer, PASSWORD)
    other.page = other.get(table.path + "/check")
    theirs = next(f for f in other.page.forms if f.action.endswith("/register"))
    first = table.client.submit(form, button="登记并报送")
    assert other.submit(theirs, button="登记并报送").path == first.path


def test_a_second_open_case_of_the_same_person_and_item_is_warned_of_and_not_stopped(table):
    register(table)
    number = table.body["number"]
    table.fill_in(seed=5)
    page = table.check()
    assert "可能重复" in page.text
    assert number in page.text
    table.register()
    assert table.node.store.views.counts()[0] == 2


def test_without_a_number_a_repeat_is_known_by_name_village_and_item(table):
    table.fill_in("CW-002")
    table.check()
    table.register("只登记,先不办结")
    table.fill_in("CW-002")
    assert "可能重复" in table.check().text


def test_somebody_without_an_id_is_registered_with_the_reason(table):
    table.begin()
    answers = table.answers()
    del answers["id_number"]
    table.send("存一下", _kind="person_without_id")
    table.send(
        "存一下", **answers, **{"_who.reason": "证件遗失,正在补办", "gender": "2", "birth_date": "1940-02-03"}
    )
    page = table.check()
    assert page.h1 == "核对", page.errors
    table.register()
    applicant = table.body["applicant"]
    assert (applicant["kind"], applicant["reason"]) == ("person_without_id", "证件遗失,正在补办")
    assert "id_number" not in applicant
    assert table.body["form"]["birth_date"] == "1940-02-03"


def test_a_guardian_and_a_handler_stand_in_the_event(table):
    table.begin()
    table.send("存一下", **table.answers(), _guarded="true")
    guardian = {
        "_who.guardian_name": "王建国",
        "_who.guardian_phone": "13900000001",
        "_who.guardian_relation": "儿子",
    }
    table.send("存一下", **guardian)
    table.check()
    table.register()
    assert table.body["applicant"]["guardian"] == {
        "name": "王建国",
        "phone": "13900000001",
        "relation": "儿子",
    }


# -- an earlier application


def test_an_earlier_application_lends_identity_address_telephone_and_account_only_with_consent(table):
    register(table, mobile="13812345678", group_no="7")
    first = table.file
    table.begin()
    found = state(table, id_number=table.person.id_number)
    assert "群众同意复用" in found["known"]
    assert table.draft.data["inputs"].get("mobile", [""])[0] == ""
    found = state(table, id_number=table.person.id_number, _reuse=first.id)
    assert found["derived"]["mobile"] == "13812345678"
    assert found["derived"]["group_no"] == "7"
    assert found["derived"]["bank_account"]
    assert table.draft.data["pages"] == {}
    page = table.client.get(table.path)
    assert page.form(table.path).fields["applicant_name"] == table.person.name
    table.page = page
    page = table.check()
    assert "群众同意复用" in page.text
    table.register()
    reused = table.body["applicant"]["reused"]
    assert (reused["agreed"], reused["from"]) == (True, first.id)
    assert {"mobile", "address", "bank_account"} <= set(reused["fields"])
    assert "values" not in reused


def test_what_was_typed_already_is_not_overwritten_by_what_is_lent(table):
    register(table, mobile="13812345678")
    first = table.file.id
    table.begin()
    found = state(table, id_number=table.person.id_number, mobile="13900000009", _reuse=first)
    assert "mobile" not in found["derived"]
    assert table.draft.data["inputs"]["mobile"] == ["13900000009"]


def test_consent_taken_back_takes_back_what_was_lent(table):
    register(table, mobile="13812345678")
    first = table.file.id
    table.begin()
    found = state(table, id_number=table.person.id_number, _reuse=first)
    typed = {"id_number": table.person.id_number, **found["derived"], "group_no": "9"}
    found = state(table, **typed)
    assert found["derived"]["mobile"] == ""
    assert table.draft.data["inputs"]["group_no"] == ["9"]
    assert table.draft.data["reused"] is None


def test_nothing_is_lent_to_somebody_else(table):
    register(table, mobile="13812345678")
    first = table.file.id
    other = old_person(table.node.today(), seed=11)
    table.begin()
    found = state(table, id_number=other.id_number, _reuse=first)
    assert "mobile" not in found["derived"]
    assert table.draft.data["reused"] is None


def test_what_was_lent_is_taken_back_when_the_number_turns_out_to_be_another(table):
    register(table, mobile="13812345678")
    first = table.file.id
    table.begin()
    found = state(table, id_number=table.person.id_number, _reuse=first)
    other = old_person(table.node.today(), seed=11)
    found = state(table, **{**found["derived"], "id_number": other.id_number, "_reuse": first})
    assert found["derived"]["mobile"] == ""


def test_health_and_money_are_never_lent(table):
    table.fill_in("MZ-003")
    table.check()
    table.register()
    first = table.file.id
    table.begin("MZ-003")
    found = state(table, id_number=table.person.id_number, _reuse=first)
    assert not {"reason", "amount", "poverty_cause", "signature"} & set(found["derived"])


# -- the village decides


@pytest.mark.parametrize("item", ["CW-001", "CW-002", "RS-003"])
def test_an_item_of_the_villages_own_is_finished_at_once(table, item):
    table.fill_in(item)
    wanted = {
        tile.get("data-place") for tile in table.page.root.classed("take") if "hidden" not in tile.attributes
    }
    table.hand_over(*sorted(wanted))
    page = table.check()
    assert "还差" not in page.text, page.text
    page = table.register("登记并办结")
    assert page.h1 == "已办结"
    assert [e.type for e in table.file.events] == [
        "case.registered", "case.submitted", "case.arrived", "case.accepted", "case.decided",
    ]  # fmt: skip
    assert label(table.file.view) == "GRANTED"
    decided = table.client.get(page.link("打印决定书"))
    assert decided.h1 == "准予决定书"
    assert table.client.get(decided.link("返回")).h1 == "已办结"


def test_what_the_procedure_sends_to_the_township_is_not_finished_at_the_village(table):
    table.fill_in("NY-006")
    page = table.check()
    assert "登记并办结" not in page.source
    assert "登记并报送" in page.source


def test_an_item_is_not_finished_while_a_paper_lacks(table):
    table.fill_in("CW-001")
    page = table.check()
    assert "不能当场办结" in page.text
    form = next(f for f in page.forms if f.action.endswith("/register"))
    assert [button.text for button in form.buttons] == ["只登记,先不办结"]
    stale = {**form.fields, "_go": "finish"}
    said = table.client.http.post(form.action, data=stale).get_data(as_text=True)
    assert "不能当场办结,还差:" in said
    assert "镇上" not in said  # the village decides it
    assert table.draft is not None


def test_an_item_is_not_finished_while_an_original_is_unseen(table):
    table.fill_in("CW-001")
    table.hand_over("id", "proxy", "form.signature", seen=False)
    form = next(f for f in table.check().forms if f.action.endswith("/register"))
    stale = {**form.fields, "_go": "finish"}
    said = table.client.http.post(form.action, data=stale).get_data(as_text=True)
    assert "居民身份证的原件还没有核验" in said
    assert "还差" not in said


# -- every item of the catalogue


@pytest.fixture(scope="module")
def one_table(tmp_path_factory):
    county = build_county(tmp_path_factory.mktemp("county"))
    return Table(county, county.village)


@pytest.mark.parametrize("item", [item.code for item in shipped().items])
def test_every_item_is_filled_in_with_all_its_papers_checked_and_registered(one_table, item):
    table = one_table
    table.begin(item)
    answers = {f"{key}": value for key, value in table.answers(item).items()}
    answer = table.client.http.post(table.path, data={"_token": table.form.fields["_token"], **answers})
    assert answer.status_code == 303
    table.page = table.client.get(table.path)
    tiles = [t for t in table.page.root.classed("take") if "hidden" not in t.attributes]
    wanted = [t.get("data-place") for t in tiles if "还差" in t.text]
    data = {f"_paper.{place}": file(photo(400, 500)) for place in wanted}
    table.client.http.post(table.path, data={**table.form.fields.to_dict(flat=False), **data})
    ticks = {f"_seen.{place}": "true" for place in wanted}
    table.client.http.post(table.path, data={**table.form.fields.to_dict(flat=False), **ticks})
    page = table.page = table.client.get(table.path + "/check")
    assert page.h1 == "核对", page.errors
    assert "还差" not in page.text
    finishes = "登记并办结" in page.source
    table.register("登记并办结" if finishes else "登记并报送")
    made = table.file.events[0]
    assert made.body["item"] == item
    assert len(made.payload) < 64_000
    assert {p["material"] for p in made.body["papers"]} >= set(wanted)


# -- who must come himself, and when


def publish(county, code: str, **changes) -> None:
    """A new edition of an item, as the hub publishes it; then all nodes hold it."""
    edition = county.hub.reference.edition_in_force(code)
    stored = next(e for e in county.hub.store.ledger.reference() if e.id == edition.id)
    event = county.hub.publish("item.published", {**stored.body, **changes, "edition": "another"})
    county.hub.publish("catalogue.published", {**county.hub.reference.catalogue, "items": {
        **county.hub.reference.catalogue["items"], code: event.id}})  # fmt: skip
    county.level()


def test_what_must_not_be_done_by_an_agent_is_not_begun_at_a_village(county, table):
    publish(county, ITEM, agency={"allowed": False, "scope": "none", "in_person_steps": ["本人申请"]})
    page = table.client.get("/register?q=gljt")
    assert "须本人来办" in page.text
    assert f"/register/{ITEM}" not in page.source
    assert "不能代办" in table.client.get(f"/register/{ITEM}", status=409).text
    assert "须本人来办,不能代办" in table.client.get(f"/items/{ITEM}").text
    counter = Table(county, county.township, "clerk")
    assert counter.begin().h1 == "高龄津贴申领"


def test_who_must_come_himself_is_warned_of_on_each_page_before_the_registration(table):
    table.fill_in("CL-001")
    for page in (
        table.client.get("/items/CL-001"),
        table.client.get(table.path),
        table.client.get(table.path + "/check"),
    ):
        (box,) = page.root.classed("in-person")
        assert "残疾评定须本人到场" in box.text


def test_out_of_season_is_warned_of(county, table):
    publish(county, ITEM, acceptance_window={"months": [9, 10], "note": None})
    table.fill_in()
    assert "只在 9 月、10 月收" in table.check().text


# -- counters


def test_at_the_townships_counter_the_application_arrives_at_once(county):
    table = Table(county, county.township, "clerk")
    assert table.client.get("/register").h1 == "窗口登记"
    table.fill_in()
    page = table.check()
    assert "代办委托书" not in page.text
    page = table.register("登记")
    assert label(table.file.view) == "RECEIVED"
    assert table.body["channel"] == "township_window"
    assert table.body.get("mandate") is None
    assert "回龙镇便民服务中心最迟 3月11日 周三 受理" in page.text


def test_the_countys_own_counter_takes_in_what_the_county_decides(county):
    table = Table(county, county.hub, "window")
    item = "WJ-004"
    table.begin(item)
    places = table.form.options("village") if "village" in table.form.names else {}
    answers = table.answers(item)
    if places:
        answers["village"] = next(iter(places))
    table.send("存一下", **answers)
    page = table.check()
    assert page.h1 == "核对", page.errors
    table.register("登记")
    assert table.body["channel"] == "county_window"
    assert table.file.view.state.holder == "511322/WJ"


def test_a_village_offers_the_villages_of_its_own_township_and_begins_with_its_own(table):
    table.begin()
    places = table.form.options("village")
    assert len(places) == len(
        [c for c in table.node.reference.offices if c.startswith(NUMBER) and len(c) == 12]
    )
    assert table.form.fields["village"] == table.node.office


# -- who may


def test_nobody_registers_without_being_logged_in(table):
    stranger = PageClient(table.app)
    assert stranger.get("/register").path == "/login"
    assert stranger.http.post(table.begin().path, data={}).status_code in (401, 403)


def test_a_form_without_its_token_changes_nothing(table):
    table.begin()
    assert table.client.http.post(table.path, data={"applicant_name": "王秀英"}).status_code == 403
    assert table.draft is None


def test_the_scope_of_a_mandate_is_stated_once():
    assert "代领办理结果" in event.SCOPE
