"""A command becomes acts, or is refused.  Whatever ``fold`` would set aside is refused here, by its own rules.

Beyond them a command is refused where a duty of its author is not done: originals not seen (R-208), a check on site
by one person alone (R-501), an extension after the term (R-406), a notice that wants what is not published (R-210).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from common import clock
from common.calendar import UNPUBLISHED
from common.case import commands as c
from common.case.automatic import draft, receipt_body
from common.case.clock import due
from common.case.evolve import (
    GRANTED,
    REFUSED,
    SUBMIT,
    adding_refusal,
    apply,
    days_of,
    direction,
    intake_office,
    malformed,
    refusal,
    standing,
    unadoptable,
)
from common.case.file import acts_in_effect, originals_missing
from common.case.state import DECIDED, ENDED, PREVIOUS, UNANSWERED, Direction, Draft, Parties, State, Status
from common.case.view import CaseView
from common.catalogue.items import Item
from common.errors import AppError, BadInput, CommandRefused, NotPermitted
from common.event_types import check_body
from common.events import REGISTERED, VERSION, Event
from common.offices import is_office
from common.reference import Reference


@dataclass(frozen=True, slots=True)
class Author:
    """Who acts: the officer's appointment, and the office that he acts for (``acting.office_for``)."""

    actor: str
    office: str


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where the acts will be written: the civil day that they carry, the origin and its next seq."""

    today: date
    origin: str
    seq: int


def decide(
    view: CaseView | None, command: c.Command, author: Author, reference: Reference, moment: Moment
) -> tuple[Draft, ...]:
    """The acts that a command comes to, in order; each moving one stands on the one before it.

    Args:
        view: the case as folded; None for a registration.
    Errors:
        BadInput, NotPermitted, CommandRefused, each with a code of ``reasons.REFUSALS``.
    """
    desk = _Desk(view, author, reference, moment)
    if isinstance(command, c.RegisterCase):
        _register(desk, command)
    elif view is None or not view.path:
        raise CommandRefused("case.nothing_registered")
    else:
        _HANDLERS[type(command)](desk, command)
    return tuple(desk.drafts)


# -- the desk


class _Desk:
    """Where a command is worked out: each act is judged after those before it, as the fold will judge it."""

    def __init__(self, view: CaseView | None, author: Author, reference: Reference, moment: Moment) -> None:
        self.view, self.author, self.reference, self.moment = view, author, reference, moment
        self.state = view.state if view else State()
        self.drafts: list[Draft] = []
        self._known: dict[str, Event] = dict(view.events) if view else {}
        self._written: list[Event] = []

    @property
    def today(self) -> date:
        return self.moment.today

    @property
    def item(self) -> Item:
        """The item in the edition that governs the case."""
        return self.reference.editions[self.state.edition].item

    def event(self, event_id: str) -> Event | None:
        return self._known.get(event_id)

    def aside(self) -> frozenset[str]:
        return frozenset(act.id for act in self.view.aside) if self.view else frozenset()

    def missing_originals(self) -> list[str]:
        acts = [*(acts_in_effect(self.view) if self.view else ()), *self._written]
        return [material.id for material in originals_missing(acts, self.item)]

    def write(self, kind: str, /, **body: Any) -> None:
        """One act by the author for his office, on the day of the moment.  Raises what speaks against it."""
        base = PREVIOUS if self._written else self.view.tip if self.view else None
        said = {key: _plain(value) for key, value in body.items()}
        made = draft(kind, base, office=self.author.office, day=self.today.isoformat(), **said)
        event = self._as_event(made)
        if reason := self._reason(event):
            raise self._error(event, reason)
        if event.moves:
            self.state = apply(self.state, event, self._known, {})
        self._known[event.id] = event
        self._written.append(event)
        self.drafts.append(made)

    def _as_event(self, made: Draft) -> Event:
        """The event that the draft will become, with a stand-in for its id."""
        count = len(self._written)
        bound = made.bound(self._written[-1].id if count else None)
        return Event(
            id=f"{count + 1:064x}",
            v=VERSION,
            type=made.type,
            moves=made.moves,
            origin=self.moment.origin,
            seq=self.moment.seq + count,
            prev=None,
            at=0,
            seen=None,
            ref=self.reference.head,
            actor=None if made.automatic else self.author.actor,
            case=self._case,
            base=bound.base,
            body=bound.body,
            payload=b"",
            jws="",
        )

    @property
    def _case(self) -> str | None:
        if self.view is not None:
            return self.view.id
        return self._written[0].id if self._written else None

    def _reason(self, event: Event) -> str | None:
        used: set[str] = set()
        if not event.moves:
            parties = self.view.parties if self.view else Parties()
            return adding_refusal(event, self.state, parties, self.reference, used)
        if self.view is not None and self.view.frozen:
            return "case.frozen"
        reason = malformed(event) or standing(event, self.reference, used)
        reason = reason or ("act.after_cutoff" if self.reference.cut(event) else None)
        reason = reason or refusal(self.state, event, days_of(event, {}), self.reference)
        if reason is None and event.type == "case.adopted":
            return unadoptable(self.state, event, self._known, {}, self.reference, used)
        return reason

    def _error(self, event: Event, reason: str) -> AppError:
        """A reason of the fold as an error for the person who asked."""
        detail = {
            "type": event.type,
            "state": self.state.status.value,
            "holder": self._name(self.state.holder),
        }
        if reason == "body.malformed":
            return BadInput("case.field", field=check_body(event.type, event.body) or "body", **detail)
        if reason in ("act.wrong_state", "act.case_ended"):
            return CommandRefused(_WRONG_STATE.get(self.state.status, "case.ended"), **detail)
        if reason.startswith("wait."):
            return _WAITING.get(reason, CommandRefused)("case." + reason.replace("wait.", "no_"), **detail)
        code = reason.replace("act.", "case.")
        return (NotPermitted if reason in _NOT_PERMITTED else CommandRefused)(code, **detail)

    def _name(self, office: str) -> str:
        return self.reference.office_name(office) if office else ""


def _plain(value: Any) -> Any:
    """As it stands in a body: lists and objects, days as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return value


