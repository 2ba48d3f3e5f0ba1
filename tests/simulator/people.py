"""People at their machines: they register, accept, hand over, decide, rule, err and think again, all by the draw.

Mostly they do what their pages offer; now and then what they should not, from a page that is old, or twice.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from common.case import CaseView, Status, allowed_acts, fold, office_for
from common.case import commands as c
from common.case.acts import ADOPTABLE
from common.case.decide import Author
from common.case.file import acts_in_effect, originals_missing
from common.case.grading import deciding_office, intake_office, steps_to_finish
from common.catalogue.items import Item
from common.catalogue.samples import fill_form
from common.errors import AppError
from common.events import Event
from common.node import Node
from common.offices import Level, township_of
from common.papers import write_paper
from common.reference import Appointment, Edition
from common.rights import OPERATOR
from common.store.local import PaperFile
from common.store.views import CaseRow
from common.vault import paper_hash
from tests.simulator.broken import hold
from tests.simulator.machines import Machine

ITEMS: Mapping[Level, tuple[str, ...]] = {
    Level.VILLAGE: (
        "MZ-005",
        "MZ-005",
        "MZ-001",
        "MZ-003",
        "MZ-008",
        "CL-001",
        "RS-003",
        "CW-001",
        "NY-006",
        "GA-004",
    ),
    Level.TOWNSHIP: ("MZ-003", "MZ-003", "MZ-008", "MZ-005", "YB-004", "WJ-004"),
    Level.COUNTY: ("WJ-004", "GA-004", "WJ-004"),
}
CHANNELS = {
    Level.VILLAGE: "village_agent",
    Level.TOWNSHIP: "township_window",
    Level.COUNTY: "county_window",
}

# How often an act is chosen among those that a page offers; what is not named here has 1.
OFTEN: Mapping[str, float] = {
    "case.submitted": 9, "case.accepted": 12, "case.taken": 12, "case.declined": 3, "case.decided": 9,
    "case.offered": 7, "case.stepped": 3,
    "correction.handed_in": 0.3, "case.correction_asked": 2, "case.delivered": 3, "case.recalled": 1,
    "case.resumed": 3,
    "case.restarted": 3, "case.adopted": 6, "ruling.dismissed": 2, "ruling.dated": 0.3, "case.taken_over": 0.5,
    "case.not_accepted": 0.4, "case.terminated": 0.15, "case.cancelled": 0.5, "withdrawal.asked": 0.1,
    "case.noted": 0.15, "case.urged": 0.1, "paper.added": 0.1, "paper.original_seen": 0.1, "case.archived": 0.3,
    "case.revoked": 0.7, "ask.answered": 0.7, "case.override_granted": 20,
}  # fmt: skip
NAMES = ("王秀英", "李国强", "欧阳建平", "赵桂芳", "蒲大成", "唐淑芬")


@dataclass
class Acted:
    """What came of an attempt: the words for the trace, the events, the refusal's code."""

    words: str
    events: tuple[Event, ...] = ()
    code: str | None = None


