"""A command becomes acts, or is refused.  Whatever ``fold`` would set aside is refused here, by its own rules.

Beyond them a command is refused where a duty of its author is not done: originals not seen (R-208), a check on site
by one person alone (R-501), an extension after the term (R-406), a notice that wants what is not published (R-210),
an application turned away without naming who is competent (R-203).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from common import clock
from common.calendar import UNPUBLISHED
from common.case import commands as c
from common.case.acts import GRANTED, REFUSED, SUBMIT
from common.case.automatic import receipt_body
from common.case.choices import NOT_COMPETENT
from common.case.clock import due
from common.case.desk import Author, Desk, Moment
from common.case.effects import direction
from common.case.grading import deciding_office, graded, intake_office
from common.case.state import DECIDED, ENDED, PREVIOUS, UNANSWERED, Direction, Draft, Status
from common.case.view import CaseView
from common.errors import BadInput, CommandRefused
from common.events import REGISTERED
from common.offices import is_office
from common.reference import Reference

__all__ = ["Author", "Moment", "decide"]


def decide(
    view: CaseView | None, command: c.Command, author: Author, reference: Reference, moment: Moment
) -> tuple[Draft, ...]:
    """The acts that a command comes to, in order; each moving one stands on the one before it.

    Args:
        view: the case as folded; None for a registration.
    Errors:
        BadInput, NotPermitted, CommandRefused, each with a code of ``reasons.REFUSALS``.
    """
    c.check_choices(command)
    desk = Desk(view, author, reference, moment)
    if isinstance(command, c.RegisterCase):
        _register(desk, command)
    elif view is None or not view.path:
        raise CommandRefused("case.nothing_registered")
    else:
        _HANDLERS[type(command)](desk, command)
    return tuple(desk.drafts)


# -- registration and submission


def _register(desk: Desk, command: c.RegisterCase) -> None:
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


def _submit(desk: Desk, command: c.SubmitCase) -> None:
    # What is not registered has no item to ask; the fold's own rule answers that.
    to = intake_office(desk.state, desk.reference) if desk.state.edition else desk.author.office
    desk.write("case.submitted", to=to, urgent=command.urgent or None)


def _finish(desk: Desk, command: c.FinishNow) -> None:
    """Arrival at the author's own office, acceptance and decision in one go."""
    addressee, own, reference = desk.state.offer_to or "", desk.author.office, desk.reference
    if reference.canon(addressee) != reference.canon(own):
        raise _elsewhere(desk, "case.not_finished_here", addressee)
    if graded(desk.state, "case.decided", {"office": own}, reference) is not None:
        raise _elsewhere(desk, "case.not_decided_here", deciding_office(desk.state, reference))
    receipt = receipt_body(desk.reference, desk.item.code, desk.today)
    desk.write("case.arrived", of=PREVIOUS, of_kind=SUBMIT, **receipt)
    _accept(desk, c.AcceptCase(command.checked))
    _decide(desk, command.decision)


def _elsewhere(desk: Desk, code: str, office: str) -> CommandRefused:
    return CommandRefused(code, item=desk.item.name, office=desk.reference.office_name(office))


def _cancel(desk: Desk, command: c.CancelCase) -> None:
    if desk.state.status is Status.REGISTERED and desk.state.offer is not None:
        desk.write("case.recalled", of=desk.state.offer, reason=command.reason)
    desk.write("case.cancelled", reason=command.reason, of=command.of)


# -- acceptance


def _accept(desk: Desk, command: c.AcceptCase) -> None:
    desk.write("case.accepted", checked=command.checked or None, note=command.note)
    if missing := desk.missing_originals():
        raise CommandRefused("case.originals_missing", materials=missing)


def _ask_correction(desk: Desk, command: c.AskCorrection) -> None:
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


def _refuse_acceptance(desk: Desk, command: c.RefuseAcceptance) -> None:
    desk.write("case.not_accepted", reason=command.reason, competent=command.competent, ground=command.ground)
    if command.ground == NOT_COMPETENT and not command.competent:
        raise BadInput("case.no_competent")


def _grant_override(desk: Desk, command: c.GrantOverride) -> None:
    if desk.state.status in UNANSWERED and (not desk.state.noticed or desk.state.override):
        raise CommandRefused("case.no_second_notice")
    desk.write("case.override_granted", reason=command.reason)


# -- hand-overs


def _offer(desk: Desk, command: c.OfferCase) -> None:
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


def _take(desk: Desk, command: c.TakeCase) -> None:
    desk.write("case.taken", of=_open_offer(desk))


def _decline(desk: Desk, command: c.DeclineCase) -> None:
    if desk.state.offer_direction is Direction.SUBMIT:
        raise CommandRefused("case.submission_not_declinable")
    desk.write("case.declined", of=_open_offer(desk), reason=command.reason)


def _recall(desk: Desk, command: c.RecallOffer) -> None:
    desk.write("case.recalled", of=_open_offer(desk), reason=command.reason)


def _open_offer(desk: Desk) -> str:
    if desk.state.offer is None:
        raise CommandRefused("case.no_such_offer")
    return desk.state.offer


# -- handling


def _finish_step(desk: Desk, command: c.FinishStep) -> None:
    desk.write("case.stepped", step=command.step, opinion=command.opinion, people=command.people or None)
    step = next(step for step in desk.item.procedure if step.number == command.step)
    if step.kind == "check" and len({name.strip() for name in command.people} - {""}) < 2:
        raise BadInput("case.two_people", step=step.name)