_WRONG_STATE = {
    Status.NONE: "case.nothing_registered",
    Status.REGISTERED: "case.not_received",
    Status.RECEIVED: "case.not_accepted_yet",
    Status.SUPPLIED: "case.not_accepted_yet",
    Status.CORRECTING: "case.correcting",
    Status.ACCEPTED: "case.accepted_already",
}
_WAITING: Mapping[str, type[AppError]] = {"wait.actor": NotPermitted, "wait.edition": BadInput}
_NOT_PERMITTED = frozenset({
    "act.role", "act.not_appointed_there", "act.appointment_ended", "act.node_not_serving", "act.not_holder",
    "act.not_addressee", "act.not_county", "act.not_concerned", "act.not_intake_office", "act.not_deciding_level",
    "act.not_deciding_office", "act.after_cutoff",
})  # fmt: skip


# -- registration and submission


def _register(desk: _Desk, command: c.RegisterCase) -> None:
    desk.write(
        REGISTERED,
        salt=command.salt,
        number=command.number,
        item=command.item,
        edition=command.edition,
        channel=command.channel,
        village=command.village,
        applicant=command.applicant,
        form=command.form,
        papers=command.papers,
        mandate=command.mandate,
        query_code=command.query_code,
        first_asked=command.first_asked,
        ticked=command.ticked or None,
    )
    if command.submit or command.finish is not None:
        _submit(desk, c.SubmitCase(command.urgent))
    if command.finish is not None:
        _finish(desk, command.finish)


