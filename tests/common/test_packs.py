"""Packs: the shipped one holds what it promises; any other is read by the same rules, or refused with every fault."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from common.catalogue.items import COUNTED, Item
from common.event_types import EVENT_TYPES, check_body
from common.events import parse_json
from common.packs import SHIPPED, BadPack, load_pack, with_item_ids
from common.packs.pinyin import initials_of, pinyin_of
from tests.builders_forms import item_body, shipped

ITEMS = shipped().items
COUNTY = "511322"


@pytest.fixture
def write(tmp_path):
    """Writes a file of a pack under construction, as JSON unless it is text; returns the pack's folder."""

    def _write(name: str, content: Any) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        path.write_text(text, encoding="utf-8")
        return tmp_path

    return _write


def divisions(*townships: dict[str, Any], edition: str = "2020", **more: Any) -> dict[str, Any]:
    """A ``divisions.json`` of the made-up county 990099."""
    return {
        "county": {"code": "990099", "name": "无名县"},
        "editions": {edition: {"as_of": f"{edition}-06-30", "townships": list(townships)}},
        **more,
    }


def township(number: int, *villages: str, name: str = "") -> dict[str, Any]:
    listed = [[code, f"{code}村"] for code in villages]
    return {
        "code": f"990099{number:03d}",
        "name": name or f"乡{number}",
        "kind": "township",
        "villages": listed,
    }


def faults(root: Path) -> str:
    with pytest.raises(BadPack) as caught:
        load_pack(root)
    assert caught.value.code == "pack.bad"
    return "\n".join(caught.value.faults)


class TestShippedDivisions:
    def test_the_base_set_is_the_edition_of_2017_without_the_countys_seat(self):
        pack = shipped()
        assert (pack.county, pack.county_name, pack.divisions.edition) == (COUNTY, "营山县", "2017")
        assert len(pack.townships) == 53
        assert sum(len(t.villages) for t in pack.townships) == 670
        assert "511322001" not in {t.code for t in pack.townships}

    def test_codes_are_of_their_county_in_order_and_none_twice(self):
        codes = [t.code for t in shipped().townships]
        villages = [code for t in shipped().townships for code, _ in t.villages]
        assert codes == sorted(set(codes))
        assert len(villages) == len(set(villages))
        assert all(code.startswith(COUNTY) for code in codes)
        assert all(code.startswith(t.code) for t in shipped().townships for code, _ in t.villages)

    def test_townships_have_the_packs_own_pinyin(self):
        found = {t.name: (t.pinyin, t.initials) for t in shipped().townships}
        assert found["渌井镇"] == ("lu jing zhen", "ljz")
        assert all(pinyin and initials for pinyin, initials in found.values())

    def test_a_demonstration_takes_the_preferred_townships(self):
        assert [t.name for t in shipped().demo_townships((2, 1))] == ["回龙镇", "渌井镇"]


class TestShippedCatalogue:
    def test_all_62_items_of_19_departments_are_read(self):
        assert len(ITEMS) == 62
        assert len({item.department for item in ITEMS}) == 19

    @pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
    def test_the_steps_come_to_the_promise_and_the_promise_keeps_the_law(self, item: Item):
        plain = sum(s.days or 0 for s in item.procedure if s.clock in COUNTED and s.parallel_group is None)
        groups: dict[int, int] = {}
        for step in item.procedure:
            if step.parallel_group is not None:
                groups[step.parallel_group] = max(groups.get(step.parallel_group, 0), step.days or 0)
        assert plain + sum(groups.values()) == item.promised_days == sum(item.promised_by_level().values())
        if item.statutory and item.statutory.unit == item.promised_unit:
            assert item.promised_days <= item.statutory.days

    @pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
    def test_instant_items_are_those_of_no_days_and_stopped_steps_are_announced(self, item: Item):
        assert (item.case_type == "instant") == item.instant
        stopped = [(s.days, s.unit) for s in item.procedure if s.clock == "stopped"]
        assert sorted(stopped) == sorted((e.days, e.unit) for e in item.excluded)
        assert len(item.excluded_kinds) == len(stopped)

    def test_every_item_is_found_by_some_occasion(self):
        assert [item.code for item in ITEMS if not item.occasions] == []

    def test_the_options_an_item_uses_stand_in_its_own_edition(self):
        body = next(b for b in shipped().catalogue.bodies if b["code"] == "MZ-001")
        assert set(body["enums"]) == {"bank", "gender", "health", "housing", "poverty_cause", "relation"}

    def test_weights_for_made_up_load_are_not_published(self):
        assert all("load" not in body for body in shipped().catalogue.bodies)


