"""Commands: what people ask of a case, imperative; ``decide`` turns each into acts or refuses it.

The fields are those of the acts' bodies that a person chooses; the rest (offices, days, ids of what an act
answers) follows from the case.  ``papers`` are objects as the capture made them (``common.papers``); the case reads
``material``, the id in the item's list, and ``original_seen``, true where the original was on the table.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from common.case.choices import CHANNELS, GROUNDS, RELATIONS, WAYS
from common.errors import BadInput
from common.event_types import is_date

Papers = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class DecideCase:
    """准予 or 不予 (R-502).  ``signature``, ``key``: the department's signature over ``document`` (R-507)."""

    granted: bool
    reasons: str | None = None
    basis: str | None = None
    document: str | None = None
    number: str | None = None
    signature: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class FinishNow:
    """What an item needs that is decided on the spot by the office that takes it in (即办件).

    ``checked``: ids of the materials whose originals the author ticks as seen.
    """

    decision: DecideCase
    checked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterCase:
    """登记, and with it the submission to the office that takes it in (报送), unless ``submit`` is false.

    Args:
        salt, number, query_code: drawn by the node.  edition: id of the item's edition.
        village: 12-digit code of the applicant's village, if known.
        ticked: ids of conditional materials whose condition, in words, the author says holds.
        finish: submission to the author's own office, arrival, acceptance and decision in one go.
    """

    salt: str
    number: str
    item: str
    edition: str
    channel: str
    applicant: Mapping[str, Any]
    form: Mapping[str, Any]
    query_code: str
    papers: Papers = ()
    village: str | None = None
    mandate: Mapping[str, Any] | None = None
    first_asked: str | None = None
    ticked: tuple[str, ...] = ()
    urgent: bool = False
    submit: bool = True
    finish: FinishNow | None = None


@dataclass(frozen=True, slots=True)
class SubmitCase:
    """报送 to the office that the item's procedure names."""

    urgent: bool = False


@dataclass(frozen=True, slots=True)
class CancelCase:
    """撤回登记; a submission on its way is recalled with it.  ``of``: the applicant's request, if there is one."""

    reason: str
    of: str | None = None


@dataclass(frozen=True, slots=True)
class AcceptCase:
    """受理.  ``checked``: ids of the materials whose originals the clerk ticks as seen at the counter."""

    checked: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AskCorrection:
    """一次性告知 (R-205).  ``wanted``: objects with ``what`` and ``why``, and ``material`` or ``field`` if about one.

    ``correct_by``: last day for the applicant; the default term where None (R-209).
    """

    wanted: tuple[Mapping[str, Any], ...]
    correct_by: date | None = None


@dataclass(frozen=True, slots=True)
class RefuseAcceptance:
    """不予受理 (R-202, R-203).  ``competent``: the authority that is."""

    reason: str
    competent: str | None = None
    ground: str | None = None


@dataclass(frozen=True, slots=True)
class OfferCase:
    """移送 to another office: 上报 upward, 退回补充 downward."""

    to: str
    opinion: str | None = None


@dataclass(frozen=True, slots=True)
class TakeCase:
    """接收 what is offered."""


@dataclass(frozen=True, slots=True)
class DeclineCase:
    """不接收 what is offered, with the reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class RecallOffer:
    """收回 what was offered or submitted and is not taken yet."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FinishStep:
    """完成环节.  ``people``: names; a check on site needs two (R-501)."""

    step: int
    opinion: str | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PauseCase:
    """停表 for a procedure that the item lists (R-408, R-411); ``announced_days`` as it says where None."""

    kind: str
    reason: str
    announced_days: int | None = None


@dataclass(frozen=True, slots=True)
class ResumeCase:
    """恢复计时.  ``of``: the pause; may be left out if only one is open."""

    of: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class SuspendCase:
    """中止 (R-412)."""

    reason: str


@dataclass(frozen=True, slots=True)
class RestartCase:
    """恢复办理."""

    note: str | None = None


@dataclass(frozen=True, slots=True)
class ExtendCase:
    """延期, once, before the term ends (R-406)."""

    days: int
    reason: str
    approved_by: str


@dataclass(frozen=True, slots=True)
class GrantOverride:
    """准许再次告知: one more correction notice (R-205)."""

    reason: str


@dataclass(frozen=True, slots=True)
class RevokeDecision:
    """撤销 a grant (R-506)."""

    reason: str


@dataclass(frozen=True, slots=True)
class TerminateCase:
    """终止 without a decision (R-413)."""

    reason: str


@dataclass(frozen=True, slots=True)
class TakeOverCase:
    """县级接管: the holder cannot act."""

    reason: str


@dataclass(frozen=True, slots=True)
class AdoptActs:
    """裁定采纳: re-enact set-aside acts, all or none, in this order.  ``dates``: corrected days by act."""

    acts: tuple[str, ...]
    reason: str
    dates: Mapping[str, date] | None = None


@dataclass(frozen=True, slots=True)
class DismissAct:
    """裁定不采纳: take a set-aside act off the list."""

    of: str
    reason: str


@dataclass(frozen=True, slots=True)
class DateAct:
    """更正日期: the day of an act, where a clock was wrong."""

    of: str
    to: date
    reason: str


@dataclass(frozen=True, slots=True)
class AddNote:
    """备注."""

    text: str


@dataclass(frozen=True, slots=True)
class AddPapers:
    """补充说明材料: papers that nobody asked for."""

    papers: Papers
    note: str | None = None


