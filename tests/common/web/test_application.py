"""An application as it is being filled in, without a node: what is asked, what follows, what stands in the event."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from common.catalogue.items import Item
from common.reference import Appointment
from common.web.registration import applicant, event
from common.web.registration.applicant import Kind
from common.web.registration.application import Application
from common.web.registration.tiles import DRAWING, Tile, is_electronic
from tests.builders_forms import TODAY, item, item_body, shipped

VILLAGE, COUNTER = "511322115203", "511322115"
AGENT = Appointment("a" * 64, "陈国秀", VILLAGE, "agent", None, "n/e", 1, 0)


def page(n: int = 1, **more) -> dict:
    return {
        "hash": f"{n:064x}",
        "size": 90_000,
        "key": "k" * 43,
        "type": "image/jpeg",
        "width": 900,
        "height": 1200,
        **more,
    }


def application(
    code: str = "MZ-005",
    office: str = VILLAGE,
    pages=None,
    today: date = TODAY,
    known: Item | None = None,
    **typed,
):
    inputs = MultiDict()
    for name, value in typed.items():
        inputs.setlist(name, value if isinstance(value, list) else [value])
    return Application(
        known or item(code),
        office=office,
        today=today,
        typed=inputs,
        pages=pages or {},
        divisions={VILLAGE, COUNTER},
    )


def tile(found: Application, id: str) -> Tile:
    return next(t for t in found.tiles if t.id == id)


# -- what is asked


def test_the_number_that_identifies_the_applicant_is_asked_first():
    assert application().who[0].field.id == "id_number"
    assert application("WJ-004").who[0].field.id == "uscc"


def test_every_field_of_every_item_is_asked_once_or_captured():
    for known in shipped().items:
        found = application(known=known)
        asked = [e.field.id for e in (*found.who, *found.matter, *found.account)]
        captured = [f.id for f in known.form if f.type in ("photo", "signature")]
        assert sorted(asked + captured) == sorted(f.id for f in known.form)


def test_a_form_that_does_not_ask_the_name_has_it_asked_beside_it():
    body = item_body({"id": "mu", "name": "亩数", "type": "decimal", "required": True})
    found = application(known=Item.from_body(body))
    assert [f.id for f in found.extra_fields] == ["name", "phone"]
    assert set(found.errors) == {"_who.name", "_who.phone", "mu"}
    done = application(
        known=Item.from_body(body), mu="3", **{"_who.name": "王秀英", "_who.phone": "13800000000"}
    )
    assert done.errors == {}
    assert event.applicant_body(done, None) == {"kind": "person", "name": "王秀英", "phone": "13800000000"}


def test_errors_stand_in_the_order_of_the_page():
    found = application(_kind="person_without_id", bank_account="1", applicant_name="x")
    names = list(found.errors)
    assert names.index("_who.reason") < names.index("applicant_name") < names.index("bank_account")


def test_what_is_not_filled_in_yet_is_no_live_error():
    assert application().live_errors == {}
    assert set(application(mobile="1").live_errors) == {"mobile"}


def test_a_fault_in_what_follows_is_told_where_it_can_be_put_right():
    young = application(id_number="511322200001011235")
    assert "id_number" in young.errors
    assert "age_check" not in young.errors
    typed = application(_kind="person_without_id", birth_date="2000-01-01", gender="1")
    assert "不能小于 80" in typed.errors["birth_date"]


def test_a_kind_that_the_item_does_not_know_is_the_usual_one():
    assert application(_kind="organisation").kind is Kind.PERSON
    assert application("WJ-004", _kind="person").kind is Kind.ORGANISATION


# -- papers


def test_only_papers_of_the_published_list_are_asked_for():
    for known in shipped().items:
        found = application(known=known)
        listed = {m.id for m in known.materials}
        assert {t.id for t in found.tiles if not t.id.startswith("form.")} == listed


def test_a_counter_asks_for_no_mandate_and_an_agent_does():
    assert tile(application(), "proxy").state == "wanted"
    assert tile(application(office=COUNTER), "proxy").state == "closed"


def test_what_was_captured_is_never_hidden_by_a_condition():
    found = application("MZ-001", poverty_cause="disability", pages={"diag": [page()]})
    assert tile(found, "diag").state == "maybe"
    assert "diag" in [p["material"] for p in event.papers_body(found, AGENT.id)]


def test_a_drawing_signs_what_the_system_makes_but_not_other_forms():
    found = application("MZ-001", pages={DRAWING: [page()]})
    assert {t.id for t in found.tiles if t.electronic} == {"form", "proxy"}
    assert tile(found, "auth").missing


def test_a_sheet_that_was_signed_goes_before_a_drawing_at_its_own_paper():
    found = application(pages={DRAWING: [page(1)], "form": [page(2)]})
    by_material = {p["material"]: p for p in event.papers_body(found, AGENT.id)}
    assert by_material["form"]["pages"] == [page(2)]
    assert not is_electronic(by_material["form"])
    assert is_electronic(by_material["proxy"])


def test_an_item_without_a_signature_of_its_own_still_has_its_mandate_signed():
    found = application("GA-001", pages={DRAWING: [page(5)]})
    assert found.can_sign
    mandate = event.mandate_body(found, AGENT)
    assert mandate["signature"] == {"kind": "drawing", "paper": page(5)["hash"]}
    assert "form.signature" in [p["material"] for p in event.papers_body(found, AGENT.id)]
    assert not application("GA-001", office=COUNTER).can_sign


def test_without_a_signature_there_is_no_mandate():
    assert event.mandate_body(application(applicant_name="王秀英"), AGENT) is None
    assert event.mandate_body(application(office=COUNTER, pages={DRAWING: [page()]}), AGENT) is None


def test_each_page_is_named_once_in_an_event():
    pages = {"form": [page(1)], "id": [page(2), page(3)], "photo1": [page(4)], DRAWING: [page(5)]}
    found = event.papers_body(application(pages=pages), AGENT.id)
    hashes = [p["hash"] for paper in found for p in paper["pages"]]
    assert len(hashes) == len(set(hashes)) == 5


@pytest.mark.parametrize("count", ["", "x", "-1", "²", "1000", "99999999999999999999"])
def test_a_count_that_is_no_number_of_sheets_counts_for_nothing(count):
    found = application(pages={"id": [page()]}, **{"_count.id": count})
    assert tile(found, "id").sheets == 0


def test_a_picture_of_unknown_size_is_still_a_paper():
    pdf = {key: value for key, value in page().items() if key not in ("width", "height")}
    assert application(pages={"id": [{**pdf, "type": "application/pdf"}]}).checked


# -- laws

NAMES = sorted(
    {f.id for known in shipped().items for f in known.form}
    | {
        "_kind",
        "_guarded",
        "_ticked",
        "_seen.id",
        "_count.id",
        "_who.reason",
        "_who.name",
        "household_members.0.name",
    }
)
TEXTS = st.one_of(
    st.text(max_size=12), st.sampled_from(["true", "1", "person_without_id", "diag", "illness", "1940-01-01"])
)


@given(
    st.sampled_from([known.code for known in shipped().items]),
    st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=12),
    st.dictionaries(
        st.sampled_from(["id", "form", "photo1", "proxy", DRAWING]), st.just([page()]), max_size=3
    ),
    st.sampled_from([VILLAGE, COUNTER]),
)
def test_whatever_is_typed_the_page_can_be_made_and_the_event_is_plain_json(code, typed, pages, office):
    pages = {key: [page(n)] for n, key in enumerate(pages)}
    found = application(code, office=office, pages=pages, **typed)
    assert set(found.live_errors) <= set(found.errors)
    assert [t.id for t in found.missing] == [t.id for t in found.tiles if t.state == "wanted" and not t.given]
    whole = {
        "applicant": event.applicant_body(found, None),
        "papers": event.papers_body(found, AGENT.id),
        "mandate": event.mandate_body(found, AGENT),
        "form": found.checked.values,
    }
    text = json.dumps(whole, ensure_ascii=False, allow_nan=False)
    assert json.loads(text, parse_float=lambda number: pytest.fail(f"a float: {number}")) == whole


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=9), x, max_size=3),
    )
)
def test_an_applicant_from_elsewhere_is_shown_whatever_stands_there(body):
    shown = applicant.read_applicant({"name": body, "guardian": body, "handler": {"name": body}})
    assert isinstance(shown.name, str)
