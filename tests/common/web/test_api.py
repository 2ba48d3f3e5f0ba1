"""The JSON API over the real programs: rights as pages have, strict requests, repeats that change nothing."""

from __future__ import annotations

import copy
import json
import threading
from dataclasses import dataclass, replace

import pytest
import schemathesis

from common import departments
from common.case.choices import GROUNDS, RELATIONS, WAYS
from common.case.commands import KIND_OF, RegisterCase, command_for
from common.errors import BadInput
from common.web.api.acting import KINDS
from common.web.api.openapi import LISTS, document
from common.web.api.repeats import KEEP_MS
from common.web.cases.acts import ACTS
from common.web.cases.looks import ACCESS_LOG
from tests.county import County, build_county
from tests.hub import PASSWORD
from tests.programs import Api, Programs, application, check_answer, photo

DIRECT = "CW-001"  # the village's own: decided where it is registered
OWN = "MZ-003"  # the township's own: accepted, looked at on the spot, decided
MZ = "511322/MZ"


@pytest.fixture
def programs(tmp_path):
    return Programs(build_county(tmp_path))


@dataclass
class Unchanged:
    """A county in which every request is refused; one for all tests, since nothing may change it."""

    agent: Api
    clerk: Api
    county: County
    asked: dict
    number: str


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    programs = Programs(build_county(tmp_path_factory.mktemp("unchanged")))
    county = programs.county
    agent, clerk = programs.api(county.village, "陈会计"), programs.api(county.township, "王丽")
    asked = application(programs, agent, county.village)
    made = agent.post("/cases", asked)
    county.carry(county.village, county.township)
    return Unchanged(agent, clerk, county, asked, made["number"])


@pytest.fixture
def unchanged(one):
    before = [held(node) for node in one.county.nodes]
    yield replace(one, asked=copy.deepcopy(one.asked))
    assert [held(node) for node in one.county.nodes] == before


@pytest.fixture
def county(programs):
    return programs.county


@pytest.fixture
def agent(programs, county):
    return programs.api(county.village, "陈会计")


@pytest.fixture
def clerk(programs, county):
    return programs.api(county.township, "王丽")


@pytest.fixture
def chief(programs, county):
    return programs.api(county.hub, "唐建国")


@pytest.fixture
def made(programs, county, agent):
    """A case that the agent has registered and submitted, and the township has received."""
    case = agent.post("/cases", application(programs, agent, county.village))
    county.carry(county.village, county.township)
    return case


def at_county(county, clerk, number):
    """Accepted at the township, offered to the department of civil affairs, and there."""
    clerk.act(number, "case.accepted")
    clerk.act(number, "case.offered", to=MZ, opinion="材料齐全,建议准予。")
    county.level()


def taken(programs, county, clerk, number):
    """Taken by the department's window; its chief representative can decide."""
    at_county(county, clerk, number)
    departments.ensure_key(county.hub, MZ)
    window = programs.api(county.hub, "罗小兰")
    window.act(number, "case.taken")
    return window


def held(node):
    """What must not change where something is refused: the ledger's end and every row of the views."""
    return (
        node.store.ledger.pos(),
        list(node.store.views.all()),
        node.store.stubs.count(),
        node.store.waiting.count(),
    )


# -- the document


def test_the_published_document_is_valid_openapi(agent):
    published = Api(agent.app, None).get("/openapi.json")
    schemathesis.openapi.from_dict(published).validate()
    assert published == document()


