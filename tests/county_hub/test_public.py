"""/q: a citizen looks up his case; guesses are slowed and limited, and learn of no number that exists."""

from __future__ import annotations

import pytest

from common.case import commands as c
from common.ids import CaseNumber
from common.texts import STATES as LABELS
from county_hub.public.queries import FREE_FROM_ONE_PLACE, _network
from county_hub.public.words import OTHER, STATES, told
from tests.county import build_county
from tests.desks import Journey
from tests.hub import Hub
from tests.page import PageClient


@pytest.fixture
def hub(tmp_path):
    return Hub(build_county(tmp_path))


@pytest.fixture
def journey(hub):
    journey = Journey.start(hub.county)
    hub.county.level()
    return journey


def code_of(journey) -> str:
    return journey.made.body["query_code"]


def wrong(journey) -> str:
    return f"{(int(code_of(journey)) + 1) % 10**6:06}"


def ask(client, number, code, status=200):
    page = client.get(f"/q/{number}")
    return client.submit(page.form(), code=code, status=status)


def phone(hub, address="10.1.1.1") -> PageClient:
    client = hub.citizen()
    client.http.environ_base["REMOTE_ADDR"] = address
    return client


def test_who_gives_number_and_code_sees_name_masked_item_state_and_due_date(hub, journey):
    page = ask(phone(hub), journey.number, code_of(journey))
    name = journey.made.body["applicant"]["name"]
    assert page.h1 == "已收件"
    assert name not in page.text
    assert name[0] in page.text
    assert "*" in page.text
    assert "高龄津贴" in page.text
    assert page.root.classed("due") == []
    journey.at_township(c.AcceptCase())
    hub.county.level()
    page = ask(phone(hub), journey.number, code_of(journey))
    assert page.h1 == "已受理"
    assert "承诺最迟" in page.root.classed("due")[0].text


def test_the_page_shows_nothing_else_of_the_case(hub, journey):
    body = journey.made.body
    page = ask(phone(hub), journey.number, code_of(journey))
    for secret in (
        body["applicant"]["id_number"],
        body["applicant"]["phone"],
        body["salt"],
        code_of(journey),
    ):
        assert secret not in page.source


def test_number_and_code_may_be_typed_as_people_type(hub, journey):
    client = phone(hub)
    page = client.get("/q")
    code = code_of(journey)
    page = client.submit(
        page.form(), number=f" {journey.number.replace('-', ' ').lower()} ", code=f"{code[:3]} {code[3:]}"
    )
    assert page.h1 == "已收件"


@pytest.mark.parametrize(
    ("number", "code", "at"),
    [
        ("511322115203-20260304-K7QD-0001-00", "123456", "number"),
        ("x", "123456", "number"),
        ("", "123456", "number"),
    ],
)
def test_a_mistyped_number_is_said_at_its_field(hub, number, code, at):
    client = phone(hub)
    page = client.submit(client.get("/q").form(), number=number, code=code, status=400)
    assert len(page.errors) == 1
    assert page.root.classed("wrong")[0].all("input")[0].get("name") == at
    assert page.form().fields["number"] == number


def test_a_code_that_is_none_is_said_at_its_field(hub, journey):
    page = ask(phone(hub), journey.number, "12345", status=400)
    assert page.root.classed("wrong")[0].all("input")[0].get("name") == "code"


def test_a_wrong_code_and_a_number_that_is_none_get_the_same_answer(hub, journey):
    nobody = CaseNumber("511322115203", hub.node.today(), "ZZZZ", 77).text
    for status in (403, 403, 403, 403, 403, 429):
        known = ask(phone(hub), journey.number, wrong(journey), status=status)
        unknown = ask(phone(hub), nobody, wrong(journey), status=status)
        assert known.errors == unknown.errors != []