def _submit(desk: _Desk, command: c.SubmitCase) -> None:
    # What is not registered has no item to ask; the fold's own rule answers that.
    to = intake_office(desk.state, desk.reference) if desk.state.edition else desk.author.office
    desk.write("case.submitted", to=to, urgent=command.urgent or None)


def _finish(desk: _Desk, command: c.FinishNow) -> None:
    """Arrival at the author's own office, acceptance and decision in one go."""
    addressee, canon = desk.state.offer_to or "", desk.reference.canon
    if canon(addressee) != canon(desk.author.office):
        raise CommandRefused("case.not_finished_here", office=desk.reference.office_name(addressee))
    receipt = receipt_body(desk.reference, desk.item.code, desk.today)
    desk.write("case.arrived", of=PREVIOUS, of_kind=SUBMIT, **receipt)
    _accept(desk, c.AcceptCase(command.checked))
    _decide(desk, command.decision)


def _cancel(desk: _Desk, command: c.CancelCase) -> None:
    if desk.state.status is Status.REGISTERED and desk.state.offer is not None:
        desk.write("case.recalled", of=desk.state.offer, reason=command.reason)
    desk.write("case.cancelled", reason=command.reason, of=command.of)


# -- acceptance


def _accept(desk: _Desk, command: c.AcceptCase) -> None:
    desk.write("case.accepted", checked=command.checked or None, note=command.note)
    if missing := desk.missing_originals():
        raise CommandRefused("case.originals_missing", materials=missing)


def _ask_correction(desk: _Desk, command: c.AskCorrection) -> None:
    if not command.wanted or not all(_says_what(wanted) for wanted in command.wanted):
        raise BadInput("case.nothing_wanted")
    newest = desk.reference.newest_calendar()
    default = clock.correct_by(newest[1] if newest else UNPUBLISHED, desk.today)
    last = command.correct_by or default
    if last < desk.today:
        raise BadInput("case.term_in_the_past", by=last)
    desk.write("case.correction_asked", correct_by=last, wanted=command.wanted)
    for wanted in command.wanted:
        if (material := wanted.get("material")) is not None and desk.item.material(material) is None:
            raise BadInput("case.irrelevant_material", material=material)


def _says_what(wanted: Mapping[str, Any]) -> bool:
    return isinstance(what := wanted.get("what"), str) and bool(what.strip())


def _refuse_acceptance(desk: _Desk, command: c.RefuseAcceptance) -> None:
    desk.write("case.not_accepted", reason=command.reason, competent=command.competent, ground=command.ground)


def _grant_override(desk: _Desk, command: c.GrantOverride) -> None:
    if desk.state.status in UNANSWERED and (not desk.state.noticed or desk.state.override):
        raise CommandRefused("case.no_second_notice")
    desk.write("case.override_granted", reason=command.reason)


# -- hand-overs


def _offer(desk: _Desk, command: c.OfferCase) -> None:
    if not is_office(command.to) or not _exists(desk.reference, command.to):
        raise BadInput("case.unknown_office", office=command.to)
    to, opinion = command.to, command.opinion
    desk.write("case.offered", to=to, direction=direction(desk.author.office, to).value, opinion=opinion)


def _exists(reference: Reference, office: str) -> bool:
    """A named office, or a unit of a named division with the sign of one of the county's departments."""
    code, slash, unit = office.partition("/")
    if not slash or code == reference.county:
        return office in reference.offices
    return code in reference.offices and f"{reference.county}/{unit}" in reference.offices


def _take(desk: _Desk, command: c.TakeCase) -> None:
    desk.write("case.taken", of=_open_offer(desk))


def _decline(desk: _Desk, command: c.DeclineCase) -> None:
    if desk.state.offer_direction is Direction.SUBMIT:
        raise CommandRefused("case.submission_not_declinable")
    desk.write("case.declined", of=_open_offer(desk), reason=command.reason)


def _recall(desk: _Desk, command: c.RecallOffer) -> None:
    desk.write("case.recalled", of=_open_offer(desk), reason=command.reason)


