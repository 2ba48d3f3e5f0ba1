"""What the page of a case shows, gathered once: what matters now, who and what, papers, story, where the time went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from common import clock
from common.calendar import Calendar
from common.case import Status, TermKind, hindrance, label, lamp, open_terms, statutory_passed
from common.case.clock import calendar_of
from common.case.file import form_of, originals_seen, papers_of
from common.catalogue.items import Field
from common.catalogue.showing import as_read
from common.clock import Lamp
from common.errors import BadInput
from common.events import Event
from common.ids import mask_id, mask_phone, parse_citizen_id
from common.node import Paper
from common.offices import Level, level
from common.rights import RIGHTS, place
from common.texts import ROLES, STATES, say
from common.web.cases.acts import Act, next_act, quiet_acts
from common.web.cases.desk import Desk
from common.web.cases.reached import Reached
from common.web.cases.spans import WORDS, Stretch, held_since, history, shares
from common.web.cases.story import Told, short_office, tell
from common.web.cases.wanted import put_away
from common.web.registration.queries import printable, registration_of
from common.web.registration.tiles import is_drawing
from common.web.words import date_words, left_words

PROVISIONAL = "暂定,待节假日安排公布"
_TERMS = {
    TermKind.REPORT: "报送",
    TermKind.NOTICE: "告知或受理",
    TermKind.CORRECT: "群众补材料",
    TermKind.PAUSE: "停表",
}
_IN_CARD = frozenset({
    "applicant_name", "org_name", "id_number", "uscc", "mobile", "village", "address", "gender", "birth_date",
    "legal_person", "bank_name", "bank_account", "account_holder", "guardian_name", "guardian_mobile",
})  # fmt: skip
"""Fields of the forms that the applicant's card shows already."""


@dataclass(frozen=True, slots=True)
class Line:
    """A label and its value; ``hidden``: some of it is masked.  ``rows``: of a table, (column, value) pairs."""

    label: str
    value: str
    hidden: bool = False
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Warning:
    """Something that stands above the page.  ``grave``: nothing may go on before someone has seen to it."""

    words: str
    grave: bool = False
    anchor: str | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """A paper of the case.

    Args:
        pages: (page, its place from 1); those not here have no picture.
        marks: 原件已核, 原件未到, 2 页, 补正.
        way: how it travels, where it is not here yet; None if all of it is.
        truth: the least of its pages; of a paper without one, that of the act that brought it.
        needed: it is on the list of what this application needs.
    """

    material: str
    name: str
    pages: tuple[tuple[Paper, int], ...]
    marks: str
    way: str | None
    truth: str
    original_missing: bool