def test_every_address_of_the_api_is_in_the_document(agent):
    routes = {
        (method.lower(), rule.rule.removeprefix("/api/v1").replace("<", "{").replace(">", "}"))
        for rule in agent.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert routes == {(m, path) for path, operations in document()["paths"].items() for m in operations}


def test_the_document_names_every_act_that_people_do_and_its_fields():
    shown = {
        one["title"]: one["properties"]["body"]
        for one in document()["components"]["schemas"]["ActAsked"]["oneOf"]
    }
    assert set(shown) == set(KIND_OF.values()) - {KIND_OF[RegisterCase]}
    assert shown["case.decided"]["required"] == ["granted"]
    assert set(shown["case.decided"]["properties"]) == {"granted", "reasons", "basis"}
    delivered = shown["case.delivered"]["properties"]
    assert delivered["way"]["enum"] == list(WAYS)
    assert delivered["relation"]["enum"] == [*RELATIONS, None]
    assert shown["case.not_accepted"]["properties"]["ground"]["enum"] == [*GROUNDS, None]
    for kind, body in shown.items():
        with pytest.raises(BadInput):
            command_for(kind, {"no_such_field": 1})
        assert body["additionalProperties"] is False


# -- who asks


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (m.upper(), path)
        for path, operations in document()["paths"].items()
        if path != "/openapi.json"
        for m in operations
    ],
)
def test_without_a_token_nothing_is_answered(unchanged, method, path):
    path = path.format(code="MZ-005", hash="0" * 64, number="x", name="all")
    for token, code in ((None, "web.token_needed"), ("wrong", "web.token_wrong")):
        response = Api(unchanged.agent.app, token).raw(method, path)
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert (response.status_code, response.get_json()["code"]) == (401, code)


def test_the_token_of_an_officer_whose_appointment_has_ended_is_worth_nothing(programs, county):
    clerk = programs.api(county.other_township, "邓敏")
    county.hub.end_appointment(programs.officer(county.other_township, "邓敏").id)
    county.level()
    assert clerk.get("/status", 401)["code"] == "web.token_wrong"


def test_a_cookie_is_no_token(programs, county):
    client = programs.client(county.village, "陈会计")
    assert client.http.get("/api/v1/status").status_code == 401


# -- what this node is


def test_status_is_the_commands_own(agent, county):
    assert agent.get("/status") == json.loads(json.dumps(county.village.status().as_json()))


def test_items_are_those_that_one_may_apply_for(agent, county):
    items = agent.get("/items")["items"]
    assert [item["code"] for item in items] == [known.item.code for known in county.village.reference.items()]
    body = agent.get("/items/MZ-005")
    assert body["name"] == "高龄津贴申领"
    assert [m["id"] for m in body["materials"]]
    assert agent.get("/items/XX-999", 404)["code"] == "item.unknown"


# -- registering


def test_an_application_is_registered_as_the_page_registers_it(programs, county, agent):
    case = agent.post("/cases", application(programs, agent, county.village))
    assert (case["state"], case["holder"], case["offer_to"]) == ("REGISTERED", "511322115001", "511322115")
    assert len(case["query_code"]) == 6
    event = county.village.store.ledger.registration(case["id"])
    papers = {paper["material"]: paper for paper in event.body["papers"]}
    assert papers["id"]["grade"] == "B"  # an agent saw the original, no authority
    assert papers["id"]["seen_by"] == programs.officer(county.village, "陈会计").id
    assert event.body["mandate"]["signature"]["paper"] == papers["proxy"]["pages"][0]["hash"]
    assert event.body["form"]["photo"] == [papers["photo1"]["pages"][0]["hash"]]
    assert event.body["form"]["signature"] == {"kind": "sheet", "paper": papers["form"]["pages"][0]["hash"]}
    assert county.village.verify()[2] is None


def test_a_case_that_is_to_wait_is_not_submitted(programs, county, agent):
    case = agent.post("/cases", application(programs, agent, county.village, submit=False))
    assert case["offer_to"] is None
    assert agent.act(case["number"], "case.submitted", urgent=True)["offer_to"] == "511322115"


def test_at_the_counter_of_the_township_a_case_arrives_at_once(programs, county, clerk):
    case = clerk.post("/cases", application(programs, clerk, county.township))
    assert case["state"] == "RECEIVED"


def test_an_item_of_the_townships_own_goes_from_its_counter_to_its_end_by_requests_alone(
    programs, county, clerk
):
    """What the pages do there: acceptance, the item's steps, the decision with the next number of the own series."""
    decisions = []
    for seed in (1, 2):
        number = clerk.post("/cases", application(programs, clerk, county.township, OWN, seed=seed))["number"]
        assert clerk.act(number, "case.accepted")["state"] == "ACCEPTED"
        refused = clerk.act(number, "case.stepped", 400, step=3, opinion="情况属实")
        assert refused["code"] == "case.two_people"
        clerk.act(number, "case.stepped", step=3, opinion="情况属实", people=["王丽", "周大勇"])
        decided = clerk.act(number, "case.decided", granted=True)
        assert decided["state"] == "GRANTED"
        decisions.append(decided["acts"][-1]["body"])
        assert clerk.act(number, "case.delivered", way="window", received_by="本人")["state"] == "DELIVERED"
        assert clerk.act(number, "case.archived")["state"] == "ARCHIVED"
    first, second = (decision["number"] for decision in decisions)
    assert first.startswith("回龙镇便民服务中心〔2026〕")
    assert int(second[-5:-1]) == int(first[-5:-1]) + 1
    assert all(decision["number"] in decision["document"] for decision in decisions)
    assert not any(decision.get("signature") for decision in decisions)  # of a department alone


