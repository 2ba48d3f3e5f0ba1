"""Each code of a case has its words, and no words are left over."""

from __future__ import annotations

import ast
from pathlib import Path

import common.case
from common.case.commands import KIND_OF
from common.case.reasons import REASONS, REFUSALS
from common.event_types import EVENT_TYPES, Home
from common.rights import RIGHTS, ROLES
from common.texts import TEXTS

FOLDER = Path(common.case.__file__).parent
SOURCES = [FOLDER.parent / "rights.py", *(path for path in FOLDER.glob("*.py") if path.name != "reasons.py")]
WRITTEN = {
    node.value
    for path in SOURCES
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}


def test_each_reason_for_standing_aside_or_waiting_has_words_and_none_is_left_over():
    used = {code for code in WRITTEN if code.startswith(("act.", "wait.", "body."))} - {"act.", "wait."}
    assert used == set(REASONS)


def test_each_reason_that_can_meet_an_author_has_words_for_him():
    # What only a machine, a forger or a rival meets is never said to the author of a command.
    silent = {
        "body.malformed", "act.wrong_moves", "act.wrong_type", "act.automatic_with_actor", "act.wrong_state",
        "act.case_ended", "act.before_notice_term", "act.before_correction_term", "act.rival", "act.base_aside",
        "act.wrong_base", "act.dismissed", "wait.base", "wait.case", "wait.ref", "wait.unknown",
    }  # fmt: skip
    wanted = {code.replace("act.", "case.").replace("wait.", "case.no_") for code in set(REASONS) - silent}
    assert wanted - set(REFUSALS) == set()


def test_no_words_for_a_refusal_are_left_over():
    mapped = {code.replace("act.", "case.").replace("wait.", "case.no_") for code in REASONS}
    assert set(REFUSALS) - WRITTEN - mapped == set()


def test_no_code_is_also_the_name_of_an_event():
    assert not {*REASONS, *REFUSALS} & set(EVENT_TYPES)


def test_people_read_them_through_the_one_table_of_texts():
    assert {*REASONS, *REFUSALS} <= set(TEXTS)


def test_each_type_of_a_case_has_its_right_and_each_act_of_people_its_command():
    of_cases = {name for name, kind in EVENT_TYPES.items() if kind.home is Home.CASE}
    assert set(RIGHTS) == of_cases
    assert set(KIND_OF.values()) == {name for name in of_cases if not EVENT_TYPES[name].automatic}
    assert {role for right in RIGHTS.values() for roles in right.roles.values() for role in roles} <= set(
        ROLES
    )
    assert {name for name, right in RIGHTS.items() if not right.roles} == {
        name for name in of_cases if EVENT_TYPES[name].automatic
    }