@dataclass
class People:
    """All the people of the county.  ``pages``: machine -> (case, tip) that somebody still has before him."""

    draw: random.Random
    pages: dict[str, list[tuple[str, str | None]]] = field(default_factory=dict)
    forms: dict[str, list[tuple[c.RegisterCase, Author]]] = field(default_factory=dict)
    registered: int = 0

    def act(self, machine: Machine) -> Acted | None:
        """Somebody at this machine does something; None where nobody has anything to do."""
        officers = machine.officers()
        if not officers:
            return None
        officer = self.draw.choice(officers)
        rows = sorted((row for row in machine.here.store.views.all()), key=lambda row: row.case_id)
        forms = self.forms.get(machine.name)
        if forms and self.draw.random() < 0.03:
            return self._twice(machine, self.draw.choice(forms))
        if (not rows and self.registered < 6) or self.draw.random() < (0.3 if self.registered < 5 else 0.04):
            return self._register(machine, officer)
        return self._move(machine, officers, rows) if rows else None

    # -- a new case

    def _register(self, machine: Machine, officer: Appointment) -> Acted | None:
        node = machine.here
        code = self.draw.choice(ITEMS[machine.level])
        edition = node.reference.edition_in_force(code)
        if edition is None:
            return None
        author = Author(officer.id, officer.office)
        self.registered += 1
        command = self._application(machine, edition)
        self.forms.setdefault(machine.name, []).append((command, author))
        return self._try(machine, command, author, None, None)

    def _application(self, machine: Machine, edition: Edition) -> c.RegisterCase:
        node, item, draw = machine.here, edition.item, self.draw
        level = machine.level
        village = node.office if level is Level.VILLAGE else self._a_village(node)
        here = item.decide_step.level == "village" and level is Level.VILLAGE
        finish = None
        if here and draw.random() < 0.7:
            every = tuple(m.id for m in item.materials)
            finish = c.FinishNow(c.DecideCase(granted=draw.random() < 0.9, reasons="核对不符"), every)
        return c.RegisterCase(
            salt=draw.randbytes(12).hex(),
            number="",
            item=item.code,
            edition=edition.id,
            channel=CHANNELS[level],
            village=village,
            applicant={
                "kind": "person",
                "name": draw.choice(NAMES),
                "id_number": "511322194403071226",
                "phone": f"139{draw.randrange(10**8):08}",
            },
            form=fill_form(item, draw.randrange, today=node.today(), village=village),
            query_code="",
            papers=self._papers(machine, item),
            submit=draw.random() < 0.9,
            finish=finish,
        )

    def _a_village(self, node: Node) -> str:
        below = node.office if node.level is Level.TOWNSHIP else ""
        return self.draw.choice(
            sorted(o for o in node.reference.offices if len(o) == 12 and o.startswith(below))
        )

    def _papers(self, machine: Machine, item: Item, most: int = 2) -> tuple[Mapping[str, Any], ...]:
        """Of each material that it is there, of one or two a picture."""
        pictures = {m.id for m in self.draw.sample(item.materials, min(most, len(item.materials)))}
        if self.draw.random() < 0.5:
            pictures = set()
        seen = self.draw.random() < 0.8
        return tuple(
            {
                "material": material.id,
                "name": material.name,
                "form": "copy",
                "original_seen": seen,
                "pages": [self._capture(machine)] if material.id in pictures else [],
            }
            for material in item.materials
        )

    def _capture(self, machine: Machine) -> dict[str, Any]:
        """A page: its ciphertext lies at the machine, some of them longer than one piece."""
        content = self.draw.randbytes(self.draw.choice((300, 3_000, 70_000)))
        hash = paper_hash(content)
        write_paper(machine.disk.papers, hash, content)
        machine.captured.add(hash)
        machine.here.store.local.save_paper(PaperFile(hash, len(content), have=len(content)))
        return {"hash": hash, "size": len(content), "key": self.draw.randbytes(32).hex()}

    def _twice(self, machine: Machine, form: tuple[c.RegisterCase, Author]) -> Acted:
        """The same form is sent off a second time: nothing is written, the first answer is given again (lesson 11)."""
        store = machine.here.store
        known, before = store.views.by_salt(form[0].salt, form[1].office), store.ledger.pos()
        acted = self._try(machine, *form, None, None)
        hold(known is None or store.ledger.pos() == before, 0, f"{acted.words}: registered twice")
        return acted

    # -- a case at hand

    def _move(self, machine: Machine, officers: list[Appointment], rows: list[CaseRow]) -> Acted | None:
        node, draw = machine.here, self.draw
        ours = [row for row in rows if not row.left and _waits_for(node, row)]
        if draw.random() < 0.8:
            if not ours:
                return None
            rows = ours
        row = draw.choice(rows)
        pages = self.pages.setdefault(machine.name, [])
        base = None
        if pages and draw.random() < 0.08:
            case, base = draw.choice(pages)
            row = node.store.views.get(case) or row
        view = fold(node.store.ledger.of_case(row.case_id), node.reference)
        pages.append((row.case_id, view.tip))
        del pages[:-8]
        officers = draw.sample(officers, len(officers))
        if draw.random() < 0.8:
            officers.sort(key=lambda one: one.office not in _at(view))
        for officer in officers:
            kinds = list(allowed_acts(view, officer, node.reference, node.today()))
            if draw.random() < 0.03:
                kinds = sorted(OFTEN)
            while kinds:
                kind = draw.choices(kinds, [_weight(each, view) for each in kinds])[0]
                kinds.remove(kind)
                command = self._command(kind, machine, view)
                if command is not None:
                    office = office_for(view, kind, officer, node.reference) or officer.office
                    return self._try(machine, command, Author(officer.id, office), row.case_id, base)
        return None

    def rule(self, machine: Machine) -> Acted | None:
        """The county's operator rules on an act that is set aside; None where there is none."""
        node, draw = machine.here, self.draw
        rows = sorted((row for row in node.store.views.all() if row.set_aside), key=lambda row: row.case_id)
        operators = [one for one in machine.officers() if one.role == OPERATOR]
        if not rows or not operators:
            return None
        row, officer = draw.choice(rows), draw.choice(operators)
        view = fold(node.store.ledger.of_case(row.case_id), node.reference)
        command = self._adopt(machine, view) if draw.random() < 0.7 else self._dismiss(machine, view)
        author = Author(officer.id, officer.office)
        return self._try(machine, command, author, row.case_id, None) if command is not None else None

    def _try(
        self, machine: Machine, command: c.Command, author: Author, case: str | None, base: str | None
    ) -> Acted:
        words = f"{type(command).__name__} {(case or '')[:6]} for {author.office}"
        try:
            events = machine.here.act(command, author, base=base, case=case)
        except AppError as exc:
            return Acted(f"{words}: {exc.code}", code=exc.code)
        if not case:
            words += " " + (events[0].case_id or "")[:6]
        return Acted(
            f"{words}: {' '.join(e.type.partition('.')[2] + ' ' + e.id[:6] for e in events)}", events
        )

    def _command(self, kind: str, machine: Machine, view: CaseView) -> c.Command | None:
        """A command for an act of this type with details that make some sense; None where none do."""
        make = _COMMANDS.get(kind)
        return make(self, machine, view) if make is not None else None

    # -- details

    def _accept(self, machine: Machine, view: CaseView) -> c.Command | None:
        edition = machine.here.reference.editions.get(view.state.edition)
        missing = originals_missing(acts_in_effect(view), edition.item) if edition else ()
        return c.AcceptCase(checked=tuple(m.id for m in missing) if self.draw.random() < 0.95 else ())

    def _ask(self, machine: Machine, view: CaseView) -> c.Command | None:
        today = machine.here.today()
        by = today + timedelta(days=self.draw.choice((1, 5, 20))) if self.draw.random() < 0.7 else None
        return c.AskCorrection(({"what": "户口簿", "why": "缺页"},), by)

    def _offer(self, machine: Machine, view: CaseView) -> c.Command | None:
        reference, draw = machine.here.reference, self.draw
        county, made = reference.county, view.state.registration
        choices = [f"{county}/MZ", f"{county}/CL", county]
        if made is not None:
            home = township_of(made.office) or made.office
            choices += [made.office, home, f"{home}/MZ"]
        choices += sorted({node.office for node in reference.nodes.values()})
        try:
            wanted = [deciding_office(view.state, reference), intake_office(view.state, reference)]
        except (KeyError, ValueError):
            wanted = choices
        to = draw.choice(wanted if draw.random() < 0.7 else choices)
        return c.OfferCase(to, "请办理") if to != view.state.holder else None

    def _step(self, machine: Machine, view: CaseView) -> c.Command | None:
        edition = machine.here.reference.editions.get(view.state.edition)
        left = (
            [s for s in steps_to_finish(edition.item) if s.number not in view.state.steps] if edition else []
        )
        return c.FinishStep(self.draw.choice(left).number, "同意", ("甲", "乙")) if left else None

    def _pause(self, machine: Machine, view: CaseView) -> c.Command | None:
        edition = machine.here.reference.editions.get(view.state.edition)
        kinds = edition.item.excluded_kinds if edition else ()
        return c.PauseCase(self.draw.choice(kinds), "公示", self.draw.choice((3, 7))) if kinds else None

    def _resume(self, machine: Machine, view: CaseView) -> c.Command | None:
        still = [stop.id for stop in view.state.pauses if stop.end is None]
        return c.ResumeCase(self.draw.choice(still)) if still else None

    def _cancel(self, machine: Machine, view: CaseView) -> c.Command | None:
        asked = [x for x in view.asks if view.events[x].type == "withdrawal.asked"]
        return c.CancelCase("不办了", self.draw.choice(asked) if asked else None)

    def _decide(self, machine: Machine, view: CaseView) -> c.Command | None:
        granted = self.draw.random() < 0.8
        return c.DecideCase(granted, None if granted else "不符合条件", document="决定书")

    def _adopt(self, machine: Machine, view: CaseView) -> c.Command | None:
        listed = [act.id for act in view.aside if view.events[act.id].type in ADOPTABLE]
        if not listed:
            return None
        acts = self.draw.sample(listed, min(len(listed), self.draw.choice((1, 1, 2))))
        day = machine.here.today() - timedelta(days=self.draw.randrange(0, 9))
        return c.AdoptActs(tuple(acts), "以此为准", {acts[0]: day} if self.draw.random() < 0.2 else None)

    def _dismiss(self, machine: Machine, view: CaseView) -> c.Command | None:
        return c.DismissAct(self.draw.choice(view.aside).id, "重复") if view.aside else None

    def _date(self, machine: Machine, view: CaseView) -> c.Command | None:
        day = machine.here.today() - timedelta(days=self.draw.randrange(0, 9))
        return c.DateAct(self.draw.choice(sorted(view.events)), day, "钟表错误")

    def _hand_in(self, machine: Machine, view: CaseView) -> c.Command | None:
        page = self._capture(machine)
        return c.HandInCorrection(
            ({"material": "m1", "name": "补正", "original_seen": True, "pages": [page]},)
        )

    def _answer(self, machine: Machine, view: CaseView) -> c.Command | None:
        return c.AnswerAsk(self.draw.choice(view.asks), "已当面说明") if view.asks else None


