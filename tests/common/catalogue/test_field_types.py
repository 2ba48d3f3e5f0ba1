"""Each of the 21 field types: what is taken, how it is stored, what is refused and with which code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from common.catalogue.field_types import FIELD_CHECKS, FormContext, PaperFacts
from common.catalogue.forms import Checked, check_form
from common.catalogue.item_reading import FIELD_TYPES
from tests.builders_forms import TODAY, VILLAGE, field_body, item, small_item

CASES = json.loads((Path(__file__).parents[2] / "data" / "identifiers.json").read_text(encoding="utf-8"))
HASH = "ab" * 32
CONTEXT = FormContext(TODAY)


def check(type: str, answer: object, context: FormContext = CONTEXT, **field: object) -> Checked:
    return check_form(small_item(field_body(type, **field)), {"x": answer}, context)


TAKEN = [
    ("string", "  村口  小卖部 ", "村口 小卖部", {}),
    ("string", "５１１３９９１９６００３１５００２８ 44b1", "51139919600315002844B1", {"pattern": r"^\d{20}(B\d)?$"}),
    ("text", "第一行 \r\n第二行\n", "第一行\n第二行", {}),
    ("person_name", "李　明", "李明", {}),
    ("person_name", "䶮㛃𬭚", "䶮㛃𬭚", {}),
    ("person_name", "买买提•艾力", "买买提·艾力", {}),
    ("person_name", "买买提.艾力", "买买提·艾力", {}),
    ("person_name", "Mary  Ann Li", "Mary Ann Li", {}),
    ("phone", "+86 138-0013-8000", "13800138000", {}),
    ("phone", "010－88880000", "010-88880000", {}),
    ("bank_account", "6217 0000 1234 5678 901", "6217000012345678901", {"pattern": r"^\d{12,19}$"}),
    ("plate", "京 a·12345", "京A12345", {}),
    ("plate", "京AD12345", "京AD12345", {"pattern": r"^[\u4e00-\u9fa5][A-Z][A-HJ-NP-Z0-9]{5,6}$"}),
    ("division", " 511322115203", VILLAGE, {}),
    ("division", "511322115", "511322115", {"level": "township"}),
    ("division", "110105", "110105", {"level": "county"}),
    ("division", "999888101", "999888101", {"level": "township"}),  # of an invented county
    ("date", "2026年2月3日", "2026-02-03", {}),
    ("date", "20260203", "2026-02-03", {}),
    ("date", "2026/2/3", "2026-02-03", {}),
    ("datetime", "2026-02-03 8:30", "2026-02-03T08:30", {}),
    ("datetime", "2026-02-03T08:30:00", "2026-02-03T08:30", {}),
    ("integer", " １２ ", 12, {}),
    ("integer", 12, 12, {}),
    ("decimal", "1,200.5", "1200.50", {}),
    ("decimal", "15.1", "15.1", {"scale": 1, "min": "15.1", "max": "5000"}),
    ("decimal", 3, "3.00", {}),
    ("money", "85.5", 8550, {}),
    ("money", "¥1,200元", 120_000, {}),
    ("money", "0.01", 1, {"min": "0.01"}),
    ("money", 8550, 8550, {}),
    ("enum", "red", "red", {}),
    ("multi_enum", ["blue", "red", "blue"], ["red", "blue"], {}),
    ("multi_enum", "blue", ["blue"], {}),
    ("bool", "否", False, {}),
    ("bool", True, True, {}),
    ("geo_point", "39.9042，116.4074", {"lat": "39.904200", "lng": "116.407400"}, {}),
    ("geo_point", {"lat": "39.90421234567", "lng": "116.4"}, {"lat": "39.904212", "lng": "116.400000"}, {}),
    ("photo", HASH, [HASH], {}),
    ("signature", f"sheet:{HASH}", {"kind": "sheet", "paper": HASH}, {}),
    ("signature", {"kind": "drawing", "paper": HASH}, {"kind": "drawing", "paper": HASH}, {}),
]  # fmt: skip

REFUSED = [
    ("string", 12, "form.wrong_type", {}),
    ("string", "a\x00b", "form.bad_characters", {}),
    ("string", "\ud800", "form.bad_characters", {}),
    ("string", "a" * 61, "form.too_long", {"max_length": 60}),
    ("string", "a" * 201, "form.too_long", {}),
    ("string", "a123", "form.pattern", {"pattern": "^[A-Z]\\d{9}$"}),
    ("text", "太短", "form.too_short", {"min_length": 5}),
    ("person_name", "李", "form.name", {}),
    ("person_name", "李明3", "form.name", {}),
    ("person_name", "李\ue863", "form.name", {}),
    ("phone", "12345678901", "form.phone", {}),
    ("phone", "8222000", "form.phone", {}),
    ("bank_account", "62170", "form.bank_account", {}),
    ("plate", "京AI2345", "form.plate", {}),
    ("division", "511322115", "form.division", {}),
    ("division", "011322115203", "form.division", {}),
    ("date", "2025-02-29", "form.date", {}),
    ("date", "昨天", "form.date", {}),
    ("date", "1026-02-03", "form.date", {}),
    ("date", "2026-02-14", "form.too_large", {"max": "today"}),
    ("date", "2026-02-12", "form.too_small", {"min": "today"}),
    ("date", "2016-01-01", "form.too_large", {"max": "2015-12-31"}),
    ("datetime", "2026-02-03 24:30", "form.datetime", {}),
    ("datetime", "2026-02-03", "form.datetime", {}),
    ("datetime", "2026-02-03T08:30Z", "form.datetime", {}),
    ("integer", "1.5", "form.integer", {}),
    ("integer", True, "form.wrong_type", {}),
    ("integer", 10**400, "form.integer", {}),
    ("integer", "0", "form.too_small", {"min": 1, "max": 60}),
    ("integer", "61", "form.too_large", {"min": 1, "max": 60}),
    ("decimal", "1e3", "form.decimal", {}),
    ("decimal", 1.5, "form.wrong_type", {}),
    ("decimal", "1.234", "form.scale", {}),
    ("decimal", "15", "form.too_small", {"min": "15.1", "scale": 1}),
    ("money", "12.345", "form.money", {}),
    ("money", "-1", "form.money", {}),
    ("money", -1, "form.money", {}),
    ("money", "1500.01", "form.too_large", {"min": "1", "max": "1500"}),
    ("enum", "green", "form.not_a_choice", {}),
    ("multi_enum", ["red", "green"], "form.not_a_choice", {}),
    ("bool", "也许", "form.not_a_choice", {}),
    ("geo_point", "116.4074,39.9042", "form.geo_point", {}),
    ("geo_point", "北京", "form.geo_point", {}),
    ("photo", "photo.jpg", "form.photo", {}),
    ("photo", [f"{n:064x}" for n in range(10)], "form.photo", {}),
    ("signature", "张三", "form.signature_typed", {}),
    ("signature", {"kind": "typed", "paper": HASH}, "form.signature", {}),
]  # fmt: skip


@pytest.mark.parametrize(("type", "answer", "stored", "field"), TAKEN)
def test_a_good_answer_is_stored_in_its_one_form(type, answer, stored, field):
    checked = check(type, answer, **field)
    assert (checked.errors, checked.values) == ({}, {"x": stored})
    assert check(type, stored, **field).values == checked.values


@pytest.mark.parametrize(("type", "answer", "code", "field"), REFUSED)
def test_a_bad_answer_is_refused_with_its_code_and_advice(type, answer, code, field):
    checked = check(type, answer, **field)
    assert checked.values == {}
    assert checked.errors["x"][0] == code
    assert checked.errors["x"][1].startswith("「x栏」")
    assert checked.errors["x"][1].endswith("。")


def test_every_type_of_the_catalogue_has_examples():
    assert set(FIELD_CHECKS) | {"table"} == set(FIELD_TYPES)
    shown = {case[0] for case in TAKEN} & {case[0] for case in REFUSED} | {"cn_id", "uscc", "table"}
    assert shown == set(FIELD_TYPES)


@pytest.mark.parametrize("case", CASES["citizen_id"], ids=lambda case: case["why"])
def test_citizen_ids_are_judged_as_the_examples_say(case):
    checked = check("cn_id", case["value"])
    if case["valid"]:
        assert checked.values == {"x": case.get("normalised", case["value"])}
    else:
        assert checked.errors["x"][0].split(".")[0] in ("citizen_id", "form")


@pytest.mark.parametrize("case", CASES["uscc"], ids=lambda case: case["why"])
def test_credit_codes_are_judged_as_the_examples_say(case):
    assert (check("uscc", case["value"]).errors == {}) == case["valid"]


@pytest.mark.parametrize("case", CASES["disability_certificate"], ids=lambda case: case["why"])
def test_certificate_numbers_are_judged_by_the_catalogues_pattern(case):
    pattern = item("MZ-006").field("disability_no").pattern
    assert (check("string", case["value"], pattern=pattern).errors == {}) == case["valid"]


def test_a_name_with_a_rare_character_passes_the_catalogues_own_pattern():
    pattern = item("MZ-001").field("applicant_name").pattern
    assert check("person_name", "王䶮", pattern=pattern).values == {"x": "王䶮"}


def test_the_message_names_the_character_that_cannot_stand_in_a_name():
    assert "「3」" in check("person_name", "李明3").errors["x"][1]
    assert "自造字" in check("person_name", "李\ue863").errors["x"][1]


def test_a_village_of_another_county_is_refused_where_the_divisions_are_known():
    known = FormContext(TODAY, divisions=frozenset({VILLAGE}))
    assert check("division", VILLAGE, known).ok
    assert check("division", "511322115999", known).errors["x"][0] == "form.division"
    assert check("division", "110105", known, level="county").ok


def test_text_that_no_one_can_see_is_no_answer():
    assert check("string", "\u200b\ufeff ").errors["x"][0] == "form.required"


class TestPapers:
    FACTS = FormContext(TODAY, papers={HASH: PaperFacts(100_000, (358, 441))})

    def test_a_photo_of_this_application_is_taken(self):
        assert check("photo", [HASH], self.FACTS, max_bytes=204_800, min_px=[358, 441]).ok

    def test_a_photo_that_is_not_of_this_application_is_refused(self):
        assert check("photo", ["cd" * 32], self.FACTS).errors["x"][0] == "form.photo"

    @pytest.mark.parametrize("limit", [{"max_bytes": 99_999}, {"min_px": [359, 441]}, {"min_px": [358, 442]}])
    def test_a_photo_beyond_the_fields_limits_is_refused(self, limit):
        assert check("photo", [HASH], self.FACTS, **limit).errors["x"][0] == "form.photo"

    def test_a_signature_must_show_a_paper_of_this_application(self):
        assert check("signature", f"drawing:{HASH}", self.FACTS).ok
        assert check("signature", f"drawing:{'cd' * 32}", self.FACTS).errors["x"][0] == "form.signature"
