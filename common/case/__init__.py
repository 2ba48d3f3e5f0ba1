"""One case 办件: commands decided against the folded state, and the fold itself (design 4).  Pure.

commands, decide, desk   what people ask, worked out into drafts of acts, or refused
acts, grading, evolve    one act: by itself, by the item's procedure, in one state
effects, state           what follows from it
tree, fold, view         a set of events: the moving acts judged, one path in effect, and what is read from it
automatic                what a node writes without a person
clock, file, acting      due dates and lamps; form and papers as they stand; what an officer may do now
choices, reasons         the closed lists and the codes, with their words
"""

from __future__ import annotations

from common.case.acting import allowed_acts, hindrance, office_for
from common.case.automatic import confirmation, due_automatic
from common.case.clock import CaseDue, OpenTerm, TermKind, due, lamp, open_terms, statutory_passed
from common.case.commands import Command, command_for
from common.case.decide import Author, Moment, decide
from common.case.fold import Folding, fold
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
    "Command", "Decision", "Direction", "Draft", "Folding", "Moment", "OpenTerm", "Registration", "State", "Status",
    "Stop", "TermKind", "Waiting", "allowed_acts", "command_for", "confirmation", "decide", "digest", "due",
    "due_automatic", "fold", "hindrance", "label", "lamp", "needs_confirmation", "office_for", "open_terms", "scope",
    "statutory_passed",
]  # fmt: skip