@dataclass(frozen=True)
class CasePage:
    """See the module.  ``revealed``: numbers are shown in full, which was logged."""

    desk: Desk
    revealed: bool = False
    reached: Mapping[str, Reached] | None = None

    @property
    def prints(self) -> tuple[tuple[str, str], ...]:
        """(sheet, name) of what is printed again: the slip by who sees the case, the rest where it was made."""
        made, sheets = registration_of(self.desk.file), printable(self.desk.file)
        return sheets if made and made.body["office"] == self.desk.officer.office else sheets[:1]

    # -- the head

    @property
    def title(self) -> str:
        return f"{self.desk.applicant} · {self.desk.item.name}"

    @cached_property
    def tags(self) -> list[tuple[str, str | None]]:
        """(words, tone) beside the title."""
        state, row = self.desk.state, self.desk.file.row
        found: list[tuple[str, str | None]] = [(self._state_words, "deep")]
        if state.registration and state.registration.channel == "village_agent":
            found.append(("代办件", None))
        if row.urgent:
            found.append(("急件", "yellow"))
        if state.deemed:
            found.append(("视为受理", "yellow"))
        if state.extension:
            found.append((f"已延期 {state.extension} {self.desk.term_unit}", None))
        if state.taken_over:
            found.append(("县级接管", "yellow"))
        return found

    @property
    def _state_words(self) -> str:
        state = self.desk.state
        if state.status is Status.REGISTERED and state.offer is not None:
            return "已报送,等收到"
        return STATES.get(label(self.desk.view), "")

    @cached_property
    def warnings(self) -> list[Warning]:
        view, desk = self.desk.view, self.desk
        found: list[Warning] = []
        if view.frozen:
            words = "这件里有新版本程序写的动作,这台机器还读不懂,现在不能办。请技术员升级程序,再办。"
            found.append(Warning(words, grave=True))
        if view.loose:
            words = "作废证件在外:已经送达的决定书没有生效。请收回那份文书,并告诉申请人。"
            found.append(Warning(words, grave=True, anchor="trail"))
        if view.aside:
            words = f"有 {len(view.aside)} 个动作未生效,待县级裁定。现在生效的是经过里没有标灰的。"
            found.append(Warning(words, anchor="trail"))
        if view.waiting:
            words = f"有 {len(view.waiting)} 个动作还不能判断:前面的记录没有到。同步后会自动接上。"
            found.append(Warning(words, anchor="trail"))
        unheard = [ask for ask in view.asks if ask not in desk.on_the_way]
        if unheard:
            found.append(Warning(f"群众有 {len(unheard)} 个请求还没有听取或答复。", anchor="trail"))
        if declined := self._declined:
            found.append(Warning(declined, anchor="trail"))
        if desk.file.left:
            found.append(Warning("这件已不在本单位的范围内,以后的进展不再传到这里。"))
        if statutory_passed(view, desk.reference, desk.today):
            found.append(Warning("已超过法定时限。", grave=True))
        return found

    @property
    def _declined(self) -> str | None:
        """What was offered and has just come back, with the reason; None if something was done since."""
        path = self.desk.view.path
        last = self.desk.view.events[path[-1]] if path else None
        if last is None or last.type != "case.declined":
            return None
        reason = str(last.body["reason"]).strip().rstrip("。")
        return f"{self.desk.name(str(last.body['office']))}没有接收:{reason}。"

    # -- what matters now

    @cached_property
    def lamp(self) -> Lamp | None:
        desk = self.desk
        found = lamp(desk.view, desk.reference, desk.today)
        if found is None and desk.state.ended is None:
            return next((term.lamp for term in open_terms(desk.view, desk.reference, desk.today)), None)
        return found

    @cached_property
    def time_words(self) -> tuple[str, str]:
        """(how it stands, the rest): 还有 1 个工作日 | 到 3月5日 周四(含),承诺 15 个工作日,已用 14."""
        desk, limits = self.desk, self.desk.limits
        if desk.state.ended is not None:
            return self._ended_words()
        if terms := open_terms(desk.view, desk.reference, desk.today):
            term = terms[0]
            left = clock.remaining_working_days(self._calendar, term.by, desk.today)
            what = f"{_TERMS[term.kind]}的期限到 {date_words(term.by, desk.today)}(含)"
            if term.kind is TermKind.PAUSE:
                return "停表中", f"预计到 {date_words(term.by, desk.today)},时限不走"
            return left_words(left), what
        if limits is None:
            return "还没有受理", ""
        if limits.due is None:
            return ("中止中" if desk.state.suspended else "停表中"), f"已用 {len(limits.counted)} 天,时限不走"
        left = self._left(limits.due)
        used = sum(day <= desk.today for day in limits.counted)
        promised = f"承诺 {limits.days} {desk.term_unit},已用 {used}"
        return left_words(left, unit=limits.unit), f"到 {date_words(limits.due, desk.today)}(含),{promised}"

    def _left(self, last: date) -> int:
        limits = self.desk.limits
        if limits is not None and limits.unit == "calendar_day":
            return (last - self.desk.today).days
        return clock.remaining_working_days(self._calendar, last, self.desk.today)

    def _ended_words(self) -> tuple[str, str]:
        state, limits = self.desk.state, self.desk.limits
        verb = "办结" if state.decision or state.status is Status.TERMINATED else "结束"
        when = f"{date_words(state.ended, self.desk.today)}{verb}" if state.ended else ""
        if state.decision and limits and limits.due:
            in_time = state.decision.day <= limits.due
            when += f",{'在承诺时限内' if in_time else '超过承诺时限'}(到 {date_words(limits.due, self.desk.today)})"
        return STATES.get(label(self.desk.view), ""), when

    @property
    def _calendar(self) -> Calendar:
        return calendar_of(self.desk.view, self.desk.reference)

    @property
    def provisional(self) -> bool:
        """R-419: it must never look final."""
        return bool(self.desk.limits and self.desk.limits.provisional and self.desk.state.ended is None)

    @cached_property
    def hands(self) -> tuple[str, str] | None:
        """(who has it, since when, in words); None once it has ended."""
        desk = self.desk
        if desk.state.ended is not None or not desk.state.holder:
            return None
        person = self._last_person(desk.state.holder)
        since = held_since(self.stretches)
        name = desk.name(desk.state.holder)
        return f"{name} {person}".strip(), _since_words(since, desk.today)

    def _last_person(self, office: str) -> str:
        """Who of the holding office acted last on it."""
        reference = self.desk.reference
        for event in reversed(self.desk.acts):
            if event.actor and reference.canon(str(event.body.get("office"))) == office:
                found = reference.appointments.get(event.actor)
                return found.name if found else ""
        return ""

    @cached_property
    def offered(self) -> str | None:
        """Whom it is offered to, and that he has not taken it."""
        to = self.desk.state.offer_to
        return f"已交给{self.desk.name(to)},等对方接收" if to and self.desk.state.ended is None else None

    @cached_property
    def next(self) -> Act | None:
        return next_act(self.desk)

    @cached_property
    def quiet(self) -> list[Act]:
        return quiet_acts(self.desk)

    @property
    def waits_for(self) -> str:
        """What happens next where it is not this officer's turn."""
        desk, state = self.desk, self.desk.state
        if state.ended is not None:
            return self._after_the_end()
        if state.status is Status.CORRECTING and desk.handed_in:
            return f"补正材料已经交出,等{desk.name(state.holder)}收到。"
        if desk.on_the_way:
            return f"撤回申请已经交出,等{desk.name(state.holder)}收到,办件终止。"
        if state.status is Status.CORRECTING and state.correct_by:
            last = date_words(state.correct_by, desk.today)
            return f"等申请人补材料,{last}(含)前。补来后由{desk.name(state.holder)}接着办。"
        if state.offer_to is not None:
            return f"等{desk.name(state.offer_to)}接收。"
        if "case.noted" not in desk.allowed:
            return ""
        if (
            desk.state.status is Status.ACCEPTED
            and desk.own_step is None
            and desk.decides_here
            and desk.at_county
        ):
            return f"等{desk.name(state.holder)}的首席代表决定。"
        return f"由{desk.name(state.holder)}办。"

    def why_not(self, act: Act) -> str:
        """Why an act cannot be done here now, in the words of the refusal that it would meet."""
        desk, state = self.desk, self.desk.state
        code = hindrance(desk.view, act.kind, desk.officer, desk.reference, desk.today)
        if code is None:
            return act.otherwise
        if code == "case.role":
            home = state.offer_to if act.kind == "case.taken" and state.offer_to else state.holder
            roles = RIGHTS[act.kind].roles.get(place(home or desk.officer.office), frozenset())
            who = "、".join(words for role, words in ROLES.items() if role in roles)
            return f"你是{ROLES[desk.officer.role]},这一步由{who}办。" if who else say(code)
        return say(code, {"holder": desk.name(state.holder)})

    def _after_the_end(self) -> str:
        view, state = self.desk.view, self.desk.state
        if state.decision is None:
            return "已归档。" if put_away(view) else "已结束。可以在「经过」里打印文书。"
        if not view.delivered:
            made = state.registration
            return f"等{self.desk.name(made.office)}送达。" if made else "等送达。"
        return "已送达。" if not view.archived else "已归档。"

    # -- who and what

    @cached_property
    def person(self) -> list[Line]:
        made = self.desk.made
        who: Mapping[str, Any] = made.body["applicant"] if made else {}
        form = self.form_values
        name = str(who.get("name", ""))
        lines = [Line("姓名" if who.get("kind") != "organisation" else "名称", name + self._sex_and_age(who))]
        if number := who.get("id_number"):
            lines.append(self._secret("证件", str(number), mask_id))
        if reason := who.get("reason"):
            lines.append(Line("没带证件", str(reason)))
        lines += [Line(words, str(who[key])) for key, words in _PLAIN.items() if who.get(key)]
        if phone := who.get("phone"):
            lines.append(self._secret("电话", str(phone), mask_phone))
        for key, words in (("guardian", "监护人"), ("handler", "经办人")):
            if isinstance(person := who.get(key), Mapping):
                value = " ".join(str(person[part]) for part in ("name", "relation") if person.get(part))
                lines.append(Line(words, value))
        if village := self.desk.file.row.village:
            lines.append(Line("所在村", short_office(self.desk.reference, village)))
        if account := form.get("bank_account"):
            bank = self._field_words("bank_name", form)
            lines.append(self._secret("账户", str(account), lambda text: f"{bank} 尾号 {text[-4:]}".strip()))
        return lines

    def _sex_and_age(self, who: Mapping[str, Any]) -> str:
        try:
            citizen = parse_citizen_id(str(who.get("id_number", "")), self.desk.today)
        except BadInput:
            return ""
        return f"({'男' if citizen.sex == 'male' else '女'},{citizen.age_on(self.desk.today)} 岁)"

    def _secret(self, words: str, value: str, mask: Any) -> Line:
        return Line(words, value) if self.revealed else Line(words, mask(value), hidden=True)

    def _field_words(self, key: str, form: Mapping[str, Any]) -> str:
        field = self.desk.item.field(key)
        return as_read(field, form[key]) if field and key in form else ""

    @cached_property
    def form_values(self) -> Mapping[str, Any]:
        return form_of(self.desk.acts)

    @cached_property
    def form(self) -> list[Line]:
        """The other fields of the form, by their names."""
        return [
            self._form_line(field, self.form_values[field.id])
            for field in self.desk.item.form
            if field.id in self.form_values
            and field.id not in _IN_CARD
            and field.type not in ("photo", "signature")
        ]

    def _form_line(self, field: Field, value: Any) -> Line:
        try:
            if field.type == "table":
                rows = tuple(
                    tuple((c.name, self._cell(c, row[c.id])[0]) for c in field.columns if c.id in row)
                    for row in value
                )
                hidden = not self.revealed and any(c.type in _MASKS for c in field.columns)
                return Line(field.name, "", hidden=hidden, rows=rows)
            words, hidden = self._cell(field, value)
            return Line(field.name, words, hidden=hidden)
        except (TypeError, KeyError, ValueError, AttributeError):
            return Line(field.name, "(读不出来)")

    def _cell(self, field: Field, value: Any) -> tuple[str, bool]:
        if field.type == "division":
            return short_office(self.desk.reference, str(value)), False
        words = as_read(field, value)
        if field.type in _MASKS and not self.revealed:
            return _MASKS[field.type](words), True
        return words, False

    @property
    def hides(self) -> bool:
        return any(line.hidden for line in (*self.person, *self.form))

    # -- papers

    @cached_property
    def papers(self) -> list[Tile]:
        """What was handed in, each paper once a sheet, in the order of the item's list; then what nobody asked for."""
        order = {material.id: place for place, material in enumerate(self.desk.item.materials)}
        found = [
            self._tile(event, paper) for event, paper in papers_of(self.desk.acts) if not is_drawing(paper)
        ]
        return sorted(found, key=lambda tile: order.get(tile.material, len(order)))

    def _tile(self, event: Event, paper: Mapping[str, Any]) -> Tile:
        listed = paper.get("pages")
        hashes = (
            [page.get("hash") for page in listed if isinstance(page, dict)]
            if isinstance(listed, list)
            else []
        )
        signed = str(paper.get("signed") or "")
        if signed and not hashes:
            hashes = [signed]  # a paper of the system's own shows what it was signed with
        pages = tuple((self._pages[h], place) for place, h in enumerate(hashes, 1) if h in self._pages)
        material = str(paper.get("material", ""))
        known = self.desk.item.material(material)
        missing = material in {each.id for each in self.desk.originals_missing}
        seen = known is not None and known.original_needed and material in self.seen
        marks = [
            "原件未到" if missing else "屏幕签名" if signed else "原件已核" if seen else "",
            f"{len(pages)} 页" if len(pages) > 1 else "",
        ]
        truths = [page.truth for page, _ in pages] or [self.desk.file.truth[event.id]]
        return Tile(
            material=material,
            name=str(paper.get("name") or (known.name if known else "材料")),
            pages=pages,
            marks=" · ".join(filter(None, marks)),
            way=_way([page for page, _ in pages]),
            truth=min(truths, key=_TRUTHS.index),
            original_missing=missing,
        )

    @cached_property
    def _pages(self) -> dict[str, Paper]:
        return {page.hash: page for page in self.desk.file.papers}

    @cached_property
    def seen(self) -> frozenset[str]:
        """Ids of the materials whose original somebody has seen."""
        return originals_seen(self.desk.acts)

    @property
    def paper_words(self) -> str:
        """5 份 · 原件已核 3 / 5 · 缺 1: beside the heading.  What was not handed in is not counted as seen."""
        desk = self.desk
        needing = [each for each in desk.wanted if each.material.original_needed]
        seen = sum(each.material.id in self.seen & desk.given for each in needing)
        parts = [f"{len(self.papers)} 份", f"原件已核 {seen} / {len(needing)}" if needing else ""]
        if desk.lacking:
            parts.append(f"缺 {len(desk.lacking)}")
        left = sum(page.left for page in desk.file.papers)
        if left:
            parts.append(f"{left} 页还在路上")
        return " · ".join(filter(None, parts))

    # -- the story

    @cached_property
    def trail(self) -> tuple[Told, ...]:
        return tell(self.desk.file, self.desk.reference)

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        return history(self.desk.view, self.desk.reference)

    @cached_property
    def shares(self) -> list[tuple[str, int, str]]:
        """(words, days, kind) for the bar."""
        until = self.desk.state.ended or self.desk.today
        return [(WORDS[turn], days, turn.value) for turn, days in shares(self.stretches, until)]

    @property
    def at_village(self) -> bool:
        return level(self.desk.officer.office) is Level.VILLAGE


def since(page: CasePage, base: str | None) -> Iterator[Told]:
    """What has happened after the state that an earlier page showed, the oldest first."""
    path = page.desk.view.path
    known = set(path[: path.index(base) + 1]) if base in path else set()
    return (told for told in reversed(page.trail) if told.id in path and told.id not in known)


_PLAIN = {"credit_code": "信用代码", "legal_person": "法定代表人", "address": "住址"}
_MASKS: Mapping[str, Callable[[str], str]] = {
    "cn_id": mask_id,
    "phone": mask_phone,
    "bank_account": lambda text: f"尾号 {text[-4:]}",
}
_TRUTHS = ["here", "township", "county"]


def _way(pages: list[Paper]) -> str | None:
    """How the pages that are not here travel."""
    missing = [page for page in pages if not page.here]
    if not missing:
        return None
    if all(page.wanted for page in missing):
        return "已要,下次同步取回"
    return f"{len(missing)} 页在路上" if any(page.left for page in missing) else f"{len(missing)} 页不在本机"


def _since_words(since: date | None, today: date) -> str:
    if since is None:
        return ""
    return "今天起" if since == today else f"从 {date_words(since, today)} 起"