def _open_offer(desk: _Desk) -> str:
    if desk.state.offer is None:
        raise CommandRefused("case.no_such_offer")
    return desk.state.offer


# -- handling


def _finish_step(desk: _Desk, command: c.FinishStep) -> None:
    desk.write("case.stepped", step=command.step, opinion=command.opinion, people=command.people or None)
    step = next(step for step in desk.item.procedure if step.number == command.step)
    if step.kind == "check" and len({name.strip() for name in command.people} - {""}) < 2:
        raise BadInput("case.two_people", step=step.name)


def _pause(desk: _Desk, command: c.PauseCase) -> None:
    days = command.announced_days
    if days is None and desk.state.edition:
        step = desk.item.stopped_step(command.kind)
        days = step.days if step else 0
    if days is None:
        raise BadInput("case.field", field="announced_days")
    desk.write("case.paused", kind=command.kind, reason=command.reason, announced_days=days)


def _resume(desk: _Desk, command: c.ResumeCase) -> None:
    still = [stop.id for stop in desk.state.pauses if stop.end is None]
    if command.of is None and len(still) > 1:
        raise BadInput("case.which_pause", pauses=still)
    of = command.of or next(iter(still), None)
    if of is None:
        raise CommandRefused("case.no_such_pause")
    desk.write("case.resumed", of=of, note=command.note)


def _suspend(desk: _Desk, command: c.SuspendCase) -> None:
    desk.write("case.suspended", reason=command.reason)


def _restart(desk: _Desk, command: c.RestartCase) -> None:
    of = next((stop.id for stop in desk.state.suspensions if stop.end is None), None)
    if of is None:
        raise CommandRefused("case.no_such_suspension")
    desk.write("case.restarted", of=of, note=command.note)


def _extend(desk: _Desk, command: c.ExtendCase) -> None:
    limits = due(desk.view, desk.reference) if desk.view else None
    desk.write("case.extended", days=command.days, reason=command.reason, approved_by=command.approved_by)
    if limits is not None and limits.due is not None and desk.today > limits.due:
        raise CommandRefused("case.term_over", due=limits.due)


def _decide(desk: _Desk, command: c.DecideCase) -> None:
    desk.write(
        "case.decided",
        result=GRANTED if command.granted else REFUSED,
        reasons=command.reasons or None,
        basis=command.basis,
        document=command.document,
        number=command.number,
        signature=command.signature,
        key=command.key,
    )


def _revoke(desk: _Desk, command: c.RevokeDecision) -> None:
    if desk.state.status is not Status.GRANTED:
        raise CommandRefused("case.not_granted")
    desk.write("case.revoked", of=desk.state.result, reason=command.reason)


def _terminate(desk: _Desk, command: c.TerminateCase) -> None:
    desk.write("case.terminated", reason=command.reason)


# -- the county


def _take_over(desk: _Desk, command: c.TakeOverCase) -> None:
    made, receipt = desk.state.registration, {}
    if made is not None and desk.state.status is Status.REGISTERED:
        receipt = dict(receipt_body(desk.reference, made.item, desk.today))
    desk.write("case.taken_over", reason=command.reason, **receipt)


def _adopt(desk: _Desk, command: c.AdoptActs) -> None:
    _check_listed(desk, *command.acts)
    desk.write("case.adopted", acts=command.acts, reason=command.reason, dates=command.dates)


def _dismiss(desk: _Desk, command: c.DismissAct) -> None:
    _check_listed(desk, command.of)
    desk.write("ruling.dismissed", of=command.of, reason=command.reason)


def _check_listed(desk: _Desk, *acts: str) -> None:
    if stranger := next((act for act in acts if act not in desk.aside()), None):
        raise CommandRefused("case.not_set_aside", act=stranger)