class TestReferenceEvents:
    EVENTS = tuple(shipped().reference_events(COUNTY))

    def test_they_come_in_the_order_they_rest_on_each_other(self):
        kinds = [kind for kind, _ in self.EVENTS]
        order = ["division.published"] * 54 + ["office.named"] * 19 + ["calendar.published"]
        assert kinds == [*order, *["item.published"] * 62, "catalogue.published"]
        assert self.EVENTS[0][1] == {"code": COUNTY, "name": "营山县", "level": "county"}

    def test_each_body_fits_its_type_and_one_event(self):
        ids = {item.code: "ab" * 32 for item in ITEMS}
        for kind, body in self.EVENTS:
            body = with_item_ids(body, ids) if kind == "catalogue.published" else body
            assert kind in EVENT_TYPES
            assert check_body(kind, body) is None
            written = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
            assert len(written) < 60_000
            assert parse_json(written) == body

    def test_a_township_brings_its_villages(self):
        body = next(body for _, body in self.EVENTS if body.get("code") == "511322115")
        assert (body["name"], body["kind"], body["level"]) == ("回龙镇", "town", "township")
        assert ["511322115201", "大同村村委会"] in body["villages"]

    def test_departments_without_a_window_are_no_office(self):
        offices = {body["office"]: body for kind, body in self.EVENTS if kind == "office.named"}
        assert "511322/CW" not in offices
        assert offices["511322/MZ"]["post"] == "民政岗"
        assert offices["511322/HJ"]["post"] is None

    def test_the_catalogue_names_the_events_of_its_items(self):
        _, body = self.EVENTS[-1]
        assert body["items"] == [item.code for item in ITEMS]
        ids = {code: f"{n:064x}" for n, code in enumerate(body["items"])}
        assert with_item_ids(body, ids)["items"] == ids
        assert body["items"] == [item.code for item in ITEMS], "the pack itself is left as it was"

    def test_items_read_from_their_bodies_are_the_packs_items(self):
        bodies = [body for kind, body in self.EVENTS if kind == "item.published"]
        assert tuple(map(Item.from_body, bodies)) == ITEMS

    def test_a_pack_of_another_county_is_refused(self):
        with pytest.raises(BadPack, match="511322"):
            next(shipped().reference_events("510100"))


