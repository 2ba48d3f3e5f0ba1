"""人员 at the county and at a township: appoint, import, end, first password."""

from __future__ import annotations

import io

import pytest

from common import people as staff
from common.web import people
from common.web.app import make_app
from common.web.settings import Settings
from tests.hub import PASSWORD, Hub, program_over
from tests.page import PageClient

TOWNSHIP = "511322115"


@pytest.fixture
def hub(county):
    return Hub(county)


@pytest.fixture
def lead(county):
    """The lead of the township, at its pages."""
    program = program_over(county.township, county.folder)
    settings = Settings(secret=b"sixteen bytes or more", operator_roles=frozenset({"lead"}), start="/people")
    app = make_app("tests.web_app", county.township, program.accounts, settings=settings)
    app.register_blueprint(people.blueprint)
    client = PageClient(app)
    client.log_in(county.officers[f"{county.township.office} lead"], PASSWORD)
    return client


def posting(page):
    """The form of the main part that is sent, not the one that chooses where."""
    [form] = [form for form in page.forms if form.method == "post" and form.element.inside("main")]
    return form


def appointments(node) -> set[tuple[str, str, str]]:
    return {(p.name, p.office, p.role) for p in node.reference.appointments.values() if not p.ended}


def test_an_operator_appoints_at_the_county_and_gives_the_first_password(hub):
    client = hub.client("何开明")
    page = client.get(client.get("/people").link("任用"))
    page = client.submit(posting(page), name="李娟", office="511322/MZ", role="window")
    assert page.h1 == "给李娟设口令"
    page = client.submit(page.form(""), new="a first one", again="a first one")
    assert "李娟" in page.text
    officer = hub.officer("李娟").id
    assert hub.program.accounts.log_in(officer, "a first one")
    assert not hub.program.accounts.has_own_password(officer)


def test_an_operator_appoints_for_a_township_where_the_password_is_set_later(hub):
    client = hub.client("何开明")
    page = client.get(f"/people/appoint?at={TOWNSHIP}")
    assert "511322/MZ" not in posting(page).options("office")
    assert "511322115203" in posting(page).options("office")
    assert f"{TOWNSHIP}/MZ" in posting(page).options("office")
    page = client.submit(posting(page), name="李娟", office=TOWNSHIP, role="clerk")
    assert "在那里设口令" in page.text
    assert ("李娟", TOWNSHIP, "clerk") in appointments(hub.node)
    assert "李娟" in page.root.all("table")[0].text
    page = client.get(f"/people/appoint?at={TOWNSHIP}")
    page = client.submit(posting(page), name="李娟", office=TOWNSHIP, role="clerk")
    assert "没有改动" in page.text


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "", "office": "511322", "role": "operator"}, "name"),
        ({"name": "李娟", "office": "", "role": "operator"}, "office"),
        ({"name": "李娟", "office": "511322", "role": None}, "role"),
        ({"name": "李娟", "office": "511322", "role": "chief"}, "role"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(hub, fields, wrong):
    client = hub.client("何开明")
    page = client.get("/people/appoint")
    page = client.submit(posting(page), status=400, **fields)
    assert len(page.errors) == 1
    [field] = page.root.classed("wrong")
    assert next(e.get("name") for e in field.all("input", "select")) == wrong
    assert posting(page).fields["name"] == fields["name"]


def test_all_that_is_missing_is_named_at_once_and_what_was_typed_stays(hub):
    client = hub.client("何开明")
    page = client.get("/people/appoint")
    page = client.submit(posting(page), name=" ", status=400)
    assert page.errors == ["没有写姓名。请写上。", "没有选承办单位。请选一个。", "没有选岗位。请选一个。"]
    page = client.submit(posting(page), name="李娟", status=400)
    assert posting(page).fields["name"] == "李娟"
    assert len(page.errors) == 2


def test_a_township_sees_and_appoints_its_own_alone(county, lead):
    page = lead.get("/people/all?at=511322")
    assert {"王丽", "周大勇", "陈会计", "蒲村长"} <= set(page.root.all("table")[0].text.split())
    assert "何开明" not in page.text
    page = lead.get("/people/appoint")
    assert set(posting(page).options("role")) == {"agent", "clerk", "lead", "technician"}
    village = county.village.office
    lead.submit(posting(page), name="赵成", office=village, role="agent")
    assert ("赵成", village, "agent") in appointments(county.township)
    forged = {"name": "赵成", "role": "agent", "office": county.other_village.office}
    token = lead.page.root.all("input")[0].get("value")
    answer = lead.http.post("/people/appoint", data={"_token": token, **forged})
    assert answer.status_code == 403


def test_a_township_ends_an_agent_and_not_whom_the_county_appointed(county, lead):
    page = lead.get("/people/all")
    ends = [a.get("href") for a in page.root.all("a") if a.get("href").endswith("/end")]
    agents = {county.officers[f"{v.office} agent"] for v in (county.village, county.village_2)}
    assert {path.split("/")[2] for path in ends} == agents
    page = lead.submit(lead.get(ends[0]).form(), status=400)
    assert page.errors == ["没有写解除的原因。"]
    lead.submit(page.form(), reason="换人")
    assert county.township.reference.appointments[ends[0].split("/")[2]].ended
    clerk = county.officers[f"{county.township.office} clerk"]
    page = lead.submit(lead.get(f"/people/{clerk}/end").form(), reason="换人", status=403)
    assert "只能由县里解除" in page.errors[0]
    lead.get("/people/" + "0" * 64 + "/end", status=404)


def upload(client, data: bytes, status=200, name="list.csv"):
    page = client.get("/people/import")
    return client.submit(page.form("/people/import"), files={"list": (io.BytesIO(data), name)}, status=status)


def test_a_list_is_imported_and_every_bad_row_is_named(hub):
    client = hub.client("何开明")
    before = appointments(hub.node)
    bad = f"name,office,role\n李娟,{TOWNSHIP},clerk\n张三,999999999,clerk\n".encode()
    page = upload(client, bad, 400)
    assert page.errors == ["第 3 行:没有这个承办单位:999999999。"]
    assert appointments(hub.node) == before
    page = upload(client, bad.replace(b"999999999", TOWNSHIP.encode()))
    assert "新任用 2 人" in page.text
    assert len(appointments(hub.node)) == len(before) + 2
    assert "2 人原来就有" in upload(client, bad.replace(b"999999999", TOWNSHIP.encode())).text


def test_what_is_no_list_is_said(hub):
    client = hub.client("何开明")
    assert "列名" in upload(client, b"a,b\n", 400).errors[0]
    assert "没有选" in upload(client, b"", 400, name="").errors[0]
    whole = {"CONTENT_LENGTH": str(staff.MAX_LIST_BYTES * 2)}
    answer = client.http.post("/people/import", data={"_token": "x"}, environ_overrides=whole)
    assert answer.status_code == 413


def test_appointing_is_for_operators_and_leads(hub):
    hub.appoint("技术", "511322", "technician")
    for name in ("唐建国", "罗小兰", "技术"):
        client = hub.client(name)
        for path in ("/people/all", "/people/appoint", "/people/import"):
            client.get(path, status=403)
    assert "任用" not in hub.client("技术").get("/people").main.text
