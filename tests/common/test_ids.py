"""Citizen ids, certificates, credit codes, case numbers, codes drawn, masking (R-1002 to R-1007, R-1203)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import ids
from common.errors import BadInput

CASES = json.loads((Path(__file__).parents[1] / "data/identifiers.json").read_text("utf-8"))
TODAY = date(2026, 2, 13)
SEXES = {"男": "male", "女": "female"}


def cases(kind: str, *, valid: bool) -> list[object]:
    return [pytest.param(c, id=c.get("why") or c["value"]) for c in CASES[kind] if c["valid"] is valid]


def refusal(parse: object, *args: object) -> str:
    with pytest.raises(BadInput) as caught:
        parse(*args)
    return caught.value.code


# -- citizen id


def outcome(text: str) -> ids.CitizenId | str:
    try:
        return ids.parse_citizen_id(text, TODAY)
    except BadInput as refused:
        return refused.code


@pytest.mark.parametrize("case", cases("citizen_id", valid=True))
def test_citizen_id_of_the_pack_is_read(case):
    read = ids.parse_citizen_id(case["value"], TODAY)
    assert read.value == case.get("normalised", case["value"])
    if "birth" in case:
        assert (read.birth.isoformat(), read.sex) == (case["birth"], SEXES[case["gender"]])


@pytest.mark.parametrize("case", cases("citizen_id", valid=False))
def test_wrong_citizen_id_of_the_pack_is_refused(case):
    assert refusal(ids.parse_citizen_id, case["value"], TODAY).startswith("citizen_id.")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "citizen_id.empty"),
        ("　 ", "citizen_id.empty"),
        ("511399850612101", "citizen_id.first_generation"),
        ("51139919850612101", "citizen_id.length"),
        ("5113991985061210177", "citizen_id.length"),
        ("5113991985O6121017", "citizen_id.characters"),
        ("X11399198506121017", "citizen_id.characters"),
        ("51139919850612101٧", "citizen_id.characters"),
        ("511399200902290015", "citizen_id.birth_date"),
        ("511399198500121016", "citizen_id.birth_date"),
        ("511399209912310017", "citizen_id.birth_in_future"),
        ("511399197001010191", "citizen_id.check_character"),
    ],
)
def test_refused_citizen_id_says_what_is_wrong(text, code):
    assert refusal(ids.parse_citizen_id, text, TODAY) == code


def test_citizen_id_is_valid_from_the_day_of_birth_on():
    assert ids.parse_citizen_id("511399201012310023", date(2010, 12, 31)).sex == "female"
    assert (
        refusal(ids.parse_citizen_id, "511399201012310023", date(2010, 12, 30))
        == "citizen_id.birth_in_future"
    )


def test_age_counts_full_years_and_grows_on_the_birthday():
    person = ids.parse_citizen_id("511399198506121017", TODAY)
    assert [person.age_on(date(2026, 6, day)) for day in (11, 12, 13)] == [40, 41, 41]


@settings(max_examples=40)
@given(st.from_regex("[0-9]{6}19[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True))
def test_any_address_code_passes_and_exactly_one_check_character_fits(first_17):
    """R-1003: whatever the address code, year and sequence."""
    outcomes = {check: outcome(first_17 + check) for check in "0123456789X"}
    (person,) = [read for read in outcomes.values() if isinstance(read, ids.CitizenId)]
    assert set(outcomes.values()) == {person, "citizen_id.check_character"}
    assert person.birth.isoformat().replace("-", "") == first_17[6:14]
    assert person.sex == ("male" if first_17[16] in "13579" else "female")


@given(place=st.integers(0, 16), digit=st.sampled_from("0123456789"))
def test_every_mistyped_digit_of_a_citizen_id_is_caught(place, digit):
    good = "511399198506121017"
    typed = good[:place] + digit + good[place + 1 :]
    if typed != good:
        assert refusal(ids.parse_citizen_id, typed, TODAY).startswith("citizen_id.")


# -- disability certificate


@pytest.mark.parametrize("case", cases("disability_certificate", valid=True))
def test_disability_certificate_of_the_pack_is_read(case):
    read = ids.parse_disability_certificate(case["value"], TODAY)
    assert read.value == case["value"]
    assert read.citizen == ids.parse_citizen_id(case["value"][:18], TODAY)


@pytest.mark.parametrize("case", cases("disability_certificate", valid=False))
def test_wrong_disability_certificate_of_the_pack_is_refused(case):
    assert refusal(ids.parse_disability_certificate, case["value"], TODAY) == "disability_certificate.format"


def test_disability_certificate_says_type_level_and_reissue():
    reissued = ids.parse_disability_certificate(" ５11399 19600315002872b1", TODAY)
    assert (reissued.value, reissued.kind, reissued.level, reissued.reissue) == (
        "51139919600315002872B1",
        7,
        2,
        1,
    )
    assert ids.parse_disability_certificate("51139919600315002844", TODAY).reissue is None


def test_disability_certificate_of_a_wrong_citizen_id_says_so():
    code = refusal(ids.parse_disability_certificate, "51139919600315002144", TODAY)
    assert code == "citizen_id.check_character"


# -- credit code


@pytest.mark.parametrize("case", cases("uscc", valid=True))
def test_credit_code_of_the_pack_is_read(case):
    assert ids.parse_credit_code(case["value"]) == case["value"]
    assert ids.parse_credit_code(" " + case["value"].lower()) == case["value"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("92511322MA00000000", "credit_code.check_character"),
        ("92511322MI00000001", "credit_code.characters"),
        ("92511322MA0000000", "credit_code.length"),
        ("", "credit_code.length"),
    ],
)
def test_refused_credit_code_says_what_is_wrong(text, code):
    assert not text or text in [c["value"] for c in CASES["uscc"] if not c["valid"]]
    assert refusal(ids.parse_credit_code, text) == code


def test_published_credit_code_of_another_body_is_read():
    """The code within the sample implementation code that R-1006 quotes."""
    assert ids.parse_credit_code("11511300008778693M") == "11511300008778693M"


# -- case number


@pytest.mark.parametrize("case", cases("case_number", valid=True))
def test_case_number_of_the_pack_is_read_and_printed_again(case):
    assert ids.parse_case_number(case["value"]).text == case.get("normalised", case["value"])


@pytest.mark.parametrize("case", cases("case_number", valid=False))
def test_wrong_case_number_of_the_pack_is_refused(case):
    assert refusal(ids.parse_case_number, case["value"]).startswith("case_number.")


def test_case_number_has_its_parts():
    number = ids.parse_case_number("511322101203-20260213-K7QD-0007-57")
    assert number == ids.CaseNumber("511322101203", date(2026, 2, 13), "K7QD", 7)
    assert str(number) == number.text


def checked(first_28: str) -> str:
    """With its check digits by the definition: the whole, letters as 10 to 35, leaves 1 on division by 97."""
    digits = "".join(str(int(char, 36)) for char in first_28)
    return first_28 + next(f"{c:02}" for c in range(2, 99) if int(f"{digits}{c:02}") % 97 == 1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "case_number.format"),
        ("511322101203-20260213-K1QD-0007-57", "case_number.format"),
        ("511322101203-20260213-K7QD-0007-58", "case_number.check_digits"),
        (checked("51132210120320260230K7QD0007"), "case_number.date"),
        (checked("51132210120300000101K7QD0007"), "case_number.date"),
        (checked("51132210120320260213K7QD0000"), "case_number.serial"),
    ],
)
def test_refused_case_number_says_what_is_wrong(text, code):
    assert refusal(ids.parse_case_number, text) == code


def test_only_the_canonical_check_digits_pass():
    """98 and 01, 99 and 02, 97 and 00 leave the same remainder; only 02 to 98 are ever printed."""
    seen = set()
    for serial in range(1, 300):
        text = ids.CaseNumber("511322101203", TODAY, "K7QD", serial).text
        seen.add(text[-2:])
        for alias in (int(text[-2:]) - 97, int(text[-2:]) + 97):
            if 0 <= alias <= 99:
                assert refusal(ids.parse_case_number, f"{text[:-2]}{alias:02}") == "case_number.check_digits"
    assert {"02", "98"} <= seen
    assert not {"00", "01", "99"} & seen


numbers = st.builds(
    ids.CaseNumber,
    place=st.from_regex("[0-9]{12}", fullmatch=True),
    day=st.dates(),
    device=st.text(ids.DEVICE_ALPHABET, min_size=4, max_size=4),
    serial=st.integers(1, ids.MAX_SERIAL),
)


@given(numbers)
def test_case_number_survives_being_printed_read_out_and_typed(number):
    for typed in (
        number.text,
        number.text.lower(),
        number.text.replace("-", " "),
        number.text.replace("-", "－"),
    ):
        assert ids.parse_case_number(typed) == number
    assert number.text.replace("-", "") == checked(number.text.replace("-", "")[:-2])


@given(numbers, st.integers(0, 28), st.data())
def test_mistyped_digit_or_two_swapped_digits_of_a_case_number_are_caught(number, place, data):
    text = number.text.replace("-", "")
    if text[place].isdigit():
        typed = text[:place] + data.draw(st.sampled_from("0123456789")) + text[place + 1 :]
        if typed != text:
            assert refusal(ids.parse_case_number, typed).startswith("case_number.")
        swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        if text[place + 1].isdigit() and swapped != text:
            assert refusal(ids.parse_case_number, swapped).startswith("case_number.")


@pytest.mark.parametrize(
    "parts",
    [
        ("511322101", TODAY, "K7QD", 1),
        ("51132210120X", TODAY, "K7QD", 1),
        ("511322101203", TODAY, "K1QD", 1),
        ("511322101203", TODAY, "k7qd", 1),
        ("511322101203", TODAY, "K7QDX", 1),
        ("511322101203", TODAY, "K7QD", 0),
        ("511322101203", TODAY, "K7QD", 10_000),
    ],
)
def test_case_number_is_never_made_of_wrong_parts(parts):
    with pytest.raises(ValueError):
        ids.CaseNumber(*parts)


# -- codes drawn


def test_device_alphabet_is_a_to_z_and_2_to_9_without_i_l_o_u():
    assert sorted(ids.DEVICE_ALPHABET) == sorted(set("ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789") - set("ILOU"))


def test_device_codes_use_the_whole_alphabet_at_every_place_evenly():
    """Every code once: the 30**4 numbers that can be drawn give 30**4 codes."""
    codes = [ids.new_device_code(n.to_bytes(8)) for n in range(30**4)]
    assert len(set(codes)) == 30**4
    for place in range(4):
        assert set(Counter(code[place] for code in codes).values()) == {30**3}


@given(st.binary(min_size=8, max_size=32))
def test_device_and_query_codes_fit_their_form(drawn):
    number = ids.CaseNumber("511322101203", TODAY, ids.new_device_code(drawn), 1)
    assert ids.parse_case_number(number.text) == number
    assert ids.parse_query_code(ids.new_query_code(drawn)) == ids.new_query_code(drawn)


@pytest.mark.parametrize("draw", [ids.new_device_code, ids.new_query_code])
def test_too_few_random_bytes_are_misuse(draw):
    with pytest.raises(ValueError):
        draw(b"1234567")


def test_query_code_keeps_its_leading_zeros():
    assert ids.new_query_code((42).to_bytes(8)) == "000042"
    assert ids.parse_query_code(" ０00 042 ") == "000042"


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "１２３４５六"])
def test_wrong_query_code_is_refused(text):
    assert refusal(ids.parse_query_code, text) == "query_code.format"


# -- masking


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("李小英", "李*英"),
        ("张三", "张*"),
        ("欧阳娜娜", "欧阳**"),
        ("欧阳修", "欧阳*"),
        ("欧阳", "欧*"),
        ("李王小英", "李**英"),
        ("阿依古丽·买买提", "阿******提"),
        ("𡒊三", "𡒊*"),
        (" 张三 ", "张*"),
        ("张", "*"),
        ("", ""),
    ],
)
def test_name_is_masked(name, masked):
    assert ids.mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("51139919700101019X", "511399**********9X"),
        ("511399850612101", "511399*******01"),
        ("6217001234567890123", "621700***********23"),
        ("622848123456", "**********56"),
        ("12345678", "******78"),
        ("1234567", "*******"),
        ("", ""),
    ],
)
def test_id_number_is_masked(number, masked):
    assert ids.mask_id(number) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13812345678", "138****5678"),
        ("0817-8221234", "081*****1234"),
        ("8221234", "*****34"),
        ("123456", "****56"),
        ("12345", "*****"),
        ("", ""),
    ],
)
def test_phone_number_is_masked(number, masked):
    assert ids.mask_phone(number) == masked


@given(st.sampled_from([ids.mask_name, ids.mask_id, ids.mask_phone]), st.text(min_size=1, max_size=30))
def test_masking_always_hides_something_and_keeps_the_length(mask, text):
    text = text.strip()
    masked = mask(text)
    assert len(masked) == len(text)
    assert not text or any(m == "*" for m in masked)
    assert all(m in ("*", t) for m, t in zip(masked, text, strict=True))