@dataclass(frozen=True, slots=True)
class SeeOriginals:
    """核验原件: the originals of these materials were on the table."""

    materials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HandInCorrection:
    """交来补正材料.  ``form``: the fields that are corrected, if any."""

    papers: Papers = ()
    form: Mapping[str, Any] | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AskWithdrawal:
    """申请撤回 by the applicant (R-505)."""

    reason: str | None = None
    papers: Papers = ()


@dataclass(frozen=True, slots=True)
class AnswerAsk:
    """答复 what was asked and cannot be heard otherwise."""

    of: str
    reason: str


@dataclass(frozen=True, slots=True)
class Urge:
    """催办 (R-706)."""

    text: str | None = None


@dataclass(frozen=True, slots=True)
class Deliver:
    """送达 of the decision, with who received it (R-510)."""

    way: str
    received_by: str
    relation: str | None = None
    papers: Papers = ()


@dataclass(frozen=True, slots=True)
class Rate:
    """评价 by the applicant: 5 非常满意 … 1 非常不满意 (R-801, R-802)."""

    score: int
    text: str | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """归档."""

    note: str | None = None


Command = (
    RegisterCase | SubmitCase | CancelCase | AcceptCase | AskCorrection | RefuseAcceptance | OfferCase
    | TakeCase | DeclineCase | RecallOffer | FinishStep | PauseCase | ResumeCase | SuspendCase | RestartCase
    | ExtendCase | GrantOverride | DecideCase | RevokeDecision | TerminateCase | TakeOverCase | AdoptActs
    | DismissAct | DateAct | AddNote | AddPapers | SeeOriginals | HandInCorrection | AskWithdrawal | AnswerAsk
    | Urge | Deliver | Rate | Archive
)  # fmt: skip

# The type of act that a command chiefly makes.
_BY_TYPE: Mapping[str, type[Any]] = {
    "case.submitted": SubmitCase,
    "case.cancelled": CancelCase,
    "case.accepted": AcceptCase,
    "case.correction_asked": AskCorrection,
    "case.not_accepted": RefuseAcceptance,
    "case.offered": OfferCase,
    "case.taken": TakeCase,
    "case.declined": DeclineCase,
    "case.recalled": RecallOffer,
    "case.stepped": FinishStep,
    "case.paused": PauseCase,
    "case.resumed": ResumeCase,
    "case.suspended": SuspendCase,
    "case.restarted": RestartCase,
    "case.extended": ExtendCase,
    "case.override_granted": GrantOverride,
    "case.decided": DecideCase,
    "case.revoked": RevokeDecision,
    "case.terminated": TerminateCase,
    "case.taken_over": TakeOverCase,
    "case.adopted": AdoptActs,
    "ruling.dismissed": DismissAct,
    "ruling.dated": DateAct,
    "case.noted": AddNote,
    "paper.added": AddPapers,
    "paper.original_seen": SeeOriginals,
    "correction.handed_in": HandInCorrection,
    "withdrawal.asked": AskWithdrawal,
    "ask.answered": AnswerAsk,
    "case.urged": Urge,
    "case.delivered": Deliver,
    "case.rated": Rate,
    "case.archived": Archive,
}

KIND_OF: Mapping[type[Any], str] = {
    RegisterCase: "case.registered",
    **{c: kind for kind, c in _BY_TYPE.items()},
}


CHOICES: Mapping[type[Any], Mapping[str, Mapping[str, str]]] = {
    RegisterCase: {"channel": CHANNELS},
    RefuseAcceptance: {"ground": GROUNDS},
    Deliver: {"way": WAYS, "relation": RELATIONS},
}
"""Fields that take a value of a closed list."""


def check_choices(command: Command) -> None:
    """BadInput ``command.choice`` (``field``, ``known``) for a value that is not on its list."""
    for field, known in CHOICES.get(type(command), {}).items():
        value = getattr(command, field)
        if value is not None and value not in known:
            raise BadInput("command.choice", field=field, known=list(known))


def command_for(kind: str, values: Mapping[str, Any]) -> Command:
    """The command that writes acts of type ``kind``, from plain JSON values (days as ``YYYY-MM-DD``).

    Errors:
        BadInput ``command.unknown`` (no such act is made by people), ``command.field`` (detail ``field``): a field
        that the command does not have, that it needs, or of the wrong kind.
    """
    wanted = _BY_TYPE.get(kind)
    if wanted is None:
        raise BadInput("command.unknown", type=kind[:80])
    hints = get_type_hints(wanted)
    if stranger := next((name for name in values if name not in hints), None):
        raise BadInput("command.field", field=stranger[:80])
    read: dict[str, Any] = {}
    for each in fields(wanted):
        if each.name in values:
            read[each.name] = _read(hints[each.name], values[each.name], each.name)
        elif each.default is MISSING:
            raise BadInput("command.field", field=each.name)
    command: Command = wanted(**read)
    return command


def _read(hint: Any, value: Any, name: str) -> Any:
    """``value`` as the annotation wants it: what commands are made of, and nothing else."""
    if get_origin(hint) is UnionType:
        if value is None:
            return None
        hint = next(part for part in get_args(hint) if part is not type(None))
    kind, parts = get_origin(hint) or hint, get_args(hint)
    if kind is tuple and isinstance(value, list):
        return tuple(_read(parts[0], each, name) for each in value)
    if kind is abc.Mapping and isinstance(value, dict):
        return {key: _read(parts[1], each, name) for key, each in value.items()}
    if kind is date and is_date(value):
        return date.fromisoformat(value)
    if kind is Any or type(value) is kind:
        return value
    raise BadInput("command.field", field=name)