def _pause(desk: Desk, command: c.PauseCase) -> None:
    days = command.announced_days
    if days is None and desk.state.edition:
        step = desk.item.stopped_step(command.kind)
        days = step.days if step else 0
    if days is None:
        raise BadInput("case.field", field="announced_days")
    desk.write("case.paused", kind=command.kind, reason=command.reason, announced_days=days)


def _resume(desk: Desk, command: c.ResumeCase) -> None:
    still = [stop.id for stop in desk.state.pauses if stop.end is None]
    if command.of is None and len(still) > 1:
        raise BadInput("case.which_pause", pauses=still)
    of = command.of or next(iter(still), None)
    if of is None:
        raise CommandRefused("case.no_such_pause")
    desk.write("case.resumed", of=of, note=command.note)


def _suspend(desk: Desk, command: c.SuspendCase) -> None:
    desk.write("case.suspended", reason=command.reason)


def _restart(desk: Desk, command: c.RestartCase) -> None:
    of = next((stop.id for stop in desk.state.suspensions if stop.end is None), None)
    if of is None:
        raise CommandRefused("case.no_such_suspension")
    desk.write("case.restarted", of=of, note=command.note)


def _extend(desk: Desk, command: c.ExtendCase) -> None:
    limits = due(desk.view, desk.reference) if desk.view else None
    desk.write("case.extended", days=command.days, reason=command.reason, approved_by=command.approved_by)
    if limits is not None and limits.due is not None and desk.today > limits.due:
        raise CommandRefused("case.term_over", due=limits.due)


def _decide(desk: Desk, command: c.DecideCase) -> None:
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


def _revoke(desk: Desk, command: c.RevokeDecision) -> None:
    if desk.state.status is not Status.GRANTED:
        raise CommandRefused("case.not_granted")
    desk.write("case.revoked", of=desk.state.result, reason=command.reason)


def _terminate(desk: Desk, command: c.TerminateCase) -> None:
    desk.write("case.terminated", reason=command.reason)


# -- the county


def _take_over(desk: Desk, command: c.TakeOverCase) -> None:
    made, receipt = desk.state.registration, {}
    if made is not None and desk.state.status is Status.REGISTERED:
        receipt = dict(receipt_body(desk.reference, made.item, desk.today))
    desk.write("case.taken_over", reason=command.reason, **receipt)


def _adopt(desk: Desk, command: c.AdoptActs) -> None:
    _check_listed(desk, *command.acts)
    desk.write("case.adopted", acts=command.acts, reason=command.reason, dates=command.dates)


def _dismiss(desk: Desk, command: c.DismissAct) -> None:
    _check_listed(desk, command.of)
    desk.write("ruling.dismissed", of=command.of, reason=command.reason)


def _check_listed(desk: Desk, *acts: str) -> None:
    if stranger := next((act for act in acts if act not in desk.aside()), None):
        raise CommandRefused("case.not_set_aside", act=stranger)


def _date(desk: Desk, command: c.DateAct) -> None:
    if desk.event(command.of) is None:
        raise CommandRefused("case.no_such_act", act=command.of)
    desk.write("ruling.dated", of=command.of, to=command.to, reason=command.reason)


# -- adding acts


def _note(desk: Desk, command: c.AddNote) -> None:
    desk.write("case.noted", text=command.text)


def _urge(desk: Desk, command: c.Urge) -> None:
    _check_open(desk)
    desk.write("case.urged", text=command.text)


def _add_papers(desk: Desk, command: c.AddPapers) -> None:
    if not command.papers:
        raise BadInput("case.no_papers")
    desk.write("paper.added", papers=command.papers, note=command.note)


def _see_originals(desk: Desk, command: c.SeeOriginals) -> None:
    if not command.materials:
        raise BadInput("case.no_papers")
    desk.write("paper.original_seen", materials=command.materials)


def _hand_in(desk: Desk, command: c.HandInCorrection) -> None:
    _check_open(desk)
    if not command.papers and not command.form:
        raise BadInput("case.no_papers")
    desk.write("correction.handed_in", papers=command.papers, form=command.form, note=command.note)


def _ask_withdrawal(desk: Desk, command: c.AskWithdrawal) -> None:
    _check_open(desk)
    desk.write("withdrawal.asked", reason=command.reason, papers=command.papers or None)


def _answer(desk: Desk, command: c.AnswerAsk) -> None:
    if desk.view is None or command.of not in desk.view.asks:
        raise CommandRefused("case.no_such_ask", ask=command.of)
    desk.write("ask.answered", of=command.of, reason=command.reason)


def _deliver(desk: Desk, command: c.Deliver) -> None:
    _check_decided(desk)
    desk.write(
        "case.delivered",
        of=desk.state.result,
        way=command.way,
        received_by=command.received_by,
        relation=command.relation,
        papers=command.papers or None,
    )


def _rate(desk: Desk, command: c.Rate) -> None:
    _check_decided(desk)
    desk.write("case.rated", score=command.score, text=command.text, named=command.named or None)


def _archive(desk: Desk, command: c.Archive) -> None:
    if desk.state.status not in ENDED:
        raise CommandRefused("case.not_ended")
    desk.write("case.archived", note=command.note)


def _check_open(desk: Desk) -> None:
    if desk.state.status in ENDED:
        raise CommandRefused("case.ended", state=desk.state.status.value)


def _check_decided(desk: Desk) -> None:
    if desk.state.status not in DECIDED:
        raise CommandRefused("case.not_decided", state=desk.state.status.value)


_HANDLERS: Mapping[type, Callable[[Desk, Any], None]] = {
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