def test_every_act_that_the_pages_offer_can_be_asked_for():
    assert {act.kind for act in ACTS} <= KINDS


@pytest.mark.parametrize("item", [DIRECT, OWN, "MZ-005"])
def test_a_counter_finishes_nothing_on_the_spot_and_says_the_way_there(programs, county, clerk, item):
    asked = application(programs, clerk, county.township, item)
    refused = clerk.post("/cases", {**asked, "finish": {}}, 409)
    assert refused["code"] == "register.not_at_counter"
    assert "先登记、受理" in refused["detail"]  # the counter itself takes it in: nothing is to be sent on
    assert "报送" not in refused["detail"]


def test_a_villages_item_is_decided_at_a_counter_by_acts_of_their_own(programs, county, clerk):
    number = clerk.post("/cases", application(programs, clerk, county.township, DIRECT))["number"]
    clerk.act(number, "case.accepted")
    assert clerk.act(number, "case.decided", granted=True)["state"] == "GRANTED"


def test_an_item_of_the_villages_own_is_finished_on_the_spot(programs, county, agent):
    case = agent.post(
        "/cases", application(programs, agent, county.village, DIRECT, finish={"granted": True})
    )
    assert case["state"] == "GRANTED"
    assert [act["type"] for act in case["acts"]] == [
        "case.registered", "case.submitted", "case.arrived", "case.accepted", "case.decided",
    ]  # fmt: skip


def test_what_is_not_the_villages_own_is_finished_by_who_takes_it_in(programs, county, agent):
    before = held(county.village)
    refused = agent.post("/cases", application(programs, agent, county.village, finish={}), 409)
    assert refused["code"] == "case.not_finished_here"
    assert "由回龙镇便民服务中心受理" in refused["detail"]  # and not by the village that asks
    assert held(county.village) == before


def test_nothing_is_finished_on_the_spot_while_a_paper_lacks(programs, county, agent):
    asked = application(programs, agent, county.village, DIRECT, finish={})
    assert asked["papers"]
    asked["papers"] = []
    refused = agent.post("/cases", asked, 409)
    assert refused["code"] == "register.papers_missing"
    assert "镇上" not in refused["detail"]  # the village decides it: no township hears of it


def test_nothing_is_finished_on_the_spot_while_an_original_is_unseen(programs, county, agent):
    refused = agent.post(
        "/cases", application(programs, agent, county.village, DIRECT, finish={}, seen=False), 409
    )
    assert (refused["code"], refused["names"]) == ("register.originals_unseen", ["居民身份证"])