def test_guesses_at_one_number_are_slowed_wherever_they_come_from(hub, journey):
    for guess in range(5):
        ask(phone(hub, f"10.0.{guess}.1"), journey.number, wrong(journey), status=403)
    page = ask(phone(hub, "10.9.9.9"), journey.number, wrong(journey), status=429)
    assert "再试" in page.errors[0]
    assert "口令" not in page.errors[0]
    ask(phone(hub, "10.9.9.9"), journey.number, code_of(journey), status=429)  # the right one waits too
    hub.county.clock.forward(hours=0.01)
    ask(phone(hub, "10.9.9.9"), journey.number, code_of(journey))
    ask(phone(hub, "10.9.9.9"), journey.number, wrong(journey), status=403)  # a right one makes the next free


def test_the_wait_doubles_up_to_a_limit_and_a_day_allows_few_guesses(hub, journey):
    client, clock = phone(hub), hub.county.clock
    guesses, end = 0, clock.now + 24 * 3_600_000
    while clock.now < end:
        address = f"10.{guesses % 200}.{guesses // 200}.1"
        client.http.environ_base["REMOTE_ADDR"] = address
        page = client.get(f"/q/{journey.number}")
        answer = client.http.post("/q", data={**dict(page.form().fields.items()), "code": wrong(journey)})
        guesses += answer.status_code == 403
        if answer.status_code == 429:
            clock.now += int(answer.headers["Retry-After"]) * 1000
    assert guesses < 110


def test_guesses_from_one_place_are_limited_in_total_over_many_numbers(hub, journey):
    numbers = [
        CaseNumber("511322115203", hub.node.today(), "ZZZZ", n).text
        for n in range(1, FREE_FROM_ONE_PLACE + 2)
    ]
    client = phone(hub)
    for number in numbers:
        ask(client, number, "000000", status=403)
    page = ask(client, journey.number, code_of(journey), status=429)
    assert "再试" in page.errors[0]
    ask(phone(hub, "10.2.2.2"), journey.number, code_of(journey))  # others are not kept waiting
    hub.county.clock.forward(hours=1)
    ask(client, journey.number, code_of(journey))
    ask(client, numbers[0], "000000", status=403)  # one's own case does not buy free guesses at others
    ask(client, numbers[1], "000000", status=429)
    hub.county.clock.forward(days=1)
    ask(client, numbers[1], "000000", status=403)


def test_right_codes_are_not_counted_against_a_place(hub, journey):
    client = phone(hub)
    for _ in range(FREE_FROM_ONE_PLACE + 5):
        ask(client, journey.number, code_of(journey))


def test_one_customer_of_ipv6_is_one_place():
    assert _network("2001:db8:1:2::1") == _network("2001:db8:1:2:ffff::9")
    assert _network("2001:db8:1:2::1") != _network("2001:db8:1:3::1")
    assert _network("10.1.2.3") == "10.1.2.3"
    assert _network("") == _network("nonsense")


def test_a_form_without_its_token_is_refused(hub, journey):
    answer = hub.citizen().http.post("/q", data={"number": journey.number, "code": code_of(journey)})
    assert answer.status_code == 403
    assert "已收件" not in answer.text


def test_the_page_is_large_needs_no_login_and_loads_nothing_from_elsewhere(hub):
    page = phone(hub).get("/q/511322115203-20260304-K7QD-0001-57")
    assert "citizen" in page.root.all("html")[0].get("class")
    assert page.form().fields["number"] == "511322115203-20260304-K7QD-0001-57"
    assert page.link("查进度") == "/q"


def test_a_script_gets_a_problem_in_json(hub, journey):
    client = phone(hub)
    page = client.get("/q")
    data = {**dict(page.form().fields.items()), "number": journey.number, "code": wrong(journey)}
    answer = client.http.post("/q", data=data, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (403, "query.wrong")


@pytest.mark.parametrize(("granted", "word"), [(True, "准予"), (False, "不予")])
def test_who_has_the_result_reads_what_was_decided(hub, journey, granted, word):
    journey.decided(granted=granted)
    hub.county.level()
    agent = hub.county.village
    journey.do(agent, "陈会计", c.Deliver("agent", received_by="本人"))
    hub.county.level()
    text = ask(phone(hub), journey.number, code_of(journey)).text
    assert "已送达" in text
    assert f"{word}。结果已经交给您。" in text


def test_every_state_has_words_for_the_applicant():
    assert set(STATES) == set(LABELS)
    assert told("SOMETHING_NEW") == OTHER
