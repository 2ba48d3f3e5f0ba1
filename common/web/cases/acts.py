"""Every act that a person does on a case, in one table: verb, what it will do and for whom, how its page is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import url_for

from common.case import Direction, Status
from common.case import commands as c
from common.case.reasons import REFUSALS
from common.offices import division, level
from common.web.cases import reading
from common.web.cases.desk import Desk
from common.web.cases.reading import Read
from common.web.cases.story import OFFERED
from common.web.cases.wanted import put_away
from common.web.words import date_words


@dataclass(frozen=True, slots=True)
class Act:
    """One act.

    Args:
        slug: of its page's address, and the name of the template with its inputs.
        kind: type of the event that it writes.
        verb: on its button.  title: of its page, where the verb alone does not say it.
        leads: what it will do and who gets it, in a sentence.
        read: what was typed -> commands; None where another feature has the page.
        asks: it has inputs; else its button does it at once.
        offered: is it offered here, beyond what the table of rights says.
        otherwise: why it is not offered, where the table of rights allows it; what to do instead.
        grave: it ends something, or tells the applicant no.
        photo: (id, name) of a paper that may be photographed with it.
        told: the sentence on the page that comes once it is done; what it prints stands beside it as a link.
        errors: code of a refusal -> the input that it speaks of.
    """

    slug: str
    kind: str
    verb: str
    leads: Callable[[Desk], str]
    read: Read | None
    asks: bool = True
    offered: Callable[[Desk], bool] = lambda desk: True
    otherwise: str = ""
    grave: bool = False
    photo: tuple[str, str] | None = None
    told: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    def fits(self, desk: Desk) -> bool:
        """May the officer do it on this case now?"""
        return self.kind in desk.allowed and self.offered(desk)

    def path(self, number: str, back: str | None = None) -> str:
        """The address of its page; ``back``: where it leads to once it is done."""
        if self.read is None:
            return url_for("registration.hand_in_page", case=number, kind=self.slug)
        return url_for(f"cases.{self.slug}", key=number, next=back)

    def do_path(self, number: str) -> str:
        """Where its form goes; for buttons that do it at once."""
        return url_for(f"cases.do-{self.slug}", key=number)


# -- what an act will do


def _submit(desk: Desk) -> str:
    if division(desk.intake) == division(desk.officer.office):
        return "这件由你单位自己受理。报送后就算收件,5 个工作日内告知或受理。"
    return f"报送给{desk.name(desk.intake)}。对方收到后,5 个工作日内告知或受理。"


def _accept(desk: Desk) -> str:
    if desk.item.instant:
        return "即办件:受理后今天办结。"
    last = desk.promised_last
    days = f"{desk.item.promised.days} {desk.term_unit}"
    until = f",最迟 {date_words(last, desk.today)}(含)办结" if last else ""
    return f"受理后承诺 {days}{until}。受理通知书可以当场打印。"


def _ask_correction(desk: Desk) -> str:
    return "只能告知一次,要补的请一次列全。村里取到后交给申请人;补齐送到后再受理。"


def _report_up(desk: Desk) -> str:
    if desk.above is None:
        return ""
    days = desk.item.promised_by_level().get(level(desk.above).value)
    term = f",他们有 {days} {desk.term_unit}" if days else ""
    return f"上报后由{desk.name(desk.above)}接收{term}。对方接收前,这件还在你单位,可以收回。"


def _take(desk: Desk) -> str:
    sender = desk.name(desk.state.holder)
    if desk.state.offer_direction is Direction.DOWN:
        return f"{sender}退回补充。接收后由你单位承办,时限接着走。"
    days = desk.item.promised_by_level().get(level(desk.state.offer_to or desk.officer.office).value)
    term = f",你们有 {days} {desk.term_unit}" if days and desk.state.accepted else ""
    way = OFFERED[desk.state.offer_direction or Direction.SIDE]
    return f"{sender}{way}来的。接收后由你单位承办{term}。"


def _finish_step(desk: Desk) -> str:
    step = desk.own_step
    return (
        f"记下「{step.name}」已经完成,这件还在你单位。" if step else "记下一个环节已经完成,这件还在你单位。"
    )


def _pause(desk: Desk) -> str:
    return "停表期间不计时限。要书面告知申请人需要多久;只有公布的程序可以停表。"


def _decide(desk: Desk) -> str:
    who = "核对文书后,由首席代表当场输口令,以部门名义签名。" if desk.at_county else "核对文书后作出决定。"
    return f"{who}决定书给村里(窗口)送达。"


def _deliver(desk: Desk) -> str:
    return "请对方在送达回证上签名或按印,再登记送达。"


def _archive(desk: Desk) -> str:
    if desk.state.decision is None:
        return "这件已经结束。在「经过」里打印通知书交给申请人,再归档。"
    return "这件已办完,归档。"


def _rate(desk: Desk) -> str:
    return "把屏幕转给群众,由群众自己评价。不评也可以。"


ACTS: tuple[Act, ...] = (
    Act("submit", "case.submitted", "报送", _submit, reading.submit, told="已报送。"),
    Act("take", "case.taken", "接收", _take, reading.nothing(c.TakeCase), asks=False,
        told="已接收,现在由你单位承办。"),
    Act("decline", "case.declined", "不接收", lambda d: f"退给{d.name(d.state.holder)},写明原因。",
        reading.reasoned(c.DeclineCase), offered=lambda d: d.state.offer_direction is not Direction.SUBMIT,
        otherwise=REFUSALS["case.submission_not_declinable"],
        told="已退给对方。"),
    Act("accept", "case.accepted", "受理", _accept, reading.accept, told="已受理。",
        errors={"case.originals_missing": "checked"}),
    Act("ask-correction", "case.correction_asked", "一次性告知", _ask_correction, reading.ask_correction,
        told="已一次性告知。",
        errors={"case.term_in_the_past": "correct_by", "case.nothing_wanted": "material",
                "case.irrelevant_material": "material"}),
    Act("refuse-acceptance", "case.not_accepted", "不予受理",
        lambda d: "要写明理由;不属于本机关的,写明应由谁办。通知书当场打印。",
        reading.refuse_acceptance, grave=True, told="已作出不予受理。"),
    Act("hand-in", "correction.handed_in", "补材料",
        lambda d: f"把一次性告知要补的交来,送到后由{d.name(d.state.holder)}接着办。", None,
        offered=lambda d: d.state.status is Status.CORRECTING,
        otherwise="现在没有要补的。群众另外交来的,用「补充说明材料」。"),
    Act("finish-step", "case.stepped", "完成环节", _finish_step, reading.finish_step, told="已记下。",
        errors={"case.two_people": "second", "case.step_done": "step", "case.no_such_step": "step"}),
    Act("report-up", "case.offered", "上报县里", _report_up, reading.report_up, offered=lambda d: d.reports_up,
        otherwise="受理以后,后面的环节归上级办的,才上报。",
        told="已上报,等对方接收。", errors={"case.unknown_office": "to"}),
    Act("decide", "case.decided", "准予 / 不予", _decide, reading.decide, told="",
        errors={"case.no_reasons": "reasons"}),
    Act("resume", "case.resumed", "恢复计时", lambda d: "停表结束,时限从今天起接着计算。", reading.resume,
        told="已恢复计时。", errors={"case.which_pause": "of"}),
    Act("restart", "case.restarted", "恢复办理", lambda d: "中止的原因消除,时限接着计算。",
        reading.noted(c.RestartCase), told="已恢复办理。"),
    Act("recall", "case.recalled", "收回",
        lambda d: f"{d.name(d.state.offer_to or '')}还没有接收。收回后仍由你单位承办。",
        reading.noted(c.RecallOffer), told="已收回。"),
    Act("deliver", "case.delivered", "送达", _deliver, reading.deliver, offered=lambda d: not d.view.delivered,
        otherwise="已经登记过送达,不用再登记。",
        photo=("receipt", "送达回证"), told="已登记送达。"),
    Act("rate", "case.rated", "请群众评价", _rate, reading.nothing(lambda: c.Rate(5)),
        offered=lambda d: not d.view.rated),
    Act("archive", "case.archived", "归档", _archive, reading.noted(c.Archive),
        offered=lambda d: not put_away(d.view) and (d.view.delivered or d.state.decision is None),
        otherwise="决定送达以后才能归档;已经归档的不用再归。", told="已归档。"),
    Act("answer", "ask.answered", "答复", lambda d: "群众提出的,写明怎样答复。", reading.answer, told="已答复。"),
    Act("add-papers", "paper.added", "补充说明材料", lambda d: "群众另外交来、没有要求过的材料。", None,
        offered=lambda d: d.state.ended is None, otherwise=REFUSALS["case.ended"]),
    Act("see-originals", "paper.original_seen", "核验原件", lambda d: "记下当面核验过哪些原件。",
        reading.see_originals, offered=lambda d: bool(d.originals_missing) and d.state.ended is None,
        otherwise="没有等着核验的原件。",
        told="已记下核验的原件。"),
    Act("pause", "case.paused", "停表", _pause, reading.pause, told="已停表。",
        errors={"case.pause_not_allowed": "kind"}),
    Act("extend", "case.extended", "延期", lambda d: "只能延一次,要在期限之内,并告知申请人理由。",
        reading.extend, told="已延期。", errors={"case.extension_too_long": "days"}),
    Act("override", "case.override_granted", "准许再次告知",
        lambda d: "一次性告知已经发过。准许后,经办人可以再告知一次,理由记录在案。",
        reading.reasoned(c.GrantOverride), told="已准许再次告知。"),
    Act("hand-over", "case.offered", "移送", lambda d: "移送给本级的另一个单位(岗位)。对方接收前,这件还在你单位。",
        reading.hand_over, offered=lambda d: bool(d.offices_beside()),
        otherwise="本级没有别的单位可以移送。", told="已移送,等对方接收。",
        errors={"case.unknown_office": "to"}),
    Act("send-back", "case.offered", "退回补充",
        lambda d: "退给下级补充。总时限不停;不能让群众重新交已经在卷的材料。",
        reading.send_back, offered=lambda d: bool(d.offices_below()) and d.state.status is Status.ACCEPTED,
        otherwise="只有受理以后、从下级来的,才能退回补充。",
        told="已退回补充,等对方接收。", errors={"case.unknown_office": "to"}),
    Act("suspend", "case.suspended", "中止", lambda d: "因外部原因不能继续,时限停下。要书面告知申请人。",
        reading.reasoned(c.SuspendCase), told="已中止。"),
    Act("terminate", "case.terminated", "终止", lambda d: "不作决定就结束:申请事项已不存在,或申请人死亡、终止等。",
        reading.reasoned(c.TerminateCase), grave=True, told="已终止。"),
    Act("revoke", "case.revoked", "撤销决定", lambda d: "撤销已经作出的准予决定,写明理由。",
        reading.reasoned(c.RevokeDecision), grave=True, told="已撤销。"),
    Act("cancel", "case.cancelled", "撤回登记", lambda d: "还没有送到受理单位,撤回后作废,可以重新登记。",
        reading.reasoned(lambda reason: c.CancelCase(reason)), grave=True, told="已撤回登记。"),
    Act("withdraw", "withdrawal.asked", "申请撤回", lambda d: "申请人要求撤回。送到承办单位后,办件终止,材料退还。",
        reading.withdraw, offered=lambda d: d.state.status is not Status.REGISTERED and not d.withdrawal_asked,
        otherwise="还没有送到受理单位的,用「撤回登记」;已经申请撤回的,不用再申请。",
        grave=True, photo=("withdrawal", "撤回申请书"),
        told="已记下撤回申请,送到承办单位后办件终止。"),
    Act("urge", "case.urged", "催办", lambda d: f"提醒{d.name(d.state.holder)}尽快办。", reading.urge,
        offered=lambda d: d.state.holder != d.author("case.urged").office,
        otherwise="这件就在你单位手里,不用催办。", told="已催办。"),
    Act("note", "case.noted", "备注", lambda d: "写给承办的人看。记录在案,不能删改。", reading.note, told="已备注。"),
    Act("take-over", "case.taken_over", "县级接管", lambda d: f"{d.name(d.state.holder)}不能办,由县级中心接手。",
        reading.reasoned(c.TakeOverCase), offered=lambda d: d.state.holder != d.reference.county,
        otherwise="这件已经在县级中心手里。", grave=True,
        told="已由县级接管。"),
    Act("rule", "ruling.dismissed", "裁定", lambda d: "采纳、不采纳,或更正日期。过去的记录不改,裁定另记一笔。",
        reading.rule, told="已裁定。", errors={"case.not_set_aside": "of", "case.adopted_unfit": "ruling"}),
)  # fmt: skip
"""In the order in which buttons stand."""

BY_SLUG: Mapping[str, Act] = {act.slug: act for act in ACTS}


def next_act(desk: Desk) -> Act | None:
    """The one clear next act of this officer on this case, for its page and for lists; None if it is not his turn."""
    if desk.file.edition is None or desk.file.left:
        return None
    fitting = {act.slug for act in ACTS if act.fits(desk)}
    return next((BY_SLUG[slug] for slug in _candidates(desk) if slug in fitting), None)


def _candidates(desk: Desk) -> tuple[str, ...]:
    """The acts that move the case on, the best first."""
    state = desk.state
    if state.status is Status.REGISTERED:
        return ("submit",)
    if state.offer is not None:
        return ("take",)
    if state.status is Status.CORRECTING:
        return ("hand-in",) if desk.registered_here and not desk.handed_in else ()
    if state.status in (Status.RECEIVED, Status.SUPPLIED):
        return ("ask-correction", "accept") if desk.lacking else ("accept",)
    if state.status is Status.ACCEPTED:
        return _handling(desk)
    if state.status in (Status.GRANTED, Status.REFUSED):
        return _afterwards(desk)
    if state.ended is not None:
        return ("archive",) if desk.registered_here else ()
    return ()


def _handling(desk: Desk) -> tuple[str, ...]:
    if desk.state.suspended:
        return ("restart",)
    if desk.state.paused:
        return ("resume",)
    if (step := desk.own_step) is not None:
        return ("pause",) if step.clock == "stopped" and not desk.was_paused_for(step) else ("finish-step",)
    return ("decide",) if desk.decides_here else ("report-up",)


def _afterwards(desk: Desk) -> tuple[str, ...]:
    """Delivery and what follows it belong to who registered the application."""
    if not desk.registered_here:
        return ()
    return ("rate", "archive") if desk.view.delivered else ("deliver",)


def quiet_acts(desk: Desk) -> list[Act]:
    """The other acts that fit, in the table's order."""
    first = next_act(desk)
    return [act for act in ACTS if act.fits(desk) and act is not first]