def test_all_that_is_wrong_with_a_form_is_told_at_once_and_in_its_place(programs, county, agent):
    asked = application(programs, agent, county.village)
    asked["form"] |= {"id_number": "511399194105177805", "mobile": "12", "nickname": "老王"}
    asked["who"] = {"shoe_size": "42"}
    asked["papers"].append({"material": "dream", "pages": []})
    before = held(county.village)
    fields = agent.post("/cases", asked, 400)["fields"]
    assert set(fields) == {
        "id_number",
        "mobile",
        "nickname",
        "who.shoe_size",
        f"papers.{len(asked['papers']) - 1}.material",
    }
    assert held(county.village) == before


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"item": 5}, "command.field", "item"),
        ({"item": None}, "command.field", "item"),
        ({"form": []}, "command.field", "form"),
        ({"form": None}, "command.field", "form"),
        ({"kind": 1}, "command.field", "kind"),
        ({"who": {"name": 5}}, "command.field", "who.name"),
        ({"papers": [5]}, "command.field", "papers"),
        ({"papers": [{"pages": []}]}, "api.field_missing", "papers.0.material"),
        ({"papers": [{"material": "id", "grade": "A"}]}, "api.field_unknown", "papers.0.grade"),
        ({"papers": [{"material": "id", "count": -1}]}, "command.field", "papers.0.count"),
        (
            {"papers": [{"material": "id", "pages": [{"hash": "0" * 64}]}]},
            "api.field_missing",
            "papers.0.pages.0.size",
        ),
        ({"ticked": [1]}, "command.field", "ticked"),
        ({"village": "511322199001"}, "command.field", "village"),
        ({"submit": "yes"}, "command.field", "submit"),
        ({"salt": "x" * 65}, "command.field", "salt"),
        ({"finish": {"number": "1号"}}, "api.field_unknown", "finish.number"),
        ({"applicant": {}}, "api.field_unknown", "applicant"),
    ],
)
def test_a_request_with_a_wrong_field_names_it(unchanged, change, code, field):
    problem = unchanged.agent.post("/cases", unchanged.asked | change, 400)
    assert (problem["code"], problem["field"]) == (code, field)


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"form":' + b"[" * 5000, b'{"item":"MZ-005","item":"MZ-005"}',
        b'{"item":1.5}', b'{"item":1e3}', b'{"item":NaN}', b'{"item":9007199254740992}', b'{"item":"\\ud800"}',
        b'{"item":"a\\u0000"}',
    ],
)  # fmt: skip
def test_what_is_not_strict_json_is_refused(unchanged, sent):
    assert unchanged.agent.post("/cases", sent, 400)["code"] == "api.not_json"


def test_who_may_not_register_is_told_so(programs, county):
    county.appoint(county.hub, "周技术", "511322115", "technician")
    county.level()
    programs.program(county.township).accounts.set_password(
        programs.officer(county.township, "周技术").id, PASSWORD
    )
    technician = programs.api(county.township, "周技术")
    assert technician.post("/cases", {"item": "MZ-005", "form": {}}, 403)["code"] == "web.not_permitted"
    assert technician.post("/papers", photo(), 403)["code"] == "web.not_permitted"
    assert technician.get("/worklists/all")["total"] == 0


# -- papers


def test_a_paper_can_be_read_by_who_may_see_a_case_that_names_it(programs, county, agent, made, clerk):
    hash = made["papers"][0]["hash"]
    for api in (agent, clerk):
        content = api.get(f"/papers/{hash}")
        assert content.startswith(b"\xff\xd8\xff")


def test_a_paper_that_no_case_names_can_be_read_by_nobody(agent):
    page = agent.post("/papers", photo(7))
    for path in (f"/papers/{page['hash']}", "/papers/" + "0" * 64, "/papers/..", "/papers/xyz"):
        assert agent.get(path, 404)["code"] in ("paper.unknown", "web.not_found")


def test_a_window_reads_no_paper_of_a_case_that_did_not_come_to_its_department(programs, county, made, clerk):
    county.appoint(county.hub, "刘窗口", "511322/GA", "window")
    programs.program(county.hub).accounts.set_password(programs.officer(county.hub, "刘窗口").id, PASSWORD)
    at_county(county, clerk, made["number"])
    police, civil = programs.api(county.hub, "刘窗口"), programs.api(county.hub, "唐建国")
    hash = made["papers"][0]["hash"]
    assert civil.get(f"/cases/{made['number']}")["papers"]
    assert police.get(f"/cases/{made['number']}", 403)["code"] == "case.not_yours"
    assert police.get(f"/papers/{hash}", 404)["code"] == "paper.unknown"
    assert police.post(f"/papers/{hash}", status=404)["code"] == "paper.unknown"
    assert police.get("/worklists/all")["total"] == 0


def test_a_paper_that_is_on_its_way_is_asked_for(programs, county, made, clerk):
    paper = made["papers"][0]
    county.township.store.local.drop_paper(paper["hash"])
    (county.folder / "papers" / paper["hash"][:2] / paper["hash"]).rename(county.folder / "away")
    assert clerk.get(f"/papers/{paper['hash']}", 404)["code"] == "paper.on_its_way"
    assert clerk.post(f"/papers/{paper['hash']}", status=202) == {"here": False}
    assert county.township.case(made["number"]).papers[0].wanted


