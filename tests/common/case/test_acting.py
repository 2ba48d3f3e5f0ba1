"""What the pages offer an officer, and for which office; what a node writes by itself."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from common.case import allowed_acts, decide, due_automatic, office_for
from common.case.commands import (
    CHOICES,
    KIND_OF,
    AcceptCase,
    AskCorrection,
    CancelCase,
    DecideCase,
    Deliver,
    OfferCase,
    PauseCase,
    RefuseAcceptance,
    RegisterCase,
    ResumeCase,
    SuspendCase,
    TakeCase,
    command_for,
)
from common.case.desk import Author
from common.case.reasons import REFUSALS
from common.errors import AppError, BadInput
from common.rights import RIGHTS
from tests.builders import (
    COUNTY,
    DAY,
    MZ,
    OTHER_TOWNSHIP,
    POST,
    TOWNSHIP,
    VILLAGE,
    Case,
    accepted,
    refused,
    register,
)


def offered_to(case: Case, who: str, **keys: object) -> set[str]:
    """The moving acts that the pages offer, without their ``case.``."""
    reference = case.world.reference
    appointment = reference.appointments[case.world.officers[who].id]
    kinds = allowed_acts(case.view, appointment, reference, **keys)  # type: ignore[arg-type]
    return {kind.removeprefix("case.") for kind in kinds if kind in RIGHTS and kind.startswith("case.")} - {
        "noted",
        "urged",
    }


def office(case: Case, who: str, kind: str) -> str | None:
    reference = case.world.reference
    return office_for(case.view, kind, reference.appointments[case.world.officers[who].id], reference)


def test_a_received_case_offers_the_clerk_the_three_answers():
    case = Case()
    case.do("agent", register("MZ-003"))
    assert offered_to(case, "clerk") == {
        "accepted",
        "correction_asked",
        "not_accepted",
        "offered",
        "terminated",
    }
    late = DAY.replace(month=4)
    assert offered_to(case, "clerk", today=late) == {"accepted", "offered", "terminated"}
    assert offered_to(case, "agent") == set()
    assert offered_to(case, "operator") == {"taken_over"}
    assert offered_to(case, "technician") == set()


def test_who_registered_a_case_may_cancel_it_while_its_submission_is_out():
    """The recall goes along; nobody has to think of it first."""
    case = Case(automatic=False)
    case.do("agent", register("MZ-005"))
    assert case.view.state.offer is not None
    assert {"cancelled", "recalled"} <= offered_to(case, "agent")
    assert "cancelled" not in offered_to(case, "clerk")
    case.do("agent", CancelCase("登记错了"))
    assert case.label == "CANCELLED"
    assert offered_to(case, "agent").isdisjoint({"cancelled", "recalled"})


def test_while_an_offer_is_open_the_sender_may_recall_and_the_addressee_answer():
    case = accepted("MZ-005")
    case.do("clerk", OfferCase(MZ))
    assert offered_to(case, "clerk") == {"recalled"}
    assert offered_to(case, "mz_window") == {"taken", "declined"}
    assert offered_to(case, "cl_chief") == set()


def test_only_the_deciding_department_is_offered_the_decision():
    case = accepted("MZ-005")
    assert "decided" not in offered_to(case, "clerk")
    case.do("clerk", OfferCase(MZ))
    case.do("mz_window", TakeCase())
    assert "decided" in offered_to(case, "mz_chief")
    assert "decided" not in offered_to(case, "mz_window")
    assert "extended" in offered_to(case, "mz_chief")


def test_pauses_and_suspension_offer_their_own_ends():
    case = accepted("MZ-001")
    assert {"paused", "suspended", "stepped"} <= offered_to(case, "clerk")
    assert not {"resumed", "restarted"} & offered_to(case, "clerk")
    case.do("clerk", PauseCase("publicity", "公示"))
    assert "resumed" in offered_to(case, "clerk")
    case.do("clerk", ResumeCase())
    case.do("clerk", SuspendCase("等鉴定"))
    assert {"restarted", "offered", "terminated"} == offered_to(case, "clerk")


def test_an_item_without_a_stopped_step_offers_no_pause():
    assert "paused" not in offered_to(accepted("MZ-003"), "clerk")


def test_a_decided_case_offers_delivery_rating_archive_and_revocation():
    case = accepted("MZ-003")
    case.do("clerk", DecideCase(granted=True))
    assert offered_to(case, "lead") == {"delivered", "rated", "archived", "revoked"}
    assert offered_to(case, "agent") == {"delivered", "rated", "archived"}


def test_an_ended_appointment_offers_nothing():
    case = accepted("MZ-003")
    case.world.publish("officer.ended", of=case.world.officers["lead"].id)
    assert offered_to(case, "lead") == set()


def test_the_office_acted_for_follows_from_the_act_and_the_appointment():
    case = accepted("MZ-005")
    assert office(case, "clerk", "case.stepped") == TOWNSHIP
    assert office(case, "agent", "case.noted") == VILLAGE
    assert office(case, "operator", "case.taken_over") == COUNTY
    assert office(case, "mz_window", "case.taken") is None
    case.do("clerk", OfferCase(MZ))
    assert office(case, "window", "case.taken") == MZ  # the centre's window works for the department
    assert office(case, "mz_chief", "case.taken") == MZ
    assert office(case, "supervisor", "case.taken") is None


def test_at_a_post_the_clerk_of_the_centre_acts_for_the_post():
    case = accepted("MZ-003")
    case.do("clerk", OfferCase(POST))
    assert (office(case, "clerk", "case.taken"), office(case, "post", "case.taken")) == (POST, POST)


# -- automatic acts


def test_a_node_writes_only_for_the_offices_it_serves():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003"))
    reference = case.world.reference
    assert due_automatic(case.view, reference, case.world.serves(VILLAGE), DAY) is None
    draft = due_automatic(case.view, reference, case.world.serves(TOWNSHIP), DAY)
    assert draft is not None
    assert (draft.type, draft.automatic, draft.moves, draft.base) == (
        "case.arrived",
        True,
        True,
        case.view.tip,
    )
    assert draft.body["office"] == TOWNSHIP


def test_what_was_written_is_not_due_again():
    case = Case()
    case.do("agent", register("MZ-003"))
    assert due_automatic(case.view, case.world.reference, lambda _: True, DAY, timers=True) is None


def test_two_papers_handed_in_arrive_one_by_one():
    case = Case()
    case.do("agent", register("MZ-003"))
    case.do("clerk", AskCorrection(({"what": "身份证"},)))
    case.automatic = False
    for _ in range(2):
        case.add("agent", "correction.handed_in", {"papers": []})
    case.settle()
    assert case.types.count("arrived") == 2  # the submission, and the first of them
    assert len(case.view.asks) == 1


def test_the_successor_takes_in_what_was_submitted_to_a_merged_office():
    case = Case(automatic=False)
    case.do("agent", register("MZ-003"))
    case.world.publish("office.merged", old=TOWNSHIP, new=OTHER_TOWNSHIP)
    draft = due_automatic(case.view, case.world.reference, case.world.serves(OTHER_TOWNSHIP), DAY)
    assert draft is not None
    case.seal([draft], case.world.streams[OTHER_TOWNSHIP])
    assert (case.label, case.view.state.holder) == ("RECEIVED", OTHER_TOWNSHIP)


# -- commands from plain values


def test_a_command_is_read_from_plain_values():
    assert command_for("case.accepted", {"checked": ["bank"]}) == AcceptCase(checked=("bank",))
    asked = command_for("case.correction_asked", {"wanted": [{"what": "身份证"}], "correct_by": "2026-04-01"})
    assert asked == AskCorrection(({"what": "身份证"},), DAY.replace(month=4, day=1))
    assert command_for(
        "case.delivered", {"way": "agent", "received_by": "王芳", "relation": None}
    ) == Deliver("agent", "王芳")


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("case.accepted", {"checked": "bank"}),
        ("case.accepted", {"checked": [1]}),
        ("case.accepted", {"stranger": 1}),
        ("case.terminated", {}),
        ("case.terminated", {"reason": None}),
        ("case.terminated", {"reason": 5}),
        ("case.decided", {"granted": 1}),
        ("case.stepped", {"step": True}),
        ("case.correction_asked", {"wanted": [1]}),
        ("case.correction_asked", {"wanted": [], "correct_by": "2026-02-30"}),
        ("ruling.dated", {"of": "f" * 64, "to": "tomorrow", "reason": "误"}),
        ("case.adopted", {"acts": [], "reason": "误", "dates": {"f": 5}}),
    ],
)
def test_values_that_make_no_command_are_refused(kind, values):
    with refused(BadInput, "command.field"):
        command_for(kind, values)


@pytest.mark.parametrize(
    ("who", "command", "field"),
    [
        ("agent", Deliver("drone", "王芳"), "way"),
        ("agent", Deliver("", "王芳"), "way"),
        ("agent", Deliver("agent", "王芳", "侄子"), "relation"),
        ("clerk", RefuseAcceptance("不归本镇", ground="busy"), "ground"),
        ("agent", register(channel="by_telegram"), "channel"),
    ],
)
def test_what_is_chosen_from_a_list_is_on_it_whoever_asks(who, command, field):
    case = Case()
    if not isinstance(command, RegisterCase):
        case.do("agent", register())
    with refused(BadInput, "command.choice") as error:
        case.do(who, command)
    assert error.value.detail["field"] == field
    assert error.value.detail["known"] == list(CHOICES[type(command)][field])


def test_what_an_older_program_wrote_keeps_its_effect_whatever_it_chose():
    case = accepted("MZ-003")
    (decision, *_) = case.do("clerk", DecideCase(granted=True))
    odd = {"of": decision.id, "way": "handed_over", "received_by": "王芳", "relation": "侄子"}
    case.add("agent", "case.delivered", odd)
    assert (case.label, case.view.aside) == ("DELIVERED", ())
    other = Case()
    other.do("agent", register())
    other.add("clerk", "case.not_accepted", {"reason": "不归本镇", "ground": "busy"})
    assert (other.label, other.view.aside) == ("NOT_ACCEPTED", ())


def test_who_is_not_competent_names_who_is_in_a_request_too():
    case = Case()
    case.do("agent", register())
    with refused(BadInput, "case.no_competent"):
        case.do("clerk", RefuseAcceptance("不归本镇", ground="not_competent"))


@pytest.mark.parametrize(
    "kind", ["case.arrived", "case.lapsed", "case.confirmed", "case.registered", "no.such"]
)
def test_what_only_a_node_writes_is_no_command(kind):
    with refused(BadInput, "command.unknown"):
        command_for(kind, {})


BY_PEOPLE = sorted(kind for kind, right in RIGHTS.items() if right.roles and kind != "case.registered")
NONSENSE: tuple[dict[str, Any], ...] = (
    {},
    {"reason": " ", "text": "x" * 5000, "way": "", "to": "not an office", "of": "x", "approved_by": "李强"},
    {"reason": "理由", "acts": ["x"], "dates": {"x": "2026-03-04"}},
    {"of": "f" * 64, "reason": "理由", "to": "2026-03-04"},
    {
        "wanted": [{"material": ["x"]}, {"what": 5}],
        "step": -1,
        "kind": "",
        "announced_days": -5,
        "days": 10**6,
    },
    {"papers": [{"material": {}}], "materials": ["x"], "score": 10**9, "granted": False, "way": "x"},
)


@pytest.mark.parametrize("kind", BY_PEOPLE)
def test_whatever_stands_in_a_request_is_decided_or_refused_in_words(kind):
    case = accepted("MZ-003")
    fields = {field.name for field in dataclasses.fields(next(c for c, k in KIND_OF.items() if k == kind))}
    for values in NONSENSE:
        for who in ("clerk", "lead", "agent", "operator", "mz_chief"):
            officer = case.world.officers[who]
            author = Author(officer.id, officer.office)
            code = None
            try:
                command = command_for(kind, {key: value for key, value in values.items() if key in fields})
                assert decide(case.view, command, author, case.world.reference, case.moment(who))
            except AppError as error:
                code = error.code
            assert code is None or code in REFUSALS
