"""Appointing: who may appoint whom where, lists, ends."""

from __future__ import annotations

import pytest

from common import people
from common.errors import AppError, CommandRefused, NotFound, NotPermitted
from common.texts import words
from tests.county import build_county
from tests.hub import PASSWORD, program_over

TOWNSHIP, VILLAGE = "511322115", "511322115203"


@pytest.fixture
def county(tmp_path):
    return build_county(tmp_path)


def refusal(node, name, office, role) -> str:
    with pytest.raises(AppError) as refused:
        people.check_appointment(node, name, office, role)
    return refused.value.code


def test_a_township_appoints_for_itself_its_posts_and_its_villages_alone(county):
    township = county.township
    for office, role in (
        (township.office, "clerk"),
        (f"{township.office}/MZ", "clerk"),
        (county.village.office, "agent"),
    ):
        people.check_appointment(township, "王丽", office, role)
    for office, role in (
        (county.other_village.office, "agent"),
        (county.other_township.office, "clerk"),
        (f"{county.county}/MZ", "window"),
    ):
        assert refusal(township, "王丽", office, role) == "officer.not_your_office"


def test_a_village_appoints_none(county):
    assert refusal(county.village, "王丽", county.village.office, "agent") == "officer.village_appoints_none"


@pytest.mark.parametrize(
    ("office", "role"),
    [("511322", "chief"), ("511322", "clerk"), ("511322/MZ", "operator"), ("511322/MZ", "agent"), (TOWNSHIP, "agent"),
     (TOWNSHIP, "window"), (VILLAGE, "lead"), (VILLAGE, "operator")],
)  # fmt: skip
def test_each_role_has_its_place(county, office, role):
    assert refusal(county.hub, "王丽", office, role) == "officer.role_does_not_fit"


def test_a_technician_has_a_place_everywhere(county):
    for office in ("511322", "511322/MZ", TOWNSHIP, VILLAGE):
        people.check_appointment(county.hub, "周工", office, "technician")


def test_an_officer_works_at_the_node_that_serves_his_office_until_his_end(county):
    program = program_over(county.township, county.folder)
    here, officer = program.accounts.people, county.officers[f"{county.township.office} clerk"]
    assert here.get(officer) is not None
    assert {person.name for person in here.here()} == {"王丽", "周大勇"}
    token = program.accounts.log_in(officer, PASSWORD)
    people.end(county.hub, program_over(county.hub, county.folder).accounts, officer, "调走")
    assert program.accounts.session(token) is not None  # the end has not come yet
    county.level()
    assert here.get(officer) is None
    assert program.accounts.session(token) is None
    assert {person.name for person in here.here()} == {"周大勇"}


def test_an_end_at_home_ends_the_session_at_once(county):
    accounts = program_over(county.hub, county.folder).accounts
    officer = county.officers[f"{county.county} window"]
    token = accounts.log_in(officer, PASSWORD)
    people.end(county.hub, accounts, officer, "调走")
    assert accounts.session(token) is None
    with pytest.raises(CommandRefused, match="ended_already"):
        people.end(county.hub, accounts, officer, "调走")
    with pytest.raises(NotFound):
        people.end(county.hub, accounts, "0" * 64, "调走")


def test_a_township_ends_whom_it_appointed_and_nobody_else(county):
    accounts = program_over(county.township, county.folder).accounts
    people.end(county.township, accounts, county.officers[f"{county.village.office} agent"], "换人")
    with pytest.raises(NotPermitted, match="not_your_appointment"):
        people.end(county.township, accounts, county.officers[f"{county.township.office} clerk"], "换人")
    county.level()
    assert people.Here(county.village).here() == []


def test_after_an_end_the_same_appointment_is_a_new_one(county):
    accounts = program_over(county.hub, county.folder).accounts
    first = county.officers[f"{county.county} window"]
    people.end(county.hub, accounts, first, "调走")
    second, new = people.appoint(county.hub, "罗小兰", county.county, "window")
    assert new
    assert second != first
    assert people.appoint(county.hub, " 罗小兰 ", county.county, "window") == (second, False)


def test_a_list_with_a_row_twice_appoints_once(county):
    done = people.import_list(
        county.hub, f"name,office,role\n李娟,{TOWNSHIP},clerk\n李娟,{TOWNSHIP},clerk\n".encode()
    )
    assert (len(done.new), done.known, done.bad) == (1, 1, ())
    assert done.words() == "新任用 1 人,1 人原来就有。"


def test_columns_may_come_in_any_order_with_others_between(county):
    data = f"role, name ,office,备注\nclerk,李娟,{TOWNSHIP},x\n\n".replace(" name ", "name").encode()
    assert len(people.import_list(county.hub, data).new) == 1


def test_only_the_first_chief_of_a_department_brings_a_key(county):
    office = f"{county.county}/MZ"
    before = list(county.hub.reference.department_keys.get(office, ()))
    people.appoint(county.hub, "甲", office, "chief")
    people.appoint(county.hub, "乙", office, "chief")
    assert len(county.hub.reference.department_keys[office]) == max(1, len(before))


def test_a_row_that_ends_before_its_role_is_told_what_is_missing(county):
    done = people.import_list(county.hub, f"name,office,role\n李娟,{TOWNSHIP}\n".encode())
    [(line, why)] = done.bad
    assert (line, why.code) == (2, "officer.no_role")
    assert words(why) == "没有选岗位。请选一个。"