def test_naming_somebody_elses_paper_does_not_open_it(programs, county, agent, made):
    """Its hash alone is no key: what is named must be here, and open under the key that is named with it."""
    hash = made["papers"][0]["hash"]
    page = agent.post("/papers", photo(9))
    asked = application(programs, agent, county.village, seed=5)
    before = held(county.village)
    for stolen in (
        {**page, "hash": hash},
        {**page, "size": page["size"] + 1},
        {**page, "type": "image/png"},
        {**page, "key": "AA"},
    ):
        asked["papers"][0]["pages"] = [stolen]
        assert agent.post("/cases", asked, 400)["code"] == "api.paper_not_here"
    assert held(county.village) == before


@pytest.mark.parametrize("sent", [b"", b"MZ this is no photo", b"\xff\xd8\xff broken", b"%PDF-1.4 cut short"])
def test_what_is_no_paper_is_refused(unchanged, sent):
    assert unchanged.agent.post("/papers", sent, 400)["code"].startswith("paper.")


# -- acts


def test_a_case_goes_its_way_by_requests_alone(programs, county, agent, clerk, made):
    number = made["number"]
    window = taken(programs, county, clerk, number)
    chief = programs.api(county.hub, "唐建国")
    base = chief.get(f"/cases/{number}")["base"]
    asked = {"type": "case.decided", "base": base, "body": {"granted": True}, "secret": PASSWORD}
    decided = chief.post(f"/cases/{number}/acts", asked)
    assert (decided["state"], decided["confirmed"]) == ("GRANTED", True)
    act = next(act for act in decided["acts"] if act["type"] == "case.decided")
    assert act["body"]["number"] in act["body"]["document"]
    assert act["body"]["signature"]
    county.level()
    delivered = agent.act(number, "case.delivered", way="agent", received_by="本人")
    assert delivered["state"] == "DELIVERED"
    assert window.get("/worklists/results")["total"] == 0
    assert {node.case(number).digest for node in (county.hub, county.township)} == {
        window.get(f"/cases/{number}")["digest"]
    }


def test_a_stale_base_is_refused_with_the_tip(county, clerk, made):
    old = clerk.get(f"/cases/{made['number']}")["base"]
    tip = clerk.act(made["number"], "case.accepted")["base"]
    before = held(county.township)
    asked = {"type": "case.offered", "base": old, "body": {"to": MZ}}
    problem = clerk.post(f"/cases/{made['number']}/acts", asked, 409)
    assert (problem["code"], problem["tip"]) == ("case.stale", tip)
    assert held(county.township) == before


@pytest.mark.parametrize("base", [{}, {"base": None}])
def test_an_act_without_a_base_stands_on_the_tip(clerk, made, base):
    """Null is none given: so a case shows its base where no act is in effect."""
    asked = {"type": "case.accepted", "body": {}, **base}
    assert clerk.post(f"/cases/{made['number']}/acts", asked)["state"] == "ACCEPTED"