class TestAnotherCounty:
    def test_divisions_alone_make_a_pack(self, write):
        root = write("divisions/divisions.json", divisions(township(1, "201", "200"), township(0, "200")))
        pack = load_pack(root)
        assert [t.code for t in pack.townships] == ["990099000", "990099001"]
        assert pack.townships[1].villages == (("990099001200", "200村"), ("990099001201", "201村"))
        assert pack.items == ITEMS
        assert pack.calendar == shipped().calendar
        offices = [body["office"] for kind, body in pack.reference_events("990099") if kind == "office.named"]
        assert offices[0] == "990099/MZ"

    def test_the_oldest_edition_that_has_villages_is_taken(self, write):
        document = divisions(township(1, "200"), edition="2017")
        document["editions"]["2023"] = {"as_of": "2023-06-30", "townships": [township(2, "200")]}
        document["editions"]["2015"] = {"as_of": "2015-06-30", "townships": [township(3)]}
        assert load_pack(write("divisions/divisions.json", document)).divisions.edition == "2017"

    def test_pinyin_may_be_missing_and_is_then_made(self, write):
        write("divisions/divisions.json", divisions(township(1, "200", name="回龙乡")))
        root = write("divisions/townships_2020.csv", "code,name,pinyin,initials\n990099001,回龙乡,,\n")
        assert load_pack(root).townships[0].pinyin == "hui long xiang"
        root = write("divisions/townships_2020.csv", "code,name,pinyin\n990099001,回龙乡,hui long x\n")
        given = load_pack(root).townships[0]
        assert (given.pinyin, given.initials) == ("hui long x", "hlx")

    @pytest.mark.parametrize(
        "said",
        [
            ["990099001", "990099002201"],
            {"2020": ["990099001", "990099002201"], "2023": ["990099002"]},
            {"990099": {"2020": ["990099001", "990099002201"]}, "511322": {"2020": ["990099002"]}},
        ],
    )
    def test_codes_to_leave_out_stand_in_the_pack(self, write, said):
        root = write("divisions/divisions.json", divisions(township(1, "200"), township(2, "200", "201")))
        assert len(load_pack(root).townships) == 2
        write("divisions/leave_out.json", said)
        assert [t.villages for t in load_pack(root).townships] == [(("990099002200", "200村"),)]

    def test_codes_to_leave_out_may_stand_in_the_divisions_themselves(self, write):
        document = divisions(township(1, "200"), township(2, "200"), leave_out={"2020": ["990099001"]})
        root = write("divisions/divisions.json", document)
        assert [t.code for t in load_pack(root).townships] == ["990099002"]

    def test_the_shipped_rule_holds_for_the_same_county_and_edition_alone(self, write):
        document = json.loads((SHIPPED / "divisions" / "divisions.json").read_text(encoding="utf-8"))
        pack = load_pack(write("divisions/divisions.json", document))
        assert [t.code for t in pack.townships] == [t.code for t in shipped().townships]
        del document["editions"]["2017"]
        assert len(load_pack(write("divisions/divisions.json", document)).townships) == 29

    def test_a_demonstration_takes_the_first_townships_with_enough_villages(self, write):
        root = write(
            "divisions/divisions.json",
            divisions(
                township(1, "200"), township(2), township(3, "200", "201"), township(4, "200", "201", "202")
            ),
        )
        assert [t.name for t in load_pack(root).demo_townships((2, 1))] == ["乡3", "乡1"]
        write("divisions/demo.json", ["乡4", "乡2"])
        assert [t.name for t in load_pack(root).demo_townships((2, 1))] == ["乡4", "乡1"]
        with pytest.raises(BadPack, match="不够"):
            load_pack(root).demo_townships((3, 3))

    def test_a_catalogue_of_its_own_is_found_by_the_shipped_occasions_only_where_it_is_the_same(self, write):
        document = json.loads((SHIPPED / "catalogue" / "catalogue.json").read_text(encoding="utf-8"))
        document["items"] = [item for item in document["items"] if item["code"] in ("MZ-005", "MZ-008")]
        document["items"][1]["name"] = "另一件事"
        write("catalogue/catalogue.json", document)
        pack = load_pack(write("divisions/divisions.json", divisions(township(1, "200"))))
        assert pack.item("MZ-005").occasions == ("养老",)
        assert pack.item("MZ-008").occasions == ()
        assert pack.item("MZ-008").aliases == ()

    def test_a_catalogue_may_bring_its_own_occasions(self, write):
        root = write("divisions/divisions.json", divisions(township(1, "200")))
        shutil.copytree(SHIPPED / "catalogue", root / "catalogue")
        own = {"occasions": {"过节": ["MZ-005"]}, "aliases": {"MZ-005": ["敬老钱"]}}
        write("catalogue/occasions.json", own)
        pack = load_pack(root)
        assert pack.item("MZ-005").occasions == ("过节",)
        assert [(a.name, a.initials) for a in pack.item("MZ-005").aliases] == [("敬老钱", "jlq")]
        assert pack.catalogue.body["occasions"] == ["过节"]