def _at(view: CaseView) -> tuple[str | None, str]:
    """The offices whose turn it is."""
    return view.state.offer_to, view.state.holder


def _waits_for(node: Node, row: CaseRow) -> bool:
    """Somebody here is to do something with the case."""
    return bool(row.set_aside and node.is_hub) or (not row.ended and node.serves(row.offer_to or row.holder))


def _weight(kind: str, view: CaseView) -> float:
    wanted = kind == "correction.handed_in" and view.state.status is Status.CORRECTING
    return 8 if wanted else OFTEN.get(kind, 1)


_COMMANDS: Mapping[str, Callable[[People, Machine, CaseView], c.Command | None]] = {
    "case.submitted": lambda p, m, v: c.SubmitCase(),
    "case.cancelled": People._cancel,
    "case.accepted": People._accept,
    "case.correction_asked": People._ask,
    "case.not_accepted": lambda p, m, v: c.RefuseAcceptance("不属受理范围"),
    "case.offered": People._offer,
    "case.taken": lambda p, m, v: c.TakeCase(),
    "case.declined": lambda p, m, v: c.DeclineCase("不属本单位"),
    "case.recalled": lambda p, m, v: c.RecallOffer("再核对"),
    "case.stepped": People._step,
    "case.paused": People._pause,
    "case.resumed": People._resume,
    "case.suspended": lambda p, m, v: c.SuspendCase("等待裁判"),
    "case.restarted": lambda p, m, v: c.RestartCase(),
    "case.extended": lambda p, m, v: c.ExtendCase(p.draw.choice((3, 10)), "案情复杂", "李强"),
    "case.override_granted": lambda p, m, v: c.GrantOverride("确有需要"),
    "case.decided": People._decide,
    "case.revoked": lambda p, m, v: c.RevokeDecision("以欺骗手段取得"),
    "case.terminated": lambda p, m, v: c.TerminateCase("申请人死亡"),
    "case.taken_over": lambda p, m, v: c.TakeOverCase("乡镇停机"),
    "case.adopted": People._adopt,
    "ruling.dismissed": People._dismiss,
    "ruling.dated": People._date,
    "case.noted": lambda p, m, v: c.AddNote("已电话告知"),
    "case.urged": lambda p, m, v: c.Urge("请尽快"),
    "paper.added": lambda p, m, v: c.AddPapers(
        ({"material": "x", "name": "说明", "pages": [p._capture(m)]},)
    ),
    "paper.original_seen": lambda p, m, v: c.SeeOriginals(("m1",)),
    "correction.handed_in": People._hand_in,
    "withdrawal.asked": lambda p, m, v: c.AskWithdrawal("不办了"),
    "ask.answered": People._answer,
    "case.delivered": lambda p, m, v: c.Deliver("agent", "本人"),
    "case.rated": lambda p, m, v: c.Rate(p.draw.randrange(1, 6)),
    "case.archived": lambda p, m, v: c.Archive(),
}

__all__ = ["Acted", "People"]
