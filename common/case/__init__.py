"""One case 办件: commands decided against the folded state, and the fold itself (design 4).  Pure.

decide    command -> drafts of acts, or a refusal         evolve    one act in one state
fold      a set of events -> the view of the case         tree      moving acts judged, one path in effect
view      label, scope, digest of a view                  automatic what a node writes without a person
clock     due dates and lamps of a case                   acting    which acts an officer may do now
file      form, papers, originals as they stand           reasons   the codes, with their words
"""

from __future__ import annotations

from common.case.acting import allowed_acts, office_for
from common.case.automatic import confirmation, due_automatic
from common.case.clock import CaseDue, OpenTerm, TermKind, due, lamp, open_terms, statutory_passed
from common.case.commands import Command, command_for
from common.case.decide import Author, Moment, decide
from common.case.fold import fold
from common.case.state import (
    DECIDED,
    ENDED,
    OPEN,
    PREVIOUS,
    UNANSWERED,
    UNDER_WAY,
    Decision,
    Direction,
    Draft,
    Registration,
    State,
    Status,
    Stop,
)
from common.case.view import Aside, CaseView, Waiting, digest, label, needs_confirmation, scope

__all__ = [
    "DECIDED", "ENDED", "OPEN", "PREVIOUS", "UNANSWERED", "UNDER_WAY", "Aside", "Author", "CaseDue", "CaseView",
    "Command", "Decision", "Direction", "Draft", "Moment", "OpenTerm", "Registration", "State", "Status", "Stop",
    "TermKind", "Waiting", "allowed_acts", "command_for", "confirmation", "decide", "digest", "due", "due_automatic",
    "fold", "label", "lamp", "needs_confirmation", "office_for", "open_terms", "scope", "statutory_passed",
]  # fmt: skip
