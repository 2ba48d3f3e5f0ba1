"""Acts that their author's own program would not have written: each is set aside with the reason that fits."""

from __future__ import annotations

from typing import Any

import pytest

from common.case.commands import AskCorrection, DecideCase, GrantOverride, HandInCorrection
from tests.builders import COUNTY, TOWNSHIP, Case, accepted, register

ARRIVAL = {"of": "f" * 64, "of_kind": "submit", "notice_by": "2026-03-11", "edition": "f" * 64}


def received() -> Case:
    case = Case()
    case.do("agent", register("MZ-003"))
    return case


def decided() -> Case:
    case = accepted("MZ-003")
    case.do("clerk", DecideCase(granted=True))
    return case


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("case.arrived", {**ARRIVAL, "of_kind": "post"}),
        ("case.arrived", {**ARRIVAL, "notice_by": None}),
        ("case.arrived", {**ARRIVAL, "edition": None}),
        ("case.arrived", {**ARRIVAL, "of_kind": "supply", "notice_by": None}),
        ("case.arrived", {**ARRIVAL, "day": "2026-02-30"}),
    ],
)
def test_an_arrival_that_does_not_fix_the_clock_is_malformed(kind: str, body: dict[str, Any]):
    case = Case(automatic=False)
    case.do("agent", register("MZ-003"))
    event = case.add(case.world.streams[TOWNSHIP], kind, body)
    assert case.reason(event) == "body.malformed"
    assert event.id in {act.id for act in case.view.aside}  # a machine's act, but something is wrong with it


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        ("case.accepted", {"day": None}, "body.malformed"),
        ("case.accepted", {"office": "somewhere"}, "body.malformed"),
        ("case.decided", {"result": "perhaps"}, "body.malformed"),
        ("case.adopted", {"acts": [], "reason": "全部"}, "body.malformed"),
        (
            "case.adopted",
            {"acts": ["f" * 64], "reason": "全部", "dates": {"f" * 64: "tomorrow"}},
            "body.malformed",
        ),
        ("case.rated", {"score": 9}, "body.malformed"),
        ("case.noted", {"text": "\n"}, "body.malformed"),
        ("case.override_granted", {"reason": "以防万一"}, "act.wrong_state"),
        ("case.resumed", {"of": "f" * 64}, "act.wrong_state"),
        ("case.submitted", {"to": COUNTY}, "act.wrong_state"),
    ],
)
def test_a_body_or_a_state_that_does_not_fit_is_named(kind: str, body: dict[str, Any], reason: str):
    case = received()
    event = case.add("operator" if kind == "case.adopted" else "lead", kind, body)
    assert case.reason(event) == reason
    assert case.label == "RECEIVED"


def test_a_second_permission_for_another_notice_has_no_effect():
    case = received()
    case.do("clerk", AskCorrection(({"what": "身份证"},)))
    case.do("agent", HandInCorrection(papers=({"material": "id"},)))
    case.do("lead", GrantOverride("交错了"))
    again = case.add("lead", "case.override_granted", {"reason": "再来"})
    assert case.reason(again) == "act.wrong_state"


def test_a_premature_return_has_no_effect():
    case = received()
    case.do("clerk", AskCorrection(({"what": "身份证"},)))
    case.add(case.world.streams[TOWNSHIP], "case.expired", {})
    assert case.label == "CORRECTING"


def test_a_supply_arrives_only_where_a_correction_is_awaited():
    case = received()
    case.add(
        case.world.streams[TOWNSHIP],
        "case.arrived",
        {"of": "f" * 64, "of_kind": "supply", "notice_by": "2026-03-20"},
    )
    assert case.view.state.status.value == "RECEIVED"


def test_a_revocation_names_the_decision_in_effect():
    case = decided()
    wrong = case.add("lead", "case.revoked", {"of": case.id, "reason": "材料造假"})
    assert case.reason(wrong) == "act.no_such_decision"


def test_a_take_over_before_the_receipt_fixes_the_clock_itself():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003"))
    bare = case.add("operator", "case.taken_over", {"reason": "停机"})
    assert case.reason(bare) == "act.receipt_missing"


def test_a_submission_to_another_office_than_the_procedure_names_has_no_effect():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003", submit=False))
    for to in (f"{COUNTY}/MZ", COUNTY):
        astray = case.add("agent", "case.submitted", {"to": to})
        assert case.reason(astray) == "act.not_intake_office"