def _date(desk: _Desk, command: c.DateAct) -> None:
    if desk.event(command.of) is None:
        raise CommandRefused("case.no_such_act", act=command.of)
    desk.write("ruling.dated", of=command.of, to=command.to, reason=command.reason)


# -- adding acts


def _note(desk: _Desk, command: c.AddNote) -> None:
    desk.write("case.noted", text=command.text)


def _urge(desk: _Desk, command: c.Urge) -> None:
    _check_open(desk)
    desk.write("case.urged", text=command.text)


def _add_papers(desk: _Desk, command: c.AddPapers) -> None:
    if not command.papers:
        raise BadInput("case.no_papers")
    desk.write("paper.added", papers=command.papers, note=command.note)


def _see_originals(desk: _Desk, command: c.SeeOriginals) -> None:
    if not command.materials:
        raise BadInput("case.no_papers")
    desk.write("paper.original_seen", materials=command.materials)


def _hand_in(desk: _Desk, command: c.HandInCorrection) -> None:
    _check_open(desk)
    if not command.papers and not command.form:
        raise BadInput("case.no_papers")
    desk.write("correction.handed_in", papers=command.papers, form=command.form, note=command.note)


def _ask_withdrawal(desk: _Desk, command: c.AskWithdrawal) -> None:
    _check_open(desk)
    desk.write("withdrawal.asked", reason=command.reason, papers=command.papers or None)


def _answer(desk: _Desk, command: c.AnswerAsk) -> None:
    if desk.view is None or command.of not in desk.view.asks:
        raise CommandRefused("case.no_such_ask", ask=command.of)
    desk.write("ask.answered", of=command.of, reason=command.reason)


def _deliver(desk: _Desk, command: c.Deliver) -> None:
    _check_decided(desk)
    desk.write(
        "case.delivered",
        of=desk.state.result,
        way=command.way,
        received_by=command.received_by,
        relation=command.relation,
        papers=command.papers or None,
    )


def _rate(desk: _Desk, command: c.Rate) -> None:
    _check_decided(desk)
    desk.write("case.rated", score=command.score, text=command.text, named=command.named or None)


def _archive(desk: _Desk, command: c.Archive) -> None:
    if desk.state.status not in ENDED:
        raise CommandRefused("case.not_ended")
    desk.write("case.archived", note=command.note)


def _check_open(desk: _Desk) -> None:
    if desk.state.status in ENDED:
        raise CommandRefused("case.ended", state=desk.state.status.value)


def _check_decided(desk: _Desk) -> None:
    if desk.state.status not in DECIDED:
        raise CommandRefused("case.not_decided", state=desk.state.status.value)


_HANDLERS: Mapping[type, Callable[[_Desk, Any], None]] = {
    c.SubmitCase: _submit,
    c.CancelCase: _cancel,
    c.AcceptCase: _accept,
    c.AskCorrection: _ask_correction,
    c.RefuseAcceptance: _refuse_acceptance,
    c.OfferCase: _offer,
    c.TakeCase: _take,
    c.DeclineCase: _decline,
    c.RecallOffer: _recall,
    c.FinishStep: _finish_step,
    c.PauseCase: _pause,
    c.ResumeCase: _resume,
    c.SuspendCase: _suspend,
    c.RestartCase: _restart,
    c.ExtendCase: _extend,
    c.GrantOverride: _grant_override,
    c.DecideCase: _decide,
    c.RevokeDecision: _revoke,
    c.TerminateCase: _terminate,
    c.TakeOverCase: _take_over,
    c.AdoptActs: _adopt,
    c.DismissAct: _dismiss,
    c.DateAct: _date,
    c.AddNote: _note,
    c.AddPapers: _add_papers,
    c.SeeOriginals: _see_originals,
    c.HandInCorrection: _hand_in,
    c.AskWithdrawal: _ask_withdrawal,
    c.AnswerAsk: _answer,
    c.Urge: _urge,
    c.Deliver: _deliver,
    c.Rate: _rate,
    c.Archive: _archive,
}
