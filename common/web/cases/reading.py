"""From what was typed on an act's page to its commands; what is missing is said at its input.

Only what a form can be blamed for is judged here: the rules of the work are ``decide``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from werkzeug.datastructures import MultiDict

from common.case import commands as c
from common.case.choices import GROUNDS, NOT_COMPETENT, RELATIONS, WAYS
from common.case.state import Stop
from common.web.cases.desk import Desk

Form = MultiDict[str, str]
Commands = tuple[c.Command, ...]
Read = Callable[[Desk, Form], Commands]

MOST_FIELDS = 4
"""How many fields of the form one notice may ask to be put right."""
RULINGS = {
    "adopt": "采纳:让它在现在的状态上生效",
    "dismiss": "不采纳:从名单上去掉",
    "date": "更正日期:当时的机器钟不对",
}


class Untyped(Exception):
    """Something was not typed, or cannot be read: input name -> words."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


class _Reading:
    """Reads inputs by name and collects what is wrong with them."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.errors: dict[str, str] = {}

    def text(self, name: str, label: str, *, needed: bool = True, most: int = 2000) -> str:
        value = self.form.get(name, "").replace("\r\n", "\n").strip()
        if not value and needed:
            self.errors[name] = f"没有写{label}。"
        elif len(value) > most:
            self.errors[name] = f"{label}太长:最多 {most} 个字,现在有 {len(value)} 个。"
        return value

    def maybe(self, name: str, label: str, most: int = 2000) -> str | None:
        return self.text(name, label, needed=False, most=most) or None

    def one_of(self, name: str, label: str, known: Mapping[str, str]) -> str:
        value = self.form.get(name, "")
        if value not in known:
            self.errors[name] = f"没有选{label}。"
        return value

    def day(self, name: str, label: str) -> date:
        try:
            return date.fromisoformat(self.form.get(name, "").strip())
        except ValueError:
            self.errors[name] = f"{label}看不懂。请写成 2026-03-04 这样。"
            return date.min

    def count(self, name: str, label: str, least: int, most: int) -> int:
        value = self.form.get(name, "").strip()
        if value.isascii() and value.isdecimal() and len(value) <= 6 and least <= int(value) <= most:
            return int(value)
        self.errors[name] = f"{label}应是 {least} 到 {most} 的整数。"
        return 0

    def finish(self) -> None:
        """Raises Untyped if anything was wrong."""
        if self.errors:
            raise Untyped(self.errors)


def reasoned(make: Callable[[str], c.Command]) -> Read:
    """A form with nothing but a reason."""

    def read(desk: Desk, form: Form) -> Commands:
        reading = _Reading(form)
        reason = reading.text("reason", "原因")
        reading.finish()
        return (make(reason),)

    return read


def noted(make: Callable[[str | None], c.Command]) -> Read:
    """A form with nothing but a note that may be left out."""

    def read(desk: Desk, form: Form) -> Commands:
        reading = _Reading(form)
        note = reading.maybe("note", "说明")
        reading.finish()
        return (make(note),)

    return read


def nothing(make: Callable[[], c.Command]) -> Read:
    """A button and no form."""
    return lambda desk, form: (make(),)


# -- before acceptance


def submit(desk: Desk, form: Form) -> Commands:
    return (c.SubmitCase(urgent="urgent" in form),)


def accept(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    note = reading.maybe("note", "说明")
    ticked = form.getlist("checked")
    checked = tuple(material.id for material in desk.originals_missing if material.id in ticked)
    reading.finish()
    return (c.AcceptCase(checked, note),)


def ask_correction(desk: Desk, form: Form) -> Commands:
    """Papers of the published list and fields of the form, and nothing else (R-210)."""
    reading = _Reading(form)
    wanted: list[Mapping[str, str]] = []
    for material in desk.item.materials:
        if material.id in form.getlist("material"):
            why = reading.text(f"why.{material.id}", f"「{material.name}」为什么要补、要怎样的", most=300)
            wanted.append({"what": material.name, "why": why, "material": material.id})
    for number in range(MOST_FIELDS):
        field = desk.item.field(form.get(f"field.{number}", ""))
        if field is None and form.get(f"field_why.{number}", "").strip():
            reading.errors[f"field.{number}"] = "写了应怎样填,却没有选是哪一栏。"
        if field is not None:
            why = reading.text(f"field_why.{number}", f"「{field.name}」错在哪里、应怎样填", most=300)
            wanted.append({"what": f"申请表「{field.name}」", "why": why, "field": field.id})
    last = reading.day("correct_by", "补齐的最后一天")
    if not wanted and not reading.errors:
        reading.errors["material"] = "没有选要补什么。请勾选材料,或选申请表里要改的一栏。"
    reading.finish()
    return (c.AskCorrection(tuple(wanted), last),)


def refuse_acceptance(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    ground = reading.one_of("ground", "是哪一种情形", GROUNDS)
    reason = reading.text("reason", "理由")
    competent = reading.text("competent", "应由哪个机关办", needed=ground == NOT_COMPETENT, most=100)
    reading.finish()
    return (c.RefuseAcceptance(reason, competent or None, ground),)


def see_originals(desk: Desk, form: Form) -> Commands:
    ticked = form.getlist("checked")
    seen = tuple(material.id for material in desk.originals_missing if material.id in ticked)
    if not seen:
        raise Untyped({"checked": "没有勾选。请勾选当面核验过原件的材料。"})
    return (c.SeeOriginals(seen),)


# -- hand-overs


def report_up(desk: Desk, form: Form) -> Commands:
    """The opinion that goes up is the outcome of the level's own review, which it finishes (R-107, R-303)."""
    to, opinion = _addressee(form, desk.offices_above(), needed=bool(desk.own_reviews))
    reviews = (c.FinishStep(step.number, opinion) for step in desk.own_reviews)
    return (*reviews, c.OfferCase(to, opinion))