def test_a_correction_is_handed_in_with_its_papers_and_its_fields(county, agent, clerk, made):
    wanted = [{"what": "户口簿", "why": "看不清", "material": "hukou"}, {"what": "电话", "field": "mobile"}]
    clerk.act(made["number"], "case.correction_asked", wanted=wanted)
    county.carry(county.village, county.township)
    county.carry_down(county.township, county.village)
    shown = agent.get(f"/cases/{made['number']}")
    asked = next(act for act in shown["acts"] if act["type"] == "case.correction_asked")
    assert asked["body"]["wanted"] == wanted
    page = agent.post("/papers", photo(3))
    wrong = agent.act(made["number"], "correction.handed_in", 400, form={"mobile": "12", "nickname": "老王"})
    assert set(wrong["fields"]) == {"mobile", "nickname"}
    agent.act(
        made["number"], "correction.handed_in",
        papers=[{"material": "hukou", "pages": [page], "original_seen": True}], form={"mobile": "139 0000 7737"},
    )  # fmt: skip
    full = agent.get(f"/cases/{made['number']}?full=true")
    assert full["form"]["mobile"] == "13900007737"
    assert page["hash"] in {paper["hash"] for paper in full["papers"]}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"body": {}}, "api.field_missing"),
        ({"type": "case.accepted"}, "api.field_missing"),
        ({"type": "case.invented", "body": {}}, "command.unknown"),
        ({"type": "case.arrived", "body": {}}, "command.unknown"),
        ({"type": "case.confirmed", "body": {}}, "command.unknown"),
        ({"type": "case.registered", "body": {}}, "command.unknown"),
        ({"type": "case.accepted", "body": {"day": "2020-01-01"}}, "command.field"),
        ({"type": "case.accepted", "body": {"checked": "id"}}, "command.field"),
        ({"type": "case.accepted", "body": {}, "base": "x"}, "command.field"),
        ({"type": "case.accepted", "body": {}, "actor": "0" * 64}, "api.field_unknown"),
        ({"type": "case.noted", "body": {}}, "command.field"),
        ({"type": "case.noted", "body": {"text": " "}}, "case.field"),
        ({"type": "case.noted", "body": {"text": "字" * 4001}}, "case.field"),
        ({"type": "case.offered", "body": {"to": "nowhere"}}, "case.unknown_office"),
        ({"type": "case.correction_asked", "body": {"wanted": []}}, "case.nothing_wanted"),
        (
            {"type": "case.correction_asked", "body": {"wanted": [{"what": "x", "price": "5"}]}},
            "api.field_unknown",
        ),
        (
            {"type": "case.correction_asked", "body": {"wanted": [{"what": "x", "field": "no"}]}},
            "command.field",
        ),
        (
            {"type": "case.correction_asked", "body": {"wanted": [{"what": "字" * 300}] * 80}},
            "event.too_large",
        ),
        ({"type": "case.accepted", "body": {"checked": ["wish"]}}, "command.choice"),
        ({"type": "paper.original_seen", "body": {"materials": ["id", "wish"]}}, "command.choice"),
        ({"type": "case.not_accepted", "body": {"reason": "不办", "ground": "busy"}}, "command.choice"),
        (
            {"type": "case.not_accepted", "body": {"reason": "不办", "ground": "not_competent"}},
            "case.no_competent",
        ),
        ({"type": "case.delivered", "body": {"way": "drone", "received_by": "本人"}}, "command.choice"),
        (
            {"type": "case.delivered", "body": {"way": "agent", "received_by": "王芳", "relation": "侄子"}},
            "command.choice",
        ),
        ({"type": "paper.added", "body": {"papers": [{"material": "wish", "pages": []}]}}, "command.field"),
    ],
)
def test_an_act_that_nobody_may_write_so_changes_nothing(unchanged, asked, code):
    assert unchanged.clerk.post(f"/cases/{unchanged.number}/acts", asked, 400)["code"] == code


def test_an_agent_may_not_do_what_is_the_clerks(county, agent, made):
    county.carry_down(county.township, county.village)
    before = held(county.village)
    problem = agent.act(made["number"], "case.accepted", 403)
    assert problem["code"] in ("case.not_holder", "case.role", "case.not_appointed_there")
    assert held(county.village) == before


def test_a_case_that_is_not_here_is_not_found(programs, county, made):
    other = programs.api(county.other_township, "邓敏")
    for key in (made["number"], made["id"], "x", "%00", "511322115001-20260304-SJ66-0001-59"):
        assert other.get(f"/cases/{key}", 404)["code"] == "case.not_found"
        assert other.post(f"/cases/{key}/acts", {"type": "case.noted", "body": {"text": "x"}}, 404)


# -- the department's signature


def test_a_department_signs_only_with_the_chief_representatives_own_secret(
    programs, county, clerk, chief, made
):
    taken(programs, county, clerk, made["number"])
    path = f"/cases/{made['number']}/acts"
    asked = {"type": "case.decided", "body": {"granted": True}}
    before = held(county.hub)
    assert chief.post(path, asked, 400)["code"] == "api.field_missing"
    assert chief.post(path, {**asked, "secret": "guessed"}, 403)["code"] == "account.wrong_password"
    assert held(county.hub) == before


def test_guessing_the_secret_is_slowed_even_with_a_key_for_repeats(programs, county, clerk, chief, made):
    taken(programs, county, clerk, made["number"])
    asked = {"type": "case.decided", "body": {"granted": True}}
    codes = []
    for guess in range(12):
        status = chief.raw(
            "POST", f"/cases/{made['number']}/acts", json={**asked, "secret": str(guess)},
            headers={"Idempotency-Key": f"guess {guess}"},
        )  # fmt: skip
        codes.append((status.status_code, status.get_json()["code"]))
    assert codes[0] == (403, "account.wrong_password")
    assert codes[-1] == (429, "account.locked")
    problem = chief.post(f"/cases/{made['number']}/acts", {**asked, "secret": PASSWORD}, 429)
    assert problem["wait_ms"] > 0


