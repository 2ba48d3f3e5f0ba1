"""The trail of a case as a story 经过: each act in the words of the work, with how far it has got and what it came to.

Pure: a case's file and the reference ledger in, sentences out.  A score is never told here (R-802).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from common.case import CaseView
from common.case.acts import ADOPTABLE, FIRM, GRANTED, SUBMIT, SUPPLY
from common.case.choices import CHANNELS, WAYS
from common.case.effects import direction
from common.case.reasons import REASONS
from common.case.state import Direction
from common.catalogue.items import Item
from common.clock import due_date, local_date
from common.errors import BadInput
from common.event_types import EVENT_TYPES
from common.events import Event
from common.node import CaseFile
from common.reference import Edition, Reference
from common.texts import say
from common.web.cases.titles import TITLES, has_document
from common.web.words import formal_day

SCORES = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
OFFERED = {
    Direction.SUBMIT: "报送",
    Direction.UP: "上报",
    Direction.DOWN: "退回补充",
    Direction.SIDE: "移送",
}
"""How a case was given to the office that has yet to take it."""
_SILENT = frozenset({"case.confirmed"})  # it stands as a mark on what it confirms


@dataclass(frozen=True, slots=True)
class Told:
    """One act as the trail tells it.

    Args:
        at: the device's clock, UTC ms.  day: the civil date that counts.  clock_off: the two differ.
        who: the office's short name and the person; did: the verb; rest: what there is to say about it.
        truth: a badge's kind: here, township, county, confirmed.
        awaits: firm, in effect, and the county has yet to confirm it (待县级确认).
        aside: why it has no effect, in words; None if it has.  waiting: why it cannot be judged yet.
        can_adopt: a ruling may adopt it.  loose: it delivered what is void now.  open_ask: nobody has heard it yet.
        seen_at: time of the newest checkpoint that its author knew: it was not written before.
    """

    event: Event
    at: int
    day: date | None
    clock_off: bool
    who: str
    did: str
    rest: str
    truth: str
    awaits: bool = False
    aside: str | None = None
    waiting: str | None = None
    can_adopt: bool = False
    loose: bool = False
    open_ask: bool = False
    seen_at: int | None = None

    @property
    def id(self) -> str:
        return self.event.id

    @property
    def document(self) -> str | None:
        """What the applicant gets of it on paper, by its title."""
        return TITLES[self.event.type][0] if has_document(self.event) else None


def tell(file: CaseFile, reference: Reference) -> tuple[Told, ...]:
    """The acts of a case, newest first: those in effect by their order, the others where their clocks put them."""
    told = _Teller(file, reference)
    events = [event for event in file.events if event.type not in _SILENT]
    rank = _ranks(file.view)
    ordered = sorted(enumerate(events), key=lambda pair: (rank(pair[1]), pair[0]))
    return tuple(told.tell(event) for _, event in reversed(ordered))


def _ranks(view: CaseView) -> Callable[[Event], int]:
    """Where an act stands: an act in effect at its place of the path, any other just after what its author had seen."""
    places = {step: index for index, step in enumerate(view.path)}

    def rank(event: Event) -> int:
        if event.id in places:
            return 2 * places[event.id]
        base: str | None = event.base
        while base is not None and base not in places:
            above = view.events.get(base)
            base = above.base if above else None
        return 2 * places[base] + 1 if base is not None else 2 * len(places)

    return rank


def _told_above(view: CaseView) -> Iterator[str]:
    """Ids of the steps whose opinion went up with the case right after them: it is read at the offer (R-107)."""
    goes_up: tuple[str | None, object] | None = None
    for event in (view.events[act] for act in reversed(view.path)):
        said = event.actor, event.body.get("opinion")
        if event.type == "case.offered":
            goes_up = said
        elif event.type != "case.stepped" or said != goes_up:
            goes_up = None
        else:
            yield event.id


class _Teller:
    def __init__(self, file: CaseFile, reference: Reference) -> None:
        self.file, self.view, self.reference = file, file.view, reference
        self.edition: Edition | None = file.edition
        self.item: Item | None = file.edition.item if file.edition else None
        self.aside = {act.id: act.reason for act in file.view.aside}
        self.waiting = {act.id: act.reason for act in file.view.waiting}
        self.path = frozenset(file.view.path)
        self.told_above = frozenset(_told_above(file.view))

    def tell(self, event: Event) -> Told:
        body = event.body
        day = _day(body)
        aside = self.aside.get(event.id)
        waiting = self.waiting.get(event.id)
        pinned = event.id in self.view.pinned
        truth = self.file.truth[event.id].value if event.id in self.file.truth else "here"
        did, rest = self._words(event)
        return Told(
            event=event,
            at=event.at,
            day=day,
            clock_off=day is not None and day != _local_day(event.at),
            who=self._who(event),
            did=did,
            rest=rest,
            truth="confirmed" if truth == "county" and pinned and event.type in FIRM else truth,
            awaits=event.type in FIRM and event.id in self.path and not pinned,
            aside=_why(aside),
            waiting=_why(waiting),
            can_adopt=aside is not None and event.type in ADOPTABLE,
            loose=event.id in self.view.loose,
            open_ask=event.id in self.view.asks,
            seen_at=event.seen.time if event.seen else None,
        )

    def _who(self, event: Event) -> str:
        if event.type == "case.rated":
            return ""  # not the officer whose screen it was
        office = event.body.get("office")
        place = short_office(self.reference, office) if isinstance(office, str) else ""
        person = self.reference.appointments.get(event.actor or "")
        return f"{place} {person.name}".strip() if person else place

    def _words(self, event: Event) -> tuple[str, str]:
        kind = EVENT_TYPES.get(event.type)
        if kind is None:
            return "新版本的动作", "这台机器还读不懂,请升级程序"
        try:
            return _WORDS.get(event.type, _plain)(self, event, event.body)
        except (KeyError, TypeError, ValueError, AttributeError):
            return kind.chinese, ""  # a body that nobody can read; why it has no effect is said beside it

    # -- each act

    def registered(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        did = CHANNELS.get(body["channel"], "登记")
        first = "首问责任人" if body.get("first_asked") in (None, event.actor) else ""
        papers = len(body["papers"])
        return did, _join(first, f"材料 {papers} 份" if papers else "")

    def submitted(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return "报送", _join(self._office(body["to"]), "急件,当天上传" if body.get("urgent") else "")

    def arrived(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        if body["of_kind"] == SUBMIT:
            by = date.fromisoformat(body["notice_by"])
            return "收到", f"5 个工作日内({_near(by)}前)告知或受理"
        if body["of_kind"] == SUPPLY:
            return "收到补正材料", f"{_near(date.fromisoformat(body['notice_by']))}前受理或答复"
        return "收到撤回申请", "办件到此结束"

    def accepted(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return "受理", _join(self._promise(event), body.get("note") or "")

    def lapsed(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return "视为受理", "期限内没有告知,自收到之日起算"

    def correction_asked(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        wanted = "、".join(str(each.get("what", "")) for each in body["wanted"])
        return "一次性告知", f"{wanted}。{_near(date.fromisoformat(body['correct_by']))}前补齐"

    def not_accepted(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        competent = body.get("competent")
        return "不予受理", _join(body["reason"], f"应由{competent}办理" if competent else "")

    def stepped(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        step = (
            next((s.name for s in self.item.procedure if s.number == body["step"]), "") if self.item else ""
        )
        people = "、".join(str(name) for name in body.get("people") or ())
        opinion = "" if event.id in self.told_above else body.get("opinion") or ""
        return f"完成「{step}」" if step else "完成环节", _join(opinion, f"核查人 {people}" if people else "")

    def offered(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return f"{way_words(body['office'], body['to'])}给{self._office(body['to'])}", body.get(
            "opinion"
        ) or ""

    def reasoned(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return EVENT_TYPES[event.type].chinese, str(body.get("reason") or body.get("note") or "")

    def declined(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        offered = self.view.events.get(body["of"])
        back = self._office(offered.body["office"]) if offered else ""
        return "不接收", _join(body["reason"], f"退给{back}" if back else "")

    def paused(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        step = self.item.stopped_step(body["kind"]) if self.item else None
        unit = "个工作日" if step is None or step.unit != "calendar_day" else "天"
        return f"停表({step.name if step else body['kind']})", _join(
            body["reason"], f"预计 {body['announced_days']} {unit}"
        )

    def extended(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return f"延期 {body['days']} 个工作日", _join(body["reason"], f"{body['approved_by']}批准")

    def decided(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        did = "决定准予" if body["result"] == GRANTED else "决定不予"
        return did, _join(body.get("number") or "", body.get("reasons") or "")

    def adopted(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return "裁定采纳", _join("、".join(self._named(x) for x in body["acts"]), body["reason"])

    def dismissed(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return "裁定不采纳", _join(self._named(body["of"]), body["reason"])

    def dated(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return "更正日期", _join(
            f"{self._named(body['of'])}改为 {formal_day(date.fromisoformat(body['to']))}", body["reason"]
        )

    def noted(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return EVENT_TYPES[event.type].chinese, str(body.get("text") or "")

    def papers_added(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        names = "、".join(dict.fromkeys(str(p.get("name") or "材料") for p in body["papers"]))
        return "补充说明材料", _join(names, body.get("note") or "")

    def original_seen(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return "核验原件", "、".join(self._material(str(m)) for m in body["materials"])

    def handed_in(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        names = "、".join(dict.fromkeys(str(p.get("name") or "材料") for p in body["papers"]))
        fields = [self.item.field(key) for key in body.get("form") or {}] if self.item else []
        changed = "、".join(f.name for f in fields if f)
        return "交来补正材料", _join(names, f"更正 {changed}" if changed else "", body.get("note") or "")

    def answered(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return f"答复「{self._named(body['of'])}」", body["reason"]

    def delivered(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        relation = body.get("relation")
        received = f"{body['received_by']}{f'({relation})' if relation else ''}签收"
        return "送达", _join(WAYS.get(body["way"], body["way"]), received)

    def rated(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return "群众已评价", ""

    def revoked(self, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
        return "撤销决定", body["reason"]

    # -- names

    def _promise(self, event: Event) -> str:
        """What was promised then: the term, and its last day as the calendar of that day had it (R-407)."""
        promised = promise(event, self.view, self.edition, self.reference)
        if promised is None:
            return ""
        days, unit, last, provisional = promised
        if not days:
            return "即办件,当天办结"
        term = f"承诺 {days} {'个工作日' if unit == 'working_day' else '天'}"
        until = f"{_near(last)}(含)前办结{',暂定' if provisional else ''}" if last else ""
        return _join(term, until)

    def _office(self, office: str) -> str:
        return self.reference.office_name(office)

    def _material(self, material: str) -> str:
        found = self.item.material(material) if self.item else None
        return found.name if found else material

    def _named(self, event_id: str) -> str:
        event = self.view.events.get(event_id)
        if event is None:
            return "还没到这里的一个动作"
        kind = EVENT_TYPES.get(event.type)
        return f"{self._who(event)} {kind.chinese if kind else event.type}".strip()


def promise(
    event: Event, view: CaseView, edition: Edition | None, reference: Reference
) -> tuple[int, str, date | None, bool] | None:
    """(days, unit, last day, provisional) that an acceptance promises, by the calendar its author had; None if unknown.

    Pauses and extensions come later and are told on their own; the notice that was printed said this date.
    """
    calendar = reference.newest_calendar(reference.position(event.ref))
    day = _day(event.body)
    if edition is None or calendar is None or day is None:
        return None
    accepted = view.state.accepted if view.state.deemed and view.state.accepted else day
    due = due_date(calendar[1], accepted, edition.item.promised_days, edition.item.promised_unit)
    return edition.item.promised_days, edition.item.promised_unit, due.due, due.provisional


def basis_words(item: Item) -> str:
    """《社会救助暂行办法》第九条至第十三条、《…》: the published basis of an item, as a decision cites it."""
    return "、".join(f"《{each.title.strip('《》')}》{each.article or ''}" for each in item.legal_basis)


def way_words(office: str, to: str) -> str:
    """上报 upward, 退回补充 downward, 移送 to one beside it: how a case goes from an office to another."""
    return OFFERED[direction(office, to)]


def short_office(reference: Reference, office: str) -> str:
    """回龙镇, 双河村, 回龙镇民政岗, 县民政局: the place, without what all its kind are called."""
    name = reference.office_name(office)
    for ending in ("便民服务中心", "便民服务代办点"):
        if ending in name:
            return name.replace(ending, "", 1)
    return name


def _plain(teller: _Teller, event: Event, body: Mapping[str, Any]) -> tuple[str, str]:
    return EVENT_TYPES[event.type].chinese, str(body.get("note") or "")


_WORDS: Mapping[str, Callable[[_Teller, Event, Mapping[str, Any]], tuple[str, str]]] = {
    "case.registered": _Teller.registered,
    "case.submitted": _Teller.submitted,
    "case.cancelled": _Teller.reasoned,
    "case.arrived": _Teller.arrived,
    "case.accepted": _Teller.accepted,
    "case.correction_asked": _Teller.correction_asked,
    "case.not_accepted": _Teller.not_accepted,
    "case.lapsed": _Teller.lapsed,
    "case.stepped": _Teller.stepped,
    "case.offered": _Teller.offered,
    "case.declined": _Teller.declined,
    "case.recalled": _Teller.reasoned,
    "case.paused": _Teller.paused,
    "case.suspended": _Teller.reasoned,
    "case.extended": _Teller.extended,
    "case.override_granted": _Teller.reasoned,
    "case.decided": _Teller.decided,
    "case.revoked": _Teller.revoked,
    "case.terminated": _Teller.reasoned,
    "case.taken_over": _Teller.reasoned,
    "case.adopted": _Teller.adopted,
    "case.noted": _Teller.noted,
    "case.urged": _Teller.noted,
    "paper.added": _Teller.papers_added,
    "paper.original_seen": _Teller.original_seen,
    "correction.handed_in": _Teller.handed_in,
    "withdrawal.asked": _Teller.reasoned,
    "ask.answered": _Teller.answered,
    "case.delivered": _Teller.delivered,
    "case.rated": _Teller.rated,
    "ruling.dismissed": _Teller.dismissed,
    "ruling.dated": _Teller.dated,
}


def _why(code: str | None) -> str | None:
    return (REASONS.get(code) or say(code)).rstrip("。") if code else None


def _join(*parts: str) -> str:
    return ",".join(part.strip().rstrip("。,;") for part in parts if part and part.strip())


def _near(day: date) -> str:
    """3月4日: in a story the year is plain from what stands around it."""
    return f"{day.month}月{day.day}日"


def _day(body: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(str(body.get("day")))
    except ValueError:
        return None


def _local_day(at: int) -> date | None:
    try:
        return local_date(at)
    except BadInput:
        return None