def hand_over(desk: Desk, form: Form) -> Commands:
    return (c.OfferCase(*_addressee(form, desk.offices_beside(), needed=False)),)


def send_back(desk: Desk, form: Form) -> Commands:
    return (c.OfferCase(*_addressee(form, desk.offices_below(), needed=True)),)


def _addressee(form: Form, offices: list[tuple[str, str]], *, needed: bool) -> tuple[str, str | None]:
    reading = _Reading(form)
    to = reading.one_of("to", "交给哪个单位", dict(offices))
    opinion = reading.text("opinion", "意见", needed=needed)
    reading.finish()
    return to, opinion or None


# -- handling


def finish_step(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    step = reading.one_of("step", "哪个环节", {str(step.number): step.name for step in desk.steps_left})
    opinion = reading.maybe("opinion", "意见")
    typed = (reading.text(name, "姓名", needed=False, most=30) for name in ("first", "second"))
    people = tuple(dict.fromkeys(name for name in typed if name))
    reading.finish()
    return (c.FinishStep(int(step), opinion, people),)


def pause(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    kind = reading.one_of("kind", "是哪一种程序", dict(desk.pause_kinds))
    reason = reading.text("reason", "事由和依据")
    days = reading.count("days", "所需天数", 1, 400)
    reading.finish()
    return (c.PauseCase(kind, reason, days),)


def resume(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    still = open_stops(desk.state.pauses)
    of = (
        still[0].id
        if len(still) == 1
        else reading.one_of("of", "恢复哪一次停表", {stop.id: "" for stop in still})
    )
    note = reading.maybe("note", "说明")
    reading.finish()
    return (c.ResumeCase(of, note),)


def open_stops(stops: tuple[Stop, ...]) -> list[Stop]:
    return [stop for stop in stops if stop.end is None]


def extend(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    days = reading.count("days", "延长的天数", 1, desk.most_extension)
    reason = reading.text("reason", "理由")
    approved_by = reading.text("approved_by", "批准人", most=60)
    reading.finish()
    return (c.ExtendCase(days, reason, approved_by),)


def decide(desk: Desk, form: Form) -> Commands:
    return (decision(form),)


def decision(form: Form) -> c.DecideCase:
    """What is decided; number, document and signature come at the signing."""
    reading = _Reading(form)
    result = reading.one_of("result", "准予还是不予", {"granted": "准予", "refused": "不予"})
    reasons = reading.text("reasons", "不予的理由", needed=result == "refused", most=1500)
    basis = reading.text("basis", "依据", most=800)
    reading.finish()
    return c.DecideCase(result == "granted", reasons or None, basis)


# -- asks, delivery, rating


def withdraw(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    reason = reading.maybe("reason", "原因")
    if "signed" not in form:
        reading.errors["signed"] = "撤回要申请人书面提出。请收下书面申请,再勾选。"
    reading.finish()
    return (c.AskWithdrawal(reason),)


def answer(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    asks = desk.view.asks
    of = asks[0] if len(asks) == 1 else reading.one_of("of", "答复哪一个", dict.fromkeys(asks, ""))
    reason = reading.text("reason", "答复")
    reading.finish()
    return (c.AnswerAsk(of, reason),)


def deliver(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    way = reading.one_of("way", "送达方式", WAYS)
    relation = reading.one_of("relation", "和申请人的关系", RELATIONS)
    received_by = reading.text("received_by", "谁签收", most=60)
    if "signed" not in form:
        reading.errors["signed"] = "送达要签收。请在送达回证上签名或按印,再勾选。"
    reading.finish()
    return (c.Deliver(way, received_by, relation),)


def note(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    text = reading.text("text", "内容")
    reading.finish()
    return (c.AddNote(text),)


def urge(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    text = reading.maybe("text", "内容")
    reading.finish()
    return (c.Urge(text),)


# -- the county's rulings


def rule(desk: Desk, form: Form) -> Commands:
    reading = _Reading(form)
    of = reading.one_of("of", "裁定哪一个动作", dict.fromkeys((each.id for each in desk.view.aside), ""))
    ruling = reading.one_of("ruling", "怎样裁定", RULINGS)
    reason = reading.text("reason", "理由")
    to = reading.day("to", "更正后的日期") if ruling == "date" else None
    reading.finish()
    if to is not None:
        return (c.DateAct(of, to, reason),)
    return (c.AdoptActs((of,), reason) if ruling == "adopt" else c.DismissAct(of, reason),)