@pytest.mark.parametrize("field", ["document", "number", "signature", "key"])
def test_nobody_brings_his_own_signature(programs, county, clerk, chief, made, field):
    taken(programs, county, clerk, made["number"])
    asked = {"type": "case.decided", "body": {"granted": True, field: "x"}, "secret": PASSWORD}
    assert chief.post(f"/cases/{made['number']}/acts", asked, 400)["field"] == field


def test_a_window_does_not_decide(programs, county, clerk, made):
    window = taken(programs, county, clerk, made["number"])
    asked = {"type": "case.decided", "body": {"granted": True}, "secret": PASSWORD}
    assert window.post(f"/cases/{made['number']}/acts", asked, 403)["code"] == "case.role"


# -- what is told, and to whom


def test_a_score_is_told_to_nobody_by_the_api(programs, county, agent, clerk, made):
    number = made["number"]
    clerk.act(number, "case.accepted")
    clerk.act(number, "case.not_accepted", 409, reason="x")
    clerk.act(number, "withdrawal.asked", reason="x")
    for api in (agent, clerk):
        text = api.raw("GET", f"/cases/{number}?full=true").get_data(as_text=True)
        assert '"score"' not in text


def test_a_rated_officer_does_not_learn_the_score(programs, county, agent):
    case = agent.post("/cases", application(programs, agent, county.village, DIRECT, finish={}))
    agent.act(case["number"], "case.delivered", way="agent", received_by="本人")
    rated = agent.act(case["number"], "case.rated", score=2, text="等得太久")
    assert rated["state"] == "RATED"
    text = agent.raw("GET", f"/cases/{case['number']}?full=true").get_data(as_text=True)
    assert "等得太久" not in text
    assert '"score"' not in text


def test_numbers_and_keys_are_told_only_to_who_asks_and_it_is_logged(agent, made, county):
    plain = agent.raw("GET", f"/cases/{made['number']}").get_data(as_text=True)
    event_form = agent.get(f"/cases/{made['number']}?full=true")["form"]
    assert event_form["id_number"] not in plain
    assert event_form["bank_account"] not in plain
    assert made["query_code"] not in plain
    log = (county.village.store.path.parent / ACCESS_LOG).read_text(encoding="utf-8")
    assert [json.loads(line)["case"] for line in log.splitlines()] == [made["id"]]
    assert event_form["id_number"] not in log
    assert agent.get(f"/cases/{made['number']}?full=perhaps", 400)["field"] == "full"


# -- lists


@pytest.mark.parametrize("name", LISTS)
def test_each_list_is_answered_in_its_form(agent, clerk, made, name):
    for api in (agent, clerk):
        found = api.get(f"/worklists/{name}")
        assert found["page"] == 1
        assert len(found["cases"]) == found["total"] <= 1


def test_names_on_lists_are_masked_but_for_the_agents_own(agent, clerk, made):
    assert agent.get("/worklists/all")["cases"][0]["applicant"] == made["applicant"]
    assert clerk.get("/worklists/received")["cases"][0]["applicant"] != made["applicant"]
    assert clerk.get("/worklists/todo")["cases"][0]["id"] == made["id"]


def test_a_list_of_the_whole_county_is_not_among_them(programs, county):
    window = programs.api(county.hub, "罗小兰")
    assert window.get("/worklists/county_asks", 404)["code"] == "worklist.unknown"


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5", "", "9" * 20])
def test_a_page_that_is_no_number_is_refused(agent, page):
    assert agent.get(f"/worklists/all?page={page}", 400)["field"] == "page"


def test_a_name_behind_the_question_mark_that_nobody_knows_is_refused(agent):
    for path in ("/status?full=true", "/worklists/all?pages=2", "/items?x"):
        assert agent.get(path, 400)["code"] == "api.field_unknown"


# -- 立即同步


def test_a_sync_without_a_link_says_so_and_loses_nothing(programs, county, agent):
    report = agent.post("/sync", status=200)
    assert (report["result"], report["sent"]) == ("cut", 0)