class TestFaults:
    def test_a_folder_that_is_no_pack_is_refused(self, tmp_path):
        assert "divisions.json" in faults(tmp_path)
        assert "divisions.json" in faults(tmp_path / "nowhere")

    @pytest.mark.parametrize(
        ("document", "told"),
        [
            ("{", "第 1 行不是正确的 JSON"),
            ('{"county": 1, "county": 2}', "重复的键"),
            ('{"county": 1.5}', "小数"),
            ([], "一个对象"),
            ({}, "county"),
            (divisions(), "没有一版是有村的"),
            (divisions(township(1)), "没有一版是有村的"),
            (divisions(township(1, "200"), township(1, "201")), "990099001 重复"),
            (divisions(township(1, "200", "200")), "990099001200 重复"),
            (divisions(township(1, "20")), "三位数字"),
            (divisions({**township(1, "200"), "code": "511322001"}), "990099 加 3 位"),
            (divisions({**township(1, "200"), "kind": 3}), "kind"),
            (divisions({**township(1, "200"), "name": " "}), "name"),
            (divisions(township(1, "200"), leave_out=[1]), "leave_out"),
        ],
    )
    def test_wrong_divisions_are_refused(self, write, document, told):
        assert told in faults(write("divisions/divisions.json", document))

    def test_a_wrong_calendar_is_refused(self, write):
        write("divisions/divisions.json", divisions(township(1, "200")))
        assert "calendar_x.json" in faults(write("workdays/calendar_x.json", {"calendar_version": "1"}))

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"items": []}, "一个事项也没有"),
            ({"departments": [{"code": "民政"}]}, "部门代码"),
            ({"departments": []}, "没有 MZ 这个部门"),
            ({"departments": [{"code": "MZ", "name": "民政局"}] * 2}, "MZ 重复"),
            ({"items": [item_body()] * 2}, "XX-001 重复"),
            ({"items": [item_body(co_departments=["ZZ"])]}, "没有 ZZ 这个部门"),
            ({"items": [item_body(code="甲")]}, "编号"),
            ({"items": [item_body(case_type="instant")]}, "即办件"),
            (
                {"items": [item_body(time_limit={"promised": {"days": 6, "unit": "working_day"}})]},
                "合计 5 天",
            ),
            (
                {"items": [item_body(time_limit={"promised": {"days": 5, "unit": "calendar_day"}})]},
                "一种天数",
            ),
            ({"items": [item_body(authority="king"), item_body(code="YY-001", nature=None)]}, "authority"),
            ({"items": [item_body(note="长" * 25_000)]}, "一条记录装不下"),
        ],
    )
    def test_a_wrong_catalogue_is_refused(self, write, change, told):
        write("divisions/divisions.json", divisions(township(1, "200")))
        document = {
            "catalogue_version": "1",
            "enums": item_body()["enums"],
            "departments": [{"code": "MZ", "name": "民政局"}],
            "items": [item_body()],
            **change,
        }
        assert told in faults(write("catalogue/catalogue.json", document))

    def test_every_fault_is_told_at_once(self, write):
        write("divisions/divisions.json", divisions(township(1, "20"), township(2)))
        write("workdays/calendar.json", "[]")
        write("catalogue/occasions.json", {})
        told = faults(
            write("catalogue/catalogue.json", {"items": [item_body(authority="king", nature=None)]})
        )
        assert all(
            word in told for word in ("三位数字", "calendar.json", "catalogue_version", "authority", "nature")
        )

    def test_occasions_of_an_item_that_is_not_there_are_refused(self, write):
        root = write("divisions/divisions.json", divisions(township(1, "200")))
        shutil.copytree(SHIPPED / "catalogue", root / "catalogue")
        write("catalogue/occasions.json", {"occasions": {"过节": ["MZ-999"]}})
        assert "MZ-999" in faults(root)


class TestPinyin:
    def test_the_packs_townships_agree_with_what_we_would_make(self):
        with (SHIPPED / "divisions" / "townships_2017.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        differing = [row["name"] for row in rows if pinyin_of(row["name"]) != row["pinyin"]]
        assert len(differing) <= len(rows) // 10

    def test_other_signs_are_left_out_and_letters_and_digits_stand_for_themselves(self):
        assert pinyin_of("林木采伐(15立方米以下)、K线") == "lin mu cai fa 15 li fang mi yi xia k xian"
        assert initials_of("lin mu 15") == "lm1"