def test_the_county_has_nobody_above(chief):
    assert chief.post("/sync", status=404)["code"] == "api.no_parent"


# -- repeats


def test_a_repeat_gets_the_first_answer_and_changes_nothing(programs, county, agent):
    asked = application(programs, agent, county.village)
    first = agent.post("/cases", asked, key="one")
    agent.act(first["number"], "case.noted", text="在等")
    before = held(county.village)
    assert agent.post("/cases", dict(reversed(asked.items())), key="one") == first
    assert held(county.village) == before
    assert agent.post("/cases", asked, key="two")["number"] != first["number"]


def test_a_key_stands_for_one_request(programs, county, agent, made):
    path = f"/cases/{made['number']}/acts"
    asked = {"type": "case.noted", "body": {"text": "一"}}
    first = agent.post(path, asked, key="k")
    before = held(county.village)
    for other in ({**asked, "body": {"text": "二"}}, {**asked, "base": first["base"]}):
        assert agent.post(path, other, 409, key="k")["code"] == "api.key_reused"
    assert agent.post("/papers", photo(2), 409, key="k")["code"] == "api.key_reused"
    assert held(county.village) == before


def test_a_key_is_its_officers_own(programs, county, clerk, made):
    lead = programs.api(county.township, "周大勇")
    asked = {"type": "case.noted", "body": {"text": "一"}}
    made_by = {
        api.post(f"/cases/{made['number']}/acts", asked, key="k")["events"][0] for api in (clerk, lead)
    }
    assert len(made_by) == 2


def test_a_refusal_is_not_kept(clerk, made):
    path = f"/cases/{made['number']}/acts"
    clerk.post(path, {"type": "case.stepped", "body": {"step": 99}}, 409, key="k")
    assert clerk.post(path, {"type": "case.accepted", "body": {}}, key="k")["state"] == "ACCEPTED"


def test_a_decision_that_is_repeated_gets_no_second_number(programs, county, clerk, chief, made):
    taken(programs, county, clerk, made["number"])
    asked = {"type": "case.decided", "body": {"granted": True}, "secret": PASSWORD}
    first = chief.post(f"/cases/{made['number']}/acts", asked, key="k")
    assert chief.post(f"/cases/{made['number']}/acts", asked, key="k") == first
    assert len([act for act in first["acts"] if act["type"] == "case.decided"]) == 1


def test_a_photo_sent_twice_is_kept_once(county, agent):
    first = agent.post("/papers", photo(4), key="p")
    assert agent.post("/papers", photo(4), key="p") == first
    assert agent.post("/papers", photo(4))["hash"] != first["hash"]
    assert len(list((county.folder / "papers").rglob("?" * 64))) == 2


def test_answers_are_kept_for_a_week(programs, county, agent):
    first = agent.post("/papers", photo(4), key="p")
    county.clock.now += KEEP_MS + 1000
    agent.post("/papers", photo(5), key="q")  # which sweeps
    assert agent.post("/papers", photo(4), key="p") != first


@pytest.mark.parametrize("key", ["", "a" * 201, "two\twords", "编号"])
def test_a_key_that_is_none_is_refused(agent, made, key):
    response = agent.raw(
        "POST", f"/cases/{made['number']}/acts", json={"type": "case.noted", "body": {"text": "一"}},
        headers={"Idempotency-Key": key.encode().decode("latin-1")},
    )  # fmt: skip
    assert (response.status_code, response.get_json()["code"]) == (400, "api.bad_key")
    check_answer("POST", f"/cases/{made['number']}/acts", response)


@pytest.mark.parametrize("path", ["/cases", "/papers"])
def test_of_repeats_at_once_one_is_done(programs, county, agent, path):
    sent = photo(6) if path == "/papers" else application(programs, agent, county.village)
    before = county.village.store.ledger.pos()
    answers: list[str] = []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait()
        answers.append(repr(agent.post(path, sent, key="same")))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1
    if path == "/papers":
        assert len(list((county.folder / "papers").rglob("?" * 64))) == 1
    else:
        assert county.village.store.ledger.pos() == before + 2


def test_the_salt_of_a_registration_is_a_key_too(programs, county, agent):
    asked = application(programs, agent, county.village, salt="f" * 32)
    assert agent.post("/cases", asked)["number"] == agent.post("/cases", asked)["number"]
